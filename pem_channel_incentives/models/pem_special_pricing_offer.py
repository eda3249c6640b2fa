from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare


class PemSpecialPricing(models.Model):
    """Counter-offers: what the price desk would agree to, line by line, and whether the partner took it."""

    _inherit = 'pem.special.pricing'

    date_offered = fields.Datetime(string="Offered on", readonly=True, copy=False)
    takes_offer = fields.Boolean(
        string="Takes our offer", compute='_compute_takes_offer', store=True,
        help="The price desk made a counter-offer, and what is asked for now is nowhere better for the partner.")

    @api.depends('date_offered', 'line_ids.takes_offer')
    def _compute_takes_offer(self):
        for request in self:
            request.takes_offer = bool(request.date_offered and request.line_ids) and all(request.line_ids.mapped('takes_offer'))

    def action_offer(self):
        """Open the counter-offer to the request, which has to wait for a decision of the current user.

        :raises UserError: when it does not
        """
        self.ensure_one()
        if not self.review_task_id:
            raise UserError(self.env._("%s does not wait for a decision of yours.", self.display_name))
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Counter-offer"),
            'res_model': 'pem.special.pricing.offer',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_request_id': self.id},
        }

    def _offer(self, terms, comment):
        """Send a request back with what we would agree to. The partner takes it by sending it as it is.

        :param terms: ``{line: (quantity, cost)}``; a line without terms would be authorized as asked
        :param comment: what the partner reads above the offer
        :raises UserError: when no line is changed, or when the request does not wait for the current user
        """
        self.ensure_one()
        changed = {line: (quantity, cost) for line, (quantity, cost) in terms.items() if line._differs(quantity, cost)}
        if not changed:
            raise UserError(self.env._("Change the quantity or the cost of a part to offer something else than was asked for."))
        task = self.review_task_id
        if not task:
            raise UserError(self.env._("%s does not wait for a decision of yours.", self.display_name))
        self.sudo().with_context(tracking_disable=True).date_offered = fields.Datetime.now()
        answers = {answer.name: answer for answer in task.review_answer_ids}
        for line in self.line_ids:
            quantity, cost = changed.get(line, (line.quantity, line.requested_cost))
            line.sudo().write({'offered_quantity': quantity, 'offered_cost': cost, 'offered_resale': line.resale_price})
        for line in changed:
            sentence = line._offer_sentence()
            for name in line._offered_names():
                answers[f'lines.{line.id}.{name}'].write({'verdict': 'returned', 'comment': sentence})
        task._send_back(comment)

    def _drop_refused_offers(self):
        """An offer that the partner answered with something else is off the table."""
        refused = self.filtered(lambda request: request.date_offered and not request.takes_offer)
        refused.date_offered = False
        refused.line_ids.write({'offered_quantity': 0, 'offered_cost': 0, 'offered_resale': 0})


class PemSpecialPricingLine(models.Model):
    """What we offer for one part."""

    _inherit = 'pem.special.pricing.line'

    is_offered = fields.Boolean(compute='_compute_is_offered')
    offered_quantity = fields.Float(string="Offered quantity", digits='Product Unit', readonly=True, copy=False)
    offered_cost = fields.Float(
        string="Offered cost", min_display_digits='Product Price', readonly=True, copy=False, aggregator='avg')
    offered_resale = fields.Float(
        string="Resale price at the offer", min_display_digits='Product Price', readonly=True, copy=False, aggregator='avg')
    takes_offer = fields.Boolean(compute='_compute_takes_offer', store=True)

    @api.depends('offered_quantity')
    def _compute_is_offered(self):
        for line in self:
            line.is_offered = line.offered_quantity > 0

    @api.depends('quantity', 'requested_cost', 'resale_price', 'offered_quantity', 'offered_cost', 'offered_resale')
    def _compute_takes_offer(self):
        for line in self:
            line.takes_offer = (
                line.offered_quantity > 0
                and float_compare(line.quantity, line.offered_quantity, precision_digits=6) <= 0
                and float_compare(line.requested_cost, line.offered_cost, precision_digits=6) >= 0
                and not float_compare(line.resale_price, line.offered_resale, precision_digits=6))

    def _differs(self, quantity, cost):
        """Say whether terms are other than those that were asked for."""
        self.ensure_one()
        return bool(float_compare(quantity, self.quantity, precision_digits=6)
                    or float_compare(cost, self.requested_cost, precision_digits=6))

    def _offered_names(self):
        """Return the names of the columns in which the offer is other than what was asked for."""
        self.ensure_one()
        return [name for name, offered, asked in (
            ('quantity', self.offered_quantity, self.quantity), ('requested_cost', self.offered_cost, self.requested_cost),
        ) if self.is_offered and float_compare(offered, asked, precision_digits=6)]

    def _offer_sentence(self):
        """Return what the partner reads beside the part."""
        self.ensure_one()
        return self.env._(
            "We offer %(quantity)s at %(cost)s. Send it as it is to accept, or enter what you need.",
            quantity=self._format_quantity(self.offered_quantity), cost=self._format_price(self.offered_cost))

    def _prepare_offered_values(self):
        """Return the cells in which the offer is to stand while the partner thinks about it."""
        self.ensure_one()
        terms = {'quantity': self.offered_quantity, 'requested_cost': self.offered_cost}
        return {name: terms[name] for name in self._offered_names()}
