import json

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import MissingError, UserError
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from odoo.addons.pem_campaigns.tests.common import PemWorld

from .common import PDF, PortalCase, upload


@tagged('post_install', '-at_install')
class TestReachOut(PortalCase):
    """What a colleague of the sponsor writes by hand lies in the InTray, and the answer lands in the case."""

    def reach_out(self, kind='text', case=None, **options):
        return (case or self.acme_case).with_user(self.user)._reach_out("Sample", "<p>Will it arrive?</p>", kind, **options)

    def lines(self, tab='waiting', user=None):
        gateway = self.gateway(user)
        return gateway._in_tray(gateway._actor(), tab)['lines']

    def line(self, task):
        return next(line for line in self.lines() if line['url'] == f'/my/requests/{task.id}')

    def test_each_kind_says_in_the_in_tray_what_to_do(self):
        form = self.make_form(("Size", 'integer'), ("Colour", 'char'), name="Sizes")
        for kind, text, action in (
            ('text', "Please answer", "Answer"), ('form', "2 questions, about 1 minutes", "Answer"),
            ('confirm', "Please tell us when it is done", "Look"), ('none', "For your information", "Read"),
        ):
            line = self.line(self.reach_out(kind, form=form if kind == 'form' else None))
            self.assertEqual((line['title'], line['summary'], line['text'], line['action']), ("Sample", self.campaign.name, text, action))

    def test_words_and_files_come_back_and_the_partner_reads_both_on_the_case(self):
        task = self.reach_out()
        gateway, actor, sheet = self.sheet(task)
        gateway._see(sheet)
        gateway._upload(sheet, 'files', upload('drawing.pdf', PDF))
        self.assertFalse(gateway._submit(actor, sheet, {'answers': {'reply': "On Friday"}}))
        answers = {answer.name: answer.display for answer in task.submission_ids.answer_ids}
        self.assertEqual(answers, {'reply': "On Friday", 'files': 'drawing.pdf'})
        told = [event['text'] for event in gateway._open_case(actor, self.acme_case.id)['timeline']]
        self.assertIn("Sample: Will it arrive?", told)
        self.assertIn("“Sample” answered", told)
        self.assertEqual(gateway._sent_page(self.sheet(task)[2])['answers'], [("Your answer", "On Friday"), ("Files", 'drawing.pdf')])

    def test_nothing_but_a_click_confirms(self):
        for kind in ('confirm', 'none'):
            task = self.reach_out(kind)
            gateway, actor, sheet = self.sheet(task)
            self.assertEqual(gateway._page(sheet)['entries'], [])
            self.assertFalse(gateway._submit(actor, sheet, {}))
            self.assertEqual((task.state, len(task.submission_ids)), ('done', 1))
            with self.assertRaisesRegex(UserError, "not open any more"):
                gateway._submit(actor, sheet, {})

    def test_what_was_withdrawn_cannot_be_answered(self):
        task = self.reach_out()
        gateway, actor, sheet = self.sheet(task)
        task.with_user(self.user).action_withdraw()
        with self.assertRaises(UserError):
            gateway._submit(actor, sheet, {'answers': {'reply': "Too late"}})
        self.assertTrue(gateway._sent_page(self.sheet(task)[2])['is_withdrawn'])

    def test_tasks_of_colleagues_are_none_of_the_partners_business(self):
        task = self.acme_case.with_user(self.user)._add_todo("Call our lawyer", "<p>Quietly</p>", self.approver)
        gateway = self.gateway()
        with self.assertRaises(MissingError):
            gateway._task_sheet(gateway._actor(), task.id)
        self.assertNotIn("lawyer", repr(gateway._open_case(gateway._actor(), self.acme_case.id)))
        self.assertNotIn("lawyer", repr(gateway._in_tray(gateway._actor(), 'waiting')))

    def test_another_partner_sees_nothing_of_it(self):
        for kind in ('text', 'confirm', 'none'):
            task = self.reach_out(kind)
            gateway = self.gateway(self.brown_user)
            with self.assertRaises(MissingError):
                gateway._task_sheet(gateway._actor(), task.id)
            self.assertFalse([line for line in self.lines(user=self.brown_user) if line['title'] == "Sample"])

    def test_many_reach_outs_take_the_queries_of_few(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.lines()
            return self.env.cr.sql_log_count - before

        self.reach_out()
        self.lines()
        few = queries()
        for _number in range(8):
            self.reach_out()
        self.assertLessEqual(queries(), few)

    def test_the_partner_sees_how_long_it_waits_on_the_sponsor_in_working_time(self):
        self.company.resource_calendar_id = self.env['resource.calendar'].create({'name': "Office hours", 'tz': 'UTC'})
        with freeze_time('2026-11-27 08:00'):
            self.acme_case.sudo().waiting_since = fields.Datetime.now()
            self.send()
        with freeze_time('2026-12-01 17:00'):
            self.env.invalidate_all()
            gateway = self.gateway()
            self.assertEqual(gateway._open_case(gateway._actor(), self.acme_case.id)['waited'], "3 working days")
            self.assertEqual(gateway._sent_page(self.sheet()[2])['waited'], "3 working days")
            [line] = self.lines('sponsor')
            self.assertEqual(line['text'], f"Waiting for {self.company.name}, 3 working days")


@tagged('post_install', '-at_install')
class TestReachOutPages(PemWorld, HttpCase):
    """The pages, as a browser without JavaScript asks for them, and as an intruder does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, 'tracking_disable': True, 'no_reset_password': True})
        cls.make_world()
        cls.guest = cls.make_partner("Guest & Co")
        campaign = cls.make_campaign(cls.process, cls.acme, cls.brown, cls.guest, name="Pages")
        campaign.with_user(cls.manager).action_launch()
        cls.case, cls.foreign, cls.guest_case = (
            campaign.case_ids.filtered(lambda case, partner=partner: case.partner_id == partner)
            for partner in (cls.acme, cls.brown, cls.guest))

    def setUp(self):
        super().setUp()
        self.authenticate('acme_portal', 'acme_portal')

    def reach_out(self, case, kind='text'):
        return case.with_user(self.user)._reach_out("Sample <b>", "<p>Will it arrive?</p>", kind)

    def post(self, path, data=None, files=None, **options):
        return self.url_open(path, {'csrf_token': Request.csrf_token(self), **(data or {})}, files=files, **options)

    def test_a_message_is_read_answered_and_thanked_for(self):
        task = self.reach_out(self.case)
        path = f'/my/requests/{task.id}'
        page = self.url_open(path).text
        self.assertIn("Sample &lt;b&gt;", page)
        self.assertIn("Will it arrive?", page)
        self.assertIn("writes to you about", page)
        self.assertIn("Please answer this question.", self.post(path, {'answer.reply': '', 'action': 'submit'}).text)
        sent = self.post(path, {'answer.reply': 'On <i>Friday</i>', 'action': 'submit'}, {'file.files': ('a.pdf', PDF)})
        self.assertIn("has your answer", sent.text)
        self.assertIn("On &lt;i&gt;Friday&lt;/i&gt;", sent.text)
        self.assertEqual(task.state, 'done')
        self.assertIn("Answered", self.url_open(path).text)

    def test_information_is_confirmed_with_one_click(self):
        task = self.reach_out(self.case, 'none')
        page = self.url_open(f'/my/requests/{task.id}').text
        self.assertIn("Understood", page)
        self.assertNotIn("Save draft", page)
        self.assertIn("knows now", self.post(f'/my/requests/{task.id}', {'action': 'submit'}).text)
        self.assertEqual(task.state, 'done')

    def test_a_guest_answers_by_the_link_of_the_message(self):
        task = self.reach_out(self.guest_case)
        self.authenticate(None, None)
        token = task._sign_link()
        self.assertIn('access_token', task._notice_link())
        page = self.post(f'/my/requests/{task.id}', {'access_token': token, 'answer.reply': "Yes", 'action': 'submit'})
        self.assertIn("has your answer", page.text)
        self.assertEqual(task.submission_ids.contact_id, self.guest)
        # The link opens this one thing.
        self.assertEqual(self.url_open(f'/my/requests/{self.guest_case.open_task_ids.id}?access_token={token}').status_code, 403)

    def test_no_route_leads_another_partner_to_a_reach_out_or_a_colleagues_task(self):
        mine = self.reach_out(self.foreign)
        gateway = self.env['pem.gateway'].with_user(self.brown_user)
        sheet = gateway._task_sheet(gateway._actor(), mine.id)
        file = gateway._upload(sheet, 'files', upload('secret.pdf'))
        internal = self.case.with_user(self.user)._add_todo("Internal", "<p>Secret</p>", self.approver)
        for task in (mine, internal):
            for path in (f'/my/requests/{task.id}', f'/my/requests/{task.id}/files/{file["id"]}'):
                with self.subTest(path):
                    self.assertEqual(self.url_open(path).status_code, 404)
            for path in (f'/my/requests/{task.id}', f'/my/requests/{task.id}/forward', f'/my/requests/{task.id}/files/files',
                         f'/my/requests/{task.id}/files/files/{file["id"]}/remove'):
                with self.subTest(path):
                    response = self.post(path, {'answer.reply': 'x', 'action': 'submit', 'name': 'x', 'email': 'x@y.example'},
                                         {'file': ('x.pdf', PDF)})
                    self.assertEqual(response.status_code, 404)
            answer = self.url_open(f'/my/requests/{task.id}/draft', json.dumps({'params': {'entries': [['answer.reply', 'x']]}}), headers={
                'Content-Type': 'application/json'}).json()['result']
            self.assertIn('error', answer)
            self.assertEqual(task.state, 'open')
        self.assertEqual([kept['id'] for kept in mine.draft['files']], [file['id']])
