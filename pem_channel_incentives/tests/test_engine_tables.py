import csv
import io
import tracemalloc
import zipfile
from datetime import date
from decimal import Decimal
from itertools import islice

import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.pem_channel_incentives.engine import csv_rows, files, headings, mapping, values
from odoo.addons.pem_channel_incentives.engine.records import Note, PosLine, Problem

quick = settings(database=None, deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))

CELL = st.text(st.characters(blacklist_categories=('Cs', 'Cc', 'Cn', 'Co', 'Zl', 'Zp'), blacklist_characters='\ufffd\ufeff'), max_size=10)


def rows(content, **options):
    return list(csv_rows.Rows(io.BytesIO(content), **options))


def cells(found):
    return [row[1] for row in found if not isinstance(row, Problem)]


def problems(found):
    return [(one.code, one.position) for one in found if isinstance(one, Problem)]


def workbook(table, **sheet):
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {'in_memory': True, 'default_date_format': 'yyyy-mm-dd'})
    for name, table_ in {'Sales': table, **sheet}.items():
        page = book.add_worksheet(name)
        for number, row in enumerate(table_):
            for at, cell in enumerate(row):
                if isinstance(cell, date):
                    page.write_datetime(number, at, cell)
                else:
                    page.write(number, at, cell)
    book.close()
    content.seek(0)
    return content


def lines(content, kind='csv'):
    """What a file says, the way a report reads it."""
    table = mapping.learn(list(islice(files.rows(content, kind), 500)))
    content.seek(0)
    return table, list(mapping.apply(table, files.rows(content, kind)))


@tagged('post_install', '-at_install')
class TestTables(BaseCase):
    """Tables of any dialect become rows; what is broken in them costs the row it is in, and no other."""

    @quick
    @given(
        st.lists(st.lists(CELL, min_size=2, max_size=5), min_size=1, max_size=6), st.sampled_from(',;\t|'),
        st.sampled_from(['utf-8', 'utf-8-sig', 'utf-16']), st.sampled_from(['\r\n', '\n']))
    def test_what_is_written_in_any_dialect_is_read_again(self, table, delimiter, encoding, newline):
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(table)
        found = rows(text.getvalue().encode(encoding), delimiter=delimiter)
        self.assertEqual(found, list(enumerate(table, 1)))

    def test_encoding_and_delimiter_are_found_out(self):
        table = 'Händler;Stück;Preis\r\nMüller;3;1,50\r\nGüntér;5;2,25\r\n'
        for encoding, name in (('utf-8', 'utf-8'), ('utf-8-sig', 'utf-8-sig'), ('utf-16', 'utf-16'), ('utf-16-le', 'utf-16-le'),
                               ('utf-16-be', 'utf-16-be'), ('cp1252', 'cp1252')):
            with self.subTest(encoding=encoding):
                found = csv_rows.Rows(io.BytesIO(table.encode(encoding)))
                self.assertEqual(cells(found)[1], ['Müller', '3', '1,50'])
                self.assertEqual((found.encoding, found.delimiter), (name, ';'))

    def test_other_scripts_are_recognised(self):
        table = 'Клиент;Количество;Цена\r\n' + 'Общество с ограниченной ответственностью;3;100\r\n' * 20
        self.assertEqual(cells(rows(table.encode('windows-1251')))[0][0], 'Клиент')

    def test_the_euro_sign_far_down_in_the_file_does_not_surprise(self):
        content = b'a;b\n' + b'1;2\n' * 200_000 + 'x;5 €\n'.encode('cp1252')
        self.assertEqual(cells(rows(content))[-1], ['x', '5 €'])

    def test_a_broken_character_costs_its_row_only(self):
        content = ('Name;Ort\n' + 'Müller;Köln\n' * 50).encode() + b'Sch\xe4fer;Bonn\n' + 'Jürgens;Düren\n'.encode()
        found = rows(content)
        self.assertEqual(problems(found), [('bad_encoding', 52)])
        self.assertEqual(cells(found)[-1], ['Jürgens', 'Düren'])

    def test_a_control_character_costs_its_row_only(self):
        found = rows(b'a;b\n1;2\n3\x00;4\n5;6\x1b\n7;8\n')
        self.assertEqual(problems(found), [('control_character', 3), ('control_character', 4)])
        self.assertEqual(cells(found), [['a', 'b'], ['1', '2'], ['7', '8']])

    def test_a_quote_nobody_closed_does_not_swallow_what_follows(self):
        for rest in (2, 100):
            found = rows(b'a;b\n1;"2\n' + b'3;4\n' * rest)
            self.assertEqual(problems(found), [('quote_not_closed', 2)])
            self.assertEqual(len(cells(found)), 1 + rest)
            self.assertEqual([row[0] for row in found if not isinstance(row, Problem)], [1, *range(3, 3 + rest)])

    def test_an_address_of_three_lines_is_one_cell(self):
        found = rows(b'a;b\n"1\n2\n3";x\n4;y\n')
        self.assertEqual(found, [(1, ['a', 'b']), (2, ['1\n2\n3', 'x']), (5, ['4', 'y'])])

    def test_a_row_of_a_million_columns_costs_itself_only(self):
        found = rows(b'a;b\n' + b';' * 100_000 + b'\n' + b'xy;' * 1_000_000 + b'\n1;2\n')
        self.assertEqual(problems(found), [('too_many_columns', 2), ('line_too_long', 3)])
        self.assertEqual(cells(found), [['a', 'b'], ['1', '2']])

    def test_lines_may_end_like_on_an_old_mac(self):
        self.assertEqual(cells(rows(b'a;b\r1;2\r3;4\r')), [['a', 'b'], ['1', '2'], ['3', '4']])

    def test_a_first_line_may_name_the_delimiter(self):
        self.assertEqual(cells(rows(b'sep=;\na;b,c\n'))[-1], ['a', 'b,c'])

    @quick
    @given(st.binary(max_size=300))
    def test_no_bytes_break_the_reader(self, content):
        for one in rows(content):
            self.assertIsInstance(one, tuple)

    def test_memory_does_not_grow_with_the_file(self):
        class Big(io.BytesIO):
            """200 MB without as much memory."""
            block = b'INV;1;2026-03-04;BX-17;5;12.50\n' * 34_000

            def __init__(self, blocks):
                super().__init__()
                self.blocks, self.at = blocks, 0

            def _take(self, size=-1):
                self.at += 1
                return self.block[:size if size < 100_000 else None] if self.at <= self.blocks else b''

            read = _take

            def seek(self, *args):
                self.at = 0

            def tell(self):
                return 0

        peaks = []
        for blocks in (2, 12):
            tracemalloc.start()
            count = sum(1 for _row in csv_rows.Rows(Big(blocks)))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            self.assertGreater(count, 30_000 * (blocks - 1))
        self.assertLess(peaks[1], peaks[0] * 1.2)

    # Workbooks

    def test_a_workbook_says_numbers_and_dates_whatever_it_shows(self):
        table = [['Date', 'Part', 'Qty', 'Price'], [date(2026, 3, 4), 'BX-17', 5, 0.1 + 0.2], [date(2026, 3, 5), 42, -1, 1e-5]]
        self.assertEqual(
            cells(files.rows(workbook(table), 'xlsx')),
            [['Date', 'Part', 'Qty', 'Price'], ['2026-03-04', 'BX-17', '5', '0.3'], ['2026-03-05', '42', '-1', '0.000010']])

    def test_a_container_that_would_explode_is_not_opened(self):
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, 'w', zipfile.ZIP_DEFLATED) as container:
            container.writestr('[Content_Types].xml', '<Types/>')
            container.writestr('xl/worksheets/sheet1.xml', b' ' * (64 << 20))
        bomb.seek(0)
        self.assertEqual(problems(files.rows(bomb, 'xlsx')), [('zip_bomb', 0)])

    def test_a_container_with_entities_is_not_opened(self):
        plain, evil = workbook([['a', 'b']]), io.BytesIO()
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(evil, 'w') as target:
            for part in source.infolist():
                content = source.read(part)
                if part.filename.endswith('sheet1.xml'):
                    content = content.replace(b'?>', b'?><!DOCTYPE x [<!ENTITY e "boom">]>', 1)
                target.writestr(part, content)
        evil.seek(0)
        self.assertEqual(problems(files.rows(evil, 'xlsx')), [('declares_entities', 0)])

    def test_a_broken_workbook_is_refused_with_a_reason(self):
        whole = workbook([['a', 'b']] * 50).getvalue()
        for content in (whole[:-300], whole[:200], b'PK\x03\x04', whole.replace(b'[Content_Types].xml', b'[Content_Typos].xml')):
            found = problems(files.rows(io.BytesIO(content), 'xlsx'))
            self.assertIn(found[0][0], ('broken_workbook', 'not_a_workbook'))

    @quick
    @given(st.binary(min_size=1, max_size=30), st.integers(0, 4000))
    def test_no_bytes_break_a_workbook_without_a_reason(self, noise, at):
        whole = workbook([['Part', 'Qty'], ['BX', 1]]).getvalue()
        for one in files.rows(io.BytesIO(whole[:at] + noise + whole[at + len(noise):]), 'xlsx'):
            self.assertIsInstance(one, tuple)

    def test_what_is_no_table_is_named(self):
        for head, kind in ((b'%PDF-1.7', 'pdf'), (b'\xd0\xcf\x11\xe0\xa1', 'xls'), (b'MZ', 'program'), (b'ISA*00*', 'x12'), (b'a,b', 'csv')):
            self.assertEqual(files.kind(io.BytesIO(head)), kind)

    # Columns

    def test_columns_are_recognised_in_four_languages(self):
        for names in (
            ['Date', 'Part Number', 'Qty', 'Resale Price', 'End Customer', 'Invoice #', 'Authorization No'],
            ['Rechnungsdatum', 'Artikelnummer', 'Stückzahl', 'Verkaufspreis', 'Endkunde', 'Rechnungsnr.', 'Genehmigung'],
            ['Date facture', 'Référence', 'Quantité', 'Prix de vente', 'Client final', 'N° facture', 'N° dérogation'],
            ['Fecha factura', 'Código artículo', 'Cantidad', 'Precio de venta', 'Cliente final', 'Nº factura', 'Autorización'],
        ):
            with self.subTest(names=names):
                found = headings.guess(names)
                self.assertEqual([found.get(name) for name in (
                    'part', 'quantity', 'resale_price', 'customer_name', 'invoice', 'authorization')], [1, 2, 3, 4, 5, 6])
                self.assertEqual(found.get('ship_date', found.get('invoice_date')), 0)

    def test_headings_may_stand_below_a_title(self):
        learnt, found = lines(io.BytesIO('Umsätze Mai 2026;;\n;;\nTeil;Menge;VK\nBX-17;2;1.234,5\nSumme;2;1.234,5\n'.encode()))
        self.assertEqual(learnt.header_row, 3)
        self.assertEqual([(one.part, one.quantity, one.resale_price) for one in found if isinstance(one, PosLine)], [
            ('BX-17', 2, Decimal('1234.5')), ('Summe', 2, Decimal('1234.5'))])

    def test_rows_of_totals_are_no_sales(self):
        _learnt, found = lines(io.BytesIO(b'Date;Part;Qty\n2026-03-04;BX-17;2\nTotal;;2\n'))
        self.assertEqual([type(one) for one in found], [PosLine, Note])

    def test_formats_are_learnt_from_all_rows(self):
        for table, expected in (
            ('Part;Date;Price\nA;03/04/2026;1,5\nB;25/04/2026;2,5\n', (date(2026, 4, 3), Decimal('1.5'))),
            ('Part;Date;Price\nA;03/04/2026;1,000.5\nB;04/25/2026;2\n', (date(2026, 3, 4), Decimal('1000.5'))),
            ('Part;Date;Price\nA;3. März 2026;"1\u202f234,50 €"\nB;4. Mai 2026;2,1\n', (date(2026, 3, 3), Decimal('1234.50'))),
            ("Part;Date;Price\nA;2026-03-04 00:00:00;CHF 1'000.50\n", (date(2026, 3, 4), Decimal('1000.50'))),
            ('Part;Date;Price\nA;46085;(12.5)\n', (date(2026, 3, 4), Decimal('-12.5'))),
        ):
            with self.subTest(table=table):
                line = lines(io.BytesIO(table.encode()))[1][0]
                self.assertEqual((line.ship_date, line.resale_price), expected)
                self.assertEqual(line.faults, ())

    def test_what_the_rows_leave_open_is_asked(self):
        self.assertEqual(lines(io.BytesIO(b'Part;Date;Price\nA;03/04/2026;1,500\n'))[0].doubts, ('numbers', 'dates'))
        self.assertEqual(lines(io.BytesIO(b'Part;Date;Price\nA;2026-04-03;1.5\n'))[0].doubts, ())

    def test_what_was_learnt_holds_when_columns_move(self):
        known = mapping.Mapping({'part': 'Ref', 'quantity': 'N'}, headings=('Ref', 'N'), decimal_mark=',')
        moved = mapping.learn([(1, ['Title']), (2, ['N', 'X', 'Ref']), (3, ['1,5', 'x', 'BX'])], known)
        line = next(mapping.apply(moved, [(3, ['1,5', 'x', 'BX'])]))
        self.assertEqual((line.part, line.quantity), ('BX', Decimal('1.5')))
        # Another table is looked at afresh.
        self.assertEqual(mapping.learn([(1, ['Part', 'Qty'])], known).columns, {'part': 'Part', 'quantity': 'Qty'})

    def test_returns_are_said_by_a_sign_or_by_a_word(self):
        found = lines(io.BytesIO(b'Part;Qty;Type\nA;1;Sale\nA;-1;\nA;1;Credit note\n'))[1]
        self.assertEqual([(line.quantity, line.is_return) for line in found], [(1, False), (1, True), (1, True)])

    def test_a_value_nobody_understands_is_a_fault_of_its_line_and_its_text_stays(self):
        line = lines(io.BytesIO(b'Part;Qty;Date\nA;two;2026-02-30\n'))[1][0]
        self.assertEqual([(one.code, one.field, one.text) for one in line.faults], [
            ('bad_number', 'quantity', 'two'), ('bad_date', 'ship_date', '2026-02-30')])
        self.assertEqual(line.raw, 'A\ttwo\t2026-02-30')

    def test_a_formula_is_a_text_like_any_other(self):
        line = lines(io.BytesIO(b'Part;Customer;Qty\n=1+1;"=HYPERLINK(""http://x"")";=2\n'))[1][0]
        self.assertEqual((line.part, line.customer_name, line.quantity), ('=1+1', '=HYPERLINK("http://x")', None))

    # Values

    @quick
    @given(st.decimals(Decimal(-10**9), Decimal(10**9), places=3), st.sampled_from('.,'), st.sampled_from(['', ' ', "'", '\u202f', 'other']))
    def test_a_number_is_understood_in_every_way_of_writing_it(self, number, mark, by):
        other = ',' if mark == '.' else '.'
        text = f'{number:,.3f}'.replace(',', 'T').replace('.', mark).replace('T', other if by == 'other' else by)
        self.assertEqual(values.number(text, mark), number)

    @quick
    @given(st.dates(date(1980, 1, 1), date(2099, 12, 31)), st.sampled_from(['DMY', 'MDY', 'YMD']), st.sampled_from('./- '))
    def test_a_date_is_understood_in_every_order(self, day, order, by):
        parts = {'D': f'{day.day:02}', 'M': f'{day.month:02}', 'Y': str(day.year)}
        self.assertEqual(values.day(by.join(parts[one] for one in order), order), day)

    @quick
    @given(st.text(max_size=20), st.sampled_from('.,'), st.sampled_from(['DMY', 'MDY', 'YMD']))
    def test_any_text_is_a_value_or_none(self, text, mark, order):
        for read in (lambda: values.number(text, mark), lambda: values.day(text, order)):
            try:
                found = read()
            except ValueError:
                continue
            self.assertTrue(found.is_finite() if isinstance(found, Decimal) else 1980 <= found.year < 2100)
