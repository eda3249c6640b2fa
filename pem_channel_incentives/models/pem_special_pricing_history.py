from odoo import api, fields, models
from odoo.fields import Domain

MOST_SHOWN = 40


class PemSpecialPricing(models.Model):
    """What the price desk looks at before it decides: what was agreed before, and who else is asking."""

    _inherit = 'pem.special.pricing'

    history_line_ids = fields.Many2many(
        'pem.special.pricing.line', compute='_compute_history', string="Decided before",
        help="The same parts in requests that were decided.")
    competing_line_ids = fields.Many2many(
        'pem.special.pricing.line', compute='_compute_history', string="Open now",
        help="The same parts in other requests that are not decided yet.")
    same_customer_ids = fields.Many2many(
        'pem.special.pricing', compute='_compute_history', string="For the same end customer",
        help="Other requests for the same end customer, whoever asks.")

    @api.depends('line_ids.product_id', 'end_customer', 'end_customer_id')
    def _compute_history(self):
        Line = self.env['pem.special.pricing.line']
        for request in self:
            others = Domain('request_id', '!=', request._origin.id) & Domain('product_id', 'in', request.line_ids.product_id._origin.ids)
            request.history_line_ids = Line.search(
                others & Domain('state', 'in', ('active', 'exhausted', 'expired', 'replaced', 'rejected')), order='id desc', limit=MOST_SHOWN)
            request.competing_line_ids = Line.search(
                others & Domain('state', 'in', ('submitted', 'returned')), order='id desc', limit=MOST_SHOWN)
            same = Domain.FALSE
            if request.end_customer_id:
                same |= Domain('end_customer_id', '=', request.end_customer_id.id)
            if request.end_customer:
                same |= Domain('end_customer', 'ilike', request.end_customer.strip())
            request.same_customer_ids = self.search(
                same & Domain('id', '!=', request._origin.id) & Domain('state', '!=', 'draft'), limit=MOST_SHOWN)
