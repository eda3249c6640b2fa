from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.pem_campaigns.engine.answers import CONFIRMED

from .common import PemCase

LINES = ("Lines", 'table', {'columns': [
    ("Part", 'char', {'required': True}),
    ("Pieces", 'integer', {'minimum': 1, 'show_total': True}),
    ("Price", 'monetary'),
    ("Amount", 'computed', {'formula': 'pieces * price', 'show_total': True}),
]})


@tagged('post_install', '-at_install')
class TestKinds(PemCase):
    """Every kind of question: what it takes, what it shows, and what it fills."""

    def facts(self, partner=None, contact=None):
        partner = partner or self.acme
        facts = self.env['pem.case'].sudo()._partner_facts(partner)[partner.sudo()]
        return {**facts, **(self.env['pem.case']._reader_facts(contact) if contact else {})}

    # What is taken

    def test_each_kind_is_read_and_shown_as_people_write_it(self):
        france, paula = self.env.ref('base.fr'), self.acme_user.partner_id
        form = self.make_form(
            ("Price", 'monetary'), ("In yen", 'monetary', {'currency_id': self.env.ref('base.JPY').id}), ("Call", 'datetime'),
            ("Land", 'country'), ("State", 'state', {'country_question': 'land'}), ("Person", 'contact'), ("Stars", 'rating'),
            ("Logo", 'image'), ("Signed", 'signature'), ("Agree", 'consent', {'required': True}), LINES,
            ("Total", 'computed', {'formula': 'sum(lines.amount)', 'currency_id': self.env.company.currency_id.id}),
            ("Large", 'computed', {'formula': 'total > 20'}), ("Second page", 'page'))
        state = self.env['res.country.state'].create({'name': "Testois", 'code': 'TST', 'country_id': france.id})
        raw = {
            'price': '1,234.5', 'in_yen': '500', 'call': '2027-03-01T14:30', 'land': str(france.id), 'state': str(state.id),
            'person': str(paula.id), 'stars': '4', 'logo': [{'id': 1, 'name': "Logo.PNG", 'size': 5}],
            'signed': [{'id': 2, 'name': "signature.png"}], 'agree': 'on',
            'lines': [{'part': "BX-17", 'pieces': '4', 'price': '2.5'}, {'part': '', 'pieces': ''}, {'part': "BX-18", 'pieces': '1', 'price': '20'}],
            'total': '1', 'large': False}
        values, errors = form._check_answers(raw, self.facts())
        self.assertFalse(errors)
        self.assertEqual(values['lines'], [
            {'part': "BX-17", 'pieces': 4, 'price': 2.5, 'amount': 10}, {'part': "BX-18", 'pieces': 1, 'price': 20, 'amount': 20}])
        self.assertEqual((values['total'], values['large'], values['call']), (30, True, '2027-03-01 14:30:00'))
        shown = {field.name: field.with_context(tz='Europe/Paris')._display(values.get(field.name)) for field in form.field_ids}
        self.assertEqual(shown, {
            'price': "$\N{NO-BREAK SPACE}1,234.50", 'in_yen': "¥\N{NO-BREAK SPACE}500", 'call': shown['call'], 'land': "France",
            'state': "Testois", 'person': "Paula Acme", 'stars': "4 / 5", 'logo': "Logo.PNG", 'signed': "signature.png", 'agree': "Yes",
            'lines': "2 rows (Pieces: 5, Amount: 30)", 'total': "$\N{NO-BREAK SPACE}30.00", 'large': "Yes", 'second_page': ''})
        self.assertRegex(shown['call'], r"3/1/27, 3:30\WPM \(Europe/Paris\)")

    def test_each_kind_refuses_in_words(self):
        form = self.make_form(
            ("Price", 'monetary', {'minimum': 1}), ("Call", 'datetime'), ("Land", 'country'),
            ("State", 'state', {'country_question': 'land'}), ("Person", 'contact'), ("Stars", 'rating', {'maximum': 3}),
            ("Logo", 'image', {'max_files': 1}), ("Proof", 'file', {'file_types': 'pdf, .DOCX', 'max_megabytes': 1}),
            ("Signed", 'signature'), ("Agree", 'consent', {'required': True}),
            ("Lines", 'table', {'min_rows': 2, 'columns': LINES[2]['columns']}),
            ("Code", 'char', {'pattern': '[A-Z]{2}-[0-9]+', 'pattern_message': "Please write it like AB-12."}),
            ("Other", 'char', {'pattern': '[0-9]+'}))
        georgia = self.env.ref('base.state_us_10')
        _values, errors = form._check_answers({
            'price': '0.5', 'call': '2027-03-01', 'land': self.env.ref('base.fr').id, 'state': georgia.id,
            'person': self.brown_user.partner_id.id, 'stars': '4', 'logo': [{'id': 1, 'name': "a.png"}, {'id': 2, 'name': "b.png"}],
            'proof': [{'id': 3, 'name': "a.pdf", 'size': 2_000_000}], 'signed': [{'id': 3, 'name': "a.pdf"}], 'agree': '',
            'lines': [{'key': 'a7', 'part': '', 'pieces': '0', 'price': 'x'}], 'code': "ab-12", 'other': "x"}, self.facts())
        self.assertEqual(errors, {
            'price': "Please enter 1 or more.",
            'call': "Please enter a date and a time.",
            'state': "Please choose a state of this country.",
            'person': "Please choose one of the offered answers.",
            'stars': "Please enter 3 or less.",
            'logo': "Please attach one file only.",
            'proof': "“a.pdf” is larger than 1 MB.",
            'signed': "“a.pdf” is of another kind. Please send one of: png.",
            'agree': "Please tick this box to continue.",
            'lines': "Please enter at least 2 rows.",
            'lines.a7.part': "Please answer this question.",
            'lines.a7.pieces': "Please enter 1 or more.",
            'lines.a7.price': "Please enter a number, such as 12.5.",
            'code': "Please write it like AB-12.",
            'other': "Please enter this in the expected form.",
        })
        _values, errors = form._check_answers({'proof': [{'id': 3, 'name': "a.png", 'size': 5}], 'state': georgia.id, 'agree': 'on'})
        self.assertEqual(errors['proof'], "“a.png” is of another kind. Please send one of: docx, pdf.")
        self.assertNotIn('state', errors)

    def test_a_default_stands_in_the_form_at_first(self):
        form = self.make_form(
            ("Land", 'country', {'prefill': 'value', 'default_value': 'fr'}), ("Pieces", 'integer', {'prefill': 'value', 'default_value': '5'}),
            ("Day", 'date', {'prefill': 'value', 'default_value': 'today'}), ("Not", 'char', {'default_value': 'unused'}),
            ("Fixed", 'char', {'prefill': 'value', 'default_value': 'ours', 'readonly_if': "[('pieces', '>', 1)]"}))
        defaults = form._defaults()
        self.assertEqual((defaults['land'], defaults['pieces'], set(defaults)), (self.env.ref('base.fr').id, 5, {'land', 'pieces', 'day', 'fixed'}))
        self.assertEqual(form._check_answers({**defaults, 'fixed': "forged"})[0]['fixed'], 'ours')

    def test_questions_react_to_who_looks(self):
        paula = self.acme_user.partner_id
        paula.write({'function': "Finance", 'lang': 'en_US'})
        self.acme.country_id = self.env.ref('base.us')
        self.assertEqual(self.facts(contact=paula)['reader'], {
            'role': "Finance", 'is_guest': False, 'is_administrator': False, 'country_code': 'US', 'language': 'en_US'})
        form = self.make_form(
            ("Bank", 'char', {'required': True, 'role_domain': "[('reader.role', '=', 'Finance')]"}),
            ("Guest", 'char', {'required_if': "[('reader.is_guest', '=', True)]"}))
        self.assertEqual(set(form._check_answers({}, self.facts(contact=paula))[1]), {'bank'})
        paula.function = "Sales"
        self.assertFalse(form._check_answers({}, self.facts(contact=paula))[1])
        # Nobody in particular looks when a colleague enters answers for the partner: everything is asked.
        self.assertEqual(set(form._check_answers({}, self.facts())[1]), {'bank'})

    # Other records

    def test_an_answer_that_has_to_exist_is_looked_up(self):
        self.acme.ref = 'AC-1'
        form = self.make_form(
            ("Number", 'char', {
                'lookup_model_id': self.env['ir.model']._get_id('res.partner'), 'lookup_field': 'ref',
                'lookup_domain': "[('is_company', '=', True)]"}),
            ("Lines", 'table', {'columns': [("Customer", 'char', {
                'lookup_model_id': self.env['ir.model']._get_id('res.partner'), 'lookup_field': 'ref'})]}))
        self.assertFalse(form._check_answers({'number': 'AC-1', 'lines': [{'customer': 'AC-1'}]})[1])
        self.assertFalse(form._check_answers({})[1])
        self.assertEqual(form._check_answers({'number': 'AC-2', 'lines': [{'customer': 'AC-1'}, {'customer': 'XX'}]})[1], {
            'number': "We do not know this one. Please check how it is written.",
            'lines.1.customer': "We do not know this one. Please check how it is written."})

    def test_a_look_up_shows_nothing_that_its_designer_may_not_see(self):
        form = self.make_form(("Number", 'char')).with_user(self.manager)
        secret = self.env['ir.model']._get_id('ir.config_parameter')
        with self.assertRaisesRegex(ValidationError, "may not see"):
            form.field_ids.write({'lookup_model_id': secret, 'lookup_field': 'key'})
        partner = self.env['ir.model']._get_id('res.partner')
        for values in ({'lookup_field': 'nothing'}, {'lookup_field': 'child_ids'}, {'lookup_field': 'name', 'lookup_domain': "[('gone', '=', 1)]"},
                       {'lookup_field': 'name', 'lookup_domain': "[('user_ids.group_ids.name', 'ilike', 'x'"}):
            with self.subTest(values), self.assertRaises(ValidationError):
                form.field_ids.write({'lookup_model_id': partner, 'lookup_domain': False, **values})
        form.field_ids.write({'lookup_model_id': partner, 'lookup_field': 'name', 'lookup_domain': False})

    def test_two_cases_of_a_process_cannot_give_the_same_unique_answer(self):
        form = self.make_form(("Serial", 'char', {'is_unique': True}), ("Remark", 'char'))
        cases = self.launch(self.make_campaign(self.make_simple_process(form), self.acme, self.brown))
        first = cases.filtered(lambda case: case.partner_id == self.acme)
        second = cases - first
        self.submit(first, {'serial': 'SN-1'})

        def errors(case, **answers):
            return form._check_answers(answers, case.sudo()._facts()[case], case=case)[1]

        self.assertEqual(errors(second, serial='sn-1'), {'serial': "Somebody else gave this answer already."})
        self.assertFalse(errors(second, serial='SN-2'))
        self.assertFalse(errors(first, serial='SN-1'))
        # Whoever was faster wins, even when both looked before either sent.
        with self.assertRaisesRegex(ValidationError, "somebody else gave the answer to “Serial” already"), self.env.cr.savepoint():
            self.submit(second, {'serial': 'SN-1'}, self.brown_user)
        first.action_cancel()
        self.assertFalse(errors(second, serial='SN-1'))
        self.submit(second, {'serial': 'SN-1'}, self.brown_user)
        self.assertEqual(self.env['pem.unique.answer'].search([]).case_id, second)

    # What they fill

    def test_money_moments_and_people_fill_attributes(self):
        budget, call = self.make_attribute("Budget", 'monetary'), self.make_attribute("Next call", 'datetime')
        buyer, state = self.make_attribute("Buyer", 'many2one'), self.govern('state_id')
        form = self.make_form(
            ("Budget", 'monetary', {'attribute_id': budget.id}), ("Call", 'datetime', {'attribute_id': call.id}),
            ("Buyer", 'contact', {'attribute_id': buyer.id}), ("Land", 'country', {'attribute_id': self.govern('country_id').id}),
            ("State", 'state', {'attribute_id': state.id, 'country_question': 'land'}), LINES,
            ("Total", 'computed', {'formula': 'sum(lines.amount)'}))
        case = self.launch(self.make_campaign(self.make_simple_process(form), self.acme))
        georgia, paula = self.env.ref('base.state_us_10'), self.acme_user.partner_id
        submission = self.submit(case, {
            'budget': '1500', 'call': '2027-03-01 14:30:00', 'buyer': paula.id, 'land': georgia.country_id.id, 'state': georgia.id,
            'lines': [{'part': "BX", 'pieces': 2, 'price': 5}]})
        self.decide(case)
        self.assertEqual((self.acme.country_id, self.acme.state_id), (georgia.country_id, georgia))
        properties = self.acme.read(['properties'])[0]['properties']
        values = {entry['name']: entry.get('value') for entry in properties}
        self.assertEqual([values[attribute.technical_name] for attribute in (budget, call)], [1500, '2027-03-01 14:30:00'])
        self.assertEqual(values[buyer.technical_name][0], paula.id)
        self.assertEqual([entry.get('currency_field') for entry in properties if entry['name'] == budget.technical_name], ['pem_currency_id'])
        # A table is kept in the submission, its total in the searchable answers as well.
        self.assertEqual(self.env['pem.case'].search([('answers.total', '=', 10), ('id', '=', case.id)]), case)
        self.assertEqual(self.env['pem.case'].search([('answers.budget', '>', 1000), ('id', '=', case.id)]), case)
        lines = submission.answer_ids.filtered(lambda answer: answer.name == 'lines')
        self.assertEqual((lines.display, lines.details['rows']), ("1 row (Pieces: 2, Amount: 10)", [["BX", "2", "$\N{NO-BREAK SPACE}5.00", "10"]]))
        self.assertEqual([column['total'] for column in lines.details['columns']], ['', "2", '', "10"])
        # The present values are what was filled: nothing would change.
        again = self.launch(self.make_campaign(case.process_id, self.acme, name="Again"))
        submission = self.submit(again, {
            'budget': '1500', 'call': '2027-03-01 14:30:00', 'buyer': paula.id, 'land': georgia.country_id.id, 'state': georgia.id})
        self.assertFalse(submission.answer_ids.filtered('is_changed'))

    def test_what_was_confirmed_is_verified(self):
        form = self.make_form(("Phone", 'phone', {'attribute_id': self.govern('phone').id, 'revalidate': True}))
        case = self.launch(self.make_campaign(self.make_simple_process(form), self.acme))
        present = {'phone': self.acme.phone}
        facts = case.sudo()._facts()[case]
        self.assertEqual(form._check_answers(present, facts, present)[1], {
            'phone': "Please confirm that this is still right, or correct it."})
        self.assertFalse(form._check_answers({**present, CONFIRMED: ['phone']}, facts, present)[1])
        self.submit(case, present)
        self.decide(case)
        [verification] = self.acme.pem_verification_ids
        self.assertEqual((verification.verified_by_id, verification.case_id), (self.acme_user, case))

    def test_what_was_not_asked_changes_nothing_and_verifies_nothing(self):
        self.acme.write({'website': "https://acme.example.com", 'city': "Boston", 'email': "office@acme.example.com"})
        form = self.make_form(
            ("Moved", 'boolean'),
            ("City", 'char', {'attribute_id': self.govern('city').id, 'visible_if': "[('moved', '=', True)]"}),
            ("Site", 'url', {'attribute_id': self.govern('website').id, 'readonly_if': "[('partner.country_code', '=', False)]"}),
            ("Mail", 'email', {'attribute_id': self.govern('email').id, 'role_domain': "[('reader.is_guest', '=', True)]"}),
            ("Phone", 'phone', {'attribute_id': self.govern('phone').id}))
        case = self.launch(self.make_campaign(self.make_simple_process(form), self.acme))
        task = self.open_task(case).with_user(self.acme_user).sudo()
        facts = {**case.sudo()._facts()[case], **self.env['pem.case']._reader_facts(self.acme_user.partner_id)}
        values, errors = form._check_answers({'site': "www.forged.com", 'phone': self.acme.phone}, facts, {'site': self.acme.website})
        self.assertFalse(errors)
        submission = task._submit({task: self.env['pem.submission'].sudo()._prepare_answers(task, values, facts)})
        self.assertFalse(submission.answer_ids.filtered('is_changed'))
        self.decide(case)
        self.assertEqual((self.acme.city, self.acme.website, self.acme.email), ("Boston", "https://acme.example.com", "office@acme.example.com"))
        self.assertEqual(self.acme.pem_verification_ids.attribute_id, self.govern('phone'))

    def test_sending_many_forms_with_tables_and_unique_answers_takes_the_statements_of_few(self):
        form = self.make_form(("Serial", 'char', {'is_unique': True}), ("Stars", 'rating'), LINES)
        process = self.make_simple_process(form)
        rows = [{'part': "BX", 'pieces': 2, 'price': 5, 'amount': 10}]

        def statements(count):
            partners = [self.make_partner(f"P {count} {number}") for number in range(count)]
            cases = self.launch(self.make_campaign(process, *partners, name=f"For {count}"))
            tasks = self.env['pem.task'].search([('case_id', 'in', cases.ids), ('state', '=', 'open')]).with_user(self.acme_user).sudo()
            Submission = self.env['pem.submission'].sudo()
            answers = {task: Submission._prepare_answers(task, {'serial': f'{count}-{number}', 'stars': 4, 'lines': rows})
                       for number, task in enumerate(tasks)}
            with self.statements() as counted:
                tasks._submit(answers)
            self.assertEqual(self.env['pem.unique.answer'].search_count([('case_id', 'in', cases.ids)]), count)
            return counted

        self.assert_batched(statements(5), statements(60), 1)

    def test_answers_that_a_newer_version_keeps_in_another_way_are_left_to_the_submissions(self):
        form = self.make_form(("Person", 'contact'), ("Price", 'monetary'), ("Big", 'computed', {'formula': 'price > 5'}), ("Name", 'char'))
        process = self.make_simple_process(form)
        newer = process._new_version()
        person, price, big, name = newer.step_ids.form_id.field_ids
        person.value_type, price.name, big.formula, name.value_type = 'country', 'amount', 'price * 2', 'email'
        self.assertEqual(process._answers_onto(newer), ({'price': 'amount'}, ['person', 'big']))

    # Design

    def test_designs_that_cannot_work_are_told_in_words(self):
        form = self.make_form(
            ("Empty", 'table'), ("Sum", 'computed', {'formula': 'gone + sum(rows.gone)'}), ("None", 'computed'),
            ("Rows", 'table', {'min_rows': 3, 'max_rows': 2, 'columns': [
                ("Upload", 'file'), ("One", 'computed', {'formula': 'two'}), ("Two", 'computed', {'formula': 'one'}),
                ("Total of rows", 'computed', {'formula': 'count(rows)'})]}),
            ("A", 'computed', {'formula': 'b'}), ("B", 'computed', {'formula': 'a'}), ("Power", 'computed', {'formula': 'a ** 2'}),
            ("State", 'state', {'country_question': 'sum'}), ("Code", 'char', {'pattern': '(a+)+'}), ("Half", 'char', {'pattern': '(a'}),
            ("Seek", 'char', {'lookup_model_id': self.env['ir.model']._get_id('res.partner')}),
            ("Once", 'boolean', {'is_unique': True}), ("Sure", 'char', {'revalidate': True}),
            ("Five", 'integer', {'prefill': 'value', 'default_value': 'five'}), ("Secret", 'char', {'role_domain': "[('a', '=', 1)]"}))
        self.assertEqual(form._problems(), [
            "“Empty” is a table without columns.",
            "“Sum” is computed from “gone”, but no question has this name.",
            "“Sum” is computed from “gone” of “Rows”, but that table has no such column.",
            "“None” is a computed value without a formula.",
            "“Rows” asks for more rows than it takes.",
            "“Upload” is of a kind that cannot be a column of “Rows”.",
            "“Total of rows” is computed from “rows”, but no question has this name.",
            "The computed values of “Rows” depend on each other in a circle.",
            "“A” depends on itself, by way of: B.",
            "“B” depends on itself, by way of: A.",
            "The formula of “Power” cannot be used: “a ** 2” is neither a number nor the name of a question, nor a calculation.",
            "“State” offers the states of “sum”, but no question for a country has this name.",
            "The pattern of “Code” cannot be used: it repeats what repeats already, so checking an answer could take forever.",
            "The pattern of “Half” cannot be used: it is not complete near “(”.",
            "“Seek” must exist in other records, but it is not said in which of their fields.",
            "“Once” is of a kind that cannot be asked to be unique.",
            "“Sure” is to be confirmed, but it fills nothing of which a value could be on file.",
            "“Five” begins with “five”, which would be refused.",
            "Who may see “Secret” depends on an answer; it can depend only on who the reader is.",
        ])

    def test_a_table_is_copied_with_its_columns_and_keeps_its_lineage(self):
        form = self.make_form(("Name", 'char'), LINES)
        self.assertEqual(form.field_ids.mapped('name'), ['name', 'lines'])
        self.assertEqual(form.field_ids.column_ids.mapped('name'), ['part', 'pieces', 'price', 'amount'])
        copy = form.copy()
        self.assertEqual(copy.field_ids.column_ids.form_id, copy)
        self.assertEqual(copy.field_ids.column_ids.mapped('formula'), [False, False, False, 'pieces * price'])
        process = self.make_simple_process(form)
        version = process._new_version()
        table, newer = form.field_ids[1], version.step_ids.form_id.field_ids[1]
        self.assertTrue(newer._asks_like(table))
        self.assertEqual(newer.column_ids.mapped('lineage'), table.column_ids.ids)
        newer.column_ids[1].minimum = 5
        self.assertFalse(newer._asks_like(table))
        with self.assertRaisesRegex(UserError, "published process"):
            table.column_ids[0].label = "Other"

    def test_columns_of_two_tables_may_have_the_same_name(self):
        form = self.make_form(("Part", 'char'), LINES, ("More", 'table', {'columns': [("Part", 'char')]}))
        self.assertEqual(form.field_ids.column_ids.mapped('name'), ['part', 'pieces', 'price', 'amount', 'part'])
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            form.field_ids[1].column_ids = [Command.create({'label': "Part", 'name': 'part'})]
            self.env.flush_all()
