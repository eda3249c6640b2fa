from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import flow


class MailActivity(models.Model):
    """An approver's activity is a turn at a task: it is decided, not ticked off."""

    _inherit = 'mail.activity'

    pem_decision = fields.Selection(
        [('approval', "Approval"), ('todo', "To-do"), ('other', "Somebody else's")], compute='_compute_pem_decision',
        help="How the reader can act on the task that this activity is about, if it is a turn at a task.")

    @api.depends('res_model', 'res_id', 'user_id')
    @api.depends_context('uid')
    def _compute_pem_decision(self):
        turns = self._pem_turns()
        for activity in self:
            line_sudo = turns.get(activity)
            mine = line_sudo and line_sudo.user_id == self.env.user
            activity.pem_decision = line_sudo and (line_sudo.task_id.kind if mine else 'other')

    def _pem_turns(self):
        """Return ``{activity: line}``, as superuser, of the activities that stand for somebody's turn at an open task."""
        about_tasks = self.filtered(lambda activity: activity.res_model == 'pem.task')
        if not about_tasks:
            return {}
        lines_sudo = self.env['pem.task.approver'].sudo().search([
            ('task_id', 'in', about_tasks.mapped('res_id')), ('task_id.state', '=', 'open'), ('state', '=', 'asked'),
            ('user_id', 'in', about_tasks.user_id.ids)])
        by_pair = {(line.task_id.id, line.user_id.id): line for line in lines_sudo}
        approval_type = self.env.ref('pem_campaigns.mail_activity_type_approval')
        return {
            activity: by_pair[activity.res_id, activity.user_id.id] for activity in about_tasks
            if activity.activity_type_id == approval_type and (activity.res_id, activity.user_id.id) in by_pair}

    def write(self, vals):
        if not self.env.su and {'user_id', 'active', 'activity_type_id', 'res_model_id', 'res_id'} & vals.keys():
            for line_sudo in self._pem_turns().values():
                raise UserError(self.env._(
                    "“%s” waits for a decision. To let a colleague decide, open it and press “Hand over”.",
                    line_sudo.task_id.display_name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_turns(self):
        if self.env.su:
            return
        for line_sudo in self._pem_turns().values():
            raise UserError(self.env._(
                "“%s” waits for a decision, so this activity stays until there is one.", line_sudo.task_id.display_name))

    def _action_done(self, feedback=False, attachment_ids=None):
        """A to-do is done by its activity. An approval is not: nobody could say what was decided."""
        turns = self._pem_turns()
        todos = self.browse()
        for activity, line_sudo in turns.items():
            task_sudo = line_sudo.task_id
            if task_sudo.kind != flow.TODO:
                raise UserError(self.env._(
                    "“%s” waits for a decision: approve it, send it back or reject it. It cannot just be marked as done.",
                    task_sudo.display_name))
            if line_sudo.user_id != self.env.user:
                raise UserError(self.env._(
                    "“%(task)s” waits for %(user)s.", task=task_sudo.display_name, user=line_sudo.user_id.name))
            todos |= activity
        others = self - todos
        if todos:
            # With the task its activities go.
            self.env['pem.task'].browse(todos.mapped('res_id'))._complete_todo(feedback or '')
        return super(MailActivity, others)._action_done(feedback=feedback, attachment_ids=attachment_ids)

    def action_feedback_schedule_next(self, feedback=False, attachment_ids=None):
        if self._pem_turns():
            # Nothing follows by hand: the process says what is next.
            self._action_done(feedback=feedback, attachment_ids=attachment_ids)
            return False
        return super().action_feedback_schedule_next(feedback=feedback, attachment_ids=attachment_ids)

    def _to_store_defaults(self, target):
        return [*super()._to_store_defaults(target), 'pem_decision']
