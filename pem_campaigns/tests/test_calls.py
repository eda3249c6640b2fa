from odoo import Command
from odoo.exceptions import UserError

from .common import PemCase


class TestCalls(PemCase):
    """A step calls another process: a case of that one runs for each case, and its outcome counts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.question = cls.make_form(("Remark", 'char'))
        cls.called = cls.make_simple_process(cls.question, name="Security check")

    def make_caller(self, called=None, name="Onboarding", publish=True, flows=(), **values):
        return self.make_process({
            'Start': {'kind': 'start'}, 'Check security': {'kind': 'call', 'call_process_id': (called or self.called).id},
            'Welcome': {'kind': 'todo'}, 'Done': {'kind': 'end', 'end_outcome': "Welcomed"},
            'Refused': {'kind': 'end', 'end_state': 'rejected', 'end_outcome': "Not secure"},
        }, [('Start', 'Check security'), ('Check security', 'Welcome', {'outcome': 'done'}),
            ('Check security', 'Refused', {'outcome': 'rejected'}), ('Welcome', 'Done')], name=name, publish=publish, **values)

    def call(self, *partners, process=None, name="Onboarding", **values):
        return self.launch(self.make_campaign(process or self.make_caller(), *(partners or [self.acme]), name=name, **values))

    def answer(self, case, user=None):
        return self.submit(case, {'remark': "Hello"}, user=user)

    def test_a_case_of_the_called_process_runs_and_the_case_goes_on_when_it_is_done(self):
        case = self.call(date_deadline='2030-05-01')
        child = case.child_ids
        self.assertEqual((child.process_id, child.partner_id, child.user_id, child.company_id, child.campaign_id, str(child.date_deadline)),
                         (self.called, self.acme, case.user_id, case.company_id, self.env['pem.campaign'], '2030-05-01'))
        self.assertEqual(case.waiting_text, f"for “Security check” ({child.name})")
        self.answer(child)
        self.decide(child)
        self.assertEqual(child.state, 'done')
        self.assertTrue(self.open_task(case, 'todo'))
        self.assertEqual(self.story(case), ['started', 'called', 'call_returned'])
        self.assertEqual(self.story(child)[:2], ['called_by', 'started'])
        self.assertFalse(self.env['pem.event']._first_broken(case | child))

    def test_the_partner_finds_the_tasks_of_the_called_process_among_the_others(self):
        child = self.call().child_ids
        task = self.open_task(child)
        self.assertEqual((task.side, task.partner_id, task.title), ('partner', self.acme, "Security check: Answer"))
        self.assertTrue(task.contact_id)

    def test_who_has_the_ball_in_the_called_case_has_it_in_the_one_that_called(self):
        case = self.call()
        self.assertEqual(case.waiting_on, 'partner')
        self.answer(case.child_ids)
        self.assertEqual(case.waiting_on, 'sponsor')

    def test_a_rejection_takes_the_flow_for_it(self):
        case = self.call()
        self.answer(case.child_ids)
        self.decide(case.child_ids, 'reject')
        self.assertEqual((case.state, case.outcome), ('rejected', "Not secure"))

    def test_without_a_flow_for_it_the_case_closes_like_the_one_it_called(self):
        case = self.call()
        case.child_ids.with_user(self.manager).action_cancel()
        self.assertEqual(case.state, 'cancelled')

    def test_cancelling_a_case_cancels_what_it_called(self):
        case = self.call()
        child = case.child_ids
        case.with_user(self.manager).action_cancel()
        self.assertEqual((case.state, child.state), ('cancelled', 'cancelled'))
        self.assertFalse(self.open_task(child))
        self.assertEqual(self.story(case), ['started', 'called', 'cancelled', 'closed'])

    def test_the_version_that_is_published_when_a_case_gets_there_runs(self):
        caller = self.make_caller()
        newer = self.called.with_user(self.manager)._new_version()
        newer._publish()
        self.assertEqual(self.call(process=caller).child_ids.process_id, newer)

    def test_a_process_that_is_called_no_more_stops_the_case_until_it_is_published_again(self):
        caller = self.make_caller()
        self.called.with_user(self.manager).action_retire()
        case = self.call(process=caller)
        self.assertEqual((case.state, case.problem), (
            'problem', "“Check security” could not be carried out: the process that it calls is not published"))
        self.called._new_version()._publish()
        case.with_user(self.manager).action_retry()
        self.assertEqual((case.state, len(case.child_ids)), ('running', 1))

    def test_a_problem_of_the_called_case_is_one_of_the_case_that_called_and_both_are_tried_again_at_once(self):
        called = self.make_process({
            'Start': {'kind': 'start'}, 'Check': {'kind': 'approval', 'approver_kind': 'path', 'approver_path': 'partner_id.user_id'},
            'Done': {'kind': 'end'},
        }, [('Start', 'Check'), ('Check', 'Done', {'outcome': 'approved'})], name="By the salesperson")
        case = self.call(process=self.make_caller(called))
        child = case.child_ids
        self.assertEqual((child.state, case.state), ('problem', 'problem'))
        self.assertEqual(case.problem, f"{child.name}, By the salesperson: {child.problem}")
        self.acme.user_id = self.approver
        case.with_user(self.manager).action_retry()
        self.assertEqual((child.state, case.state, case.waiting_on, case.problem), ('running', 'running', 'sponsor', ''))

    def test_a_called_process_in_which_nobody_acts_returns_at_once(self):
        called = self.make_process({'Start': {'kind': 'start'}, 'Done': {'kind': 'end'}}, [('Start', 'Done')], name="Nothing")
        case = self.call(process=self.make_caller(called))
        self.assertEqual(case.child_ids.state, 'done')
        self.assertTrue(self.open_task(case, 'todo'))

    def test_a_called_process_may_call_another_one(self):
        case = self.call(process=self.make_caller(self.make_caller(name="Middle"), name="Outer"))
        middle = case.child_ids
        inner = middle.child_ids
        self.assertEqual((case.waiting_on, inner._first_case()), ('partner', case))
        self.answer(inner)
        self.decide(inner)
        self.env['pem.task'].browse(self.open_task(middle, 'todo').ids).with_user(self.manager).action_complete()
        self.assertEqual(middle.state, 'done')
        self.assertTrue(self.open_task(case, 'todo'))
        case.with_user(self.manager).action_cancel()

    def test_processes_that_call_each_other_or_none_are_refused(self):
        caller = self.make_caller(name="Outer")
        circular = self.called._new_version()
        step = self.env['pem.process.step'].create(
            {'process_id': circular.id, 'name': "Again", 'kind': 'call', 'call_process_id': caller.id})
        self.assertIn("“Again” calls “Outer”, which calls this process again.", circular._problems())
        step.call_process_id = self.called
        self.assertIn("“Again” calls “Security check”, which calls this process again.", circular._problems())
        step.call_process_id = False
        self.assertIn("“Again” does not say which process it calls.", circular._problems())
        self.called.action_retire()
        step = self.make_caller(publish=False).step_ids[1]
        step.invalidate_recordset()
        self.assertFalse(step.call_process_id)
        self.assertIn("“Check security” calls “Security check”, which is not published.", caller._new_version()._problems())

    def test_a_loop_around_a_process_in_which_nobody_acts_is_refused(self):
        steps = {
            'Start': {'kind': 'start'}, 'Call': {'kind': 'call', 'call_process_id': self.called.id}, 'Again?': {'kind': 'decision'},
            'Done': {'kind': 'end'}}
        flows = [('Start', 'Call'), ('Call', 'Again?'), ('Again?', 'Call', {'condition': "[('partner_id.ref', '=', 'again')]"}), ('Again?', 'Done')]
        self.make_process(steps, flows)
        instant = self.make_process({'Start': {'kind': 'start'}, 'Done': {'kind': 'end'}}, [('Start', 'Done')], name="Nothing")
        steps['Call']['call_process_id'] = instant.id
        with self.assertRaisesRegex(UserError, "“Call” is part of a loop in which a case may never rest"):
            self.make_process(steps, flows)

    def test_who_asked_for_a_case_approves_nothing_in_what_it_calls(self):
        called = self.make_process({
            'Start': {'kind': 'start'}, 'Check': {'kind': 'approval', 'approver_kind': 'user', 'approver_user_ids': [
                Command.set((self.approver | self.second_approver).ids)]}, 'Done': {'kind': 'end'},
        }, [('Start', 'Check'), ('Check', 'Done', {'outcome': 'approved'})], name="Approval")
        case = self.env['pem.case'].sudo().create({
            'process_id': self.make_caller(called).id, 'partner_id': self.acme.id, 'requested_by_id': self.approver.id})
        case._start()
        self.assertEqual(self.open_task(case.child_ids, 'approval').approver_ids.user_id, self.second_approver)

    def test_many_cases_call_with_the_statements_of_a_few(self):
        caller, counts = self.make_caller(), []
        for number in (3, 10, 300):
            partners = self.env['res.partner'].create([
                {'name': f"Of {number}: {one}", 'email': f'p{one}.{number}@example.com'} for one in range(number)])
            campaign = self.make_campaign(caller, *partners, name=f"Call {number}")
            with self.statements() as counter:
                cases = campaign.with_user(self.manager)._rollout(partners)
                self.env.flush_all()
                cases.child_ids._close('done')
            self.assertEqual(len(self.env['pem.task'].search([
                ('case_id', 'in', cases.ids), ('kind', '=', 'todo'), ('state', '=', 'open')])), number)
            counts.append(counter)
        # Each flush writes a hundred trails at a time, and the trails grow in four rounds.
        self.assert_batched(*counts[1:], factor=12)

    def test_a_called_process_cannot_be_deleted(self):
        self.make_caller()
        with self.assertRaisesRegex(UserError, r"“Security check \(v1\)” is called by “Onboarding”"):
            self.called.unlink()


class TestOutcomes(PemCase):
    """The end a case came to says in words what came out of it."""

    def test_cases_are_grouped_by_what_came_out_across_versions(self):
        process = self.make_process({
            'Start': {'kind': 'start'}, 'Renewed': {'kind': 'end', 'end_outcome': "Certificate renewed"},
        }, [('Start', 'Renewed')], name="Renewal")
        first = self.launch(self.make_campaign(process, self.acme, name="First"))
        newer = process._new_version()
        newer._publish()
        second = self.launch(self.make_campaign(newer, self.brown, name="Second"))
        groups = self.env['pem.case'].with_user(self.user).formatted_read_group(
            [('id', 'in', (first | second).ids)], ['outcome'], ['__count'])
        self.assertEqual([(group['outcome'], group['__count']) for group in groups], [("Certificate renewed", 2)])
        self.assertIn("Certificate renewed", first.event_ids[-1].description)

    def test_a_case_that_was_cancelled_came_to_no_end(self):
        case = self.launch()[0]
        case.with_user(self.manager).action_cancel()
        self.assertFalse(case.end_step_id)
        with self.assertRaises(UserError):
            case.with_user(self.manager).write({'end_step_id': False})
