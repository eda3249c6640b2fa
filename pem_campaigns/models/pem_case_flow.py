import logging
from collections import Counter, defaultdict

import psycopg2
from markupsafe import escape

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import conditions, flow
from .pem_bulk_mixin import FAILURES
from .pem_case import CLOSED_STATES

_logger = logging.getLogger(__name__)

#: How often cases may come to a step along the same flow before somebody acts; rules that decide can lead in a circle.
MOST_ROUNDS = 50


class PemCase(models.Model):
    """How cases move: every verb takes a set, with a number of queries that does not depend on its size.

    What cannot be carried out stops the case it concerns, with a reason, and no other: see ``_attempt``.
    """

    _inherit = 'pem.case'

    # Verbs

    def _start(self):
        """Send new cases from the start of their process on to the first steps where somebody has to act."""
        self._in_one_go(lambda cases: cases._carry_out_start())

    def _carry_out_start(self):
        self._log('started', {case: {'campaign': case.campaign_id.name or '', 'process': case.process_id.display_name}
                              for case in self})
        for process, cases in self.grouped('process_id').items():
            start = process.step_ids.filtered(lambda step: step.kind == flow.START)[:1]
            if not start:
                raise UserError(self.env._("“%s” has no start.", process.display_name))
            cases._advance({(start, self.env['pem.process.flow']): cases})

    def _leave(self, step, outcome=''):
        """Send cases on from a step that ended with an outcome."""
        onward = self._running()._attempt(
            lambda cases: cases._route(step, {outcome: cases}), step, {'stopped_at': 'leave', 'outcome': outcome})
        self._advance(*onward)

    def _pass(self, step, outcome):
        """Carry out what the outcome of an approval causes, and send the cases on."""
        if outcome == 'approved':
            passed = self._running()._attempt(
                lambda cases: cases._approved_at(step) or cases, step, {'stopped_at': 'effects', 'outcome': outcome})
            self.browse().union(*passed)._leave(step, outcome)
        else:
            self._leave(step, outcome)

    def _cancel(self, reason=''):
        """Close cases before their end. Open tasks go with them."""
        self._lock()
        running = self._running()
        running._log('cancelled', dict.fromkeys(running, {'reason': reason}))
        running._close('cancelled')

    def _retry(self):
        """Go on from exactly where a problem stopped the cases."""
        self._lock()
        stuck = self.env['pem.task'].search([('case_id', 'in', self.ids), ('state', '=', 'problem')], order='id')
        stuck.write({'state': 'done', 'date_done': fields.Datetime.now()})
        stuck.case_id._drop_problem_activities()
        self.env['pem.event']._append([(task.case_id, 'retried', {'step': task.step_id.name}) for task in stuck])
        for (step, line, stopped_at, outcome), tasks in stuck.grouped(
                lambda task: (task.step_id, task.arrived_by_id, task.stopped_at, task.outcome or '')).items():
            for cases in tasks._cases_one_by_one():
                if stopped_at == 'enter':
                    cases._advance({(step, line): cases})
                elif stopped_at == 'effects':
                    cases._pass(step, outcome)
                else:
                    cases._leave(step, outcome)
        stuck.case_id._update_waiting()

    def _stop(self, step, reason, where=None):
        """Hold cases at a step with a reason that their owner sees; ``_retry`` goes on from here.

        :param where: values of the task that say how far the cases got; they did not get into the step when omitted
        """
        if not self:
            return
        self.env['pem.task']._open(step, self, {
            'state': 'problem', 'problem': reason, 'stopped_at': 'enter', **(where or {})})
        self._log('problem', dict.fromkeys(self, {'step': step.name, 'reason': reason}))
        for owner, cases in self.grouped(lambda case: case.user_id or case.campaign_id.user_id).items():
            if owner:
                # The first case stands for all that stopped for the same reason: one activity, not ten thousand.
                cases[0].with_context(mail_activity_quick_update=True).activity_schedule(
                    'pem_campaigns.mail_activity_type_problem', user_id=owner.id,
                    summary=self.env._("%(count)s cases stopped at “%(step)s”", count=len(cases), step=step.name)
                    if len(cases) > 1 else self.env._("Stopped at “%s”", step.name),
                    note=escape(reason))
        self._update_waiting()

    def _drop_problem_activities(self):
        self.env['mail.activity'].sudo().search([
            ('res_model', '=', 'pem.case'), ('res_id', 'in', self.ids),
            ('activity_type_id', '=', self.env.ref('pem_campaigns.mail_activity_type_problem').id),
        ]).unlink()

    # Motion

    def _advance(self, *arrivals):
        """Let cases arrive at steps, and go on until each rests at a step where somebody has to act.

        :param arrivals: each ``{(step, flow): cases}``
        """
        moved = self.union(*(cases for some in arrivals for cases in some.values()))
        queue, rounds = self._queue({}, arrivals), Counter()

        def rank(key):
            # An end closes what has nothing else open, so whatever else is under way arrives before; a refusal comes first.
            return 0 if key[0].kind != flow.END else 2 if key[0].end_state == 'done' else 1

        while queue:
            key = min(queue, key=rank)
            cases, *later = queue.pop(key)
            if later:
                queue[key] = later
            step, line = key
            rounds[key] += 1
            if rounds[key] > MOST_ROUNDS:
                cases._running()._stop(
                    step, self.env._("“%s” is come to again and again without anybody having to act.", step.name),
                    {'stopped_at': 'enter', 'arrived_by_id': line.id})
                continue
            onward = cases._running()._attempt(
                lambda some, step=step, line=line: some._route(step, step._enter(some, line)),
                step, {'stopped_at': 'enter', 'arrived_by_id': line.id})
            self._queue(queue, onward)
        moved._update_waiting()

    @api.model
    def _queue(self, queue, arrivals):
        """Add arrivals to a queue ``{(step, flow): [cases, …]}``, and return it.

        A case that arrives twice at once, because branches met without a join, does so in two rounds.
        """
        for some in arrivals:
            for key, cases in some.items():
                rounds = queue.setdefault(key, [])
                for number, present in enumerate(rounds):
                    rounds[number], cases = present | cases, present & cases
                if cases:
                    rounds.append(cases)
        return queue

    def _running(self):
        """Return those that are not closed."""
        return self._where_raw('state', lambda state: state not in CLOSED_STATES)

    def _attempt(self, action, step, where):
        """Carry out ``action(cases)``; where it fails, find out for which cases, and stop those with the reason.

        :param where: see ``_stop``
        :return: the results for those for whom it worked, a list
        """
        # One set that Odoo reads at once, wherever the cases were found.
        results, todo = [], [self.browse(self.ids)] if self else []
        if self.env.context.get('pem_in_one_go'):
            return [action(cases) for cases in todo]
        while todo:
            cases = todo.pop()
            try:
                with self.env.cr.savepoint():
                    results.append(action(cases))
            except conditions.Unusable as error:
                # The definition is at fault, so it is the same for all.
                cases._stop(step, self.env._("“%(step)s” could not be carried out: %(reason)s", step=step.name, reason=error), where)
            except FAILURES as error:
                if isinstance(error, psycopg2.IntegrityError) and (error.diag.table_name or 'pem_').startswith('pem_'):
                    # Not about somebody's data: two transactions got in each other's way.
                    raise
                if len(cases) > 1:
                    half = len(cases) // 2
                    todo += [cases[half:], cases[:half]]
                    continue
                if not isinstance(error, (UserError, psycopg2.Error)):
                    _logger.exception("Case %s could not be moved at step %s", cases.id, step.id)
                reason = error
                if isinstance(error, psycopg2.IntegrityError):
                    reason = self.env['res.partner']._sql_error_to_message(error)
                cases._stop(step, self.env._("“%(step)s” could not be carried out: %(reason)s", step=step.name, reason=reason), where)
        return results

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
            if outcome in flow.CLOSING_OUTCOMES and not definition.candidates(step.id, outcome):
                cases._close(flow.CLOSING_OUTCOMES[outcome])
                continue
            routed, stuck = definition.route(
                step.id, outcome, cases.ids,
                lambda flow, ids: set(lines[flow.id]._matching(self.browse(ids)).ids))
            for flow_, ids in routed.items():
                line = lines[flow_.id]
                onward[line.target_id, line] |= self.browse(ids)
            self.browse(stuck)._stop(
                step, self.env._("No flow leads on from “%s”: none of the conditions holds.", step.name),
                {'stopped_at': 'leave', 'outcome': outcome})
        return onward

    def _reopen(self, approval, submissions):
        """Open the forms that an approval sent back, and undo what came after them.

        The first of the forms opens at once, a later one when the case gets to it again; forms that were not sent back
        stay closed, and the branches they are in count as arrived.

        :param submissions: those that were sent back, of cases that are all at ``approval``
        """
        Task = self.env['pem.task']
        definition = approval.process_id._definition()
        returned = submissions.grouped('case_id')
        groups = defaultdict(self.browse)
        for case in self:
            groups[frozenset(returned[case].step_id.ids)] |= case
        self.write({'correcting_step_id': approval.id})
        for step_ids, cases in groups.items():
            first = definition.first_of(step_ids)
            again = set().union(*(definition.reach(step_id, stop=approval.id) for step_id in first))
            Task.search([
                ('case_id', 'in', cases.ids), ('state', 'in', ('open', 'problem')), ('step_id', 'in', list(again)),
            ]).filtered(
                lambda task, again=again: task.kind != flow.JOIN or task.arrived_by_id.source_id.id in again)._withdraw()
            for step in self.env['pem.process.step'].browse(first):
                Task._open_correction(step, {
                    case: returned[case].filtered(lambda one, step=step: one.step_id == step) for case in cases})
            for step_id in again & definition.sources(approval.id):
                if definition.steps[step_id].kind == flow.JOIN:
                    for line in definition.incoming(step_id):
                        if line.source not in again:
                            Task._open(self.env['pem.process.step'].browse(step_id), cases, {'arrived_by_id': line.id})
        self._update_waiting()

    def _latest_submissions(self, step=None):
        """Return ``{(case, step): submission}``, the last one of each form of each case."""
        latest = {}
        for submission in self.sudo().submission_ids.sorted('id'):
            if not step or submission.step_id == step:
                latest[submission.case_id, submission.step_id] = submission
        return latest

    def _reach_end(self, step):
        """Close the cases that have nothing else open; a rejecting or cancelling end closes them at once."""
        closing = self
        if step.end_state == 'done':
            closing -= self.env['pem.task'].search([
                ('case_id', 'in', self.ids), ('state', 'in', ('open', 'problem')), ('is_optional', '=', False)]).case_id
            closing._write_back()
        closing._close(step.end_state, step)

    def _close(self, state, end=None):
        """Close cases.

        :param end: the end they came to, if they did
        """
        if not self:
            return
        open_tasks = self.env['pem.task'].search([
            ('case_id', 'in', self.ids), ('state', 'in', ('open', 'problem')), ('is_information', '=', False)])
        open_tasks._withdraw()
        now = fields.Datetime.now()
        self._stop_clock(now)
        self.write({'state': state, 'date_end': now, 'waiting_on': False, 'waiting_since': False,
                    'correcting_step_id': False, 'end_step_id': end.id if end else False})
        self._log('closed', dict.fromkeys(
            self, {'outcome': state, 'end': end.end_outcome} if end and end.end_outcome else {'outcome': state}))
        self._notify_subjects({'done': '_case_done', 'rejected': '_case_rejected', 'cancelled': '_case_cancelled'}[state])

    def _update_waiting(self):
        """Bring state and who has the ball in line with the open tasks: us before the partner, people before the system."""
        running = self._running()
        if not running:
            return
        sides, stopped = self._standings(self.env['pem.task'].search_fetch([
            ('case_id', 'in', running.ids), ('state', 'in', ('open', 'problem')), ('is_optional', '=', False),
        ], ['case_id', 'kind', 'side', 'state']))
        changes = defaultdict(self.browse)
        for case in running:
            values = {}
            holder = next((side for side in ('sponsor', 'partner', 'system') if side in sides[case.id]), False)
            if case.waiting_on != holder:
                values['waiting_on'] = holder
            state = 'problem' if case.id in stopped else 'running'
            if case.state != state:
                values['state'] = state
            if values:
                changes[tuple(values.items())] |= case
        handed_over = [cases for values, cases in changes.items() if 'waiting_on' in dict(values)]
        self.browse().union(*handed_over)._stop_clock(fields.Datetime.now())
        for values, cases in changes.items():
            cases.write(dict(values))

    def _standings(self, open_tasks):
        """Return ``({case id: sides that have something to do}, {ids of cases that a problem stops})``."""
        sides, stopped = defaultdict(set), set()
        for task in open_tasks:
            sides[task.case_id.id].add(task.side)
            if task.state == 'problem':
                stopped.add(task.case_id.id)
        return sides, stopped

    def _lock(self):
        """Wait for the rows of these cases, so that two people who act at once act one after the other.

        The first one changes the rows by what ``pem.event._append`` adds to their trails; the second one's transaction
        then fails to serialize, and Odoo repeats it from the beginning.
        """
        self.flush_model()
        self.env.cr.execute('SELECT id FROM pem_case WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE', [self.ids])
        self.invalidate_recordset(['state', 'waiting_on', 'correcting_step_id'])
        self.sudo().fetch()

    def _decide_by_rule(self, step, outcome, rule):
        """Record that a rule, not a person, ended an approval, and let it count like a person's."""
        self._log(f'auto_{outcome}', dict.fromkeys(self, {'step': step.name, 'rule': rule, 'name': step._rule_name(outcome)}))
        submissions = self._reviewed_submissions(step)
        submissions._settle('accepted' if outcome == 'approved' else 'rejected', by_rule=True)
        if outcome == 'approved':
            self._approved_at(step)

    def _reviewed_submissions(self, approval):
        """Return what an approval decides: the last submission of each form before it, unless sent back or refused."""
        before = approval.process_id._definition().sources(approval.id)
        submissions = self.env['pem.submission'].sudo().search(
            [('case_id', 'in', self.ids), ('step_id', 'in', list(before))], order='id')
        submissions.fetch()
        latest = {(case_id, step_id): submission_id for submission_id, case_id, step_id in zip(
            submissions._ids, submissions._raw('case_id'), submissions._raw('step_id'), strict=True)}
        return submissions.browse(sorted(latest.values()))._where_raw('state', lambda state: state in ('submitted', 'accepted'))

    def _approved_at(self, step):
        if step.write_back:
            self._write_back()
        self._notify_subjects('_case_approved')

    def _notify_subjects(self, hook):
        """Call a hook of ``pem.case.mixin`` on the documents these cases are about."""
        for model, cases in self._split_by('res_model').items():
            if model != 'pem.case':
                getattr(cases._subjects().sudo(), hook)()

    def _log(self, kind, payloads):
        """Append one event a case; ``payloads`` is ``{case: JSON value}``."""
        self.env['pem.event']._append([(case, kind, payload) for case, payload in payloads.items()])
