"""What a special-pricing claim line is worth: every rule a small pure function, the decision their sum.

Each rule returns a `Finding`: whether it holds, the X12 reason (element 901) if it does not, the values it looked at and
its formula, as data; sentences are made where the reader's language is known. A rule that has nothing to look at (no
resale price authorized, no tolerance agreed) returns None and does not show.

>>> from datetime import date
>>> from .claim_facts import Authorization, Claim, Terms
>>> claim = Claim('SPA-1', 'BX-17', Decimal(15), ship_date=date(2026, 3, 1), invoice='I1')
>>> found = authorization_not_expired(claim, Authorization('SPA-1', valid_to=date(2026, 2, 1)), Terms())
>>> found.holds, found.code, found.formula, found.inputs['valid_to']
(False, '02', 'ship_date <= valid_to', datetime.date(2026, 2, 1))
"""
import re
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple


class Finding(NamedTuple):
    """What one rule says of one line."""

    rule: str
    code: str
    holds: bool
    inputs: dict
    formula: str


RULES = []


def rule(code, formula):
    """Register ``rule(claim, authorization, terms) -> (holds, inputs) or None``, with its reason and formula."""
    def register(check):
        def finding(claim, authorization, terms):
            found = check(claim, authorization, terms)
            if found is None:
                return None
            holds, inputs = found
            return Finding(check.__name__, inputs.pop('code', code), bool(holds), inputs, formula)
        finding.__name__ = check.__name__
        finding.__doc__ = check.__doc__
        finding.code, finding.formula, finding.check = code, formula, check
        RULES.append(finding)
        return finding
    return register


# What the amounts start from


def _our_book_cost(authorization, terms):
    if terms.basis == 'ship_date' and authorization.ship_date_cost is not None:
        return authorization.ship_date_cost
    return authorization.book_cost


def basis_of(claim, authorization, terms):
    """Return the cost from which the claim counts down, None where it is not known."""
    if not authorization:
        return None
    if terms.basis == 'inventory':
        return claim.inventory_cost if claim.inventory_cost is not None else claim.book_cost
    ours = _our_book_cost(authorization, terms)
    return ours if ours is not None else claim.book_cost


def rounded(amount, digits=2):
    """Round as people do: halves away from zero.

    >>> rounded(Decimal('0.125')), rounded(Decimal('-0.125')), rounded(Decimal('10'), 0)
    (Decimal('0.13'), Decimal('-0.13'), Decimal('10'))
    """
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def worth(claim, authorization, terms, quantity=None):
    """Return (basis - authorized cost) x quantity, negative for a return; None where a price is missing."""
    quantity = claim.quantity if quantity is None else quantity
    basis = basis_of(claim, authorization, terms)
    if basis is None or quantity is None or authorization.authorized_cost is None:
        return None
    amount = rounded((basis - authorization.authorized_cost) * quantity, terms.digits)
    return -amount if claim.is_return else amount


# Is it all there


@rule('15', 'authorization and part and quantity and ship_date and invoice')
def data_complete(claim, _authorization, _terms):
    """What every claim has to say."""
    needed = ('authorization', 'part', 'quantity', 'ship_date', 'invoice')
    missing = [name for name in needed if not getattr(claim, name) and not (name == 'ship_date' and not claim.is_ship_date_valid)]
    return not missing, {'missing': missing}


@rule('15', 'currency == authorized_currency')
def currency_matches(claim, authorization, _terms):
    if not authorization or not claim.currency or not authorization.currency:
        return None
    return claim.currency == authorization.currency, {'currency': claim.currency, 'authorized_currency': authorization.currency}


@rule('15', 'unit == authorized_unit')
def unit_matches(claim, authorization, _terms):
    if not authorization or not claim.unit or not authorization.unit:
        return None
    return claim.unit == authorization.unit, {'unit': claim.unit, 'authorized_unit': authorization.unit}


# The authorization


@rule('01', 'authorization exists')
def authorization_exists(claim, authorization, _terms):
    if not claim.authorization:
        return None
    return authorization is not None, {'authorization': claim.authorization}


@rule('23', 'authorization is not withdrawn')
def authorization_not_withdrawn(claim, authorization, _terms):
    if not authorization:
        return None
    return authorization.state != 'withdrawn', {'authorization': authorization.number}


@rule('02', 'ship_date <= valid_to')
def authorization_not_expired(claim, authorization, _terms):
    """What was shipped in time is claimed later; what comes back, at any time."""
    if not authorization or not claim.ship_date or not authorization.valid_to or claim.is_return:
        return None
    return claim.ship_date <= authorization.valid_to, {'ship_date': claim.ship_date, 'valid_to': authorization.valid_to}


@rule('19', 'ship_date >= valid_from')
def shipped_after_issue(claim, authorization, _terms):
    first = authorization and (authorization.valid_from or authorization.issued)
    if not first or not claim.ship_date:
        return None
    return claim.ship_date >= first, {'ship_date': claim.ship_date, 'valid_from': first}


@rule('20', 'rebill_date >= issued')
def rebilled_after_authorization(claim, authorization, _terms):
    if not authorization or not claim.rebill_date or not authorization.issued:
        return None
    return claim.rebill_date >= authorization.issued, {'rebill_date': claim.rebill_date, 'issued': authorization.issued}


@rule('24', 'authorization is not on a sales order')
def not_on_sales_order(_claim, authorization, _terms):
    if not authorization or not authorization.on_sales_order:
        return None
    return False, {'sales_order': authorization.on_sales_order}


@rule('25', 'authorization is not in review')
def not_pending(_claim, authorization, _terms):
    if not authorization or authorization.state != 'review':
        return None
    return False, {'authorization': authorization.number}


# Dates


@rule('27', 'ship_date is a date')
def ship_date_valid(claim, _authorization, _terms):
    if claim.is_ship_date_valid and not claim.ship_date:
        return None
    return claim.is_ship_date_valid, {'ship_date': claim.ship_date}


@rule('18', 'ship_date <= today')
def ship_date_not_in_future(claim, _authorization, _terms):
    today = claim.today or claim.claim_date
    if not claim.ship_date or not today:
        return None
    return claim.ship_date <= today, {'ship_date': claim.ship_date, 'today': today}


@rule('29', 'claim_date <= ship_date + window')
def inside_window(claim, _authorization, terms):
    if not terms.window or not claim.ship_date or not claim.claim_date or claim.is_return:
        return None
    last = claim.ship_date + timedelta(terms.window)
    return claim.claim_date <= last, {'claim_date': claim.claim_date, 'ship_date': claim.ship_date, 'window': terms.window, 'last': last}


# What, to whom, by whom


@rule('14', 'part is known')
def part_known(claim, _authorization, _terms):
    if not claim.part:
        return None
    return claim.is_part_known, {'part': claim.part}


@rule('03', 'part is on the authorization')
def part_authorized(claim, authorization, _terms):
    if not authorization or not claim.part or not claim.is_part_known:
        return None
    return authorization.is_part_authorized, {'part': claim.part, 'authorization': authorization.number}


@rule('26', 'customer == authorized_customer')
def customer_matches(claim, authorization, _terms):
    if not authorization or not authorization.customer:
        return None
    return claim.customer == authorization.customer, {'customer': claim.customer, 'authorized_customer': authorization.customer}


@rule('08', 'party in authorized_parties')
def party_matches(claim, authorization, _terms):
    if not authorization or not authorization.parties or not claim.party:
        return None
    return claim.party in authorization.parties, {'party': claim.party, 'authorized_parties': sorted(authorization.parties)}


# Quantity


@rule('05', 'remaining > 0')
def balance_left(claim, authorization, _terms):
    if not authorization or not authorization.is_part_authorized or claim.is_return:
        return None
    return authorization.remaining > 0, {'remaining': authorization.remaining}


@rule('04', 'quantity <= remaining')
def quantity_covered(claim, authorization, _terms):
    if not authorization or not authorization.is_part_authorized or claim.quantity is None:
        return None
    if claim.is_return:
        if authorization.authorized is None:
            return None
        # No more can come back than went out under the authorization.
        used = authorization.authorized - authorization.remaining
        return claim.quantity <= used, {'quantity': claim.quantity, 'remaining': used}
    if authorization.remaining <= 0:
        return None
    return claim.quantity <= authorization.remaining, {'quantity': claim.quantity, 'remaining': authorization.remaining}


# Prices


@rule('16', 'resale_price <= authorized_resale * (1 + tolerance / 100)')
def resale_price(claim, authorization, terms):
    if not authorization or not authorization.authorized_resale or claim.resale_price is None:
        return None
    limit = authorization.authorized_resale * (1 + terms.resale_tolerance / 100)
    return claim.resale_price <= limit, {
        'resale_price': claim.resale_price, 'authorized_resale': authorization.authorized_resale, 'tolerance': terms.resale_tolerance,
        'limit': limit}


@rule('06', 'claimed_cost == authorized_cost')
def authorized_cost(claim, authorization, terms):
    if not authorization or authorization.authorized_cost is None or claim.claimed_cost is None:
        return None
    return abs(claim.claimed_cost - authorization.authorized_cost) <= terms.cost_tolerance, {
        'claimed_cost': claim.claimed_cost, 'authorized_cost': authorization.authorized_cost}


@rule('07', 'book_cost == our_book_cost')
def book_cost(claim, authorization, terms):
    """07 says that a book cost is another than ours, 31 that it is none."""
    ours = authorization and _our_book_cost(authorization, terms)
    if claim.book_cost is not None and claim.book_cost <= 0:
        return False, {'book_cost': claim.book_cost, 'our_book_cost': ours, 'code': '31'}
    if not authorization or ours is None or claim.book_cost is None or terms.basis == 'inventory':
        return None
    return abs(claim.book_cost - ours) <= terms.cost_tolerance, {'book_cost': claim.book_cost, 'our_book_cost': ours}


@rule('17', 'authorized_cost < basis')
def authorized_below_basis(claim, authorization, terms):
    basis = basis_of(claim, authorization, terms)
    if basis is None or authorization.authorized_cost is None:
        return None
    return authorization.authorized_cost < basis, {'authorized_cost': authorization.authorized_cost, 'basis': basis}


@rule('30', 'authorized_cost >= competitor_price')
def meet_comp_cost(_claim, authorization, _terms):
    """Meeting a competitor is not beating them."""
    if not authorization or authorization.kind != 'meet_comp' or not authorization.competitor_price or authorization.authorized_cost is None:
        return None
    return authorization.authorized_cost >= authorization.competitor_price, {
        'authorized_cost': authorization.authorized_cost, 'competitor_price': authorization.competitor_price}


# Twice


@rule('28', 'no earlier claim for the invoice')
def invoice_not_claimed(claim, _authorization, _terms):
    if not claim.invoice:
        return None
    return not claim.duplicate_invoice, {'invoice': claim.invoice, 'earlier': claim.duplicate_invoice}


@rule('12', 'no earlier line of this number')
def sequence_not_claimed(claim, _authorization, _terms):
    return (False, {'earlier': claim.duplicate_sequence}) if claim.duplicate_sequence else None


@rule('13', 'no price protection for the same goods')
def no_price_protection(claim, _authorization, _terms):
    return (False, {'price_protection': claim.price_protection}) if claim.price_protection else None


@rule('11', 'debit_number has the agreed form')
def debit_number(claim, _authorization, terms):
    if not terms.debit_pattern:
        return None
    return bool(re.fullmatch(terms.debit_pattern, claim.debit_number)), {'debit_number': claim.debit_number, 'pattern': terms.debit_pattern}


def failing(claim, authorization, terms):
    """Return the reasons of the rules that do not hold, in their order: what `check` finds, without saying why."""
    codes = []
    for one in RULES:
        found = one.check(claim, authorization, terms)
        if found is not None and not found[0]:
            codes.append(found[1].get('code', one.code))
    return codes


def check(claim, authorization, terms):
    """Return the findings of all rules that have something to look at."""
    return tuple(found for one in RULES for found in [one(claim, authorization, terms)] if found)
