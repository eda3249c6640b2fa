import io
import zipfile

from odoo.exceptions import MissingError, ValidationError
from odoo.tests import tagged

from .common import PDF, PortalCase, upload

PNG = (b'\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89'
       b'\x00\x00\x00\rIDATx\x9cc\xfc\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82')


@tagged('post_install', '-at_install')
class TestFiles(PortalCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        form = cls.make_form(("Certificate", 'file', {'required': True}), ("Remark", 'char'), name="Certificate")
        process = cls.make_simple_process(form, name="Certificate")
        campaign = cls.make_campaign(process, cls.acme, cls.brown, name="Certificate")
        campaign.with_user(cls.manager).action_launch()
        cls.case = campaign.case_ids.filtered(lambda case: case.partner_id == cls.acme)
        cls.foreign_case = campaign.case_ids - cls.case
        cls.task = cls.case.task_ids

    def attach(self, name, content=PDF, question='certificate'):
        gateway, _actor, sheet = self.sheet(self.task)
        return gateway._upload(sheet, question, upload(name, content))

    def test_a_file_is_kept_with_the_draft_and_sent_with_the_answers(self):
        file = self.attach('certificate.pdf')
        self.assertEqual(self.entry('certificate', self.task)['files'], [file])
        self.assertFalse(self.send({'remark': 'here'}, self.task))
        answer = self.case.submission_ids.answer_ids.filtered(lambda answer: answer.name == 'certificate')
        self.assertEqual(answer.display, 'certificate.pdf')
        self.assertEqual(answer.with_user(self.approver).attachment_ids.raw, PDF)
        self.assertIn('file_added', self.story(self.case))

    def test_a_required_file_is_missed(self):
        self.assertEqual(self.send({'remark': 'here'}, self.task), {'certificate': "Please answer this question."})

    def test_a_request_cannot_name_a_file_of_somebody_else(self):
        foreign = self.env['ir.attachment'].create({'name': 'secret.pdf', 'raw': PDF})
        errors = self.send({'certificate': [str(foreign.id)], 'remark': 'x'}, self.task)
        self.assertIn('certificate', errors)

    def test_what_a_file_is_called_has_to_be_what_it_holds(self):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, 'w') as content:
            content.writestr('evil.html', '<script>')
        refused = {
            'program.pdf': b'MZ\x90\x00' + b'\x00' * 100,
            'page.png': b'<html><script>alert(1)</script></html>',
            'page.html': b'<html></html>',
            'drawing.svg': b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            'sheet.xlsx': archive.getvalue(),
            'nothing.pdf': b'',
            'noending': PDF,
        }
        for name, content in refused.items():
            with self.subTest(name), self.assertRaises(ValidationError):
                self.attach(name, content)
        self.assertEqual(self.attach('picture.PNG', PNG)['name'], 'picture.PNG')

    def test_limits_are_settings(self):
        settings = self.env['res.config.settings'].create({
            'pem_upload_megabytes': 1, 'pem_upload_files': 2, 'pem_upload_types': 'pdf'})
        settings.execute()
        with self.assertRaisesRegex(ValidationError, "larger than 1 MB"):
            self.attach('big.pdf', PDF + b'x' * 1024 * 1024)
        with self.assertRaisesRegex(ValidationError, "one of: pdf"):
            self.attach('picture.png', PNG)
        self.attach('1.pdf')
        self.attach('2.pdf')
        with self.assertRaisesRegex(ValidationError, "At most 2 files"):
            self.attach('3.pdf')

    def test_a_name_cannot_lead_out_of_its_folder(self):
        self.assertEqual(self.attach('../../etc/pass\x00wd\\evil.pdf')['name'], 'evil.pdf')

    def test_a_file_can_be_taken_back_until_it_is_sent(self):
        file = self.attach('wrong.pdf')
        gateway, _actor, sheet = self.sheet(self.task)
        gateway._remove_file(sheet, 'certificate', file['id'])
        self.assertFalse(self.env['ir.attachment'].browse(file['id']).exists())
        self.assertEqual(self.entry('certificate', self.task)['files'], [])

    def test_a_sent_file_stays_with_its_submission_when_the_correction_replaces_it(self):
        first = self.attach('first.pdf')
        self.send({}, self.task)
        self.mark(self.case, 'certificate', "Unreadable")
        self.decide(self.case, 'send_back')
        self.task = self.open_task(self.case)
        self.assertEqual([file['id'] for file in self.entry('certificate', self.task)['files']], [first['id']])
        gateway, _actor, sheet = self.sheet(self.task)
        gateway._remove_file(sheet, 'certificate', first['id'])
        second = self.attach('second.pdf')
        self.assertFalse(self.send({}, self.task))
        self.assertTrue(self.env['ir.attachment'].browse(first['id']).exists())
        latest = self.case.submission_ids.sorted('id')[-1].answer_ids.filtered(lambda answer: answer.name == 'certificate')
        self.assertEqual([file['id'] for file in latest.value], [second['id']])

    def test_only_files_of_the_own_task_are_handed_out(self):
        file = self.attach('mine.pdf')
        gateway, _actor, sheet = self.sheet(self.task)
        self.assertEqual(gateway._get_file(sheet, file['id']).raw, PDF)
        other = self.env['ir.attachment'].create({'name': 'other.pdf', 'raw': PDF})
        with self.assertRaises(MissingError):
            gateway._get_file(sheet, other.id)
        gateway, _actor, foreign = self.sheet(self.foreign_case.task_ids, self.brown_user)
        with self.assertRaises(MissingError):
            gateway._get_file(foreign, file['id'])
        with self.assertRaises(MissingError):
            gateway._remove_file(foreign, 'certificate', file['id'])

    def test_a_file_answers_file_questions_only(self):
        for question in ('remark', 'nonsense'):
            with self.subTest(question), self.assertRaises(MissingError):
                self.attach('mine.pdf', question=question)
