from odoo import api, fields, models


class PemClaimOverride(models.TransientModel):
    """A decision by hand on claim lines, with its reason."""

    _name = 'pem.claim.override'
    _description = "Decision by Hand on Claim Lines"

    line_ids = fields.Many2many('pem.claim.line', string="Lines", required=True, readonly=True)
    line_count = fields.Integer(compute='_compute_line_count')
    decision = fields.Selection([
        ('calculated', "Pay what we calculated"), ('claimed', "Pay what was claimed"), ('amount', "Pay another amount"),
        ('refuse', "Pay nothing"),
    ], required=True, default='calculated')
    currency_id = fields.Many2one(related='line_ids.currency_id')
    amount = fields.Monetary()
    reason = fields.Char(required=True, help="The partner reads it beside the line.")

    @api.depends('line_ids')
    def _compute_line_count(self):
        for wizard in self:
            wizard.line_count = len(wizard.line_ids)

    def action_override(self):
        """Decide; somebody else approves the claim then."""
        self.ensure_one()
        self.line_ids._override(self.decision, self.reason, self.amount)
