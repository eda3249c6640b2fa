from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain


class PemTask(models.Model):
    """Who has the turn: of those who may decide a task, the ones who are asked now."""

    _inherit = 'pem.task'

    can_decide = fields.Boolean(compute='_compute_can_decide', help="The reader has the turn.")
    asked_user_ids = fields.Many2many(
        'res.users', string="Asked now", compute='_compute_asked_user_ids', help="Who has the turn.")

    @api.depends('state', 'approver_ids.state', 'approver_ids.user_id')
    @api.depends_context('uid')
    def _compute_can_decide(self):
        for task in self:
            task.can_decide = task.state == 'open' and any(
                line.user_id == self.env.user and line.state == 'asked' for line in task.approver_ids)

    @api.depends('state', 'approver_ids.state', 'approver_ids.user_id')
    def _compute_asked_user_ids(self):
        for task in self:
            task.asked_user_ids = task.state == 'open' and task.approver_ids.filtered(lambda line: line.state == 'asked').user_id

    @api.model
    def _my_turn(self):
        """Return the domain of the tasks in which the current user has the turn."""
        return Domain('state', '=', 'open') & Domain(
            'approver_ids', 'any', [('user_id', '=', self.env.uid), ('state', '=', 'asked')])

    @api.model
    def _open_for(self, step, approvers, values=None):
        """Ask colleagues to act: a task a case, and a line and an activity for each person, each created in one batch.

        Where persons are asked one after the other, the first gets an activity, the others wait for their turn.

        :param approvers: ``{case: users}``
        :param values: further values of the tasks, the same for all
        """
        cases = self.env['pem.case'].union(*approvers)
        tasks = self._open(step, cases, values, by_case={
            case: {'approvals_needed': step._approvals_needed(len(users))} for case, users in approvers.items()})
        if not tasks:
            return tasks
        in_turn = step._in_turn()
        lines_sudo = self.env['pem.task.approver'].sudo().create([{
            'task_id': task.id,
            'user_id': user.id,
            'sequence': number,
            'state': 'later' if in_turn and number else 'asked',
        } for task in tasks for number, user in enumerate(approvers[task.case_id])])
        lines_sudo.filtered(lambda line: line.state == 'asked')._ask()
        return tasks

    def _ask_next(self, everybody=False):
        """Give the turn to the next of those who are asked one after the other, where nobody has it.

        :param everybody: give it to all who were not asked yet
        """
        waiting_sudo = self.sudo().approver_ids.filtered(lambda line: line.state in ('asked', 'later'))
        following_sudo = self.env['pem.task.approver'].sudo().union(*(
            lines.sorted(lambda line: (line.sequence, line.id))[0]
            for lines in waiting_sudo.grouped('task_id').values()
            if all(line.state == 'later' for line in lines)))
        if everybody:
            following_sudo = waiting_sudo.filtered(lambda line: line.state == 'later')
        if not following_sudo:
            return
        following_sudo.write({'state': 'asked'})
        following_sudo._ask()

    def _persons(self):
        """Return ``{task id: {'for': name}}`` of the tasks that the current user decides for somebody else."""
        lines_sudo = self._approver_lines()._where_raw('on_behalf_of_id', bool).filtered(lambda line: line.user_id == self.env.user)
        return {line.task_id.id: {'for': line.on_behalf_of_id.name} for line in lines_sudo}

    def _refuse_to_decide(self):
        """Tell the current user, who does not have the turn, why this task is not theirs.

        :raises UserError: when they have decided, or are asked after somebody else
        :raises AccessError: when they were not asked at all
        """
        self.ensure_one()
        task_sudo = self.sudo()
        lines_sudo = task_sudo.approver_ids
        mine_sudo = lines_sudo.filtered(lambda line: line.user_id == self.env.user)
        names = ', '.join(lines_sudo.filtered(lambda line: line.state == 'asked').user_id.mapped('name'))
        if mine_sudo.state == 'decided':
            raise UserError(self.env._(
                "You decided “%(task)s” already. It still waits for %(approvers)s.", task=task_sudo.display_name, approvers=names))
        if mine_sudo.state == 'later':
            raise UserError(self.env._(
                "“%(task)s” waits for %(approvers)s first. You are asked after that.", task=task_sudo.display_name, approvers=names))
        raise AccessError(self.env._(
            "“%(task)s” waits for somebody else: %(approvers)s.", task=task_sudo.display_name, approvers=names))
