from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .test_soundness import END, JOIN, SPLIT, START, SoundnessCase


@tagged('post_install', '-at_install')
class TestRollback(SoundnessCase):
    """A manager moves running cases back to an earlier step, and everybody can read why."""

    def back(self, cases, step, reason="Wrong amount", user=None):
        """Use the wizard as people do; return what it says before."""
        action = cases.with_user(user or self.manager).action_roll_back()
        wizard = Form(self.env['pem.case.rollback'].with_user(user or self.manager).with_context(**action['context']))
        wizard.step_id = cases.process_id.step_ids.filtered(lambda one: one.name == step)
        wizard.reason = reason
        effect = wizard.effect
        wizard.save().action_roll_back()
        return effect

    def two_checks(self, *partners):
        return self.start({
            'Start': START, 'Answer': {'kind': 'form', 'form_id': self.form.id}, 'Check': self.check, 'Sign': self.todo, 'Done': END,
        }, [('Start', 'Answer'), ('Answer', 'Check'), ('Check', 'Sign', {'outcome': 'approved'}), ('Sign', 'Done')], *partners)

    def test_an_approval_given_by_mistake_is_asked_again(self):
        case = self.two_checks()
        self.submit(case)
        self.decide(case)
        self.assertEqual(self.back(case, 'Check'), "“Check” opens again.\nWithdrawn: Sign.")
        self.assertEqual((self.standing(case), case.waiting_on), (['Check'], 'sponsor'))
        self.assertEqual(
            case.event_ids.sorted('sequence')[-1].description, "Moved back from “Sign” to “Check”: Wrong amount")
        self.assertEqual(case.event_ids.sorted('sequence')[-1].user_id, self.manager)
        self.decide(case)
        self.act(case, 'Sign')
        self.assertEqual(case.state, 'done')
        self.assertFalse(self.env['pem.event']._first_broken(case))

    def test_a_form_is_asked_again_with_the_answers_it_had_and_the_reason(self):
        case = self.two_checks()
        first = self.submit(case)
        self.decide(case)
        self.back(case, 'Answer')
        task = self.open_task(case)
        self.assertEqual((task.returned_submission_id, first.state, first.comment), (first, 'returned', "Wrong amount"))
        self.assertIsNone(task._returned_names())
        self.assertEqual((task.contact_id, task.notice_state), (self.acme_user.partner_id, 'queued'))
        self.submit(case, {**self.answers, 'seats': 13})
        self.assertEqual(self.standing(case), ['Check'])

    def test_forms_further_on_are_asked_again_too_when_the_case_gets_there(self):
        second = self.make_form(("Bank", 'char'))
        case = self.start({
            'Start': START, 'Answer': {'kind': 'form', 'form_id': self.form.id}, 'More': {'kind': 'form', 'form_id': second.id},
            'Check': self.check, 'Done': END,
        }, [('Start', 'Answer'), ('Answer', 'More'), ('More', 'Check'), ('Check', 'Done', {'outcome': 'approved'})])
        self.submit(case)
        bank = self.submit(case, {'bank': 'A'})
        self.assertIn("Asked again when the case gets there, with the answers it had: More.", self.back(case, 'Answer'))
        self.submit(case)
        self.assertEqual(self.open_task(case).returned_submission_id, bank)

    def parallel(self):
        return self.start({
            'Start': START, 'Split': SPLIT, 'L1': self.todo, 'L2': self.todo, 'R1': self.todo, 'R2': self.todo, 'Join': JOIN,
            'Check': self.check, 'Done': END,
        }, [('Start', 'Split'), ('Split', 'L1'), ('L1', 'L2'), ('L2', 'Join'), ('Split', 'R1'), ('R1', 'R2'), ('R2', 'Join'),
            ('Join', 'Check'), ('Check', 'Split', {'outcome': 'rejected'}), ('Check', 'Done', {'outcome': 'approved'})])

    def test_only_what_comes_after_the_step_is_withdrawn_and_other_branches_go_on(self):
        case = self.parallel()
        for step in ('L1', 'R1', 'R2'):
            self.act(case, step)
        self.assertEqual(self.standing(case), ['Join', 'L2'])
        self.assertEqual(self.back(case, 'L1'), "“L1” opens again.\nWithdrawn: L2.\nStays as it is: Join.")
        self.assertEqual(self.standing(case), ['Join', 'L1'])
        self.back(case, 'R1')
        self.assertEqual(self.standing(case), ['L1', 'R1'])
        for step in ('L1', 'L2', 'R1', 'R2'):
            self.act(case, step)
        self.assertEqual(self.standing(case), ['Check'])

    def test_back_into_one_branch_the_other_one_counts_as_arrived(self):
        case = self.parallel()
        for step in ('L1', 'R1', 'L2', 'R2'):
            self.act(case, step)
        self.back(case, 'R2')
        self.assertEqual(self.standing(case), ['Join', 'R2'])
        self.act(case, 'R2')
        self.act(case, 'Check', 'approve')
        self.assertEqual(case.state, 'done')

    def test_a_set_of_cases_is_moved_at_once_wherever_each_of_them_is(self):
        cases = self.two_checks(self.acme, self.brown)
        for case in cases:
            self.submit(case)
        self.decide(cases[0])
        self.back(cases, 'Answer')
        self.assertEqual([self.standing(case) for case in cases], [['Answer']] * 2)

    def test_moving_many_cases_costs_no_more_statements_than_moving_two(self):
        def cost(count):
            cases = self.two_checks(*(self.make_partner(f"Partner {count}.{number}") for number in range(count)))
            for case in cases:
                self.submit(case)
            cases.open_task_ids.with_user(self.approver)._approve()
            step = cases.process_id.step_ids[2]
            with self.statements() as statements:
                cases.with_user(self.manager)._roll_back(step, "All wrong")
            return statements
        few, many = cost(2), cost(12)
        self.assertFalse({text: count for text, count in (many - few).items() if count > 1})

    def test_a_stopped_case_can_be_moved_back_and_its_problem_is_gone(self):
        case = self.two_checks()
        self.submit(case)
        self.approver.active = False
        self.env['pem.task'].search([('case_id', '=', case.id), ('state', '=', 'open')])._withdraw()
        step = case.process_id.step_ids[2]
        case.sudo()._advance({(step, self.env['pem.process.flow']): case})
        self.assertEqual(case.state, 'problem')
        self.back(case, 'Answer')
        self.assertEqual((case.state, self.standing(case), case.activity_ids), ('running', ['Answer'], self.env['mail.activity']))

    def test_where_a_case_has_not_been_or_is_already_it_cannot_be_moved(self):
        case = self.two_checks()
        self.submit(case)
        self.assertEqual(case._earlier_steps().mapped('name'), ['Answer'])
        for name in ('Check', 'Sign', 'Start', 'Done'):
            step = case.process_id.step_ids.filtered(lambda one, name=name: one.name == name)
            with self.subTest(name), self.assertRaises(UserError):
                case.with_user(self.manager)._roll_back(step, "No")
        self.decide(case)
        self.act(case, 'Sign')
        with self.assertRaisesRegex(UserError, "is closed"):
            case.with_user(self.manager).action_roll_back()

    def test_only_managers_move_cases_back(self):
        case = self.two_checks()
        self.submit(case)
        for user in (self.user, self.approver, self.outsider, self.acme_user):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.back(case, 'Answer', user=user)
            with self.subTest(user.name), self.assertRaises(AccessError):
                case.with_user(user)._roll_back(case.process_id.step_ids[1], "No")
