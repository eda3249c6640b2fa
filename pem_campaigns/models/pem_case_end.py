from odoo import fields, models


class PemCase(models.Model):
    """What came out of a case, in the words of the end it came to."""

    _inherit = 'pem.case'

    end_step_id = fields.Many2one(
        'pem.process.step', string="End", readonly=True, copy=False, ondelete='restrict', index='btree_not_null')
    outcome = fields.Char(related='end_step_id.end_outcome', string="Outcome")
