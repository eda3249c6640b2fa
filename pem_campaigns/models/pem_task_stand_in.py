from odoo import api, models
from odoo.exceptions import UserError

from ..engine import flow


class PemTask(models.Model):
    """Somebody else decides: a substitute, or a colleague to whom a task is handed over."""

    _inherit = 'pem.task'

    def action_hand_over(self):
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Hand over"),
            'res_model': 'pem.task.handover',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_task_ids': self.ids},
        }

    def _hand_over(self, user, reason=''):
        """Let a colleague decide these tasks instead of the current user, who has the turn.

        :raises UserError: when the colleague may not decide one of them, or it is decided already
        :raises AccessError: when it is not the current user's turn
        """
        tasks = self.browse(self.ids)
        tasks._lock_cases()
        for kind, some in tasks.grouped('kind').items():
            some._check_open(kind if kind in (flow.APPROVAL, flow.TODO) else flow.APPROVAL)
        lines_sudo = tasks.sudo().approver_ids.filtered(lambda line: line.user_id == self.env.user and line.state == 'asked')
        for task in tasks - lines_sudo.task_id.with_env(self.env):
            task._refuse_to_decide()
        if user._pem_away():
            raise UserError(self.env._("%s is away at present. Choose somebody else.", user.name))
        barred = lines_sudo._barred()
        for line_sudo in lines_sudo:
            if refusal := line_sudo._refusal(user, barred[line_sudo]):
                raise UserError(refusal)
        lines_sudo._pass_on(dict.fromkeys(lines_sudo, user), 'handed', reason)

    def _settle_absences(self):
        """Bring an open approval in line with who is left: ask the next, look for further people, or stop the case when
        too few remain."""
        tasks_sudo = self.sudo().filtered(lambda task: task.state == 'open')
        for step, tasks in tasks_sudo.grouped('step_id').items():
            short = tasks.filtered(lambda task: task._possible_approvals() < task.approvals_needed)
            found = step._find_approvers(short.case_id) if short else {}
            for task in short:
                lacking = task.approvals_needed - task._possible_approvals()
                further = (found.get(task.case_id) or self.env['res.users']) - task.approver_ids.user_id
                last = max(task.approver_ids.mapped('sequence'), default=0)
                self.env['pem.task.approver'].sudo().create([
                    {'task_id': task.id, 'user_id': user.id, 'sequence': last + number, 'state': 'later'}
                    for number, user in enumerate(further[:lacking], 1)])
            stuck = short.filtered(lambda task: task._possible_approvals() < task.approvals_needed)
            for reason, some in stuck.grouped(lambda task: self.env._(
                    "“%(step)s” needs %(minimum)s approvals, but of those who were asked too few are left.",
                    step=task.step_id.name, minimum=task.approvals_needed)).items():
                some._withdraw()
                some.case_id._stop(step, reason)
            (tasks - stuck)._ask_next(everybody=not step._in_turn())

    def _possible_approvals(self):
        """Return how many approvals this task has or can still get."""
        self.ensure_one()
        return len(self.approver_ids.filtered(lambda line: line.decision == 'approved' or line.state in ('asked', 'later')))


class PemTaskApprover(models.Model):
    """How a turn passes from one person to another."""

    _inherit = 'pem.task.approver'

    def _barred(self):
        """Return ``{line: users}`` who may not decide, as they asked for it or sent it in."""
        barred = {}
        for step, lines in self.grouped(lambda line: line.task_id.step_id).items():
            by_case = step._barred(lines.task_id.case_id)
            barred.update((line, by_case[line.task_id.case_id]) for line in lines)
        return barred

    def _refusal(self, user, barred):
        """Return the sentence that says why a person cannot take this over, '' when they can."""
        self.ensure_one()
        task_sudo = self.sudo().task_id
        if not user._pem_able():
            return self.env._("%s does not work with Partner Engagement.", user.name)
        if task_sudo.company_id not in user.sudo().company_ids:
            return self.env._("%(user)s does not work for %(company)s.", user=user.name, company=task_sudo.company_id.name)
        if user in barred:
            return self.env._("%(user)s asked for “%(task)s” or sent it in, so somebody else has to decide.",
                              user=user.name, task=task_sudo.display_name)
        if user in task_sudo.approver_ids.user_id | task_sudo.approver_ids.stands_in_for_id:
            return self.env._("%(user)s is asked about “%(task)s” already.", user=user.name, task=task_sudo.display_name)
        return ''

    def _stand_ins(self):
        """Return ``{line: user}`` of the lines whose person is away and has somebody who can stand in."""
        away = self.user_id._pem_away()
        lines = self.filtered(lambda line: line.user_id in away)
        barred = lines._barred()
        taken, moves = {}, {}
        for line in lines:
            user = line.user_id._pem_stand_in(barred[line])
            busy = taken.setdefault(line.task_id, self.env['res.users'])
            if user and user not in busy and not line._refusal(user, barred[line]):
                moves[line] = user
                taken[line.task_id] = busy | user
        return moves

    def _move(self, moves, why, reason=''):
        """Let other people decide, and tell so in the trail.

        :param moves: ``{line: user}``
        :param why: 'away' for a substitute, 'back' for who returns, 'handed' for who was chosen
        """
        if not moves:
            return
        self.env['pem.event']._append([
            (line.task_id.case_id.with_env(self.env), 'handed_over', {
                'step': line.task_id.step_id.name, 'from': line.user_id.sudo().name, 'to': user.sudo().name,
                'why': why, 'reason': reason})
            for line, user in moves.items()])
        changes = {}
        for line, user in moves.items():
            person = line.on_behalf_of_id or line.user_id
            absent = line.stands_in_for_id or line.user_id if why == 'away' else self.env['res.users']
            changes.setdefault((user.id, person != user and person.id, absent.id), []).append(line.id)
        for (user_id, person_id, absent_id), ids in changes.items():
            self.sudo().browse(ids).write({
                'user_id': user_id, 'on_behalf_of_id': person_id, 'stands_in_for_id': absent_id})

    def _pass_on(self, moves, why, reason=''):
        """Move turns that people have: activities go along, and substitutes are asked where the next person is away."""
        lines_sudo = self.sudo().browse([line.id for line in moves])
        asked_sudo = lines_sudo.filtered(lambda line: line.state == 'asked')
        asked_sudo._drop_activities()
        lines_sudo.with_env(self.env)._move(moves, why, reason)
        if why == 'away':
            asked_sudo._create_activities()
        else:
            asked_sudo._ask()

    def _look_after(self):
        """Bring turns in line with who is there: substitutes for who is away, back to who has returned, and nobody waits
        for who has left."""
        self.sudo().task_id._lock_cases()
        lines_sudo = self.sudo().filtered(lambda line: line.state in ('asked', 'later') and line.task_id.state == 'open')
        gone_sudo = lines_sudo._of_leavers()
        lines_sudo -= gone_sudo
        away = (lines_sudo.user_id | lines_sudo.stands_in_for_id)._pem_away()
        back = {line: line.stands_in_for_id for line in lines_sudo
                if line.stands_in_for_id and line.stands_in_for_id not in away and line.stands_in_for_id._pem_able()}
        lines_sudo._pass_on(back, 'back')
        asked_sudo = lines_sudo.filtered(lambda line: line.state == 'asked' and line not in back)
        asked_sudo._pass_on(asked_sudo._stand_ins(), 'away')
        gone_sudo._leave()

    def _of_leavers(self):
        """Return the lines whose person may not decide any more: archived, without rights, not in the company or the
        group that the step asks."""
        able = self.user_id._pem_able()
        gone = self.filtered(lambda line: line.user_id not in able or line.company_id not in line.user_id.company_ids)
        for step, lines in (self - gone).grouped(lambda line: line.task_id.step_id).items():
            members = step._group_members()
            if members is not None:
                gone |= lines.filtered(lambda line, members=members: (
                    not line.by_escalation and (line.on_behalf_of_id or line.user_id) not in members))
        return gone

    def _leave(self):
        """Do not wait for these persons any more. A turn they had from somebody else goes back to who that was."""
        if not self:
            return
        owners = self.on_behalf_of_id._pem_able()
        back = {line: line.on_behalf_of_id for line in self if line.on_behalf_of_id in owners}
        self._pass_on(back, 'back')
        gone = self - self.browse().union(*back)
        gone._drop_activities()
        gone.write({'state': 'left'})
        self.env['pem.event']._append([
            (line.task_id.case_id, 'approver_left', {'step': line.task_id.step_id.name, 'person': line.user_id.name})
            for line in gone])
        gone.task_id._settle_absences()

    @api.model
    def _cron_look_after(self, size=100):
        """Look after the open turns that concern people who are away, have returned or have left, in batches that commit."""
        Approver = self.sudo()
        lines = Approver.search([('state', 'in', ('asked', 'later')), ('task_id.state', '=', 'open')])
        users = lines.user_id | lines.stands_in_for_id
        away, able = users._pem_away(), users._pem_able()
        concerned = lines._of_leavers() | lines.filtered(
            lambda line: line.user_id in away or line.user_id not in able
            or (line.stands_in_for_id and line.stands_in_for_id not in away))
        self.env['ir.cron']._pem_run_batches(concerned, type(self)._look_after, size)
