"""From rows of a table to sales lines: which column is what, and how its numbers and dates are written.

>>> rows = [(1, ['Umsatz Mai']), (2, ['Datum', 'Teilenummer', 'Menge', 'VK-Preis']), (3, ['31.05.2026', 'BX-17', '2', '1.234,50'])]
>>> learnt = learn(rows)
>>> learnt.header_row, learnt.columns['part'], learnt.decimal_mark, learnt.date_order, learnt.doubts
(2, 'Teilenummer', ',', 'DMY', ())
>>> [(line.part, line.quantity, line.resale_price, line.ship_date) for line in apply(learnt, rows)]
[('BX-17', Decimal('2'), Decimal('1234.50'), datetime.date(2026, 5, 31))]
"""
from dataclasses import asdict, dataclass, field, replace

from . import headings
from .records import DATES, NUMBERS, TEXTS, Fault, Note, PosLine, Problem
from .values import date_order, day, decimal_mark, number

#: What can be told of a column.
FIELDS = tuple(headings.WORDS)
#: Rows in which headings are looked for, and rows from which formats are learnt.
HEADER_ROWS, SAMPLE_ROWS = 20, 500
CACHED = 100_000
RAW = 2000
_FAULT = object()


@dataclass(frozen=True)
class Mapping:
    """How a sender writes tables.

    ``columns`` is ``{field: heading}``, so that it holds when columns move; a heading that is there twice has its number,
    ``'Price (2)'``, and a table without headings has ``'#3'`` for the third column. ``doubts`` names what the rows left open:
    ``'numbers'``, ``'dates'``.
    """

    columns: dict
    header_row: int = 1
    headings: tuple = ()
    decimal_mark: str = '.'
    date_order: str = 'DMY'
    encoding: str = ''
    delimiter: str = ''
    sheet: str = ''
    constants: dict = field(default_factory=dict)
    doubts: tuple = ()

    def as_json(self):
        return {**asdict(self), 'headings': list(self.headings), 'doubts': list(self.doubts)}

    @classmethod
    def from_json(cls, values):
        """
        >>> mapping = Mapping({'part': 'Teil'}, headings=('Teil',), doubts=('dates',))
        >>> Mapping.from_json(mapping.as_json()) == mapping
        True
        """
        known = {name: value for name, value in values.items() if name in cls.__dataclass_fields__}
        known['columns'] = {name: heading for name, heading in known.get('columns', {}).items() if name in FIELDS}
        return cls(**{**known, 'headings': tuple(known.get('headings', ())), 'doubts': tuple(known.get('doubts', ()))})

    def indexes(self, names):
        """Return ``{field: index}`` in a table with these headings; a column that is not there is left out."""
        by_name = {name: index for index, name in reversed([*enumerate(names)])}
        by_name.update({headings.plain(name): index for index, name in reversed([*enumerate(names)])})
        found = {}
        for name, heading in self.columns.items():
            if heading.startswith('#') and heading[1:].isdigit():
                found[name] = int(heading[1:]) - 1
            elif heading in by_name:
                found[name] = by_name[heading]
            elif headings.plain(heading) in by_name and headings.plain(heading):
                found[name] = by_name[headings.plain(heading)]
        return found

    def missing(self, names):
        """Return the fields whose columns are not in a table with these headings."""
        return [name for name in self.columns if name not in self.indexes(names)]


def distinct(names):
    """Return headings of which none is there twice.

    >>> distinct(['Price', 'Part', 'Price', ''])
    ('Price', 'Part', 'Price (2)', '#4')
    """
    seen, found = {}, []
    for index, name in enumerate(names):
        name = ' '.join(name.split()) or f'#{index + 1}'
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f'{name} ({seen[name]})')
    return tuple(found)


def learn(rows, known=None, default_order='DMY', default_mark='.'):
    """Return how a table is to be read.

    :param rows: its first rows, ``(number, cells)``; some hundreds teach the formats
    :param known: the `Mapping` with which this sender's files were read before; it holds where its columns are there
    """
    rows = [row for row in rows if not isinstance(row, Problem)]
    if known:
        again = _recognized(rows, known)
        if again:
            return again
    best, number_, names = 0, 0, ()
    for at, cells in rows[:HEADER_ROWS]:
        score = sum(headings.recognize(cell)[1] for cell in set(cells) if len(cell) < 60)
        if score > best and sum(headings.recognize(cell)[1] > 0 for cell in cells) >= 2:
            best, number_, names = score, at, distinct(cells)
    if not names:
        number_, names = _titles(rows)
    if not names:
        widest = max((len(cells) for _number, cells in rows), default=0)
        names = tuple(f'#{index + 1}' for index in range(widest))
    columns = {name: names[index] for name, index in headings.guess(names).items()}
    body = [cells for at, cells in rows if at > number_][:SAMPLE_ROWS]
    return with_formats(Mapping(columns, number_, names), body, default_order, default_mark)


def _titles(rows):
    """Return the row, and the headings, of a table whose headings are in no vocabulary: words only, above rows with figures.

    >>> _titles([(1, ['Zeug', 'Wann']), (2, ['BX-17', '2026-05-03'])]), _titles([(1, ['BX', '5']), (2, ['BY', '6'])])
    ((1, ('Zeug', 'Wann')), (0, ()))
    """
    widest = max((len(cells) for _number, cells in rows), default=0)
    for at, (number_, cells) in enumerate(rows[:HEADER_ROWS]):
        if len(cells) < widest or widest < 2:
            continue
        words = [cell.strip() for cell in cells]
        below = rows[at + 1:at + 6]
        if all(words) and not any(sign.isdigit() for sign in ''.join(words)) and any(
                sign.isdigit() for _number, row in below for sign in ''.join(row)):
            return number_, distinct(cells)
        break
    return 0, ()


def _recognized(rows, known):
    """Return the known mapping for these rows when its headings are among them."""
    if not known.headings:
        return None
    wanted = set(known.columns.values())
    for at, cells in rows[:HEADER_ROWS]:
        names = distinct(cells)
        if wanted and wanted <= set(names):
            return replace(known, header_row=at, headings=names, doubts=())
    if all(name.startswith('#') for name in wanted):
        return known
    return None


def with_formats(mapping, body, default_order='DMY', default_mark='.'):
    """Return the mapping with the formats of numbers and dates that these rows show."""
    indexes = mapping.indexes(mapping.headings)

    def texts(names):
        return [cells[indexes[name]] for cells in body for name in names if name in indexes and indexes[name] < len(cells) and cells[indexes[name]]]

    doubts = []
    mark = decimal_mark(texts(NUMBERS))
    if mark is None and any('.' in text or ',' in text for text in texts(NUMBERS)):
        doubts.append('numbers')
    order, is_sure = date_order(texts(DATES), default_order)
    if not is_sure:
        doubts.append('dates')
    return replace(mapping, decimal_mark=mark or default_mark, date_order=order, doubts=tuple(doubts))


def apply(mapping, rows):
    """Yield a `PosLine` for each row under the headings; problems pass, and rows of totals are told in a `Note` at the end."""
    convert = _converter(mapping)
    left_out = 0
    first_left = 0
    for row in rows:
        if isinstance(row, Problem):
            yield row
            continue
        at, cells = row
        if at <= mapping.header_row:
            continue
        line = convert(at, cells)
        if line is None:
            continue
        if not line.part and not line.gtin and not line.seller_part and _is_total(cells):
            left_out += 1
            first_left = first_left or at
            continue
        yield line
    if left_out:
        yield Note('total_row', first_left, '', left_out)


def _is_total(cells):
    first = next((cell for cell in cells if cell.strip()), '')
    return headings.plain(first) in headings.TOTALS


def _converter(mapping):
    """Return ``convert(number, cells)``; it knows the values it has seen before, since a million sales have few dates and prices."""
    places = {name: place for place, name in enumerate(PosLine._fields)}
    indexes = mapping.indexes(mapping.headings)
    texts = [(places[name], indexes[name]) for name in TEXTS if name in indexes]
    typed = [
        (places[name], indexes[name], name, 'bad_number', _cached(lambda text: number(text, mapping.decimal_mark)))
        for name in NUMBERS if name in indexes]
    typed += [
        (places[name], indexes[name], name, 'bad_date', _cached(lambda text: day(text, mapping.date_order)))
        for name in DATES if name in indexes]
    kind = indexes.get('kind')
    is_back = _cached(lambda text: headings.plain(text) in headings.RETURNS)
    blank = list(PosLine(0))
    for name, value in mapping.constants.items():
        if name in TEXTS:
            blank[places[name]] = value
    at_quantity, at_ship, at_invoice = places['quantity'], places['ship_date'], places['invoice_date']
    at_back, at_faults, at_raw = places['is_return'], places['faults'], places['raw']
    widest = max(indexes.values(), default=-1) + 1
    make = PosLine._make

    def convert(at, cells):
        raw = '\t'.join(cells)
        if not raw or raw.isspace():
            return None
        if len(cells) < widest:
            cells = [*cells, *[''] * (widest - len(cells))]
        values = blank.copy()
        values[0] = at
        for place, index in texts:
            text = cells[index]
            if text:
                values[place] = text.strip()
        for place, index, name, code, typed_value in typed:
            text = cells[index]
            if text:
                value = typed_value(text)
                if value is _FAULT:
                    values[at_faults] += (Fault(code, name, text),)
                else:
                    values[place] = value
        back = kind is not None and is_back(cells[kind]) is True
        quantity = values[at_quantity]
        if quantity is not None and quantity < 0:
            values[at_quantity], back = -quantity, True
        if values[at_ship] is None:
            values[at_ship] = values[at_invoice]
        values[at_back] = back
        values[at_raw] = raw[:RAW]
        return make(values)

    return convert


def _cached(convert):
    known = {}

    def value(text):
        found = known.get(text, known)
        if found is known:
            if len(known) >= CACHED:
                known.clear()
            try:
                found = convert(text) if text.strip() else None
            except (ValueError, OverflowError):
                found = _FAULT
            known[text] = found
        return found

    return value
