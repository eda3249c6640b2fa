from odoo import fields, models

from ..engine import conditions, flow


class PemProcessStep(models.Model):
    """What happens when cases arrive at a step, for each kind."""

    _inherit = 'pem.process.step'

    def _enter(self, cases, arrived_by):
        """Let cases arrive; return ``{outcome: cases}`` of those that leave at once.

        :param arrived_by: the ``pem.process.flow`` along which they came; empty at the start
        """
        self.ensure_one()
        return getattr(self, f'_enter_{self.kind}')(cases, arrived_by)

    def _enter_start(self, cases, _arrived_by):
        return {'': cases}

    _enter_decision = _enter_start
    _enter_split = _enter_start

    def _enter_form(self, cases, _arrived_by):
        """Ask the partners; while something is corrected, only for what was sent back.

        What was sent back, by an approver or because a manager moved the case, is asked with the answers it had.
        """
        latest = {case.with_env(self.env): submission for (case, _step), submission in
                  cases._latest_submissions(self).items()}
        answered = cases.filtered(
            lambda case: case.correcting_step_id and case in latest and latest[case].state in ('submitted', 'accepted'))
        returned = {case: latest[case] for case in cases if case in latest and latest[case].state == 'returned'}
        if returned:
            self.env['pem.task']._open_correction(self, returned)
        self.env['pem.task']._open(self, cases - answered - cases.browse().union(*returned))
        return {'': answered}

    def _enter_todo(self, cases, arrived_by):
        self._ask_colleagues(cases, arrived_by, self.env._("Nobody was found to do “%s”.", self.name))
        return {}

    def _enter_approval(self, cases, arrived_by):
        """Open an approval, except where a rule decides: rejection is tried before approval."""
        cases.filtered(lambda case: case.correcting_step_id == self).write({'correcting_step_id': False})
        outcomes = {}
        for outcome, rule in (('rejected', self.auto_reject_if), ('approved', self.auto_approve_if)):
            if conditions.parse(rule):
                matching = cases._filter_by_condition(rule)
                if matching:
                    matching._decide_by_rule(self, outcome, rule)
                    outcomes[outcome] = matching
                    cases -= matching
        self._ask_colleagues(cases, arrived_by, self.env._("Nobody was found to approve “%s”.", self.name))
        return outcomes

    def _ask_colleagues(self, cases, arrived_by, nobody):
        """Open tasks for the colleagues who have to act; stop cases for which there are none, or too few."""
        where = {'arrived_by_id': arrived_by.id}
        found = self._find_approvers(cases)
        missing = cases.filtered(lambda case: not found.get(case))
        self._stop_for_want_of_approvers(missing, nobody, where)
        wanted = self.approval_minimum if self.kind == flow.APPROVAL and self.approval_rule == 'some' else 1
        short = (cases - missing).filtered(lambda case: len(found[case]) < wanted)
        short._stop(self, self.env._(
            "“%(step)s” needs %(minimum)s approvals, but fewer people may give one.",
            step=self.name, minimum=wanted), where)
        self.env['pem.task']._open_for(self, {case: found[case] for case in cases - missing - short})

    def _enter_message(self, cases, _arrived_by):
        self.env['pem.task']._open(self, cases, {'state': 'done', 'date_done': fields.Datetime.now(), 'notice_state': 'queued'})
        self.env['pem.task']._trigger_notices()
        return {'': cases}

    def _enter_join(self, cases, arrived_by):
        """Hold cases until something has arrived along every line; what arrives twice waits for the others to come again.

        One arrival of each line is used up, the oldest, so it does not matter which branch is the faster one.
        """
        Task = self.env['pem.task']
        Task._open(self, cases, {'arrived_by_id': arrived_by.id})
        waiting = Task.search(
            [('case_id', 'in', cases.ids), ('step_id', '=', self.id), ('state', '=', 'open')], order='id desc')
        lines = set(self.incoming_ids.ids)
        oldest = {case: {task.arrived_by_id.id: task for task in tasks} for case, tasks in waiting.grouped('case_id').items()}
        complete = Task.union(*(task for tasks in oldest.values() if lines <= tasks.keys() for task in tasks.values()))
        complete.write({'state': 'done', 'date_done': fields.Datetime.now()})
        return {'': complete.case_id}

    def _enter_end(self, cases, _arrived_by):
        cases._reach_end(self)
        return {}
