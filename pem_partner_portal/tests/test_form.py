from odoo import Command
from odoo.exceptions import MissingError, UserError, ValidationError
from odoo.tests import tagged

from .common import PortalCase, upload


@tagged('post_install', '-at_install')
class TestForm(PortalCase):

    # Entering

    def test_the_form_offers_what_is_on_file(self):
        self.assertEqual(self.entry('phone')['value'], "+1 617 555 0100")
        self.assertEqual(self.entry('remark')['value'], '')

    def test_a_draft_keeps_everything_also_what_is_wrong(self):
        gateway, _actor, sheet = self.sheet()
        gateway._save_draft(sheet, {'answers': {'seats': 'many', 'phone': ''}})
        self.assertEqual(self.entry('seats')['value'], 'many')
        self.assertEqual(self.entry('phone')['value'], '')
        self.assertEqual(self.acme_task.state, 'open')

    def test_an_error_stands_beside_its_question_and_nothing_is_lost(self):
        errors = self.send({'phone': '', 'seats': '2000', 'remark': 'keep me'})
        self.assertEqual(errors, {'phone': "Please answer this question.", 'seats': "Please enter 1000 or less."})
        self.assertEqual(self.entry('remark')['value'], 'keep me')
        self.assertFalse(self.acme_case.submission_ids)

    def test_names_that_are_no_question_are_ignored(self):
        self.assertFalse(self.send({'phone': '+1 617 555 0199', 'state': 'done', 'partner_id': '1', '#rows': 'x'}))
        self.assertEqual(set(self.acme_case.submission_ids.answer_ids.mapped('name')), {'phone', 'tier', 'seats', 'remark'})

    def test_a_hidden_attribute_is_not_shown(self):
        self.env['pem.attribute'].search([('technical_name', '=', 'phone')]).portal_access = 'none'
        self.assertEqual(self.entry('phone')['value'], '')

    def test_what_was_sent_cannot_be_sent_or_changed_again(self):
        self.send()
        gateway, actor, sheet = self.sheet()
        with self.assertRaises(UserError):
            gateway._submit(actor, sheet, {'answers': {'phone': '+1 617 555 0000'}})
        with self.assertRaises(UserError):
            gateway._save_draft(sheet, {'answers': {}})
        self.assertEqual(len(self.acme_case.submission_ids), 1)

    def test_opening_sending_and_approving_is_told_in_the_timeline_under_the_partners_name(self):
        gateway, _actor, sheet = self.sheet()
        gateway._see(sheet)
        self.send()
        self.assertEqual(self.story(self.acme_case), ['started', 'seen', 'draft_saved', 'submitted'])
        self.assertEqual(self.acme_case.event_ids.filtered(lambda event: event.kind == 'submitted').actor, "Paula Acme")

    # Correcting

    def returned_world(self):
        self.send()
        self.mark(self.acme_case, 'seats', "Really twelve?")
        self.decide(self.acme_case, 'send_back')
        return self.open_task(self.acme_case)

    def test_only_the_returned_answer_opens_again(self):
        task = self.returned_world()
        page = self.page(task)
        self.assertEqual([entry['name'] for entry in page['entries'] if entry['is_open']], ['seats'])
        self.assertEqual([entry['comment'] for entry in page['entries'] if entry['is_open']], ["Really twelve?"])
        self.assertFalse(self.send({'seats': '13', 'phone': '+49 30 999999', 'tier': 'silver'}, task))
        answers = {answer.name: answer for answer in self.acme_case.submission_ids.sorted('id')[-1].answer_ids}
        self.assertEqual((answers['seats'].value, answers['phone'].value), (13, '+1 617 555 0199'))
        self.assertEqual((answers['seats'].verdict, answers['phone'].verdict), ('pending', 'accepted'))

    def test_a_question_that_a_correction_brings_up_opens_as_well(self):
        form = self.make_form(
            ("Reseller", 'boolean'),
            ("Contract", 'char', {'required': True, 'visible_if': "[('reseller', '=', True)]"}),
            name="Reseller")
        process = self.make_simple_process(form, name="Reseller")
        campaign = self.make_campaign(process, self.acme, name="Reseller")
        case = self.launch(campaign)
        self.assertFalse(self.send({'reseller': ''}, case.task_ids))
        self.mark(case, 'reseller', "You are one")
        self.decide(case, 'send_back')
        task = self.open_task(case)
        gateway, actor, sheet = self.sheet(task)
        self.assertEqual(gateway._submit(actor, sheet, {'answers': {'reseller': '1'}}), {
            'contract': "Please answer this question."})
        self.assertTrue(sheet.is_open('contract'))
        self.assertFalse(self.send({'reseller': '1', 'contract': 'R-17'}, task))
        self.decide(case)
        self.assertEqual(case.state, 'done')

    def test_sent_back_as_a_whole_everything_opens_again(self):
        self.send()
        self.decide(self.acme_case, 'send_back', comment="Please look again")
        page = self.page(self.open_task(self.acme_case))
        self.assertEqual(page['comment'], "Please look again")
        self.assertTrue(all(entry['is_open'] for entry in page['entries']))

    # After sending

    def test_the_page_after_sending_says_what_comes_next(self):
        self.send()
        gateway, _actor, sheet = self.sheet()
        page = gateway._sent_page(sheet)
        self.assertEqual((page['state'], page['next_url']), ('running', ''))
        self.assertIn(("Phone", "+1 617 555 0199"), page['answers'])

    # Others

    def test_no_verb_reaches_what_belongs_to_another_partner(self):
        gateway = self.gateway()
        actor = gateway._actor()
        foreign, missing = self.brown_task.id, self.brown_task.id + 10_000
        for task_id in (foreign, missing):
            with self.assertRaises(MissingError):
                gateway._task_sheet(actor, task_id)
            with self.assertRaises(MissingError):
                gateway._forward(actor, task_id, "Eve", 'eve@acme.example')
        for case_id in (self.brown_case.id, self.brown_case.id + 10_000):
            with self.assertRaises(MissingError):
                gateway._open_case(actor, case_id)
            with self.assertRaises(MissingError):
                gateway._reply(actor, case_id, "Hello")
            with self.assertRaises(MissingError):
                gateway._get_case_file(actor, case_id, 1)
        with self.assertRaises(MissingError):
            gateway._document_sheet(actor, 'no-such-kind', 1)

    def test_a_colleague_from_the_back_office_reaches_no_partners_task(self):
        with self.assertRaises(MissingError):
            self.sheet(user=self.manager)

    # Conversation

    def test_messages_go_both_ways_and_notes_stay_inside(self):
        gateway = self.gateway()
        actor = gateway._actor()
        gateway._reply(actor, self.acme_case.id, "First line\n<script>alert(1)</script>", [upload('offer.pdf')])
        self.acme_case.with_user(self.manager).message_post(
            body="Thank you", message_type='comment', subtype_xmlid='mail.mt_comment')
        self.acme_case.with_user(self.manager).message_post(
            body="He is difficult", message_type='comment', subtype_xmlid='mail.mt_note')
        messages = gateway._open_case(actor, self.acme_case.id)['messages']
        self.assertEqual([message['is_partner'] for message in messages], [True, False])
        self.assertNotIn('<script>', messages[0]['body'])
        self.assertIn("Thank you", messages[1]['body'])
        [file] = messages[0]['files']
        self.assertEqual(gateway._get_case_file(actor, self.acme_case.id, file['id']).name, 'offer.pdf')
        self.assertIn('replied', self.story(self.acme_case))

    def test_an_empty_message_is_not_sent(self):
        gateway = self.gateway()
        with self.assertRaises(ValidationError):
            gateway._reply(gateway._actor(), self.acme_case.id, "  ")

    def test_the_timeline_of_a_partner_tells_nothing_internal(self):
        self.send()
        self.decide(self.acme_case, comment="fine")
        gateway = self.gateway()
        timeline = gateway._open_case(gateway._actor(), self.acme_case.id)['timeline']
        self.assertTrue(timeline)
        self.assertNotIn(self.approver.name, {event['by'] for event in timeline})
        self.assertEqual({event['by'] for event in timeline}, {"Paula Acme", self.company.name})

    # Handing on

    def test_a_colleague_who_is_handed_a_task_gets_the_message(self):
        gateway = self.gateway()
        gateway._forward(gateway._actor(), self.acme_task.id, "Carla Colleague", 'Carla@Acme.example', "Please do")
        colleague = self.acme_task.contact_id
        self.assertEqual((colleague.name, colleague.parent_id), ("Carla Colleague", self.acme))
        self.assertEqual(self.acme_task.notice_state, 'queued')
        gateway._forward(gateway._actor(), self.acme_task.id, "Carla", 'carla@acme.example')
        self.assertEqual(self.acme_task.contact_id, colleague)

    def test_handing_on_never_takes_a_person_of_another_company(self):
        gateway = self.gateway()
        gateway._forward(gateway._actor(), self.acme_task.id, "Bruno", self.brown_user.email)
        self.assertEqual(self.acme_task.contact_id.commercial_partner_id, self.acme)

    def test_handing_on_has_an_end(self):
        gateway = self.gateway()
        for number in range(5):
            gateway._forward(gateway._actor(), self.acme_task.id, "X", f'x{number}@acme.example')
        with self.assertRaises(UserError):
            gateway._forward(gateway._actor(), self.acme_task.id, "X", 'x9@acme.example')

    def test_an_address_that_is_none_is_refused(self):
        gateway = self.gateway()
        for name, email in (("", 'a@b.example'), ("A", 'nonsense'), ("A", 'a@b.example, c@d.example')):
            with self.assertRaises(ValidationError):
                gateway._forward(gateway._actor(), self.acme_task.id, name, email)

    def test_two_steps_follow_each_other_on_the_page_after_sending(self):
        second = self.make_form(("Colour", 'char'), name="Second")
        process = self.make_process({
            'Start': {'kind': 'start'}, 'One': {'kind': 'form', 'form_id': self.form.copy().id},
            'Two': {'kind': 'form', 'form_id': second.id},
            'Check': {'kind': 'approval', 'approver_kind': 'user', 'approver_user_ids': [Command.set(self.approver.ids)]},
            'Done': {'kind': 'end'},
        }, [('Start', 'One'), ('One', 'Two'), ('Two', 'Check'), ('Check', 'Done', {'outcome': 'approved'})], name="Two steps")
        case = self.launch(self.make_campaign(process, self.acme, name="Two steps"))
        first = case.task_ids
        self.assertFalse(self.send({'phone': '+1 617 555 0199'}, first))
        gateway, _actor, sheet = self.sheet(first)
        self.assertEqual(gateway._sent_page(sheet)['next_url'], f'/my/requests/{self.open_task(case).id}')

    # Too late

    def test_who_comes_too_late_reads_so_and_keeps_what_was_entered(self):
        self.acme_task.write({'draft': {'phone': '+1'}})
        self.acme_task._finish('expired')
        self.acme_task._send_on('expired')
        gateway, _actor, sheet = self.sheet()
        self.assertFalse(sheet.is_editable)
        page = gateway._sent_page(sheet)
        self.assertEqual((page['expired_on'], page['is_draft_kept']), (self.acme_task.date_done, True))
        with self.assertRaisesRegex(UserError, "The time for this ran out, so it cannot be sent any more"):
            gateway._save_draft(sheet, {'answers': {'phone': '+2'}})
        self.assertEqual(self.acme_task.draft, {'phone': '+1'})
