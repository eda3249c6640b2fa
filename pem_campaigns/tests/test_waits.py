import doctest
import json

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from ..engine import wakes
from .common import PemCase


class WaitWorld(PemCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env['resource.calendar'].create({'name': "Berlin", 'tz': 'Europe/Berlin', 'company_id': False})
        cls.company.resource_calendar_id = cls.calendar
        cls.company.resource_calendar_id.tz = 'Europe/Berlin'

    def make_waiting(self, name="Waiting", partners=None, publish=True, **wait):
        """Return the running cases of a process that waits and ends."""
        process = self.make_process({
            'Start': {'kind': 'start'}, 'Wait': {'kind': 'wait', **wait}, 'Done': {'kind': 'end'},
        }, [('Start', 'Wait'), ('Wait', 'Done')], name=name, publish=publish)
        if not publish:
            return process
        return self.launch(self.make_campaign(process, *(partners or [self.acme]), name=name))

    def wait_of(self, case):
        return self.open_task(case, 'wait')

    def run_cron(self, name='wake'):
        with self.enter_registry_test_mode():
            self.env.ref(f'pem_campaigns.ir_cron_{name}').method_direct_trigger()
        self.env.invalidate_all()

    def assertWakes(self, case, moment):
        self.assertEqual(fields.Datetime.to_string(self.wait_of(case).wake_date), moment)


class TestWaits(WaitWorld):
    """Cases wait for days, for a date, or for a form; and go on by themselves."""

    def test_the_rules_of_waking_hold(self):
        result = doctest.testmod(wakes)
        self.assertTrue(result.attempted)
        self.assertFalse(result.failed)

    def test_a_case_waits_for_working_days_at_the_same_time_of_day(self):
        with freeze_time('2026-11-19 13:30:00'):  # a Thursday
            case = self.make_waiting(wait_days=2)
            self.assertWakes(case, '2026-11-23 13:30:00')
            self.assertEqual(case.waiting_on, 'system')
        with freeze_time('2026-11-23 13:29:00'):
            self.run_cron()
            self.assertEqual(case.state, 'running')
        with freeze_time('2026-11-23 13:30:00'):
            self.run_cron()
        self.assertEqual(case.state, 'done')
        self.assertEqual(self.story(case), ['started', 'woke', 'closed'])

    def test_calendar_days_count_the_weekend(self):
        with freeze_time('2026-11-19 13:30:00'):
            self.assertWakes(self.make_waiting(wait_days=2, wait_unit='calendar'), '2026-11-21 13:30:00')

    def test_a_wait_has_working_hours_of_its_own(self):
        calendar = self.env['resource.calendar'].create({
            'name': "Sundays", 'tz': 'Asia/Tokyo', 'attendance_ids': [Command.create(
                {'name': "Sunday", 'dayofweek': '6', 'hour_from': 8, 'hour_to': 12})]})
        with freeze_time('2026-11-19 13:30:00'):  # 22:30 in Tokyo
            self.assertWakes(self.make_waiting(wait_days=2, wait_calendar_id=calendar.id), '2026-11-29 13:30:00')

    def test_public_holidays_are_no_working_days(self):
        self.env['resource.calendar.leaves'].create({
            'name': "Holiday", 'calendar_id': self.calendar.id, 'time_type': 'leave',
            'date_from': '2026-11-19 23:00:00', 'date_to': '2026-11-20 23:00:00'})
        with freeze_time('2026-11-19 13:30:00'):
            self.assertWakes(self.make_waiting(wait_days=1), '2026-11-23 13:30:00')

    def test_a_wait_across_the_change_of_the_clock_ends_at_the_same_time_of_day(self):
        with freeze_time('2026-03-27 09:30:00'):  # 10:30 in winter
            self.assertWakes(self.make_waiting("Spring", wait_days=1), '2026-03-30 08:30:00')
            self.assertWakes(self.make_waiting("Spring, every day", wait_days=2, wait_unit='calendar'), '2026-03-29 08:30:00')
        with freeze_time('2026-10-23 08:30:00'):  # 10:30 in summer
            self.assertWakes(self.make_waiting("Autumn", wait_days=1), '2026-10-26 09:30:00')

    def test_a_clock_that_is_set_back_wakes_nobody_twice(self):
        with freeze_time('2026-11-19 13:30:00'):
            case = self.make_waiting(wait_days=1)
        for moment in ('2026-11-20 13:31:00', '2026-11-20 13:00:00', '2026-11-20 13:31:00'):
            with freeze_time(moment):
                self.run_cron()
        self.assertEqual(self.story(case), ['started', 'woke', 'closed'])
        self.assertFalse(self.env['pem.event']._first_broken(case))

    def test_waits_that_end_together_are_looked_after_in_one_run_at_that_time(self):
        partners = self.env['res.partner'].create([{'name': f"Partner {number}", 'email': f'p{number}@example.com'} for number in range(20)])
        cron = self.env.ref('pem_campaigns.ir_cron_wake')
        self.env['ir.cron.trigger'].search([('cron_id', '=', cron.id)]).unlink()
        with freeze_time('2026-11-19 13:31:00'):
            self.make_waiting(wait_days=1, partners=partners)
            self.make_waiting("Another", wait_days=1)
        triggers = self.env['ir.cron.trigger'].search([('cron_id', '=', cron.id)])
        self.assertEqual(triggers.mapped(lambda one: str(one.call_at)), ['2026-11-20 13:35:00'])

    def test_waiting_and_waking_cost_the_same_statements_for_ten_and_for_three_hundred(self):
        counts = []
        for number in (3, 10, 300):
            partners = self.env['res.partner'].create([{'name': f"Of {number}: {one}"} for one in range(number)])
            process = self.make_waiting(f"Wait of {number}", publish=False, wait_days=1)
            process._publish()
            campaign = self.make_campaign(process, *partners, name=f"Wait of {number}")
            with self.statements() as counter:
                with freeze_time('2026-11-19 13:30:00'):
                    cases = campaign.with_user(self.manager)._rollout(partners)
                    self.env.flush_all()
                with freeze_time('2026-11-20 13:30:00'):
                    cases.sudo()._wake()
            self.assertEqual(set(cases.mapped('state')), {'done'})
            counts.append(counter)
        self.assert_batched(*counts[1:], factor=5)

    # Dates

    def test_a_case_waits_until_some_days_before_a_date_on_its_record(self):
        with freeze_time('2026-11-02 13:30:00'):
            process = self.make_waiting(publish=False, wait_for='date', wait_path='date_deadline', wait_when='before', wait_days=3)
            process._publish()
            campaign = self.make_campaign(process, self.acme, date_deadline='2026-12-01')  # a Tuesday
            case = self.launch(campaign)
            self.assertWakes(case, '2026-11-26 07:00:00')
            self.assertEqual(case.with_context(tz='Europe/Berlin').waiting_text.replace('\u202f', ' '),
                             "until November 26, 2026, 8:00 AM, because of “Due”")

    def test_on_a_date_means_when_that_day_begins_where_people_work(self):
        with freeze_time('2026-06-02 13:30:00'):
            process = self.make_waiting(publish=False, wait_for='date', wait_path='date_deadline')
            process._publish()
            case = self.launch(self.make_campaign(process, self.acme, date_deadline='2026-07-05'))
            self.assertWakes(case, '2026-07-04 22:00:00')

    def test_a_date_that_is_past_is_not_waited_for(self):
        with freeze_time('2026-11-02 13:30:00'):
            process = self.make_waiting(publish=False, wait_for='date', wait_path='partner_id.create_date', wait_when='before', wait_days=1)
            process._publish()
        with freeze_time('2027-11-02 13:30:00'):
            case = self.launch(self.make_campaign(process, self.acme))
        self.assertEqual(self.story(case), ['started', 'not_waited', 'closed'])

    def test_a_case_without_the_date_stops_with_a_reason_and_goes_on_when_it_is_there(self):
        with freeze_time('2026-11-02 13:30:00'):
            case = self.make_waiting(wait_for='date', wait_path='date_deadline')
            self.assertEqual(case.state, 'problem')
            self.assertEqual(case.problem, "“Wait” waits for a date, but “Due” is empty.")
            case.with_user(self.manager).date_deadline = '2026-12-01'
            case.with_user(self.manager).action_retry()
            self.assertEqual(case.state, 'running')
            self.assertWakes(case, '2026-11-30 23:00:00')

    def test_a_date_in_an_attribute_of_the_partner_is_waited_for(self):
        valid = self.make_attribute("Certificate until", 'date')
        self.acme.properties = {valid.technical_name: '2027-03-01'}
        with freeze_time('2026-11-02 13:30:00'):
            process = self.make_waiting(
                publish=False, wait_for='date', wait_path=f'partner_id.properties.{valid.technical_name}',
                wait_when='before', wait_days=60, wait_unit='calendar')
            process._publish()
            case, other = self.launch(self.make_campaign(process, self.acme, self.brown)).sorted('partner_id')
            self.assertWakes(case, '2026-12-30 23:00:00')
            self.assertIn("because of “Partner › Certificate until”", case.waiting_text)
            self.assertEqual(other.state, 'problem')

    def test_an_answer_that_is_a_date_is_waited_for(self):
        form = self.make_form(("Valid until", 'date'))
        process = self.make_process({
            'Start': {'kind': 'start'}, 'Ask': {'kind': 'form', 'form_id': form.id},
            'Wait': {'kind': 'wait', 'wait_for': 'date', 'wait_path': 'answers.valid_until'}, 'Done': {'kind': 'end'},
        }, [('Start', 'Ask'), ('Ask', 'Wait'), ('Wait', 'Done')])
        with freeze_time('2026-11-02 13:30:00'):
            case = self.launch(self.make_campaign(process, self.acme))
            self.submit(case, {'valid_until': '2027-03-01'})
            self.assertWakes(case, '2027-02-28 23:00:00')
            self.assertIn("because of “Valid until”", case.waiting_text)

    def test_who_moves_the_date_moves_the_wait(self):
        with freeze_time('2026-11-02 13:30:00'):
            process = self.make_waiting(publish=False, wait_for='date', wait_path='date_deadline')
            process._publish()
            case = self.launch(self.make_campaign(process, self.acme, date_deadline='2026-12-01'))
            case.with_user(self.manager).date_deadline = '2026-11-10'
            self.assertWakes(case, '2026-11-09 23:00:00')
            self.env.flush_all()
            self.env.cr.execute("UPDATE pem_case SET date_deadline = '2026-11-12' WHERE id = %s", [case.id])
            self.env.invalidate_all()
            self.run_cron('reckon')
            self.assertWakes(case, '2026-11-11 23:00:00')

    def test_a_date_that_was_moved_unnoticed_is_looked_at_when_the_wait_is_over(self):
        with freeze_time('2026-11-02 13:30:00'):
            process = self.make_waiting(publish=False, wait_for='date', wait_path='date_deadline')
            process._publish()
            later, gone = self.launch(self.make_campaign(process, self.acme, self.brown, date_deadline='2026-11-10'))
            self.env.flush_all()
            self.env.cr.execute("UPDATE pem_case SET date_deadline = '2026-11-20' WHERE id = %s", [later.id])
            self.env.flush_all()
            self.env.cr.execute("UPDATE pem_case SET date_deadline = NULL WHERE id = %s", [gone.id])
            self.env.invalidate_all()
        with freeze_time('2026-11-10 00:00:00'):
            self.run_cron()
            self.assertWakes(later, '2026-11-19 23:00:00')
            self.assertEqual((later.state, gone.state), ('running', 'problem'))

    # A form to be sent in

    def make_branches(self, **wait):
        form = self.make_form(("Remark", 'char'))
        process = self.make_process({
            'Start': {'kind': 'start'}, 'Both': {'kind': 'split'},
            'Ask': {'kind': 'form', 'form_id': form.id},
            'Wait': {'kind': 'wait', 'wait_for': 'submission', **wait},
            'Prepare': {'kind': 'todo'}, 'Join': {'kind': 'join'}, 'Done': {'kind': 'end'},
        }, [('Start', 'Both'), ('Both', 'Ask'), ('Both', 'Wait'), ('Wait', 'Prepare'), ('Ask', 'Join'), ('Prepare', 'Join'),
            ('Join', 'Done')], publish=False)
        steps = {step.name: step for step in process.step_ids}
        steps['Wait'].wait_step_id = steps['Ask']
        return process

    def test_a_branch_waits_until_a_form_of_another_one_is_sent_in(self):
        process = self.make_branches()
        process._publish()
        case = self.launch(self.make_campaign(process, self.acme))
        self.assertEqual(case.waiting_text, "for “Ask” to be sent in")
        self.submit(case, {'remark': "Hello"})
        self.assertFalse(self.wait_of(case))
        self.assertTrue(self.open_task(case, 'todo'))

    def test_a_copy_of_the_process_waits_for_the_form_of_the_copy(self):
        copy = self.make_branches().copy()
        wait = copy.step_ids.filtered(lambda step: step.kind == 'wait')
        self.assertEqual(wait.wait_step_id, copy.step_ids.filtered(lambda step: step.kind == 'form'))

    def test_who_waits_too_long_for_a_form_gives_up(self):
        process = self.make_branches(expire_days=2, expire_from='opened')
        steps = {step.name: step for step in process.step_ids}
        self.env['pem.process.flow'].create({
            'process_id': process.id, 'source_id': steps['Wait'].id, 'target_id': steps['Prepare'].id, 'outcome': 'expired'})
        process._publish()
        with freeze_time('2026-11-19 13:30:00'):
            case = self.launch(self.make_campaign(process, self.acme))
            self.assertIn("at the latest until", case.waiting_text)
        with freeze_time('2026-11-24 00:00:00'):
            self.run_cron('keep_deadlines')
        self.assertFalse(self.wait_of(case))
        self.assertTrue(self.open_task(case, 'todo'))
        self.assertTrue(self.open_task(case, 'form'))

    # Definitions, and hands

    def test_a_wait_that_could_never_end_is_refused(self):
        for wait, problem in (
            ({'wait_days': 0}, "“Wait” does not say how long to wait."),
            ({'wait_for': 'date', 'wait_path': 'partner_id.name'}, "“Wait” waits for a date in “partner_id.name”, which leads to none."),
            ({'wait_for': 'date', 'wait_path': 'answers.nothing'}, "“Wait” waits for a date in “answers.nothing”, which leads to none."),
            ({'wait_for': 'submission'}, "“Wait” does not say for which form to wait."),
        ):
            with self.subTest(problem):
                self.assertEqual(self.make_waiting(publish=False, **wait)._problems(), [problem])

    def test_a_loop_in_which_only_a_date_is_waited_for_is_refused(self):
        steps = {'Start': {'kind': 'start'}, 'Wait': {'kind': 'wait'}, 'Again?': {'kind': 'decision'}, 'Done': {'kind': 'end'}}
        flows = [('Start', 'Wait'), ('Wait', 'Again?'), ('Again?', 'Wait', {'condition': "[('partner_id.ref', '=', 'again')]"}), ('Again?', 'Done')]
        self.make_process(steps, flows)
        # A date that is past is not waited for, so the case would go round and round.
        steps['Wait'] |= {'wait_for': 'date', 'wait_path': 'date_deadline'}
        with self.assertRaisesRegex(UserError, "“Wait” is part of a loop in which a case may never rest"):
            self.make_process(steps, flows)

    def test_a_wait_gives_up_without_telling_the_partner(self):
        with freeze_time('2026-11-19 13:30:00'):
            case = self.make_waiting(wait_for='hook', expire_days=2, expire_from='opened')
        with freeze_time('2026-11-24 00:00:00'):
            self.run_cron('keep_deadlines')
        self.assertEqual(case.state, 'cancelled')
        self.assertEqual(self.story(case), ['started', 'gave_up', 'closed'])

    def test_a_form_that_comes_only_after_the_wait_is_refused(self):
        process = self.make_process({
            'Start': {'kind': 'start'}, 'Wait': {'kind': 'wait', 'wait_for': 'submission'},
            'Ask': {'kind': 'form', 'form_id': self.form.id}, 'Done': {'kind': 'end'},
        }, [('Start', 'Wait'), ('Wait', 'Ask'), ('Ask', 'Done')], publish=False)
        process.step_ids[1].wait_step_id = process.step_ids[2]
        self.assertIn("“Wait” waits for “Ask”, which a case gets to only afterwards.", process._problems())

    def test_a_manager_ends_a_wait_by_hand_and_nobody_else_does(self):
        case = self.make_waiting(wait_days=5)
        with self.assertRaises(UserError):
            self.wait_of(case).with_user(self.user).action_go_on()
        self.wait_of(case).with_user(self.manager).action_go_on()
        self.assertEqual(self.story(case), ['started', 'woken_by_hand', 'closed'])


@tagged('post_install', '-at_install')
class TestHooks(WaitWorld, HttpCase):
    """Another system reports that something happened, and the case goes on: once."""

    def setUp(self):
        super().setUp()
        self.case = self.make_waiting(wait_for='hook')
        self.url = self.wait_of(self.case).hook_url

    def post(self, url=None, body=b'{"order": 7}', **headers):
        return self.url_open(
            url or self.url, data=body, headers={'Content-Type': 'application/json', **headers}, method='POST')

    def test_a_report_sends_the_case_on_and_is_kept(self):
        response = self.post()
        self.assertEqual((response.status_code, response.json()), (200, {'status': 'received'}))
        self.assertEqual(self.case.state, 'done')
        event = self.case.event_ids.filtered(lambda one: one.kind == 'hook_received')
        self.assertEqual(json.loads(event.payload)['payload'], {'order': 7})
        self.assertEqual(event.actor, "Another system")
        self.assertIn('"order":7', event.description)

    def test_the_second_report_does_nothing(self):
        self.post()
        response = self.post()
        self.assertEqual((response.status_code, response.json()), (200, {'status': 'already received'}))
        self.assertEqual(self.story(self.case).count('hook_received'), 1)

    def test_what_we_never_handed_out_is_not_found(self):
        other = self.make_waiting("Cancelled", wait_for='hook')
        gone = other.hook_url
        other.with_user(self.manager).action_cancel()
        answers = {(response.status_code, response.text) for response in (
            self.post(self.url[:-1] + ('A' if self.url[-1] != 'A' else 'B')), self.post('/pem/hook/nonsense'),
            self.post('/pem/hook/%C3%A4'), self.post(gone))}
        self.assertEqual(answers, {(404, '{"status": "not found"}')})
        self.assertEqual(self.case.state, 'running')

    def test_a_renewed_address_replaces_the_old_one(self):
        with self.assertRaises(AccessError):
            self.case.with_user(self.user).action_renew_hook()
        self.case.with_user(self.manager).action_renew_hook()
        self.env.invalidate_all()
        renewed = self.case.hook_url
        self.assertNotEqual(renewed, self.url)
        self.assertEqual(self.post().status_code, 404)
        self.assertEqual(self.case.state, 'running')
        self.assertEqual(self.post(renewed).json(), {'status': 'received'})
        self.assertEqual(self.story(self.case), ['started', 'hook_renewed', 'hook_received', 'closed'])

    def test_a_report_that_is_too_large_is_refused_and_the_case_waits_on(self):
        self.env['ir.config_parameter'].set_param('pem_campaigns.hook_limit', '100')
        self.assertEqual(self.post(body=b'x' * 101).status_code, 413)
        self.assertEqual(self.case.state, 'running')
        self.assertEqual(self.post(body=b'x' * 100).status_code, 200)

    def test_whatever_is_sent_can_be_kept(self):
        bodies = (b'', b'\xff\x00\xfe', b'{"a": NaN}', b'["\\ud800"]', b'[' * 5000, b'{"a": "\\u0000"}', b'12', b'9' * 5000, b'{"a": 1e999}')
        for number, body in enumerate(bodies):
            with self.subTest(body[:20]):
                case = self.make_waiting(f"Body {number}", wait_for='hook')
                self.assertEqual(self.post(case.hook_url, body).json(), {'status': 'received'})
                self.env.invalidate_all()
                self.assertTrue(all(case.event_ids.mapped('description')))
                self.assertFalse(self.env['pem.event']._first_broken(case))

    def test_a_form_is_as_good_as_json(self):
        self.assertEqual(self.url_open(self.url, data={'order': '8'}).json(), {'status': 'received'})
        event = self.case.event_ids.filtered(lambda one: one.kind == 'hook_received')
        self.assertEqual(json.loads(event.payload)['payload'], {'order': '8'})

    def test_only_a_post_is_a_report(self):
        self.assertEqual(self.url_open(self.url).status_code, 405)
        self.assertEqual(self.case.state, 'running')

    def test_in_a_loop_the_key_of_a_report_tells_a_repetition_from_a_new_one(self):
        process = self.make_process({
            'Start': {'kind': 'start'}, 'Wait': {'kind': 'wait', 'wait_for': 'hook'}, 'Check': {'kind': 'approval'}, 'Done': {'kind': 'end'},
        }, [('Start', 'Wait'), ('Wait', 'Check'), ('Check', 'Wait', {'outcome': 'rejected'}), ('Check', 'Done', {'outcome': 'approved'})])
        case = self.launch(self.make_campaign(process, self.acme, name="Loop"))
        url = case.hook_url
        self.assertEqual(self.post(url, **{'Idempotency-Key': 'one'}).json(), {'status': 'received'})
        self.env.invalidate_all()
        self.decide(case, 'reject', user=self.manager)
        self.assertTrue(self.wait_of(case))
        self.assertEqual(self.post(url, **{'Idempotency-Key': 'one'}).json(), {'status': 'already received'})
        self.assertEqual(self.post(url, **{'Idempotency-Key': 'two'}).json(), {'status': 'received'})

    def test_the_address_is_known_before_the_case_gets_to_the_wait(self):
        form = self.make_form(("Remark", 'char'))
        process = self.make_process({
            'Start': {'kind': 'start'}, 'Ask': {'kind': 'form', 'form_id': form.id},
            'Wait': {'kind': 'wait', 'wait_for': 'hook'}, 'Done': {'kind': 'end'},
        }, [('Start', 'Ask'), ('Ask', 'Wait'), ('Wait', 'Done')], name="Later")
        case = self.launch(self.make_campaign(process, self.acme, name="Later"))
        url = self.open_task(case)._hook_url()
        self.assertEqual(self.post(url).status_code, 404)
        self.submit(case, {'remark': "Hello"})
        self.assertEqual(url, case.hook_url)
        self.assertEqual(self.post(url).status_code, 200)
        with self.assertRaises(UserError):
            self.launch()[0]._hook_url()
