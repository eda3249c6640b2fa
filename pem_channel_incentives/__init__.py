from . import controllers
from . import demo
from . import models
from . import wizard


def uninstall_hook(env):
    """Take along the requests and what ran on them, which would keep parts and partners from being deleted."""
    env['pem.pos.report']._forget_all()
    claims = env['pem.claim']
    claims._forget_cases()
    claims.search([]).unlink()
    requests = env['pem.special.pricing']
    requests._forget_cases()
    requests.search([]).unlink()
