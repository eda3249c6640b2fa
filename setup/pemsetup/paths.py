"""Where things are."""
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / 'setup'
STATE = ROOT / '.odoo'
LOGS = STATE / 'log'
VENV = STATE / 'venv'
PYTHON = VENV / 'bin' / 'python'
