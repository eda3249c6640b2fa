import json
import subprocess
import sys
from pathlib import Path

from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.pem_campaigns.engine import chain

from .common import PemCase, PemWorld

REPORT = 'pem_campaigns.report_case_audit'


@tagged('post_install', '-at_install')
class TestAudit(PemCase):
    """A case on paper: everything that happened, and whether its trail is whole."""

    def setUp(self):
        super().setUp()
        self.case, self.other = self.launch().sorted(lambda case: case.partner_id != self.acme)
        self.submit(self.case, {**self.answers, 'remark': "<script>alert(1)</script>"})
        self.mark(self.case, 'seats', "Really <b>twelve</b>?")
        self.decide(self.case, 'send_back')
        self.submit(self.case, {**self.answers, 'seats': 13})
        self.decide(self.case, comment="=1+1 fine")

    def report(self, cases=None, user=None, **context):
        """Return the report as a user sees it on screen: the text, and the parsed page."""
        cases = self.case if cases is None else cases
        content, kind = self.env['ir.actions.report'].with_user(user or self.user).with_context(
            **context)._render_qweb_html(REPORT, cases.ids)
        self.assertEqual(kind, 'html')
        page = html.fromstring(content.decode())
        return ' '.join(page.text_content().split()), page

    def test_it_holds_answers_verdicts_decisions_and_every_line_with_its_seal(self):
        text, _page = self.report()
        for told in (self.case.name, "Acme – Örtlich & Söhne", self.process.display_name, "Done", "+1 617 555 0199", "Really <b>twelve</b>?",
                     "Anna Approver", "=1+1 fine", "Sent back", "Accepted", "fits its seal, checked on", "by Ursula User", "Signature"):
            self.assertIn(told, text)
        for event in self.case.event_ids:
            self.assertIn(event.seal, text)
            self.assertIn(event.description, text)
        self.assertEqual(text.count(self.case.trail_seal), 3)

    def test_nothing_that_a_partner_writes_is_more_than_text(self):
        _text, page = self.report()
        self.assertFalse([node for node in page.iter('script') if 'alert(1)' in (node.text or '')])
        self.assertNotIn('twelve', [node.text for node in page.iter('b')])

    def test_the_rows_of_a_table_are_told_one_by_one(self):
        form = self.make_form(("Orders", 'table', {'columns': [("Part", 'char'), ("Pieces", 'integer', {'show_total': True})]}))
        case = self.launch(self.make_campaign(self.make_simple_process(form), self.acme, name="Orders"))
        self.submit(case, {'orders': [{'part': "BX-17", 'pieces': 3}, {'part': "BX-18", 'pieces': 4}]})
        text, page = self.report(case)
        self.assertIn("2 rows (Pieces: 7)", text)
        self.assertEqual(page.xpath("//td//tbody/tr/td/text()"), ["BX-17", "3", "BX-18", "4"])

    def test_times_are_told_in_utc_and_in_the_time_of_the_reader(self):
        self.user.tz = 'Asia/Tokyo'
        text, _page = self.report()
        self.assertIn("(Asia/Tokyo)", text)
        self.assertIn(f"{self.case.date_start} UTC", text)

    def test_it_is_in_the_language_of_the_reader(self):
        self.env['res.lang']._activate_lang('fr_FR')
        french = self.case.event_ids[0].with_context(lang='fr_FR').description
        self.assertNotEqual(french, self.case.event_ids[0].with_context(lang='en_US').description)
        self.assertIn(french, self.report(lang='fr_FR')[0])
        self.assertNotIn(french, self.report(lang='en_US')[0])

    def test_a_broken_trail_is_told_on_the_first_page_with_its_line(self):
        self.env.cr.execute("ALTER TABLE pem_event DISABLE TRIGGER USER")
        self.env.cr.execute("UPDATE pem_event SET actor = 'Somebody' WHERE case_id = %s AND sequence = 3", [self.case.id])
        self.env['pem.event'].invalidate_model()
        text, page = self.report()
        self.assertIn("The audit trail was tampered with. Line 3 is the first", text)
        self.assertEqual(len(page.xpath('//tr[contains(@class, "table-danger")]')), len(self.case.event_ids) - 2)

    def test_several_cases_are_reports_of_their_own_and_each_is_noted(self):
        self.report(self.case | self.other)
        for case in (self.case, self.other):
            self.assertIn(f"Audit report made by Ursula User, seal {case.trail_seal}", case.message_ids[0].body)
        self.assertFalse(self.env['pem.event']._first_broken(self.case | self.other))

    def test_a_running_case_and_a_rule_that_decided_are_told_too(self):
        process = self.make_simple_process(self.form, name="By rule", publish=False)
        process.step_ids.filtered(lambda step: step.kind == 'approval').auto_approve_if = "[('answers.seats', '<', 100)]"
        process._publish()
        campaign = self.make_campaign(process, self.acme, name="By rule")
        case = self.launch(campaign)
        self.assertIn("waiting on: Partner", self.report(case)[0])
        self.submit(case)
        self.assertIn("A rule", self.report(case)[0])

    def test_strangers_get_no_report(self):
        for user in (self.outsider, self.acme_user, self.env.ref('base.public_user')):
            with self.assertRaises(AccessError):
                self.report(user=user)

    def test_the_pdf_is_made_where_wkhtmltopdf_is(self):
        Report = self.env['ir.actions.report'].with_user(self.user)
        if Report.get_wkhtmltopdf_state() == 'install':
            self.skipTest("wkhtmltopdf is not installed")
        # Builds of wkhtmltopdf without a patched Qt warn that they leave headers and footers out.
        with mute_logger('odoo.addons.base.models.ir_actions_report'):
            content, kind = Report.with_context(force_report_rendering=True)._render_qweb_pdf(REPORT, (self.case | self.other).ids)
        self.assertEqual((kind, content[:5]), ('pdf', b'%PDF-'))

    # The trail as a file

    def test_the_exported_trail_is_checked_without_odoo(self):
        documents = json.loads(json.dumps((self.case | self.other).with_user(self.user)._trail_documents()))
        self.assertEqual([chain.verify(document) for document in documents], [None, None])
        path = Path(self.env['ir.attachment']._filestore()).parent / 'trail.json'
        path.write_text(json.dumps(documents), encoding='utf-8')
        self.addCleanup(path.unlink)
        command = [sys.executable, chain.__file__, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout.count("whole")), (0, 2))
        for column in range(7):
            tampered = json.loads(json.dumps(documents))
            tampered[0]['lines'][2]['content'][column] = 'x'
            self.assertEqual(chain.verify(tampered[0]), 3)
        del documents[0]['lines'][-1]
        path.write_text(json.dumps(documents), encoding='utf-8')
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.case.name}: broken at line {self.case.trail_length}", done.stdout)


@tagged('post_install', '-at_install')
class TestAuditRoutes(PemWorld, HttpCase):
    """The routes of report and trail: for colleagues who may see the case, and for nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, 'tracking_disable': True, 'no_reset_password': True})
        cls.make_world()
        cls.campaign.with_user(cls.manager).action_launch()
        cls.case = cls.campaign.case_ids[0]

    def test_a_colleague_downloads_the_trail_and_reads_the_report(self):
        self.authenticate('pem_user', 'pem_user')
        response = self.url_open(self.case.with_user(self.user).action_export_trail()['url'])
        self.assertIn('attachment', response.headers['Content-Disposition'])
        self.assertIsNone(chain.verify(response.json()[0]))
        self.assertIn(self.case.trail_seal, self.url_open(f'/report/html/{REPORT}/{self.case.id}').text)
        self.assertEqual(self.url_open('/pem/trail/nonsense').status_code, 404)
        self.assertEqual(self.url_open(f'/pem/trail/{10**8}').status_code, 404)

    def test_nobody_else_gets_either(self):
        for login in ('acme_portal', 'pem_outsider'):
            self.authenticate(login, login)
            for path in (f'/pem/trail/{self.case.id}', f'/report/html/{REPORT}/{self.case.id}', f'/report/text/{REPORT}/{self.case.id}'):
                with self.subTest(path, login=login), mute_logger('odoo.http'):
                    response = self.url_open(path)
                    self.assertIn(response.status_code, (403, 404))
                    self.assertNotIn(self.case.trail_seal, response.text)
        self.authenticate(None, None)
        response = self.url_open(f'/pem/trail/{self.case.id}', allow_redirects=False)
        self.assertIn('/web/login', response.headers['Location'])
