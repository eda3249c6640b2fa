from odoo import api, fields, models


class PemAttribute(models.Model):
    """Attributes that hold amounts of money."""

    _inherit = 'pem.attribute'

    value_type = fields.Selection(selection_add=[('monetary', "Money"), ('date',)], ondelete={'monetary': 'set default'})

    def _prepare_definition_values(self, current):
        values = super()._prepare_definition_values(current)
        if self.value_type == 'monetary':
            values['currency_field'] = 'pem_currency_id'
        return values


class ResPartner(models.Model):
    _inherit = 'res.partner'

    pem_currency_id = fields.Many2one(
        'res.currency', string="Currency of attributes", compute='_compute_pem_currency_id',
        groups='pem_campaigns.group_pem_user', help="In which amounts among the attributes are: the currency of the contact's company.")

    @api.depends('company_id.currency_id')
    @api.depends_context('company')
    def _compute_pem_currency_id(self):
        for partner in self:
            partner.pem_currency_id = (partner.sudo().company_id or self.env.company).currency_id
