from freezegun import freeze_time

from odoo.tests import tagged

from .common import PemCase


@tagged('post_install', '-at_install')
class TestNotices(PemCase):
    """Partners hear of what waits for them, once, and not too often."""

    def send(self):
        with self.enter_registry_test_mode():
            self.env.ref('pem_campaigns.ir_cron_send_notices').method_direct_trigger()
        self.env.invalidate_all()

    def mails(self, task):
        return self.env['mail.mail'].search([('model', '=', 'pem.task'), ('res_id', 'in', task.ids)])

    def test_each_task_is_told_by_one_mail_with_a_link(self):
        cases = self.launch()
        self.send()
        self.send()
        for case in cases:
            mail = self.mails(case.task_ids)
            self.assertEqual(len(mail), 1)
            self.assertEqual(mail.recipient_ids, case.task_ids.contact_id)
            self.assertIn(f'/my/requests/{case.task_ids.id}', mail.body_html)
            self.assertIn("Campaign", mail.subject)
            self.assertEqual(case.task_ids.notice_state, 'sent')
            self.assertEqual(self.story(case), ['started', 'notified'])
        self.assertIn(self.acme_user.email, cases.event_ids.filtered(
            lambda event: event.case_id.partner_id == self.acme and event.kind == 'notified').description)

    def test_a_partner_is_written_to_in_their_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.acme_user.partner_id.lang = 'fr_FR'
        self.env.ref('pem_campaigns.mail_template_task_request').with_context(lang='fr_FR').subject = "{{ object.case_id.title }} : réponse"
        cases = self.launch()
        self.send()
        self.assertEqual({case.partner_id: self.mails(case.task_ids).subject for case in cases},
                         {self.acme: "Campaign : réponse", self.brown: "Campaign: we need your answer"})

    def test_who_cannot_be_reached_is_visible(self):
        case = self.launch().filtered(lambda case: case.partner_id == self.brown)
        self.brown_user.partner_id.email = False
        self.send()
        self.assertEqual(case.task_ids.notice_state, 'failed')
        self.assertIn('not_deliverable', self.story(case))
        self.assertEqual(self.env['pem.task'].with_user(self.user).search([('notice_state', '=', 'failed')]), case.task_ids)

    def test_one_message_that_cannot_be_written_does_not_keep_the_others_back(self):
        template = self.env.ref('pem_campaigns.mail_template_task_request').copy()
        template.subject = "{{ {'Brown–Forman': 'Hello'}[object.partner_id.name] }}"
        self.campaign.mail_template_id = template
        cases = self.launch()
        self.send()
        acme, brown = (cases.filtered(lambda case, partner=partner: case.partner_id == partner) for partner in (self.acme, self.brown))
        self.assertEqual((acme.task_ids.notice_state, brown.task_ids.notice_state), ('failed', 'sent'))
        self.assertIn('not_sent', self.story(acme))
        self.assertTrue(acme.event_ids.filtered(lambda event: event.kind == 'not_sent').description.startswith(
            "Message for “Answer” could not be written"))

    def test_one_contact_gets_no_more_messages_a_week_than_the_sponsor_allows(self):
        self.env['ir.config_parameter'].set_param('pem_campaigns.contact_cap', '2')
        campaigns = [self.make_campaign(self.process, self.acme, name=f"Campaign {number}") for number in range(3)]
        with freeze_time('2026-11-24 08:00'):
            cases = self.env['pem.case'].union(*(self.launch(campaign) for campaign in campaigns))
            self.send()
        self.assertEqual(sorted(cases.task_ids.mapped('notice_state')), ['queued', 'sent', 'sent'])
        with freeze_time('2026-11-30 08:00'):
            self.send()
            self.assertEqual(sorted(cases.task_ids.mapped('notice_state')), ['queued', 'sent', 'sent'])
        with freeze_time('2026-12-02 08:00'):
            self.send()
            self.assertEqual(set(cases.task_ids.mapped('notice_state')), {'sent'})

    def test_what_was_answered_or_cancelled_before_is_not_asked_for_any_more(self):
        first, second = self.launch().sorted('id')
        self.submit(first)
        second._cancel()
        self.send()
        self.assertFalse(self.mails((first | second).task_ids))

    def test_what_was_sent_back_is_told_with_the_reason(self):
        case = self.launch()[0]
        self.submit(case)
        self.mark(case, 'phone', "With country code, please")
        self.decide(case, 'send_back')
        self.send()
        mail = self.mails(self.open_task(case))
        self.assertIn("please correct", mail.subject)
        self.assertIn("With country code, please", mail.body_html)
        self.assertNotIn("Seats", mail.body_html)

    def test_a_message_step_writes_and_goes_on(self):
        template = self.env.ref('pem_campaigns.mail_template_task_request').copy({'subject': "Welcome {{ object.partner_id.name }}"})
        process = self.make_process(
            {'Start': {'kind': 'start'}, 'Hello': {'kind': 'message', 'mail_template_id': template.id}, 'Done': {'kind': 'end'}},
            [('Start', 'Hello'), ('Hello', 'Done')], name="Hello")
        case = self.launch(self.make_campaign(process, self.acme))
        self.assertEqual(case.state, 'done')
        self.send()
        self.assertEqual(self.mails(case.task_ids).subject, f"Welcome {self.acme.name}")
        self.assertEqual(self.mails(case.task_ids).recipient_ids, self.acme_user.partner_id)

    def test_500_messages_take_the_queries_of_10(self):
        counts = []
        for size in (3, 10, 500):
            partners = self.env['res.partner'].create([{'name': f'M{n}', 'email': f'm{size}-{n}@example.com'} for n in range(size)])
            tasks = self.launch(self.make_campaign(self.process, *partners, name=f"Mail {size}")).task_ids
            tasks = tasks.browse(tasks.ids)
            with self.statements() as counter:
                tasks._send_notices()
            counts.append(counter)
        more = {text: (counts[1][text], count) for text, count in counts[2].items() if count > counts[1][text] + 35}
        self.assertFalse(more)
