"""What the rules of a claim look at: what was agreed, what was authorized, what is claimed.

>>> Terms().basis, Authorization('SPA-1').remaining, Claim('SPA-1', 'BX-17', Decimal(2)).is_return
('authorization', Decimal('0'), False)
"""
from datetime import date
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal()

#: The frozen version of the rules, kept with each decision so that it can be replayed.
VERSION = 1


class Terms(NamedTuple):
    """What was agreed with a partner.

    ``basis`` is where the claim starts from: ``'inventory'`` (what the goods on stock cost, first in, first out),
    ``'authorization'`` (book cost when it was authorized) or ``'ship_date'`` (book cost on the day of shipment).
    Tolerances are in money, and in percent; ``window`` is days from shipment in which a claim comes in, 0 for no end.
    """

    basis: str = 'authorization'
    tolerance_amount: Decimal = ZERO
    tolerance_percent: Decimal = ZERO
    resale_tolerance: Decimal = ZERO
    cost_tolerance: Decimal = Decimal('0.00005')
    window: int = 0
    debit_pattern: str = ''
    digits: int = 2
    version: int = VERSION


class Authorization(NamedTuple):
    """The line of an authorization that a claim cites, as it stands.

    ``state`` is ``active``, ``expired``, ``withdrawn``, or ``review`` while its successor is decided. ``parties`` are the
    partner and branches it holds for; empty values are not compared. ``is_part_authorized`` is False where the number is
    ours and the part is not on it.
    """

    number: str
    part: str = ''
    state: str = 'active'
    is_part_authorized: bool = True
    valid_from: date | None = None
    valid_to: date | None = None
    issued: date | None = None
    currency: str = ''
    unit: str = ''
    parties: frozenset = frozenset()
    customer: str = ''
    kind: str = 'ship_debit'
    book_cost: Decimal | None = None
    ship_date_cost: Decimal | None = None
    authorized_cost: Decimal | None = None
    authorized_resale: Decimal | None = None
    competitor_price: Decimal | None = None
    remaining: Decimal = ZERO
    authorized: Decimal | None = None
    on_sales_order: str = ''


class Claim(NamedTuple):
    """What is claimed for one sale, or owed back for one return (``claimed`` is negative then, ``quantity`` never).

    ``duplicate_invoice`` and ``duplicate_sequence`` name the earlier claim of the same; ``price_protection`` names the
    price protection that already paid for these goods.
    """

    authorization: str
    part: str
    quantity: Decimal | None
    claimed: Decimal | None = None
    claimed_cost: Decimal | None = None
    book_cost: Decimal | None = None
    inventory_cost: Decimal | None = None
    resale_price: Decimal | None = None
    ship_date: date | None = None
    claim_date: date | None = None
    today: date | None = None
    rebill_date: date | None = None
    currency: str = ''
    unit: str = ''
    party: str = ''
    customer: str = ''
    invoice: str = ''
    debit_number: str = ''
    is_part_known: bool = True
    is_ship_date_valid: bool = True
    duplicate_invoice: str = ''
    duplicate_sequence: str = ''
    price_protection: str = ''
    is_return: bool = False
