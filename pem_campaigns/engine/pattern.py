"""Patterns that answers have to match: regular expressions without the traps of regular expressions.

Only what can be decided while reading a text once is understood: literals, classes, groups, alternatives and repetitions;
no look-around, no references to groups. The server matches by an automaton, in time that grows with the length of the
text and of the pattern and never faster. Browsers match by ``source``, the same pattern written so that JavaScript (with
the flag "u") reads it alike; a pattern that could take a browser forever (``(a+)+``) is refused.

>>> part = parse('[A-Z]{2}-\\\\d+')
>>> part.matches('BX-17'), part.matches('BX-17b'), part.source
(True, False, '[A-Z]{2}-[0-9]+')
>>> [parse(text).matches('brown-forman') for text in ('[a-z]+(-[a-z]+)*', '^.{3,20}$', 'brown|forman')]
[True, True, False]
"""
import re
from bisect import bisect_right
from functools import lru_cache

#: Longest pattern; most characters it may look for, after repetitions are written out, and most ways from one to another.
LONGEST, POSITIONS, WAYS = 500, 500, 6000
#: Most characters that repeat together.
LOOP = 80
#: Deepest nesting of groups.
DEEPEST = 30
#: How often something that itself may be longer or shorter may repeat, when a number is given.
FEW = 4
_LAST = 0x10FFFF
_SYNTAX = frozenset('^$\\.*+?()[]{}|/')
_DIGITS, _WORD = ((48, 57),), ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = ((9, 13), (32, 32))
_CODE = re.compile(r'[0-9a-fA-F]{4}')
_COUNT = re.compile(r'\{([0-9]{1,4})(,([0-9]{0,4}))?\}')


class Unusable(ValueError):
    """A text that is no pattern. ``code``: 'syntax' (with ``what``), 'unsupported' (with ``what``), 'too_long', 'endless'."""

    def __init__(self, code, what=''):
        super().__init__(f'{code}: {what}' if what else code)
        self.code = code
        self.what = what


class Pattern:
    """A parsed pattern.

    :ivar source: the pattern as both Python and JavaScript understand it
    """

    def __init__(self, source, automaton):
        self.source = source
        self._classes, self._follow, self._last, self._nullable = automaton
        self._starts = [[low for low, _high in ranges] for ranges in self._classes]
        self._known = {}

    def matches(self, text):
        """Say whether the whole of a text matches."""
        if not text:
            return self._nullable
        states = frozenset((-1,))
        for character in text:
            key = (states, character)
            following = self._known.get(key)
            if following is None:
                code = ord(character)
                candidates = set().union(*(self._follow[state] for state in states))
                following = frozenset(position for position in candidates if self._holds(position, code))
                if len(self._known) < 2000:
                    self._known[key] = following
            if not following:
                return False
            states = following
        return not self._last.isdisjoint(states)

    def _holds(self, position, code):
        number = bisect_right(self._starts[position], code) - 1
        return number >= 0 and code <= self._classes[position][number][1]


@lru_cache(maxsize=256)
def parse(text):
    """Return the :class:`Pattern` written in ``text``.

    :raises Unusable: when it is none, or one that is not understood everywhere
    """
    if len(text) > LONGEST:
        raise Unusable('too_long')
    tree = _Reader(text).tree()
    return Pattern(_write(tree), _automaton(tree))


class _Reader:
    """Reads a pattern into nodes: ``('chars', ranges)``, ``('seq'|'alt', nodes)``, ``('repeat', node, least, most)``."""

    def __init__(self, text):
        # Whole answers are matched, so the outermost anchors say nothing.
        text = text.removeprefix('^')
        if text.endswith('$') and (len(text) - len(text[:-1].rstrip('\\'))) % 2:
            text = text[:-1]
        self.text, self.at = text, 0

    def tree(self):
        node = self._alternatives(DEEPEST)
        if self.at < len(self.text):
            raise Unusable('syntax', self.text[self.at:][:20])
        return node

    def _peek(self):
        return self.text[self.at:self.at + 1]

    def _alternatives(self, depth):
        if not depth:
            raise Unusable('too_long')
        nodes = [self._sequence(depth)]
        while self._peek() == '|':
            self.at += 1
            nodes.append(self._sequence(depth))
        return nodes[0] if len(nodes) == 1 else ('alt', nodes)

    def _sequence(self, depth):
        nodes = []
        while (character := self._peek()) and character not in '|)':
            nodes.append(self._repeated(self._atom(depth)))
        return ('seq', nodes)

    def _repeated(self, node):
        character = self._peek()
        if not character or character not in '*+?{':
            return node
        if character == '{':
            match = _COUNT.match(self.text, self.at)
            if not match:
                raise Unusable('syntax', self.text[self.at:][:20])
            least = int(match[1])
            most = (int(match[3]) if match[3] else None) if match[2] else least
            if most is not None and most < least:
                raise Unusable('syntax', match[0])
            self.at = match.end()
        else:
            least, most = {'*': (0, None), '+': (1, None), '?': (0, 1)}[character]
            self.at += 1
        # Whether a repetition is lazy makes no difference to whole answers.
        if self._peek() == '?':
            self.at += 1
        if self._peek() and self._peek() in '*+?{':
            raise Unusable('syntax', self.text[self.at:][:20])
        return ('repeat', node, least, most)

    def _atom(self, depth):
        character = self._peek()
        self.at += 1
        if character == '(':
            if self._peek() == '?':
                if not self.text.startswith('?:', self.at):
                    raise Unusable('unsupported', self.text[self.at - 1:][:4])
                self.at += 2
            node = self._alternatives(depth - 1)
            if self._peek() != ')':
                raise Unusable('syntax', '(')
            self.at += 1
            return node
        if character == '[':
            return ('chars', self._class())
        if character == '.':
            return ('chars', ((0, 9), (11, _LAST)))
        if character == '\\':
            return ('chars', self._escape())
        if character in '^$':
            raise Unusable('unsupported', character)
        if character in '*+?{}]':
            raise Unusable('syntax', character)
        return ('chars', ((ord(character), ord(character)),))

    def _escape(self):
        character = self._peek()
        self.at += 1
        named = {'d': _DIGITS, 'w': _WORD, 's': _SPACE, 't': ((9, 9),), 'n': ((10, 10),)}
        if character and character in 'DWS':
            return _complement(named[character.lower()])
        if character in named:
            return named[character]
        if character == 'u' and (digits := _CODE.match(self.text, self.at)):
            self.at = digits.end()
            return ((int(digits[0], 16), int(digits[0], 16)),)
        if not character or not character.isascii() or character.isalnum() or character.isspace():
            raise Unusable('unsupported', f'\\{character}')
        return ((ord(character), ord(character)),)

    def _class(self):
        negated = self._peek() == '^'
        self.at += negated
        ranges, first = [], True
        while (character := self._peek()) != ']' or first:
            if not character:
                raise Unusable('syntax', '[')
            if character == ']':
                raise Unusable('syntax', '[]')
            first = False
            low = self._member()
            if self._peek() == '-' and self.text[self.at + 1:self.at + 2] not in (']', ''):
                self.at += 1
                high = self._member()
                if len(low) != 1 or len(high) != 1 or low[0][0] != low[0][1] or high[0][0] != high[0][1] or low > high:
                    raise Unusable('syntax', self.text[:self.at][-5:])
                low = ((low[0][0], high[0][0]),)
            ranges += low
        self.at += 1
        merged = _merge(ranges)
        return _complement(merged) if negated else merged

    def _member(self):
        character = self._peek()
        self.at += 1
        if character == '\\':
            return self._escape()
        if character == '[':
            # Other dialects begin a class within a class with it.
            raise Unusable('unsupported', '[[')
        return ((ord(character), ord(character)),)


def _merge(ranges):
    merged = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _complement(ranges):
    gaps, next_low = [], 0
    for low, high in ranges:
        if low > next_low:
            gaps.append((next_low, low - 1))
        next_low = high + 1
    if next_low <= _LAST:
        gaps.append((next_low, _LAST))
    return tuple(gaps)


def _write(node):
    """Return a node as text."""
    kind = node[0]
    if kind == 'chars':
        return _write_class(node[1])
    if kind == 'seq':
        return ''.join(f'(?:{_write(one)})' if one[0] == 'alt' else _write(one) for one in node[1])
    if kind == 'alt':
        return '|'.join(map(_write, node[1]))
    _kind, inner, least, most = node
    body = _write(inner) if inner[0] == 'chars' else f'(?:{_write(inner)})'
    counts = {(0, None): '*', (1, None): '+', (0, 1): '?'}
    return body + counts.get((least, most), f'{{{least}}}' if least == most else f'{{{least},{"" if most is None else most}}}')


def _write_class(ranges):
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _write_character(ranges[0][0], _SYNTAX)
    if not ranges:
        # Nothing at all.
        return '[^\\u0000-\U0010ffff]'
    special = frozenset('\\]^-[')
    negated = ranges[0][0] == 0 and ranges[-1][1] == _LAST
    shown = _complement(ranges) if negated else ranges
    if not shown:
        return '[\\u0000-\U0010ffff]'
    return f'[{"^" if negated else ""}' + ''.join(
        _write_character(low, special) + ('' if low == high else ('-' if high > low + 1 else '') + _write_character(high, special))
        for low, high in shown) + ']'


def _write_character(code, special):
    character = chr(code)
    if character in special:
        return f'\\{character}'
    return f'\\u{code:04x}' if code < 32 or 0x7f <= code <= 0xa0 or 0x2028 <= code <= 0x2029 or 0xd800 <= code <= 0xdfff else character


def _automaton(tree):
    """Return ``(classes, follow, last, nullable)`` of the automaton whose states are the characters of a pattern.

    ``follow`` says which may come after which; -1 is the begin.
    """
    classes, follow, twice = [], {-1: set()}, set()
    ways = 0

    def link(sources, targets):
        nonlocal ways
        for source in sources:
            ways += len(targets)
            if ways > WAYS:
                raise Unusable('too_long')
            twice.update((source, target) for target in targets & follow[source])
            follow[source] |= targets

    def build(node):
        """Return ``(first, last, nullable)``: sets of positions, and whether the node matches nothing as well."""
        kind = node[0]
        if kind == 'chars':
            position = len(classes)
            if position >= POSITIONS:
                raise Unusable('too_long')
            classes.append(node[1])
            follow[position] = set()
            return {position}, {position}, False
        if kind == 'seq':
            return chain(build(one) for one in node[1])
        if kind == 'alt':
            firsts, lasts, nullables = zip(*map(build, node[1]), strict=True)
            return set().union(*firsts), set().union(*lasts), any(nullables)
        return repeat(*node[1:])

    def chain(parts):
        first, last, nullable = set(), set(), True
        for part_first, part_last, part_nullable in parts:
            link(last, part_first)
            if nullable:
                first = first | part_first
            last = part_last | last if part_nullable else part_last
            nullable = nullable and part_nullable
        return first, last, nullable

    def repeat(inner, least, most):
        if most is None:
            # x{2,} is x x+
            parts = [build(inner) for _number in range(max(least, 1))]
            first, last, _nullable = parts[-1]
            link(last, first)
            parts[-1] = (first, last, least == 0 or _nullable)
            return chain(parts)
        if most > FEW and _varies(inner):
            raise Unusable('endless')
        required = [build(inner) for _number in range(least)]
        optional = (set(), set(), True)
        # x{0,3} is (x(x(x)?)?)?
        for _number in range(most - least):
            first, last, nullable = build(inner)
            link(last, optional[0])
            optional = (first | optional[0] if nullable else first, last | optional[1], True)
        return chain([*required, optional])

    first, last, nullable = build(tree)
    follow[-1] = first
    _check_loops(classes, follow, twice)
    return classes, follow, last, nullable


def _varies(node):
    kind = node[0]
    if kind == 'repeat':
        return node[2] != node[3] or _varies(node[1])
    return kind != 'chars' and any(map(_varies, node[1]))


def _check_loops(classes, follow, twice):
    """:raises Unusable: when a text can be read in a number of ways that grows exponentially with its length"""
    before = {position: set() for position in range(len(classes))}
    for source, targets in follow.items():
        if source >= 0:
            for target in targets:
                before[target].add(source)
    left = set(range(len(classes)))
    while left:
        start = left.pop()
        loop = _reach(start, follow.__getitem__) & _reach(start, before.__getitem__)
        left -= loop
        if start not in loop:
            continue
        if len(loop) > LOOP:
            raise Unusable('too_long')
        if any(source in loop and target in loop for source, target in twice):
            raise Unusable('endless')
        # Two readings that part and meet again while the loop is walked once.
        if any(one != other for one, other in _walk(start, loop, classes, follow) & _walk(start, loop, classes, before)):
            raise Unusable('endless')


def _walk(start, loop, classes, ways):
    """Return the pairs of positions at which two readings of the same text can be that were both at ``start``."""
    return _reach((start, start), lambda pair: {
        (one, other) for one in ways[pair[0]] & loop for other in ways[pair[1]] & loop if _overlap(classes[one], classes[other])})


def _reach(start, following):
    """Return what can be reached from a start in one move or more."""
    found, stack = set(), [start]
    while stack:
        fresh = following(stack.pop()) - found
        found |= fresh
        stack += fresh
    return found


def _overlap(one, other):
    return any(low <= other_high and other_low <= high for low, high in one for other_low, other_high in other)
