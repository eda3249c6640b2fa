from contextlib import contextmanager
from functools import partial

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.tests import BaseCase, tagged

from odoo.addons.pem_campaigns.engine import soundness

from .common import PemCase
from .processes import definition, everything, processes
from .reference import Run

checked = settings(database=None, deadline=None, max_examples=300, suppress_health_check=list(HealthCheck), derandomize=True)


def problems(process):
    return {problem.code for problem in definition(process).problems()}


@tagged('post_install', '-at_install')
class TestSoundnessAgainstReference(BaseCase):
    """What the validator says about a process is what happens in it, whatever people do in whatever order."""

    @checked
    @given(processes(forks=False))
    def test_a_process_of_nested_blocks_is_sound(self, process):
        self.assertFalse(problems(process))

    @checked
    @given(processes(kinds=('todo', 'approval'), changes=3))
    def test_the_validator_accepts_exactly_the_processes_in_which_no_case_gets_stuck(self, process):
        found = problems(process)
        event(str(sorted(found)))
        if found - {'deadlock', 'endless_split', 'never_closed'}:
            return
        onward, complete = everything(process)
        stuck = [one for one in onward if one[2] == 'running' and not one[0]]
        if 'deadlock' in found:
            self.assertTrue(stuck or not complete)
            if complete:
                self._check_witnesses(process, stuck)
        elif 'endless_split' not in found:
            self.assertFalse(stuck)
            if complete:
                self.assertEqual(self._can_be_closed(onward), 'never_closed' not in found)
        if 'endless_split' in found:
            self.assertFalse(complete, "Whoever doubles tokens without end is never through")

    @checked
    @given(st.data())
    def test_a_case_moved_back_stands_as_if_it_had_come_there_by_itself(self, data):
        process = data.draw(processes(kinds=('todo', 'approval'), forks=False))
        onward, complete = everything(process)
        if not complete:
            return
        numbers = {line: number for number, line in enumerate(process.lines)}
        answer = partial(data.draw, st.booleans())
        run, visited = Run(process), set()
        run.begin(lambda _condition: answer())
        for _event in range(data.draw(st.integers(1, 12))):
            step = data.draw(st.sampled_from(run.open))
            visited.add(step)
            after = run.clone()
            after.act(step, data.draw(st.sampled_from(process.outcomes(step))), lambda _condition: answer())
            if after.state != 'running':
                break
            run = after
        if not visited:
            return
        target = data.draw(st.sampled_from(sorted(visited)))
        tokens = [*((step, None) for step in run.open), *((line.target, numbers[line]) for line in run.waiting)]
        back = soundness.rewind(definition(process), tokens, [target])
        if back is None:
            # Where a branch came to an end of its own there is nothing left to move back.
            self.assertTrue(any(line.target.startswith('end') for line in process.lines))
            return
        for token in back.withdrawn:
            tokens.remove(token)
        open_ = sorted([target, *(step for step, line in tokens if line is None)])
        waiting = sorted([*back.delivered, *(line for _step, line in tokens if line is not None)])
        self.assertIn((tuple(open_), tuple(process.lines[number] for number in waiting), 'running'), onward)

    def _can_be_closed(self, onward):
        ending = {one for one in onward if one[2] != 'running'}
        while True:
            more = {one for one, after in onward.items() if one not in ending and after and after & ending}
            if not more:
                break
            ending |= more
        return ending == set(onward)

    def _check_witnesses(self, process, stuck):
        """Each standstill that is reported is one in which the reference can really end up."""
        numbers = dict(enumerate(process.lines))
        for standstill in soundness.explore(definition(process)).standstills:
            waiting = tuple(sorted((numbers[line] for _step, line in standstill.tokens), key=process.lines.index))
            self.assertIn(((), waiting, 'running'), stuck)
            self.assertIn(standstill.join, [line.target for line in waiting])


@tagged('post_install', '-at_install')
class TestEngineAgainstReference(PemCase):
    """Real cases, moved in sets, stand where the reference says, one by one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.question = cls.make_form(("Amount", 'integer'))
        cls.partners = cls.acme | cls.brown | cls.make_partner("Third", city="Boston")
        colleague = {'approver_kind': 'user', 'approver_user_ids': [Command.set(cls.approver.ids)]}
        cls.values = {
            'form': {'form_id': cls.question.id}, 'approval': colleague, 'todo': colleague,
            'message': {'mail_template_id': cls.env.ref('pem_campaigns.mail_template_task_request').id},
            'refusal': {'kind': 'end', 'end_state': 'rejected'}, 'withdrawal': {'kind': 'end', 'end_state': 'cancelled'},
        }

    def play(self, process):
        """Return the cases of a process that has begun, and the run of each in the reference."""
        made = self.make_process(
            {name: {'kind': kind, **self.values.get(kind, {})} for name, kind in process.steps.items()},
            [(line.source, line.target, {'outcome': line.outcome or False, 'condition': repr([line.condition] if line.condition else [])})
             for line in process.lines], name="Random")
        cases = self.env['pem.case'].create([{'process_id': made.id, 'partner_id': partner.id} for partner in self.partners])
        cases._start()
        runs = {case: Run(process) for case in cases}
        self.facts = {case: {'partner_id.city': case.partner_id.city, 'answers.amount': 0} for case in cases}
        for case, run in runs.items():
            run.begin(self.holds(case))
        self.agree(runs)
        return cases, runs

    def holds(self, case):
        facts = self.facts[case]
        return lambda condition: facts[condition[0]] > condition[2] if condition[1] == '>' else facts[condition[0]] == condition[2]

    def agree(self, runs):
        for case, run in runs.items():
            self.assertEqual(
                (case.state, sorted(task.step_id.name for task in case.open_task_ids)), (run.state, run.places), case.problem)

    def happen(self, tasks, runs, outcome, amount):
        """Act on tasks of one step at once, and on the runs one after the other."""
        step = tasks.step_id
        if step.kind == 'form':
            for task in tasks:
                self.facts[task.case_id]['answers.amount'] = amount
            tasks.with_user(self.acme_user).sudo()._submit({task: self.env['pem.submission'].sudo()._prepare_answers(
                task, {'amount': amount}) for task in tasks})
        elif step.kind == 'todo':
            tasks.with_user(self.approver)._complete_todo()
        elif outcome == 'approved':
            tasks.with_user(self.approver)._approve()
        else:
            tasks.with_user(self.approver)._reject()
        for task in tasks:
            run = runs.get(task.case_id)
            if run and step.name in run.open:
                run.act(step.name, outcome if step.kind == 'approval' else '', self.holds(task.case_id))

    def move_to_a_new_version(self, cases):
        version = cases.process_id._new_version()
        version._publish()
        open_before = cases.open_task_ids.ids
        moved = cases.with_user(self.manager)._migrate(version)
        self.assertEqual(moved, cases._running())
        self.assertEqual(cases.open_task_ids.ids, open_before)

    def move_back(self, data, cases, runs):
        """A manager moves one case back; what follows is as if it had come there by itself."""
        case = data.draw(st.sampled_from(list(cases)))
        steps = case._earlier_steps() if case._running() else ()
        if steps:
            case.with_user(self.manager)._roll_back(data.draw(st.sampled_from(list(steps))), "Again")
            run = runs[case]
            run.open, run.waiting = self.marking(case, run.process)

    @contextmanager
    def undone(self):
        """Whatever happens inside has not happened afterwards."""
        with self.env.cr.savepoint() as savepoint:
            yield
            savepoint.close(rollback=True)
        self.env.invalidate_all()

    # Without shrinking: each step of it would play a whole process again.
    @settings(checked, max_examples=30, phases=[Phase.generate])
    @given(st.data())
    def test_cases_moved_in_sets_stand_where_the_reference_says(self, data):
        process = data.draw(processes(changes=2).filter(lambda one: not problems(one)))
        with self.undone():
            cases, runs = self.play(process)
            moves_at, back_at = data.draw(st.tuples(st.integers(0, 25), st.integers(0, 25)))
            for number in range(14):
                if number == moves_at:
                    self.move_to_a_new_version(cases)
                    self.agree(runs)
                if number == back_at:
                    self.move_back(data, cases, runs)
                    self.agree(runs)
                tasks = cases.open_task_ids.filtered(lambda task: task.kind != 'join')
                if not tasks:
                    break
                at_step = tasks.grouped('step_id')[tasks.step_id.browse(data.draw(st.sampled_from(tasks.step_id.ids)))]
                some = at_step.browse(data.draw(st.lists(st.sampled_from(at_step.ids), min_size=1, unique=True)))
                self.happen(some, runs, data.draw(st.sampled_from(('approved', 'approved', 'rejected'))), data.draw(st.sampled_from((5, 20))))
                self.agree(runs)
            self.assertFalse(any(run.is_stuck for run in runs.values()))
            self.assertFalse(self.env['pem.event']._first_broken(cases))

    @settings(checked, max_examples=12, phases=[Phase.generate])
    @given(st.data())
    def test_whatever_is_sent_back_a_case_stands_where_it_can_be_and_comes_to_its_end(self, data):
        process = data.draw(processes(forks=False, kinds=('form', 'form', 'approval')))
        onward, complete = everything(process)
        with self.undone():
            cases, _runs = self.play(process)
            returned = 0
            for _event in range(60):
                tasks = cases.open_task_ids.filtered(lambda task: task.kind != 'join')
                if not tasks:
                    break
                task = tasks.browse(data.draw(st.sampled_from(tasks.ids)))
                if task.kind == 'approval' and returned < 3 and task._reviewed_submissions() and data.draw(st.booleans()):
                    task.with_user(self.approver)._send_back("Again")
                    returned += 1
                    self._check_possible(task.case_id, process, onward, complete)
                else:
                    self.happen(task, {}, 'approved', 20)
            self.assertFalse(cases.filtered(lambda case: case.state == 'problem'))
            self.assertFalse([case for case in cases._running() if not case.open_task_ids.filtered(lambda task: task.kind != 'join')])
            self.assertFalse(self.env['pem.event']._first_broken(cases))

    def _check_possible(self, case, process, onward, complete):
        open_, waiting = self.marking(case, process)
        standing = tuple(sorted(open_)), tuple(sorted(waiting, key=process.lines.index)), 'running'
        self.assertTrue(standing in onward or not complete, standing)

    def marking(self, case, process):
        """Return where a case stands, as a run has it: ``(open, waiting)``."""
        by_name = {(line.source, line.target, line.outcome): line for line in process.lines}
        joins = case.open_task_ids.filtered(lambda task: task.kind == 'join')
        return [task.step_id.name for task in case.open_task_ids - joins], [
            by_name[line.source_id.name, line.target_id.name, line.outcome or ''] for line in (task.arrived_by_id for task in joins)]
