"""Kinds of questions: how one answer is read, and when it is refused.

Values are JSON: text ``str``, numbers ``int``/``float``, yes/no ``bool``, dates and moments (UTC) ISO ``str``, a choice
its key, several choices a list of keys, a record its database id, files a list of ``{'id', 'name', …}``, a table a list of
``{column: value}``. ``False`` is "no answer".
"""
import datetime
import math
import re
from collections.abc import Container
from dataclasses import dataclass, field

from .pattern import Pattern

#: Question types that hold an answer, with the Properties type the answer is kept as (None: not searchable).
TYPES = {
    'char': 'char', 'text': 'text', 'integer': 'integer', 'float': 'float', 'boolean': 'boolean', 'date': 'date',
    'selection': 'selection', 'tags': 'tags', 'email': 'char', 'phone': 'char', 'url': 'char', 'country': 'many2one',
    'file': 'char', 'monetary': 'float', 'datetime': 'datetime', 'state': 'many2one', 'contact': 'many2one',
    'product': 'many2one', 'image': 'char', 'signature': 'char', 'rating': 'integer', 'table': None, 'computed': 'float',
    'consent': 'boolean',
}
#: Elements of a form that ask nothing.
LAYOUT = ('heading', 'note', 'page')
#: Types whose answers are files, yes or no, numbers, ids of records.
FILES = ('file', 'image', 'signature')
TICKS = ('boolean', 'consent')
NUMBERS = ('integer', 'float', 'monetary', 'rating')
RECORDS = ('country', 'state', 'contact', 'product')
#: Types on one line of text.
LINES = ('char', 'email', 'phone', 'url')
#: Types a column of a table can have.
COLUMNS = (*LINES, *NUMBERS, *RECORDS, 'text', 'date', 'datetime', 'boolean', 'selection', 'tags', 'computed')
#: Rows a table may have whatever its designer says.
MOST_ROWS = 2000

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,30}[0-9](\s?(x|ext\.?)\s?[0-9]{1,6})?", re.IGNORECASE)
_URL = re.compile(r"(https?://)?[^\s/@]+\.[^\s/@.]{2,}(/\S*)?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_LOCAL = {point: re.compile(rf"[+-]?([0-9]+(\{point}[0-9]*)?|\{point}[0-9]+)") for point in '.,'}
# Thousands are parted by a blank, an apostrophe, or whichever of point and comma is not the decimal point.
_GROUPED = {point: re.compile(rf"[+-]?[0-9]{{1,3}}((?P<by>[ '’\u00a0\u202f{other}])[0-9]{{3}})((?P=by)[0-9]{{3}})*(\{point}[0-9]*)?")
            for point, other in ('.,', ',.')}
_DATE = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?", re.ASCII)
_KEY = re.compile(r'[A-Za-z0-9_-]{1,40}')
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

    :param choices: keys allowed for ``selection`` and ``tags``, ids of records; any container
    :param required: True, False, or decided by ``required_if``
    :param visible: parsed condition; a hidden question holds no answer
    :param readonly: parsed condition; what stands in the question already is its answer
    :param seen: parsed condition on the reader, who is not asked when it does not hold; what others answered stays
    :param minimum: smallest number, or shortest text; None for no limit. ``maximum`` likewise
    :param decimal_point: of the reader's language; "." is always understood
    :param pattern: that a line of text has to match
    :param formula: of a computed value, as :func:`~.formula.parse` returns it
    :param revalidate: what is on file is an answer only when the partner says so
    :param columns: questions of each row of a table, which has at least ``least`` and at most ``most`` rows
    :param most: most rows, or files; 0 for no limit
    :param endings: of the names of files that are taken; empty for all
    :param most_bytes: of one file; 0 for no limit
    :param country: name of the question to whose answer a state has to belong; ``countries`` tells the country of each
    """

    name: str
    type: str
    required: bool = False
    choices: Container = frozenset()
    visible: list = field(default_factory=list)
    required_if: list = field(default_factory=list)
    minimum: float | None = None
    maximum: float | None = None
    decimal_point: str = '.'
    readonly: list = field(default_factory=list)
    seen: list = field(default_factory=list)
    pattern: Pattern | None = None
    formula: object = None
    revalidate: bool = False
    columns: tuple = ()
    least: int = 0
    most: int = 0
    endings: frozenset = frozenset()
    most_bytes: int = 0
    country: str = ''
    countries: dict = field(default_factory=dict)


def parse(question, raw):
    """Return the typed value of one answer, False when nothing was entered. A computed value is never taken from outside.

    :raises Refused: with the reason
    """
    if question.type in TICKS:
        return _boolean(raw)
    if isinstance(raw, str):
        raw = raw.strip()
    if raw is None or raw is False or raw in ('', []) or question.type == 'computed':
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


def _line(kind=None, code=''):
    def parse_line(question, raw):
        text = _text(question, raw)
        if text is not False and kind and not kind.fullmatch(text):
            raise Refused(code)
        if text is not False and question.pattern and not question.pattern.matches(text):
            raise Refused('no_match')
        return text
    return parse_line


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


def _datetime(_question, raw):
    if not isinstance(raw, str) or not _DATETIME.fullmatch(raw):
        raise Refused('not_datetime')
    try:
        return datetime.datetime.fromisoformat(raw).isoformat(' ', 'seconds')
    except ValueError:
        raise Refused('not_datetime') from None


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
    if type(raw) is not int or not 0 < raw < 2**31 or raw not in question.choices:
        raise Refused('not_a_choice')
    return raw


def _files(question, raw):
    if not isinstance(raw, (list, tuple)) or not all(
            isinstance(one, dict) and type(one.get('id')) is int and isinstance(one.get('name'), str) for one in raw):
        raise Refused('not_file')
    most = 1 if question.type == 'signature' else question.most
    if most and len(raw) > most:
        raise Refused('too_many_files', limit=most)
    for file in raw:
        if question.endings and file['name'].rpartition('.')[2].lower() not in question.endings:
            raise Refused('wrong_kind', name=file['name'], kinds=', '.join(sorted(question.endings)))
        size = file.get('size')
        if question.most_bytes and isinstance(size, (int, float)) and size > question.most_bytes:
            raise Refused('file_too_large', name=file['name'], limit=question.most_bytes // 1024 // 1024)
    return [_plain(file) for file in raw]


def _plain(file):
    """Return of a file what a submission keeps; whatever else a draft may hold is left out."""
    return {name: value for name, value in file.items()
            if isinstance(name, str) and isinstance(value, (str, bool, int)) and not (isinstance(value, str) and len(value) > 500)}


def rows_of(raw):
    """Return ``[(key, row)]`` of what was entered as a table; a row without a key goes by its number.

    :raises Refused: when it is no table

    >>> rows_of([{'key': 'r7', 'part': 'A'}, {'part': 'B'}])
    [('r7', {'key': 'r7', 'part': 'A'}), ('1', {'part': 'B'})]
    >>> rows_of({'5': {'part': 'A'}})
    [('5', {'part': 'A'})]
    """
    if isinstance(raw, dict):
        pairs = list(raw.items())
    elif isinstance(raw, (list, tuple)):
        pairs = [(row.get('key') if isinstance(row, dict) else None, row) for row in raw]
    else:
        pairs = [] if raw is None or raw is False or (isinstance(raw, str) and not raw.strip()) else [(None, None)]
    if len(pairs) > MOST_ROWS or not all(isinstance(row, dict) for _key, row in pairs):
        raise Refused('not_table')
    return [(key if isinstance(key, str) and _KEY.fullmatch(key) else str(number), row) for number, (key, row) in enumerate(pairs)]


def is_blank(question, row):
    """Say whether nothing was entered in a row of a table."""
    return all(
        raw in (None, False, '', []) or (isinstance(raw, str) and not raw.strip())
        or (column.type in TICKS and str(raw).strip().lower() in _FALSE)
        for column in question.columns if column.type != 'computed' for raw in [row.get(column.name)])


def _table(question, raw):
    """Return the rows as far as they can be read: cells that cannot are empty, computed ones as well."""
    rows = []
    for _key, row in rows_of(raw):
        if is_blank(question, row):
            continue
        cells = {}
        for column in question.columns:
            try:
                cells[column.name] = parse(column, row.get(column.name))
            except Refused:
                cells[column.name] = False
        rows.append(cells)
    return rows or False


_PARSERS = {
    'char': _line(), 'text': _text, 'integer': _number, 'float': _number, 'monetary': _number, 'rating': _number,
    'date': _date, 'datetime': _datetime, 'selection': _choice, 'tags': _choices, 'table': _table,
    'country': _record, 'state': _record, 'contact': _record, 'product': _record,
    'file': _files, 'image': _files, 'signature': _files,
    'email': _line(_EMAIL, 'not_email'), 'phone': _line(_PHONE, 'not_phone'), 'url': _line(_URL, 'not_url'),
}
