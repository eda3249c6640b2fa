from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: What says whether somebody is there, and whether they may decide.
PRESENCE = {'out_of_office_from', 'out_of_office_to', 'pem_substitute_id'}
MEMBERSHIP = {'active', 'group_ids', 'company_ids'}


class ResUsers(models.Model):
    """Colleagues who can act in Partner Engagement, and who stands in for them while they are out of office."""

    _inherit = 'res.users'

    pem_substitute_id = fields.Many2one(
        'res.users', string="Substitute", ondelete='set null', index='btree_not_null', domain="[('share', '=', False)]",
        help="Decides what waits for you in Partner Engagement while you are out of office.")

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ['pem_substitute_id']

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + ['pem_substitute_id']

    @api.constrains('pem_substitute_id')
    def _check_pem_substitute(self):
        for user in self:
            if user.pem_substitute_id == user:
                raise ValidationError(self.env._("Nobody stands in for themselves. Choose somebody else as the substitute."))
            if user.pem_substitute_id and not user.pem_substitute_id._pem_able():
                raise ValidationError(self.env._(
                    "%s does not work with Partner Engagement. Choose somebody else as the substitute.",
                    user.pem_substitute_id.name))

    def write(self, vals):
        result = super().write(vals)
        if PRESENCE & vals.keys():
            self._pem_schedule_absence()
        if (PRESENCE | MEMBERSHIP) & vals.keys():
            self._pem_look_after_turns()
        return result

    def _pem_able(self):
        """Return those of the users who work with Partner Engagement: active, internal, with its rights."""
        able_sudo = self.sudo().filtered(
            lambda user: user.active and not user.share and user.has_group('pem_campaigns.group_pem_user'))
        return self.browse(able_sudo.ids)

    def _pem_away(self):
        """Return those of the users who are out of office at this moment."""
        return self.browse(self.sudo().filtered('is_out_of_office').ids)

    def _pem_stand_in(self, barred):
        """Return who decides while this user is away: the substitute, or theirs when they are away as well; nobody when
        that leads nowhere, in a circle, or through somebody who may not decide.

        :param barred: users who may not
        """
        self.ensure_one()
        passed, user = self, self.sudo().pem_substitute_id
        while user and user not in passed and user not in barred:
            if not user._pem_away():
                return self.browse(user.id)
            passed |= user
            user = user.pem_substitute_id
        return self.browse()

    def _pem_look_after_turns(self):
        """Pass on what waits for these users, or for those who stand in for them, as it should be now."""
        self.env['pem.task.approver'].sudo().search([
            ('state', 'in', ('asked', 'later')), ('task_id.state', '=', 'open'),
            '|', ('user_id', 'in', self.ids), ('stands_in_for_id', 'in', self.ids),
        ])._look_after()

    def _pem_schedule_absence(self):
        """See to it that turns are passed on when an absence begins, and come back when it ends."""
        now = fields.Datetime.now()
        moments = {moment for user in self.sudo() for moment in (user.out_of_office_from, user.out_of_office_to)
                   if moment and moment > now}
        if moments:
            self._pem_trigger_look_after(sorted(moments))

    @api.model
    def _pem_trigger_look_after(self, moments=None):
        # While the addon is being installed there is nothing to look after yet.
        if cron := self.env.ref('pem_campaigns.ir_cron_look_after_turns', raise_if_not_found=False):
            cron.sudo()._trigger(at=moments)


class ResGroups(models.Model):
    _inherit = 'res.groups'

    def write(self, vals):
        result = super().write(vals)
        if {'user_ids', 'implied_ids', 'implied_by_ids'} & vals.keys():
            self.env['res.users']._pem_trigger_look_after()
        return result
