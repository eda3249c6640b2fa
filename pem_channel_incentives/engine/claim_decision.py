"""What is paid of a claim line, and what an authorization has left then.

>>> from datetime import date
>>> from .claim_facts import Authorization, Claim, Terms
>>> authorization = Authorization('SPA-1', part='BX-17', valid_from=date(2026, 1, 1), valid_to=date(2026, 6, 30), book_cost=Decimal('22.25'),
...                               authorized_cost=Decimal('18.25'), authorized_resale=Decimal('25'), remaining=Decimal(10))
>>> claim = Claim('SPA-1', 'BX-17', Decimal(15), claimed=Decimal(60), claimed_cost=Decimal('18.25'), book_cost=Decimal('22.25'),
...               resale_price=Decimal('25.40'), ship_date=date(2026, 3, 1), claim_date=date(2026, 3, 5), invoice='I1')
>>> result = decide(claim, authorization, Terms(resale_tolerance=Decimal('2')))
>>> result.state, result.approved_quantity, result.approved, result.rejected, result.remaining, result.codes
('partial', Decimal('10'), Decimal('40.00'), Decimal('20.00'), Decimal('0'), ('04',))
>>> shown = next(one for one in result.findings if one.rule == 'resale_price')
>>> shown.holds, shown.formula, shown.inputs['resale_price'], shown.inputs['limit']
(True, 'resale_price <= authorized_resale * (1 + tolerance / 100)', Decimal('25.40'), Decimal('25.50'))
"""
from decimal import Decimal
from typing import NamedTuple

from .claim_facts import VERSION, ZERO
from .claim_rules import Finding, check, failing, rounded, worth

#: What does not refuse a line: part of the quantity is paid, a person decides.
_PARTIAL, _PENDING = frozenset(('04',)), frozenset(('25',))


class Decision(NamedTuple):
    """The five amounts and three quantities of a line; always ``claimed == approved + rejected + pending``, the same for
    quantities, and ``remaining`` is what the authorization has left, never below zero.

    ``state`` is ``approved``, ``partial``, ``exception`` (a person decides) or ``rejected``; ``codes`` are the reasons of the
    rules that do not hold, each once, in their order; ``findings`` says what each rule saw, where that was asked for.
    """

    state: str
    claimed: Decimal
    calculated: Decimal
    approved: Decimal
    rejected: Decimal
    pending: Decimal
    quantity: Decimal
    approved_quantity: Decimal
    rejected_quantity: Decimal
    pending_quantity: Decimal
    remaining: Decimal
    codes: tuple = ()
    findings: tuple = ()
    version: int = VERSION


def decide(claim, authorization, terms, explain=True):
    """Return the `Decision` on one line.

    Whatever is claimed and calculated, the lower of the two is approved where they are as near as agreed, and a person
    decides where they are not. Of a quantity above what remains, the rest is refused.

    :param explain: whether the decision says what each rule saw; it decides the same without, in a third of the time
    """
    if explain:
        findings = list(check(claim, authorization, terms))
        codes = [one.code for one in findings if not one.holds]
    else:
        findings, codes = None, failing(claim, authorization, terms)
    failed = set(codes)
    quantity = claim.quantity if claim.quantity is not None else ZERO
    remaining = authorization.remaining if authorization else ZERO
    calculated = worth(claim, authorization, terms)
    claimed = rounded(claim.claimed, terms.digits) if claim.claimed is not None else calculated

    def found(finding):
        if not finding.holds:
            codes.append(finding.code)
        if explain:
            findings.append(finding)

    def decision(state, approved=ZERO, rejected=ZERO, pending=ZERO, covered=ZERO, waits=ZERO, left=remaining):
        return Decision(
            state, claimed or ZERO, calculated or ZERO, approved, rejected, pending, quantity, covered, quantity - covered - waits, waits,
            left, tuple(dict.fromkeys(codes)), tuple(findings or ()), terms.version)

    if failed - _PARTIAL - _PENDING or calculated is None:
        if calculated is None and not failed:
            found(Finding('price_known', '15', False, {'missing': ['book_cost']}, 'basis and authorized_cost'))
        return decision('rejected', rejected=claimed or ZERO)
    if failed & _PENDING:
        return decision('exception', pending=claimed, waits=quantity)
    covered = quantity
    if '04' in failed:
        covered = authorization.authorized - remaining if claim.is_return else remaining
    if covered == quantity:
        claimed_part, calculated_part = claimed, calculated
    else:
        claimed_part = rounded(claimed * covered / quantity, terms.digits)
        calculated_part = worth(claim, authorization, terms, covered)
    difference = abs(calculated_part - claimed_part)
    tolerance = max(terms.tolerance_amount, abs(claimed_part) * terms.tolerance_percent / 100)
    is_near = difference <= tolerance
    found(Finding('amount', '06', is_near, {
        'claimed': claimed_part, 'calculated': calculated_part, 'difference': difference, 'tolerance': tolerance},
        'abs(calculated - claimed) <= tolerance'))
    if not is_near:
        return decision('exception', pending=claimed, waits=quantity)
    approved = min(calculated_part, claimed_part)
    return decision(
        'approved' if covered == quantity else 'partial' if covered else 'rejected', approved=approved, rejected=claimed - approved,
        covered=covered, left=remaining + covered if claim.is_return else remaining - covered)


def settle_each(claims, authorizations, terms, explain=True):
    """Decide on lines one after the other, each with what those before it left.

    :param authorizations: ``{(authorization number, part): Authorization}``; kept up to date with what is left
    :return: yields ``(claim, authorization as it was then, Decision)``
    """
    for claim in claims:
        key = claim.authorization, claim.part
        authorization = authorizations.get(key)
        decision = decide(claim, authorization, terms, explain)
        if authorization and decision.remaining != authorization.remaining:
            authorizations[key] = authorization._replace(remaining=decision.remaining)
        yield claim, authorization, decision


def settle(claims, authorizations, terms, explain=True):
    """Return the decisions of `settle_each`, and leave the authorizations as they were."""
    return [decision for _claim, _authorization, decision in settle_each(claims, dict(authorizations), terms, explain)]
