"""Everything Odoo needs to run, installed when it is missing."""
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor

from . import files, source, venv
from .paths import STATE


def ensure(*, tests=False):
    """Odoo's source and the Python packages, fetched side by side."""
    with ThreadPoolExecutor() as pool:
        odoo = pool.submit(source.ensure)
        venv.ensure('test' if tests else '')
    files.once('odoo-wheel', files.digest(str(odoo.result().home), odoo.result().version, STATE / 'stamp' / 'venv'),
               lambda: _register(odoo.result()))


def _register(odoo):
    """Make the virtual environment's pip see Odoo as installed (addons on PyPI require the distribution ``odoo``):
    a wheel that holds only the path to the source."""
    folder = STATE / 'wheel'
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    wheel = folder / f'odoo-{odoo.version}-py3-none-any.whl'
    info = f'odoo-{odoo.version}.dist-info'
    members = {
        'odoo.pth': f'{odoo.home}\n',
        f'{info}/METADATA': f'Metadata-Version: 2.1\nName: odoo\nVersion: {odoo.version}\n',
        f'{info}/WHEEL': 'Wheel-Version: 1.0\nGenerator: pem-setup\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
        f'{info}/entry_points.txt': '[console_scripts]\nodoo = odoo.cli:main\n',
    }
    with zipfile.ZipFile(wheel, 'w') as archive:
        for name, text in members.items():
            archive.writestr(name, text)
        archive.writestr(f'{info}/RECORD', ''.join(f'{name},,\n' for name in [*members, f'{info}/RECORD']))
    venv.pip('install', '--no-deps', '--no-index', '--force-reinstall', wheel, what='registering Odoo')
