from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare, float_is_zero
from odoo.tools.misc import formatLang

#: What the engine and later claims write, and nobody else.
GUARDED = frozenset((
    'authorized_quantity', 'authorized_cost', 'authorized_resale', 'used_quantity', 'offered_quantity', 'offered_cost', 'offered_resale'))


class PemSpecialPricingLine(models.Model):
    """One part of a special pricing request: what is asked for, and what was authorized.

    Unit prices keep as many decimals as were entered, like those of a sales order line; amounts are money.
    """

    _name = 'pem.special.pricing.line'
    _description = "Special Pricing Line"
    _order = 'request_id, sequence, id'
    _rec_name = 'product_id'

    request_id = fields.Many2one('pem.special.pricing', required=True, ondelete='cascade', index=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(related='request_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='request_id.currency_id', store=True)
    partner_id = fields.Many2one(related='request_id.partner_id', store=True, index=True)
    state = fields.Selection(related='request_id.state', store=True)
    end_customer = fields.Char(related='request_id.end_customer', string="End customer")
    is_open = fields.Boolean(related='request_id.is_open')

    # Requested
    product_id = fields.Many2one(
        'product.product', string="Part", required=True, ondelete='restrict', index=True, check_company=True,
        domain="[('sale_ok', '=', True), ('company_id', 'in', (False, company_id))]")
    quantity = fields.Float(digits='Product Unit', required=True, default=1.0)
    uom_id = fields.Many2one(
        'uom.uom', string="Unit", compute='_compute_uom_id', store=True, readonly=False, precompute=True, required=True,
        ondelete='restrict', domain="[('id', 'in', allowed_uom_ids)]")
    allowed_uom_ids = fields.Many2many('uom.uom', compute='_compute_allowed_uom_ids')
    book_cost = fields.Float(
        string="Book cost", min_display_digits='Product Price', compute='_compute_book_cost', store=True, readonly=False, precompute=True,
        aggregator='avg', help="What the partner pays without a special price, from their pricelist.")
    requested_cost = fields.Float(
        string="Requested cost", min_display_digits='Product Price', required=True, aggregator='avg', help="What the partner asks to pay.")
    resale_price = fields.Float(
        string="Resale price", min_display_digits='Product Price', aggregator='avg', help="What the end customer is going to pay.")
    competitor_price = fields.Float(
        string="Competitor's price", min_display_digits='Product Price', aggregator='avg',
        help="At what price the competitor offers the part or its like.")
    reduction_rate = fields.Float(
        string="Reduction (%)", compute='_compute_amounts', store=True, aggregator='avg',
        help="How far the requested cost is below the book cost.")
    amount_requested = fields.Monetary(
        string="Requested amount", compute='_compute_amounts', store=True, help="Quantity times requested cost.")
    amount_reduction = fields.Monetary(
        string="Price reduction", compute='_compute_amounts', store=True,
        help="What the special price costs us: the difference between book cost and requested cost, times the quantity.")

    # Margin, for the price desk
    unit_cost = fields.Float(
        string="Our cost", min_display_digits='Product Price', compute='_compute_margin', compute_sudo=True,
        groups='pem_channel_incentives.group_price_desk')
    margin = fields.Monetary(
        compute='_compute_margin', compute_sudo=True, groups='pem_channel_incentives.group_price_desk',
        help="What is left to us at the requested cost.")
    margin_rate = fields.Float(
        string="Margin (%)", compute='_compute_margin', compute_sudo=True,
        groups='pem_channel_incentives.group_price_desk')

    # Authorized
    authorized_quantity = fields.Float(string="Authorized quantity", digits='Product Unit', readonly=True, copy=False)
    authorized_cost = fields.Float(
        string="Authorized cost", min_display_digits='Product Price', readonly=True, copy=False, aggregator='avg')
    authorized_resale = fields.Float(
        string="Authorized resale price", min_display_digits='Product Price', readonly=True, copy=False, aggregator='avg')
    used_quantity = fields.Float(
        string="Used quantity", digits='Product Unit', readonly=True, copy=False, help="How much of the authorized quantity was claimed.")
    remaining_quantity = fields.Float(
        string="Remaining quantity", digits='Product Unit', compute='_compute_remaining_quantity', store=True)

    _quantity_positive = models.Constraint('CHECK (quantity > 0)', "The quantity must be more than zero.")
    _prices_positive = models.Constraint(
        'CHECK (requested_cost >= 0 AND COALESCE(resale_price, 0) >= 0 AND COALESCE(book_cost, 0) >= 0 AND COALESCE(competitor_price, 0) >= 0)',
        "A price cannot be negative.")
    _used_within_authorized = models.Constraint(
        'CHECK (COALESCE(used_quantity, 0) >= 0 AND COALESCE(used_quantity, 0) <= COALESCE(authorized_quantity, 0))',
        "No more than the authorized quantity can be used.")

    @api.depends('product_id')
    def _compute_display_name(self):
        for line in self:
            line.display_name = line._part()

    @api.depends('product_id')
    def _compute_uom_id(self):
        for line in self:
            if line.uom_id not in line.allowed_uom_ids:
                line.uom_id = line.product_id.uom_id

    @api.depends('product_id')
    def _compute_allowed_uom_ids(self):
        for line in self:
            line.allowed_uom_ids = line.product_id.uom_id | line.product_id.uom_ids

    @api.depends('product_id', 'uom_id')
    def _compute_book_cost(self):
        def terms(line):
            request = line.request_id
            partner = request.partner_id.sudo().with_company(request.company_id)
            return request.company_id, partner.property_product_pricelist, request.currency_id, line.uom_id

        self.filtered(lambda line: not line.product_id).book_cost = 0
        for (company, pricelist, currency, uom), lines in self.filtered('product_id').grouped(terms).items():
            prices = pricelist.with_company(company)._get_products_price(
                lines.product_id.sudo().with_company(company), 1.0,
                currency=currency or company.currency_id, uom=uom)
            for line in lines:
                line.book_cost = max(prices[line.product_id._origin.id or line.product_id.id], 0)

    @api.depends('quantity', 'book_cost', 'requested_cost')
    def _compute_amounts(self):
        for line in self:
            line.amount_requested = line.quantity * line.requested_cost
            line.amount_reduction = line.quantity * (line.book_cost - line.requested_cost)
            line.reduction_rate = 1 - line.requested_cost / line.book_cost if line.book_cost else 0

    @api.depends('product_id', 'uom_id', 'quantity', 'requested_cost')
    def _compute_margin(self):
        today = fields.Date.context_today(self)
        for line in self:
            company = line.company_id or self.env.company
            product = line.product_id.with_company(company)
            cost = product.uom_id._compute_price(product.standard_price, line.uom_id) if product else 0
            line.unit_cost = product.cost_currency_id._convert(
                cost, line.currency_id or company.currency_id, company, today, round=False) if product else 0
            line.margin = line.quantity * (line.requested_cost - line.unit_cost)
            line.margin_rate = 1 - line.unit_cost / line.requested_cost if line.requested_cost else 0

    @api.depends('authorized_quantity', 'used_quantity')
    def _compute_remaining_quantity(self):
        for line in self:
            line.remaining_quantity = line.authorized_quantity - line.used_quantity

    @api.constrains('product_id', 'request_id')
    def _check_product_id(self):
        """An authorization has one price a part, so that a sale that cites it finds its line."""
        for request, lines in self.request_id.line_ids.grouped('request_id').items():
            seen = self.env['product.product']
            for line in lines:
                if line.product_id in seen:
                    raise ValidationError(self.env._(
                        "“%(part)s” is on two lines of %(request)s. Please put the quantities together.",
                        part=line._part(), request=request.display_name))
                seen |= line.product_id

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            requests = self.env['pem.special.pricing'].browse(
                {vals['request_id'] for vals in vals_list if vals.get('request_id')})
            requests._check_open()
            vals_list = [{**vals, **dict.fromkeys(GUARDED, 0)} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if GUARDED & vals.keys():
                raise UserError(self.env._("What is authorized is decided by the review, not by hand."))
            self.request_id._check_open()
            if vals.get('request_id'):
                self.env['pem.special.pricing'].browse(vals['request_id'])._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        if not self.env.su:
            self.request_id._check_open()

    def action_open_request(self):
        self.ensure_one()
        return self.request_id._get_form_action()

    # What others ask

    def _part(self):
        """Return the text by which partners name the product: part number, else barcode, else name."""
        self.ensure_one()
        product = self.product_id.sudo()
        return product.default_code or product.barcode or product.name or ''

    def _prepare_row_values(self):
        """Return the typed cells of the line, as the portal shows them and submissions keep them."""
        self.ensure_one()
        return {
            'part': self._part(),
            'quantity': self.quantity,
            'requested_cost': self.requested_cost,
            'resale_price': self.resale_price,
            'competitor_price': self.competitor_price or False,
        }

    def _prepare_answer_values(self, columns):
        """Return the answer values of the line for a submission.

        :param columns: ``{column name: (label, value type)}``
        """
        self.ensure_one()
        part, cells = self._part(), self._prepare_row_values()
        shown = {
            'part': self.product_id.sudo().display_name,
            'quantity': self._format_quantity(self.quantity),
            'requested_cost': self._format_price(self.requested_cost),
            'resale_price': self._format_price(self.resale_price),
            'competitor_price': self._format_price(self.competitor_price) if self.competitor_price else '',
        }
        return [{
            'name': f'lines.{self.id}.{name}',
            'label': self.env._("%(part)s: %(column)s", part=part, column=label),
            'value_type': value_type,
            'value': cells[name],
            'display': shown[name],
            'old_display': self._format_price(self.book_cost) if name == 'requested_cost' and self.book_cost else False,
            'is_changed': name == 'requested_cost' and bool(
                float_compare(self.book_cost, self.requested_cost, precision_digits=6)),
        } for name, (label, value_type) in columns.items() if name != 'competitor_price' or self.competitor_price]

    def _format_quantity(self, quantity):
        digits = self._decimals(quantity, 0)
        return f'{formatLang(self.env, quantity, digits=digits)} {self.uom_id.sudo().name or ""}'.strip()

    def _format_price(self, price):
        """Return a unit price with its currency and all the decimals it has."""
        currency = self.currency_id or self.env.company.currency_id
        least = max(currency.decimal_places, self.env['decimal.precision'].precision_get('Product Price'))
        return f'{formatLang(self.env, price, digits=self._decimals(price, least))} {currency.name}'

    @staticmethod
    def _decimals(value, least):
        """Return how many decimals show a number in full, at least ``least`` and at most 6."""
        return next(
            (digits for digits in range(least, 6) if float_is_zero(value - round(value, digits), precision_digits=7)), 6)

    def _authorize(self):
        """Take over what was asked for as what is authorized."""
        for line in self:
            line.write({
                'authorized_quantity': line.quantity,
                'authorized_cost': line.requested_cost,
                'authorized_resale': line.resale_price,
            })

    @api.model
    def _row_commands(self, lines, rows, products):
        """Return the commands that make the lines of a request say what rows say.

        :param lines: the present lines
        :param rows: dicts of typed cells with a ``key``: the id of a present line as text, or anything for a new one
        :param products: ``{row key: product}``
        """
        present = {str(line.id): line for line in lines}
        commands = [Command.delete(line.id) for key, line in present.items() if key not in {row['key'] for row in rows}]
        for number, row in enumerate(rows):
            line = present.get(row['key'])
            product = products[row['key']]
            vals = {name: row.get(name) or 0 for name in ('quantity', 'requested_cost', 'resale_price', 'competitor_price')}
            if not line:
                commands.append(Command.create({**vals, 'product_id': product.id, 'sequence': number}))
                continue
            changed = {name: value for name, value in vals.items() if value != line[name]}
            if product != line.product_id:
                changed['product_id'] = product.id
            if changed:
                commands.append(Command.update(line.id, changed))
        return commands
