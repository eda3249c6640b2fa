"""What a decision on a claim line looked at, kept as JSON, so that it can be shown and decided again at any time.

>>> from .claim_facts import Authorization, Claim, Terms
>>> claim = Claim('SPA-1', 'BX-17', Decimal(2), ship_date=date(2026, 3, 1), claim_date=date(2026, 3, 5), invoice='I1')
>>> authorization = Authorization('SPA-1', 'BX-17', parties=frozenset({'7'}), book_cost=Decimal(5), authorized_cost=Decimal('4.5'),
...                               remaining=Decimal(10))
>>> frozen = freeze(claim, authorization, Terms())
>>> thaw(frozen) == (claim, authorization, Terms())
True
>>> replay(frozen).approved
Decimal('1.00')
"""
from datetime import date
from decimal import Decimal

from .claim_decision import decide
from .claim_facts import Authorization, Claim, Terms

#: How each version of the rules decides. A new version is added here, an old one stays.
DECIDE = {1: decide}


class UnknownVersion(ValueError):
    """Raised for a decision of rules that are not here: written by a newer version of the addon."""


def freeze(claim, authorization, terms):
    """Return the facts of a decision as JSON values; what says nothing is left out."""
    return {
        'version': terms.version, 'claim': _plain(claim), 'authorization': authorization and _plain(authorization), 'terms': _plain(terms)}


def thaw(frozen):
    """Return ``(claim, authorization, terms)`` of what `freeze` returned."""
    authorization = frozen['authorization']
    return _typed(Claim, frozen['claim']), authorization and _typed(Authorization, authorization), _typed(Terms, frozen['terms'])


def replay(frozen):
    """Return the `Decision` on frozen facts, by the version of the rules that decided on them.

    :raises UnknownVersion: when this version is not known here
    """
    if frozen['version'] not in DECIDE:
        raise UnknownVersion(frozen['version'])
    return DECIDE[frozen['version']](*thaw(frozen))


def _plain(facts):
    values = {}
    defaults = facts._field_defaults
    for name, value in zip(facts._fields, facts, strict=True):
        if name in defaults and value == defaults[name]:
            continue
        if isinstance(value, frozenset):
            value = sorted(value)
        elif isinstance(value, Decimal):
            value = str(value)
        elif isinstance(value, date):
            value = value.isoformat()
        values[name] = value
    return values


def _typed(kind, values):
    types = {name: str(type_) for name, type_ in kind.__annotations__.items()}

    def typed(name, value):
        if value is None:
            return None
        if 'Decimal' in types[name]:
            return Decimal(value)
        if 'date' in types[name]:
            return date.fromisoformat(value)
        return frozenset(value) if 'frozenset' in types[name] else value

    return kind(**{name: typed(name, value) for name, value in values.items() if name in types})
