"""Companies that run Odoo already install our addons with pip."""
import subprocess
import venv

import pytest
from pemsetup import addons, source, templates
from pemsetup.paths import PYTHON, ROOT, VENV


@pytest.fixture(scope='module')
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp('wheels')
    for name in addons.names():
        subprocess.run([PYTHON, '-m', 'build', '--wheel', '--no-isolation', '--outdir', folder, ROOT / name], check=True, capture_output=True)
    return folder


def test_every_addon_installs_with_pip_and_odoo_finds_it_there(wheels, odoo_site, copy, tmp_path):
    """In an environment that has Odoo and what Odoo needs, but knows nothing of this folder."""
    names = addons.names()
    home = tmp_path / 'company'
    venv.create(home, symlinks=True)
    python = home / 'bin' / 'python'
    packages = next(home.glob('lib/python*/site-packages'))
    (packages / 'odoo_is_there.pth').write_text(f"import site; site.addsitedir('{next(VENV.glob('lib/python*/site-packages'))}')\n")
    subprocess.run([PYTHON, '-m', 'pip', '--python', python, 'install', '--no-index', '--no-cache-dir', '--find-links', wheels,
                    *(f'odoo-addon-{name}' for name in names)], check=True, capture_output=True)
    database = copy(templates.foreign(odoo_site, names))
    environment = {**odoo_site.environment, 'ODOO_ADDONS_PATH': ','.join(map(str, source.ensure().addons))}
    done = subprocess.run([python, '-m', 'odoo', '-d', database.name, '-i', ','.join(names), '--stop-after-init', '--no-http'],
                          env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[-3000:]
    states = dict(database.rows('SELECT name, state FROM ir_module_module WHERE name = ANY(%s)', names))
    assert states == dict.fromkeys(names, 'installed')
    answer = subprocess.run([python, '-c', f"from odoo.modules import get_module_path as path; print(*map(path, {names}), sep='\\n')"],
                            env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert all(str(packages) in line for line in answer.stdout.split()), answer.stdout
    assert (packages / 'odoo' / 'addons' / names[0] / 'security' / 'ir.model.access.csv').exists()
