from odoo import models
from odoo.tools import float_compare, float_round


class PemSpecialPricing(models.Model):
    """Authorizations are used up by claims, and given back by returns."""

    _inherit = 'pem.special.pricing'

    def _note_use(self):
        """Mark the authorizations of which nothing is left as exhausted, and those of which something is as active again."""
        authorized = self.filtered(lambda request: request.state in ('active', 'exhausted'))
        left = authorized.filtered(lambda request: any(
            float_compare(line.remaining_quantity, 0, precision_rounding=line.uom_id.rounding) > 0 for line in request.line_ids))
        used_up = (authorized - left).filtered(lambda request: request.state == 'active')
        revived = left.filtered(lambda request: request.state == 'exhausted')
        for requests, state, kind in ((used_up, 'exhausted', 'authorization_exhausted'), (revived, 'active', 'authorization_revived')):
            requests._set_state(state)
            requests.case_id._log(kind, {request.case_id: {'number': request.authorization_number} for request in requests})


class PemSpecialPricingLine(models.Model):
    _inherit = 'pem.special.pricing.line'

    def _use(self, quantities):
        """Use up authorized quantities, or give them back; never more than is left, whoever else is at it.

        To be called as superuser by whoever decided that the quantities are due. The lines stay locked until the end of
        the transaction.

        :param quantities: ``{line: quantity in the unit of the line}``, negative to give back
        :return: ``{line: quantity}`` that was used or given back: the wanted one, or what was left of it
        """
        # In the order of ids, so that two claims on the same lines wait for each other instead of blocking each other.
        lines = self.browse(sorted(line.id for line in quantities))
        lines.lock_for_update()
        lines.invalidate_recordset(['used_quantity', 'authorized_quantity', 'remaining_quantity'])
        done = {}
        for line in lines:
            wanted = float_round(quantities[line], precision_rounding=line.uom_id.rounding)
            done[line] = max(min(wanted, line.remaining_quantity), -line.used_quantity)
            if done[line]:
                line.used_quantity += done[line]
        lines.request_id._note_use()
        return done
