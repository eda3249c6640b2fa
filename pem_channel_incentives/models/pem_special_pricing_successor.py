from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class PemSpecialPricing(models.Model):
    """Authorizations that go on in another one: for longer (an extension) or at another price (a re-quote)."""

    _inherit = 'pem.special.pricing'

    predecessor_id = fields.Many2one(
        'pem.special.pricing', string="Goes on from", readonly=True, copy=False, ondelete='set null', index='btree_not_null',
        help="The authorization that this request is to replace.")
    succession = fields.Selection(
        [('extension', "Extension"), ('requote', "Re-quote")], string="As", readonly=True, copy=False)
    successor_ids = fields.One2many('pem.special.pricing', 'predecessor_id', string="Goes on in", readonly=True)
    original_number = fields.Char(
        string="Original authorization", compute='_compute_original_number', store=True, recursive=True,
        help="The number of the first authorization in a row of extensions and re-quotes.")

    _one_open_successor = models.UniqueIndex(
        "(predecessor_id) WHERE state NOT IN ('rejected', 'cancelled', 'recalled')", "This authorization is being replaced already.")

    @api.depends('predecessor_id.original_number', 'predecessor_id.authorization_number')
    def _compute_original_number(self):
        for request in self:
            request.original_number = request.predecessor_id.original_number or request.predecessor_id.authorization_number

    def action_extend(self):
        """Open a draft that asks for the rest of the authorization for longer."""
        self.ensure_one()
        self.check_access('write')
        return self._succeed('extension')._get_form_action()

    def action_requote(self):
        """Open a draft that asks for the rest of the authorization at another price."""
        self.ensure_one()
        self.check_access('write')
        return self._succeed('requote')._get_form_action()

    def _get_form_action(self):
        return {'type': 'ir.actions.act_window', 'res_model': self._name, 'view_mode': 'form', 'res_id': self.id}

    def action_open_successors(self):
        self.ensure_one()
        others = self.successor_ids | self.predecessor_id
        if len(others) == 1:
            return others._get_form_action()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Before and after %s", self.display_name),
            'res_model': self._name,
            'view_mode': 'list,form',
            'domain': [('id', 'in', others.ids)],
        }

    def _succeed(self, succession):
        """Return the draft that is to replace this authorization; the one there is already, when there is one.

        It asks for what is left, at the authorized prices. An extension begins where the authorization ends.

        :raises UserError: when there is nothing to go on from
        """
        self.ensure_one()
        # Who asks twice at once waits here and then finds the draft.
        self.sudo().lock_for_update()
        begun = self.successor_ids.filtered(lambda request: request.state == 'draft' and request.succession == succession)[:1]
        if begun:
            return begun
        if self.state not in ('active', 'exhausted', 'expired'):
            raise UserError(self.env._("%s is not authorized, so there is nothing to go on from.", self.display_name))
        if self.successor_ids.filtered(lambda request: request.state not in ('rejected', 'cancelled', 'recalled')):
            raise UserError(self.env._("%s is being replaced already.", self.display_name))
        today = fields.Date.context_today(self)
        starts = max(fields.Date.add(self.valid_to, days=1), today) if succession == 'extension' and self.valid_to else today
        draft = self.with_context(tracking_disable=True).copy({
            'valid_from': starts,
            'valid_to': False,
            'contact_id': self.contact_id.id,
            'line_ids': [Command.create({
                'product_id': line.product_id.id, 'sequence': line.sequence, 'uom_id': line.uom_id.id, 'book_cost': line.book_cost,
                # Of a part that is used up nothing is left to ask for: the partner says how many more.
                'quantity': line.remaining_quantity or line.authorized_quantity,
                'requested_cost': line.authorized_cost, 'resale_price': line.authorized_resale,
            }) for line in self.line_ids],
        })
        draft.sudo().with_context(tracking_disable=True).write({'predecessor_id': self.id, 'succession': succession})
        return draft

    def _replace_predecessors(self):
        """End the authorizations that were gone on from: a price holds under one number at a time."""
        for request in self.filtered('predecessor_id'):
            before = request.predecessor_id
            before.lock_for_update()
            if before.state in ('active', 'exhausted'):
                before._set_state('replaced')
                before.case_id._log('authorization_replaced', {before.case_id: {
                    'number': before.authorization_number, 'by': request.authorization_number}})
