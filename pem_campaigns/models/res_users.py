from odoo import models


class ResUsers(models.Model):
    """Colleagues who can act in Partner Engagement."""

    _inherit = 'res.users'

    def _pem_able(self):
        """Return those of the users who work with Partner Engagement: active, internal, with its rights."""
        able_sudo = self.sudo().filtered(
            lambda user: user.active and not user.share and user.has_group('pem_campaigns.group_pem_user'))
        return self.browse(able_sudo.ids)
