"""Numbers and dates as people and machines write them, and which way of writing a column has.

>>> number('1.234,50 €', ','), number('(1,234.5)'), number("12'000"), number('5-')
(Decimal('1234.50'), Decimal('-1234.5'), Decimal('12000'), Decimal('-5'))
>>> decimal_mark(['1.234,50', '7,5']), decimal_mark(['3.25', '1,000']), decimal_mark(['1,234'])
(',', '.', None)
>>> date_order(['03/04/2026', '25/04/2026']), date_order(['2026-04-03']), date_order(['03.04.2026'])
(('DMY', True), ('YMD', True), ('DMY', False))
>>> day('3 mars 2026'), day('20260403'), day('04/03/26', 'MDY'), day('46115')
(datetime.date(2026, 3, 3), datetime.date(2026, 4, 3), datetime.date(2026, 4, 3), datetime.date(2026, 4, 3))
"""
import re
import unicodedata
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

#: Digits before the decimal mark that make sense of money and pieces, and that the database holds.
DIGITS = 15

_MONTHS = (
    'jan januar january janv janvier ene enero januari', 'feb februar february fev fevr fevrier febrero',
    'mar marz maerz march mars marzo mrz', 'apr april avr avril abr abril', 'may mai mayo', 'jun juni june juin junio',
    'jul juli july juil juillet julio', 'aug august aout ago agosto', 'sep sept september septembre septiembre',
    'oct okt oktober october octobre octubre', 'nov november novembre noviembre',
    'dec dez dezember december decembre dic diciembre')
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_TIME = re.compile(r'[T ,]+\d{1,2}[:h.]\d{2}.*$')
_PARTS = re.compile(r'(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})$')
_NAMED = re.compile(
    r'(?:(\d{1,2})(?:st|nd|rd|th|er)?[\s./-]*(?:de )?([a-z]+)|([a-z]+)[\s./-]+(\d{1,2})(?:st|nd|rd|th)?)'
    r'[\s.,/-]*(?:de )?(\d{4}|\d{2})$')
_SIGNS = str.maketrans('', '', " \t\u00a0\u202f\u2009'’`_")
_MONEY = re.compile('^(?:[A-Za-z]{1,3}|[$¢£¥€₡-₿฿])+|(?:[A-Za-z]{1,3}|[$¢£¥€₡-₿฿])+$')
_FIRST, _LAST = date(1980, 1, 1), date(2100, 1, 1)


def number(text, mark='.'):
    """Return the number a text says.

    :param mark: its decimal mark; the other of point and comma, blanks and apostrophes part thousands
    :raises ValueError: when it is none
    """
    plain = text.translate(_SIGNS)
    try:
        # What machines write.
        return _bounded(Decimal(plain)) if mark == '.' or ',' not in plain and '.' not in plain else _written(plain, mark)
    except InvalidOperation:
        return _written(plain, mark)


def _written(plain, mark):
    plain = _MONEY.sub('', plain.replace('\u2212', '-'))
    negative = False
    if plain.startswith('(') and plain.endswith(')'):
        negative, plain = True, plain[1:-1]
    elif plain.endswith('-'):
        negative, plain = True, plain[:-1]
    plain = _MONEY.sub('', plain)
    other = ',' if mark == '.' else '.'
    whole, _mark, fraction = plain.partition(mark)
    groups = whole.lstrip('+-').split(other)
    if other in fraction or not all(part.isascii() and part.isdigit() for part in [*groups, fraction or '0'] if part or len(groups) > 1) or not (
            whole.strip('+-') or fraction):
        raise ValueError(plain)
    if len(groups) > 1 and not (1 <= len(groups[0]) <= 3 and all(len(group) in (2, 3) for group in groups[1:]) and len(groups[-1]) == 3):
        raise ValueError(plain)
    try:
        found = Decimal(f'{whole.replace(other, "") or "0"}.{fraction or "0"}' if fraction else whole.replace(other, '') or '0')
    except InvalidOperation:
        raise ValueError(plain) from None
    return _bounded(-found if negative else found)


def _bounded(found):
    if not found.is_finite() or found.adjusted() >= DIGITS or found.as_tuple().exponent < -20:
        raise ValueError(str(found))
    return found


def decimal_mark(texts):
    """Return which mark parts the decimals in these numbers, None where they leave it open."""
    votes = Counter()
    for text in texts:
        marks = re.sub(r'[^.,]', '', text)
        if not marks:
            continue
        last = max(text.rfind('.'), text.rfind(','))
        mark, other = text[last], ',' if text[last] == '.' else '.'
        if other in marks:
            votes[mark if marks.count(mark) == 1 else other] += 1
        elif len(marks) > 1:
            votes[other] += 1
        elif len(re.sub(r'\D.*$', '', text[last + 1:])) != 3 or re.match(r'^\D*0?\D?$', text[:last]):
            votes[mark] += 1
    return votes.most_common(1)[0][0] if votes else None


def date_order(texts, default='DMY'):
    """Return ``(order, whether the dates leave no other)``: the order is ``'DMY'``, ``'MDY'`` or ``'YMD'``."""
    votes = Counter()
    for text in texts:
        found = _PARTS.match(_TIME.sub('', text.strip()))
        if not found:
            continue
        first, second, third = found.groups()
        if len(first) > 2:
            votes['YMD'] += 1
        elif int(first) > 12 and int(second) <= 12:
            votes['YMD' if len(third) <= 2 and int(first) > 31 else 'DMY'] += 1
        elif int(second) > 12 and int(first) <= 12:
            votes['MDY'] += 1
    if votes:
        return votes.most_common(1)[0][0], True
    return default, not any(_PARTS.match(_TIME.sub('', text.strip())) for text in texts)


def day(text, order='DMY'):
    """Return the date a text says: parts in the given order, ISO, digits alone, a month by name, or Excel's count of days.

    :raises ValueError: when it is none, or far from any sale
    """
    plain = _TIME.sub('', text.strip())
    parts = _PARTS.match(plain)
    if parts:
        first, second, third = parts.groups()
        if len(first) > 2 or order == 'YMD':
            found = date(_year(first), int(second), int(third))
        elif order == 'MDY':
            found = date(_year(third), int(first), int(second))
        else:
            found = date(_year(third), int(second), int(first))
    elif plain.isascii() and plain.isdigit():
        found = _digits(plain)
    else:
        named = _NAMED.match(''.join(
            sign for sign in unicodedata.normalize('NFKD', plain.lower()) if not unicodedata.combining(sign)))
        if not named or not _MONTH.get(named[2] or named[3]):
            raise ValueError(text)
        found = date(_year(named[5]), _MONTH[named[2] or named[3]], int(named[1] or named[4]))
    if not _FIRST <= found < _LAST:
        raise ValueError(text)
    return found


def _digits(plain):
    if len(plain) >= 8:
        if len(plain) not in (8, 12, 14):
            raise ValueError(plain)
        return date(int(plain[:4]), int(plain[4:6]), int(plain[6:8]))
    if len(plain) == 6:
        return date(_year(plain[:2]), int(plain[2:4]), int(plain[4:6]))
    if len(plain) == 5:
        return date(1899, 12, 30) + timedelta(int(plain))
    raise ValueError(plain)


def _year(text):
    year = int(text)
    if len(text) > 2:
        return year
    return year + (2000 if year < 80 else 1900)
