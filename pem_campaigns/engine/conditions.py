"""Conditions over plain values: an Odoo domain evaluated without a database.

Conditions on records in bulk are left to SQL (``search``). Conditions on answers that are in no table yet, because
the partner is still typing, are evaluated here on the server and by ``@web/core/domain`` in the browser; both follow
the semantics of the latter, and ``static/tests/condition_vectors.json`` is run against each of them.

>>> matches(['&', ('country', '=', 'FR'), '!', ('size', '<', 10)], {'country': 'FR', 'size': 12})
True
>>> matches([('partner.city', 'ilike', 'bos%n')], {'partner': {'city': 'Boston'}})
True
"""
import ast
import math
import re

#: What stands for "no value", in a domain and in values alike.
EMPTY = (False, None)
#: Operators that mean the same here, in the browser and in the database.
OPERATORS = frozenset((
    '=', '==', '=?', '!=', '<>', '<', '>', '<=', '>=', 'in', 'not in', 'like', 'not like', 'ilike', 'not ilike',
))
#: Operators for the database alone; the browser knows '=like' too, but looks anywhere in the text.
RECORD_OPERATORS = frozenset(('any', 'not any', 'child_of', 'parent_of', '=like', '=ilike', 'not =like', 'not =ilike'))


class Unusable(ValueError):
    """A text that is no condition, or a condition that reads what does not exist."""


def parse(text, operators=OPERATORS | RECORD_OPERATORS):
    """Return the domain written in ``text``: a list of leaves and '&', '|', '!'.

    Only literals are accepted, so a condition can hold no code.

    :param operators: those that are allowed
    :raises Unusable: when it is not a well-formed domain of these operators
    """
    try:
        domain = ast.literal_eval((text or '').strip() or '[]')
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise Unusable(f"not a condition: {text!r}") from error
    if not isinstance(domain, list):
        raise Unusable(f"not a condition: {text!r}")
    missing = 1
    for item in domain:
        if not missing:
            # Parts that stand side by side are joined by an implicit "and".
            missing = 1
        if isinstance(item, str) and item in ('&', '|'):
            missing += 1
        elif isinstance(item, str) and item == '!':
            continue
        elif _is_leaf(item, operators):
            missing -= 1
        else:
            raise Unusable(f"not a condition: {item!r}")
    if domain and missing:
        raise Unusable(f"a part is missing: {text!r}")
    return domain


def _is_leaf(item, operators):
    if not isinstance(item, (list, tuple)) or len(item) != 3:
        return False
    path, operator, value = item
    if not isinstance(operator, str) or operator not in operators or not _is_plain(value):
        return False
    if operator.endswith('like') and not isinstance(value, str):
        return False
    return (isinstance(path, str) and bool(path)) or (type(path) is int and path in (0, 1))


def _is_plain(value):
    """Only what JSON can say, so that a condition can travel to the browser."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (str, bool, int)) or (isinstance(value, float) and math.isfinite(value))


def fields(domain):
    """Return the set of first names of the paths that a parsed domain reads."""
    return {item[0].split('.')[0] for item in domain if isinstance(item, (list, tuple)) and isinstance(item[0], str)}


def matches(domain, values):
    """Say whether ``values`` (names to JSON values, nested by dots) fulfil a parsed domain; an empty one always holds."""
    stack = []
    for item in reversed(domain):
        if item == '!':
            stack.append(not stack.pop())
        elif item == '&':
            left, right = stack.pop(), stack.pop()
            stack.append(left and right)
        elif item == '|':
            left, right = stack.pop(), stack.pop()
            stack.append(left or right)
        else:
            stack.append(_leaf(values, *item))
    return all(stack)


def _leaf(values, path, operator, expected):
    if not isinstance(path, str):
        return _compare(path, operator, expected)
    actual = values
    for name in path.split('.'):
        actual = actual.get(name, False) if isinstance(actual, dict) else False
    return _compare(False if actual is None else actual, operator, expected)


def _compare(actual, operator, expected):
    expected = False if expected is None else expected
    if operator == '=?':
        return expected is False or _same(actual, expected)
    if operator in ('=', '=='):
        return _same(actual, expected)
    if operator in ('!=', '<>'):
        return not _same(actual, expected)
    if operator in ('in', 'not in'):
        choices = expected if isinstance(expected, (list, tuple)) else [expected]
        held = actual if isinstance(actual, (list, tuple)) else [actual]
        return any(_same(one, choice) for one in held for choice in choices) == (operator == 'in')
    if operator.endswith('like'):
        return _like(actual, operator, expected)
    return _ordered(actual, operator, expected)


def _same(actual, expected):
    """Strict equality, as in JavaScript: ``0`` is not ``False``, a list equals a list item by item."""
    if isinstance(actual, (list, tuple)) and isinstance(expected, (list, tuple)):
        return len(actual) == len(expected) and all(map(_same, actual, expected))
    return isinstance(actual, bool) == isinstance(expected, bool) and actual == expected


def _like(actual, operator, expected):
    negated = operator.startswith('not ')
    if not isinstance(actual, str):
        return negated
    pattern = '.*'.join(map(re.escape, str(expected).split('%')))
    pattern = f'.*{pattern}.*'
    flags = re.DOTALL | (re.IGNORECASE if 'ilike' in operator else 0)
    return bool(re.fullmatch(pattern, actual, flags)) != negated


def _ordered(actual, operator, expected):
    try:
        return {
            '<': lambda: actual < expected,
            '>': lambda: actual > expected,
            '<=': lambda: actual <= expected,
            '>=': lambda: actual >= expected,
        }[operator]()
    except TypeError:
        return False
