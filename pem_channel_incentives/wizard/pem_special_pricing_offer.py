from odoo import Command, api, fields, models


class PemSpecialPricingOffer(models.TransientModel):
    """What the price desk would agree to instead, beside what was asked for and what it leaves us."""

    _name = 'pem.special.pricing.offer'
    _description = "Counter-offer"

    request_id = fields.Many2one('pem.special.pricing', required=True, readonly=True, ondelete='cascade')
    currency_id = fields.Many2one(related='request_id.currency_id')
    comment = fields.Text(string="Message to the partner")
    line_ids = fields.One2many(
        'pem.special.pricing.offer.line', 'offer_id', string="Parts", compute='_compute_line_ids', store=True, readonly=False)
    margin = fields.Monetary(related='request_id.margin', string="Margin as asked")
    offered_margin = fields.Monetary(compute='_compute_offered_margin', string="Margin at the offer")

    @api.depends('request_id')
    def _compute_line_ids(self):
        for offer in self:
            offer.line_ids = [Command.clear(), *(Command.create({
                'line_id': line.id, 'offered_quantity': line.quantity, 'offered_cost': line.requested_cost,
            }) for line in offer.request_id.line_ids)]

    @api.depends('line_ids.offered_margin')
    def _compute_offered_margin(self):
        for offer in self:
            offer.offered_margin = sum(offer.line_ids.mapped('offered_margin'))

    def action_offer(self):
        """Send the offer to the partner.

        :raises UserError: when nothing in it is other than what was asked for, or the request waits for somebody else
        """
        self.ensure_one()
        task = self.request_id.review_task_id
        self.request_id._offer(
            {line.line_id: (line.offered_quantity, line.offered_cost) for line in self.line_ids}, (self.comment or '').strip())
        return task._next_task_action()


class PemSpecialPricingOfferLine(models.TransientModel):
    """One part of a counter-offer."""

    _name = 'pem.special.pricing.offer.line'
    _description = "Part of a Counter-offer"

    offer_id = fields.Many2one('pem.special.pricing.offer', required=True, ondelete='cascade')
    line_id = fields.Many2one('pem.special.pricing.line', string="Part", required=True, readonly=True, ondelete='cascade')
    currency_id = fields.Many2one(related='line_id.currency_id')
    quantity = fields.Float(related='line_id.quantity', string="Asked quantity")
    requested_cost = fields.Float(related='line_id.requested_cost', string="Asked")
    book_cost = fields.Float(related='line_id.book_cost')
    margin_rate = fields.Float(related='line_id.margin_rate', string="Margin as asked")
    last_cost = fields.Float(
        string="Last time", min_display_digits='Product Price', compute='_compute_last_cost',
        help="At what cost the part was last authorized, for the same partner when there is one.")
    offered_quantity = fields.Float(string="Offered quantity", digits='Product Unit', required=True)
    offered_cost = fields.Float(string="Offered cost", min_display_digits='Product Price', required=True)
    offered_margin = fields.Monetary(compute='_compute_offered_margin')
    offered_margin_rate = fields.Float(string="Margin at the offer", compute='_compute_offered_margin')

    _offer_positive = models.Constraint(
        'CHECK (offered_quantity > 0 AND offered_cost >= 0)', "An offer is for more than zero pieces, at zero or more.")

    @api.depends('line_id')
    def _compute_last_cost(self):
        """One query for all parts of an offer."""
        lines = self.line_id
        before = self.env['pem.special.pricing.line'].search([
            ('product_id', 'in', lines.product_id.ids), ('request_id', 'not in', lines.request_id.ids),
            ('currency_id', 'in', lines.currency_id.ids), ('authorized_quantity', '>', 0)], order='id')
        last = {}
        for line in before:
            for partner in (line.partner_id, None):
                last[line.product_id, line.currency_id, partner] = line.authorized_cost
        for offer in self:
            line = offer.line_id
            key = line.product_id, line.currency_id
            offer.last_cost = last.get((*key, line.partner_id), last.get((*key, None), 0))

    @api.depends('offered_quantity', 'offered_cost', 'line_id')
    def _compute_offered_margin(self):
        for offer in self:
            unit_cost = offer.line_id.unit_cost
            offer.offered_margin = offer.offered_quantity * (offer.offered_cost - unit_cost)
            offer.offered_margin_rate = 1 - unit_cost / offer.offered_cost if offer.offered_cost else 0
