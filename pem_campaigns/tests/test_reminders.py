from datetime import datetime, timedelta

from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PemCase

steady = settings(database=None, deadline=None, derandomize=True, max_examples=25, suppress_health_check=list(HealthCheck))


class DeadlineCase(PemCase):
    """The world on a Tuesday morning in Berlin, and processes in which something happens by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = 'Europe/Berlin'
        cls.question = cls.make_form(("Amount", 'integer'))

    def run_at(self, moment, *crons):
        """Let the clock run at a moment, then send what it queued."""
        with freeze_time(moment), self.enter_registry_test_mode():
            for cron in crons or ('keep_deadlines', 'send_notices'):
                self.env.ref(f'pem_campaigns.ir_cron_{cron}').method_direct_trigger()
        self.env.invalidate_all()

    def make(self, form=None, check=None, flows=(), name="Slow", **steps):
        return self.make_process({
            'Start': {'kind': 'start'},
            'Answer': {'kind': 'form', 'form_id': self.question.id, 'deadline_days': 3, **(form or {})},
            'Check': {'kind': 'approval', 'approver_kind': 'user', 'approver_user_ids': [Command.set(self.approver.ids)],
                      'deadline_days': 2, **(check or {})},
            'Done': {'kind': 'end'}, **steps,
        }, [('Start', 'Answer'), ('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'}), *flows], name=name)

    def start(self, process, *partners, moment='2026-11-24 08:00'):
        with freeze_time(moment):
            return self.launch(self.make_campaign(process, *(partners or [self.acme]), name=process.name))

    def mails(self, tasks):
        return self.env['mail.mail'].search([('model', '=', 'pem.task'), ('res_id', 'in', tasks.ids)], order='id')

    @staticmethod
    def reminder(days, when='after', **values):
        return Command.create({'days': days, 'when': when, **values})


@tagged('post_install', '-at_install')
class TestReminders(DeadlineCase):
    """Whoever does not act is reminded, in working days, and not too often."""

    def test_a_partner_is_reminded_before_and_after_the_deadline_and_no_more_than_said(self):
        case = self.start(self.make({'reminder_ids': [
            self.reminder(1, 'before'), self.reminder(1, 'after', repeat_days=2, times=3)]}))
        task = self.open_task(case)
        # Opened on Tuesday, due on Friday.
        self.assertEqual(str(task.date_deadline), '2026-11-27')
        told = []
        for day in range(30):
            for hour in (4, 6, 9, 15):
                self.run_at(datetime(2026, 11, 24, hour) + timedelta(days=day))
                told += [f'{mail.date:%a %d}' for mail in self.mails(task)[len(told):]]
        # The request, Thursday, then Monday, Wednesday, Friday.
        self.assertEqual(told, ['Tue 24', 'Thu 26', 'Mon 30', 'Wed 02', 'Fri 04'])
        self.assertEqual(self.story(case), ['started', 'notified'] + ['reminded'] * 4)
        self.assertEqual((task.reminder_count, task.reminder_date, task.notice_state), (4, False, 'sent'))
        last = self.mails(task)[-1]
        self.assertEqual(last.subject, "Reminder: Slow")
        self.assertIn("It was due on", last.body_html)
        self.assertEqual(last.recipient_ids, self.acme_user.partner_id)
        self.assertIn(f"Reminder of “Answer” sent to {self.acme_user.email_normalized}", case.event_ids.mapped('description'))

    def test_reminders_come_when_work_begins_and_never_on_a_day_off(self):
        self.env['resource.calendar.leaves'].create({
            'name': "Holiday", 'calendar_id': self.company.resource_calendar_id.id,
            'date_from': '2026-11-25 23:00', 'date_to': '2026-11-26 22:59'})
        task = self.open_task(self.start(self.make({'reminder_ids': [self.reminder(2, 'opened')]})))
        # Wednesday, not Thursday, Friday: work begins at eight in Berlin.
        self.assertEqual(str(task.reminder_date), '2026-11-27 07:00:00')

    def test_clocks_that_change_do_not_move_the_hour(self):
        task = self.open_task(self.start(self.make({'reminder_ids': [self.reminder(1, 'opened')]}), moment='2026-10-23 08:00'))
        self.assertEqual(str(task.reminder_date), '2026-10-26 07:00:00')
        task = self.open_task(self.start(
            self.make({'reminder_ids': [self.reminder(1, 'opened')]}, name="Spring"), moment='2026-03-26 08:00'))
        self.assertEqual(str(task.reminder_date), '2026-03-27 07:00:00')

    def test_a_clock_that_is_set_back_doubles_nothing(self):
        case = self.start(self.make({'reminder_ids': [self.reminder(1, 'opened', repeat_days=1, times=2)]}))
        task = self.open_task(case)
        for moment in ('2026-11-24 09:00', '2026-11-25 09:00', '2026-11-24 09:00', '2026-11-25 09:00', '2026-11-25 12:00'):
            self.run_at(moment)
        self.assertEqual(self.story(case), ['started', 'notified', 'reminded'])
        self.run_at('2026-11-26 09:00')
        self.assertEqual(task.reminder_count, 2)

    def test_a_holiday_that_is_added_later_doubles_nothing(self):
        case = self.start(self.make({'reminder_ids': [self.reminder(1, 'opened')]}))
        self.run_at('2026-11-25 09:00')
        self.env['resource.calendar.leaves'].create({
            'name': "Holiday", 'calendar_id': self.company.resource_calendar_id.id,
            'date_from': '2026-11-24 23:00', 'date_to': '2026-11-25 22:59'})
        self.run_at('2026-11-26 09:00')
        self.assertEqual(self.open_task(case).reminder_count, 0)   # It went out with the request, which was queued still.
        self.assertEqual(len(self.mails(case.task_ids)), 1)

    def test_who_has_answered_is_not_reminded_even_when_it_was_queued(self):
        case = self.start(self.make({'reminder_ids': [self.reminder(1, 'opened')]}))
        self.run_at('2026-11-24 09:00')
        self.run_at('2026-11-25 09:00', 'keep_deadlines')
        task = self.open_task(case)
        self.assertEqual((task.notice_state, task.reminder_id), ('queued', task.step_id.reminder_ids))
        with freeze_time('2026-11-25 09:10'):
            self.submit(case, {'amount': '5'})
        self.run_at('2026-11-25 09:20')
        self.assertEqual((len(self.mails(task)), task.notice_state, task.reminder_id.id), (1, 'sent', False))

    def test_while_the_request_is_held_back_it_is_the_reminder(self):
        self.env['ir.config_parameter'].set_param('pem_campaigns.contact_cap', '1')
        process = self.make({'reminder_ids': [self.reminder(1, 'opened')]})
        self.start(self.process, self.acme)
        case = self.start(process)
        for day in (24, 25, 26, 30):
            self.run_at(f'2026-11-{day} 09:00')
        self.assertEqual(self.open_task(case).notice_state, 'queued')
        self.run_at('2026-12-02 09:00')
        self.assertEqual(self.story(case), ['started', 'notified'])

    def test_a_colleague_gets_one_message_about_all_that_is_due_and_each_of_several_gets_one(self):
        process = self.make(check={
            'approver_user_ids': [Command.set((self.approver | self.second_approver).ids)], 'approval_rule': 'one',
            'reminder_ids': [self.reminder(1, 'opened', repeat_days=1, times=5)]})
        cases = self.start(process, self.acme, self.brown)
        with freeze_time('2026-11-24 10:00'):
            for case in cases:
                self.submit(case, {'amount': '5'})
        tasks = self.env['pem.task'].union(*(self.open_task(case, 'approval') for case in cases))
        self.run_at('2026-11-25 09:00')
        mails = self.mails(tasks)
        self.assertEqual(mails.mapped('recipient_ids'), (self.approver | self.second_approver).partner_id)
        self.assertEqual(mails.mapped('subject'), ["Reminder: 2 tasks wait for you"] * 2)
        for task in tasks:
            self.assertIn(f'/odoo/pem.task/{task.id}', mails[0].body_html)
        self.assertIn("Hello Anna Approver", mails.filtered(lambda mail: mail.recipient_ids == self.approver.partner_id).body_html)
        with freeze_time('2026-11-25 10:00'):
            self.decide(cases[0], user=self.second_approver)
        self.run_at('2026-11-26 09:00')
        later = self.mails(tasks) - mails
        self.assertEqual(set(later.mapped('subject')), {f"Reminder: Check, {cases[1].partner_id.name}"})
        self.assertEqual(len(later), 2)
        self.assertEqual(tasks.mapped('reminder_count'), [1, 2])

    def test_of_those_who_are_asked_one_after_the_other_only_who_has_the_turn_is_reminded(self):
        process = self.make(check={
            'approver_user_ids': [Command.set((self.approver | self.second_approver).ids)], 'approval_rule': 'all',
            'approval_order': 'sequential', 'reminder_ids': [self.reminder(1, 'opened')]})
        case = self.start(process)
        with freeze_time('2026-11-24 10:00'):
            self.submit(case, {'amount': '5'})
        self.run_at('2026-11-25 09:00')
        self.assertEqual(self.mails(self.open_task(case, 'approval')).recipient_ids, self.approver.partner_id)

    def test_a_reminder_has_words_of_its_own(self):
        template = self.env.ref('pem_campaigns.mail_template_task_reminder').copy({'subject': "Hurry, {{ object.partner_id.name }}"})
        case = self.start(self.make({'reminder_ids': [self.reminder(1, 'opened', mail_template_id=template.id)]}))
        self.run_at('2026-11-24 09:00')
        self.run_at('2026-11-25 09:00')
        self.assertEqual(self.mails(case.task_ids)[-1].subject, f"Hurry, {self.acme.name}")

    def test_another_deadline_moves_what_hangs_on_it(self):
        process = self.make({'deadline_days': 0, 'reminder_ids': [self.reminder(1, 'before'), self.reminder(1, 'after')]})
        with freeze_time('2026-11-24 08:00'):
            case = self.launch(self.make_campaign(process, self.acme, date_deadline='2026-11-27'))
        task = self.open_task(case)
        self.assertEqual(str(task.reminder_date), '2026-11-26 07:00:00')
        self.run_at('2026-11-24 09:00')
        self.run_at('2026-11-26 09:00')
        self.assertEqual(task.reminder_count, 1)
        with freeze_time('2026-11-26 10:00'):
            case.with_user(self.manager).date_deadline = '2026-12-04'
        self.assertEqual((str(task.date_deadline), str(task.reminder_date)), ('2026-12-04', '2026-12-03 07:00:00'))

    def test_reminders_are_fixed_when_published_and_copied_into_a_new_version(self):
        process = self.make({'reminder_ids': [self.reminder(2, 'before', repeat_days=1, times=2)], 'expire_days': 4,
                             'escalate_days': 1, 'escalate_to': 'user', 'escalate_user_ids': [Command.set(self.manager.ids)]})
        reminder = process.step_ids.reminder_ids
        for change in (lambda: reminder.write({'days': 5}), reminder.unlink, lambda: reminder.copy()):
            with self.assertRaisesRegex(UserError, "is published, and running cases rely on it"):
                change()
        step = process._new_version().step_ids.filtered('reminder_ids')
        self.assertEqual(
            (step.reminder_ids.days, step.reminder_ids.when, step.reminder_ids.times, step.expire_days, step.escalate_user_ids),
            (2, 'before', 2, 4, self.manager))
        self.assertNotEqual(step.reminder_ids, reminder)

    def test_a_message_about_something_else_and_an_escalation_to_nobody_cannot_be_published(self):
        template = self.env['mail.template'].create({'name': "Other", 'model_id': self.env['ir.model']._get_id('res.partner')})
        with self.assertRaisesRegex(UserError, "A reminder of “Answer” is written for other records than tasks"):
            self.make({'reminder_ids': [self.reminder(1, mail_template_id=template.id)]})
        for values, problem in (
            ({'escalate_to': 'user'}, "“Check” does not say to whom it is escalated"),
            ({'escalate_to': 'group'}, "“Check” does not say to whom it is escalated"),
            ({'escalate_to': 'path', 'escalate_path': 'partner_id.name'}, "which leads to none"),
            ({'escalate_to': 'contact'}, "“Check” is no partner form"),
        ):
            with self.assertRaisesRegex(UserError, problem):
                self.make(check={'escalate_days': 1, **values})

    def test_one_reminder_that_cannot_be_written_holds_up_no_other(self):
        template = self.env.ref('pem_campaigns.mail_template_task_reminder').copy()
        broken = self.make(check={'reminder_ids': [self.reminder(1, 'opened', mail_template_id=template.id)]}, name="Broken")
        sound = self.make(check={
            'approver_user_ids': [Command.set(self.second_approver.ids)], 'reminder_ids': [self.reminder(1, 'opened')]}, name="Sound")
        cases = self.start(broken) | self.start(sound)
        # Odoo tries out what is saved through the form.
        self.env.cr.execute("UPDATE mail_template SET subject = %s WHERE id = %s", [
            '{"en_US": "{{ object.nothing_of_the_kind }}"}', template.id])
        self.env.invalidate_all()
        with freeze_time('2026-11-24 10:00'):
            for case in cases:
                self.submit(case, {'amount': '5'})
        with mute_logger('odoo.addons.mail.models.mail_render_mixin'):
            self.run_at('2026-11-25 09:00')
        self.assertIn('not_sent', self.story(cases[0]))
        self.assertIn('reminded', self.story(cases[1]))
        self.assertFalse(self.env['pem.task.approver'].search([('reminder_id', '!=', False)]))

    def test_300_reminders_take_the_statements_of_10(self):
        for side in ('partner', 'sponsor'):
            counts = []
            for size in (3, 10, 300):
                process = self.make(
                    {'reminder_ids': [self.reminder(1, 'opened')]}, {'reminder_ids': [self.reminder(1, 'opened')]}, name=f"{side} {size}")
                partners = self.env['res.partner'].create([
                    {'name': f'R{n}', 'email': f'r{side}{size}-{n}@example.com'} for n in range(size)])
                cases = self.start(process, *partners)
                with freeze_time('2026-11-24 09:00'):
                    if side == 'sponsor':
                        tasks = cases.task_ids.with_user(self.brown_user).sudo()
                        tasks._submit({task: [] for task in tasks})
                    cases.task_ids._send_queued_notices()
                contacts = cases.task_ids.contact_id if side == 'partner' else self.approver.partner_id
                with freeze_time('2026-11-25 09:00'), self.statements() as counter:
                    cases._keep_deadlines()
                    self.env['pem.task']._send_queued_to(contacts)
                counts.append(counter)
                self.assertEqual(cases.event_ids.filtered(lambda event: event.kind == 'reminded').case_id, cases)
            more = {text: (counts[1][text], count) for text, count in counts[2].items() if count > counts[1][text] + 25}
            self.assertFalse(more, side)


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
