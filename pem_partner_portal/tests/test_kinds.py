import io
from datetime import date

import openpyxl

from odoo.exceptions import MissingError, ValidationError
from odoo.tests import tagged

from odoo.addons.pem_partner_portal.controllers.requests import parse_entries

from .common import PDF, PortalCase, upload
from .kinds import ANSWERS, make_every_kind_form
from .test_files import PNG


@tagged('post_install', '-at_install')
class TestKinds(PortalCase):
    """Every kind of question, as the page of a partner shows and takes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.form = make_every_kind_form(cls)
        cls.acme_user.partner_id.tz = 'Europe/Paris'
        campaign = cls.make_campaign(cls.make_simple_process(cls.form, name="Every kind"), cls.acme, cls.brown, name="Every kind")
        campaign.with_user(cls.manager).action_launch()
        cls.case = campaign.case_ids.filtered(lambda case: case.partner_id == cls.acme)
        cls.task = cls.case.task_ids

    def enter(self, *changes, submit=True, files=True, task=None):
        """Send the answers, some of them changed; return the errors."""
        changed = dict(changes)
        pairs = [(name, value) for name, value in ANSWERS if name not in changed] + list(changes)
        task = task or self.task
        if files:
            gateway, _actor, sheet = self.sheet(task)
            gateway._upload(sheet, 'signature', upload('signature.png', PNG))
        gateway, actor, sheet = self.sheet(task)
        if submit:
            return gateway._submit(actor, sheet, parse_entries(pairs))
        return gateway._save_draft(sheet, parse_entries(pairs))

    def sent(self):
        return {answer.name: answer for answer in self.case.submission_ids.sorted('id')[-1:].answer_ids}

    # The page

    def test_a_form_with_breaks_has_pages_with_titles(self):
        pages = self.page(self.task)['pages']
        self.assertEqual([page['title'] for page in pages], ["You and your company", "Staff and figures", "Papers and signature"])
        self.assertEqual(pages[0]['help'], "Who you are.")
        self.assertNotIn('page', {entry['type'] for page in pages for entry in page['entries']})

    def test_what_only_others_may_see_is_not_on_the_page_and_cannot_be_answered(self):
        self.assertNotIn('secret_of_the_office', {entry['name'] for entry in self.page(self.task)['entries']})
        self.assertFalse(self.enter(('answer.secret_of_the_office', "hello")))
        self.assertFalse(self.sent()['secret_of_the_office'].value)
        self.assertFalse((self.task.draft or {}).get('secret_of_the_office'))

    def test_who_has_the_role_sees_the_question(self):
        self.acme_user.partner_id.function = 'finance'
        self.assertEqual(self.entry('secret_of_the_office', self.task)['label'], "Secret of the office")

    def test_what_only_others_may_see_stays_theirs_after_it_was_sent(self):
        person, role = self.acme_user.partner_id, {'role_domain': "[('reader.role', '=', 'finance')]"}
        form = self.make_form(("Bank", 'char', role), ("Contract", 'file', role), ("Name", 'char'))
        case = self.make_campaign(self.make_simple_process(form, name="Bank"), self.acme, name="Bank")
        case.with_user(self.manager).action_launch()
        case, task = case.case_ids, case.case_ids.task_ids
        person.function = 'finance'
        gateway, _actor, sheet = self.sheet(task)
        contract = gateway._upload(sheet, 'contract', upload('contract.pdf'))['id']
        self.assertFalse(self.send({'bank': "DE12", 'name': "Paula"}, task))
        gateway, actor, sheet = self.sheet(task)
        self.assertIn(("Bank", "DE12"), gateway._open_case(actor, case.id)['answers'])
        self.assertEqual(gateway._get_file(sheet, contract).id, contract)
        person.function = 'sales'
        gateway, actor, sheet = self.sheet(task)
        for answers in (gateway._open_case(actor, case.id)['answers'], gateway._sent_page(sheet)['answers']):
            self.assertEqual(answers, [("Name", "Paula")])
        with self.assertRaises(MissingError):
            gateway._get_file(sheet, contract)

    def test_a_default_stands_there_and_what_is_closed_keeps_it(self):
        self.assertEqual(self.entry('language_of_contracts', self.task)['chosen'], {'en'})
        terms = self.entry('terms_of_payment', self.task)
        self.assertEqual((terms['value'], terms['is_readonly']), ("30 days", True))
        self.assertFalse(self.enter(('answer.terms_of_payment', "100 years")))
        self.assertEqual(self.sent()['terms_of_payment'].value, "30 days")

    # Answers

    def test_everything_is_sent_as_it_was_entered(self):
        self.assertFalse(self.enter())
        values = {name: answer.value for name, answer in self.sent().items()}
        self.assertEqual(values['next_meeting'], '2027-05-01 07:30:00')
        self.assertEqual((values['revenue'], values['revenue_per_head'], values['days_of_training']), (1200.5, 100.04, 7))
        self.assertEqual(values['staff'], [
            {'name': 'Kim', 'area': 'sales', 'days': 3, 'since': False, 'certified': True},
            {'name': 'Lou', 'area': False, 'days': 4, 'since': False, 'certified': False}])
        self.assertEqual((values['how_do_we_do'], values['i_agree_to_the_terms'], values['areas']), (4, True, ['cloud', 'edge']))
        self.assertEqual(values['signature'][0]['name'], 'signature.png')

    def test_a_moment_is_shown_and_typed_in_the_zone_of_the_reader(self):
        self.enter(submit=False)
        self.assertEqual(self.task.draft['next_meeting'], '2027-05-01 07:30:00')
        page = self.page(self.task)
        self.assertEqual((self.entry('next_meeting', self.task)['value'], page['zone']), ('2027-05-01T09:30', 'Europe/Paris'))
        self.enter(('zone', 'America/New_York'), submit=False)
        self.assertEqual(self.task.draft['next_meeting'], '2027-05-01 13:30:00')
        self.enter(('zone', '../etc'), submit=False)
        self.assertEqual(self.task.draft['next_meeting'], '2027-05-01 07:30:00')

    def test_what_is_on_file_counts_when_it_is_confirmed_or_corrected(self):
        self.assertEqual(self.entry('phone', self.task)['to_confirm']['display'], "+1 617 555 0100")
        errors = self.enter(('confirm.phone', ''))
        self.assertEqual(set(errors), {'phone'})
        self.assertIn("still right", errors['phone'])
        self.assertFalse(self.enter(('confirm.phone', ''), ('answer.phone', '+1 617 555 0177')))

    def test_confirming_is_kept_with_the_draft(self):
        self.enter(submit=False)
        self.assertTrue(self.entry('phone', self.task)['to_confirm']['is_confirmed'])

    def test_what_was_accepted_need_not_be_confirmed_again(self):
        self.assertFalse(self.enter())
        self.mark(self.case, 'employees', "Really?")
        self.decide(self.case, 'send_back')
        task = self.open_task(self.case)
        self.assertEqual([entry['name'] for entry in self.page(task)['entries'] if entry['is_open']], ['employees'])
        self.assertFalse(self.enter(('answer.employees', '13'), files=False, task=task))

    def test_a_wrong_form_is_said_in_the_designers_words(self):
        self.assertEqual(self.enter(('answer.company_number', 'bx17')), {
            'company_number': "Two letters, a dash and digits, such as BX-17."})

    def test_a_consent_is_asked_for(self):
        self.assertEqual(self.enter(('answer.i_agree_to_the_terms', '')), {
            'i_agree_to_the_terms': "Please tick this box to continue."})

    def test_people_and_states_of_others_are_refused(self):
        stranger = self.brown_user.partner_id
        self.assertEqual(set(self.enter(('answer.who_signs', str(stranger.id)))), {'who_signs'})
        self.assertNotIn(str(stranger.id), [choice['key'] for choice in self.entry('who_signs', self.task)['choices']])
        own = self.acme_user.partner_id
        self.assertIn(str(own.id), [choice['key'] for choice in self.entry('who_signs', self.task)['choices']])
        france = self.env.ref('base.fr')
        texas = self.env.ref('base.state_us_4')
        errors = self.enter(('answer.who_signs', str(own.id)), ('answer.country', str(france.id)), ('answer.state', str(texas.id)))
        self.assertEqual(set(errors), {'state'})

    def test_what_is_computed_cannot_be_sent(self):
        self.assertFalse(self.enter(('answer.revenue_per_head', '1000000')))
        self.assertEqual(self.sent()['revenue_per_head'].value, 100.04)

    # Rows

    def cells(self, number):
        return {cell['name']: cell for cell in self.entry('staff', self.task)['table']['rows'][number]['cells']}

    def test_a_row_is_refused_where_it_is_wrong_and_kept_as_it_was(self):
        errors = self.enter(('row.staff.n1.name', ''), ('row.staff.n1.days', '31'))
        self.assertEqual(errors, {
            'staff.1.name': "Please answer this question.", 'staff.1.days': "Please enter 30 or less."})
        gateway, _actor, sheet = self.sheet(self.task)
        entry = next(entry for entry in gateway._page(sheet, errors)['entries'] if entry['name'] == 'staff')
        cells = {cell['name']: cell for cell in entry['table']['rows'][1]['cells']}
        self.assertEqual((cells['days']['value'], cells['days']['error']), ('31', "Please enter 30 or less."))

    def test_rows_that_are_too_few_or_too_many_are_refused_and_none_is_lost(self):
        none = [(name, '') for name, _value in ANSWERS if name.startswith('row.staff.')]
        self.assertIn("at least one row", self.enter(*none)['staff'])
        many = [(f'row.staff.k{number}.name', f'P{number}') for number in range(4)]
        self.assertIn("at most 5 rows", self.enter(*many)['staff'])
        self.assertEqual(len(self.task.draft['staff']), 6)

    def test_totals_are_those_of_the_rows(self):
        self.enter(submit=False)
        [total] = self.entry('staff', self.task)['table']['totals']
        self.assertEqual((total['label'], total['display']), ("Days", '7'))

    def read_file(self, name, content):
        gateway, _actor, sheet = self.sheet(self.task)
        return gateway._read_file(sheet, 'staff', upload(name, content))

    def test_a_spreadsheet_becomes_rows_by_its_headings(self):
        content = b"Days;Name;Area;Since;Certified\n3;Kim;Sales;2020-01-31;yes\n;Lou;service;;\n"
        self.assertEqual(self.read_file('staff.csv', content), {'notes': [], 'rows': [
            {'days': '3', 'name': 'Kim', 'area': 'sales', 'since': '2020-01-31', 'certified': '1'},
            {'days': '', 'name': 'Lou', 'area': 'service', 'since': '', 'certified': ''}]})

    def test_an_xlsx_file_is_read_as_well(self):
        book = openpyxl.Workbook()
        book.active.append(["Name", "Days", "Since", "Certified"])
        book.active.append(["Kim", 3.0, date(2020, 1, 31), True])
        buffer = io.BytesIO()
        book.save(buffer)
        self.assertEqual(self.read_file('staff.xlsx', buffer.getvalue())['rows'], [
            {'name': 'Kim', 'days': '3', 'since': '2020-01-31', 'certified': '1'}])

    def test_what_does_not_fit_is_told_with_row_and_column(self):
        read = self.read_file('staff.csv', b"Name,Days,Area,Wage\nKim,many,Mars,9\n" + b"".join(b"P%d,1,,\n" % number for number in range(7)))
        self.assertEqual(len(read['rows']), 5)
        self.assertIn("“Wage” does not belong", read['notes'][0])
        self.assertIn("from row 7 on", read['notes'][1])
        self.assertIn("Row 2, Days: “many” was left out.", read['notes'][2])
        self.assertIn("Row 2, Area: “Mars” was left out.", read['notes'][3])

    def test_a_file_that_is_no_table_is_refused_in_words(self):
        for name, content, words in (
                ('staff.csv', b"a,b\nc,d\n", "has to name the columns: Name, Area, Days"),
                ('staff.csv', b"\n\n", "nothing in it"),
                ('staff.xlsx', b"Name,Days\n", "does not hold what its name says"),
                ('staff.pdf', PDF, "of a kind we cannot take")):
            with self.subTest(name), self.assertRaisesRegex(ValidationError, words):
                self.read_file(name, content)

    def test_what_is_pasted_begins_where_it_is_pasted(self):
        gateway, _actor, sheet = self.sheet(self.task)
        read = gateway._read_paste(sheet, 'staff', "Sales\t3\nService\t4\tx\ty\tz\n", 'area')
        self.assertEqual([(row['area'], row['days']) for row in read['rows']], [('sales', '3'), ('service', '4')])
        self.assertTrue(any("right of" in note for note in read['notes']))
        self.assertEqual(gateway._read_paste(sheet, 'staff', "Name\tDays\nKim\t3", 'days')['rows'], [{'name': 'Kim', 'days': '3'}])

    def test_without_javascript_a_file_adds_its_rows_to_the_draft(self):
        self.enter(submit=False)
        gateway, _actor, sheet = self.sheet(self.task)
        notes = gateway._append_rows(sheet, 'staff', upload('staff.csv', b"Name,Days\n" + b"".join(b"P%d,1\n" % n for n in range(4))))
        self.assertEqual(notes, ["3 lines were added.", "1 lines did not fit and were left out."][:1] + [notes[1]])
        self.assertEqual([row['name'] for row in self.task.draft['staff']], ['Kim', 'Lou', 'P0', 'P1', 'P2'])

    def test_an_empty_file_has_the_headings_and_no_formulas(self):
        gateway, _actor, sheet = self.sheet(self.task)
        name, content = gateway._row_template(sheet, 'staff', 'csv')
        self.assertEqual((name, content.decode('utf-8-sig').strip()), ('Staff.csv', "Name,Area,Days,Since,Certified"))
        name, content = gateway._row_template(sheet, 'staff', 'xlsx')
        [[*headings]] = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
        self.assertEqual(headings, ["Name", "Area", "Days", "Since", "Certified"])
        with self.assertRaises(MissingError):
            gateway._row_template(sheet, 'staff', 'exe')

    def test_there_are_no_rows_of_other_questions(self):
        gateway, _actor, sheet = self.sheet(self.task)
        for name in ('phone', 'lines', 'nothing'):
            with self.subTest(name), self.assertRaises(MissingError):
                gateway._read_paste(sheet, name, "a\tb", 'x')

    # Files

    def test_a_question_may_have_narrower_limits_than_the_portal(self):
        gateway, _actor, sheet = self.sheet(self.task)
        with self.assertRaisesRegex(ValidationError, "one of: pdf"):
            gateway._upload(sheet, 'certificates', upload('logo.png', PNG))
        with self.assertRaisesRegex(ValidationError, "larger than 1 MB"):
            gateway._upload(sheet, 'certificates', upload('big.pdf', PDF + b'x' * 1024 * 1024))
        with self.assertRaisesRegex(ValidationError, "one of: png"):
            gateway._upload(sheet, 'signature', upload('signature.pdf', PDF))
        for name in ('1.pdf', '2.pdf'):
            gateway._upload(sheet, 'certificates', upload(name))
        with self.assertRaisesRegex(ValidationError, "At most 2 files"):
            gateway._upload(sheet, 'certificates', upload('3.pdf'))

    def test_a_single_file_takes_the_place_of_the_one_before(self):
        gateway, _actor, sheet = self.sheet(self.task)
        first = gateway._upload(sheet, 'logo', upload('first.png', PNG))
        second = gateway._upload(sheet, 'logo', upload('second.png', PNG))
        self.assertEqual([file['id'] for file in self.entry('logo', self.task)['files']], [second['id']])
        self.assertFalse(self.env['ir.attachment'].browse(first['id']).exists())
        self.assertTrue(second['is_image'])

    def test_what_was_sent_before_can_be_used_again(self):
        gateway, _actor, sheet = self.sheet(self.task)
        first = gateway._upload(sheet, 'logo', upload('first.png', PNG))
        self.assertFalse(self.enter())
        self.mark(self.case, 'logo', "Too small")
        self.decide(self.case, 'send_back')
        self.task = self.open_task(self.case)
        gateway, _actor, sheet = self.sheet(self.task)
        gateway._upload(sheet, 'logo', upload('second.png', PNG))
        self.assertEqual([file['id'] for file in self.entry('logo', self.task)['earlier']], [first['id']])
        gateway._restore_file(sheet, 'logo', first['id'])
        entry = self.entry('logo', self.task)
        self.assertEqual(([file['id'] for file in entry['files']], entry['earlier']), ([first['id']], []))
        foreign = self.env['ir.attachment'].create({'name': 'secret.png', 'raw': PNG})
        with self.assertRaises(MissingError):
            gateway._restore_file(sheet, 'logo', foreign.id)
