import json

from lxml import html

from odoo.http import Request
from odoo.tests import HttpCase, tagged

from odoo.addons.pem_campaigns.tests.common import PemWorld

from .common import PDF
from .kinds import ANSWERS, make_every_kind_form
from .test_files import PNG


@tagged('post_install', '-at_install')
class TestRoutes(PemWorld, HttpCase):
    """Pages as a browser without JavaScript asks for them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, 'tracking_disable': True, 'no_reset_password': True})
        cls.make_world()
        cls.guest = cls.make_partner("Guest & Co")
        campaign = cls.make_campaign(
            cls.make_simple_process(cls.make_form(
                ("Phone", 'phone', {'required': True}), ("Proof", 'file'), name="Plain"), name="Plain"),
            cls.acme, cls.brown, cls.guest, name="Plain campaign")
        campaign.with_user(cls.manager).action_launch()
        cls.case, cls.foreign, cls.guest_case = (
            campaign.case_ids.filtered(lambda case, partner=partner: case.partner_id == partner)
            for partner in (cls.acme, cls.brown, cls.guest))
        cls.task = cls.case.task_ids

    def setUp(self):
        super().setUp()
        self.authenticate('acme_portal', 'acme_portal')

    def post(self, path, data=None, files=None, **options):
        return self.url_open(path, {'csrf_token': Request.csrf_token(self), **(data or {})}, files=files, **options)

    def texts(self, response, css_class):
        found = html.fromstring(response.text).xpath(f'//*[contains(concat(" ", @class, " "), " {css_class} ")]')
        return [node.text_content().strip() for node in found]

    def test_the_home_page_counts_what_waits(self):
        counted = self.url_open('/my/counters', json.dumps({'params': {'counters': ['pem_waiting_count']}}), headers={
            'Content-Type': 'application/json'}).json()
        self.assertEqual(counted['result'], {'pem_waiting_count': 1})
        self.assertIn('/my/requests', self.url_open('/my').text)

    def test_a_plain_form_works_without_javascript(self):
        path = f'/my/requests/{self.task.id}'
        self.assertEqual(self.url_open(path).status_code, 200)
        refused = self.post(path, {'answer.phone': '', 'action': 'submit'})
        self.assertIn("Please answer this question.", self.texts(refused, 'o_pem_error'))
        saved = self.post(path, {'answer.phone': '+1 617 555', 'action': 'save'}, {'file.proof': ('proof.pdf', PDF)})
        self.assertIn("Your draft is saved", saved.text)
        self.assertEqual(self.texts(saved, 'o_pem_file_list'), ['proof.pdf'])
        sent = self.post(path, {'answer.phone': '+1 617 555 0199', 'action': 'submit'})
        self.assertIn("Thank you", sent.text)
        self.assertEqual(self.task.state, 'done')
        answers = {answer.name: answer.display for answer in self.case.submission_ids.answer_ids}
        self.assertEqual(answers, {'phone': '+1 617 555 0199', 'proof': 'proof.pdf'})

    def test_a_refused_file_is_said_beside_its_question_and_the_rest_is_kept(self):
        path = f'/my/requests/{self.task.id}'
        page = self.post(path, {'answer.phone': '+1 617 555 0199', 'action': 'submit'}, {'file.proof': ('proof.exe', b'MZ')})
        self.assertTrue(any('proof.exe' in text for text in self.texts(page, 'o_pem_error')))
        self.assertIn('+1 617 555 0199', page.text)
        self.assertEqual(self.task.state, 'open')

    def test_sending_twice_shows_what_was_sent(self):
        path = f'/my/requests/{self.task.id}'
        for _time in range(2):
            response = self.post(path, {'answer.phone': '+1 617 555 0199', 'action': 'submit'})
            self.assertEqual(response.status_code, 200)
        self.assertEqual(len(self.case.submission_ids), 1)

    def test_a_form_without_the_csrf_token_is_refused(self):
        response = self.url_open(f'/my/requests/{self.task.id}', {'answer.phone': '+1 617 555 0199', 'action': 'submit'})
        self.assertEqual(response.status_code, 400)
        self.assertEqual(self.task.state, 'open')

    def test_files_are_handed_out_as_downloads(self):
        self.post(f'/my/requests/{self.task.id}/files/proof', files={'file': ('proof.pdf', PDF)})
        [file] = self.task.draft['proof']
        response = self.url_open(f'/my/requests/{self.task.id}/files/{file["id"]}')
        self.assertEqual(response.content, PDF)
        self.assertIn('attachment', response.headers['Content-Disposition'])

    def test_visitors_are_asked_to_log_in_and_then_led_on(self):
        self.authenticate(None, None)
        response = self.url_open(f'/my/requests/{self.task.id}', allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertIn(f'redirect=%2Fmy%2Frequests%2F{self.task.id}', response.headers['Location'])

    def test_a_guest_sees_their_task_and_nothing_else(self):
        self.authenticate(None, None)
        task = self.guest_case.task_ids
        token = task._sign_link()
        self.assertEqual(self.url_open(f'/my/requests/{task.id}?access_token={token}').status_code, 200)
        self.assertEqual(self.url_open(f'/my/requests/{self.task.id}?access_token={token}').status_code, 403)
        page = self.post(f'/my/requests/{task.id}', {'access_token': token, 'answer.phone': '+1 212 555 0100', 'action': 'submit'})
        self.assertIn("Thank you", page.text)
        self.assertEqual(self.guest_case.submission_ids.contact_id, self.guest)

    def test_who_comes_too_late_reads_a_sentence_not_an_error(self):
        path = f'/my/requests/{self.task.id}'
        self.task.write({'draft': {'phone': '+1 212'}})
        self.task._finish('expired')
        self.task._send_on('expired')
        for response in (self.url_open(path), self.post(path, {'answer.phone': '+1 212 555 0100', 'action': 'submit'})):
            self.assertEqual(response.status_code, 200)
            self.assertIn("The time for this ran out on", response.text)
            self.assertIn("What you had entered is kept", response.text)
        self.assertFalse(self.case.submission_ids)

    def test_a_broken_or_outdated_link_explains_itself(self):
        self.authenticate(None, None)
        task = self.guest_case.task_ids
        response = self.url_open(f'/my/requests/{task.id}?access_token=nonsense')
        self.assertEqual(response.status_code, 403)
        self.assertIn("This link does not work any more", response.text)
        self.env['ir.config_parameter'].set_param('pem_campaigns.link_days', '-1')
        token = task._sign_link()
        response = self.url_open(f'/my/requests/{task.id}?access_token={token}')
        self.assertIn("Send me a new one", response.text)
        task.notice_state = 'sent'
        self.assertIn("Please look at your mail", self.post(f'/my/requests/{task.id}/renew', {'access_token': token}).text)
        self.assertEqual(task.notice_state, 'queued')

    def test_drafts_typed_in_the_browser_are_kept_for_their_owner_only(self):
        def save(task, entries):
            return self.url_open(f'/my/requests/{task.id}/draft', json.dumps({'params': {'entries': entries}}), headers={
                'Content-Type': 'application/json'}).json()['result']

        self.assertEqual(save(self.task, [['answer.phone', '+1']]), {'saved': True})
        self.assertEqual(self.task.draft['phone'], '+1')
        self.assertIn('error', save(self.foreign.task_ids, [['answer.phone', '+1']]))
        self.assertFalse(self.foreign.task_ids.draft)

    def test_every_page_of_another_partner_looks_as_if_it_did_not_exist(self):
        self.foreign.task_ids.with_user(self.brown_user).sudo()._save_draft({'phone': '+49'})
        for task, case in ((self.foreign.task_ids.id, self.foreign.id), (10**8, 10**8)):
            for path in (f'/my/requests/{task}', f'/my/requests/case/{case}', f'/my/requests/{task}/files/1',
                         f'/my/requests/case/{case}/files/1', f'/my/requests/nonsense/{task}', '/my/requests/nonsense'):
                with self.subTest(path):
                    self.assertEqual(self.url_open(path).status_code, 404)
            for path in (f'/my/requests/{task}', f'/my/requests/{task}/forward', f'/my/requests/case/{case}/reply',
                         f'/my/requests/{task}/files/proof', f'/my/requests/{task}/files/proof/1/remove',
                         '/my/requests/nonsense/new', f'/my/requests/nonsense/{task}', f'/my/requests/nonsense/{task}/discard'):
                with self.subTest(path):
                    response = self.post(path, {'answer.phone': '+1', 'action': 'submit', 'text': 'x', 'name': 'x', 'email': 'x@y.example'},
                                         {'file': ('x.pdf', PDF)})
                    self.assertEqual(response.status_code, 404)
        self.assertEqual(self.foreign.task_ids.draft, {'phone': '+49'})

    def test_a_message_is_written_on_the_page_of_the_case(self):
        page = self.post(f'/my/requests/case/{self.case.id}/reply', {'text': "When will you decide?"})
        self.assertIn("When will you decide?", page.text)
        self.assertIn("Please write a message first.", self.post(f'/my/requests/case/{self.case.id}/reply', {'text': ''}).text)

    def test_handing_on_from_the_page(self):
        page = self.post(f'/my/requests/{self.task.id}/forward', {'name': "Carla", 'email': 'nonsense'})
        self.assertIn("one e-mail address", page.text)
        page = self.post(f'/my/requests/{self.task.id}/forward', {'name': "Carla", 'email': 'carla@acme.example'})
        self.assertIn("Handed on to Carla", page.text)


@tagged('post_install', '-at_install')
class TestKindRoutes(PemWorld, HttpCase):
    """Every kind of question as a browser without JavaScript has it, and what JavaScript asks for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, 'tracking_disable': True, 'no_reset_password': True})
        cls.make_world()
        form = make_every_kind_form(cls)
        campaign = cls.make_campaign(cls.make_simple_process(form, name="Every kind"), cls.acme, cls.brown, name="Every kind")
        campaign.with_user(cls.manager).action_launch()
        cls.task, cls.foreign = (
            campaign.case_ids.filtered(lambda case, partner=partner: case.partner_id == partner).task_ids
            for partner in (cls.acme, cls.brown))

    def setUp(self):
        super().setUp()
        self.authenticate('acme_portal', 'acme_portal')
        self.path = f'/my/requests/{self.task.id}'

    def post(self, path, data=(), files=None):
        return self.url_open(path, [('csrf_token', Request.csrf_token(self)), *data], files=files)

    def test_a_form_of_pages_is_one_page_that_can_be_sent_without_javascript(self):
        page = html.fromstring(self.url_open(self.path).text)
        self.assertEqual(page.xpath('//section/h2/text()'), ["You and your company", "Staff and figures", "Papers and signature"])
        self.assertFalse(page.xpath('//section[@hidden]'))
        changed = [(name, '99' if name == 'row.staff.n1.days' else value) for name, value in ANSWERS]
        refused = self.post(self.path, [*changed, ('action', 'submit')])
        errors = html.fromstring(refused.text).xpath('//*[contains(@class, "o_pem_error") and not(@hidden)]/text()')
        self.assertEqual(errors, ["Please enter 30 or less.", "Please answer this question."])
        sent = self.post(self.path, [*ANSWERS, ('action', 'submit')], {'file.signature': ('signature.png', PNG)})
        self.assertIn("Thank you", sent.text)
        self.assertEqual(self.task.state, 'done')

    def test_a_line_is_added_without_javascript(self):
        page = html.fromstring(self.post(self.path, [*ANSWERS, ('action', 'add.staff')]).text)
        self.assertEqual(len(page.xpath('//div[@data-table="staff"]/div[contains(@class, "o_pem_row ")]')), 3)

    def test_a_spreadsheet_fills_rows_without_javascript(self):
        page = html.fromstring(self.post(
            self.path, [*ANSWERS, ('action', 'submit')], {'import.staff': ('staff.csv', b"Name;Days\nMax;5\nMia;many\n")}).text)
        self.assertEqual(
            page.xpath('//div[@data-table="staff"]/div[contains(@class, "o_pem_row ")]//input[contains(@name, ".name")]/@value'),
            ['Kim', 'Lou', 'Max', 'Mia'])
        notes = ' '.join(page.xpath('//*[contains(@class, "o_pem_table_notes")]//text()'))
        self.assertIn("2 lines were added.", notes)
        self.assertIn("Row 3, Days: “many” was left out.", notes)

    def test_javascript_gets_the_rows_of_a_spreadsheet_as_the_inputs_hold_them(self):
        answer = self.post(f'{self.path}/rows/staff', files={'file': ('staff.csv', b"Name;Days\nMax;5\n")}).json()
        self.assertEqual(answer, {'rows': [{'name': 'Max', 'days': '5'}], 'notes': []})
        answer = self.post(f'{self.path}/rows/staff', [('text', "Max\tSales\n"), ('start', 'name')]).json()
        self.assertEqual(answer['rows'], [{'name': 'Max', 'area': 'sales', 'days': '', 'since': '', 'certified': ''}])
        refused = self.post(f'{self.path}/rows/staff', files={'file': ('staff.csv', b"x;y\n1;2\n")}).json()
        self.assertIn("has to name the columns", refused['error'])

    def test_an_empty_spreadsheet_can_be_downloaded(self):
        response = self.url_open(f'{self.path}/rows/staff/template.csv')
        self.assertEqual(response.content.decode('utf-8-sig').strip(), "Name,Area,Days,Since,Certified")
        self.assertIn('attachment', response.headers['Content-Disposition'])
        self.assertEqual(self.url_open(f'{self.path}/rows/staff/template.xlsx').content[:2], b'PK')
        self.assertEqual(self.url_open(f'{self.path}/rows/staff/template.exe').status_code, 404)

    def test_an_image_is_previewed_and_nothing_else_is(self):
        logo = self.post(f'{self.path}/files/logo', files={'file': ('logo.png', PNG)}).json()
        preview = self.url_open(f'{self.path}/files/{logo["id"]}/preview')
        self.assertEqual(preview.headers['Content-Type'], 'image/png')
        self.assertIn('sandbox', preview.headers['Content-Security-Policy'])
        paper = self.post(f'{self.path}/files/certificates', files={'file': ('paper.pdf', PDF)}).json()
        self.assertEqual(self.url_open(f'{self.path}/files/{paper["id"]}/preview').status_code, 404)

    def test_nothing_of_another_partner_can_be_asked_for(self):
        path = f'/my/requests/{self.foreign.id}'
        attachment = self.env['ir.attachment'].create({'name': 'x.png', 'raw': PNG})
        self.assertEqual(self.post(f'{path}/rows/staff', [('text', "a\tb")]).status_code, 404)
        self.assertEqual(self.url_open(f'{path}/rows/staff/template.csv').status_code, 404)
        self.assertEqual(self.url_open(f'{path}/files/1/preview').status_code, 404)
        self.assertEqual(self.url_open(f'{self.path}/files/{attachment.id}/preview').status_code, 404)
        self.assertEqual(self.post(f'{self.path}/files/logo/{attachment.id}/restore').status_code, 404)
