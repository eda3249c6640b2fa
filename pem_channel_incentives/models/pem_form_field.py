from odoo import fields, models
from odoo.fields import Domain


class PemFormField(models.Model):
    """Questions that are answered with one of our products."""

    _inherit = 'pem.form.field'

    value_type = fields.Selection(selection_add=[('product', "Product"), ('file',)], ondelete={'product': lambda self: self._become_text()})

    def _comodels(self):
        return {**super()._comodels(), 'product': 'product.product'}

    def _offered(self, partner=None):
        products_sudo, domain = super()._offered(partner)
        if self.value_type == 'product':
            company = self.form_id.company_id or self.env.company
            domain &= Domain('sale_ok', '=', True) & Domain('company_id', 'in', (False, company.id))
        return products_sudo, domain

    def _become_text(self):
        """Without this addon nobody knows products; questions of published forms as well, which are not changed otherwise."""
        self.env.cr.execute("UPDATE pem_form_field SET value_type = 'char' WHERE id = ANY(%s)", [self.ids])
        self.invalidate_recordset(['value_type'])
