"""What every reader yields, whatever the format of the file.

>>> line = PosLine(position=7, part='BX-17', quantity=Decimal(2))
>>> line.part, line.quantity, line.customer_name, line.is_return
('BX-17', Decimal('2'), '', False)
>>> Problem('too_many_columns', 9, {'limit': 1000}).is_final
False
"""
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Fault(NamedTuple):
    """A value of a line that could not be understood: ``code`` is ``bad_number`` or ``bad_date``."""

    code: str
    field: str
    text: str


class PosLine(NamedTuple):
    """One sale, or return, of a part by a partner to an end customer, as the partner's file says it.

    Texts are stripped and empty when not given, numbers are ``Decimal`` and dates ``date``, or None. ``quantity`` has no
    sign of its own: what comes back is a return. Prices are for one unit. ``claimed_unit`` is what the sender claims for
    one unit, negative where they owe it.
    """

    position: int
    part: str = ''
    part_qualifier: str = ''
    gtin: str = ''
    seller_part: str = ''
    description: str = ''
    quantity: Decimal | None = None
    unit: str = ''
    resale_price: Decimal | None = None
    authorized_cost: Decimal | None = None
    book_cost: Decimal | None = None
    claimed_unit: Decimal | None = None
    currency: str = ''
    ship_date: date | None = None
    invoice_date: date | None = None
    customer_name: str = ''
    customer_id: str = ''
    customer_qualifier: str = ''
    customer_street: str = ''
    customer_city: str = ''
    customer_state: str = ''
    customer_zip: str = ''
    customer_country: str = ''
    seller_name: str = ''
    seller_id: str = ''
    seller_qualifier: str = ''
    authorization: str = ''
    invoice: str = ''
    invoice_line: str = ''
    order: str = ''
    debit_number: str = ''
    serial: str = ''
    is_return: bool = False
    faults: tuple = ()
    raw: str = ''


class Header(NamedTuple):
    """What a file says once for all its lines."""

    number: str = ''
    document_date: date | None = None
    period_start: date | None = None
    period_end: date | None = None
    currency: str = ''
    seller_name: str = ''
    seller_id: str = ''
    seller_qualifier: str = ''
    vendor_name: str = ''
    vendor_id: str = ''
    vendor_qualifier: str = ''


class Totals(NamedTuple):
    """What a file says about itself at its end; None where it says nothing."""

    line_count: int | None = None
    claimed: Decimal | None = None


class Note(NamedTuple):
    """Something that was left out without harm, named once: ``unknown_segment`` or ``unknown_qualifier`` with its tag,
    ``total_row``, ``other_message``, ``other_quantity``. ``position`` is where it was seen first."""

    code: str
    position: int
    name: str
    count: int = 1


class Problem(NamedTuple):
    """Something that keeps a row, or a file, from being read.

    ``position`` is the row or segment, ``details`` fills the sentence, ``raw`` is the text as far as it is known. After a
    problem with ``is_final`` nothing follows.
    """

    code: str
    position: int = 0
    details: dict = {}
    raw: str = ''
    is_final: bool = False


#: Where a line's numbers, dates and texts are.
NUMBERS = ('quantity', 'resale_price', 'authorized_cost', 'book_cost', 'claimed_unit')
DATES = ('ship_date', 'invoice_date')
TEXTS = tuple(
    name for name in PosLine._fields if name not in (*NUMBERS, *DATES, 'position', 'is_return', 'faults', 'raw'))
