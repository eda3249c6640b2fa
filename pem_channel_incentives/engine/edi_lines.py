"""From segments to sales lines by a table, for every EDI message alike.

A `Table` says which segments open the header, a group and a line, which element of which segment fills which field, and
which parties are whom. What a table does not name is skipped and told once, in a `Note`.
"""
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from . import edi
from .records import DATES, NUMBERS, TEXTS, Fault, Header, Note, PosLine, Problem, Totals
from .values import day, number

HEADER, GROUP, LINE = range(3)
#: Segments that only wrap others.
_ENVELOPE = frozenset(('ISA', 'GS', 'GE', 'IEA', 'UNB', 'UNG', 'UNE', 'UNZ', 'SE', 'UNT', 'TA1', 'ISB', 'ISE'))
RAW = 2000


@dataclass(frozen=True)
class Fill:
    """``field`` is filled by an element: ``(element, component)``."""

    field: str
    at: tuple
    unit_at: tuple = ()


@dataclass(frozen=True)
class Table:
    """One message.

    ``fills`` maps a tag to ``(place of the qualifier or None, {qualifier: Fill})``; the qualifier ``'*'`` stands for any.
    ``pairs`` maps a tag to places of ``(qualifier, value)``, and the names of what they fill. ``parties`` maps a qualifier
    of a party to whom it is: the customer with the lowest rank counts.
    """

    message: str
    message_at: tuple
    opens: dict
    fills: dict
    pairs: dict
    party: Fill
    party_fields: dict
    parties: dict
    address: dict
    quantities: dict
    quantity: tuple
    ignored: frozenset = frozenset()
    returns: frozenset = frozenset()
    transfer: tuple = ()
    amount: tuple = ()
    summary: str = ''
    count_at: tuple = ()
    end: str = ''
    start: str = ''


class Lines:
    """Reads one file by a table; iterate over it once.

    It yields a `Header` before the first line of each message, `PosLine`s, `Problem`s, and at the end a `Totals` and the
    `Note`s.
    """

    def __init__(self, file, table, longest=edi.LONGEST):
        self.table = table
        self.segments = edi.read(file, longest)
        self.notes = OrderedDict()
        self.inside = False
        self.skipping = False
        self.started = 0
        self.line_count = None
        self.claimed = None
        self._reset()

    def _reset(self):
        self.levels = [{}, {}, {}]
        self.parties = [{}, {}, {}]
        self.level = HEADER
        self.party = None
        self.quantities = []
        self.raw = []
        self.position = 0
        self.told = False
        self.at_summary = False

    def __iter__(self):
        for segment in self.segments:
            if isinstance(segment, Problem):
                yield from self._problem(segment)
                continue
            yield from self._segment(segment)
        yield Totals(self.line_count, self.claimed)
        yield from self.notes.values()

    def _problem(self, problem):
        """A line of which a segment is missing is not the line that was sent: it is left out with it."""
        lost = self.raw and self.level == LINE
        if problem.code == 'truncated' and lost:
            problem = problem._replace(details={'line': self.position}, raw=self._text())
        yield problem
        if lost:
            self.quantities, self.raw = [], []
            self.level = GROUP

    def _segment(self, segment):
        table = self.table
        if segment.tag == table.start:
            self._reset()
            self.started = segment.number
            self.inside = True
            self.skipping = segment.get(*table.message_at) != table.message
            if self.skipping:
                self._note('other_message', segment, segment.get(*table.message_at))
            return
        if segment.tag == table.end:
            yield from self._close_line()
            if not self.skipping:
                yield from self._tell_header()
                said = segment.get(1)
                counted = segment.number - self.started + 1
                if said.isdigit() and int(said) != counted:
                    yield Problem('segment_count', segment.number, {'said': int(said), 'counted': counted})
            self.inside = self.skipping = False
            return
        if not self.inside or self.skipping:
            if segment.tag not in _ENVELOPE and not self.skipping:
                self._note('unknown_segment', segment, segment.tag)
            return
        if segment.tag == table.summary:
            yield from self._close_line()
            yield from self._tell_header()
            self.at_summary = True
        level = table.opens.get(segment.tag)
        if level is not None and not self.at_summary:
            yield from self._close_line()
            if level > HEADER:
                yield from self._tell_header()
            for deeper in range(level, 3):
                self.levels[deeper], self.parties[deeper] = {}, {}
            self.level, self.party = level, None
            if level == LINE:
                self.position = segment.number
        if self.level == LINE:
            self.raw.append(segment.text)
        self._take(segment)

    def _take(self, segment):
        table, tag = self.table, segment.tag
        known = False
        if self.at_summary:
            self._take_totals(segment)
            return
        if tag == table.party.field:
            known = self._take_party(segment)
        elif tag in table.address:
            known = True
            if self.party is not None:
                for name, at in table.address[tag].items():
                    self._put(self.party, name, segment.get(*at))
        elif tag in table.quantities:
            known = self._take_quantity(segment)
        if tag in table.pairs:
            known = self._take_pairs(segment) or known
        if tag in table.fills:
            known = self._take_fills(segment) or known
        if table.amount and tag == table.amount[0]:
            known = self._take_amount(segment) or known
        if not known and tag not in table.ignored:
            name = tag if tag not in (*table.fills, *table.pairs, *table.quantities, table.party.field) else f'{tag}+{self._qualifier(segment)}'
            self._note('unknown_qualifier' if '+' in name else 'unknown_segment', segment, name)

    def _qualifier(self, segment):
        table, tag = self.table, segment.tag
        if tag in table.fills and table.fills[tag][0]:
            return segment.get(*table.fills[tag][0])
        if tag in table.quantities:
            return segment.get(*table.quantity[0])
        return segment.get(1)

    def _take_fills(self, segment):
        place, fills = self.table.fills[segment.tag]
        qualifier = segment.get(*place) if place else '*'
        found = fills.get(qualifier) or fills.get('*')
        for fill in found or ():
            value = segment.get(*fill.at)
            self._put(self.levels[self.level], fill.field, value)
            if fill.unit_at:
                self._put(self.levels[self.level], 'unit', segment.get(*fill.unit_at))
        return bool(found)

    def _take_pairs(self, segment):
        places, names = self.table.pairs[segment.tag]
        known = False
        for qualifier_at, value_at in places:
            qualifier, value = segment.get(*qualifier_at), segment.get(*value_at)
            name = names.get(qualifier)
            if name and value:
                known = True
                values = self.levels[self.level]
                if name not in values:
                    self._put(values, name, value)
                    if name == 'part':
                        values['part_qualifier'] = qualifier
            elif not qualifier and not value:
                known = known or value_at == places[0][1]
        return known

    def _take_party(self, segment):
        table = self.table
        qualifier = segment.get(*table.party.at)
        self.party = {}
        for name, at in table.party_fields.items():
            self._put(self.party, name, segment.get(*at))
        if qualifier in table.parties:
            whom, rank = table.parties[qualifier]
            held = self.parties[self.level]
            if whom not in held or held[whom][0] >= rank:
                held[whom] = (rank, self.party)
        return qualifier in table.parties

    def _take_quantity(self, segment):
        table = self.table
        qualifier_at, value_at, unit_at = table.quantity
        qualifier = segment.get(*qualifier_at)
        kind = table.quantities[segment.tag].get(qualifier)
        if kind is None:
            self._note('other_quantity', segment, qualifier)
        elif self.level == LINE:
            self.quantities.append((kind, segment.get(*value_at), segment.get(*unit_at)))
        return True

    def _take_amount(self, segment):
        _tag, value_at, flag_at = self.table.amount
        value = segment.get(*value_at)
        if value:
            flag = segment.get(*flag_at)
            self.levels[self.level]['claimed_unit'] = f'-{value}' if flag == 'D' and not value.startswith('-') else value
            self.levels[self.level]['is_debit'] = flag == 'D'
        return True

    def _take_totals(self, segment):
        table = self.table
        if segment.tag == table.summary and segment.get(*table.count_at).isdigit():
            self.line_count = (self.line_count or 0) + int(segment.get(*table.count_at))
        elif table.amount and segment.tag == table.amount[0]:
            try:
                value = number(segment.get(*table.amount[1]))
            except ValueError:
                return
            self.claimed = (self.claimed or 0) + (-value if segment.get(*table.amount[2]) == 'D' else value)

    @staticmethod
    def _put(values, name, value):
        if value:
            values[name] = value

    def _note(self, code, segment, name):
        note = self.notes.get((code, name)) or Note(code, segment.number, name, 0)
        self.notes[code, name] = note._replace(count=note.count + 1)

    # What is told

    def _text(self):
        return '\n'.join(self.raw)[:RAW]

    def _whom(self, whom):
        for held in reversed(self.parties):
            if whom in held:
                return held[whom][1]
        return {}

    def _tell_header(self):
        if self.told:
            return
        self.told = True
        said, seller, vendor = self.levels[HEADER], self._whom('seller'), self._whom('vendor')
        dates = {name: self._date(said.get(name, ''), name, []) for name in ('document_date', 'period_start', 'period_end')}
        yield Header(
            number=said.get('number', ''), currency=said.get('currency', ''), **dates,
            **{f'seller_{name}': seller.get(name, '') for name in ('name', 'id', 'qualifier')},
            **{f'vendor_{name}': vendor.get(name, '') for name in ('name', 'id', 'qualifier')})

    def _close_line(self):
        """Yield a line for each quantity of what was open."""
        if self.level == LINE and not self.at_summary:
            for kind, quantity, unit in self.quantities:
                yield self._line(kind, quantity, unit)
        self.quantities, self.raw = [], []
        if self.level == LINE:
            self.level = GROUP
            self.levels[LINE], self.parties[LINE], self.party = {}, {}, None

    def _line(self, kind, quantity, unit):
        said = {**self.levels[HEADER], **self.levels[GROUP], **self.levels[LINE]}
        said['quantity'] = quantity
        said['unit'] = unit or said.get('unit', '')
        for whom in ('customer', 'seller'):
            said.update({f'{whom}_{name}': value for name, value in self._whom(whom).items()})
        faults = []
        values = {name: said.get(name, '') for name in TEXTS}
        values.update({name: self._number(said.get(name, ''), name, faults) for name in NUMBERS})
        values.update({name: self._date(said.get(name, ''), name, faults) for name in DATES})
        values['ship_date'] = values['ship_date'] or values['invoice_date']
        back = kind == 'return' or said.get('transfer') in self.table.returns or said.get('is_debit', False)
        if values['quantity'] is not None and values['quantity'] < 0:
            values['quantity'], back = -values['quantity'], True
        return PosLine(position=self.position, is_return=bool(back), faults=tuple(faults), raw=self._text(), **values)

    def _number(self, text, name, faults):
        if not text:
            return None
        try:
            # A decimal comma is allowed in EDIFACT, whatever UNA says.
            return number(text.replace(',', '.') if text.count(',') == 1 and '.' not in text else text)
        except ValueError:
            faults.append(Fault('bad_number', name, text))
            return None

    def _date(self, text, name, faults):
        if not text:
            return None
        try:
            return day(text[:8] if len(text) > 8 else text, 'YMD')
        except ValueError:
            faults.append(Fault('bad_date', name, text))
            return None


# Writing


def plain_number(value):
    """Return a number as EDI writes it: no exponent, no superfluous zeros.

    >>> plain_number(Decimal('1E+3')), plain_number(Decimal('4.50')), plain_number(Decimal('-0.0'))
    ('1000', '4.5', '0')
    """
    text = f'{value:f}'
    if '.' in text:
        text = text.rstrip('0').rstrip('.')
    return '0' if text in ('-0', '') else text


def plain_date(value: date):
    """Return a date as ``YYYYMMDD``."""
    return f'{value:%Y%m%d}' if value.year > 999 else f'{value.year:04}{value:%m%d}'


def signed(value: Decimal):
    """Return ``(text without sign, 'C' or 'D')``: whether the receiver credits or debits the amount."""
    return plain_number(abs(value)), 'D' if value < 0 else 'C'
