"""What a partner entered, made typed and checked as a whole: questions react to each other and to who answers.

>>> phone = Question('phone', 'phone', required=True)
>>> reseller = Question('reseller', 'boolean')
>>> seats = Question('seats', 'integer', minimum=1, visible=[('reseller', '=', True)])
>>> check([phone, reseller, seats], {'phone': ' +33 1 23 45 67 89 ', 'reseller': '', 'seats': '7'})
({'phone': '+33 1 23 45 67 89', 'reseller': False, 'seats': False}, {})
>>> faults = check([phone, reseller, seats], {'phone': '', 'reseller': 'on', 'seats': '0'})[1]
>>> faults['phone'], faults['seats']
(Fault(code='required', details={}), Fault(code='too_small', details={'limit': 1}))

Tables and computed values:

>>> from .formula import parse as formula
>>> lines = Question('lines', 'table', least=1, columns=(
...     Question('price', 'float', required=True), Question('pieces', 'integer', minimum=1),
...     Question('amount', 'computed', formula=formula('price * pieces'))))
>>> total = Question('total', 'computed', formula=formula('sum(lines.amount)'))
>>> check([total, lines], {'lines': [{'price': '2.5', 'pieces': '4'}, {'price': '', 'pieces': ''}], 'total': 99})
({'total': 10, 'lines': [{'price': 2.5, 'pieces': 4, 'amount': 10}]}, {})
>>> sorted(check([lines], {'lines': [{'key': 'r7', 'price': '', 'pieces': '0'}]})[1])
['lines.r7.pieces', 'lines.r7.price']
"""
from . import conditions, formula
from .kinds import COLUMNS, FILES, LAYOUT, LINES, NUMBERS, RECORDS, TICKS, TYPES, Fault, Question, Refused, is_blank, parse, rows_of

__all__ = [
    'COLUMNS', 'CONFIRMED', 'FILES', 'LAYOUT', 'LINES', 'NUMBERS', 'RECORDS', 'TICKS', 'TYPES', 'Fault', 'Question', 'Refused', 'check',
    'circles', 'differ', 'empty', 'order', 'parse', 'reads',
]

#: Among what was entered: the names of the questions of which the partner said that what is on file is right.
CONFIRMED = '#confirmed'


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


def reads(question):
    """Return the names that decide whether a question is asked and what is in it: those it depends on.

    What only decides whether it is required is not among them, for nothing depends on that.
    """
    found = set().union(*map(conditions.fields, (question.visible, question.readonly, question.seen)))
    if question.formula is not None:
        found |= formula.names(question.formula)[0]
    if question.country:
        found.add(question.country)
    own = {column.name for column in question.columns}
    for column in question.columns:
        found |= (reads(column) | conditions.fields(column.required_if)) - own
    return found


def order(questions):
    """Return questions so that each comes after those it depends on, and otherwise as they were.

    Of questions that go round in a circle the first of the form comes last.
    """
    by_name, begun, ordered = {question.name: question for question in questions}, set(), []

    def place(question):
        begun.add(question.name)
        needed = reads(question)
        for name in by_name if needed else ():
            if name in needed and name not in begun:
                place(by_name[name])
        ordered.append(question)

    for question in questions:
        if question.name not in begun:
            place(question)
    return ordered


def circles(questions):
    """Return lists of the names of questions that depend on each other, or of one that depends on itself.

    >>> one, two = (Question(name, 'computed', formula=formula.parse(text)) for name, text in (('a', 'b + 1'), ('b', 'a')))
    >>> circles([one, two, Question('c', 'computed', formula=formula.parse('a'))])
    [['a', 'b']]
    """
    direct = {question.name: reads(question) for question in questions}
    reached = {}
    for name in direct:
        reached[name], stack = set(), [name]
        while stack:
            fresh = (direct[stack.pop()] & direct.keys()) - reached[name]
            reached[name] |= fresh
            stack += fresh
    found = []
    for name in direct:
        if name in reached[name] and not any(name in circle for circle in found):
            found.append([other for other in direct if other in reached[name] and name in reached[other]])
    return found


def check(questions, raw, facts=None, present=None):
    """Parse and check what was entered.

    :param questions: iterable of :class:`Question`, in the order of the form
    :param raw: names to what was entered, as text (an HTML form) or as JSON values; names of no question are ignored.
        Under ``CONFIRMED`` the names of the questions that were confirmed.
    :param facts: further values that conditions may read, such as ``partner``; no answer can pretend to be one
    :param present: names to what stands in the form without the partner: what is on file, and defaults
    :return: ``(values, faults)``: every question's typed value, and ``{name: Fault}`` of the refused ones; of a cell of a
        table the name is ``table.key.column``, see :func:`~.kinds.rows_of`. A refused answer is in ``values`` as False.
    """
    return _Check(list(questions), raw, facts or {}, present or {}).run()


class _Check:
    def __init__(self, questions, raw, facts, present):
        self.questions, self.raw, self.facts, self.present = questions, raw, facts, present
        self.values, self.faults, self.settled = {}, {}, set()
        confirmed = raw.get(CONFIRMED)
        self.confirmed = set(filter(lambda one: isinstance(one, str), confirmed)) if isinstance(confirmed, (list, tuple)) else set()

    def run(self):
        for question in self.questions:
            self.values[question.name] = self._read(question)
        # What was entered is known at once, what depends on other questions as soon as these are settled: a question may
        # hide another one that in turn hides a third.
        self.known = {**self.values, **self.facts}
        for question in order(self.questions):
            self._settle(question)
        for question in self.questions:
            name = question.name
            if name not in self.settled and name not in self.faults and empty(self.values[name]) and self._is_required(question):
                # "No" answers a yes/no question; a required consent must be a yes.
                self.faults[name] = Fault('consent' if question.type in TICKS else 'required')
        return self.values, self.faults

    def _read(self, question):
        try:
            return parse(question, self.raw.get(question.name))
        except Refused as refused:
            self.faults[question.name] = refused.fault
            return False

    def _settle(self, question):
        name, kind = question.name, question.type
        if question.seen and not conditions.matches(question.seen, self.known):
            # Another reader's: whatever they answered stays, and this reader cannot help it.
            is_read = kind != 'table' or name in self.faults
            self._keep(question, self.values[name] if is_read else self._rows(question, self.raw.get(name)))
        elif question.visible and not conditions.matches(question.visible, self.known):
            self._keep(question, False)
            self.known[name] = self.facts.get(name, False)
            return
        elif kind == 'computed':
            self._keep(question, self._computed(question))
        elif question.readonly and conditions.matches(question.readonly, self.known):
            standing = self.present.get(name)
            try:
                self._keep(question, self._rows(question, standing) if kind == 'table' else parse(question, standing))
            except Refused:
                self._keep(question, False)
        elif kind == 'table':
            if name not in self.faults:
                self.values[name] = self._rows(question, self.raw.get(name), self.faults)
        elif kind == 'state' and self._is_elsewhere(question):
            self.faults[name] = Fault('not_a_state')
            self.values[name] = False
        if name not in self.settled and name not in self.faults:
            self._confirm(question)
        self.known[name] = self.facts[name] if name in self.facts else self.values[name]

    def _keep(self, question, value):
        """Settle a question whose answer is not the reader's business: nothing can be wrong with it."""
        self.values[question.name] = value
        self.faults.pop(question.name, None)
        self.settled.add(question.name)

    def _confirm(self, question):
        """What is on file is no answer before the partner said that it is right."""
        if not question.revalidate or question.name in self.confirmed:
            return
        try:
            standing = parse(question, self.present.get(question.name))
        except Refused:
            return
        if not empty(standing) and not differ(standing, self.values[question.name]):
            self.faults[question.name] = Fault('unconfirmed')

    def _is_elsewhere(self, question):
        """Say whether a state is not one of the country that was answered."""
        state, country = self.values[question.name], self.known.get(question.country)
        return bool(state) and bool(country) and question.countries.get(state) != country

    def _computed(self, question):
        if question.formula is None:
            return False
        value = formula.evaluate(question.formula, self.known)
        if isinstance(value, bool) and formula.kind(question.formula) == 'number':
            return int(value) if value else False
        return value

    def _rows(self, question, raw, faults=None):
        """Return the typed rows of a table; what is wrong with them goes into ``faults``, or nobody is told."""
        is_told, faults = faults is not None, {} if faults is None else faults
        names = {column.name for column in question.columns}
        around = {name: value for name, value in self.known.items() if name not in names}
        rows = []
        for key, row in rows_of(raw):
            if is_blank(question, row):
                continue
            cells, wrong = check(question.columns, {name: row.get(name) for name in names}, around)
            if is_told or not is_blank(question, cells):
                rows.append(cells)
            faults.update({f'{question.name}.{key}.{name}': fault for name, fault in wrong.items()})
        if len(rows) < question.least:
            faults[question.name] = Fault('too_few_rows', {'limit': question.least})
        elif question.most and len(rows) > question.most:
            faults[question.name] = Fault('too_many_rows', {'limit': question.most})
        return rows or False

    def _is_required(self, question):
        if question.required:
            return True
        return bool(question.required_if) and conditions.matches(question.required_if, self.known)
