from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PricingCase


@tagged('post_install', '-at_install')
class TestSpecialPricingReview(PricingCase):
    """A special pricing request is decided by the engine that decides everything else."""

    def test_sending_starts_one_case_and_mails_nobody_about_their_own_request(self):
        request = self.send(self.make_request())
        case = request.case_id
        self.assertEqual(self.env['pem.case'].search([('res_model', '=', 'pem.special.pricing'), ('res_id', '=', request.id)]), case)
        self.assertEqual((case.partner_id, case.process_id, case.requested_by_id), (self.acme, self.process, self.user))
        self.assertEqual((request.state, request.waiting_on), ('submitted', 'sponsor'))
        self.assertEqual(set(case.task_ids.mapped('notice_state')), {'none'})
        self.assertEqual(self.story(case), ['started', 'submitted'])
        with self.assertRaisesRegex(UserError, "was sent in"):
            self.send(request)
        self.assertEqual(case.submission_ids.mapped('number'), [1])

    def test_the_price_desk_finds_it_among_its_activities_and_sees_every_line(self):
        request = self.send(self.make_request())
        task = self.task(request)
        self.assertIn(self.desk, task.approver_ids.user_id)
        self.assertEqual(task.activity_ids.filtered(lambda one: one.user_id == self.desk).summary, "Price desk")
        self.assertEqual(request.with_user(self.desk).review_task_id, task)
        self.assertFalse(request.with_user(self.user).review_task_id)
        self.assertIn("Dora Desk", request.with_user(self.user).reviewer_names)
        shown = {answer.label: (answer.old_display, answer.display) for answer in task.review_answer_ids}
        self.assertEqual(shown["End customer"], (False, "Mercy Hospital"))
        self.assertEqual(shown["BX-17: requested cost"], ("20.00 USD", "15.00 USD"))
        self.assertEqual(shown["BX-17: resale price"], (False, "18.00 USD"))
        self.assertEqual(shown["BX-17: quantity"], (False, "100 Units"))
        self.assertEqual(task.action_open_special_pricing()['res_id'], request.id)
        self.assertEqual(request.with_user(self.desk).action_review()['res_id'], task.id)

    def test_approval_issues_one_number_and_authorizes_the_lines(self):
        request = self.send(self.make_request())
        self.task(request)._approve()
        self.assertEqual(request.state, 'active')
        self.assertRegex(request.authorization_number, r'^SPA-\d{4}-\d{5}$')
        line = request.line_ids
        self.assertEqual(
            (line.authorized_quantity, line.authorized_cost, line.authorized_resale, line.remaining_quantity),
            (100, 15, 18, 100))
        self.assertEqual(self.story(request.case_id), ['started', 'submitted', 'approved', 'closed', 'authorized'])
        self.assertIn("Dora Desk", request.message_ids[0].body)

    def test_the_partner_is_told_the_number(self):
        request = self.send(self.make_request())
        self.task(request)._approve()
        told = request.case_id.task_ids.filtered(lambda task: task.kind == 'message')
        self.assertEqual((told.notice_state, told.contact_id), ('queued', self.acme_user.partner_id))
        told._send_notices()
        mail = self.env['mail.mail'].search([('model', '=', 'pem.task'), ('res_id', '=', told.id)])
        self.assertIn(request.authorization_number, mail.subject)
        self.assertIn("100 Units at 15.00 USD", mail.body_html)

    def test_of_two_colleagues_who_approve_at_once_the_second_is_told_so(self):
        request = self.send(self.make_request())
        task = self.task(request)
        task._approve()
        number = request.authorization_number
        with self.assertRaisesRegex(UserError, "already decided by Dora Desk"):
            task.with_user(self.second_desk)._approve()
        self.assertEqual(request.authorization_number, number)

    def test_where_two_have_to_approve_the_first_issues_nothing(self):
        version = self.process._new_version()
        version.step_ids.filtered(lambda step: step.kind == 'approval').write({
            'approval_rule': 'some', 'approval_minimum': 2})
        version._publish()
        request = self.send(self.make_request())
        self.task(request)._approve()
        self.assertFalse(request.authorization_number)
        self.assertEqual(request.state, 'submitted')
        self.task(request, self.second_desk)._approve()
        self.assertTrue(request.authorization_number)
        self.assertEqual(request.state, 'active')

    def test_a_rejection_is_final_and_told_with_its_reason(self):
        request = self.send(self.make_request())
        self.task(request)._reject("Below our cost.")
        self.assertEqual((request.state, request.case_state), ('rejected', 'rejected'))
        self.assertFalse(request.authorization_number)
        told = request.case_id.task_ids.filtered(lambda task: task.kind == 'message')
        told._send_notices()
        self.assertIn("Below our cost.", self.env['mail.mail'].search([('model', '=', 'pem.task'), ('res_id', '=', told.id)]).body_html)

    def test_one_price_of_one_line_is_sent_back_and_the_rest_stays_accepted(self):
        request = self.make_request()
        request.with_user(self.user).write({'line_ids': [Command.create({
            'product_id': self.bx18.id, 'quantity': 10, 'requested_cost': 4, 'resale_price': 5})]})
        self.send(request)
        line = request.line_ids[0]
        self.mark(request.case_id, f'lines.{line.id}.resale_price', "Is this with tax?", self.desk)
        self.task(request)._send_back()
        self.assertEqual((request.state, request.waiting_on), ('returned', 'partner'))
        self.assertEqual(request._portal_open_task()._returned_names(), {f'lines.{line.id}.resale_price': "Is this with tax?"})

        line.with_user(self.user).resale_price = 17
        self.send(request)
        answers = {answer.name: answer for answer in self.task(request).review_answer_ids}
        self.assertEqual(answers[f'lines.{line.id}.resale_price'].verdict, 'pending')
        self.assertEqual(answers[f'lines.{line.id}.resale_price'].old_display, "18.00 USD")
        self.assertEqual(answers[f'lines.{line.id}.resale_price'].display, "17.00 USD")
        others = [answer.verdict for name, answer in answers.items() if name != f'lines.{line.id}.resale_price']
        self.assertEqual(len(others), 7 + 7)
        self.assertEqual(set(others), {'accepted'})
        self.task(request)._approve()
        self.assertEqual(line.authorized_resale, 17)

    def test_a_correction_that_changes_more_than_was_asked_is_reviewed_again(self):
        request = self.send(self.make_request())
        line = request.line_ids
        self.mark(request.case_id, f'lines.{line.id}.resale_price', "Is this with tax?", self.desk)
        self.task(request)._send_back()
        line.with_user(self.user).write({'resale_price': 17, 'quantity': 5000})
        self.send(request)
        verdicts = {answer.name: answer.verdict for answer in self.task(request).review_answer_ids}
        self.assertEqual(verdicts[f'lines.{line.id}.quantity'], 'pending')
        self.assertEqual(verdicts[f'lines.{line.id}.requested_cost'], 'accepted')

    def test_the_amount_of_the_request_chooses_who_approves_in_the_currency_of_the_bands(self):
        version = self.process._new_version()
        step = version.step_ids.filtered(lambda step: step.kind == 'approval')
        step.write({
            'approver_kind': 'band', 'approval_rule': 'one', 'amount_path': 'amount_requested', 'band_ids': [
                Command.create({'amount_from': 0, 'approver_user_ids': [Command.set(self.desk.ids)]}),
                Command.create({'amount_from': 2000, 'approver_user_ids': [Command.set(self.second_desk.ids)]})]})
        version._publish()
        euro = self.env.ref('base.EUR')
        euro.active = True
        self.env['res.currency.rate'].search([('currency_id', '=', euro.id)]).unlink()
        self.env['res.currency.rate'].create(
            {'currency_id': euro.id, 'name': '2020-01-01', 'rate': 0.5, 'company_id': self.company.id})
        small, large = self.send(self.make_request()), self.send(self.make_request(currency_id=euro.id))
        # 1,500 dollars, and 1,500 euros, which are 3,000 dollars.
        self.assertEqual((small.amount_requested, large.amount_requested), (1500, 1500))
        for request, user in ((small, self.desk), (large, self.second_desk)):
            self.assertEqual(request.case_id.process_id, version)
            self.assertEqual(self.task(request, user).approver_ids.user_id, user)

    def test_nobody_approves_a_request_of_their_own(self):
        request = self.send(self.make_request(self.desk), self.desk)
        self.assertEqual(request.requested_by_id, self.desk)
        task = self.task(request)
        self.assertNotIn(self.desk, task.approver_ids.user_id)
        with self.assertRaisesRegex(AccessError, "waits for somebody else"):
            task._approve()
        with self.assertRaisesRegex(UserError, "does not wait for a decision of yours"):
            request.with_user(self.desk).action_approve()
        self.task(request, self.second_desk)._approve()
        self.assertEqual(request.state, 'active')

    def test_who_sends_in_the_draft_of_a_colleague_has_asked_for_it(self):
        request = self.send(self.make_request(self.user), self.desk)
        self.assertEqual(request.requested_by_id, self.desk)
        self.assertNotIn(self.desk, self.task(request).approver_ids.user_id)

    def test_a_small_reduction_is_authorized_by_the_rule_of_the_settings_and_says_so(self):
        self.assertEqual(self.send(self.make_request()).state, 'submitted', "without a limit everything is reviewed")
        self.company.pem_special_pricing_auto_limit = 500
        request = self.send(self.make_request())
        self.assertEqual(request.amount_reduction, 500)
        self.assertEqual(request.state, 'active')
        self.assertTrue(request.authorization_number)
        event = request.case_id.event_ids.filtered(lambda event: event.kind == 'auto_approved')
        self.assertIn('within_auto_limit', event.payload)
        self.assertIn("approved by rule within the limit without review", event.description)
        self.assertIn("approved by rule", request.message_ids[0].body)
        self.assertFalse(self.task(request))

        above = self.send(self.make_request(line_ids=[Command.create({
            'product_id': self.bx17.id, 'quantity': 100, 'requested_cost': 14.99, 'resale_price': 18})]))
        self.assertEqual(above.state, 'submitted')

    def test_without_a_book_cost_to_compare_with_a_person_decides(self):
        self.company.pem_special_pricing_auto_limit = 500
        free = self.make_product("Sample", 'FREE-1', 0, 3)
        request = self.send(self.make_request(line_ids=[Command.create({
            'product_id': free.id, 'quantity': 1000, 'requested_cost': 1, 'resale_price': 2})]))
        self.assertEqual(request.state, 'submitted')

    def test_a_request_taken_back_is_cancelled_with_its_case(self):
        request = self.send(self.make_request())
        request.with_user(self.user).action_cancel()
        self.assertEqual((request.state, request.case_state), ('cancelled', 'cancelled'))
        self.assertFalse(self.task(request))
        draft = self.make_request()
        draft.with_user(self.user).action_cancel()
        self.assertEqual(draft.state, 'cancelled')

    def test_only_the_price_desk_withdraws_an_authorization(self):
        request = self.send(self.make_request())
        self.task(request)._approve()
        with self.assertRaises(AccessError):
            request.with_user(self.user).action_cancel()
        request.with_user(self.desk).action_cancel()
        self.assertEqual(request.state, 'cancelled')
        self.assertTrue(request.authorization_number)
        self.assertEqual(self.story(request.case_id)[-1], 'authorization_withdrawn')
        with self.assertRaisesRegex(UserError, "cannot become"):
            request.with_user(self.desk).action_cancel()

    def test_without_a_colleague_to_decide_it_the_request_stops_with_a_reason(self):
        desk = self.env.ref('pem_channel_incentives.group_price_desk')
        (desk.all_user_ids - self.desk).write({'active': False})
        request = self.send(self.make_request(self.desk), self.desk)
        self.assertIn("Nobody was found to approve", request.problem)
        self.assertEqual(request.case_state, 'problem')
        self.second_desk.active = True
        request.case_id._retry()
        self.assertIn(self.second_desk, self.task(request, self.second_desk).approver_ids.user_id)

    def test_the_trail_of_a_request_is_whole(self):
        request = self.send(self.make_request())
        self.task(request)._approve()
        self.assertFalse(self.env['pem.event']._first_broken(request.case_id))
