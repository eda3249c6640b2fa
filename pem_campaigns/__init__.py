from . import controllers
from . import demo
from . import engine
from . import interchange
from . import models
from . import report
from . import wizard


def uninstall_hook(env):
    """Drop what Odoo does not know, or forgets, to be ours."""
    env['pem.event']._drop_guard()
    # External ids of what travelled belong to no addon.
    env['ir.model.data'].search([('module', '=', interchange.references.MODULE)]).unlink()
    # Odoo looks for constraints by their external ids, which foreign keys have none of; those of our models go with these.
    env['ir.model.constraint'].search([
        ('module.name', '=', 'pem_campaigns'), ('type', '=', 'f'), ('model.model', 'not like', 'pem.')]).unlink()
