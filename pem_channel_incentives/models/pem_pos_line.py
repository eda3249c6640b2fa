from odoo import api, fields, models
from odoo.exceptions import UserError

#: What a person may correct in a line that has to be fixed.
CORRECTABLE = frozenset((
    'part', 'gtin', 'seller_part', 'quantity', 'unit', 'resale_price', 'authorized_cost', 'book_cost', 'currency_code', 'ship_date',
    'invoice_date', 'customer_name', 'customer_code', 'branch_name', 'branch_code', 'authorization_number', 'invoice', 'invoice_line'))


class FromReport(fields.Many2one):
    """A value that is its report's: the report's foreign key guards it, and a million lines need no checks of their own."""

    def update_db_foreign_key(self, model, column):
        pass


class PemPosLine(models.Model):
    """One sale or return of a partner to an end customer, as its report says it and as it was understood.

    Lines come in by COPY and are matched in sets (see ``pem_pos_line_match``); nobody creates one by hand.
    """

    _name = 'pem.pos.line'
    _description = "POS Line"
    _order = 'report_id desc, number, id'
    _rec_name = 'part'
    # Who read them, and when, is on the report.
    _log_access = False

    report_id = fields.Many2one('pem.pos.report', required=True, readonly=True, ondelete='cascade', index=True)
    company_id = FromReport('res.company', required=True, readonly=True)
    partner_id = fields.Many2one('res.partner', string="Sender", required=True, readonly=True, ondelete='restrict')
    number = fields.Integer(string="Row", readonly=True)
    state = fields.Selection([
        ('ok', "Good"), ('exception', "To fix"), ('excluded', "Left out"), ('superseded', "Replaced"),
    ], required=True, readonly=True, default='exception')
    cause = fields.Selection([
        ('bad_value', "Not understood"), ('no_part', "No part"), ('no_quantity', "No quantity"), ('zero_quantity', "Quantity zero"),
        ('no_date', "No date"), ('in_future', "In the future"), ('outside_period', "Outside the period"), ('unknown_part', "Part unknown"),
        ('unknown_branch', "Branch unknown"), ('unknown_customer', "End customer unknown"), ('unknown_currency', "Currency unknown"),
        ('bad_price', "Price not above zero"), ('duplicate', "Reported before"), ('return_without_sale', "Return without a sale"),
    ], readonly=True)
    cause_key = fields.Char(string="About", readonly=True)
    waived = fields.Char(readonly=True, help="Causes that a person accepted.")
    fault_field = fields.Char(readonly=True)
    fault_text = fields.Char(readonly=True)
    raw = fields.Text(string="As sent", readonly=True)

    # As sent
    part = fields.Char()
    part_qualifier = fields.Char(readonly=True)
    gtin = fields.Char(string="Barcode")
    seller_part = fields.Char(string="Sender's part")
    description = fields.Char()
    quantity = fields.Float(digits=0, min_display_digits=0, help="Negative for a return.")
    unit = fields.Char()
    resale_price = fields.Float(digits=0, min_display_digits='Product Price', aggregator='avg')
    authorized_cost = fields.Float(digits=0, min_display_digits='Product Price', aggregator='avg')
    book_cost = fields.Float(digits=0, min_display_digits='Product Price', aggregator='avg')
    claimed_unit = fields.Float(string="Claim for one", digits=0, min_display_digits='Product Price', readonly=True, aggregator='avg')
    currency_code = fields.Char(string="Currency as sent")
    ship_date = fields.Date(string="Date of sale")
    invoice_date = fields.Date()
    customer_name = fields.Char(string="End customer as sent")
    customer_code = fields.Char(string="End customer's number")
    customer_qualifier = fields.Char(readonly=True)
    customer_street = fields.Char(readonly=True)
    customer_city = fields.Char(string="City", readonly=True)
    customer_state = fields.Char(readonly=True)
    customer_zip = fields.Char(readonly=True)
    customer_country = fields.Char(string="Country", readonly=True)
    branch_name = fields.Char(string="Branch as sent")
    branch_code = fields.Char(string="Branch number")
    branch_qualifier = fields.Char(readonly=True)
    authorization_number = fields.Char(string="Authorization")
    invoice = fields.Char()
    invoice_line = fields.Char()
    order_number = fields.Char(string="Order", readonly=True)
    debit_number = fields.Char(readonly=True)
    serial_number = fields.Char(readonly=True)

    # As understood
    product_id = fields.Many2one('product.product', readonly=True, ondelete='restrict')
    customer_id = fields.Many2one('res.partner', string="End customer", readonly=True, ondelete='set null', index='btree_not_null')
    branch_id = fields.Many2one(
        'res.partner', readonly=True, ondelete='set null', help="Who of the sender sold it. Empty where it names none.")
    currency_id = fields.Many2one('res.currency', readonly=True)
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company currency")
    amount = fields.Monetary(readonly=True, help="Quantity times resale price.")
    amount_company = fields.Monetary(
        string="Amount (company currency)", readonly=True, currency_field='company_currency_id',
        help="At the rate of the last day of the period, or of the day the file was read.")
    fingerprint = fields.Char(readonly=True, help="The same for lines that report the same sale.")

    _by_fingerprint = models.Index('(partner_id, fingerprint)')
    _by_product = models.Index('(partner_id, product_id)')
    _by_authorization = models.Index('(authorization_number) WHERE authorization_number IS NOT NULL')
    _by_cause = models.Index("(company_id, cause, cause_key) WHERE state = 'exception'")

    @api.depends('part', 'gtin', 'seller_part', 'number')
    def _compute_display_name(self):
        for line in self:
            line.display_name = f'{line.part or line.gtin or line.seller_part or "?"} ({line.number})'

    def write(self, vals):
        """A correction is looked at at once: the line is good then, or says what else is wrong."""
        if self.env.su:
            return super().write(vals)
        other = vals.keys() - CORRECTABLE
        if other:
            raise UserError(self.env._("“%s” is not yours to change.", self._fields[min(other)].string))
        fixed = self.filtered(lambda line: line.state != 'exception')
        if fixed:
            raise UserError(self.env._("%s does not have to be fixed and stays as it was sent.", fixed[0].display_name))
        self.check_access('write')
        lines_sudo = self.sudo()
        lines_sudo.write(vals)
        named = {'currency_code': 'currency', 'customer_code': 'customer_id', 'branch_code': 'seller_id'}
        corrected = {named.get(name, name) for name in vals}
        lines_sudo.filtered(lambda line: line.fault_field in corrected).write({'fault_field': False, 'fault_text': False})
        lines_sudo._validate()
        return True

    def action_leave_out(self):
        """Leave lines out: they are in the report, and count nowhere."""
        self.check_access('write')
        lines = self.sudo().filtered(lambda line: line.state in ('exception', 'ok') and line.report_id.state in ('exceptions', 'released'))
        lines._leave_out()
        lines.report_id._settle()

    def action_take_in(self):
        """Take lines in again that were left out."""
        self.check_access('write')
        lines = self.sudo().filtered(lambda line: line.state == 'excluded' and line.report_id.state in ('exceptions', 'released'))
        lines._set_line_state('exception')
        lines._validate()

    def _leave_out(self):
        self._set_line_state('excluded')

    def _set_line_state(self, state):
        self.sudo().write({'state': state})

    def _accept(self, cause):
        """Let lines pass in spite of a cause, and look what else there is."""
        for waived, lines in self.grouped('waived').items():
            lines.sudo().write({'waived': f'{waived or ","}{cause},'})
        self._validate()

    def _said(self, line):
        """Return what the sender said on a line, by kind of what it can mean; an alias remembers it."""
        return {
            'part': line.part or line.gtin or line.seller_part,
            'customer': line.customer_code or (line.customer_name or '').lower(),
            'branch': line.branch_code or (line.branch_name or '').lower(),
            'currency': line.currency_code,
        }
