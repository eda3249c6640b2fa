"""The checks of setup/test that need no database."""
import subprocess

from . import addons
from .console import step
from .paths import PYTHON, ROOT, VENV

# Checks of pylint-odoo that do not fit: methods that are one concept are a file of their own, however many classes inherit
# the model; readme/ is what a person reads; an override that returns nothing returns nothing.
_NOT_HERE = ('consider-merging-classes-inherited', 'missing-readme', 'missing-return', 'no-wizard-in-models')


def run(report):
    with step('Lint'):
        for title, command in _commands().items():
            done = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False)
            problems = f'{done.stdout}\n{done.stderr}'.strip().splitlines()
            report.check(title, problems or ['it fails without a word'] if done.returncode else [])


def _commands():
    tools = VENV / 'bin'
    ours = addons.names()
    scripts = [ROOT / name / 'static' for name in ours if [*(ROOT / name / 'static').rglob('*.js')]]
    return {
        'ruff': [tools / 'ruff', 'check', '--output-format=concise', '.'],
        'pylint-odoo': [PYTHON, '-m', 'pylint', '--rcfile=.pylintrc', f"--disable={','.join(_NOT_HERE)}", *ours],
        'OCA checks': [tools / 'oca-checks-odoo-module', '--config=.oca_hooks.cfg', *ours],
        **({'oxlint': [tools / 'oxlint', '--deny-warnings', '--format=unix', *scripts]} if scripts else {}),
    }
