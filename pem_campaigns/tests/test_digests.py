from datetime import datetime, timedelta

from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .test_reminders import DeadlineCase

steady = settings(database=None, deadline=None, derandomize=True, max_examples=25, suppress_health_check=list(HealthCheck))


@tagged('post_install', '-at_install')
class TestDigests(DeadlineCase):
    """What the cap holds back goes out as one message."""

    def cap(self, number):
        self.env['ir.config_parameter'].set_param('pem_campaigns.contact_cap', str(number))

    def ask(self, count, moment='2026-11-24 08:00', process=None, name="Ask"):
        with freeze_time(moment):
            return self.env['pem.case'].union(*(
                self.make_campaign(process or self.process, self.acme, name=f"{name} {number}", date_deadline='2026-12-31')
                ._rollout(self.acme) for number in range(count)))

    def test_what_was_held_back_goes_out_as_one_message_that_lists_everything_open(self):
        self.cap(2)
        cases = self.ask(6)
        self.run_at('2026-11-24 09:00')
        tasks = cases.task_ids
        self.assertEqual(len(tasks.filtered('notice_held')), 4)
        for day in ('2026-11-25 09:00', '2026-11-30 09:00'):
            self.run_at(day)
        self.assertEqual(len(self.mails(tasks)), 2)
        self.run_at('2026-12-01 09:30')
        [digest] = self.mails(tasks)[2:]
        self.assertEqual(set(tasks.mapped('notice_state')), {'sent'})
        self.assertFalse(tasks.filtered('notice_held'))
        self.assertIn("6 requests wait for you", digest.subject)
        for task in tasks:
            self.assertIn(f'/my/requests/{task.id}', digest.body_html)
        self.assertIn("12/31/2026", digest.body_html)
        self.assertEqual(digest.recipient_ids, self.acme_user.partner_id)
        notice = self.env['pem.notice'].search([('contact_id', '=', self.acme_user.partner_id.id)], limit=1)
        self.assertEqual((notice.kind, notice.task_count), ('digest', 6))
        self.assertEqual([self.story(case)[-1] for case in cases], ['notified'] * 6)
        self.assertIn("told in one message with others", cases[5].event_ids[-1].description)
        # It counts as one, so there is room for one more.
        one, two = self.ask(2, '2026-12-01 10:00', name="More").task_ids
        self.run_at('2026-12-01 11:00')
        self.assertEqual((one.notice_state, two.notice_state), ('sent', 'queued'))

    def test_messages_that_are_no_requests_are_part_of_the_digest(self):
        self.cap(1)
        template = self.env.ref('pem_campaigns.mail_template_task_request').copy({
            'subject': "Welcome {{ object.partner_id.name }}", 'body_html': '<p>Glad to have you.</p>'})
        hello = self.make_process(
            {'Start': {'kind': 'start'}, 'Hello': {'kind': 'message', 'mail_template_id': template.id}, 'Done': {'kind': 'end'}},
            [('Start', 'Hello'), ('Hello', 'Done')], name="Hello")
        self.ask(1, name="First")
        self.run_at('2026-11-24 09:00')
        tasks = self.ask(1, process=hello, name="Hello").task_ids | self.ask(1, name="Second").task_ids
        self.run_at('2026-11-25 09:00')
        self.run_at('2026-12-02 09:00')
        [digest] = self.mails(tasks)
        self.assertIn("2 requests wait for you", digest.subject)
        self.assertIn("Glad to have you.", digest.body_html)
        self.assertIn(f"Welcome {self.acme.name}", digest.body_html.replace('&amp;', '&'))
        self.assertEqual(set(tasks.mapped('notice_state')), {'sent'})

    def test_messages_alone_make_a_digest_as_well(self):
        self.env['ir.config_parameter'].set_param('pem_campaigns.merge_messages', 'True')
        template = self.env.ref('pem_campaigns.mail_template_task_request').copy({
            'subject': "News of {{ object.case_id.title }}", 'body_html': '<p>Have a look.</p>'})
        hello = self.make_process(
            {'Start': {'kind': 'start'}, 'Hello': {'kind': 'message', 'mail_template_id': template.id}, 'Done': {'kind': 'end'}},
            [('Start', 'Hello'), ('Hello', 'Done')], name="Hello")
        tasks = self.ask(2, process=hello, name="Hello").task_ids
        self.run_at('2026-11-24 09:00')
        [digest] = self.mails(tasks)
        self.assertIn("2 messages for you", digest.subject)
        self.assertIn("News of Hello 1", digest.body_html)
        self.assertNotIn("waits for you", digest.body_html)

    def test_messages_of_one_run_are_merged_when_the_settings_say_so(self):
        self.env['res.config.settings'].create({'pem_merge_messages': True}).set_values()
        tasks = self.ask(3).task_ids
        self.run_at('2026-11-24 09:00')
        self.assertEqual(len(self.mails(tasks)), 1)
        self.assertEqual(set(tasks.mapped('notice_state')), {'sent'})

    def test_corrections_go_out_at_once_and_count(self):
        self.cap(1)
        [case] = self.ask(1)
        self.run_at('2026-11-24 09:00')
        with freeze_time('2026-11-24 10:00'):
            self.submit(case)
            self.mark(case, 'phone', "With country code")
            self.decide(case, 'send_back')
        self.run_at('2026-11-24 11:00')
        self.assertEqual(self.open_task(case).notice_state, 'sent')
        [other] = self.ask(1, '2026-11-30 10:00', name="Other").task_ids
        for moment, state in (('2026-12-01 09:30', 'queued'), ('2026-12-01 11:30', 'sent')):
            self.run_at(moment)
            self.assertEqual(other.notice_state, state)

    def test_a_reminder_counts_like_any_message(self):
        self.cap(2)
        process = self.make({'reminder_ids': [self.reminder(1, 'opened', repeat_days=1, times=4)]})
        case = self.start(process)
        for day in range(24, 31):
            self.run_at(f'2026-11-{day} 09:00')
        self.assertEqual(len(self.mails(case.task_ids)), 2)
        self.assertTrue(self.open_task(case).notice_held)
        with freeze_time('2026-11-30 09:00'):
            campaign = self.make_campaign(self.process, self.acme, name="Crowded")
            self.assertEqual(campaign._find_left_out(self.acme), {self.acme: 'over_cap'})

    def test_a_digest_is_written_in_the_language_of_the_contact(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.acme_user.partner_id.lang = 'fr_FR'
        self.env['ir.config_parameter'].set_param('pem_campaigns.merge_messages', 'True')
        self.env.ref('pem_campaigns.mail_template_task_digest').with_context(lang='fr_FR').subject = "Demandes"
        tasks = self.ask(2).task_ids
        self.run_at('2026-11-24 09:00')
        self.assertEqual(self.mails(tasks).subject, "Demandes")

    @steady
    @given(st.integers(1, 3), st.booleans(), st.lists(st.tuples(
        st.integers(0, 40), st.sampled_from(('ask', 'ask', 'remind', 'answer', 'run', 'run', 'back'))), min_size=3, max_size=25))
    def test_no_contact_ever_gets_more_than_the_cap_in_any_seven_days(self, cap, merges, happenings):
        with self.env.cr.savepoint() as savepoint:
            self.cap(cap)
            self.env['ir.config_parameter'].set_param('pem_campaigns.merge_messages', str(merges))
            now = datetime(2026, 11, 24, 8)
            template = self.campaign.copy({'name': "Random"})
            cases = self.env['pem.case']
            with freeze_time(now):
                cases = template._rollout(self.acme | self.brown)
            for hours, what in happenings:
                now += timedelta(hours=hours if what != 'back' else -hours)
                with freeze_time(now):
                    tasks = cases.task_ids.filtered(lambda task: task.state == 'open' and task.kind == 'form')
                    if what == 'ask':
                        cases |= template.copy({'name': f"Random {len(cases)}"})._rollout(self.acme | self.brown)
                    elif what == 'remind':
                        tasks.filtered(lambda task: task.notice_state == 'sent').write({'notice_state': 'queued'})
                    elif what == 'answer' and tasks:
                        self.submit(tasks[0].case_id)
                    else:
                        self.env['pem.task']._send_queued_to((self.acme_user | self.brown_user).partner_id)
            notices = self.env['pem.notice'].search([('task_id', 'in', cases.task_ids.ids)], order='date, id')
            for contact, some in notices.grouped('contact_id').items():
                dates = some.mapped('date')
                for first, over in zip(dates, dates[cap:], strict=False):
                    self.assertGreaterEqual(over - first, timedelta(days=7), (contact, dates))
            savepoint.rollback()
        self.env.invalidate_all()

    def test_300_digests_take_the_statements_of_10(self):
        counts = []
        self.env['ir.config_parameter'].set_param('pem_campaigns.merge_messages', 'True')
        for size in (3, 10, 300):
            partners = self.env['res.partner'].create([
                {'name': f'D{n}', 'email': f'd{size}-{n}@example.com', 'lang': 'en_US'} for n in range(size)])
            cases = self.env['pem.case'].union(*(
                self.launch(self.make_campaign(self.process, *partners, name=f"Digest {size} {number}")) for number in range(2)))
            contacts = cases.task_ids.contact_id
            with self.statements() as counter:
                self.env['pem.task']._send_queued_to(contacts)
            counts.append(counter)
            self.assertEqual(len(self.mails(cases.task_ids)), size)
        more = {text: (counts[1][text], count) for text, count in counts[2].items() if count > counts[1][text] + 25}
        self.assertFalse(more)
