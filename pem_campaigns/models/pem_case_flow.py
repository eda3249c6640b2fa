from collections import defaultdict

import psycopg2

from odoo import fields, models
from odoo.exceptions import UserError

from .pem_case import CLOSED_STATES


class PemCase(models.Model):
    """How cases move: every verb takes a set, with a number of queries that does not depend on its size."""

    _inherit = 'pem.case'

    # Verbs

    def _start(self):
        """Send new cases from the start of their process on to the first steps where somebody has to act."""
        self._log('started', {case: {'campaign': case.campaign_id.name or '', 'process': case.process_id.display_name}
                              for case in self})
        for process, cases in self.grouped('process_id').items():
            start = process.step_ids.filtered(lambda step: step.kind == 'start')[:1]
            if not start:
                raise UserError(self.env._("“%s” has no start.", process.display_name))
            self._advance({(start, self.env['pem.process.flow']): cases})

    def _leave(self, step, outcome=''):
        """Send cases on from a step that ended with an outcome."""
        self._advance(self._route(step, {outcome: self}))

    def _cancel(self, reason=''):
        """Close cases before their end. Open tasks go with them."""
        self._lock()
        running = self.filtered(lambda case: case.state not in CLOSED_STATES)
        running._log('cancelled', dict.fromkeys(running, {'reason': reason}))
        running._close('cancelled')

    def _retry(self):
        """Go on from exactly where a problem stopped the cases."""
        self._lock()
        stuck = self.env['pem.task'].search([('case_id', 'in', self.ids), ('state', '=', 'problem')])
        for (step, outcome), tasks in stuck.grouped(lambda task: (task.step_id, task.outcome)).items():
            cases = tasks.case_id
            tasks.write({'state': 'done', 'date_done': fields.Datetime.now()})
            cases.write({'state': 'running'})
            cases._log('retried', dict.fromkeys(cases, {'step': step.name}))
            if outcome == 'enter':
                self._advance({(step, tasks.arrived_by_id[:1]): cases})
            else:
                cases._leave(step, outcome or '')
        self._update_waiting()

    def _stop(self, step, reason, outcome='enter', arrived_by=None):
        """Hold cases at a step with a reason that their owner sees; ``_retry`` goes on from here.

        :param outcome: with which the step ended, or 'enter' when the cases did not get into it
        """
        if not self:
            return
        self.env['pem.task']._open(step, self, {
            'state': 'problem', 'problem': reason, 'outcome': outcome,
            'arrived_by_id': arrived_by.id if arrived_by else False,
        })
        self.write({'state': 'problem'})
        self._log('problem', dict.fromkeys(self, {'step': step.name, 'reason': reason}))
        for owner, cases in self.grouped('user_id').items():
            if owner:
                # The first case stands for all that stopped for the same reason: one activity, not ten thousand.
                cases[0].with_context(mail_activity_quick_update=True).activity_schedule(
                    'pem_campaigns.mail_activity_type_problem', user_id=owner.id,
                    summary=self.env._("%(count)s cases stopped at “%(step)s”", count=len(cases), step=step.name),
                    note=reason)

    # Motion

    def _advance(self, arrivals):
        """Let cases arrive at steps, and go on until each rests at a step where somebody has to act.

        :param arrivals: ``{(step, flow): cases}``
        """
        moved = self.browse().union(*arrivals.values())
        queue = dict(arrivals)
        while queue:
            (step, line), cases = queue.popitem()
            try:
                with self.env.cr.savepoint():
                    onward = self._route(step, step._enter(cases, line))
            except (ValueError, KeyError, TypeError, UserError, psycopg2.DataError) as error:
                cases.invalidate_recordset()
                cases._stop(step, self.env._("“%(step)s” could not be carried out: %(reason)s",
                                             step=step.name, reason=error), arrived_by=line)
                continue
            for key, going in onward.items():
                queue[key] = queue.get(key, self.browse()) | going
        moved._update_waiting()

    def _route(self, step, outcomes):
        """Return ``{(target step, flow): cases}`` for cases that leave a step.

        :param outcomes: ``{outcome: cases}``
        """
        onward = defaultdict(self.browse)
        if not any(outcomes.values()):
            return onward
        definition = step.process_id._definition()
        lines = {line.id: line for line in step.outgoing_ids}
        for outcome, cases in outcomes.items():
            if not cases:
                continue
            if outcome == 'rejected' and not definition.candidates(step.id, outcome):
                cases._close('rejected')
                continue
            routed, stuck = definition.route(
                step.id, outcome, cases.ids,
                lambda flow, ids: set(lines[flow.id]._matching(self.browse(ids)).ids))
            for flow, ids in routed.items():
                line = lines[flow.id]
                onward[line.target_id, line] |= self.browse(ids)
            self.browse(stuck)._stop(
                step, self.env._("No flow leads on from “%s”: none of the conditions holds.", step.name), outcome)
        return onward

    def _reach_end(self, step):
        """Close the cases that have nothing else open; a rejecting or cancelling end closes them at once."""
        if step.end_state == 'done':
            busy = self.env['pem.task'].search(
                [('case_id', 'in', self.ids), ('state', 'in', ('open', 'problem'))]).case_id
            closing = self - busy
            closing._write_back()
        else:
            closing = self
        closing._close(step.end_state)

    def _close(self, state):
        if not self:
            return
        open_tasks = self.env['pem.task'].search(
            [('case_id', 'in', self.ids), ('state', 'in', ('open', 'problem'))])
        open_tasks._withdraw()
        self.write({'state': state, 'date_end': fields.Datetime.now(), 'waiting_on': False, 'waiting_since': False})
        self._log('closed', dict.fromkeys(self, {'outcome': state}))
        self._notify_subjects({'done': '_case_done', 'rejected': '_case_rejected', 'cancelled': '_case_cancelled'}[state])

    def _update_waiting(self):
        """Bring who has the ball in line with the open tasks: us before the partner, people before the system."""
        open_tasks = self.env['pem.task'].search_fetch(
            [('case_id', 'in', self.ids), ('state', 'in', ('open', 'problem'))], ['case_id', 'side'])
        sides = defaultdict(set)
        for task in open_tasks:
            sides[task.case_id.id].add(task.side)
        holders = defaultdict(self.browse)
        for case in self:
            if case.state in CLOSED_STATES:
                continue
            holder = next((side for side in ('sponsor', 'partner', 'system') if side in sides[case.id]), False)
            if case.waiting_on != holder:
                holders[holder] |= case
        now = fields.Datetime.now()
        for holder, cases in holders.items():
            cases.write({'waiting_on': holder, 'waiting_since': now})

    def _lock(self):
        """Wait for the rows of these cases, so that two people who act at once act one after the other."""
        self.flush_model()
        self.env.cr.execute('SELECT id FROM pem_case WHERE id = ANY(%s) ORDER BY id FOR UPDATE', [self.ids])
        self.invalidate_recordset(['state', 'waiting_on'])

    def _decide_by_rule(self, step, outcome, rule):
        """Record that a rule, not a person, ended an approval, and let it count like a person's."""
        self._log(f'auto_{outcome}', dict.fromkeys(self, {'step': step.name, 'rule': rule}))
        submissions = self.submission_ids.filtered(lambda one: one.state == 'submitted')
        submissions._settle('accepted' if outcome == 'approved' else 'rejected')
        if outcome == 'approved':
            self._approved_at(step)

    def _approved_at(self, step):
        if step.write_back:
            self._write_back()
        self._notify_subjects('_case_approved')

    def _notify_subjects(self, hook):
        """Call a hook of ``pem.case.mixin`` on the documents these cases are about."""
        for model, cases in self.grouped('res_model').items():
            if model != 'pem.case':
                getattr(cases._subjects().sudo(), hook)()

    def _log(self, kind, payloads):
        """Append one event a case; ``payloads`` is ``{case: JSON value}``."""
        self.env['pem.event']._append([(case, kind, payload) for case, payload in payloads.items()])
