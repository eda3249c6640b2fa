from odoo import api, fields, models

from ..engine import flow
from .pem_case import CLOSED_STATES


class PemCase(models.Model):
    """Cases that other cases called, and how both know of each other."""

    _inherit = 'pem.case'

    parent_task_id = fields.Many2one(
        'pem.task', readonly=True, copy=False, ondelete='restrict', index='btree_not_null', help="The task that rests until this case is closed.")
    parent_case_id = fields.Many2one(
        'pem.case', string="Called by", readonly=True, copy=False, ondelete='restrict', index='btree_not_null')
    child_ids = fields.One2many('pem.case', 'parent_case_id', string="Sub-cases", readonly=True)
    child_count = fields.Integer(compute='_compute_child_count')
    problem = fields.Text(recursive=True)

    def _compute_child_count(self):
        counts = dict(self._read_group([('parent_case_id', 'in', self.ids)], ['parent_case_id'], ['__count']))
        for case in self:
            case.child_count = counts.get(case, 0)

    @api.depends('child_ids.problem', 'child_ids.state')
    def _compute_problem(self):
        """What stopped a sub-case is shown where it was called, too."""
        super()._compute_problem()
        for case in self:
            stopped = case.child_ids.filtered(lambda child: child.state == 'problem')
            case.problem = '\n'.join(filter(None, [case.problem, *(
                self.env._("%(case)s, %(process)s: %(problem)s", case=child.name, process=child.process_id.name, problem=child.problem)
                for child in stopped)]))

    def action_open_children(self):
        self.ensure_one()
        action = {'type': 'ir.actions.act_window', 'name': self.env._("Sub-cases of %s", self.display_name), 'res_model': 'pem.case'}
        if len(self.child_ids) == 1:
            return {**action, 'view_mode': 'form', 'res_id': self.child_ids.id}
        return {**action, 'view_mode': 'list,form', 'domain': [('parent_case_id', '=', self.id)], 'context': {'create': False}}

    def action_open_parent(self):
        self.ensure_one()
        return {'type': 'ir.actions.act_window', 'res_model': 'pem.case', 'view_mode': 'form', 'res_id': self.parent_case_id.id}

    def _first_case(self):
        """Return the case that nothing called: this one, or the first in its chain of callers."""
        self.ensure_one()
        case = self
        while case.parent_case_id:
            case = case.parent_case_id
        return case

    # Motion

    def _close(self, *args):
        """Closed sub-cases let the cases that called them go on."""
        super()._close(*args)
        # Most cases were called by nobody.
        called = self._where_raw('parent_task_id', bool)
        for outcome, cases in called.grouped('state').items():
            callers = cases.parent_task_id
            callers.case_id._lock()
            callers.invalidate_recordset(['state'])
            callers = callers.filtered(lambda task: task.state == 'open')
            if not callers:
                continue
            of = {case.parent_task_id: case for case in cases}
            self.env['pem.event']._append([
                (task.case_id, 'call_returned', {'step': task.step_id.name, 'case': of[task].name, 'outcome': outcome})
                for task in callers])
            callers._finish(outcome)
            callers._send_on(outcome)

    def _retry(self):
        """Trying a case again tries what stopped in its sub-cases, too."""
        stopped = self.search([('parent_case_id', 'in', self.ids), ('state', '=', 'problem')]) if self else self
        super()._retry()
        if stopped:
            stopped._retry()

    def _standings(self, open_tasks):
        """Whoever has the ball in a sub-case has it in the case that called it; a problem there is one here."""
        sides, stopped = super()._standings(open_tasks)
        callers = open_tasks.filtered(lambda task: task.kind == flow.CALL)
        if callers:
            for child in self.search_fetch(
                    [('parent_task_id', 'in', callers.ids), ('state', 'not in', CLOSED_STATES)],
                    ['parent_case_id', 'waiting_on', 'state']):
                if child.waiting_on:
                    sides[child.parent_case_id.id].add(child.waiting_on)
                if child.state == 'problem':
                    stopped.add(child.parent_case_id.id)
        return sides, stopped

    def _update_waiting(self):
        super()._update_waiting()
        if parents := self.parent_case_id:
            parents._update_waiting()

    def _notify_subjects(self, hook):
        """A document hears of its own case alone: what a sub-case decides is for the case that called it."""
        super(PemCase, self._where_raw('parent_task_id', lambda task_id: not task_id))._notify_subjects(hook)


class PemProcessStep(models.Model):
    _inherit = 'pem.process.step'

    def _barred(self, cases):
        """Who asked for the first case, or sent something in there, does not approve in the cases that it called either."""
        barred = super()._barred(cases)
        if self.kind != flow.APPROVAL or self.process_id.allow_self_approval:
            return barred
        for case in cases:
            parent_sudo = case.sudo().parent_case_id
            while parent_sudo:
                barred[case] |= (parent_sudo.requested_by_id | parent_sudo.submission_ids.submitted_by_id).with_env(self.env)
                parent_sudo = parent_sudo.parent_case_id
        return barred
