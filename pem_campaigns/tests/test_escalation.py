from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_reminders import DeadlineCase


@tagged('post_install', '-at_install')
class TestEscalation(DeadlineCase):
    """When nobody acts, somebody else is asked as well, or instead."""

    def at_approval(self, moment='2026-11-24 10:00', **check):
        """A case at an approval that is due on Thursday."""
        case = self.start(self.make(check=check))
        with freeze_time(moment):
            self.submit(case, {'amount': '5'})
        return case

    def to(self, *users, **values):
        return {'escalate_days': 1, 'escalate_to': 'user',
                'escalate_user_ids': [Command.set([user.id for user in users])], **values}

    def activities(self, case):
        return self.env['mail.activity'].search([
            ('res_model', '=', 'pem.task'), ('res_id', 'in', case.task_ids.ids)], order='id')

    def test_a_further_approver_is_asked_as_well_one_working_day_after_the_deadline(self):
        case = self.at_approval(**self.to(self.second_approver))
        task = self.open_task(case, 'approval')
        self.run_at('2026-11-27 06:30')
        self.assertEqual(task.approver_ids.user_id, self.approver)
        for moment in ('2026-11-27 09:00', '2026-11-27 10:00', '2026-12-07 09:00'):
            self.run_at(moment)
        self.assertEqual(self.activities(case).user_id, self.approver | self.second_approver)
        self.assertEqual(self.story(case).count('escalated'), 1)
        self.assertIn("Nobody acted on “Check” in time: Sven Second asked as well", case.event_ids.mapped('description'))
        self.assertTrue(task.escalated_date)
        self.decide(case, user=self.second_approver)
        self.assertEqual(case.state, 'done')
        self.assertFalse(self.activities(case))

    def test_the_first_approver_may_still_decide(self):
        case = self.at_approval(**self.to(self.second_approver))
        self.run_at('2026-11-27 09:00')
        self.decide(case)
        self.assertEqual(case.state, 'done')

    def test_instead_takes_the_task_from_who_was_asked(self):
        case = self.at_approval(**self.to(self.second_approver, escalate_instead=True))
        self.run_at('2026-11-27 09:00')
        self.assertEqual(self.activities(case).user_id, self.second_approver)
        with self.assertRaisesRegex(AccessError, "waits for somebody else: Sven Second"):
            self.decide(case)
        self.assertIn("asked instead", case.event_ids[-1].description)
        self.decide(case, user=self.second_approver)
        self.assertEqual(case.state, 'done')

    def test_instead_of_two_of_whom_all_were_needed_one_is_enough(self):
        case = self.at_approval(**self.to(self.manager, escalate_instead=True), approval_rule='all', approver_user_ids=[
            Command.set((self.approver | self.second_approver).ids)])
        self.decide(case)
        self.run_at('2026-11-27 09:00')
        self.decide(case, user=self.manager)
        self.assertEqual(case.state, 'done')

    def test_who_is_asked_later_in_turn_is_asked_now(self):
        case = self.at_approval(
            **self.to(self.second_approver), approval_rule='all', approval_order='sequential',
            approver_user_ids=[Command.set((self.approver | self.second_approver).ids)])
        self.run_at('2026-11-27 09:00')
        self.decide(case, user=self.second_approver)
        self.decide(case)
        self.assertEqual(case.state, 'done')

    def test_nobody_approves_what_they_asked_for_themselves_by_way_of_escalation(self):
        case = self.at_approval(**self.to(self.second_approver, self.manager))
        case.sudo().requested_by_id = self.second_approver
        self.run_at('2026-11-27 09:00')
        self.assertEqual(self.open_task(case, 'approval').approver_ids.user_id, self.approver | self.manager)

    def test_a_group_a_path_and_the_owner_are_found_like_approvers(self):
        group = self.env['res.groups'].create({'name': "Chiefs", 'user_ids': [Command.set((self.second_approver | self.outsider).ids)]})
        for values in ({'escalate_to': 'group', 'escalate_group_id': group.id},
                       {'escalate_to': 'path', 'escalate_path': 'partner_id.user_id'}, {'escalate_to': 'owner'}):
            self.acme.user_id = self.second_approver
            case = self.start(self.make(check={'escalate_days': 1, 'escalate_from': 'opened', **values}, name=values['escalate_to']))
            case.user_id = self.second_approver
            with freeze_time('2026-11-24 10:00'):
                self.submit(case, {'amount': '5'})
            self.run_at('2026-11-25 09:00')
            self.assertEqual(self.open_task(case, 'approval').approver_ids.user_id, self.approver | self.second_approver, values)

    def test_when_nobody_is_found_the_owner_hears_of_it(self):
        case = self.at_approval(**self.to(self.outsider))
        self.run_at('2026-11-27 09:00')
        self.assertIn('not_escalated', self.story(case))
        self.assertEqual(self.activities(case)[-1].user_id, case.user_id)
        self.assertIn("nobody was found", self.activities(case)[-1].summary)
        self.decide(case)
        self.assertFalse(self.activities(case))

    def test_colleagues_are_told_that_the_partner_does_not_answer(self):
        case = self.start(self.make({'escalate_days': 1, 'escalate_to': 'owner'}))
        self.run_at('2026-11-30 09:00')
        self.assertEqual((self.activities(case).user_id, self.activities(case).summary), (
            self.manager, "The partner does not answer: Answer"))
        self.assertEqual(case.waiting_on, 'partner')
        with freeze_time('2026-11-30 10:00'):
            self.submit(case, {'amount': '5'})
        self.assertEqual(self.activities(case).user_id, self.approver)

    def test_another_contact_of_the_partner_is_asked(self):
        boss = self.env['res.partner'].create({
            'name': "Bea Boss", 'parent_id': self.acme.id, 'email': 'boss@example.com', 'type': 'other'})
        process = self.make({'escalate_days': 1, 'escalate_to': 'contact', 'escalate_contact_type': 'other'})
        acme, brown = self.start(process, self.acme, self.brown).sorted(lambda case: case.partner_id != self.acme)
        self.run_at('2026-11-24 09:00')
        self.run_at('2026-11-30 09:00')
        task = self.open_task(acme)
        self.assertEqual(task.contact_id, boss)
        self.assertEqual(self.mails(task)[-1].recipient_ids, boss)
        self.assertIn("boss@example.com asked", acme.event_ids.filtered(lambda event: event.kind == 'escalated').description)
        # There is no such contact: the owner hears of it.
        self.assertEqual(self.story(brown)[-1], 'not_escalated')

    def test_who_acted_before_is_not_escalated(self):
        case = self.at_approval(**self.to(self.second_approver))
        self.decide(case)
        self.run_at('2026-11-27 09:00')
        self.assertNotIn('escalated', self.story(case))

    def test_a_correction_after_the_deadline_has_its_days_as_well(self):
        case = self.start(self.make({'deadline_days': 0, 'escalate_days': 1, 'expire_days': 2}))
        case.sudo().date_deadline = '2026-11-20'
        with freeze_time('2026-11-24 10:00'):
            self.submit(case, {'amount': '5'})
            self.decide(case, 'send_back', comment="Again")
        task = self.open_task(case)
        self.assertEqual((str(task.escalation_date), str(task.expiry_date)), ('2026-11-25 07:00:00', '2026-11-26 23:00:00'))

    def test_300_escalations_take_the_statements_of_10(self):
        for where in ('form', 'check'):
            counts = []
            for size in (3, 10, 300):
                process = self.make(**{where: {
                    **self.to(self.second_approver), 'escalate_from': 'opened', 'escalate_instead': True}}, name=f"{where} {size}")
                partners = self.env['res.partner'].create([
                    {'name': f'E{n}', 'email': f'e{where}{size}-{n}@example.com'} for n in range(size)])
                cases = self.start(process, *partners)
                if where == 'check':
                    with freeze_time('2026-11-24 09:00'):
                        tasks = cases.task_ids.with_user(self.brown_user).sudo()
                        tasks._submit({task: [] for task in tasks})
                with freeze_time('2026-11-25 09:00'), self.statements() as counter:
                    cases._keep_deadlines()
                counts.append(counter)
                self.assertEqual(cases.event_ids.filtered(lambda event: event.kind == 'escalated').case_id, cases)
            more = {text: (counts[1][text], count) for text, count in counts[2].items() if count > counts[1][text] + 10}
            self.assertFalse(more, where)


@tagged('post_install', '-at_install')
class TestExpiry(DeadlineCase):
    """When the time runs out, the case goes on without an answer."""

    LATE = {'Late': {'kind': 'todo', 'approver_kind': 'owner'}}

    def test_a_case_takes_the_flow_for_expired_when_the_days_are_over(self):
        process = self.make({'expire_days': 1}, flows=[('Answer', 'Late', {'outcome': 'expired'}), ('Late', 'Done')], **self.LATE)
        case = self.start(process)
        task = self.open_task(case)
        self.run_at('2026-11-24 09:00')
        with freeze_time('2026-11-24 10:00'):
            task.with_user(self.acme_user).sudo()._save_draft({'amount': '7'})
        # Due on Friday, so the partner has Monday, too: in Berlin, not in London.
        self.run_at('2026-11-30 22:59')
        self.assertEqual(task.state, 'open')
        self.run_at('2026-11-30 23:00')
        self.assertEqual((task.state, task.outcome, task.draft), ('done', 'expired', {'amount': '7'}))
        self.assertEqual(self.open_task(case, 'todo').step_id.name, "Late")
        self.assertEqual(self.story(case), ['started', 'notified', 'draft_saved', 'expired'])
        self.assertIn("The time for “Answer” ran out", case.event_ids.mapped('description'))
        self.run_at('2026-12-10 09:00')
        self.assertEqual(self.story(case).count('expired'), 1)

    def test_without_such_a_flow_the_case_is_cancelled(self):
        case = self.start(self.make({'expire_days': 2, 'expire_from': 'opened', 'reminder_ids': [self.reminder(1, 'opened')]}))
        self.run_at('2026-11-26 23:30')
        self.assertEqual((case.state, self.story(case)), ('cancelled', ['started', 'expired', 'closed']))
        self.assertFalse(self.mails(case.task_ids))
        self.assertFalse(self.env['pem.event']._first_broken(case))

    def test_a_late_answer_is_refused_in_words(self):
        case = self.start(self.make({'expire_days': 1}))
        task = self.open_task(case)
        self.run_at('2026-12-07 09:00')
        with self.assertRaisesRegex(UserError, "The time for “Answer .* ran out"):
            task.with_user(self.acme_user).sudo()._submit({task: []})

    def test_an_approval_that_nobody_gives_expires_and_takes_its_activities_along(self):
        case = self.start(self.make(check={'expire_days': 1, 'escalate_days': 1, 'reminder_ids': [self.reminder(1)]}))
        with freeze_time('2026-11-24 10:00'):
            self.submit(case, {'amount': '5'})
        # Everything is due at once when nothing ran for days: what expires is neither escalated nor reminded of.
        self.run_at('2026-12-07 09:00')
        self.assertEqual(case.state, 'cancelled')
        self.assertEqual(self.story(case)[-2:], ['expired', 'closed'])
        self.assertFalse(self.env['mail.activity'].search([('res_model', '=', 'pem.task'), ('res_id', 'in', case.task_ids.ids)]))

    def test_a_case_that_is_moved_to_another_version_keeps_the_times_of_that_one(self):
        process = self.make({'reminder_ids': [self.reminder(1, 'opened')], 'escalate_days': 3})
        case = self.start(process)
        version = process._new_version()
        version.step_ids.filtered('reminder_ids').write({
            'reminder_ids': [Command.clear()], 'escalate_days': 0, 'expire_days': 4, 'expire_from': 'opened'})
        version._publish()
        with freeze_time('2026-11-24 12:00'):
            case._migrate(version)
        task = self.open_task(case)
        self.assertEqual((task.step_id.process_id, task.reminder_date, task.escalation_date, str(task.expiry_date)),
                         (version, False, False, '2026-11-30 23:00:00'))

    def test_a_flow_for_an_expiry_that_never_comes_cannot_be_published(self):
        with self.assertRaisesRegex(UserError, "A flow waits for “Answer” to expire, which it never does"):
            self.make(flows=[('Answer', 'Done', {'outcome': 'expired'})])

    def test_300_cases_expire_with_the_statements_of_10(self):
        counts = []
        for size in (3, 10, 300):
            process = self.make({'expire_days': 1, 'expire_from': 'opened'}, flows=[
                ('Answer', 'Late', {'outcome': 'expired'}), ('Late', 'Done')], name=f"Expire {size}", **self.LATE)
            partners = self.env['res.partner'].create([
                {'name': f'X{n}', 'email': f'x{size}-{n}@example.com'} for n in range(size)])
            cases = self.start(process, *partners)
            with freeze_time('2026-11-26 09:00'), self.statements() as counter:
                cases._keep_deadlines()
            counts.append(counter)
            self.assertEqual(cases.open_task_ids.mapped('kind'), ['todo'] * size)
        more = {text: (counts[1][text], count) for text, count in counts[2].items() if count > counts[1][text] + 10}
        self.assertFalse(more)
