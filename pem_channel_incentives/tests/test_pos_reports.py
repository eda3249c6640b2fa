import base64
from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import Form, tagged

from .common import PricingCase
from .test_engine_edi import CHARGEBACK, SALES
from .test_engine_tables import workbook

HEAD = 'Datum;Rechnung;Pos;Artikelnummer;Menge;VK-Preis;Endkunde;Ort;Genehmigung\n'
OURS = ('report', 'column', 'problem', 'line', 'exception', 'format', 'alias', 'fix')


@tagged('post_install', '-at_install')
class TestPosReports(PricingCase):
    """A partner's file becomes sales that can be trusted, and what is not understood is fixed once for all lines alike."""

    @classmethod
    def make_world(cls):
        super().make_world()
        cls.hide_others()
        cls.mercy = cls.make_partner("Mercy Hospital", ref='MH-1')

    @classmethod
    def hide_others(cls):
        """Nobody else, such as the demo, has the parts and customers of these tests."""
        products = cls.env['product.product'].search([('default_code', '=like', 'BX-1%')]) - cls.bx17 - cls.bx18
        products.active = False
        cls.env['res.partner'].search([('name', 'in', ("Mercy Hospital", "New Clinic"))]).active = False

    def make_report(self, content, name='may.csv', user=None, **values):
        content = content.encode() if isinstance(content, str) else content
        return self.env['pem.pos.report'].with_user(user or self.user).create({
            'partner_id': self.acme.id, 'file': base64.b64encode(content), 'file_name': name, **values})

    def read_rows(self, *rows, head=HEAD, **values):
        """Return a report of these rows, read."""
        report = self.make_report(head + ''.join(f'{row}\n' for row in rows), **values)
        report.action_read()
        return report

    def causes(self, report):
        return [(line.number, line.cause, line.cause_key) for line in report.line_ids.sorted('number') if line.state == 'exception']

    def fix(self, report, cause, user=None, **values):
        """Return the form that fixes all lines of a cause."""
        group = self.env['pem.pos.exception'].with_user(user or self.user).search([
            ('cause', '=', cause), ('report_ids', 'in', report.ids)], limit=1)
        action = group.action_fix()
        return self.env['pem.pos.fix'].with_user(user or self.user).with_context(**action['context']).create(values)

    # Understanding

    def test_columns_are_guessed_and_shown_as_understood(self):
        report = self.make_report(HEAD + '03.05.2026;R1;1;BX-17;2;1.234,50;Mercy Hospital;Boston;SPA-1\n')
        self.assertEqual((report.kind, report.delimiter, report.decimal_mark, report.date_order), ('csv', ';', ',', 'DMY'))
        self.assertEqual(report.column_ids.mapped('field_name'), [
            'ship_date', 'invoice', 'invoice_line', 'part', 'quantity', 'resale_price', 'customer_name', 'customer_city', 'authorization'])
        self.assertEqual(report.column_ids[3].sample, 'BX-17')
        for text in ('BX-17', '1234.50', '05/03/2026', 'Mercy Hospital', 'Part number'):
            self.assertIn(text, report.preview)
        self.assertRegex(report.name, r'^POS/\d{4}/\d{5}$')
        self.assertFalse(report.line_ids)

    def test_a_wrong_guess_is_corrected_and_seen_at_once(self):
        report = self.make_report('Datum;Artikelnummer;Menge;Wert\n03/04/2026;BX-17;2;1,500\n')
        self.assertTrue(report.has_doubts)
        with Form(report) as form:
            form.date_order = 'MDY'
            form.decimal_mark = '.'
            with form.column_ids.edit(3) as column:
                column.field_name = 'resale_price'
            self.assertIn('03/04/2026', form.preview)
            self.assertIn('1500', form.preview)
        report.action_read()
        self.assertEqual((report.line_ids.ship_date, report.line_ids.resale_price), (date(2026, 3, 4), 1500))

    def test_what_was_confirmed_holds_for_the_next_file_of_the_sender(self):
        head = 'Tag;Ding;Zahl;Wert\n'
        report = self.make_report(head + '2026-05-03;BX-17;2;10\n')
        for column, name in zip(report.column_ids, ('ship_date', 'part', 'quantity', 'resale_price'), strict=True):
            column.field_name = name
        report.action_read()
        again = self.make_report('Ding;Tag;Wert;Zahl\nBX-17;2026-05-04;11;3\n')
        self.assertTrue(again.is_known_format)
        again.action_read()
        self.assertEqual((again.line_ids.quantity, again.line_ids.resale_price), (3, 11))
        # Another sender is another sender.
        self.assertFalse(self.make_report(head + '2026-05-03;BX-17;2;10\n', partner_id=self.brown.id).is_known_format)

    def test_a_table_that_does_not_say_what_was_sold_is_not_read(self):
        report = self.make_report('Datum;Menge\n2026-05-03;2\n')
        with self.assertRaisesRegex(UserError, "Please say which columns are: Part number"):
            report.action_read()
        report.column_ids[0].field_name = 'quantity'
        with self.assertRaisesRegex(UserError, "Two columns are “Quantity”"):
            report.action_read()

    def test_what_is_no_table_is_refused_with_the_way_out(self):
        for content, sentence in (
            (b'%PDF-1.7 ...', "This is a PDF"), (b'\xd0\xcf\x11\xe0\xa1\xb1', "save it as .xlsx"), (b' \n', "The file is empty"),
            (b'PK\x03\x04 no', "The workbook is damaged"), (b'\x89PNG..', "This is a picture"),
        ):
            with self.subTest(content=content), self.assertRaisesRegex(UserError, sentence):
                self.make_report(content)

    # Reading

    def test_lines_are_matched_to_products_customers_and_branches(self):
        store = self.env['res.partner'].create({'name': "Acme Store 7", 'ref': '7', 'parent_id': self.acme.id})
        self.bx18.barcode = '4007399434498'
        report = self.read_rows(
            '2026-05-03;BX-17;;1;10;mercy hospital;', '2026-05-03;bx 17;;1;10;;', '2026-05-03;;4007399434498;1;10;MH-1;7',
            head='Date;Part number;EAN;Qty;Price;End customer;Branch number\n')
        self.assertEqual(self.causes(report), [(4, 'unknown_customer', 'MH-1')])
        lines = report.line_ids.sorted('number')
        self.assertEqual(lines.mapped('product_id'), self.bx17 + self.bx18)
        self.assertEqual(lines[0].customer_id, self.mercy)
        self.assertFalse(lines[1].customer_id)
        self.assertEqual(lines.mapped('branch_id'), store)
        self.assertEqual(lines[0].amount_company, 10)

    def test_a_report_without_exceptions_is_released_and_one_with_some_is_not(self):
        good = self.read_rows('03.05.2026;R1;1;BX-17;2;10;Mercy Hospital;Boston;')
        self.assertEqual((good.state, good.good_count, good.amount_company), ('released', 1, 20))
        bad = self.read_rows('03.05.2026;R2;1;BX-99;2;10;Mercy Hospital;Boston;', '03.05.2026;R2;2;BX-17;zwei;10;Mercy Hospital;Boston;')
        self.assertEqual((bad.state, bad.exception_count), ('exceptions', 2))
        self.assertEqual(self.causes(bad), [(2, 'unknown_part', 'BX-99'), (3, 'bad_value', 'quantity: zwei')])

    def test_every_rule_of_a_pos_line_has_its_cause(self):
        tomorrow = date.today().replace(year=date.today().year + 1).isoformat()
        report = self.read_rows(
            '2026-05-03;R1;1;;2;10;;;', '2026-05-03;R1;2;BX-17;;10;;;', '2026-05-03;R1;3;BX-17;0;10;;;', ';R1;4;BX-17;1;10;;;',
            f'{tomorrow};R1;5;BX-17;1;10;;;', '2026-06-01;R1;6;BX-17;1;10;;;', '2026-05-03;R1;7;BX-17;1;0;;;', '2026-05-03;R1;8;BX-17;1;;;;',
            '2026-05-03;R1;9;BX-18;-1;10;;;', '2026-05-03;R1;10;BX-17;1;10;;;', '2026-05-03;R1;10;BX-17;1;10;;;',
            '2026-05-03;R1;11;BX-17;-1;10;;;',
            period_start=date(2026, 5, 1), period_end=date(2026, 5, 31))
        self.assertEqual([cause for _number, cause, _key in self.causes(report)], [
            'no_part', 'no_quantity', 'zero_quantity', 'no_date', 'in_future', 'outside_period', 'bad_price', 'bad_price',
            'return_without_sale', 'duplicate'])

    def test_a_row_that_cannot_be_read_keeps_its_number_its_text_and_its_reason(self):
        report = self.make_report((HEAD + '03.05.2026;R1;1;BX-17;2;10;;;\n').encode() + b'03.05.2026;R1;2;BX\x00;2;10;;;\n')
        report.action_read()
        self.assertEqual(report.line_count, 1)
        self.assertEqual([(one.position, one.reason) for one in report.problem_ids], [(3, "The row has a control character (U+0001).")])
        self.assertIn('R1;2;BX', report.problem_ids.raw)
        self.assertEqual((report.problem_count, report.state), (1, 'released'))

    def test_a_sale_that_was_reported_before_is_not_counted_twice(self):
        row = '03.05.2026;R1;1;BX-17;2;10;Mercy Hospital;Boston;'
        self.read_rows(row)
        again = self.read_rows(row, '03.05.2026;R1;2;BX-17;2;10;Mercy Hospital;Boston;')
        self.assertEqual(self.causes(again), [(2, 'duplicate', False)])
        # Another partner may have the same number of an invoice.
        self.assertEqual(self.causes(self.read_rows(row, partner_id=self.brown.id)), [])

    def test_sales_without_an_invoice_may_be_alike_within_a_file_and_not_between_files(self):
        head, rows = 'Date;Part;Qty;Price\n', ['2026-05-03;BX-17;1;10'] * 3
        self.assertEqual(self.read_rows(*rows, head=head).state, 'released')
        again = self.read_rows(*rows, '2026-05-03;BX-17;1;10', head=head)
        self.assertEqual([number for number, _cause, _key in self.causes(again)], [2, 3, 4])

    def test_a_correction_replaces_the_lines_of_the_report_before(self):
        row = '03.05.2026;R1;1;BX-17;2;10;Mercy Hospital;Boston;'
        first = self.read_rows(row)
        second = self.read_rows(row.replace(';2;10', ';3;10'), supersedes_id=first.id)
        self.assertEqual((first.state, first.superseded_by_id, first.line_ids.state), ('superseded', second, 'superseded'))
        self.assertEqual((second.state, second.good_count), ('released', 1))
        second.action_take_back()
        self.assertEqual((first.state, first.line_ids.state, second.line_count), ('released', 'ok', 0))

    def test_a_chargeback_in_x12_is_read_with_its_period_and_its_total(self):
        self.make_product("Gauze", '1000', 30, 8)
        report = self.make_report(CHARGEBACK, 'pos.edi')
        self.assertEqual(report.kind, 'x12')
        self.assertIn('SOUTHEAST HOSPITAL', report.preview)
        report.action_read()
        self.assertEqual((report.number, report.said_claimed), ('DM20001', 43.09))
        line = report.line_ids.sorted('number')[0]
        self.assertEqual((line.authorization_number, line.claimed_unit, line.product_id.default_code), ('CT67895', 4, '1000'))
        self.assertNotIn('claimed_differs', report.problem_ids.mapped('code'))
        self.assertEqual(report.problem_ids.filtered('is_note').mapped('reason'), ["REF+SB, 1 times: not known, left out."])

    def test_a_total_that_its_lines_do_not_make_is_told(self):
        report = self.make_report(CHARGEBACK.replace(b'AMT^S^43.09', b'AMT^S^50'), 'pos.edi')
        report.action_read()
        self.assertIn("The file claims 50, and its lines claim 43.09.", report.problem_ids.mapped('reason'))

    def test_a_sales_report_in_edifact_is_read(self):
        report = self.make_report(SALES, 'slsrpt.edi')
        report.action_read()
        self.assertEqual(sorted(report.line_ids.mapped('quantity')), [-1, 1, 2])
        self.assertEqual(set(report.line_ids.mapped('branch_code')), {'4260026610119'})

    def test_an_excel_file_is_read(self):
        book = workbook([['Date', 'Part', 'Qty', 'Price'], [date(2026, 5, 3), 'BX-17', 2, 10.5]])
        report = self.make_report(book.getvalue(), 'may.xlsx')
        report.action_read()
        self.assertEqual((report.kind, report.line_ids.amount, report.state), ('xlsx', 21, 'released'))

    def test_a_large_file_is_read_in_the_background(self):
        self.env['ir.config_parameter'].set_param('pem_channel_incentives.pos_read_at_once', '10')
        report = self.read_rows('03.05.2026;R1;1;BX-17;2;10;Mercy Hospital;Boston;')
        self.assertEqual((report.state, report.is_queued, report.line_count), ('received', True, 0))
        with self.assertRaisesRegex(UserError, "was read already"):
            report.action_read()
        with self.enter_registry_test_mode():
            self.env.ref('pem_channel_incentives.ir_cron_read_pos_reports').method_direct_trigger()
        self.assertEqual((report.state, report.is_queued, report.line_count), ('released', False, 1))

    def test_a_report_by_mail_is_one_of_the_partner_who_sent_it(self):
        report = self.env['pem.pos.report'].message_new({
            'author_id': self.acme_user.partner_id.id, 'subject': "May", 'email_from': 'acme_portal@example.com', 'attachments': [
                ('logo.png', b'\x89PNG', {}), ('may.csv', (HEAD + '03.05.2026;R1;1;BX-17;2;10;;;\n').encode(), {})]})
        self.assertEqual((report.partner_id, report.file_name, report.kind), (self.acme, 'may.csv', 'csv'))
        empty = self.env['pem.pos.report'].message_new({
            'author_id': self.acme_user.partner_id.id, 'subject': "May", 'email_from': 'acme_portal@example.com'})
        with self.assertRaisesRegex(UserError, "has no file"):
            empty.action_read()

    # Fixing

    def test_what_a_sender_means_is_said_once_for_all_lines_and_remembered(self):
        rows = [f'03.05.2026;R{number};1;OLD-17;2;10;Mercy Hospital;Boston;' for number in range(5)]
        report = self.read_rows(*rows)
        group = self.env['pem.pos.exception'].with_user(self.user).search([('report_ids', 'in', report.ids)])
        self.assertEqual((group.cause, group.cause_key, group.line_count, group.amount_company), ('unknown_part', 'OLD-17', 5, 100))
        self.fix(report, 'unknown_part', product_id=self.bx17.id).action_match()
        self.assertEqual((report.state, report.line_ids.product_id), ('released', self.bx17))
        later = self.read_rows('04.05.2026;R9;1;OLD-17;2;10;Mercy Hospital;Boston;')
        self.assertEqual(later.line_ids.product_id, self.bx17)
        self.assertEqual(self.causes(self.read_rows('04.05.2026;R9;1;OLD-17;2;10;;;', partner_id=self.brown.id))[0][1], 'unknown_part')

    def test_an_end_customer_is_suggested_chosen_or_made(self):
        report = self.read_rows(
            '03.05.2026;R1;1;BX-17;2;10;Mercy Hospitl;Boston;', '03.05.2026;R2;1;BX-17;2;10;New Clinic;Berlin;',
            '03.05.2026;R3;1;BX-17;2;10;Nobody;Bern;')
        groups = {one.cause_key: one for one in self.env['pem.pos.exception'].search([('report_ids', 'in', report.ids)])}
        Fix = self.env['pem.pos.fix'].with_user(self.user)

        def fix(key):
            return Fix.with_context(**groups[key].action_fix()['context']).create({})

        suggested = fix('Mercy Hospitl')
        self.assertEqual(suggested.contact_id, self.mercy)
        suggested.action_match()
        maker = self.env['pem.pos.fix'].with_context(**groups['New Clinic'].action_fix()['context']).create({})
        maker.action_create_contact()
        fix('Nobody').action_accept()
        lines = report.line_ids.sorted('number')
        self.assertEqual(lines[0].customer_id, self.mercy)
        self.assertEqual((lines[1].customer_id.name, lines[1].customer_id.city), ("New Clinic", "Berlin"))
        self.assertFalse(lines[2].customer_id)
        self.assertEqual(report.state, 'released')

    def test_a_value_nobody_understands_is_set_for_all_lines_alike(self):
        report = self.read_rows(*(f'03.05.2026;R{number};1;BX-17;zwei;10;;;' for number in range(3)))
        with self.assertRaisesRegex(UserError, "“drei” is not understood either"):
            self.fix(report, 'bad_value', value='drei').action_set_value()
        self.fix(report, 'bad_value', value='2').action_set_value()
        self.assertEqual((report.state, set(report.line_ids.mapped('quantity')), report.amount_company), ('released', {2}, 60))

    def test_a_line_is_corrected_by_hand_and_looked_at_at_once(self):
        report = self.read_rows(';R1;1;BX-71;2;10;;;')
        line = report.line_ids.with_user(self.user)
        self.assertEqual(line.cause, 'no_date')
        line.ship_date = date(2026, 5, 3)
        self.assertEqual(line.cause, 'unknown_part')
        line.part = 'BX-17'
        self.assertEqual((line.state, line.product_id, report.state), ('ok', self.bx17, 'released'))
        with self.assertRaisesRegex(UserError, "stays as it was sent"):
            line.quantity = 5

    def test_what_is_accepted_or_left_out_no_longer_waits(self):
        report = self.read_rows('03.05.2026;R1;1;BX-17;-2;10;;;', '03.05.2026;R2;1;BX-99;2;10;;;')
        self.fix(report, 'return_without_sale').action_accept()
        self.assertEqual(self.causes(report), [(3, 'unknown_part', 'BX-99')])
        self.fix(report, 'unknown_part').action_leave_out()
        self.assertEqual((report.state, report.good_count, report.line_count), ('released', 1, 2))
        left = report.line_ids.filtered(lambda line: line.state == 'excluded')
        left.with_user(self.user).action_take_in()
        self.assertEqual((report.state, left.state), ('exceptions', 'exception'))
        report.action_release()
        self.assertEqual((report.state, left.state), ('released', 'excluded'))

    def test_currencies_and_branches_are_said_once_too(self):
        report = self.read_rows('2026-05-03;BX-17;1;10;Dollar;S-9', head='Date;Part;Qty;Price;Currency;Branch number\n')
        self.assertEqual(self.causes(report), [(2, 'unknown_branch', 'S-9')])
        self.fix(report, 'unknown_branch').action_same_sender()
        self.assertEqual(self.causes(report), [(2, 'unknown_currency', 'Dollar')])
        self.fix(report, 'unknown_currency', currency_id=self.env.ref('base.USD').id).action_match()
        self.assertEqual((report.state, report.line_ids.branch_id), ('released', self.acme))

    # Sets

    def test_the_number_of_statements_does_not_depend_on_the_number_of_lines(self):
        def rows(count, invoice):
            return [f'03.05.2026;{invoice}{number};1;{"BX-17" if number % 2 else invoice};2;10;;;' for number in range(count)]

        def read(count, invoice):
            report = self.make_report(HEAD + '\n'.join(rows(count, invoice)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            report.action_read()
            return report, self.cr.sql_log_count - before

        read(4, 'W')
        few, many = read(4, 'A'), read(400, 'B')
        self.assertEqual(many[0].line_count, 400)
        self.assertEqual(few[1], many[1])
        counts = []
        for report, _count in (few, many):
            fix = self.fix(report, 'unknown_part', product_id=self.bx17.id)
            self.env.flush_all()
            before = self.cr.sql_log_count
            fix.action_match()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(many[0].good_count, 400)
        self.assertLessEqual(counts[1], counts[0] + 1)

    # Security

    def test_partners_and_strangers_can_neither_read_nor_call_anything(self):
        report = self.read_rows('03.05.2026;R1;1;BX-99;2;10;;;')
        for user in (self.acme_user, self.outsider, self.env.ref('base.public_user')):
            for name in OURS:
                Model = self.env[f'pem.pos.{name}'].with_user(user)
                for operation in ('read', 'write', 'create', 'unlink'):
                    self.assertFalse(Model.has_access(operation), f'{user.login} may {operation} pem.pos.{name}')
            for model, record, methods in (
                ('pem.pos.report', report, ('action_read', 'action_take_back', 'action_release', 'action_reject', 'action_open_lines')),
                ('pem.pos.line', report.line_ids, ('action_leave_out', 'action_take_in')),
            ):
                for method in methods:
                    with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                        call_kw(self.env[model].with_user(user), method, [record.ids], {})
        self.assertEqual(report.state, 'exceptions')

    def test_nobody_writes_a_state_or_a_line_by_hand(self):
        report = self.read_rows('03.05.2026;R1;1;BX-99;2;10;;;')
        for values in ({'state': 'released'}, {'kind': 'x12'}, {'superseded_by_id': report.id}):
            with self.assertRaises(AccessError):
                report.with_user(self.manager).write(values)
        with self.assertRaises(UserError):
            report.with_user(self.manager).write({'period_start': date(2026, 1, 1)})
        for values in ({'state': 'ok'}, {'product_id': self.bx17.id}, {'report_id': report.id}, {'amount': 5}):
            with self.assertRaises(UserError):
                report.line_ids.with_user(self.manager).write(values)
        with self.assertRaises(AccessError):
            self.env['pem.pos.line'].with_user(self.manager).create({'report_id': report.id})
        with self.assertRaises(UserError):
            report.with_user(self.manager).unlink()
        forged = self.make_report(HEAD + '03.05.2026;R1;1;BX-17;2;10;;;\n', state='released', name='POS/1')
        self.assertEqual(forged.state, 'received')

    def test_colleagues_of_another_company_see_nothing_of_it(self):
        report = self.read_rows('03.05.2026;R1;1;BX-99;2;10;;;')
        other = self.env['res.company'].create({'name': "Other"})
        stranger = self.make_user('pem_other', 'pem_campaigns.group_pem_user', company_id=other.id, company_ids=[(6, 0, other.ids)])
        for model in ('pem.pos.report', 'pem.pos.line', 'pem.pos.exception', 'pem.pos.column'):
            self.assertFalse(self.env[model].with_user(stranger).search([]), model)
        with self.assertRaises(AccessError):
            report.with_user(stranger).action_take_back()
        for call in (
            lambda: self.env['pem.pos.fix'].with_user(stranger).create({'line_id': report.line_ids.id}).raw,
            lambda: self.env['pem.pos.fix'].with_user(stranger).new({'line_id': report.line_ids.id}).cause_key,
            lambda: self.env['pem.pos.fix'].with_user(stranger).create({'line_id': report.line_ids.id}).action_leave_out(),
        ):
            with self.assertRaises(AccessError):
                call()
        self.assertEqual(report.line_ids.state, 'exception')

    def test_a_report_replaces_only_one_of_the_same_sender(self):
        report = self.read_rows('03.05.2026;R1;1;BX-17;2;10;;;')
        with self.assertRaisesRegex(ValidationError, "not a report of this sender"):
            self.make_report(HEAD, partner_id=self.brown.id, supersedes_id=report.id)

    def test_what_a_file_says_is_shown_as_text(self):
        report = self.make_report(HEAD + '03.05.2026;<b>R1</b>;1;<script>alert(1)</script>;2;10;;;\n')
        self.assertIn('&lt;script&gt;', report.preview)
        self.assertNotIn('<script>', report.preview)
