from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PemCase


@tagged('post_install', '-at_install')
class TestSets(PemCase):
    """Whatever people do with one case they do with 300, and the database is asked as often."""

    def make_cases(self, size):
        partners = self.env['res.partner'].create([
            {'name': f'Partner {number} of {size}', 'email': f'p{number}@size{size}.example.com', 'is_company': True} for number in range(size)])
        return self.launch(self.make_campaign(self.process, *partners, name=f"Campaign to {size}"))

    def send_forms(self, cases):
        tasks = self.open_tasks(cases, 'form').with_user(self.acme_user).sudo()
        Submission = self.env['pem.submission'].sudo()
        answers = {task: Submission._prepare_answers(task, {**self.answers, 'phone': f'+1 617 555 {number:04}'})
                   for number, task in enumerate(tasks)}
        return lambda: tasks._submit(answers)

    def open_tasks(self, cases, kind):
        return self.env['pem.task'].search([('case_id', 'in', cases.ids), ('state', '=', 'open'), ('kind', '=', kind)])

    def approvals(self, cases):
        self.send_forms(cases)()
        return self.open_tasks(cases, 'approval').with_user(self.approver)

    def assert_same_statements(self, prepare, state, factor):
        """:param prepare: ``prepare(cases)`` does what comes before, and returns the verb
        :param factor: so often Odoo itself sends a statement again: once more per hundred new rows, or changed partners
        """
        counts = []
        for size in (3, 10, 300):
            cases = self.make_cases(size)
            verb = prepare(cases)
            with self.statements() as counter:
                verb()
            self.assertEqual({(case.state, case.waiting_on) for case in cases}, {state})
            self.assertFalse(self.env['pem.event']._first_broken(cases))
            counts.append(counter)
        self.assert_batched(*counts[1:], factor)

    def test_sending_in_300_forms_takes_the_statements_of_10(self):
        self.assert_same_statements(self.send_forms, ('running', 'sponsor'), factor=12)

    def test_approving_300_cases_takes_the_statements_of_10(self):
        self.assert_same_statements(lambda cases: self.approvals(cases).action_approve, ('done', False), factor=2)

    def test_rejecting_300_cases_takes_the_statements_of_10(self):
        self.assert_same_statements(lambda cases: self.approvals(cases)._reject, ('rejected', False), factor=1)

    def test_sending_back_300_cases_takes_the_statements_of_10(self):
        self.assert_same_statements(lambda cases: self.approvals(cases)._send_back, ('running', 'partner'), factor=2)

    def test_an_approval_that_fails_for_one_case_is_told_once_in_each_trail(self):
        city = self.govern('city')
        form = self.make_form(("City", 'char', {'attribute_id': city.id}))
        cases = self.launch(self.make_campaign(self.make_simple_process(form, name="Cities"), self.acme, self.brown, name="Cities"))
        for case in cases:
            self.submit(case, {'city': "Boston, MA" if case.partner_id == self.acme else "Louisville, KY"})
        bad = cases.filtered(lambda case: case.partner_id == self.brown)
        # The database refuses one of the two values.
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE res_partner ADD CONSTRAINT pem_test_city CHECK (city <> 'Louisville, KY' OR id <> %s)", [bad.partner_id.id])
        with mute_logger('odoo.sql_db'):
            self.open_tasks(cases, 'approval').with_user(self.approver)._approve()
        self.assertEqual({case: case.state for case in cases}, {bad: 'problem', cases - bad: 'done'})
        for case in cases:
            self.assertEqual(self.story(case).count('approved'), 1)
        self.assertEqual((cases - bad).partner_id.city, "Boston, MA")
        self.assertFalse(self.env['pem.event']._first_broken(cases))

    def test_each_of_the_partners_that_are_updated_together_has_a_note_of_its_own(self):
        cases = self.make_cases(3)
        self.approvals(cases)._approve()
        partners = cases.partner_id
        notes = self.env['mail.message'].search([
            ('model', '=', 'res.partner'), ('res_id', 'in', partners.ids), ('body', 'ilike', "Updated by")])
        self.assertEqual(sorted(notes.mapped('res_id')), sorted(partners.ids))
        self.assertEqual(len(set(notes.mapped('message_id'))), 3)
        for case in cases:
            note = notes.filtered(lambda note, case=case: note.res_id == case.partner_id.id)
            self.assertIn(case.name, note.body)
            self.assertEqual((note.author_id, note.subtype_id), (self.approver.partner_id, self.env.ref('mail.mt_note')))
            self.assertIn(note, case.partner_id.message_ids)
