from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import values as values_engine
from ..models.pem_pos_exception import MATCHED
from ..models.pem_pos_line_match import WAIVABLE

ENGINE_FIELDS = {
    'quantity': 'number', 'resale_price': 'number', 'authorized_cost': 'number', 'book_cost': 'number', 'claimed_unit': 'number',
    'ship_date': 'day', 'invoice_date': 'day'}
#: Which field is set where a cause is no value at all, or a wrong one.
CHANGED = {
    'no_quantity': 'quantity', 'zero_quantity': 'quantity', 'no_date': 'ship_date', 'no_part': 'part', 'bad_price': 'resale_price'}


class PemPosFix(models.TransientModel):
    """Fixes all lines alike at once, and remembers what the sender means."""

    _name = 'pem.pos.fix'
    _description = "Fix POS Lines"

    line_id = fields.Many2one('pem.pos.line', required=True, ondelete='cascade', help="One of the lines; the others are found by it.")
    partner_id = fields.Many2one(related='line_id.partner_id', related_sudo=False, string="Sender")
    company_id = fields.Many2one(related='line_id.company_id', related_sudo=False)
    cause = fields.Selection(related='line_id.cause', related_sudo=False)
    cause_key = fields.Char(related='line_id.cause_key', related_sudo=False)
    description = fields.Char(related='line_id.description', related_sudo=False, string="Described as")
    raw = fields.Text(related='line_id.raw', related_sudo=False)
    line_count = fields.Integer(compute='_compute_line_count')
    can_accept = fields.Boolean(compute='_compute_can_accept')

    product_id = fields.Many2one(
        'product.product', string="It is this part", compute='_compute_suggestion', readonly=False, store=True,
        domain="[('company_id', 'in', (False, company_id))]")
    contact_id = fields.Many2one(
        'res.partner', string="It is this contact", compute='_compute_suggestion', readonly=False, store=True,
        domain="[('company_id', 'in', (False, company_id))]")
    currency_id = fields.Many2one('res.currency', string="It is this currency")
    value = fields.Char(string="Right value", help="For all these lines.")

    @api.depends('line_id')
    def _compute_line_count(self):
        for fix in self:
            fix.line_count = len(fix._lines())

    @api.depends('cause')
    def _compute_can_accept(self):
        for fix in self:
            fix.can_accept = fix.cause in WAIVABLE

    @api.depends('line_id')
    def _compute_suggestion(self):
        """Suggest what is most like it; a person confirms."""
        for fix in self:
            fix.product_id = fix._similar('product.product') if fix.cause == 'unknown_part' else False
            fix.contact_id = fix._similar('res.partner') if fix.cause == 'unknown_customer' else False

    def _similar(self, model):
        """Return the record of a model whose name is most like what the line says; none when nothing is much like it."""
        records = self.env[model]
        line = self.line_id
        text = line.part or line.gtin or line.seller_part if model == 'product.product' else line.customer_name
        if not text:
            return records
        if not self.env.registry.has_trigram:
            return records.search([('display_name', 'ilike', text[:6])], limit=1)
        column = 'default_code' if model == 'product.product' else 'name'
        also = SQL('AND parent_id IS NULL AND id != %s', line.partner_id.id) if model == 'res.partner' else SQL()
        rows = self.env.execute_query(SQL(
            """SELECT id FROM %(table)s WHERE active AND %(column)s IS NOT NULL AND similarity(lower(%(column)s), lower(%(text)s)) > 0.4 %(also)s
                ORDER BY similarity(lower(%(column)s), lower(%(text)s)) DESC, id LIMIT 5""",
            table=SQL.identifier(records._table), column=SQL.identifier(column), text=text, also=also))
        return records.search([('id', 'in', [record for [record] in rows])]).sorted(
            lambda record: [one for [one] in rows].index(record.id))[:1]

    def _lines(self):
        return self.env['pem.pos.exception'].browse(self.line_id.id)._lines() if self.line_id.state == 'exception' else self.line_id

    # Buttons

    def action_match(self):
        """Remember what the sender means, and match all lines that say it."""
        self.ensure_one()
        self._check_allowed()
        kind = MATCHED[self.cause]
        field, record = {
            'part': ('product_id', self.product_id), 'currency': ('currency_id', self.currency_id),
        }.get(kind, ('contact_id', self.contact_id))
        if not record:
            raise UserError(self.env._("Please choose what the sender means."))
        self._remember(kind, field, record)
        return self._fixed()

    def action_create_contact(self):
        """Make a contact of the end customer as the sender describes it, and match all its lines."""
        self.ensure_one()
        self._check_allowed()
        line = self.line_id
        said = line.customer_country or ''
        country = self.env['res.country'].search(['|', ('code', '=', said.upper()), ('name', '=', said)], limit=1)
        contact = self.env['res.partner'].create({
            'name': line.customer_name or line.customer_code, 'is_company': True, 'street': line.customer_street, 'city': line.customer_city,
            'zip': line.customer_zip, 'country_id': country.id, 'company_id': False,
            'state_id': country.state_ids.filtered(lambda state: state.code == line.customer_state)[:1].id})
        self._remember('customer', 'contact_id', contact)
        return self._fixed()

    def action_same_sender(self):
        """The branch is the sender itself."""
        self.ensure_one()
        self._check_allowed()
        self._remember('branch', 'contact_id', self.partner_id)
        return self._fixed()

    def action_set_value(self):
        """Give all lines the right value instead of the one that is not understood or missing."""
        self.ensure_one()
        self._check_allowed()
        line = self.line_id
        name = line.fault_field or CHANGED[self.cause]
        value = (self.value or '').strip()
        if not value:
            raise UserError(self.env._("Please enter the right value."))
        if name in ENGINE_FIELDS:
            report = line.report_id
            try:
                if ENGINE_FIELDS[name] == 'number':
                    value = float(values_engine.number(value, report.decimal_mark or '.'))
                else:
                    value = values_engine.day(value, report.date_order or 'DMY')
            except ValueError:
                raise UserError(self.env._("“%s” is not understood either.", self.value)) from None
        lines = self._lines().sudo()
        lines.write({name: value, 'fault_field': False, 'fault_text': False})
        lines._validate()
        return self._fixed()

    def action_accept(self):
        self.ensure_one()
        self._check_allowed()
        self._lines().sudo()._accept(self.cause)
        return self._fixed()

    def action_leave_out(self):
        self.ensure_one()
        self._lines().action_leave_out()
        return self._fixed()

    def _check_allowed(self):
        self.env['pem.pos.line'].check_access('write')
        self.line_id.check_access('read')

    def _remember(self, kind, field, record):
        said = self.env['pem.pos.line']._said(self.line_id)[kind]
        lines = self._lines().sudo()
        self.env['pem.pos.alias'].sudo()._learn(self.line_id.company_id, self.line_id.partner_id, kind, said, field, record)
        lines._validate()

    def _fixed(self):
        """Close, and show at once what was resolved."""
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
