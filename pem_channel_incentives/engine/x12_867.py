r"""X12 867, Product Transfer and Resale Report: read and written.

The codes are those of X12 004010; elements 128 (references), 98 (parties), 374 (dates), 521 (kinds of transfer), 639
(prices) and 235 (part numbers) differ from sender to sender, so that a table holds the usual ones.

>>> import io
>>> from decimal import Decimal
>>> from .records import Header, PosLine
>>> line = PosLine(position=0, part='1000', part_qualifier='VN', quantity=Decimal(15), unit='BX', authorization='CT67895')
>>> text = b''.join(write(Header(number='R1'), [line]))
>>> found = [one for one in read(io.BytesIO(text)) if isinstance(one, PosLine)]
>>> found[0].part, found[0].quantity, found[0].authorization
('1000', Decimal('15'), 'CT67895')
"""
from datetime import date
from decimal import Decimal

from .edi_lines import GROUP, LINE, Fill, Lines, Table, plain_date, plain_number, signed

REFERENCES = {
    'PO': 'order', 'CO': 'order', 'DI': 'invoice', 'IV': 'invoice', 'IK': 'invoice', 'VC': 'authorization', 'CT': 'authorization',
    'PR': 'authorization', 'AH': 'authorization', 'DL': 'debit_number', 'DB': 'debit_number', 'SE': 'serial', 'LI': 'invoice_line',
}
#: What stands for us, for the partner who reports, and for the end customer: the end user before who is shipped to.
PARTIES = {
    'MF': ('vendor', 0), 'SU': ('vendor', 1), 'VN': ('vendor', 2), 'DB': ('seller', 0), 'DS': ('seller', 0), 'SE': ('seller', 1),
    'RS': ('seller', 2), 'SF': ('seller', 3), 'EN': ('customer', 0), 'UC': ('customer', 1), 'EC': ('customer', 1),
    'ST': ('customer', 2), 'BY': ('customer', 3), 'BT': ('customer', 4),
}
PARTS = {
    'VN': 'part', 'VP': 'part', 'MG': 'part', 'MF': 'part', 'VC': 'part', 'PN': 'part', 'UP': 'gtin', 'UK': 'gtin', 'EN': 'gtin',
    'UI': 'gtin', 'UA': 'gtin', 'BP': 'seller_part', 'IN': 'seller_part', 'SK': 'seller_part', 'PI': 'seller_part',
}
PRICES = {
    'authorized_cost': ('CT', 'SC'), 'book_cost': ('CA', 'DI', 'DR', 'LE', 'ST', 'WH', 'AW', 'WC'),
    'resale_price': ('RS', 'RE', 'RT', 'SR', 'NT', 'PE', 'QT', 'QE', 'AA'),
}
_PRICES = {code: (Fill(name, (2,), (1,)),) for name, codes in PRICES.items() for code in codes}

TABLE = Table(
    message='867', message_at=(1,), start='ST', end='SE', opens={'PTD': GROUP, 'QTY': LINE},
    fills={
        'BPT': (None, {'*': (Fill('number', (2,)), Fill('document_date', (3,)))}),
        'PTD': (None, {'*': (Fill('transfer', (1,)),)}),
        'CUR': (None, {'*': (Fill('currency', (2,)),)}),
        'DTM': ((1,), {
            '090': (Fill('period_start', (2,)),), '091': (Fill('period_end', (2,)),), '007': (Fill('period_start', (2,)),),
            '003': (Fill('invoice_date', (2,)),), '011': (Fill('ship_date', (2,)),), '004': (Fill('order_date', (2,)),),
            '035': (Fill('delivery_date', (2,)),)}),
        'UIT': ((3,), _PRICES),
        'CTP': ((2,), {
            'RES': (Fill('resale_price', (3,)),), 'CON': (Fill('authorized_cost', (3,)),), 'CAT': (Fill('book_cost', (3,)),),
            'DIS': (Fill('book_cost', (3,)),), 'DPR': (Fill('book_cost', (3,)),)}),
        'PID': (None, {'*': (Fill('description', (5,)),)}),
    },
    pairs={
        'REF': ((((1,), (2,)),), REFERENCES),
        'PTD': ((((4,), (5,)), ((2,), (3,))), REFERENCES),
        'LIN': (tuple(((at,), (at + 1,)) for at in range(2, 32, 2)), PARTS),
    },
    party=Fill('N1', (1,)), party_fields={'name': (2,), 'qualifier': (3,), 'id': (4,)}, parties=PARTIES,
    address={'N3': {'street': (1,)}, 'N4': {'city': (1,), 'state': (2,), 'zip': (3,), 'country': (4,)}},
    quantities={'QTY': {'32': 'sale', '39': 'sale', '01': 'sale', '76': 'return'}}, quantity=((1,), (2,), (3,)),
    returns=frozenset(('BN', 'RU', 'RV', 'RB', 'RP')), amount=('AMT', (2,), (3,)), summary='CTT', count_at=(1,),
    ignored=frozenset(('N2', 'PER', 'PRF', 'MEA')),
)


def read(file):
    """Iterate over what a file says: see :class:`~.edi_lines.Lines`."""
    return Lines(file, TABLE)


# Writing

_ELEMENTS, _COMPONENTS, _TERMINATORS = '*^|\x1d', '>:\x1f', '~\x1c\n'


class Writer:
    """Puts segments of one interchange together, with delimiters that no text of it has.

    :param texts: every text that will be written
    """

    def __init__(self, texts, functional, message, sender, receiver, when, control=1, test=True):
        used = set().union(*map(set, texts)) if texts else set()
        self.element, self.component, self.terminator = (
            next(sign for sign in signs if sign not in used) for signs in (_ELEMENTS, _COMPONENTS, _TERMINATORS))
        self.count = 0
        self.control = control
        day, time = plain_date(when), '0000'
        self.opening = [
            ('ISA', '00', ' ' * 10, '00', ' ' * 10, 'ZZ', f'{sender[:15]:15}', 'ZZ', f'{receiver[:15]:15}', day[2:], time, 'U', '00401',
             f'{control:09}', '0', 'T' if test else 'P', self.component),
            ('GS', functional, sender[:15] or 'ZZ', receiver[:15] or 'ZZ', day, time, str(control), 'X', '004010'),
            ('ST', message, f'{control:04}')]
        self.closing = [('GE', '1', str(control)), ('IEA', '1', f'{control:09}')]

    def begin(self):
        for segment in self.opening:
            yield self.segment(*segment)
        self.count = 1

    def segment(self, *elements):
        """Return the bytes of a segment; empty elements at its end are left out."""
        last = len(elements)
        while last > 1 and not elements[last - 1]:
            last -= 1
        self.count += 1
        return (self.element.join(elements[:last]) + self.terminator).encode()

    def end(self):
        yield self.segment('SE', str(self.count + 1), f'{self.control:04}')
        for segment in self.closing:
            yield self.segment(*segment)


def write(header, lines, *, sender='SENDER', receiver='RECEIVER', today=None, control=1):
    """Yield the bytes of an interchange whose reading gives the same header and lines again.

    :param lines: list of :class:`~.records.PosLine`; their texts have no control characters
    """
    texts = [value for record in (header, *lines) for value in record if isinstance(value, str)]
    when = today or header.document_date or header.period_end or date(2000, 1, 1)
    writer = Writer([*texts, sender, receiver], 'PT', '867', sender, receiver, when, control)
    segment = writer.segment
    yield from writer.begin()
    yield segment('BPT', '00', header.number, plain_date(header.document_date) if header.document_date else '', 'SS')
    if header.currency:
        yield segment('CUR', 'SE', header.currency)
    for qualifier, value in (('090', header.period_start), ('091', header.period_end)):
        if value:
            yield segment('DTM', qualifier, plain_date(value))
    for qualifier, whom in (('MF', 'vendor'), ('DB', 'seller')):
        yield from _party(segment, qualifier, header, whom)
    for line in lines:
        yield from _write_line(segment, line, header)
    yield segment('CTT', str(len(lines)))
    claimed = sum(
        ((line.claimed_unit or 0) * (line.quantity or 0) for line in lines), Decimal())
    if claimed:
        yield segment('AMT', 'S', *signed(claimed))
    yield from writer.end()


def _write_line(segment, line, header):
    yield segment('PTD', 'BN' if line.is_return else 'SS', '', '', 'VC' if line.authorization else '', line.authorization)
    if line.currency and line.currency != header.currency:
        yield segment('CUR', 'SE', line.currency)
    if any(getattr(line, f'seller_{name}') != getattr(header, f'seller_{name}') for name in ('name', 'id', 'qualifier')):
        yield from _party(segment, 'DB', line, 'seller')
    yield from _party(segment, 'EN', line, 'customer')
    yield segment('QTY', '32', plain_number(line.quantity) if line.quantity is not None else '', line.unit)
    identifiers = [(line.part_qualifier or 'VN', line.part), ('UK', line.gtin), ('BP', line.seller_part)]
    pairs = [text for pair in identifiers if pair[1] for text in pair]
    if pairs:
        yield segment('LIN', '', *pairs)
    for name, codes in PRICES.items():
        value = getattr(line, name)
        if value is not None:
            yield segment('UIT', line.unit, plain_number(value), codes[0])
    if line.description:
        yield segment('PID', 'F', '', '', '', line.description)
    if line.claimed_unit is not None:
        yield segment('AMT', 'S', *signed(line.claimed_unit))
    for qualifier, name in (('DI', 'invoice'), ('LI', 'invoice_line'), ('PO', 'order'), ('DL', 'debit_number'), ('SE', 'serial')):
        if getattr(line, name):
            yield segment('REF', qualifier, getattr(line, name))
    for qualifier, value in (('011', line.ship_date), ('003', line.invoice_date)):
        if value:
            yield segment('DTM', qualifier, plain_date(value))


def _party(segment, qualifier, record, whom):
    name, kind, number = (getattr(record, f'{whom}_{part}') for part in ('name', 'qualifier', 'id'))
    address = [getattr(record, f'{whom}_{part}', '') for part in ('street', 'city', 'state', 'zip', 'country')]
    if name or kind or number or any(address):
        yield segment('N1', qualifier, name, kind, number)
    if address[0]:
        yield segment('N3', address[0])
    if any(address[1:]):
        yield segment('N4', *address[1:])
