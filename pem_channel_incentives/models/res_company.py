from odoo import fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    pem_special_pricing_auto_limit = fields.Monetary(
        string="Special prices without review",
        help="A request whose whole price reduction is not above this amount is authorized by itself. 0 to have every "
             "request reviewed.")

    _pem_special_pricing_auto_limit_positive = models.Constraint(
        'CHECK (pem_special_pricing_auto_limit >= 0)', "The limit of special prices without review cannot be negative.")
