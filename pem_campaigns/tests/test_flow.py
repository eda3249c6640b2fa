from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PemCase

START, END = {'kind': 'start'}, {'kind': 'end'}


@tagged('post_install', '-at_install')
class TestFlow(PemCase):
    """Cases move through their process by what people do, by rules, and never in silence."""

    def approval(self, *users, **values):
        return {'kind': 'approval', 'approver_kind': 'user', 'approver_user_ids': [
            Command.set([user.id for user in users or [self.approver]])], **values}

    def start(self, steps, flows, form=None, partners=None, **values):
        """Publish a process that begins with a form, launch it, and return its cases."""
        steps = {'Start': START, 'Answer': {'kind': 'form', 'form_id': (form or self.make_form(("Amount", 'integer'))).id}, **steps}
        process = self.make_process(steps, [('Start', 'Answer'), *flows], name="Flow", **values)
        return self.launch(self.make_campaign(process, *(partners or [self.acme]), name="Flow")).sorted('id')

    def standing(self, case):
        return sorted(case.open_task_ids.mapped('step_id.name'))

    def checked(self, **approval):
        return self.start({'Check': self.approval(**approval), 'Done': END}, [
            ('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'})])

    # Branches

    def test_a_decision_takes_the_first_branch_whose_condition_holds(self):
        cases = self.start({
            'Size': {'kind': 'decision'}, 'Small': self.approval(), 'Large': self.approval(self.second_approver), 'Done': END,
        }, [('Answer', 'Size'), ('Size', 'Large', {'condition': "[('answers.amount', '>', 1000)]"}), ('Size', 'Small'),
            ('Small', 'Done', {'outcome': 'approved'}), ('Large', 'Done', {'outcome': 'approved'})],
            partners=[self.acme, self.brown])
        self.submit(cases[0], {'amount': '1000'})
        self.submit(cases[1], {'amount': '1001'}, user=self.brown_user)
        self.assertEqual([self.standing(case) for case in cases], [['Small'], ['Large']])

    def parallel(self):
        return self.start({
            'Split': {'kind': 'split'}, 'Legal': self.approval(), 'Finance': self.approval(self.second_approver),
            'Join': {'kind': 'join'}, 'Final': self.approval(self.user), 'Done': END,
        }, [('Answer', 'Split'), ('Split', 'Legal'), ('Split', 'Finance'), ('Legal', 'Join', {'outcome': 'approved'}),
            ('Finance', 'Join', {'outcome': 'approved'}), ('Join', 'Final'), ('Final', 'Done', {'outcome': 'approved'})])

    def decide_at(self, case, step, user, decision='approve', comment=''):
        task = self.env['pem.task'].search([('case_id', '=', case.id), ('state', '=', 'open'), ('step_id.name', '=', step)])
        getattr(task.with_user(user), f'_{decision}')(comment)

    def test_branches_run_side_by_side_and_a_join_waits_for_all(self):
        case = self.parallel()
        self.submit(case, {'amount': '5'})
        self.assertEqual(self.standing(case), ['Finance', 'Legal'])
        self.decide_at(case, 'Finance', self.second_approver)
        self.assertEqual(self.standing(case), ['Join', 'Legal'])
        self.assertEqual(case.waiting_on, 'sponsor')
        self.decide_at(case, 'Legal', self.approver)
        self.assertEqual(self.standing(case), ['Final'])
        self.decide_at(case, 'Final', self.user)
        self.assertEqual(case.state, 'done')
        self.assertFalse(case.waiting_on)

    def test_a_rejection_in_one_branch_withdraws_what_is_open_in_the_other(self):
        case = self.parallel()
        self.submit(case, {'amount': '5'})
        self.decide_at(case, 'Legal', self.approver, 'reject')
        self.assertEqual(case.state, 'rejected')
        self.assertFalse(case.open_task_ids)
        self.assertFalse(self.env['mail.activity'].search([('res_model', '=', 'pem.task'), ('res_id', 'in', case.task_ids.ids)]))
        self.assertEqual(self.story(case).count('closed'), 1)

    def test_two_branches_that_end_close_the_case_once_both_are_through(self):
        case = self.start({'Split': {'kind': 'split'}, 'Legal': self.approval(), 'Done': END},
                          [('Answer', 'Split'), ('Split', 'Done'), ('Split', 'Legal'), ('Legal', 'Done', {'outcome': 'approved'})])
        self.submit(case, {'amount': '5'})
        self.assertEqual((case.state, self.standing(case)), ('running', ['Legal']))
        self.decide(case)
        self.assertEqual((case.state, self.story(case).count('closed')), ('done', 1))

    # Corrections

    def test_only_the_answers_sent_back_reopen_and_the_others_stay_accepted(self):
        case = self.launch().filtered(lambda case: case.partner_id == self.acme)
        first = self.submit(case)
        self.mark(case, 'phone', "With country code, please")
        self.decide(case, 'send_back')
        task = self.open_task(case)
        self.assertEqual(task._returned_names(), {'phone': "With country code, please"})
        self.assertEqual(task.contact_id, self.acme_user.partner_id)
        self.assertEqual({answer.name: answer.verdict for answer in first.answer_ids},
                         {'phone': 'returned', 'tier': 'accepted', 'seats': 'accepted', 'remark': 'accepted'})
        self.assertEqual((case.waiting_on, first.state), ('partner', 'returned'))
        second = self.submit(case, {**self.answers, 'phone': '+1 617 555 0111'})
        self.assertEqual({answer.name: answer.verdict for answer in second.answer_ids},
                         {'phone': 'pending', 'tier': 'accepted', 'seats': 'accepted', 'remark': 'accepted'})
        self.assertEqual(second.number, 2)
        self.decide(case)
        self.assertEqual((case.state, self.acme.phone), ('done', '+1 617 555 0111'))

    def test_sent_back_as_a_whole_everything_reopens(self):
        case = self.checked()
        self.submit(case, {'amount': '5'})
        self.decide(case, 'send_back', comment="Please check")
        self.assertIsNone(self.open_task(case)._returned_names())
        self.assertEqual(self.open_task(case).returned_submission_id.comment, "Please check")

    def test_an_approval_with_answers_marked_to_be_sent_back_is_not_given_by_mistake(self):
        case = self.checked()
        self.submit(case, {'amount': '5'})
        self.mark(case, 'amount', "Too much")
        with self.assertRaisesRegex(UserError, "marked to be sent back"):
            self.decide(case)

    def two_forms(self):
        second = self.make_form(("Bank", 'char'))
        return self.start({
            'More': {'kind': 'form', 'form_id': second.id}, 'Check': self.approval(), 'Again': self.approval(self.second_approver), 'Done': END,
        }, [('Answer', 'More'), ('More', 'Check'), ('Check', 'Again', {'outcome': 'approved'}), ('Again', 'Done', {'outcome': 'approved'})])

    def test_of_two_forms_only_the_one_sent_back_is_asked_again(self):
        case = self.two_forms()
        self.submit(case, {'amount': '5'})
        self.submit(case, {'bank': 'A'})
        self.mark(case, 'amount', "Really?")
        self.decide(case, 'send_back')
        self.assertEqual(self.standing(case), ['Answer'])
        self.submit(case, {'amount': '6'})
        self.assertEqual(self.standing(case), ['Check'])
        self.assertFalse(case.correcting_step_id)
        answers = self.open_task(case, 'approval').with_user(self.approver).review_answer_ids
        self.assertEqual({answer.name: answer.display for answer in answers}, {'amount': '6', 'bank': 'A'})
        self.decide(case)
        self.decide(case, user=self.second_approver)
        self.assertEqual(case.state, 'done')
        self.assertEqual(set(case.submission_ids.mapped('state')), {'returned', 'accepted'})

    def test_two_forms_sent_back_as_a_whole_are_asked_one_after_the_other(self):
        case = self.two_forms()
        self.submit(case, {'amount': '5'})
        self.submit(case, {'bank': 'A'})
        self.decide(case, 'send_back', comment="All wrong")
        self.assertEqual(self.standing(case), ['Answer'])
        self.submit(case, {'amount': '6'})
        self.assertEqual(self.standing(case), ['More'])
        self.assertTrue(self.open_task(case).returned_submission_id)
        self.submit(case, {'bank': 'B'})
        self.assertEqual(self.standing(case), ['Check'])

    def test_the_second_of_two_approvers_can_send_back_what_the_first_approved(self):
        case = self.two_forms()
        self.submit(case, {'amount': '5'})
        self.submit(case, {'bank': 'A'})
        self.decide(case)
        self.mark(case, 'bank', "Closed account", user=self.second_approver)
        self.decide(case, 'send_back', user=self.second_approver)
        self.assertEqual(self.standing(case), ['More'])
        self.submit(case, {'bank': 'B'})
        self.assertEqual(self.standing(case), ['Check'])
        self.decide(case)
        self.decide(case, user=self.second_approver)
        self.assertEqual(case.state, 'done')

    def test_one_of_two_branches_sent_back_does_not_keep_the_join_waiting(self):
        left, right = self.make_form(("Left", 'char')), self.make_form(("Right", 'char'))
        case = self.start({
            'Split': {'kind': 'split'}, 'L': {'kind': 'form', 'form_id': left.id}, 'R': {'kind': 'form', 'form_id': right.id},
            'Join': {'kind': 'join'}, 'Check': self.approval(), 'Done': END,
        }, [('Answer', 'Split'), ('Split', 'L'), ('Split', 'R'), ('L', 'Join'), ('R', 'Join'), ('Join', 'Check'),
            ('Check', 'Done', {'outcome': 'approved'})])
        self.submit(case, {'amount': '5'})
        for form, values in ((left, {'left': 'l'}), (right, {'right': 'r'})):
            task = case.open_task_ids.filtered(lambda one, form=form: one.step_id.form_id == form).with_user(self.acme_user).sudo()
            task._submit({task: self.env['pem.submission']._prepare_answers(task, values)})
        self.mark(case, 'left', "No")
        self.decide(case, 'send_back')
        self.assertEqual(self.standing(case), ['Join', 'L'])
        self.submit(case, {'left': 'better'})
        self.assertEqual(self.standing(case), ['Check'])
        self.decide(case)
        self.assertEqual(case.state, 'done')

    def test_parallel_approvals_are_asked_again_once_after_a_correction(self):
        case = self.parallel()
        self.submit(case, {'amount': '5'})
        self.decide_at(case, 'Finance', self.second_approver)
        self.decide_at(case, 'Legal', self.approver, 'send_back', "No")
        self.assertEqual(self.standing(case), ['Answer'])
        self.submit(case, {'amount': '6'})
        self.assertEqual(self.standing(case), ['Finance', 'Legal'])

    # Who decides

    def test_rules_decide_without_a_person_and_the_timeline_names_the_rule(self):
        approve, reject = "[('answers.amount', '<', 100)]", "[('answers.amount', '>', 10000)]"
        cases = self.start(
            {'Check': self.approval(auto_approve_if=approve, auto_reject_if=reject), 'Done': END},
            [('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'})],
            partners=[self.acme, self.brown, self.make_partner("Third")])
        for case, amount in zip(cases, (5, 20000, 500), strict=True):
            self.submit(case, {'amount': amount}, user=self.brown_user)
        self.assertEqual(cases.mapped('state'), ['done', 'rejected', 'running'])
        self.assertIn(approve, cases[0].event_ids.filtered(lambda one: one.kind == 'auto_approved').payload)
        self.assertIn(reject, cases[1].event_ids.filtered(lambda one: one.kind == 'auto_rejected').payload)
        self.assertFalse(cases[0].submission_ids.decided_by_id, "A rule decided, not the partner who submitted")
        self.assertEqual(cases.submission_ids.mapped('state'), ['accepted', 'rejected', 'submitted'])

    def test_nobody_approves_what_they_requested_or_sent_in_themselves(self):
        case = self.checked()
        self.submit(case, {'amount': '5'}, user=self.approver)
        self.assertEqual(case.state, 'problem')
        self.assertIn("Nobody was found to approve “Check”.", case.problem)
        case = self.start({'Check': self.approval(), 'Done': END}, [
            ('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'})], allow_self_approval=True)
        self.submit(case, {'amount': '5'}, user=self.approver)
        self.decide(case)
        self.assertEqual(case.state, 'done')

    def test_n_of_m_approvals_are_needed_and_each_counts_once(self):
        case = self.start({
            'Check': self.approval(self.approver, self.second_approver, self.user, approval_rule='some', approval_minimum=2),
            'Done': END}, [('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'})])
        self.submit(case, {'amount': '5'})
        self.decide(case)
        self.assertEqual(case.state, 'running')
        with self.assertRaisesRegex(UserError, "You decided .* already. It still waits for Sven Second, Ursula User"):
            self.decide(case)
        self.decide(case, user=self.user)
        self.assertEqual(case.state, 'done')
        self.assertEqual(self.story(case).count('approved'), 2)

    def test_all_of_them_means_all_and_one_rejection_is_enough(self):
        cases = self.start({'Check': self.approval(self.approver, self.second_approver, approval_rule='all'), 'Done': END},
                           [('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'})], partners=[self.acme, self.brown])
        for case in cases:
            self.submit(case, {'amount': '5'})
            self.decide(case)
            self.assertEqual(case.state, 'running')
        self.decide(cases[0], user=self.second_approver)
        self.decide(cases[1], 'reject', user=self.second_approver)
        self.assertEqual(cases.mapped('state'), ['done', 'rejected'])

    def test_fewer_approvers_than_needed_stop_the_case_instead_of_weakening_the_rule(self):
        group = self.env['res.groups'].create({'name': "Pair", 'user_ids': [Command.set(self.approver.ids)]})
        case = self.start({
            'Check': {'kind': 'approval', 'approver_kind': 'group', 'approver_group_id': group.id, 'approval_rule': 'some',
                      'approval_minimum': 2}, 'Done': END}, [('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'})])
        self.submit(case, {'amount': '5'})
        self.assertIn("“Check” needs 2 approvals, but fewer people may give one.", case.problem)
        group.user_ids |= self.second_approver
        case.with_user(self.manager).action_retry()
        self.assertEqual(self.open_task(case, 'approval').approver_ids.user_id, self.approver | self.second_approver)

    def test_approvers_are_found_on_the_record_in_a_group_with_its_implied_members_or_are_the_owner(self):
        self.acme.user_id = self.user
        parent = self.env['res.groups'].create({'name': "Parent"})
        child = self.env['res.groups'].create({'name': "Child", 'implied_ids': [Command.set(parent.ids)],
                                               'user_ids': [Command.set(self.second_approver.ids)]})
        self.assertTrue(child)
        for values, expected in (
            ({'approver_kind': 'path', 'approver_path': 'partner_id.user_id'}, self.user),
            ({'approver_kind': 'group', 'approver_group_id': parent.id}, self.second_approver),
            ({'approver_kind': 'owner'}, self.manager),
        ):
            case = self.checked(**values)
            self.submit(case, {'amount': '5'})
            with self.subTest(values):
                self.assertEqual(self.open_task(case, 'approval').approver_ids.user_id, expected)

    def test_who_may_not_use_partner_engagement_or_the_company_is_not_asked(self):
        other = self.env['res.company'].create({'name': "Other Co"})
        far = self.make_user('pem_far', 'pem_campaigns.group_pem_user', company_id=other.id, company_ids=[Command.set(other.ids)])
        for user in (self.outsider, far, self.acme_user):
            case = self.checked(approver_user_ids=[Command.set(user.ids)])
            self.submit(case, {'amount': '5'}, user=self.brown_user)
            with self.subTest(user.name):
                self.assertEqual(case.state, 'problem')

    def test_the_activity_of_an_approver_comes_and_goes_with_the_task(self):
        case = self.start({'Check': self.approval(self.approver, self.second_approver), 'Done': END},
                          [('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'})])
        self.submit(case, {'amount': '5'})
        task = self.open_task(case, 'approval')
        self.assertEqual(task.activity_ids.user_id, self.approver | self.second_approver)
        self.assertEqual(self.env['pem.task'].with_user(self.approver).search([('activity_user_id', '=', self.approver.id)]), task)
        self.decide(case)
        self.assertFalse(task.activity_ids)

    def test_who_comes_too_late_or_was_not_asked_is_told_so(self):
        case = self.start({'Check': self.approval(self.approver, self.second_approver), 'Done': END},
                          [('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'})])
        self.submit(case, {'amount': '5'})
        task = self.open_task(case, 'approval')
        with self.assertRaisesRegex(AccessError, "waits for somebody else: Anna Approver, Sven Second"):
            task.with_user(self.user)._approve()
        self.decide(case)
        with self.assertRaisesRegex(UserError, "was already decided by Anna Approver"):
            task.with_user(self.second_approver)._reject()
        self.assertEqual(case.state, 'done')

    def test_a_to_do_is_done_by_whoever_is_asked(self):
        case = self.start({'Call': {**self.approval(), 'kind': 'todo'}, 'Done': END}, [('Answer', 'Call'), ('Call', 'Done')])
        self.submit(case, {'amount': '5'})
        self.open_task(case, 'todo').with_user(self.approver).action_complete()
        self.assertEqual(case.state, 'done')
        self.assertIn('todo_done', self.story(case))

    # Deadlines

    def test_deadlines_count_working_days_of_the_company_in_its_own_time(self):
        calendar = self.company.resource_calendar_id
        calendar.tz = 'America/Los_Angeles'
        step = self.make_process({'Start': START, 'Check': self.approval(), 'Done': END}, [
            ('Start', 'Check'), ('Check', 'Done', {'outcome': 'approved'})], name="Due").step_ids[1]
        for moment, days, expected in (
            ('2026-11-24 17:00', 1, date(2026, 11, 25)),     # Tuesday morning there
            ('2026-11-27 17:00', 1, date(2026, 11, 30)),     # Friday, so Monday
            ('2026-11-28 17:00', 1, date(2026, 11, 30)),     # Saturday, so Monday too
            ('2026-11-26 02:00', 2, date(2026, 11, 27)),     # still Wednesday evening there
            ('2026-11-24 17:00', 10, date(2026, 12, 8)),
        ):
            with self.subTest(moment), freeze_time(moment):
                self.assertEqual(step._add_working_days(self.company, days), expected)
        self.env['resource.calendar.leaves'].create({
            'name': "Holiday", 'calendar_id': calendar.id, 'date_from': '2026-11-25 08:00', 'date_to': '2026-11-26 07:59'})
        with freeze_time('2026-11-24 17:00'):
            self.assertEqual(step._add_working_days(self.company, 1), date(2026, 11, 26))

    def test_a_step_without_a_deadline_takes_that_of_the_campaign(self):
        self.campaign.date_deadline = date(2031, 1, 31)
        case = self.launch()[0]
        self.assertEqual(self.open_task(case).date_deadline, date(2031, 1, 31))

    # Problems

    def test_a_case_without_an_approver_stops_with_a_reason_and_goes_on_from_there(self):
        self.campaign.user_id = self.manager
        case = self.checked(approver_kind='path', approver_path='partner_id.user_id')
        self.submit(case, {'amount': '5'})
        self.assertEqual((case.state, case.waiting_on), ('problem', 'system'))
        activity = case.activity_ids
        self.assertEqual((activity.user_id, activity.summary), (self.manager, "Stopped at “Check”"))
        self.acme.user_id = self.approver
        case.with_user(self.manager).action_retry()
        self.assertEqual((case.state, case.waiting_on, self.standing(case)), ('running', 'sponsor', ['Check']))
        self.assertFalse(case.activity_ids)
        self.assertEqual(self.story(case).count('submitted'), 1)

    def test_a_condition_on_a_field_that_is_gone_stops_the_cases_and_no_answer_is_lost(self):
        case = self.start({
            'Size': {'kind': 'decision'}, 'Done': END,
        }, [('Answer', 'Size'), ('Size', 'Done', {'condition': "[('answers.amount', '>', 5)]"}), ('Size', 'Done')])
        line = case.process_id.flow_ids.filtered(lambda one: one.condition != '[]')
        self.env.cr.execute("UPDATE pem_process_flow SET condition = '[(''x_gone'', ''='', 1)]' WHERE id = %s", [line.id])
        line.invalidate_recordset()
        self.submit(case, {'amount': '6'})
        self.assertEqual(case.state, 'problem')
        self.assertIn("x_gone", case.problem)
        self.assertEqual(case.submission_ids.answer_ids.value, 6)
        self.env.cr.execute("UPDATE pem_process_flow SET condition = '[]' WHERE id = %s", [line.id])
        line.invalidate_recordset()
        case.with_user(self.manager).action_retry()
        self.assertEqual(case.state, 'done')

    def test_a_condition_that_is_gone_behind_an_approval_stops_the_case_not_the_approver(self):
        case = self.start({'Check': self.approval(), 'Done': END}, [
            ('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved', 'condition': "[('answers.amount', '>', 5)]"}),
            ('Check', 'Done', {'outcome': 'approved'})])
        line = case.process_id.flow_ids.filtered(lambda one: 'answers' in one.condition)
        self.env.cr.execute("UPDATE pem_process_flow SET condition = '[(''x_gone'', ''='', 1)]' WHERE id = %s", [line.id])
        line.invalidate_recordset()
        self.submit(case, {'amount': '6'})
        self.decide(case)
        self.assertEqual((case.state, case.waiting_on), ('problem', 'system'))
        self.env.cr.execute("UPDATE pem_process_flow SET condition = '[]' WHERE id = %s", [line.id])
        line.invalidate_recordset()
        case.with_user(self.manager).action_retry()
        self.assertEqual((case.state, self.story(case).count('approved')), ('done', 1))

    def test_one_partner_who_cannot_be_updated_stops_one_case_and_no_other(self):
        partners = [self.make_partner(f"Partner {number}") for number in range(7)]
        form = self.make_form(("Phone", 'char', {'attribute_id': self.govern('phone').id}))
        cases = self.start({'Check': self.approval(), 'Done': END}, [
            ('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'})], form=form, partners=partners)
        for number, case in enumerate(cases):
            self.submit(case, {'phone': f'+1 617 555 02{number:02}'}, user=self.brown_user)
        bad = cases[3].partner_id
        write = type(bad).write

        def refuse(records, vals):
            if bad in records and 'phone' in vals:
                raise UserError("Locked by the tax office.")  # pylint: disable=translation-required
            return write(records, vals)

        tasks = cases.open_task_ids.with_user(self.approver)
        with patch.object(type(bad), 'write', refuse):
            tasks.action_approve()
        self.assertEqual(cases.mapped('state'), ['done'] * 3 + ['problem'] + ['done'] * 3)
        self.assertIn("Locked by the tax office.", cases[3].problem)
        self.assertEqual((cases - cases[3]).mapped('partner_id.phone'), [f'+1 617 555 02{n:02}' for n in (0, 1, 2, 4, 5, 6)])
        self.assertFalse(bad.phone)
        cases.with_user(self.manager).action_retry()
        self.assertEqual((cases[3].state, bad.phone), ('done', '+1 617 555 0203'))
        self.assertEqual(self.story(cases[3])[-5:], ['approved', 'problem', 'retried', 'partner_updated', 'closed'])

    def test_a_value_the_database_refuses_stops_the_case_too(self):
        form = self.make_form(("Name", 'char', {'attribute_id': self.govern('name').id}))
        cases = self.start({'Check': self.approval(), 'Done': END}, [
            ('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'})], form=form, partners=[self.acme, self.brown])
        self.submit(cases[0], {'name': ''})
        self.submit(cases[1], {'name': 'Brown & Forman'}, user=self.brown_user)
        with self.assertLogs('odoo.sql_db', 'ERROR'):
            cases.open_task_ids.with_user(self.approver).action_approve()
        self.assertEqual(cases.mapped('state'), ['problem', 'done'])
        self.assertEqual(self.brown.name, 'Brown & Forman')

    def test_a_cancelled_case_tells_the_reason_and_lets_nobody_answer(self):
        case = self.launch()[0]
        task = self.open_task(case)
        case.with_user(self.manager).action_cancel()
        self.assertEqual((case.state, task.state), ('cancelled', 'cancelled'))
        with self.assertRaisesRegex(UserError, "not open any more"):
            task._submit({task: []})
        with self.assertRaises(AccessError):
            case.with_user(self.user).action_cancel()
