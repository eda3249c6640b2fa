import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

BASES = [
    ('authorization', "Book cost when it was authorized"), ('ship_date', "Book cost on the day of shipment"),
    ('inventory', "Cost of the goods on the partner's stock"),
]


class ResCompany(models.Model):
    """What is agreed about claims with all partners."""

    _inherit = 'res.company'

    pem_claim_basis = fields.Selection(
        BASES, string="Claims start from", default='authorization', required=True,
        help="A claim is the difference between this cost and the authorized cost, times the quantity.")
    pem_claim_tolerance_amount = fields.Monetary(
        string="Tolerated difference", help="By how much an amount may differ from what we calculate without a person looking at it.")
    pem_claim_tolerance_percent = fields.Float(string="Tolerated difference in percent", help="The larger of the two tolerances counts.")
    pem_claim_resale_tolerance = fields.Float(
        string="Tolerance of the resale price in percent", help="By how much a part may be sold for more than was authorized.")
    pem_claim_window = fields.Integer(string="Days to claim", help="Days after the shipment in which a claim has to come in; 0 for no end.")
    pem_claim_debit_pattern = fields.Char(
        string="Form of debit numbers", help="Regular expression of the debit numbers that are agreed; empty for any.")

    _pem_claim_tolerances = models.Constraint(
        'CHECK (COALESCE(pem_claim_tolerance_amount, 0) >= 0 AND COALESCE(pem_claim_tolerance_percent, 0) BETWEEN 0 AND 100 '
        'AND COALESCE(pem_claim_resale_tolerance, 0) BETWEEN 0 AND 1000 AND COALESCE(pem_claim_window, 0) >= 0)',
        "A tolerance is zero or more, and of an amount at most 100 percent; days to claim are zero or more.")

    @api.constrains('pem_claim_debit_pattern')
    def _check_pem_claim_debit_pattern(self):
        for company in self.filtered('pem_claim_debit_pattern'):
            try:
                re.compile(company.pem_claim_debit_pattern)
            except re.error as error:
                raise ValidationError(self.env._("“%s” is no regular expression.", company.pem_claim_debit_pattern)) from error


class ResPartner(models.Model):
    _inherit = 'res.partner'

    pem_claim_basis = fields.Selection(
        BASES, string="Claims start from", company_dependent=True, groups='pem_campaigns.group_pem_user',
        help="What is agreed with this partner; empty for what the settings say.")


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    pem_claim_basis = fields.Selection(related='company_id.pem_claim_basis', readonly=False)
    pem_claim_tolerance_amount = fields.Monetary(
        related='company_id.pem_claim_tolerance_amount', readonly=False, currency_field='company_currency_id')
    pem_claim_tolerance_percent = fields.Float(related='company_id.pem_claim_tolerance_percent', readonly=False)
    pem_claim_resale_tolerance = fields.Float(related='company_id.pem_claim_resale_tolerance', readonly=False)
    pem_claim_window = fields.Integer(related='company_id.pem_claim_window', readonly=False)
    pem_claim_debit_pattern = fields.Char(related='company_id.pem_claim_debit_pattern', readonly=False)
