from odoo import api, models


class PemEvent(models.Model):
    _inherit = 'pem.event'

    @api.model
    def _sentences(self):
        return {
            **super()._sentences(),
            'authorized': lambda c: self.env._("Authorization %s issued", c.get('number')),
            'authorization_withdrawn': lambda c: self.env._("Authorization %s withdrawn", c.get('number')),
            'authorization_expired': lambda c: self.env._("Authorization %s expired", c.get('number')),
        }
