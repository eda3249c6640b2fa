from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PemCase


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
