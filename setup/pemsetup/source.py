"""Which Odoo to use: the owner's, or one of our own."""
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import debian, files
from .commands import answer, quiet
from .console import Stop, step
from .paths import STATE

SERIES = '19.'
GIT = STATE / 'odoo-src'


@dataclass(frozen=True)
class Source:
    """A folder that holds the Python package ``odoo``, and the folders of its addons."""

    home: Path

    @property
    def addons(self):
        return [folder for folder in (self.home / 'addons', self.home / 'odoo' / 'addons') if (folder / 'web').is_dir()]

    @property
    def version(self):
        """``19.0``, read from Odoo's own release file without importing Odoo."""
        text = (self.home / 'odoo' / 'release.py').read_text()
        series = re.search(r"^version_info = \((\d+), (\d+)", text, re.MULTILINE)
        return '.'.join(series.groups())


def ensure():
    """The first of: ``ODOO_HOME``, an Odoo on PATH, Debian's package, the public git repository."""
    return _named() or _on_path() or _private()


def _named():
    home = os.environ.get('ODOO_HOME')
    if not home:
        return None
    source = Source(Path(home).resolve())
    if not (source.home / 'odoo' / 'release.py').exists() or not source.version.startswith(SERIES):
        raise Stop(f'ODOO_HOME={home} does not hold Odoo 19 (no odoo/release.py that says so)')
    return source


def _on_path():
    """The source behind an ``odoo`` command: beside it in a checkout, else wherever its Python imports it from."""
    for name in ('odoo', 'odoo-bin'):
        command = shutil.which(name)
        if not command or STATE in Path(command).parents or SERIES not in answer([command, '--version']):
            continue
        script = Path(command).resolve()
        if (script.parent / 'odoo' / 'release.py').exists():
            return Source(script.parent)
        python = script.read_text(errors='replace').splitlines()[0].removeprefix('#!').split()
        found = answer([*python, '-c', 'import odoo.release; print(odoo.release.__file__)'])
        if found:
            return Source(Path(found).parents[1])
    return None


def _private():
    if debian.available():
        files.once('odoo', 'debian', debian.install)
        return Source(debian.HOME)
    files.once('odoo', 'git', _clone)
    return Source(GIT)


def _clone():
    """Where there is no Debian mirror to derive (Ubuntu, Fedora, macOS)."""
    if not shutil.which('git'):
        raise Stop('git is needed to fetch Odoo 19 on this system; install it, or point ODOO_HOME at a checkout')
    draft = GIT.with_suffix('.new')
    shutil.rmtree(draft, ignore_errors=True)
    with step('Cloning Odoo 19'):
        quiet(['git', 'clone', '--depth', '1', '--branch', '19.0', 'https://github.com/odoo/odoo.git', draft], 'cloning Odoo')
    shutil.rmtree(GIT, ignore_errors=True)
    draft.rename(GIT)
