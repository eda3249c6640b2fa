import datetime
from collections import Counter

from odoo import fields, models
from odoo.exceptions import UserError

from ..engine import flow

DRAFT_TOLD_EVERY = datetime.timedelta(hours=1)


class PemTask(models.Model):
    """What people do with tasks: submit, approve, send back, reject. Every verb takes a set."""

    _inherit = 'pem.task'

    # Buttons: each checks and calls the verb

    def action_approve(self):
        # At once, however many they are.
        self.sudo().fetch()
        self.check_access('read')
        self._approve()
        return self._next_task_action()

    def action_reject(self):
        return self._decision_action('reject')

    def action_send_back(self):
        """Send back the answers marked for it; without marks, ask for a comment on the whole."""
        self.check_access('read')
        marked = self.review_answer_ids.filtered(lambda answer: answer.verdict == 'returned' and answer.is_current)
        if len(self) == 1 and marked:
            self._send_back()
            return self._next_task_action()
        return self._decision_action('return')

    def action_complete(self):
        self.check_access('read')
        self._complete_todo()
        return self._next_task_action()

    def _decision_action(self, decision):
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Reject") if decision == 'reject' else self.env._("Send back"),
            'res_model': 'pem.task.decision',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_task_ids': self.ids, 'default_decision': decision},
        }

    def _next_task_action(self):
        """Return the action that opens the next task waiting for this user, False at the end of the queue."""
        waiting = len(self) == 1 and self.search(self._my_turn(), limit=1)
        if not waiting:
            return False
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'pem.task',
            'view_mode': 'form',
            'res_id': waiting.id,
            'target': 'current',
        }

    # Verbs of the partner's side; the caller has checked that the person may act for the partner

    def _mark_seen(self):
        fresh = self.filtered(lambda task: not task.date_seen)
        fresh.write({'date_seen': fields.Datetime.now()})
        fresh.case_id.filtered(lambda case: not case.opened).write({'opened': True})
        self.env['pem.event']._append([(task.case_id, 'seen', {'step': task.step_id.name}) for task in fresh])

    def _save_draft(self, values):
        """Keep what was entered so far; nothing is checked, so nothing is lost.

        The page saves by itself every few seconds; the timeline tells it once an hour.
        """
        self.ensure_one()
        self._lock_cases()
        self._check_open(flow.FORM)
        now = fields.Datetime.now()
        if not self.draft_date or now - self.draft_date > DRAFT_TOLD_EVERY:
            self.case_id._log('draft_saved', {self.case_id: {'step': self.step_id.name}})
        self.write({'draft': values, 'draft_date': now})

    def _submit(self, answers_by_task, contact=None):
        """Take what partners sent: freeze it in submissions and send the cases on.

        :param answers_by_task: ``{task: [answer values]}`` as ``pem.submission._prepare_answers`` returns them
        :param contact: ``res.partner`` of who sent it, for guests; otherwise the current user's
        """
        self._lock_cases()
        self._check_open(flow.FORM)
        submissions = self._in_one_go(lambda tasks: tasks._carry_out_submission(answers_by_task, contact))
        return submissions.with_env(self.sudo().env)

    def _carry_out_submission(self, answers_by_task, contact):
        submissions = self.env['pem.submission'].sudo()._record(answers_by_task, contact)
        self.write({'state': 'done', 'date_done': fields.Datetime.now(), 'outcome': 'submitted', 'draft': False})
        # Whoever answers before the message went out needs it no more.
        self._drop_notices()
        # Colleagues who heard that there was no answer need not look after it any more.
        self.filtered('escalated_date')._drop_activities()
        self.env['pem.event']._append([
            (submission.case_id, 'submitted', {
                'step': submission.step_id.name,
                'number': submission.number,
                'answers': {answer.name: answer.display or '' for answer in submission.answer_ids},
            }) for submission in submissions])
        self.case_id._notify_subjects('_case_submitted')
        self._send_on('')
        return submissions

    # Verbs of the sponsor's side

    def _approve(self, comment=''):
        """Approve as the current user; tasks with enough approvals send their cases on.

        :raises UserError: when answers are marked to be sent back
        """
        tasks = self._take_turn(flow.APPROVAL)
        submissions = tasks._reviewed_submissions()
        submissions._check_unmarked()
        tasks.sudo().case_id._notify_subjects('_case_before_approval')
        tasks._in_one_go(lambda tasks: tasks._carry_out_approval(submissions, comment))

    def _carry_out_approval(self, submissions, comment):
        """Approve, and settle those of the reviewed submissions whose case has enough approvals."""
        self._decide('approved', comment)
        self._log_decision('approved', comment)
        counts = self._approval_counts()
        complete = self.browse([
            task_id for task_id, needed in self.sudo()._raw_map('approvals_needed').items() if counts[task_id] >= (needed or 0)])
        incomplete = self - complete
        incomplete._drop_activities(self.env.user)
        incomplete._ask_next()
        complete._mark_done('approved')
        cases = set(complete.sudo()._raw('case_id'))
        submissions._where_raw('case_id', cases.__contains__)._settle('accepted')
        for step, some in complete.sudo()._split_by('step_id').items():
            for cases in some._cases_one_by_one():
                cases._pass(step, 'approved')
        complete._drop_activities()

    def _reject(self, comment=''):
        """Refuse for good. One rejection is enough."""
        self._take_turn(flow.APPROVAL)._in_one_go(lambda tasks: tasks._carry_out_rejection(comment))

    def _carry_out_rejection(self, comment):
        self._decide('rejected', comment)
        self._log_decision('rejected', comment)
        submissions = self._reviewed_submissions()
        self._mark_done('rejected')
        submissions._settle('rejected', comment)
        for step, some in self.sudo().grouped('step_id').items():
            for cases in some._cases_one_by_one():
                cases._pass(step, 'rejected')
        self._drop_activities()

    def _send_back(self, comment=''):
        """Send back the answers marked as returned, or everything when none is; only these reopen for the partner."""
        self._take_turn(flow.APPROVAL)._in_one_go(lambda tasks: tasks._carry_out_return(comment))

    def _carry_out_return(self, comment):
        self._decide('returned', comment)
        submissions = self._reviewed_submissions()
        if not submissions or self.sudo().case_id - submissions.case_id:
            raise UserError(self.env._("Nothing was submitted that could be sent back."))
        self._mark_done('returned')
        returned = submissions._to_reopen()
        persons = self._persons()
        for_whom = {task.case_id.id: persons.get(task.id, {}) for task in self}
        returned._settle('returned', comment)
        self.env['pem.event']._append([
            (submission.case_id, 'returned', {
                'step': submission.step_id.name,
                'comment': comment,
                'answers': {answer.name: answer.comment or '' for answer in submission.answer_ids
                            if answer.verdict == 'returned'},
                'labels': {answer.name: answer.label for answer in submission.answer_ids if answer.verdict == 'returned'},
                **for_whom[submission.case_id.id],
            }) for submission in returned])
        for step, some in self.sudo().grouped('step_id').items():
            cases = some.case_id
            cases._reopen(step, returned.filtered(lambda one, cases=cases: one.case_id in cases))
        self.sudo().case_id._notify_subjects('_case_returned')
        self._drop_activities()

    def _complete_todo(self, comment=''):
        self._take_turn(flow.TODO)._in_one_go(lambda tasks: tasks._carry_out_todo(comment))

    def _carry_out_todo(self, comment):
        self._decide('done', comment)
        self._log_decision('todo_done', comment)
        self._mark_done('done')
        self._send_on('')
        self._drop_activities()

    # What the verbs share

    def _take_turn(self, kind):
        """Lock the cases of these tasks, and check that the current user has the turn in all of them.

        :return: the tasks, as one set that Odoo reads at once, wherever they were found
        :raises UserError: when a task is not open any more
        :raises AccessError: when somebody else has to decide one of them
        """
        tasks = self.browse(self.ids)
        tasks._lock_cases()
        tasks.sudo().fetch()
        tasks._check_open(kind)
        foreign_sudo = tasks.sudo() - tasks._own_turns().task_id
        if foreign_sudo:
            foreign_sudo[0].with_env(self.env)._refuse_to_decide()
        return tasks

    def _own_turns(self):
        """Return the lines, as superuser, in which the current user is asked."""
        lines_sudo = self._approver_lines()
        uid = self.env.uid
        return lines_sudo.browse([line_id for line_id, state, user_id in zip(
            lines_sudo._ids, lines_sudo._raw('state'), lines_sudo._raw('user_id'), strict=True) if state == 'asked' and user_id == uid])

    def _approver_lines(self):
        """Return all who may decide these tasks, as superuser."""
        lines_sudo = self.env['pem.task.approver'].sudo().browse([
            line_id for line_ids in self.sudo()._raw('approver_ids') for line_id in line_ids])
        lines_sudo.fetch(['task_id', 'user_id', 'state', 'decision', 'on_behalf_of_id'])
        return lines_sudo

    def _decide(self, decision, comment):
        """Record the current user's decision on every task of the set."""
        self._own_turns().write(
            {'state': 'decided', 'decision': decision, 'comment': comment, 'date': fields.Datetime.now()})

    def _log_decision(self, kind, comment):
        """Tell in the trail what the current user decided: at which step, in which words, for whom."""
        persons = self._persons()
        payloads = {step: {'step': step.name, 'comment': comment} for step in self.step_id}
        cases, steps = self._raw('case_id'), self._raw('step_id')
        Case, Step = self.env['pem.case'], self.env['pem.process.step']
        self.env['pem.event']._append([
            (Case.browse(case_id), kind, payloads[Step.browse(step_id)] | persons.get(task_id, {}))
            for task_id, case_id, step_id in zip(self._ids, cases, steps, strict=True)])

    def _lock_cases(self):
        self.sudo().case_id._lock()
        self.invalidate_recordset(['state', 'outcome'])
        self.env['pem.task.approver'].invalidate_model(['decision', 'state', 'user_id'])
        self.env['pem.submission'].invalidate_model(['state'])

    def _check_open(self, kind):
        """:raises UserError: in the words of who comes too late"""
        for task in self.browse([task_id for task_id, *now in zip(
                self._ids, self._raw('kind'), self._raw('state'), strict=True) if now != [kind, 'open']]):
            if task.kind != kind:
                raise UserError(self.env._("“%s” cannot be decided like this.", task.display_name))
            if task.state != 'open':
                decided = task.sudo().approver_ids.filtered('decision')[:1]
                if decided:
                    raise UserError(self.env._(
                        "“%(task)s” was already decided by %(user)s.",
                        task=task.display_name, user=decided.user_id.name))
                if task.outcome == flow.EXPIRED:
                    raise UserError(self.env._("The time for “%s” ran out.", task.display_name))
                raise UserError(self.env._("“%s” is not open any more.", task.display_name))

    def _approval_counts(self):
        """Return how often each task was approved, as ``{task id: number}``."""
        lines_sudo = self._approver_lines()
        return Counter(task_id for task_id, decision in zip(
            lines_sudo._raw('task_id'), lines_sudo._raw('decision'), strict=True) if decision == 'approved')

    def _reviewed_submissions(self):
        """Return the submissions these approvals decide, as superuser."""
        return self.env['pem.submission'].sudo().union(*(
            tasks.case_id._reviewed_submissions(step) for step, tasks in self.sudo()._split_by('step_id').items()))

    def _finish(self, outcome):
        self._mark_done(outcome)
        self._drop_activities()

    def _mark_done(self, outcome):
        """Close tasks, whose activities the caller drops when all else is done: who deletes, makes Odoo forget what it read."""
        self.sudo().write({'state': 'done', 'outcome': outcome, 'date_done': fields.Datetime.now()})

    def _send_on(self, outcome):
        for step, tasks in self.sudo().grouped('step_id').items():
            for cases in tasks._cases_one_by_one():
                cases._leave(step, outcome)

    def _cases_one_by_one(self):
        """Return the cases of these tasks as sets of which each has one task: a case can have two at the same step, where
        branches meet without a join."""
        case_ids = self._raw('case_id')
        if len(set(case_ids)) == len(case_ids):
            return [self.env['pem.case'].browse(case_ids)]
        rounds = []
        for case, tasks in self.grouped('case_id').items():
            for number, _task in enumerate(tasks):
                if number == len(rounds):
                    rounds.append([])
                rounds[number].append(case.id)
        return [self.env['pem.case'].browse(ids) for ids in rounds]
