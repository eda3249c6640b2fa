"""EDIFACT SLSRPT, Sales Data Report (D.96A and the EANCOM subset): read and written.

>>> import io
>>> from decimal import Decimal
>>> from .records import Header, PosLine
>>> line = PosLine(position=0, gtin='4007399434498', quantity=Decimal(1), unit='PCE', resale_price=Decimal('39.95'))
>>> text = b''.join(write(Header(number='R1', currency='EUR'), [line]))
>>> found = [one for one in read(io.BytesIO(text)) if isinstance(one, PosLine)]
>>> found[0].gtin, found[0].resale_price, found[0].currency
('4007399434498', Decimal('39.95'), 'EUR')
"""
from datetime import date

from .edi_lines import GROUP, LINE, Fill, Lines, Table, plain_date, plain_number

REFERENCES = {
    'CT': 'authorization', 'PD': 'authorization', 'AAN': 'authorization', 'IV': 'invoice', 'LI': 'invoice_line', 'ON': 'order',
    'CO': 'order', 'DL': 'debit_number', 'SE': 'serial',
}
PARTIES = {
    'SU': ('vendor', 0), 'MF': ('vendor', 1), 'BY': ('seller', 0), 'SE': ('seller', 1), 'DB': ('seller', 1), 'DS': ('seller', 2),
    'EN': ('customer', 0), 'UC': ('customer', 0), 'UD': ('customer', 0), 'IV': ('customer', 2), 'DP': ('customer', 1),
    'CN': ('customer', 1),
}
PARTS = {
    'SA': 'part', 'MF': 'part', 'VN': 'part', 'EN': 'gtin', 'UP': 'gtin', 'SRV': 'gtin', 'GTI': 'gtin', 'IN': 'seller_part',
    'BP': 'seller_part',
}
#: Element 5387 says whose price it is; without it, it is what the end customer paid.
PRICES = {'CON': 'authorized_cost', 'DPR': 'book_cost', 'CAT': 'book_cost', 'WHL': 'book_cost'}
_DATES = {
    '137': 'document_date', '90': 'period_start', '91': 'period_end', '194': 'period_start', '206': 'period_end', '356': 'ship_date',
    '11': 'ship_date', '35': 'delivery_date', '3': 'invoice_date', '171': 'reference_date',
}

TABLE = Table(
    message='SLSRPT', message_at=(2, 0), start='UNH', end='UNT', opens={'LOC': GROUP, 'LIN': LINE},
    fills={
        'BGM': (None, {'*': (Fill('number', (2, 0)),)}),
        'DTM': ((1, 0), {code: (Fill(name, (1, 1)),) for code, name in _DATES.items()}),
        'CUX': (None, {'*': (Fill('currency', (1, 1)),)}),
        'LOC': (None, {'*': (Fill('location', (2, 0)),)}),
        'PRI': ((1, 3), {
            **{code: (Fill(name, (1, 1)),) for code, name in PRICES.items()}, '*': (Fill('resale_price', (1, 1)),)}),
        'IMD': (None, {'*': (Fill('description', (3, 3)),)}),
        'MOA': ((1, 0), {'ZZZ': (Fill('claimed_unit', (1, 1)),)}),
    },
    pairs={
        'LIN': ((((3, 1), (3, 0)),), PARTS),
        'PIA': (tuple(((at, 1), (at, 0)) for at in range(2, 7)), PARTS),
        'RFF': ((((1, 0), (1, 1)),), REFERENCES),
    },
    party=Fill('NAD', (1,)),
    party_fields={
        'id': (2, 0), 'qualifier': (2, 2), 'name': (4, 0), 'street': (5, 0), 'city': (6, 0), 'state': (7, 0), 'zip': (8, 0),
        'country': (9, 0)},
    parties=PARTIES, address={}, quantities={'QTY': {'153': 'sale', '47': 'sale', '12': 'sale', '61': 'return', '77E': 'return'}},
    quantity=((1, 0), (1, 1), (1, 2)), summary='CNT', count_at=(1, 1), ignored=frozenset(('UNS', 'CTA', 'COM', 'TDT')),
)


class SlsrptLines(Lines):
    """A line of a location is sold there: the location is the branch, where the lines name none."""

    def _line(self, kind, quantity, unit):
        line = super()._line(kind, quantity, unit)
        location = self.levels[GROUP].get('location')
        if location and location != line.seller_id:
            line = line._replace(seller_id=location, seller_qualifier='9', seller_name='')
        return line


def read(file):
    """Iterate over what a file says: see :class:`~.edi_lines.Lines`."""
    return SlsrptLines(file, TABLE)


# Writing


class _Writer:
    def __init__(self):
        self.count = 0

    def segment(self, tag, *elements):
        """Return the bytes of a segment; an element is a text, or a list of components."""
        written = [tag]
        for element in elements:
            components = [element] if isinstance(element, str) else list(element)
            while components and not components[-1]:
                components.pop()
            written.append(':'.join(map(self._released, components)))
        while not written[-1]:
            written.pop()
        self.count += 1
        return f"{'+'.join(written)}'".encode()

    @staticmethod
    def _released(text):
        for sign in "?:+'":
            text = text.replace(sign, f'?{sign}')
        return text


def write(header, lines, *, sender='SENDER', receiver='RECEIVER', today=None, control=1):
    """Yield the bytes of an interchange whose reading gives the same header and lines again.

    :param lines: list of :class:`~.records.PosLine`; their texts have no control characters
    """
    writer = _Writer()
    segment = writer.segment
    when = plain_date(today or header.document_date or header.period_end or date(2000, 1, 1))
    yield b"UNA:+.? '"
    yield segment('UNB', ['UNOY', '3'], [sender, 'ZZ'], [receiver, 'ZZ'], [when[2:], '0000'], str(control))
    writer.count = 0
    yield segment('UNH', '1', ['SLSRPT', 'D', '96A', 'UN', 'EAN004'])
    yield segment('BGM', '73E', header.number, '9')
    for qualifier, value in (('137', header.document_date), ('90', header.period_start), ('91', header.period_end)):
        if value:
            yield segment('DTM', [qualifier, plain_date(value), '102'])
    yield from _party(segment, 'BY', header, 'seller')
    yield from _party(segment, 'SU', header, 'vendor')
    if header.currency:
        yield segment('CUX', ['2', header.currency, '10'])
    for number, line in enumerate(lines, 1):
        yield from _write_line(segment, number, line, header)
    yield segment('CNT', ['2', str(len(lines))])
    yield segment('UNT', str(writer.count + 1), '1')
    yield segment('UNZ', '1', str(control))


def _write_line(segment, number, line, header):
    yield segment('LIN', str(number), '', [line.gtin, 'EN'] if line.gtin else '')
    if line.part:
        yield segment('PIA', '1', [line.part, line.part_qualifier or 'SA'])
    if line.seller_part:
        yield segment('PIA', '1', [line.seller_part, 'IN'])
    if line.description:
        yield segment('IMD', 'F', '', ['', '', '', line.description])
    if line.currency and line.currency != header.currency:
        yield segment('CUX', ['2', line.currency, '10'])
    for qualifier, name in (('CT', 'authorization'), ('IV', 'invoice'), ('LI', 'invoice_line'), ('ON', 'order'),
                            ('DL', 'debit_number'), ('SE', 'serial')):
        if getattr(line, name):
            yield segment('RFF', [qualifier, getattr(line, name)])
    for qualifier, value in (('356', line.ship_date), ('3', line.invoice_date)):
        if value:
            yield segment('DTM', [qualifier, plain_date(value), '102'])
    for kind, name in (('RTP', 'resale_price'), ('CON', 'authorized_cost'), ('DPR', 'book_cost')):
        if getattr(line, name) is not None:
            yield segment('PRI', ['AAA', plain_number(getattr(line, name)), '', kind])
    if line.claimed_unit is not None:
        yield segment('MOA', ['ZZZ', plain_number(line.claimed_unit)])
    if any(getattr(line, f'seller_{name}') != getattr(header, f'seller_{name}') for name in ('name', 'id', 'qualifier')):
        yield from _party(segment, 'BY', line, 'seller')
    yield from _party(segment, 'UC', line, 'customer')
    quantity = plain_number(line.quantity) if line.quantity is not None else ''
    yield segment('QTY', ['61' if line.is_return else '153', quantity, line.unit])


def _party(segment, qualifier, record, whom):
    said = {name: getattr(record, f'{whom}_{name}', '') for name in TABLE.party_fields}
    if any(said.values()):
        yield segment(
            'NAD', qualifier, [said['id'], '', said['qualifier']], '', said['name'], said['street'], said['city'], said['state'],
            said['zip'], said['country'])
