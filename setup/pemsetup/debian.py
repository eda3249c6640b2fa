"""Odoo 19 from Debian's archive, unpacked into a private folder.

Debian ships Odoo 19 in sid. It is architecture-independent Python, so any Debian machine, root or not, can download
it, let apt verify it and unpack it, without installing it and without a change to the machine's own package sources:
a private apt configuration points at the mirror the machine already uses.
"""
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from .commands import answer, quiet
from .console import Stop, step
from .paths import STATE

TARGET = STATE / 'debian'
HOME = TARGET / 'usr' / 'lib' / 'python3' / 'dist-packages'
# Odoo's static files are relative links into these packages; the two fonts of sid have moved the files meant.
PACKAGES = {
    'sid': ['odoo-19', 'libjs-jquery', 'libjs-underscore', 'libjs-jquery-form', 'fonts-montserrat', 'fonts-ocr-b',
            'fonts-roboto-unhinted', 'fonts-glyphicons-halflings'],
    'trixie': ['fonts-font-awesome', 'fonts-inconsolata'],
}
# Odoo's own translations are two thirds of its size; these stay.
LANGUAGES = ('de', 'es', 'fr')
KEYRINGS = [Path('/usr/share/keyrings') / f'debian-archive-keyring.{kind}' for kind in ('gpg', 'pgp')]


def available():
    """Is this a machine whose apt knows a Debian mirror and can check its signatures?"""
    tools = all(shutil.which(tool) for tool in ('apt-get', 'apt-config', 'dpkg-deb'))
    return bool(tools and _keyring() and _mirror())


def install():
    """Download, verify and unpack; `HOME` is then a folder Python can import Odoo from."""
    work = STATE / 'apt'
    shutil.rmtree(work, ignore_errors=True)
    draft = TARGET.with_suffix('.new')
    shutil.rmtree(draft, ignore_errors=True)
    with step("Downloading Odoo 19 from Debian's archive"):
        packages = _download(work)
    with step('Unpacking Odoo 19'):
        for package in packages:
            _unpack(package, draft)
        _mend(draft)
        shutil.rmtree(TARGET, ignore_errors=True)
        draft.rename(TARGET)
    shutil.rmtree(work)


def _keyring():
    return next((path for path in KEYRINGS if path.exists()), None)


def _mirror():
    """The Debian mirror of this machine. Before its first ``apt-get update`` apt does not know what its sources are:
    then, on Debian, it is the first it would ask; signatures are checked anyway."""
    rows = answer(['apt-get', 'indextargets', '--format', '$(ORIGIN)|$(LABEL)|$(REPO_URI)', 'Created-By: Packages']).splitlines()
    named = [row.split('|')[2] for row in rows if row.startswith('Debian|Debian|')]
    system = Path('/etc/os-release')
    if not named and system.exists() and re.search(r'^ID="?debian"?$', system.read_text(), re.MULTILINE):
        asked = re.findall(r"^'(\S+)/dists/[^/']+/InRelease'", answer(['apt-get', '--print-uris', 'update']), re.MULTILINE)
        named = [uri for uri in asked if 'security' not in uri]
    return next(iter(named), None)


def _download(work):
    """Fetch the packages with a private apt that has the owner's ``Acquire`` settings and credentials."""
    for folder in ('etc', 'state/lists/partial', 'cache/archives/partial', 'packages'):
        (work / folder).mkdir(parents=True)
    (work / 'status').touch()
    sources = ''.join(
        f'Types: deb\nURIs: {_mirror()}\nSuites: {suite}\nComponents: main\nTargets: Packages\nSigned-By: {_keyring()}\n\n'
        for suite in PACKAGES)
    (work / 'etc' / 'debian.sources').write_text(sources)
    acquire = [line for line in answer(['apt-config', 'dump']).splitlines() if line.startswith('Acquire::')]
    settings = {
        'Dir::State': work / 'state', 'Dir::State::status': work / 'status', 'Dir::Cache': work / 'cache',
        'Dir::Etc': work / 'etc', 'Dir::Etc::sourceparts': work / 'etc', 'Dir::Etc::sourcelist': os.devnull,
        'Dir::Etc::parts': os.devnull, 'Dir::Etc::preferencesparts': os.devnull,
        'Dir::Etc::netrc': '/etc/apt/auth.conf', 'Dir::Etc::netrcparts': '/etc/apt/auth.conf.d',
        'APT::Sandbox::User': 'root', 'Acquire::Languages': 'none',
    }
    (work / 'apt.conf').write_text('\n'.join([*acquire, *(f'{key} "{value}";' for key, value in settings.items())]) + '\n')
    environment = {**os.environ, 'APT_CONFIG': str(work / 'apt.conf')}
    quiet(['apt-get', 'update', '--error-on=any'], "reading Debian's package list", env=environment)
    wanted = [f'{package}/{suite}' for suite, packages in PACKAGES.items() for package in packages]
    quiet(['apt-get', 'download', *wanted], 'downloading Odoo', env=environment, cwd=work / 'packages')
    return sorted((work / 'packages').glob('*.deb'))


def _unpack(package, target):
    """The package's files, without documentation and the translations we do not ship."""
    with (subprocess.Popen(['dpkg-deb', '--fsys-tarfile', package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as source,
          tarfile.open(fileobj=source.stdout, mode='r|') as archive):
        for member in archive:
            if _wanted(member.name):
                member.mode |= 0o600
                archive.extract(member, target, set_attrs=member.isfile(), **_TRUSTED)
    if source.returncode:
        raise Stop(f'{package.name} is damaged; start again')


# Signed packages; and newer Pythons want to be told.
_TRUSTED = {'filter': 'fully_trusted'} if hasattr(tarfile, 'fully_trusted_filter') else {}


def _wanted(name):
    if name.startswith(('./usr/share/doc/', './usr/lib/python3/dist-packages/addons/')):
        return False
    return not name.endswith('.po') or Path(name).stem in LANGUAGES


def _mend(target):
    """Put back what Debian had to leave out, and make sure no link leads nowhere."""
    addons = target / HOME.relative_to(TARGET) / 'odoo' / 'addons'
    stub = addons / 'mail' / 'static' / 'lib' / 'selfie_segmentation' / 'selfie_segmentation.js'
    stub.parent.mkdir(parents=True, exist_ok=True)
    if not stub.exists():
        stub.write_text('class SelfieSegmentation {}\n')
    dangling = [path for path in addons.rglob('*') if path.is_symlink() and not path.exists()]
    if dangling:
        raise Stop(f"Debian's packages do not fit together: {dangling[0].relative_to(target)} leads nowhere")
