"""The virtual environment and the locked Python packages in it."""
import importlib.util
import os
import sys

from . import files, system
from .commands import quiet
from .console import Stop, step
from .paths import PYTHON, SETUP, VENV

LOCKS = {'': SETUP / 'requirements.txt', 'test': SETUP / 'requirements-test.txt'}


def ensure(extra=''):
    """Install the locked packages; with ``extra='test'`` those for testing too."""
    python = f'{sys.version_info[0]}.{sys.version_info[1]}'
    files.once('venv', python, _create)
    files.once('python', files.digest(python, LOCKS['']), lambda: _install(LOCKS[''], 'Python packages'))
    if extra:
        files.once(f'python-{extra}', files.digest(python, *LOCKS.values()),
                   lambda: _install(LOCKS[extra], f'Python packages for {extra}s'))


def become(module, arguments):
    """Go on as ``module`` on the virtual environment's Python, where psycopg2 can be imported; does not return."""
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, [str(SETUP), os.environ.get('PYTHONPATH')]))}
    os.execve(PYTHON, [str(PYTHON), '-m', module, *arguments], environment)


def pip(*arguments, what):
    """The machine's own pip settings (index, certificates) apply, but not its constraints: the lock has the word."""
    environment = {**os.environ, 'PIP_CONSTRAINT': os.devnull}
    quiet([PYTHON, '-m', 'pip', '--no-cache-dir', '--no-input', '--disable-pip-version-check', *arguments], what, env=environment)


def _create():
    if sys.prefix == str(VENV):
        raise Stop('the virtual environment is incomplete; delete .odoo/venv and start again with your own python3')
    if not (importlib.util.find_spec('venv') and importlib.util.find_spec('ensurepip')):
        system.require([f'python{sys.version_info[0]}.{sys.version_info[1]}-venv'], "Python's venv module")
    quiet([sys.executable, '-m', 'venv', '--clear', VENV], 'virtual environment')


def _install(lock, what):
    with step(f'Installing {what}'):
        pip('install', '--no-deps', '--no-compile', '--require-hashes', '--only-binary', ':all:', '-r', lock, what=what)
