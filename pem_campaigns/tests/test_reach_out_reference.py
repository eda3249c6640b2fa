from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from . import test_reference
from .processes import processes

KINDS = ('text', 'confirm', 'none')


@tagged('post_install', '-at_install')
class TestReachOutAgainstReference(test_reference.TestEngineAgainstReference):
    """Whatever is asked by hand in between, the process goes where the reference, which knows nothing of it, says."""

    test_cases_moved_in_sets_stand_where_the_reference_says = None
    test_whatever_is_sent_back_a_case_stands_where_it_can_be_and_comes_to_its_end = None

    def agree(self, runs):
        for case, run in runs.items():
            by_hand = case.open_task_ids.filtered('is_ad_hoc')
            held = run.state == 'done' and any(not task.is_optional for task in by_hand)
            self.assertEqual(
                (case.state, sorted(task.step_id.name for task in case.open_task_ids - by_hand)),
                ('running' if held else run.state, run.places), case.problem)
            if case.state != 'running':
                self.assertFalse(by_hand.filtered(lambda task: not task.is_information), "open though its case is closed")

    def answer(self, tasks, withdraw=False):
        if withdraw:
            tasks.with_user(self.user).action_withdraw()
        elif tasks.step_id.kind == 'todo':
            tasks.with_user(self.approver)._complete_todo()
        else:
            tasks.with_user(self.acme_user).sudo()._submit({
                task: self.env['pem.submission'].sudo()._prepare_answers(task, {'reply': "Yes"}) for task in tasks})

    def ask(self, cases, data):
        optional = data.draw(st.booleans())
        if data.draw(st.booleans()):
            cases.with_user(self.user)._reach_out("By hand", "", data.draw(st.sampled_from(KINDS)), is_optional=optional)
        else:
            cases.with_user(self.user)._add_todo("By hand", "", self.approver, is_optional=optional)

    # Without shrinking: each step of it would play a whole process again.
    @settings(test_reference.checked, max_examples=25, phases=[Phase.generate])
    @given(st.data())
    def test_the_process_goes_on_as_if_nothing_had_been_asked(self, data):
        process = data.draw(processes(changes=2).filter(lambda one: not test_reference.problems(one)))
        with self.undone():
            cases, runs = self.play(process)
            for _event in range(14):
                running = cases.filtered(lambda case: case.state == 'running')
                tasks = cases.open_task_ids.filtered(lambda task: task.kind != 'join')
                if running and (not tasks or data.draw(st.booleans())):
                    self.ask(running.browse(data.draw(st.lists(st.sampled_from(running.ids), min_size=1, unique=True))), data)
                elif tasks:
                    at_step = tasks.grouped('step_id')[tasks.step_id.browse(data.draw(st.sampled_from(tasks.step_id.ids)))]
                    some = at_step.browse(data.draw(st.lists(st.sampled_from(at_step.ids), min_size=1, unique=True)))
                    if some.step_id.is_ad_hoc:
                        self.answer(some, data.draw(st.booleans()))
                    else:
                        outcome = data.draw(st.sampled_from(('approved', 'approved', 'rejected')))
                        self.happen(some, runs, outcome, data.draw(st.sampled_from((5, 20))))
                self.agree(runs)
            # An answer may end its case, and what else was asked there goes with it.
            while tasks := cases.open_task_ids.filtered('is_ad_hoc'):
                self.answer(tasks[0])
            self.agree(runs)
            self.assertFalse(self.env['pem.event']._first_broken(cases))
