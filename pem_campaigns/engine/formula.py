"""Computed values: arithmetic over the answers of a form, the same on the server and in the browser.

A formula is text that Python could read, of which only arithmetic, comparison, ``and``/``or``/``not``, ``a if b else c``
and the functions ``sum``, ``min``, ``max``, ``round``, ``abs`` and ``count`` are understood. It is parsed once into JSON
(:func:`parse`), which both sides evaluate; ``static/tests/formula_vectors.json`` is run against each of them.

>>> evaluate(parse('price * quantity if quantity > 5 else 0'), {'price': 2.5, 'quantity': 6})
15
>>> evaluate(parse('round(sum(lines.amount) / count(lines), 1)'), {'lines': [{'amount': 1}, {'amount': 2}, {'amount': 4}]})
2.3
>>> parse('a + 2 * -b')
['+', ['name', 'a'], ['*', 2, ['neg', ['name', 'b']]]]

What was not answered counts as 0 in arithmetic. Whatever cannot be computed, a division by zero or a text in a sum, is
"no value": False.
"""
import ast
import math
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from operator import add

#: Longest text, most parts and deepest nesting of a formula.
LONGEST, MOST, DEEPEST = 1000, 200, 40
#: Decimals to which a result is rounded, so that 0.1 * 3 is 0.3. Larger results than ``LARGEST`` are no value.
DECIMALS, LARGEST = 10, 1e15
FUNCTIONS = frozenset(('sum', 'min', 'max', 'round', 'abs', 'count'))

_BINARY = {ast.Add: '+', ast.Sub: '-', ast.Mult: '*', ast.Div: '/'}
_COMPARE = {ast.Eq: '==', ast.NotEq: '!=', ast.Lt: '<', ast.LtE: '<=', ast.Gt: '>', ast.GtE: '>='}


class Unusable(ValueError):
    """A text that is no formula. ``code`` says why, ``what`` which part: 'empty', 'syntax', 'too_long', 'part',
    'function', 'column'."""

    def __init__(self, code, what=''):
        super().__init__(f'{code}: {what}')
        self.code = code
        self.what = what


class _NoValue(Exception):
    """What was asked for cannot be computed."""


def parse(text):
    """Return a formula as JSON: a number, text or bool, or a list of an operator and its operands.

    Operands are parts themselves, except of ``['name', name]`` (an answer) and ``['column', table, column]`` (all answers
    in a column of a table).

    :raises Unusable: when it is no formula, or uses what a formula may not use
    """
    text = (text or '').strip()
    if not text:
        raise Unusable('empty')
    if len(text) > LONGEST:
        raise Unusable('too_long')
    try:
        tree = ast.parse(text, mode='eval').body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise Unusable('syntax', text) from error
    if sum(1 for _node in ast.walk(tree)) > MOST * 3:
        raise Unusable('too_long')
    return _part(tree, DEEPEST)


def _part(node, depth):
    """Return one node of Python's syntax tree as JSON."""
    if not depth:
        raise Unusable('too_long')
    deeper = depth - 1
    if isinstance(node, ast.Constant):
        return _constant(node)
    if isinstance(node, ast.Name):
        return ['name', node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return [_BINARY[type(node.op)], _part(node.left, deeper), _part(node.right, deeper)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd, ast.Not)):
        operand = _part(node.operand, deeper)
        return operand if isinstance(node.op, ast.UAdd) else ['not' if isinstance(node.op, ast.Not) else 'neg', operand]
    if isinstance(node, ast.BoolOp):
        return ['and' if isinstance(node.op, ast.And) else 'or', *(_part(one, deeper) for one in node.values)]
    if isinstance(node, ast.Compare) and all(type(one) in _COMPARE for one in node.ops):
        operands = [_part(one, deeper) for one in (node.left, *node.comparators)]
        links = [[_COMPARE[type(one)], *pair] for one, pair in
                 zip(node.ops, zip(operands, operands[1:], strict=False), strict=True)]
        return links[0] if len(links) == 1 else ['and', *links]
    if isinstance(node, ast.IfExp):
        return ['if', *(_part(one, deeper) for one in (node.test, node.body, node.orelse))]
    if isinstance(node, ast.Call):
        return _call(node, deeper)
    if isinstance(node, ast.Attribute):
        raise Unusable('column', ast.unparse(node))
    raise Unusable('part', ast.unparse(node)[:60])


def _constant(node):
    value = node.value
    if isinstance(value, bool) or (isinstance(value, str) and len(value) <= 200):
        return value
    if isinstance(value, (int, float)) and math.isfinite(value) and abs(value) < LARGEST:
        return value
    raise Unusable('part', ast.unparse(node)[:60])


def _call(node, depth):
    name = node.func.id if isinstance(node.func, ast.Name) else ''
    if name not in FUNCTIONS or node.keywords or not node.args:
        raise Unusable('function', ast.unparse(node.func)[:60])
    first = node.args[0]
    if name in ('sum', 'min', 'max', 'count') and len(node.args) == 1:
        if isinstance(first, ast.Attribute) and isinstance(first.value, ast.Name):
            return [name, ['column', first.value.id, first.attr]]
        if name == 'count' and isinstance(first, ast.Name):
            return [name, ['name', first.id]]
        raise Unusable('function', name)
    if name in ('min', 'max') or (name == 'abs' and len(node.args) == 1):
        return [name, *(_part(one, depth) for one in node.args)]
    if name == 'round' and len(node.args) <= 2:
        places = node.args[1].value if len(node.args) == 2 and isinstance(node.args[1], ast.Constant) else 0
        if (len(node.args) == 1 or isinstance(node.args[1], ast.Constant)) and type(places) is int and 0 <= places <= 6:
            return [name, _part(first, depth), places]
    raise Unusable('function', name)


def names(formula):
    """Return ``(names, columns)`` that a parsed formula reads: a set of names and a set of ``(table, column)``.

    >>> names(parse('a + sum(lines.amount) + count(lines)')) == ({'a', 'lines'}, {('lines', 'amount')})
    True
    """
    found, columns = set(), set()
    stack = [formula]
    while stack:
        part = stack.pop()
        if not isinstance(part, list):
            continue
        if part[0] == 'name':
            found.add(part[1])
        elif part[0] == 'column':
            columns.add((part[1], part[2]))
        else:
            stack += part[1:]
    return found | {table for table, _column in columns}, columns


def kind(formula):
    """Say what a formula computes: 'boolean', 'text' or 'number'.

    >>> [kind(parse(text)) for text in ('a > 5', "'big' if a > 5 else 'small'", 'a + 1', 'not a and b > 1', 'a or 1')]
    ['boolean', 'text', 'number', 'boolean', 'number']
    """
    if isinstance(formula, (bool, str)):
        return 'boolean' if isinstance(formula, bool) else 'text'
    if not isinstance(formula, list):
        return 'number'
    operator = formula[0]
    if operator in _COMPARE.values() or operator == 'not':
        return 'boolean'
    if operator in ('and', 'or', 'if'):
        kinds = {kind(part) for part in formula[2 if operator == 'if' else 1:]}
        return 'text' if 'text' in kinds else kinds.pop() if len(kinds) == 1 else 'number'
    return 'number'


def evaluate(formula, values):
    """Return what a parsed formula computes of answers: a number, text or bool; False when there is no value.

    :param values: names to typed answers; of a table a list of such
    """
    try:
        result = _evaluate(formula, values)
    except _NoValue:
        return False
    if isinstance(result, (bool, str)):
        return result
    if not isinstance(result, (int, float)) or not math.isfinite(result) or abs(result) >= LARGEST:
        return False
    return _rounded(result, DECIMALS)


def _evaluate(formula, values):
    if not isinstance(formula, list):
        return formula
    operator, *parts = formula
    if operator == 'name':
        value = values.get(parts[0], False)
        return False if value is None else value
    if operator == 'if':
        return _evaluate(parts[1 if _evaluate(parts[0], values) else 2], values)
    if operator in ('and', 'or'):
        result = False
        for part in parts:
            result = _evaluate(part, values)
            if bool(result) == (operator == 'or'):
                break
        return result
    if operator == 'not':
        return not _evaluate(parts[0], values)
    if operator in ('sum', 'min', 'max', 'count') and isinstance(parts[0], list) and (
            parts[0][0] == 'column' or operator == 'count'):
        return _over(operator, parts[0], values)
    if operator == 'round':
        return _rounded(_number(_evaluate(parts[0], values)), parts[1])
    operands = [_evaluate(part, values) for part in parts]
    if operator in _COMPARE.values():
        return _compare(operator, *operands)
    return _calculate(operator, list(map(_number, operands)))


def _over(operator, part, values):
    """Return a function over what was answered in a column, or how many rows a table has."""
    rows = values.get(part[1]) or []
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, (list, tuple)) else []
    if part[0] == 'name':
        return len(rows)
    cells = [row[part[2]] for row in rows if row.get(part[2], False) not in (False, None, '')]
    if operator == 'count':
        return len(cells)
    if operator == 'sum':
        # Not ``sum``, which newer versions of Python make more exact than JavaScript is.
        return reduce(add, map(_number, cells), 0)
    return {'min': min, 'max': max}[operator](map(_number, cells), default=0)


def _number(value):
    if value is False or value is None or value == '':
        return 0
    if value is True:
        return 1
    if not isinstance(value, (int, float)):
        raise _NoValue
    return value


def _compare(operator, left, right):
    if isinstance(left, str) or isinstance(right, str):
        left, right = ('' if one is False or one is None else one for one in (left, right))
        if not (isinstance(left, str) and isinstance(right, str)):
            if operator in ('==', '!='):
                return operator == '!='
            raise _NoValue
    elif isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        raise _NoValue
    else:
        left, right = _number(left), _number(right)
    return {
        '==': left == right, '!=': left != right, '<': left < right, '<=': left <= right, '>': left > right,
        '>=': left >= right}[operator]


def _calculate(operator, numbers):
    try:
        match operator:
            case '+':
                result = numbers[0] + numbers[1]
            case '-':
                result = numbers[0] - numbers[1]
            case '*':
                result = numbers[0] * numbers[1]
            case '/':
                result = numbers[0] / numbers[1]
            case 'neg':
                result = -numbers[0]
            case 'abs':
                result = abs(numbers[0])
            case 'min':
                result = min(numbers)
            case 'max':
                result = max(numbers)
        # In JavaScript there are no whole numbers of any size.
        return float(result) if abs(result) >= 2**53 else result
    except (ZeroDivisionError, OverflowError) as error:
        raise _NoValue from error


def _rounded(value, places):
    """Round as people do, half away from zero, by the digits that are shown: 1.005 to 1.01.

    >>> [_rounded(number, 2) for number in (1.005, -1.005, 2, 0.1 + 0.2, 1e-7)]
    [1.01, -1.01, 2, 0.3, 0]
    """
    if not math.isfinite(value):
        raise _NoValue
    if abs(value) >= LARGEST:
        return value
    rounded = float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))
    return int(rounded) if rounded == int(rounded) else rounded
