from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import retrying
from odoo.tools import split_every

#: Why a partner is left out, in the order in which the reasons are looked for.
REASONS = [
    ('asked', "Already asked in this campaign"),
    ('no_email', "No e-mail address"),
    ('bounced', "E-mail address bounces or is blocked"),
    ('over_cap', "Had enough messages this week"),
    ('no_login', "No portal login"),
]
#: After so many bounces an address counts as dead.
BOUNCES = 3


class PemCampaign(models.Model):
    """How a campaign reaches its partners: preflight, launch, and the batches that can be interrupted anywhere."""

    _inherit = 'pem.campaign'

    def _preflight(self):
        """Find out who would be asked and who not, and why."""
        for campaign in self:
            campaign.preflight_ids.sudo().unlink()
            partners = self.env['res.partner'].search(campaign._get_audience_domain())
            reasons = campaign._find_left_out(partners)
            self.env['pem.campaign.preflight'].sudo().create([
                {'campaign_id': campaign.id, 'partner_id': partner.id, 'reason': reason}
                for partner, reason in reasons.items()])
            campaign.sudo().write({'preflight_date': fields.Datetime.now(), 'asked_count': len(partners) - len(reasons)})

    def _find_left_out(self, partners):
        """Return ``{partner: reason}`` of those who cannot be asked; the number of queries does not depend on them."""
        self.ensure_one()
        contacts = partners._pem_find_contacts()
        people = self.env['res.partner'].union(*contacts.values()) if contacts else self.env['res.partner']
        people.fetch(['email_normalized', 'message_bounce'])
        blocked = set(self.env['mail.blacklist'].sudo().search(
            [('email', 'in', people.mapped('email_normalized'))]).mapped('email'))
        asked = self.env['pem.case'].sudo().search([('campaign_id', 'in', self.ids)]).partner_id
        logins = self.env['res.users'].sudo().search([('partner_id', 'in', people.ids), ('share', '=', True)]).partner_id
        crowded = self._find_crowded(people)
        asked_ids, login_ids, crowded_ids = set(asked.ids), set(logins.ids), set(crowded.ids)

        def reason(partner):
            contact = contacts.get(partner, partner)
            if partner.id in asked_ids:
                return 'asked'
            if not contact.email_normalized:
                return 'no_email'
            if contact.message_bounce >= BOUNCES or contact.email_normalized in blocked:
                return 'bounced'
            if contact.id in crowded_ids:
                return 'over_cap'
            if not self.allow_guests and contact.id not in login_ids:
                return 'no_login'
            return None

        return {partner: why for partner in partners if (why := reason(partner))}

    @api.model
    def _find_crowded(self, contacts):
        """Return the contacts whose weekly cap of messages is used up."""
        room = self.env['pem.notice']._room(contacts, fields.Datetime.now())
        return contacts.filtered(lambda contact: room is not None and not room[contact.id])

    def _launch(self):
        """Begin the rollout; up to one batch is done at once, the rest by the cron.

        :raises UserError: when there is nobody to ask
        """
        for campaign in self:
            if campaign.state != 'draft':
                raise UserError(self.env._("“%s” was launched already.", campaign.name))
            if campaign.process_id.state != 'published':
                raise UserError(self.env._("Publish “%s” first.", campaign.process_id.display_name))
        self._begin_rollout()

    def _begin_rollout(self):
        """Ask whoever of the audience was not asked yet.

        :raises UserError: when there is nobody to ask
        """
        size = self._rollout_batch_size()
        for campaign in self:
            campaign._preflight()
            if not campaign.asked_count:
                raise UserError(self.env._(
                    "There is nobody to ask in “%s”. See who is left out, and why.", campaign.name))
            campaign.sudo().write({
                'state': 'launching', 'date_launched': fields.Datetime.now(), 'launched_by_id': self.env.uid})
            # Of two who launch at once the second one waits here; its transaction is then repeated and finds the state.
            campaign.flush_recordset()
            if campaign.asked_count <= size:
                campaign._rollout(campaign._to_ask())
                campaign._finish_launch()
        if any(campaign.state == 'launching' for campaign in self):
            self.env.ref('pem_campaigns.ir_cron_rollout').sudo()._trigger()

    def _to_ask(self):
        """Return the partners of the audience who have no case yet and can be asked."""
        self.ensure_one()
        partners = self.env['res.partner'].search(
            self._get_audience_domain() & Domain('pem_case_ids', 'not any', [('campaign_id', '=', self.id)]), order='id')
        left_out = self._find_left_out(partners)
        return partners.filtered(lambda partner: partner not in left_out)

    def _rollout(self, partners):
        """Open and start one case for each partner, in one go; the database refuses a second one.

        :return: the cases
        """
        self.ensure_one()
        cases = self.env['pem.case'].sudo().with_context(
            tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True,
        ).create([{
            'process_id': self.process_id.id,
            'campaign_id': self.id,
            'partner_id': partner.id,
            'user_id': self.user_id.id,
            'company_id': self.company_id.id,
            'date_deadline': self.date_deadline,
        } for partner in partners]).with_context(tracking_disable=False)
        cases._start()
        return cases

    def _finish_launch(self):
        self.sudo().write({'state': 'running'})
        self.invalidate_recordset(['case_ids'])

    @api.model
    def _rollout_batch_size(self):
        return max(self.env['res.config.settings']._pem_parameter('rollout_batch', 500), 1)

    @api.model
    def _cron_rollout(self):
        """Continue the rollouts under way, in batches that commit: killed anywhere, the next run finds the rest."""
        commit = self.env['ir.cron']._commit_progress
        for campaign in self.search([('state', '=', 'launching')], order='id'):
            # The partners are those whom the person who launched it may see, whoever owns the campaign by now.
            user = campaign.launched_by_id or campaign.create_uid
            campaign = campaign.with_company(campaign.company_id).with_user(user)
            waiting = campaign._to_ask().ids
            commit(remaining=len(waiting))
            for chunk in split_every(campaign._rollout_batch_size(), waiting):
                if not retrying(partial(campaign._rollout_batch, chunk), self.env):
                    break
                if not commit(len(chunk)):
                    return
            else:
                retrying(partial(campaign._rollout_batch, []), self.env)
            commit()

    def _rollout_batch(self, partner_ids):
        """Ask some of the partners; without any, the rollout is complete. Return whether it is still ours to go on."""
        if not self._rollout_is_ours():
            return False
        if partner_ids:
            asked = self.env['pem.case'].sudo().search(
                [('campaign_id', '=', self.id), ('partner_id', 'in', partner_ids)]).partner_id
            self._rollout(self.env['res.partner'].browse(partner_ids) - asked)
        else:
            self._finish_launch()
        return True

    def _rollout_is_ours(self):
        """Take the campaign for this transaction; say whether nobody else is rolling it out or has closed it."""
        locked_sudo = self.sudo().try_lock_for_update(allow_referencing=True)
        locked_sudo.invalidate_recordset(['state'])
        return locked_sudo.state == 'launching'


class PemCampaignPreflight(models.Model):
    """One partner of an audience who is left out, and why: the result of the last preflight."""

    _name = 'pem.campaign.preflight'
    _description = "Partner left out of a Campaign"
    _order = 'reason, id'
    _rec_name = 'partner_id'

    campaign_id = fields.Many2one('pem.campaign', required=True, ondelete='cascade', index=True)
    partner_id = fields.Many2one('res.partner', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='campaign_id.company_id', store=True)
    reason = fields.Selection(REASONS, required=True)
