import codecs
import io
import string
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.pem_channel_incentives.engine import edi, edifact_slsrpt, x12_867, x12_response
from odoo.addons.pem_channel_incentives.engine.records import DATES, NUMBERS, Header, Note, PosLine, Problem, Totals

quick = settings(database=None, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))

SIGNS = string.ascii_letters + string.digits + " *~>:^+?'.,;|-/&äßéñ日本"
TEXT = st.text(SIGNS, max_size=12).map(str.strip)
PRICE = st.none() | st.decimals(Decimal('-99999.9999'), Decimal('99999.9999'), places=4)
DAY = st.none() | st.dates(date(1990, 1, 1), date(2099, 1, 1))

#: A chargeback with a contract price, and its reversal: the facts of the sample that the project was given.
CHARGEBACK = b"""
ISA^00^          ^00^          ^30^943274043      ^01^175315246      ^990104^1521^U^00401^000000002^1^T^>~
  GS^PT^943274043^175315246^19990104^1521^1^X^004010~
    ST^867^1001~
      BPT^00^DM20001^20000302^SS~
      DTM^090^20000301~
      N1^MF^MAKER^21^08KUG8730~
      N1^DB^DISTRIBUTOR^21^78YU0JN90~
        REF^SB^SOEAST01~
      PTD^SS^^^VC^CT67895^DC~
        N1^ST^SOUTHEAST HOSPITAL^21^89KGH1140~
          N4^CHARLESTON^SC^29401~
        QTY^32^15^BX~
          LIN^^MG^1000^UK^30387698433527~
          UIT^BX^18.25^CT~
          UIT^BX^22.25^CA~
          AMT^S^4^C~
          REF^DI^DIN99234~
          DTM^003^20000301~
      PTD^PA^^^VC^CT77612^AO~
        QTY^32^1^CA~
          LIN^^MG^786012~
          UIT^CA^81.34^CT~
          UIT^CA^98.25^CA~
          AMT^S^16.91^D~
          DTM^003^20000220~
      CTT^2~
        AMT^S^43.09^C~
    SE^26^1001~
  GE^1^1~
IEA^1^000000002~
"""
SALES = (
    b"UNA:+.? 'UNB+UNOC:3+4260026610003:14+4007399000006:14+260707:2216+1'UNH+1+SLSRPT:D:96A:UN:EAN004'BGM+73E::9+729058+9'"
    b"DTM+137:20260708:102'NAD+BY+4260026610102::9'CUX+2:EUR:10'LOC+162+4260026610119::9'DTM+356:20260707:102'LIN+1++4007399434498:EN'"
    b"RFF+SA:76'PRI+AAE:39.95::RTP'QTY+153:2:PCE'QTY+61:1:PCE'LIN+2++4007399434511:EN'IMD+F++:::B?'s best?+er'QTY+153:1:PCE'UNT+16+1'UNZ+1+1'")


@st.composite
def headers(draw):
    values = {name: draw(DAY if 'date' in name or name.startswith('period') else TEXT) for name in Header._fields}
    # A qualifier says of what kind an id is.
    for whom in ('seller', 'vendor'):
        if not values[f'{whom}_id']:
            values[f'{whom}_qualifier'] = ''
    return Header(**values)


@st.composite
def lines(draw):
    values = {}
    for name, default in PosLine._field_defaults.items():
        values[name] = draw(PRICE if name in NUMBERS else DAY if name in DATES else TEXT) if name not in (
            'is_return', 'faults', 'raw') else default
    values['quantity'] = draw(st.none() | st.decimals(Decimal(0), Decimal(999999), places=3))
    values['is_return'] = draw(st.booleans())
    if values['claimed_unit'] is not None and values['claimed_unit'] < 0:
        values['is_return'] = True
    values['ship_date'] = values['ship_date'] or values['invoice_date']
    for whom in ('customer', 'seller'):
        if not values[f'{whom}_id']:
            values[f'{whom}_qualifier'] = ''
    # Each table has one canonical qualifier for a part of nobody's own.
    values['part_qualifier'] = ''
    return PosLine(position=0, **values)


def read(module, content):
    found = list(module.read(io.BytesIO(content)))
    return {kind: [one for one in found if isinstance(one, kind)] for kind in (Header, PosLine, Problem, Totals, Note)}


@tagged('post_install', '-at_install')
class TestEdi(BaseCase):
    """EDI files are understood whatever their delimiters, and what is broken in them is named."""

    def test_a_chargeback_says_what_its_segments_say(self):
        found = read(x12_867, CHARGEBACK)
        sale, back = found[PosLine]
        self.assertEqual(
            (sale.part, sale.gtin, sale.quantity, sale.unit, sale.authorized_cost, sale.book_cost),
            ('1000', '30387698433527', 15, 'BX', Decimal('18.25'), Decimal('22.25')))
        self.assertEqual((sale.authorization, sale.invoice, sale.ship_date), ('CT67895', 'DIN99234', date(2000, 3, 1)))
        self.assertEqual((sale.customer_name, sale.customer_id, sale.customer_city), ('SOUTHEAST HOSPITAL', '89KGH1140', 'CHARLESTON'))
        self.assertEqual(sale.seller_name, 'DISTRIBUTOR')
        self.assertEqual((sale.is_return, back.is_return, back.customer_name), (False, True, ''))
        self.assertEqual(sum(line.claimed_unit * line.quantity for line in (sale, back)), found[Totals][0].claimed)
        self.assertEqual((found[Header][0].number, found[Header][0].period_start), ('DM20001', date(2000, 3, 1)))
        self.assertEqual(found[Problem], [])
        self.assertEqual([(note.code, note.name, note.position) for note in found[Note]], [('unknown_qualifier', 'REF+SB', 8)])

    def test_a_sales_report_has_a_line_for_each_quantity(self):
        found = read(edifact_slsrpt, SALES)
        self.assertEqual(
            [(line.gtin, line.quantity, line.is_return, line.resale_price) for line in found[PosLine]],
            [('4007399434498', 2, False, Decimal('39.95')), ('4007399434498', 1, True, Decimal('39.95')), ('4007399434511', 1, False, None)])
        self.assertEqual({(line.currency, line.seller_id, line.ship_date) for line in found[PosLine]}, {('EUR', '4260026610119', date(2026, 7, 7))})
        self.assertEqual(found[PosLine][2].description, "B's best+er")
        self.assertEqual(found[Header][0].seller_id, '4260026610102')
        self.assertEqual(found[Problem], [])

    @quick
    @given(headers(), st.lists(lines(), max_size=4))
    def test_what_is_written_as_867_is_read_again(self, header, sold):
        self.check_again(x12_867, header, sold, part='VN')

    @quick
    @given(headers(), st.lists(lines(), max_size=4))
    def test_what_is_written_as_slsrpt_is_read_again(self, header, sold):
        self.check_again(edifact_slsrpt, header, sold, part='SA')

    def check_again(self, module, header, sold, part):
        found = read(module, b''.join(module.write(header, sold)))
        self.assertEqual(found[Problem], [])
        self.assertEqual(found[Header], [header])
        self.assertEqual(len(found[PosLine]), len(sold))
        for line, again in zip(sold, found[PosLine], strict=True):
            expected = line._replace(
                currency=line.currency or header.currency, part_qualifier=part if line.part else '')
            if not (line.seller_name or line.seller_id or line.seller_qualifier):
                expected = expected._replace(**{
                    f'seller_{name}': getattr(header, f'seller_{name}') for name in ('name', 'id', 'qualifier')})
            self.assertEqual(again._replace(position=0, raw=''), expected)

    @quick
    @given(st.binary(max_size=400), st.sampled_from([CHARGEBACK.strip(), SALES]), st.integers(0, 1200), st.integers(0, 200))
    def test_no_file_breaks_the_reader(self, noise, sample, at, length):
        for content in (noise, sample[:at], sample[:at] + noise + sample[at + length:], b'ISA*' + noise, b"UNA:+.? '" + noise):
            for module in (x12_867, edifact_slsrpt):
                for one in module.read(io.BytesIO(content)):
                    self.assertIsInstance(one, (Header, PosLine, Problem, Totals, Note))

    def test_of_a_truncated_file_the_whole_lines_are_kept(self):
        cut = CHARGEBACK.index(b'UIT^CA^98.25')
        found = read(x12_867, CHARGEBACK[:cut])
        self.assertEqual([line.part for line in found[PosLine]], ['1000'])
        self.assertEqual([(one.code, one.details) for one in found[Problem]], [('truncated', {'line': 20})])

    def test_a_number_of_segments_that_is_wrong_is_told(self):
        found = read(x12_867, CHARGEBACK.replace(b'SE^26', b'SE^27'))
        self.assertEqual([one.details for one in found[Problem]], [{'said': 27, 'counted': 26}])
        self.assertEqual(len(found[PosLine]), 2)

    def test_a_number_nobody_understands_is_a_fault_of_its_line(self):
        found = read(x12_867, CHARGEBACK.replace(b'QTY^32^15', b'QTY^32^fifteen').replace(b'DTM^003^20000220', b'DTM^003^20001332'))
        self.assertEqual(
            [(fault.code, fault.field, fault.text) for line in found[PosLine] for fault in line.faults],
            [('bad_number', 'quantity', 'fifteen'), ('bad_date', 'invoice_date', '20001332')])

    def test_segments_nobody_knows_are_skipped_and_told_once(self):
        found = read(x12_867, CHARGEBACK.replace(b'REF^DI', b'XYZ^1~\nXYZ^2~\nREF^DI').replace(b'SE^26', b'SE^28'))
        self.assertEqual([(note.name, note.position, note.count) for note in found[Note]], [('REF+SB', 8, 1), ('XYZ', 17, 2)])
        self.assertEqual(found[Problem], [])

    def test_other_messages_in_the_same_file_are_left_out(self):
        order = b'ST^850^1002~BEG^00^SA^1~QTY^32^1~SE^4^1002~'
        found = read(x12_867, CHARGEBACK.replace(b'  GE^1', order + b'GE^1'))
        self.assertEqual(len(found[PosLine]), 2)
        self.assertIn('850', [note.name for note in found[Note]])

    def test_two_interchanges_in_a_file_have_delimiters_of_their_own(self):
        other = CHARGEBACK.strip().replace(b'^', b'*').replace(b'~', b'\n').replace(b'\n\n', b'\n')
        found = read(x12_867, CHARGEBACK + other)
        self.assertEqual(len(found[PosLine]), 4)
        self.assertEqual(found[Totals][0], Totals(4, Decimal('86.18')))
        self.assertEqual(found[Problem], [])

    def test_a_file_in_utf16_and_one_with_a_mark_are_read(self):
        text = CHARGEBACK.decode()
        for content in (codecs.BOM_UTF8 + CHARGEBACK, text.encode('utf-16')):
            self.assertEqual(len(read(x12_867, content)[PosLine]), 2)

    def test_names_are_read_in_the_character_set_of_the_file(self):
        for encoding in ('latin-1', 'utf-8'):
            found = read(x12_867, CHARGEBACK.decode().replace('SOUTHEAST', 'SÜDÖST').encode(encoding))
            self.assertEqual(found[PosLine][0].customer_name, 'SÜDÖST HOSPITAL')

    def test_a_file_that_only_begins_like_an_interchange_is_refused_with_a_reason(self):
        for content, code in ((b'', 'empty_file'), (b'ISA^00', 'bad_envelope'), (b'part;qty\n1;2', 'bad_envelope'), (b"UNA:+.? ", 'bad_envelope')):
            with self.subTest(content=content):
                self.assertEqual([one.code for one in read(x12_867, content)[Problem]], [code])

    def test_memory_does_not_grow_with_the_file(self):
        class Endless(io.RawIOBase):
            """Two gigabytes of segments, and in them one that does not end for ten megabytes."""
            given = 0
            block = b'LIN^^MG^1000~' * 5000
            largest = 0

            def _take(self, size=-1):
                self.given += len(self.block)
                if self.given == len(self.block):
                    return CHARGEBACK[:CHARGEBACK.index(b'PTD^SS')]
                if self.given < 10_000_000:
                    return b'x' * len(self.block)
                return self.block if self.given < 12_000_000 else b''

            read = _take

        found, held = [], 0
        reader = edi._Reader(Endless(), edi.LONGEST)
        for one in reader.segments():
            held = max(held, len(reader.buffer))
            if isinstance(one, Problem):
                found.append(one.code)
        self.assertEqual(found, ['segment_too_long', 'truncated'])
        self.assertLess(held, 300_000)

    def test_responses_say_the_reasons_and_are_marked_as_tests(self):
        rows = [
            x12_response.ResponseLine('1', 'SPA-1', 'BX*17', Decimal(2), Decimal(2), Decimal('8'), Decimal('8')),
            x12_response.ResponseLine('2', 'SPA-9', 'BX-18', Decimal(1), Decimal(0), Decimal('5'), Decimal(0), ('01', '28'), 'I-2')]
        segments = list(edi.read(io.BytesIO(b''.join(x12_response.write_849('C1', date(2026, 3, 1), rows)))))
        self.assertEqual([one.get(1) for one in segments if one.tag == 'RRE'], ['01', '28'])
        self.assertEqual([one.get(3) for one in segments if one.tag == 'PAD'], ['AC', 'RJ'])
        self.assertEqual(segments[0].get(15), 'T')
        counted = next(one for one in segments if one.tag == 'SE')
        self.assertEqual(int(counted.get(1)), counted.number - 2)
