from odoo import fields, models
from odoo.fields import Domain


class PemFormField(models.Model):
    """Questions that are answered with one of our products."""

    _inherit = 'pem.form.field'

    value_type = fields.Selection(selection_add=[('product', "Product"), ('file',)], ondelete={'product': 'set default'})

    def _comodels(self):
        return {**super()._comodels(), 'product': 'product.product'}

    def _offered(self, partner=None):
        products_sudo, domain = super()._offered(partner)
        if self.value_type == 'product':
            company = self.form_id.company_id or self.env.company
            domain &= Domain('sale_ok', '=', True) & Domain('company_id', 'in', (False, company.id))
        return products_sudo, domain
