from odoo import api, fields, models
from odoo.exceptions import UserError

#: What the rules decide.
GUARDED = frozenset((
    'state', 'codes', 'facts', 'amount_calculated', 'amount_approved', 'amount_rejected', 'amount_pending', 'approved_quantity',
    'pricing_line_id', 'override_user_id', 'override_reason', 'override_date', 'is_used'))


class PemClaimLine(models.Model):
    """One sale, or one return, for which a partner claims the difference to the authorized cost.

    Amounts of a return are negative, its quantity is not.
    """

    _name = 'pem.claim.line'
    _description = "Claim Line"
    _order = 'claim_id, sequence, id'
    _rec_name = 'part'

    claim_id = fields.Many2one('pem.claim', required=True, ondelete='cascade', index=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(related='claim_id.company_id', store=True, precompute=True)
    partner_id = fields.Many2one(related='claim_id.partner_id', store=True, precompute=True)
    currency_id = fields.Many2one(related='claim_id.currency_id', store=True, precompute=True)
    claim_state = fields.Selection(related='claim_id.state', string="State of the claim")
    is_open = fields.Boolean(related='claim_id.is_open')

    # Claimed
    authorization_number = fields.Char(string="Authorization", index='btree_not_null')
    part = fields.Char(help="Our part number, the number of the barcode, or the name.")
    product_id = fields.Many2one('product.product', ondelete='restrict', index='btree_not_null', copy=False)
    is_return = fields.Boolean(string="Return")
    quantity = fields.Float(digits='Product Unit', default=1.0)
    ship_date = fields.Date(string="Shipped on")
    invoice = fields.Char(help="The partner's invoice to the end customer.")
    end_customer = fields.Char(string="End customer")
    book_cost = fields.Float(string="Book cost", min_display_digits='Product Price', aggregator='avg')
    inventory_cost = fields.Float(
        string="Inventory cost", min_display_digits='Product Price', aggregator='avg', help="What the goods on the partner's stock cost.")
    claimed_cost = fields.Float(string="Cost claimed", min_display_digits='Product Price', aggregator='avg')
    resale_price = fields.Float(string="Resale price", min_display_digits='Product Price', aggregator='avg')
    claimed_unit = fields.Float(
        string="Claim for one", min_display_digits='Product Price', aggregator='avg',
        help="What is claimed for one piece; left empty, what the rules calculate.")
    amount_claimed = fields.Monetary(string="Claimed", compute='_compute_amount_claimed', store=True)

    # Decided
    state = fields.Selection([
        ('new', "Not checked"), ('approved', "Approved"), ('partial', "Approved in part"), ('exception', "A person decides"),
        ('rejected', "Refused"), ('overridden', "Decided by hand"),
    ], required=True, default='new', readonly=True, copy=False)
    pricing_line_id = fields.Many2one(
        'pem.special.pricing.line', string="Authorized line", readonly=True, copy=False, ondelete='restrict', index='btree_not_null')
    codes = fields.Char(string="Reasons", readonly=True, copy=False, help="Reasons of X12 element 901 for what was refused.")
    facts = fields.Json(readonly=True, copy=False, help="What the decision looked at, so that it can be taken again.")
    findings_html = fields.Html(string="Rules", compute='_compute_findings_html', sanitize=False)
    reason = fields.Char(string="Why", compute='_compute_reason')
    amount_calculated = fields.Monetary(string="Calculated", readonly=True, copy=False)
    amount_approved = fields.Monetary(string="Approved", readonly=True, copy=False)
    amount_rejected = fields.Monetary(string="Refused", readonly=True, copy=False)
    amount_pending = fields.Monetary(string="Undecided", readonly=True, copy=False)
    approved_quantity = fields.Float(string="Approved quantity", digits='Product Unit', readonly=True, copy=False)
    is_used = fields.Boolean(readonly=True, copy=False, help="The approved quantity is taken from the authorization.")
    override_user_id = fields.Many2one('res.users', string="Decided by", readonly=True, copy=False, ondelete='restrict')
    override_date = fields.Datetime(string="On", readonly=True, copy=False)
    override_reason = fields.Char(string="Reason of the decision", readonly=True, copy=False)

    # For "was this invoice claimed before?"
    _invoice_index = models.Index('(partner_id, invoice)')
    _quantity_positive = models.Constraint('CHECK (quantity > 0)', "The quantity must be more than zero; tick “Return” for what came back.")
    _override_has_reason = models.Constraint(
        "CHECK (state != 'overridden' OR (override_user_id IS NOT NULL AND override_reason IS NOT NULL))",
        "Who decides otherwise than the rules says why.")

    @api.depends('quantity', 'claimed_unit', 'book_cost', 'inventory_cost', 'claimed_cost', 'is_return', 'amount_calculated', 'currency_id')
    def _compute_amount_claimed(self):
        for line in self:
            unit = line.claimed_unit
            if not unit and line.claimed_cost:
                unit = (line.inventory_cost or line.book_cost) - line.claimed_cost
            amount = line.quantity * unit * (-1 if line.is_return else 1) if unit > 0 else line.amount_calculated
            line.amount_claimed = line.currency_id.round(amount) if line.currency_id else amount

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self.env['pem.claim'].browse({vals['claim_id'] for vals in vals_list if vals.get('claim_id')})._check_open()
            vals_list = [{name: value for name, value in vals.items() if name not in GUARDED} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if GUARDED & vals.keys():
                raise UserError(self.env._("What is paid is decided by the rules and the review, not by hand."))
            self.claim_id._check_open()
            if vals.get('claim_id'):
                self.env['pem.claim'].browse(vals['claim_id'])._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        if not self.env.su:
            self.claim_id._check_open()

    def action_override(self):
        """Open the decision by hand on these lines."""
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Decide by hand"),
            'res_model': 'pem.claim.override',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_line_ids': self.ids},
        }
