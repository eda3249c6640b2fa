from . import controllers
from . import demo
from . import engine
from . import models
from . import report
from . import wizard


def uninstall_hook(env):
    """Drop what the event log put into the database beside its table."""
    env['pem.event']._drop_guard()
