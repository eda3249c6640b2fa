from datetime import date
from unittest.mock import patch

from markupsafe import Markup

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import PemCase


@tagged('post_install', '-at_install')
class TestReachOut(PemCase):
    """At any moment of a running case a colleague adds a task, for either side, and the process stays as it is."""

    def setUp(self):
        super().setUp()
        self.case, self.other = self.launch().sorted(lambda case: case.partner_id != self.acme)

    def reach_out(self, cases=None, **values):
        """Fill in the wizard as a user, and send it; return the new tasks."""
        cases = self.case if cases is None else cases
        before = cases.task_ids
        wizard = self.env['pem.reach.out'].with_user(self.user).with_context(
            active_model='pem.case', active_ids=cases.ids).create({'title': "Sample", 'body': "<p>Will it <b>arrive</b>?</p>", **values})
        wizard.action_send()
        cases.invalidate_recordset()
        return cases.task_ids - before

    def answer(self, task, values=None, user=None):
        """Answer a reach-out in the way the gateway does."""
        task_sudo = task.with_user(user or self.acme_user).sudo()
        form = task_sudo.step_id.form_id
        typed, errors = form._check_answers(values or {}, task_sudo.case_id._facts()[task_sudo.case_id]) if form else ({}, {})
        self.assertFalse(errors)
        return task_sudo._submit({task_sudo: self.env['pem.submission'].sudo()._prepare_answers(task_sudo, typed)})

    # The partner's side

    def test_a_message_with_words_as_answer_goes_to_the_partner_and_back_to_who_asked(self):
        task = self.reach_out(date_deadline='2030-01-31')
        self.assertEqual((task.side, task.contact_id, task.date_deadline, task.notice_state),
                         ('partner', self.acme_user.partner_id, date(2030, 1, 31), 'queued'))
        submission = self.answer(task, {'reply': "Next Friday"})
        self.assertEqual(submission.answer_ids.filtered(lambda one: one.name == 'reply').value, "Next Friday")
        self.assertEqual(task.state, 'done')
        self.assertEqual(self.story(self.case)[-2:], ['reached_out', 'answered'])
        self.assertIn("Next Friday", self.case.event_ids[-1].description)
        note = self.case.message_ids[0]
        self.assertIn("Next Friday", note.body)
        self.assertEqual((note.author_id, note.notified_partner_ids), (self.acme_user.partner_id, self.user.partner_id))
        # The process goes on as if nothing had been.
        self.assertEqual((self.case.state, self.case.waiting_on), ('running', 'partner'))
        self.submit(self.case)
        self.decide(self.case)
        self.assertEqual((self.case.state, self.acme.phone), ('done', '+1 617 555 0199'))
        self.assertFalse(self.env['pem.event']._first_broken(self.case))

    def test_an_answer_needs_words_or_a_file(self):
        task = self.reach_out()
        _values, errors = task.step_id.form_id._check_answers({'reply': '', 'files': []})
        self.assertEqual(list(errors), ['reply'])
        _values, errors = task.step_id.form_id._check_answers({'reply': '', 'files': [{'id': 1, 'name': "a.pdf", 'size': 3}]})
        self.assertFalse(errors)

    def test_the_mail_says_what_the_user_wrote_in_the_name_of_the_user(self):
        task = self.reach_out()
        task._send_notices()
        mail = self.env['mail.mail'].sudo().search([('model', '=', 'pem.task'), ('res_id', '=', task.id)])
        self.assertIn("Sample", mail.subject)
        self.assertIn("<b>arrive</b>", mail.body_html)
        self.assertIn(self.user.name, mail.email_from)
        self.assertFalse(self.reach_out(send_mail=False).notice_state != 'none')

    def test_a_form_is_answered_and_the_answers_of_the_process_stay_untouched(self):
        form = self.make_form(("Phone", 'phone', {'attribute_id': self.govern('phone').id}), ("Sizes", 'integer'), name="Sizes")
        self.submit(self.case)
        before = dict(self.case.answers)
        task = self.reach_out(answer_kind='form', form_id=form.id)
        form.name = "Changed afterwards"
        submission = self.answer(task, {'phone': '+1 617 555 0000', 'sizes': '7'})
        self.assertEqual({answer.name: answer.value for answer in submission.answer_ids}, {'phone': '+1 617 555 0000', 'sizes': 7})
        self.case.invalidate_recordset()
        self.assertEqual(dict(self.case.answers), before)
        self.case.read(['answers'])
        self.decide(self.case)
        # What was asked by hand is not what the approval looked at.
        self.assertEqual((self.case.state, self.acme.phone), ('done', '+1 617 555 0199'))
        self.assertEqual(submission.state, 'submitted')

    def test_a_form_that_cannot_be_used_is_refused_in_the_wizard(self):
        broken = self.make_form(("Choice", 'selection'), name="Broken")
        with self.assertRaisesRegex(UserError, "offers no choices"):
            self.reach_out(answer_kind='form', form_id=broken.id)
        with self.assertRaisesRegex(UserError, "choose the form"):
            self.reach_out(answer_kind='form')
        hidden = self.make_form(("Secret", 'char', {'attribute_id': self.make_attribute("Secret", portal_access='none').id}))
        with self.assertRaisesRegex(UserError, "may not propose"):
            self.reach_out(answer_kind='form', form_id=hidden.id)

    def test_information_is_read_and_holds_nothing_up(self):
        task = self.reach_out(answer_kind='none')
        self.assertTrue(task.is_information and task.is_optional)
        self.submit(self.case)
        self.assertEqual(self.case.waiting_on, 'sponsor')
        self.decide(self.case)
        self.assertEqual((self.case.state, task.state), ('done', 'open'))
        self.answer(task)
        self.assertEqual((task.state, self.story(self.case)[-2:]), ('done', ['closed', 'answered']))
        self.assertFalse(self.case.message_ids[0].notified_partner_ids)
        self.assertEqual((self.case.state, self.case.waiting_on), ('done', False))

    def test_each_chosen_contact_is_asked(self):
        colleague = self.make_portal_user(self.acme, 'acme_second', "Sam Acme").partner_id
        tasks = self.reach_out(contact_ids=[Command.set((colleague | self.acme_user.partner_id).ids)])
        self.assertEqual(tasks.contact_id, colleague | self.acme_user.partner_id)
        with self.assertRaisesRegex(ValidationError, "among its people"):
            self.reach_out(contact_ids=[Command.set(self.brown_user.partner_id.ids)])

    # Our side

    def test_a_colleague_gets_a_task_with_an_activity(self):
        task = self.reach_out(side='sponsor', user_ids=[Command.set(self.approver.ids)])
        self.assertEqual((task.side, task.can_decide, task.with_user(self.approver).can_decide), ('sponsor', False, True))
        self.assertEqual(task.activity_ids.user_id, self.approver)
        self.assertEqual(self.case.waiting_on, 'sponsor')
        task.with_user(self.approver).action_complete()
        self.assertEqual((task.state, self.case.waiting_on), ('done', 'partner'))
        self.assertEqual(self.story(self.case)[-2:], ['task_added', 'todo_done'])

    def test_only_colleagues_who_see_the_case_are_asked(self):
        for nobody in (self.outsider, self.acme_user):
            with self.assertRaisesRegex(UserError, "cannot see these cases"):
                self.reach_out(side='sponsor', user_ids=[Command.set(nobody.ids)])
        with self.assertRaisesRegex(UserError, "who has to do it"):
            self.reach_out(side='sponsor')

    # The case

    def test_a_case_does_not_end_before_the_answer_is_there(self):
        task = self.reach_out()
        self.submit(self.case)
        self.decide(self.case)
        self.assertEqual((self.case.state, self.case.waiting_on), ('running', 'partner'))
        self.answer(task, {'reply': "Here"})
        self.assertEqual((self.case.state, self.acme.phone), ('done', '+1 617 555 0199'))
        self.assertEqual(self.story(self.case)[-2:], ['answered', 'closed'])

    def test_a_case_ends_without_what_is_optional(self):
        task = self.reach_out(is_optional=True)
        self.submit(self.case)
        self.assertEqual(self.case.waiting_on, 'sponsor')
        self.decide(self.case)
        self.assertEqual((self.case.state, task.state), ('done', 'cancelled'))

    def test_withdrawing_the_last_thing_that_is_open_ends_the_case(self):
        task = self.reach_out(side='sponsor', user_ids=[Command.set((self.approver | self.second_approver).ids)])
        self.submit(self.case)
        self.decide(self.case)
        task.with_user(self.user).action_withdraw()
        self.assertEqual((self.case.state, task.state), ('done', 'cancelled'))
        self.assertFalse(task.activity_ids)
        self.assertIn('withdrawn', self.story(self.case))
        with self.assertRaisesRegex(UserError, "cannot be withdrawn"):
            task.with_user(self.user).action_withdraw()
        with self.assertRaisesRegex(UserError, "cannot be withdrawn"):
            self.open_task(self.other).with_user(self.user).action_withdraw()

    def test_what_fails_at_the_end_stops_the_case_and_is_tried_again(self):
        task = self.reach_out()
        self.submit(self.case)
        check = self.process.step_ids.filtered(lambda step: step.kind == 'approval')
        self.env.cr.execute('UPDATE pem_process_step SET write_back = FALSE WHERE id = %s', [check.id])
        check.invalidate_recordset()
        self.decide(self.case)
        with patch.object(type(self.case), '_write_values', side_effect=UserError("Locked.")):
            self.answer(task, {'reply': "Here"})
        self.assertEqual(self.case.state, 'problem')
        self.case.with_user(self.manager).action_retry()
        self.assertEqual((self.case.state, self.acme.phone), ('done', '+1 617 555 0199'))

    def test_the_wizard_offers_what_can_be_chosen(self):
        wizard = self.env['pem.reach.out'].with_user(self.user).with_context(
            active_model='pem.case', active_ids=self.case.ids).create({'title': "x"})
        users = self.env['res.users'].with_user(self.user).search(wizard.user_domain)
        self.assertLessEqual(self.approver | self.user | self.manager, users)
        self.assertFalse(users & (self.outsider | self.acme_user))
        contacts = self.env['res.partner'].with_user(self.user).search(wizard.contact_domain)
        self.assertEqual(contacts, self.acme | self.acme_user.partner_id)
        self.assertEqual(self.env['pem.case'].search(wizard.case_domain) & (self.case | self.other), self.case | self.other)
        self.assertIn(self.form, self.env['pem.form'].with_user(self.user).search(wizard._fields['form_id'].domain))

    def test_a_closed_case_is_left_out_and_alone_refused(self):
        self.case.with_user(self.manager).action_cancel()
        wizard = Form(self.env['pem.reach.out'].with_user(self.user).with_context(
            active_model='pem.case', active_ids=(self.case | self.other).ids))
        self.assertEqual((wizard.case_count, wizard.closed_count), (1, 1))
        with self.assertRaisesRegex(UserError, "the case is closed"):
            self.reach_out()
        with self.assertRaisesRegex(UserError, "is closed"):
            self.case.with_user(self.user)._reach_out("Late", "")

    def test_from_a_partner_the_case_is_chosen(self):
        action = self.acme.with_user(self.user).action_pem_reach_out()
        wizard = Form(self.env['pem.reach.out'].with_user(self.user).with_context(**action['context']))
        self.assertEqual(wizard.case_ids[:], self.case)
        self.assertEqual(self.acme.with_user(self.user).pem_open_case_count, 1)
        self.make_campaign(self.process, self.acme, name="Second").with_user(self.manager).action_launch()
        wizard = Form(self.env['pem.reach.out'].with_user(self.user).with_context(**action['context']))
        self.assertFalse(wizard.case_ids[:])
        self.acme.pem_case_ids.with_user(self.manager).action_cancel()
        with self.assertRaisesRegex(UserError, "has no open case"):
            Form(self.env['pem.reach.out'].with_user(self.user).with_context(**action['context']))

    # The definition

    def test_the_process_definition_and_its_copies_know_nothing_of_it(self):
        steps = self.process.step_ids
        task = self.reach_out()
        self.process.invalidate_recordset()
        self.assertEqual(self.process.step_ids, steps)
        self.assertNotIn(task.step_id.id, self.process._definition().steps)
        version = self.process._new_version()
        self.assertEqual(version.step_ids.mapped('name'), steps.mapped('name'))
        self.assertFalse(version._problems())
        version._publish()
        self.assertFalse(version.step_ids.filtered('is_ad_hoc'))
        self.answer(task, {'reply': "Still works"})

    def test_nobody_smuggles_a_step_into_a_published_process_by_hand(self):
        step = self.reach_out().step_id
        for env in (self.env(user=self.manager), self.env(user=self.manager, su=True)):
            for vals in ({'is_ad_hoc': False}, {'name': "Other"}, {'form_id': False}):
                with self.assertRaises(UserError):
                    step.with_env(env).write(vals)
        with self.assertRaises(UserError):
            step.with_user(self.manager).unlink()
        with self.assertRaisesRegex(UserError, "reaching out"):
            self.env['pem.process.step'].with_user(self.manager).create(
                {'process_id': self.process.id, 'name': "Smuggled", 'kind': 'form', 'is_ad_hoc': True})
        with self.assertRaises(UserError):
            self.process.step_ids[0].with_user(self.manager).write({'is_ad_hoc': True})

    def test_who_has_no_right_to_cases_reaches_nobody(self):
        for user in (self.outsider, self.acme_user):
            with self.assertRaises(AccessError):
                self.env['pem.reach.out'].with_user(user).create({'title': "x", 'case_ids': [Command.set(self.case.ids)]})
            with self.assertRaises(AccessError):
                self.case.with_user(user).action_reach_out()
        theirs = self.env['res.company'].create({'name': "Other Co"})
        reader = self.make_user('pem_elsewhere', 'pem_campaigns.group_pem_user', company_id=theirs.id, company_ids=[Command.set(theirs.ids)])
        with self.assertRaises(AccessError):
            self.env['pem.reach.out'].with_user(reader).create(
                {'title': "x", 'case_ids': [Command.set(self.case.ids)]}).action_send()

    def test_a_text_cannot_bring_a_script_along(self):
        task = self.reach_out(body='<p onclick="x()">Hi</p><script>alert(1)</script>')
        self.assertNotIn('script', task.instructions)
        self.assertNotIn('onclick', task.instructions)
        self.answer(task, {'reply': "<script>alert(1)</script>"})
        self.assertNotIn(Markup('<script'), self.case.message_ids[0].body)

    # Sets

    def test_reaching_out_in_300_cases_takes_the_statements_of_10(self):
        for side in ('partner', 'sponsor'):
            counts = []
            for size in (3, 10, 300):
                partners = self.env['res.partner'].create([
                    {'name': f"Reach {side} {size}-{number}", 'is_company': True, 'email': f'reach{number}@example.com'}
                    for number in range(size)])
                campaign = self.make_campaign(self.process, *partners, name=f"Reach {side} {size}")
                self.launch(campaign)
                cases = self.env['pem.case'].with_user(self.user).browse(campaign.case_ids.ids)
                with self.statements() as counter:
                    if side == 'partner':
                        tasks = cases._reach_out("News", "<p>Read this</p>", date_deadline=date(2030, 1, 1))
                    else:
                        tasks = cases._add_todo("Call", "<p>Call them</p>", self.approver)
                self.assertEqual((len(tasks), len(tasks.step_id)), (size, 1))
                counts.append(counter)
            more = {text: (counts[1][text], count) for text, count in counts[2].items() if count > counts[1][text] + 5}
            self.assertFalse(more, "Statements that are repeated with the number of cases")
