from odoo import fields, models


class PemProcess(models.Model):
    """Processes of the library, from which a campaign starts in a few clicks."""

    _inherit = 'pem.process'

    icon = fields.Char(default='fa-sitemap', help="Stands beside the name in the library: the name of a Font Awesome icon.")

    def action_new_campaign(self):
        """Ask who is to be asked, and launch."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("New campaign: %s", self.name),
            'res_model': 'pem.campaign.start',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_process_id': self.id},
        }
