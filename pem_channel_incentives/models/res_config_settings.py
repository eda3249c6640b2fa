from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company currency")
    pem_special_pricing_auto_limit = fields.Monetary(
        related='company_id.pem_special_pricing_auto_limit', readonly=False, currency_field='company_currency_id')
