from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PemCase


class ApprovalCase(PemCase):
    """A form, and an approval of it by three persons whom the class names in an order that is not that of their names."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.persons = cls.second_approver + cls.user + cls.approver

    def ask(self, *partners, values=None, user=None, publish=True, **approval):
        """Return cases whose form was sent in and whose approval is open."""
        form = self.make_form(("Amount", 'integer'))
        process = self.make_simple_process(form, name="Approval", **{
            'approver_user_ids': [Command.set(self.persons.ids)], 'approval_rule': 'all', **approval})
        cases = self.launch(self.make_campaign(process, *(partners or [self.acme]), name="Approval")).sorted('id')
        for case in cases:
            self.submit(case, values or {'amount': '5'}, user)
        return cases

    def turn(self, case):
        """Return who has the turn, after checking that lists, buttons and activities say the same."""
        task = self.open_task(case, 'approval')
        asked = task.approver_ids.filtered(lambda line: line.state == 'asked').user_id
        self.assertEqual(task.activity_ids.user_id, asked)
        everybody = self.persons | self.manager | asked
        for said in (
            everybody.filtered(lambda user: task.with_user(user).can_decide),
            everybody.filtered(lambda user: task.with_user(user).search(task.with_user(user)._my_turn()) & task),
            everybody.filtered(lambda user: case.with_user(user).can_review),
        ):
            self.assertEqual(said, asked & everybody)
        return asked

    def told(self, case):
        """Return ``[(who, sentence)]`` of the timeline since the form was sent in."""
        return [(event.actor, event.description) for event in case.event_ids if event.kind not in ('started', 'submitted')]


@tagged('post_install', '-at_install')
class TestTurns(ApprovalCase):
    """Persons are asked all at once, or one after the other in the order given."""

    def test_one_after_the_other_means_in_the_order_given(self):
        case = self.ask(approval_order='sequential')
        for person in self.persons:
            self.assertEqual(self.turn(case), person)
            self.decide(case, user=person)
        self.assertEqual(case.state, 'done')
        self.assertEqual([who for who, _what in self.told(case)][:3], [person.name for person in self.persons])

    def test_whoever_is_asked_later_cannot_decide_yet_and_is_told_so(self):
        case = self.ask(approval_order='sequential')
        with self.assertRaisesRegex(UserError, "waits for Sven Second first. You are asked after that"):
            self.decide(case, user=self.approver)
        with self.assertRaisesRegex(AccessError, "waits for somebody else: Sven Second"):
            self.decide(case, user=self.manager)
        self.decide(case, user=self.second_approver)
        with self.assertRaisesRegex(UserError, "You decided .* already. It still waits for Ursula User"):
            self.decide(case, user=self.second_approver)

    def test_marking_single_answers_is_for_who_has_the_turn(self):
        case = self.ask(approval_order='sequential')
        with self.assertRaises(UserError):
            self.mark(case, 'amount', "Why?", user=self.approver)
        self.mark(case, 'amount', "Why?", user=self.second_approver)

    def test_a_rejection_or_a_return_on_the_way_ends_it_for_the_others(self):
        rejected, returned = self.ask(self.acme, self.brown, approval_order='sequential')
        for case, decision in ((rejected, 'reject'), (returned, 'send_back')):
            self.decide(case, user=self.second_approver)
            self.decide(case, decision, user=self.user, comment="No")
        self.assertEqual(rejected.state, 'rejected')
        self.assertEqual(self.open_task(returned).returned_submission_id, returned.submission_ids)
        self.assertFalse(self.env['pem.task'].search([('case_id', 'in', (rejected | returned).ids)]).activity_ids)

    def test_a_corrected_form_begins_the_sequence_anew(self):
        case = self.ask(approval_order='sequential')
        self.decide(case, user=self.second_approver)
        self.decide(case, 'send_back', user=self.user, comment="Again")
        self.submit(case, {'amount': '7'})
        self.assertEqual(self.turn(case), self.second_approver)

    def test_two_of_three_one_after_the_other_leave_the_third_in_peace(self):
        case = self.ask(approval_order='sequential', approval_rule='some', approval_minimum=2)
        self.decide(case, user=self.second_approver)
        self.assertEqual(self.turn(case), self.user)
        self.decide(case, user=self.user)
        self.assertEqual(case.state, 'done')
        self.assertEqual(case.task_ids.approver_ids.filtered(lambda line: line.state == 'later').user_id, self.approver)

    def test_one_of_them_is_asked_all_at_once_whatever_the_order(self):
        case = self.ask(approval_rule='one', approval_order='sequential')
        self.assertEqual(self.turn(case), self.persons)

    def test_a_new_version_asks_in_the_same_order(self):
        case = self.ask(approval_order='sequential')
        step = case.process_id._new_version().step_ids.filtered(lambda step: step.kind == 'approval')
        self.assertEqual((step.approval_order, step.person_ids.user_id.ids), ('sequential', self.persons.ids))

    def test_the_order_is_part_of_what_publishing_fixes(self):
        step = self.ask(approval_order='sequential').process_id.step_ids.filtered(lambda step: step.kind == 'approval')
        for change in (lambda: step.person_ids[0].write({'sequence': 99}), step.person_ids[0].unlink,
                       lambda: step.write({'person_ids': [Command.create({'user_id': self.manager.id})]})):
            with self.assertRaisesRegex(UserError, "is published"):
                change()

    def test_300_cases_are_asked_and_decided_in_the_queries_of_10(self):
        counts = []
        for size in (3, 10, 300):
            partners = self.env['res.partner'].create([{'name': f'T{n}', 'email': f't{size}-{n}@example.com'} for n in range(size)])
            process = self.make_process(
                {'Start': {'kind': 'start'}, 'Check': {
                    'kind': 'approval', 'approver_kind': 'user', 'approver_user_ids': [Command.set(self.persons.ids)],
                    'approval_rule': 'all', 'approval_order': 'sequential'}, 'Done': {'kind': 'end'}},
                [('Start', 'Check'), ('Check', 'Done', {'outcome': 'approved'})], name=f"Turns {size}")
            campaign = self.make_campaign(process, *partners, name=f"Turns {size}")
            with self.statements() as counter:
                cases = self.launch(campaign)
                for person in self.persons:
                    tasks = self.env['pem.task'].with_user(person).search([('case_id', 'in', cases.ids), ('state', '=', 'open')])
                    tasks._approve()
            self.assertEqual(set(cases.mapped('state')), {'done'})
            counts.append(counter)
        more = {text: (counts[1][text], count) for text, count in counts[2].items() if count > counts[1][text] + 12}
        self.assertFalse(more)


@tagged('post_install', '-at_install')
class TestRules(ApprovalCase):
    """The timeline says which rule decided, in words; the trail keeps the rule itself."""

    def test_the_timeline_tells_the_rule_by_its_name_or_in_the_words_of_its_fields(self):
        rule = "[('answers.amount', '<', 10), ('partner_id.city', '=', 'Boston')]"
        for values, sentence in (
            ({'auto_approve_if': rule, 'auto_approve_name': "small and local"}, "“Check” approved by rule small and local"),
            ({'auto_approve_if': rule}, "“Check” approved by rule Amount < 10, City = Boston"),
            ({'auto_approve_if': "['|', ('answers.amount', '<', 10), ('answers.amount', '>', 20)]"},
             "“Check” approved by rule ['|', ('answers.amount', '<', 10), ('answers.amount', '>', 20)]"),
            ({'auto_reject_if': "[('answers.amount', 'in', [5, 6])]"}, "“Check” rejected by rule Amount is one of 5, 6"),
        ):
            case = self.ask(**values)
            event = case.event_ids.filtered(lambda event: event.kind.startswith('auto_'))
            with self.subTest(sentence):
                self.assertEqual(event.description, sentence)
                self.assertIn('"rule":', event.payload)


@tagged('post_install', '-at_install')
class TestPaths(ApprovalCase):
    """The approver can be found on the record, however far away."""

    def test_a_path_leads_over_several_records_and_stops_the_case_where_it_ends_early(self):
        self.acme.user_id = self.user
        self.user.partner_id.user_id = self.second_approver
        values = {'approver_kind': 'path', 'approver_path': 'partner_id.user_id.partner_id.user_id', 'approval_rule': 'one'}
        found, lost = self.ask(self.acme, self.brown, **values)
        self.assertEqual(self.turn(found), self.second_approver)
        self.assertEqual(lost.problem, "Nobody was found to approve “Check”.")
        self.brown.user_id = self.user
        lost.with_user(self.manager).action_retry()
        self.assertEqual(self.turn(lost), self.second_approver)

    def test_a_path_that_does_not_exist_or_leads_to_nobody_is_not_published(self):
        for path in ('partner_id.user_id.gone', 'partner_id.user_id.partner_id', 'partner_id.name.x', 'user_id.parent_id'):
            with self.subTest(path), self.assertRaisesRegex(UserError, f"looks for a user in “{path}”, which leads to none"):
                self.make_simple_process(
                    self.make_form(("Remark", 'char')), name="Path", approver_kind='path', approver_path=path)
