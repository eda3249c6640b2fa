from odoo import fields, models
from odoo.exceptions import UserError


class PemClaimLine(models.Model):
    """Decisions by hand: otherwise than the rules, with a reason, and approved by somebody else."""

    _inherit = 'pem.claim.line'

    def _override(self, decision, reason, amount=0.0):
        """Decide on lines otherwise than the rules; somebody else has to approve it.

        :param decision: ``'calculated'``, ``'claimed'``, ``'amount'`` or ``'refuse'``: what is paid
        :param amount: for one line, when ``decision`` is ``'amount'``
        :raises UserError: when a line is not to be decided now, or more than was claimed would be paid
        """
        reason = (reason or '').strip()
        if not reason:
            raise UserError(self.env._("Please say why."))
        for line in self:
            if line.claim_state != 'submitted' or line.state not in ('exception', 'rejected', 'partial', 'overridden'):
                raise UserError(self.env._("“%s” does not wait for a decision by hand.", line.display_name))
        lines = self.sudo()
        lines._give_back()
        for line in lines:
            paid = {'calculated': line.amount_calculated, 'claimed': line.amount_claimed, 'amount': amount, 'refuse': 0.0}[decision]
            paid = line.currency_id.round(paid)
            if abs(paid) > abs(line.amount_claimed) or paid * line.amount_claimed < 0:
                raise UserError(self.env._("No more than was claimed can be paid for “%s”.", line.display_name))
            line.write({
                'state': 'overridden', 'amount_approved': paid, 'amount_rejected': line.amount_claimed - paid, 'amount_pending': 0,
                'approved_quantity': (-line.quantity if line.is_return else line.quantity) if decision != 'refuse' and paid else 0,
                'override_user_id': self.env.uid, 'override_reason': reason, 'override_date': fields.Datetime.now()})
        for line in lines.filtered(lambda line: line.pricing_line_id and line.approved_quantity):
            used = line.pricing_line_id._use({line.pricing_line_id: line.approved_quantity})[line.pricing_line_id]
            if not used:
                raise UserError(self.env._("Nothing is left of “%s” on the authorization.", line.display_name))
            # Of a quantity above what was left, the rest is paid without being taken from anything.
            line.write({'approved_quantity': used, 'is_used': True})
        for case, some in lines.grouped(lambda line: line.claim_id.case_id).items():
            case._log('claim_overridden', {case: {
                'lines': [line.display_name for line in some][:50], 'count': len(some), 'reason': reason, 'decision': decision}})
