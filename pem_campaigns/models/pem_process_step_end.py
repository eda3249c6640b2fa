from odoo import fields, models


class PemProcessStep(models.Model):
    """What it means that a case came to an end."""

    _inherit = 'pem.process.step'

    end_outcome = fields.Char(
        string="Outcome", translate=True, help="Says in words what came out, such as “Certificate renewed”.")
