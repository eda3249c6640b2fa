import itertools
import time

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PemCase

START, END, SPLIT, JOIN = ({'kind': kind} for kind in ('start', 'end', 'split', 'join'))


class SoundnessCase(PemCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.todo = {'kind': 'todo', 'approver_kind': 'user', 'approver_user_ids': [Command.set(cls.approver.ids)]}
        cls.check = {**cls.todo, 'kind': 'approval'}

    def start(self, steps, flows, *partners):
        process = self.make_process(steps, flows, name="Sound")
        return self.launch(self.make_campaign(process, *(partners or [self.acme]), name="Sound")).sorted('id')

    def standing(self, case):
        return sorted(task.step_id.name for task in case.open_task_ids)

    def act(self, cases, step, verb='complete_todo', limit=None):
        """The approver acts on what is open at a step."""
        tasks = self.env['pem.task'].search(
            [('case_id', 'in', cases.ids), ('state', '=', 'open'), ('step_id.name', '=', step)], limit=limit)
        getattr(tasks.with_user(self.approver), f'_{verb}')()


@tagged('post_install', '-at_install')
class TestJoins(SoundnessCase):
    """Branches meet again, in whatever order they arrive."""

    def four(self):
        """Two branches lead to the join along one line, two along another, so that it is passed twice."""
        return self.start({
            'Start': START, 'Split': SPLIT, 'A': self.todo, 'B': self.todo, 'C': self.todo, 'D': self.todo,
            'AB': {'kind': 'decision'}, 'CD': {'kind': 'decision'}, 'Join': JOIN, 'After': self.todo, 'Done': END,
        }, [('Start', 'Split'), ('Split', 'A'), ('Split', 'B'), ('Split', 'C'), ('Split', 'D'), ('A', 'AB'), ('B', 'AB'), ('C', 'CD'),
            ('D', 'CD'), ('AB', 'Join'), ('CD', 'Join'), ('Join', 'After'), ('After', 'Done')])

    def test_a_join_uses_up_one_arrival_of_each_line_in_whatever_order_they_come(self):
        for order in itertools.permutations('ABCD'):
            with self.subTest(order), self.env.cr.savepoint() as savepoint:
                case = self.four()
                for step in order:
                    self.act(case, step)
                self.assertEqual(self.standing(case), ['After', 'After'])
                self.act(case, 'After', limit=1)
                self.assertEqual((case.state, self.standing(case)), ('running', ['After']))
                self.act(case, 'After')
                self.assertEqual(case.state, 'done')
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_two_branches_that_meet_without_a_join_go_on_separately_even_when_they_are_moved_at_once(self):
        cases = self.start({
            'Start': START, 'Split': SPLIT, 'A': self.todo, 'B': self.todo, 'Meet': self.todo, 'After': self.todo, 'Done': END,
        }, [('Start', 'Split'), ('Split', 'A'), ('Split', 'B'), ('A', 'Meet'), ('B', 'Meet'), ('Meet', 'After'), ('After', 'Done')],
            self.acme, self.brown)
        self.act(cases, 'A')
        self.act(cases[0], 'B')
        self.assertEqual([self.standing(case) for case in cases], [['Meet', 'Meet'], ['B', 'Meet']])
        self.act(cases, 'Meet')
        self.assertEqual([self.standing(case) for case in cases], [['After', 'After'], ['After', 'B']])
        self.act(cases[0], 'After')
        self.assertEqual((cases[0].state, self.story(cases[0]).count('closed')), ('done', 1))

    def test_of_two_ends_reached_at_once_the_refusing_one_counts(self):
        for first, second in (('Done', 'Refused'), ('Refused', 'Done')):
            case = self.start({
                'Start': START, 'Ask': self.todo, 'Split': SPLIT, 'Done': END, 'Refused': {'kind': 'end', 'end_state': 'rejected'},
            }, [('Start', 'Ask'), ('Ask', 'Split'), ('Split', first), ('Split', second)])
            self.act(case, 'Ask')
            self.assertEqual((case.state, self.story(case).count('closed')), ('rejected', 1))

    def test_two_rejections_given_at_once_close_a_case_once(self):
        case = self.start({'Start': START, 'Split': SPLIT, 'A': self.check, 'B': self.check, 'Join': JOIN, 'Done': END}, [
            ('Start', 'Split'), ('Split', 'A'), ('Split', 'B'), ('A', 'Join', {'outcome': 'approved'}),
            ('B', 'Join', {'outcome': 'approved'}), ('Join', 'Done')])
        self.open_task(case, 'approval').with_user(self.approver)._reject()
        self.assertEqual((case.state, self.story(case).count('closed')), ('rejected', 1))


@tagged('post_install', '-at_install')
class TestSoundness(SoundnessCase):
    """A definition in which a case could get stuck is not published."""

    def refused(self, steps, flows):
        process = self.make_process(steps, flows, publish=False)
        with self.assertRaises(UserError):
            process.with_user(self.manager).action_publish()
        return process.problem_summary

    def test_a_branch_that_can_go_another_way_keeps_no_join_waiting(self):
        steps = {'Start': START, 'Split': SPLIT, 'Legal': self.todo, 'Finance': self.todo, 'Enough': {'kind': 'decision'},
                 'Both': JOIN, 'Done': END}
        flows = [('Start', 'Split'), ('Split', 'Legal'), ('Split', 'Finance'), ('Legal', 'Both'), ('Finance', 'Enough'),
                 ('Enough', 'Both', {'condition': "[('user_id', '!=', False)]"}), ('Both', 'Done')]
        self.assertEqual(
            self.refused(steps, [*flows, ('Enough', 'Done')]),
            "• “Both” can wait forever: from “Enough” a branch can go another way and never arrive.")
        self.assertEqual(
            self.refused({**steps, 'Refused': {'kind': 'end', 'end_state': 'done'}}, [*flows, ('Enough', 'Refused')]),
            "• “Both” can wait forever: from “Enough” a branch can go another way and never arrive.")
        # An end that refuses the case ends the waiting, too.
        self.make_process({**steps, 'Refused': {'kind': 'end', 'end_state': 'rejected'}}, [*flows, ('Enough', 'Refused')])

    def test_a_choice_is_not_joined_like_branches(self):
        self.assertEqual(self.refused(
            {'Start': START, 'Split': SPLIT, 'Any': {'kind': 'decision'}, 'A': self.todo, 'B': self.todo, 'C': self.todo, 'Both': JOIN, 'Done': END},
            [('Start', 'Split'), ('Split', 'Any'), ('Split', 'C'), ('Any', 'A', {'condition': "[('user_id', '!=', False)]"}), ('Any', 'B'),
             ('A', 'Both'), ('B', 'Both'), ('C', 'Both'), ('Both', 'Done')]),
            "• “Both” can wait forever: from “Any” a branch can go another way and never arrive.")

    def test_a_branch_that_goes_back_before_the_split_is_refused(self):
        summary = self.refused(
            {'Start': START, 'Ask': self.todo, 'Split': SPLIT, 'A': self.check, 'B': self.check, 'Both': JOIN, 'Done': END},
            [('Start', 'Ask'), ('Ask', 'Split'), ('Split', 'A'), ('Split', 'B'), ('A', 'Both', {'outcome': 'approved'}),
             ('A', 'Ask', {'outcome': 'rejected'}), ('B', 'Both', {'outcome': 'approved'}), ('Both', 'Done')])
        self.assertEqual(summary, "• “Split” is part of a loop that opens ever more branches: join them before going back.")

    def test_branches_joined_before_going_back_may_be_repeated(self):
        case = self.start(
            {'Start': START, 'Split': SPLIT, 'A': self.todo, 'B': self.todo, 'Both': JOIN, 'Check': self.check, 'Done': END},
            [('Start', 'Split'), ('Split', 'A'), ('Split', 'B'), ('A', 'Both'), ('B', 'Both'), ('Both', 'Check'),
             ('Check', 'Split', {'outcome': 'rejected'}), ('Check', 'Done', {'outcome': 'approved'})])
        for verb in ('reject', 'reject', 'approve'):
            self.act(case, 'B')
            self.act(case, 'A')
            self.act(case, 'Check', verb)
        self.assertEqual(case.state, 'done')

    def waiting_for(self, flows, **wait):
        """Return what forbids a process in which “Wait” waits for “Ask”; it may be asked in one of two branches."""
        process = self.make_process({
            'Start': START, 'Split': SPLIT, 'Choose': {'kind': 'decision'}, 'Ask': {'kind': 'form', 'form_id': self.form.id},
            'Skip': self.todo, 'Wait': {'kind': 'wait', 'wait_for': 'submission', **wait}, 'Both': JOIN, 'Done': END,
        }, [('Start', 'Split'), ('Split', 'Choose'), ('Split', 'Wait'), ('Wait', 'Both'), ('Ask', 'Both'), ('Both', 'Done'), *flows],
            publish=False)
        steps = {step.name: step for step in process.step_ids}
        steps['Wait'].wait_step_id = steps['Ask']
        return process._problems()

    def test_a_wait_for_a_form_that_may_never_be_asked_is_refused(self):
        sometimes = [('Choose', 'Ask', {'condition': "[('user_id', '!=', False)]"}), ('Choose', 'Skip')]
        self.assertIn("“Wait” can wait forever: a case can get there without “Ask” ever being asked.",
                      self.waiting_for([*sometimes, ('Skip', 'Both')]))
        self.assertFalse(self.waiting_for([*sometimes, ('Skip', 'Ask')]))

    def test_rules_that_lead_in_a_circle_stop_the_case_with_a_reason(self):
        case = self.start(
            {'Start': START, 'Ask': self.todo, 'Check': {**self.check, 'auto_reject_if': "[('user_id', '!=', False)]"}, 'Done': END},
            [('Start', 'Ask'), ('Ask', 'Check'), ('Check', 'Check', {'outcome': 'rejected'}), ('Check', 'Done', {'outcome': 'approved'})])
        self.act(case, 'Ask')
        self.assertEqual((case.state, case.problem), ('problem', "“Check” is come to again and again without anybody having to act."))

    def test_a_process_too_entangled_to_be_judged_says_so(self):
        names = [f'{letter}{number}' for letter in 'AB' for number in range(24)]
        steps = {'Start': START, 'Split': SPLIT, 'Join': JOIN, 'Done': END,
                 **{f'D{name}': {'kind': 'decision'} for name in names},
                 **{f'{name}{end}': self.todo for name in names for end in 'xy'}}
        flows = [('Start', 'Split'), ('Join', 'Done')]
        for name in names:
            flows += [('Split', f'D{name}'), (f'D{name}', f'{name}x', {'condition': "[('user_id', '!=', False)]"}), (f'D{name}', f'{name}y'),
                      (f'{name}x', 'Join'), (f'{name}y', 'Join')]
        self.assertIn("simplify", self.refused(steps, flows))

    def test_sixty_steps_are_judged_while_somebody_draws(self):
        steps, flows, last = {'Start': START}, [], 'Start'
        for block in range(4):
            split, join = f'Split {block}', f'Join {block}'
            steps |= {split: SPLIT, join: JOIN}
            flows.append((last, split))
            for branch in range(4):
                ask, check, choose = (f'{verb} {block}.{branch}' for verb in ('Ask', 'Check', 'Choose'))
                steps |= {ask: self.todo, check: self.check, choose: {'kind': 'decision'}}
                flows += [(split, ask), (ask, check), (check, ask, {'outcome': 'rejected'}), (check, choose, {'outcome': 'approved'}),
                          (choose, ask, {'condition': "[('user_id', '!=', False)]"}), (choose, join)]
            last = join
        steps['Done'] = END
        flows.append((last, 'Done'))
        definition = self.make_process(steps, flows)._definition()
        best = []
        for _attempt in range(5):
            begin = time.perf_counter()
            self.assertFalse(list(definition.problems()))
            best.append(time.perf_counter() - begin)
        self.assertGreater(len(steps), 55)
        self.assertLess(min(best), 0.05)
