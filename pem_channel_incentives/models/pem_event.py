from odoo import api, models


class PemEvent(models.Model):
    _inherit = 'pem.event'

    @api.model
    def _sentences(self):
        return {
            **super()._sentences(),
            'authorized': lambda c: self.env._("Authorization %s issued", c.get('number')),
            'authorization_withdrawn': lambda c: self.env._("Authorization %s withdrawn", c.get('number')),
            'claim_validated': lambda c: self.env._(
                "%(lines)s lines checked: %(approved)s of %(claimed)s %(currency)s approved by the rules, %(exceptions)s for a person",
                **{name: c.get(name) for name in ('lines', 'approved', 'claimed', 'currency', 'exceptions')}),
            'claim_overridden': lambda c: self.env._("%(count)s lines decided by hand: %(reason)s", count=c.get('count'), reason=c.get('reason')),
            'authorization_exhausted': lambda c: self.env._("Authorization %s used up", c.get('number')),
            'authorization_revived': lambda c: self.env._("Something is left of authorization %s again", c.get('number')),
            'authorization_replaced': lambda c: self.env._(
                "Authorization %(number)s replaced by %(by)s", number=c.get('number'), by=c.get('by')),
            'authorization_expired': lambda c: self.env._("Authorization %s expired", c.get('number')),
        }
