from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class PemCampaign(models.Model):
    """Pilots: a campaign asks a handful of partners first, and everybody else when all goes well."""

    _inherit = 'pem.campaign'

    is_pilot = fields.Boolean(
        string="Pilot", readonly=True, copy=False, help="Only a few partners are asked, until it is rolled out to everybody.")
    pilot_partner_ids = fields.Many2many(
        'res.partner', 'pem_campaign_pilot_rel', 'campaign_id', 'partner_id', string="Partners of the pilot", copy=False)

    def _get_audience_domain(self):
        if not self.is_pilot:
            return super()._get_audience_domain()
        return Domain('id', 'in', self.pilot_partner_ids.ids) & Domain('company_id', 'in', (False, self.company_id.id))

    def action_roll_out(self):
        """Ask everybody in the target groups whom the pilot did not ask."""
        self.check_access('write')
        for campaign in self:
            if not campaign.is_pilot or campaign.state != 'running':
                raise UserError(self.env._("“%s” is no running pilot.", campaign.name))
            if not campaign.target_group_ids:
                raise UserError(self.env._("Choose the target groups to which “%s” is to be rolled out.", campaign.name))
        self.sudo().write({'is_pilot': False})
        self._begin_rollout()
