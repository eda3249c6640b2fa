r"""X12 849 (Response to Product Transfer Account Adjustment) and 845 (Price Authorization Status): written.

No real sample of either was at hand; they are written after the X12 004010 directory: in the 849 a ``PAD`` loop per
line with its number and, in ``RRE``, the reasons of element 901; in the 845 a ``CON`` loop per authorization with a
``PAD`` loop per part. Interchanges are marked as tests (ISA15 ``T``) until the receiver has agreed to them.

>>> lines = [ResponseLine('1', 'SPA-1', 'BX-17', Decimal(15), Decimal(10), Decimal(60), Decimal(40), ('04',), 'I1')]
>>> text = b''.join(write_849('CLM/1', date(2026, 3, 5), lines, currency='USD')).decode()
>>> [part for part in text.split('~') if part.startswith(('BRC', 'RRE', 'AMT', 'SE'))]
['BRC*11*20260305**CLM/1', 'RRE*04', 'AMT*CL*60*C', 'AMT*AP*40*C', 'AMT*TT*40*C', 'SE*15*0001']
"""
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .edi_lines import plain_date, plain_number, signed
from .x12_867 import Writer


class ResponseLine(NamedTuple):
    """What was decided on one line of a claim; ``codes`` are reasons of element 901."""

    number: str
    authorization: str
    part: str
    quantity: Decimal
    approved_quantity: Decimal
    claimed: Decimal
    approved: Decimal
    codes: tuple = ()
    invoice: str = ''
    is_return: bool = False


class StatusLine(NamedTuple):
    """How one part of an authorization stands."""

    authorization: str
    part: str
    authorized_cost: Decimal | None
    authorized_resale: Decimal | None
    authorized_quantity: Decimal
    remaining_quantity: Decimal
    unit: str = ''
    valid_from: date | None = None
    valid_to: date | None = None
    state: str = 'active'


#: Contract status (element 846): active, expired, cancelled.
_STATUS = {'active': 'AC', 'expired': 'EX', 'cancelled': 'CA'}


def _texts(number, lines, *others):
    return [number, *others, *(value for line in lines for value in line if isinstance(value, str)), *(
        value for line in lines for value in line if isinstance(value, tuple) for value in value)]


def write_849(number, when, lines, *, currency='', sender='VENDOR', receiver='PARTNER', control=1):
    """Yield the bytes of the response to a claim.

    :param number: of the claim, as the sender named it
    :param lines: list of `ResponseLine`
    """
    writer = Writer(_texts(number, lines, currency, sender, receiver), 'CF', '849', sender, receiver, when, control)
    segment = writer.segment
    yield from writer.begin()
    yield segment('BRC', '11', plain_date(when), '', number)
    if currency:
        yield segment('CUR', 'SE', currency)
    for line in lines:
        yield segment('CON', 'CT', line.authorization)
        yield segment('PAD', line.number, 'BN' if line.is_return else 'SD', 'AC' if line.approved_quantity else 'RJ')
        yield segment('QTY', '32', plain_number(line.quantity))
        yield segment('QTY', '04', plain_number(line.approved_quantity))
        for code in line.codes:
            yield segment('RRE', code)
        yield segment('AMT', 'CL', *signed(line.claimed))
        yield segment('AMT', 'AP', *signed(line.approved))
        if line.invoice:
            yield segment('REF', 'DI', line.invoice)
        yield segment('LIN', '', 'VN', line.part)
    yield segment('CTT', str(len(lines)))
    yield segment('AMT', 'TT', *signed(sum((line.approved for line in lines), Decimal())))
    yield from writer.end()


def write_845(number, when, lines, *, currency='', sender='VENDOR', receiver='PARTNER', control=1):
    """Yield the bytes of the status of authorizations.

    :param lines: list of `StatusLine`, those of one authorization together

    >>> line = StatusLine('SPA-1', 'BX-17', Decimal('15'), None, Decimal(100), Decimal(85), 'EA', state='active')
    >>> text = b''.join(write_845('S1', date(2026, 3, 5), [line])).decode()
    >>> [part for part in text.split('~') if part.startswith(('BPA', 'CON', 'QTY', 'UIT'))]
    ['BPA*08*20260305**S1', 'CON*CT*SPA-1*AC', 'QTY*AO*100*EA', 'QTY*RE*85*EA', 'UIT*EA*15*CT']
    """
    writer = Writer(_texts(number, lines, currency, sender, receiver), 'PA', '845', sender, receiver, when, control)
    segment = writer.segment
    yield from writer.begin()
    yield segment('BPA', '08', plain_date(when), '', number)
    if currency:
        yield segment('CUR', 'SE', currency)
    last = None
    for count, line in enumerate(lines, 1):
        if line.authorization != last:
            last = line.authorization
            yield segment('CON', 'CT', line.authorization, _STATUS.get(line.state, 'AC'))
            for qualifier, value in (('092', line.valid_from), ('093', line.valid_to)):
                if value:
                    yield segment('DTM', qualifier, plain_date(value))
        yield segment('PAD', str(count), 'SD')
        yield segment('QTY', 'AO', plain_number(line.authorized_quantity), line.unit)
        yield segment('QTY', 'RE', plain_number(line.remaining_quantity), line.unit)
        for code, value in (('CT', line.authorized_cost), ('RS', line.authorized_resale)):
            if value is not None:
                yield segment('UIT', line.unit, plain_number(value), code)
        yield segment('LIN', '', 'VN', line.part)
    yield segment('CTT', str(len(lines)))
    yield from writer.end()
