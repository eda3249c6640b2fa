"""What a partner typed, made typed: parsing and checking the answers of a form.

Values are JSON: text ``str``, numbers ``int``/``float``, yes/no ``bool``, dates ISO ``str``, a choice its key, several
choices a list of keys, a country its database id, a file a list of ``{'id', 'name', …}``. ``False`` is "no answer".

>>> phone = Question('phone', 'phone', required=True)
>>> reseller = Question('reseller', 'boolean')
>>> seats = Question('seats', 'integer', minimum=1, visible=[('reseller', '=', True)])
>>> check([phone, reseller, seats], {'phone': ' +33 1 23 45 67 89 ', 'reseller': '', 'seats': '7'})
({'phone': '+33 1 23 45 67 89', 'reseller': False, 'seats': False}, {})
>>> faults = check([phone, reseller, seats], {'phone': '', 'reseller': 'on', 'seats': '0'})[1]
>>> faults['phone'], faults['seats']
(Fault(code='required', details={}), Fault(code='too_small', details={'limit': 1}))
"""
import datetime
import math
import re
from dataclasses import dataclass, field

from . import conditions

#: Question types that hold an answer, with the Properties type the answer is kept as (None: not searchable).
TYPES = {
    'char': 'char', 'text': 'text', 'integer': 'integer', 'float': 'float', 'boolean': 'boolean', 'date': 'date',
    'selection': 'selection', 'tags': 'tags', 'email': 'char', 'phone': 'char', 'url': 'char', 'country': 'many2one',
    'file': 'char', 'monetary': 'float', 'datetime': 'datetime', 'state': 'many2one', 'contact': 'many2one',
    'image': 'char', 'signature': 'char', 'rating': 'integer', 'table': None, 'computed': 'float', 'consent': 'boolean',
}
#: Elements of a form that ask nothing.
LAYOUT = ('heading', 'note', 'page')
#: Types whose answers are files, yes or no, numbers.
FILES = ('file', 'image', 'signature')
TICKS = ('boolean', 'consent')
NUMBERS = ('integer', 'float', 'monetary', 'rating')

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,30}[0-9](\s?(x|ext\.?)\s?[0-9]{1,6})?", re.IGNORECASE)
_URL = re.compile(r"(https?://)?[^\s/@]+\.[^\s/@.]{2,}(/\S*)?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_LOCAL = {point: re.compile(rf"[+-]?([0-9]+(\{point}[0-9]*)?|\{point}[0-9]+)") for point in '.,'}
# Thousands are parted by a blank, an apostrophe, or whichever of point and comma is not the decimal point.
_GROUPED = {point: re.compile(rf"[+-]?[0-9]{{1,3}}((?P<by>[ '’\u00a0\u202f{other}])[0-9]{{3}})((?P=by)[0-9]{{3}})*(\{point}[0-9]*)?")
            for point, other in ('.,', ',.')}
_DATE = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_TRUE = {'1', 'true', 'on', 'yes'}
_FALSE = {'', '0', 'false', 'off', 'no'}
_LENGTHS = {'char': 250, 'email': 254, 'phone': 40, 'url': 2000, 'text': 20_000}


@dataclass(frozen=True)
class Fault:
    """Why an answer is refused: a ``code`` the ORM has a sentence for, and the ``details`` it fills in."""

    code: str
    details: dict = field(default_factory=dict)


class Refused(Exception):
    """Raised inside a parser with the :class:`Fault` of one answer."""

    def __init__(self, code, **details):
        super().__init__(code)
        self.fault = Fault(code, details)


@dataclass(frozen=True)
class Question:
    """One question as the checker sees it.

    :param choices: keys allowed for ``selection`` and ``tags``, ids for ``country``
    :param required: True, False, or decided by ``required_if``
    :param visible: parsed condition; a hidden question holds no answer
    :param minimum: smallest number, or shortest text; None for no limit. ``maximum`` likewise
    :param decimal_point: of the reader's language; "." is always understood
    """

    name: str
    type: str
    required: bool = False
    choices: frozenset = frozenset()
    visible: list = field(default_factory=list)
    required_if: list = field(default_factory=list)
    minimum: float | None = None
    maximum: float | None = None
    decimal_point: str = '.'


def empty(value):
    """Say whether a typed value is "no answer"; zero is an answer.

    >>> [empty(value) for value in (False, None, '', [], 0, 0.0, True)]
    [True, True, True, True, False, False, False]
    """
    return value is False or value is None or (isinstance(value, (str, list)) and not value)


def differ(old, new):
    """Say whether two typed values are different answers.

    >>> differ(False, ''), differ(False, 0), differ(5, 5.0), differ(['a', 'b'], ['b', 'a'])
    (False, True, False, False)
    """
    if empty(old) or empty(new):
        return empty(old) != empty(new)
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(one, str) for one in old + new):
        return sorted(old) != sorted(new)
    return old != new


def check(questions, raw, facts=None):
    """Parse and check what was entered.

    :param questions: iterable of :class:`Question`, in the order of the form
    :param raw: names to what was entered, as text (an HTML form) or as JSON values; names of no question are ignored
    :param facts: further values that conditions may read, such as ``partner``; no answer can pretend to be one
    :return: ``(values, faults)``: every question's typed value, and ``{name: Fault}`` of the refused ones. A refused
        answer is in ``values`` as False.
    """
    questions = list(questions)
    values, faults = {}, {}
    for question in questions:
        try:
            values[question.name] = parse(question, raw.get(question.name))
        except Refused as refused:
            values[question.name] = False
            faults[question.name] = refused.fault
    known = {**values, **(facts or {})}
    # A question may hide another one that in turn hides a third: settle in the order of the form, before asking what is
    # missing.
    hidden = set()
    for question in questions:
        if question.visible and not conditions.matches(question.visible, known):
            hidden.add(question.name)
            values[question.name] = False
            faults.pop(question.name, None)
            known[question.name] = (facts or {}).get(question.name, False)
    for question in questions:
        name = question.name
        if name not in hidden and name not in faults and empty(values[name]) and _is_required(question, known):
            # "No" answers a yes/no question; a required consent must be a yes.
            faults[name] = Fault('consent' if question.type in TICKS else 'required')
    return values, faults


def _is_required(question, known):
    if question.required:
        return True
    return bool(question.required_if) and conditions.matches(question.required_if, known)


def parse(question, raw):
    """Return the typed value of one answer, False when nothing was entered.

    :raises Refused: with the reason
    """
    if question.type in TICKS:
        return _boolean(raw)
    if isinstance(raw, str):
        raw = raw.strip()
    if raw is None or raw is False or raw in ('', []):
        return False
    return _PARSERS[question.type](question, raw)


def _boolean(raw):
    text = str(raw if raw is not None else '').strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise Refused('not_boolean')


def _text(question, raw):
    if not isinstance(raw, str):
        raise Refused('not_text')
    text = raw.replace('\r\n', '\n').replace('\x00', '').strip()
    # Half a character, as broken software sends it, can be stored nowhere.
    text = text.encode('utf-8', 'ignore').decode()
    if not text:
        return False
    if question.type != 'text' and '\n' in text:
        raise Refused('one_line')
    longest = min(question.maximum or math.inf, _LENGTHS[question.type])
    if len(text) > longest:
        raise Refused('too_long', limit=int(longest))
    if question.minimum and len(text) < question.minimum:
        raise Refused('too_short', limit=int(question.minimum))
    return text


def _pattern(pattern, code):
    def parse_pattern(question, raw):
        text = _text(question, raw)
        if text is not False and not pattern.fullmatch(text):
            raise Refused(code)
        return text
    return parse_pattern


def _number(question, raw):
    whole = question.type in ('integer', 'rating')
    code = 'not_integer' if whole else 'not_number'
    if isinstance(raw, str):
        raw = _plain_number(raw, question.decimal_point)
    if raw is None or isinstance(raw, bool):
        raise Refused(code)
    try:
        value = float(raw)
    except (TypeError, ValueError, OverflowError):
        raise Refused(code) from None
    if not math.isfinite(value) or abs(value) >= (2**31 if whole else 1e15):
        raise Refused('not_number')
    if whole:
        if value != int(value):
            raise Refused('not_integer')
        value = int(value)
    if question.minimum is not None and value < question.minimum:
        raise Refused('too_small', limit=question.minimum)
    if question.maximum is not None and value > question.maximum:
        raise Refused('too_large', limit=question.maximum)
    return value


def _plain_number(text, decimal_point):
    """Return a number as people of a language write it in the way programs do, None when it is none.

    >>> [_plain_number(text, '.') for text in ('1,234.5', "1'234", '12.50', '-3', '1,5', '1_000', '1e5', '')]
    ['1234.5', '1234', '12.50', '-3', None, None, None, None]
    >>> [_plain_number(text, ',') for text in ('1.234,5', '1\N{NARROW NO-BREAK SPACE}234,5', '12,50', '12.50', ',5')]
    ['1234.5', '1234.5', '12.50', '12.50', '.5']
    """
    # What programs write is understood in every language: browsers send the value of a number field like this.
    if _NUMBER.fullmatch(text):
        return text
    point = ',' if decimal_point == ',' else '.'
    groups = _GROUPED[point].fullmatch(text)
    if groups is None and not _LOCAL[point].fullmatch(text):
        return None
    return ''.join(one for one in text if one.isdigit() or one in '+-' + point).replace(point, '.')


def _date(_question, raw):
    if not isinstance(raw, str) or not _DATE.fullmatch(raw):
        raise Refused('not_date')
    try:
        return datetime.date.fromisoformat(raw).isoformat()
    except ValueError:
        raise Refused('not_date') from None


def _choice(question, raw):
    if not isinstance(raw, (str, int)) or isinstance(raw, bool) or raw not in question.choices:
        raise Refused('not_a_choice')
    return raw


def _choices(question, raw):
    chosen = [raw] if isinstance(raw, str) else raw
    if not isinstance(chosen, (list, tuple)) or not all(isinstance(one, str) for one in chosen):
        raise Refused('not_a_choice')
    chosen = list(dict.fromkeys(one for one in chosen if one))
    if not question.choices.issuperset(chosen):
        raise Refused('not_a_choice')
    return chosen or False


def _record(question, raw):
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 10:
        raw = int(raw)
    return _choice(question, raw)


def _file(_question, raw):
    if not isinstance(raw, (list, tuple)) or not all(
            isinstance(one, dict) and isinstance(one.get('id'), int) and isinstance(one.get('name'), str) for one in raw):
        raise Refused('not_file')
    return list(raw)


def _datetime(_question, raw):
    if not isinstance(raw, str):
        raise Refused('not_datetime')
    match = _DATETIME.fullmatch(raw)
    try:
        return datetime.datetime.fromisoformat(raw.replace('T', ' ')).strftime('%Y-%m-%d %H:%M:%S') if match else _fail('not_datetime')
    except ValueError:
        raise Refused('not_datetime') from None


def _fail(code):
    raise Refused(code)


def _table(_question, raw):
    if not isinstance(raw, (list, tuple)) or not all(isinstance(row, dict) for row in raw):
        raise Refused('not_table')
    return list(raw)


def _computed(_question, _raw):
    return False


_PARSERS = {
    'char': _text, 'text': _text, 'integer': _number, 'float': _number, 'monetary': _number, 'rating': _number, 'date': _date,
    'datetime': _datetime, 'selection': _choice, 'tags': _choices, 'country': _record, 'state': _record, 'contact': _record,
    'file': _file, 'image': _file, 'signature': _file, 'table': _table, 'computed': _computed,
    'email': _pattern(_EMAIL, 'not_email'), 'phone': _pattern(_PHONE, 'not_phone'), 'url': _pattern(_URL, 'not_url'),
}
