from odoo import api, models


class PemEvent(models.Model):
    _inherit = 'pem.event'

    @api.model
    def _sentences(self):
        return {
            **super()._sentences(),
            'authorized': lambda c: self.env._("Authorization %s issued", c.get('number')),
            'authorization_withdrawn': lambda c: self.env._("Authorization %s withdrawn", c.get('number')),
            'authorization_exhausted': lambda c: self.env._("Authorization %s used up", c.get('number')),
            'authorization_revived': lambda c: self.env._("Something is left of authorization %s again", c.get('number')),
            'authorization_replaced': lambda c: self.env._(
                "Authorization %(number)s replaced by %(by)s", number=c.get('number'), by=c.get('by')),
            'authorization_expired': lambda c: self.env._("Authorization %s expired", c.get('number')),
        }
