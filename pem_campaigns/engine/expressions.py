"""Conditions as other BPM tools write them, to and from the domains that they are here.

What is written is plain Python that is also valid in the expression language of Java tools where possible (``and``, ``or``,
``not``, ``==``). What is read are comparisons of names with constants, joined by and, or and not, in the dialects of Python,
FEEL and JUEL.

>>> to_expression(['&', ('answers.amount', '>', 10), ('partner_id.city', '=', 'Boston')])
'answers.amount > 10 and partner_id.city == "Boston"'
>>> from_expression('${amount >= 1000 && country == "FR"}')
['&', ('answers.amount', '>=', 1000), ('answers.country', '=', 'FR')]
>>> from_expression('= not(partner_id.city = "Boston")')
['!', ('partner_id.city', '=', 'Boston')]
>>> from_expression('execution.getVariable("x") > 1') is None
True
"""
import ast
import json
import keyword
import math
import re

#: Longer expressions of others are not read.
LONGEST = 4000

_COMPARISONS = {'=': '==', '==': '==', '!=': '!=', '<>': '!=', '<': '<', '>': '>', '<=': '<=', '>=': '>='}
_READ = {ast.Eq: '=', ast.NotEq: '!=', ast.Lt: '<', ast.LtE: '<=', ast.Gt: '>', ast.GtE: '>=', ast.In: 'in', ast.NotIn: 'not in'}
_MIRRORED = {'=': '=', '!=': '!=', '<': '>', '>': '<', '<=': '>=', '>=': '<='}
_WORDS = {'&&': 'and', '||': 'or', '!': 'not', '=': '==', 'true': 'True', 'false': 'False', 'null': 'None', 'eq': '==', 'ne': '!=',
          'gt': '>', 'lt': '<', 'ge': '>=', 'le': '<=', 'AND': 'and', 'OR': 'or', 'NOT': 'not', '<>': '!='}
_TOKEN = re.compile(r"""\s+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|&&|\|\||[<>=!]=|<>|[A-Za-z_][\w.]*|\d[\w.]*|.""", re.DOTALL)
_PATH = re.compile(r'[A-Za-z_]\w*(\.[A-Za-z_]\w*)*')


def to_expression(domain):
    """Return a parsed domain as an expression; None when no expression says the same, "" for an empty domain."""
    stack = []
    try:
        for item in reversed(domain):
            if item == '!':
                stack.append((f'not {_nested(stack.pop(), 3)}', 3))
            elif item in ('&', '|'):
                word, rank = {'&': ('and', 2), '|': ('or', 1)}[item]
                left, right = stack.pop(), stack.pop()
                stack.append((f'{_nested(left, rank)} {word} {_nested(right, rank)}', rank))
            else:
                stack.append(_leaf(*item))
    except _Unsaid:
        return None
    stack.reverse()
    return stack[0][0] if len(stack) == 1 else ' and '.join(_nested(part, 2) for part in stack)


def only_if(expression, *, unless=()):
    """Return an expression that holds when one holds and none of some others does; "" stands for one that always holds."""
    parts = [_nested((expression, _rank(expression)), 2)] if expression else []
    if unless:
        parts.append(f"not ({' or '.join(unless)})")
    return ' and '.join(parts)


class _Unsaid(Exception):
    pass


def _rank(expression):
    """Return how tightly the outermost operator of an expression written here binds."""
    tree = ast.parse(expression, mode='eval').body
    if isinstance(tree, ast.BoolOp):
        return 1 if isinstance(tree.op, ast.Or) else 2
    return 3 if isinstance(tree, ast.UnaryOp) else 4


def _nested(part, rank):
    text, own = part
    return text if own >= rank else f'({text})'


def _leaf(path, operator, value):
    if not isinstance(path, str):
        return ('True' if (path == value) == (operator in ('=', '==')) else 'False'), 5
    if not _PATH.fullmatch(path) or any(keyword.iskeyword(name) for name in path.split('.')):
        raise _Unsaid
    if value in (False, None) and not isinstance(value, (int, float)) or value is False:
        if operator not in ('=', '==', '!=', '<>'):
            raise _Unsaid
        return (f'not {path}', 3) if operator in ('=', '==') else (path, 5)
    if operator in _COMPARISONS and not isinstance(value, (list, tuple)):
        return f'{path} {_COMPARISONS[operator]} {_constant(value)}', 4
    if operator in ('in', 'not in') and isinstance(value, (list, tuple)):
        return f'{path} {operator} [{", ".join(map(_constant, value))}]', 4
    if operator in ('ilike', 'not ilike') and isinstance(value, str) and '%' not in value and '_' not in value:
        return f'{_constant(value.lower())} {operator.removesuffix("ilike")}in {path}.lower()', 4
    raise _Unsaid


def _constant(value):
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        return repr(value)
    raise _Unsaid


def from_expression(text):
    """Return the domain that an expression of another tool says, None when it says more than a domain can.

    A name without a dot is taken for an answer.
    """
    text = (text or '').strip()
    if len(text) > LONGEST:
        return None
    if wrapped := re.fullmatch(r'[$#]\{(.*)\}', text, re.DOTALL):
        text = wrapped[1].strip()
    elif text.startswith('=') and not text.startswith('=='):
        text = text[1:].strip()
    words = [_WORDS.get(token, token) for token in _TOKEN.findall(text)]
    try:
        tree = ast.parse(' '.join(word for word in words if not word.isspace()), mode='eval').body
        return _domain(tree)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError, _Unsaid):
        return None


def _domain(tree):
    if isinstance(tree, ast.BoolOp):
        parts = [_domain(value) for value in tree.values]
        return ['&' if isinstance(tree.op, ast.And) else '|'] * (len(parts) - 1) + [item for part in parts for item in part]
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return ['!', *_domain(tree.operand)]
    if isinstance(tree, ast.Compare):
        parts, left = [], tree.left
        for operator, right in zip(tree.ops, tree.comparators, strict=True):
            parts.append(_comparison(left, operator, right))
            left = right
        return ['&'] * (len(parts) - 1) + parts
    if isinstance(tree, ast.Constant) and isinstance(tree.value, bool):
        return [(1, '=', 1 if tree.value else 0)]
    return [(_path(tree), '=', True)]


def _comparison(left, operator, right):
    operator = _READ.get(type(operator))
    if operator is None:
        raise _Unsaid
    if isinstance(left, (ast.Name, ast.Attribute)):
        return (_path(left), operator, _value(right))
    if operator not in _MIRRORED:
        raise _Unsaid
    return (_path(right), _MIRRORED[operator], _value(left))


def _value(tree):
    value = ast.literal_eval(tree)
    many = isinstance(value, (list, tuple))
    for one in value if many else [value]:
        if not (one is None or isinstance(one, (str, bool, int)) or (isinstance(one, float) and math.isfinite(one))):
            raise _Unsaid
    return list(value) if many else False if value is None else value


def _path(tree):
    names = []
    while isinstance(tree, ast.Attribute):
        names.append(tree.attr)
        tree = tree.value
    if not isinstance(tree, ast.Name):
        raise _Unsaid
    names.append(tree.id)
    return '.'.join(reversed(names)) if len(names) > 1 else f'answers.{names[0]}'
