r"""Segments of X12 and EDIFACT interchanges, from a binary file of any size in bounded memory.

Why not a library: ``pydifact`` 0.2, the one EDIFACT reader that is alive, tokenizes a text held in memory character by
character into a list of token objects, without positions, and stops at the first thing it does not expect; the X12
readers on PyPI are validators of health-care messages or unmaintained. What is needed here is less than either (where a
segment ends, what its elements are, and at which place), and is the same for both syntaxes, so one small reader has both.

>>> import io
>>> una = b"UNA:+.? 'UNB+UNOC:3+A+B'BGM+73E+it?'s here?+now'UNZ+1+1'"
>>> [(one.number, one.tag) for one in read(io.BytesIO(una))]
[(1, 'UNB'), (2, 'BGM'), (3, 'UNZ')]
>>> next(one for one in read(io.BytesIO(una)) if one.tag == 'BGM').get(2)
"it's here+now"
"""
import codecs
import re

from .records import Problem

CHUNK = 1 << 16
#: No segment of these messages is near it: past it, a terminator is missing.
LONGEST = 1 << 16

_BLANK = b' \t\r\n\x00\x1a'
_BOM8 = codecs.BOM_UTF8
_ENCODINGS = {
    'UNOC': 'latin-1', 'UNOD': 'iso8859-2', 'UNOE': 'iso8859-5', 'UNOF': 'iso8859-7', 'UNOG': 'iso8859-3', 'UNOH': 'iso8859-4',
    'UNOI': 'iso8859-6', 'UNOJ': 'iso8859-8', 'UNOK': 'iso8859-9',
}


class Segment:
    """One segment: ``tag``, its ``number`` in the file from 1 on, and its elements through `get`."""

    __slots__ = ('number', 'tag', 'text', '_elements', '_syntax')

    def __init__(self, number, text, syntax):
        self.number = number
        self.text = text
        self._syntax = syntax
        self._elements = syntax.split(text, syntax.element)
        self.tag = self._elements[0].strip()

    def get(self, element, component=0):
        """Return the stripped text of an element, counted from 1, or of one of its components, from 0; '' if there is none."""
        if element >= len(self._elements):
            return ''
        syntax = self._syntax
        parts = syntax.split(self._elements[element], syntax.component)
        return syntax.plain(parts[component]).strip() if component < len(parts) else ''

    def __len__(self):
        return len(self._elements)


class Syntax:
    """The delimiters of one interchange."""

    def __init__(self, element, component, terminator, release='', encoding='latin-1'):
        self.element = element
        self.component = component
        self.terminator = terminator
        self.release = release
        self.encoding = encoding
        self._released = re.compile(re.escape(release) + '(.)', re.DOTALL) if release else None

    def split(self, text, delimiter):
        """Cut a text at a delimiter, where it is not released; releases stay in."""
        if not self.release or self.release not in text:
            return text.split(delimiter)
        parts, start, at = [], 0, 0
        while at < len(text):
            if text[at] == self.release:
                at += 2
                continue
            if text[at] == delimiter:
                parts.append(text[start:at])
                start = at + 1
            at += 1
        parts.append(text[start:])
        return parts

    def plain(self, text):
        """Take the releases out."""
        return self._released.sub(r'\1', text) if self.release and self.release in text else text

    def decode(self, raw):
        """Return the text of a segment: many say one character set and send UTF-8, which cannot be taken for another."""
        try:
            return raw.decode('utf-8')
        except UnicodeDecodeError:
            try:
                return raw.decode(self.encoding)
            except UnicodeDecodeError:
                return raw.decode('latin-1')

    def find(self, buffer, start):
        """Return where the next terminator stands in the bytes, -1 if it is not there yet."""
        terminator, release = self.terminator.encode('latin-1'), self.release.encode('latin-1')
        at = buffer.find(terminator, start)
        while at >= 0 and release:
            before = at
            while before > 0 and buffer[before - 1:before] == release:
                before -= 1
            if (at - before) % 2 == 0:
                break
            at = buffer.find(terminator, at + 1)
        return at


def is_edi(head):
    """Say whether the first bytes of a file are those of an interchange: ``'x12'``, ``'edifact'`` or None.

    >>> is_edi(b'ISA*00*'), is_edi(b' UNA:+.'), is_edi(b'ISABEL;3')
    ('x12', 'edifact', None)
    """
    head = _utf8(head).lstrip(_BLANK)
    if re.match(rb'ISA[^A-Za-z0-9\s]', head) and not re.match(rb'ISA[;,"]', head):
        return 'x12'
    if head.startswith(b'UNA') or re.match(rb'UNB[^A-Za-z0-9\s]UNO', head):
        return 'edifact'
    return None


def _utf8(head):
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return head[:len(head) // 2 * 2].decode('utf-16', 'ignore').encode()
    return head[3:] if head.startswith(_BOM8) else head


def read(file, longest=LONGEST):
    """Yield the `Segment`s of a file with one or more interchanges, and a `Problem` for what cannot be read.

    :param file: binary file, read once from where it stands
    :param longest: bytes a segment may have; a longer one is skipped
    """
    return _Reader(file, longest).segments()


class _Reader:
    def __init__(self, file, longest):
        self.longest = longest
        self.buffer = b''
        self.at_end = False
        self.number = 0
        head = file.read(2)
        if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            file = codecs.EncodedFile(file, 'utf-8', 'utf-16-le' if head == codecs.BOM_UTF16_LE else 'utf-16-be', 'replace')
        else:
            self.buffer = head
        self.file = file

    def more(self):
        chunk = self.file.read(CHUNK)
        self.at_end = not chunk
        self.buffer += chunk
        return not self.at_end

    def segments(self):
        while True:
            syntax = self.begin()
            if syntax is None:
                return
            if isinstance(syntax, Problem):
                yield syntax
                return
            closing = 'UNZ' if syntax.release else 'IEA'
            tag = None
            for segment in self.body(syntax):
                yield segment
                tag = getattr(segment, 'tag', None)
                if tag == closing:
                    break
            if tag != closing:
                return

    def begin(self):
        """Read the delimiters of the next interchange; None at the end of the file."""
        while len(self.buffer) < 4096 and self.more():
            pass
        if self.buffer.startswith(_BOM8):
            self.buffer = self.buffer[3:]
        self.buffer = self.buffer.lstrip(_BLANK)
        while not self.buffer and self.more():
            self.buffer = self.buffer.lstrip(_BLANK)
        if not self.buffer:
            return None if self.number else Problem('empty_file', is_final=True)
        if len(self.buffer) < 4096:
            self.more()
        kind = is_edi(self.buffer[:64])
        syntax = {'x12': self.x12, 'edifact': self.edifact}.get(kind, lambda: None)()
        if syntax:
            return syntax
        return Problem(
            'trailing_text' if self.number else 'bad_envelope', self.number + 1, {},
            self.buffer[:200].decode('latin-1'), is_final=True)

    def x12(self):
        """ISA has 16 elements; the sixteenth is the component separator, and what follows ends the segment."""
        head = self.buffer[:4096]
        element = head[3:4]
        parts = head.split(element, 16)
        if len(parts) < 17 or len(parts[16]) < 2:
            return None
        component, terminator = parts[16][:1], parts[16][1:2]
        if terminator == b'\r' and parts[16][2:3] == b'\n':
            terminator = b'\n'
        if terminator.isalnum() or terminator in (element, component) or len(parts[12]) > 10:
            return None
        return Syntax(element.decode('latin-1'), component.decode('latin-1'), terminator.decode('latin-1'))

    def edifact(self):
        marks = ":+.? '"
        if self.buffer.startswith(b'UNA'):
            if len(self.buffer) < 9:
                return None
            marks = self.buffer[3:9].decode('latin-1')
            self.buffer = self.buffer[9:].lstrip(_BLANK)
        declared = self.buffer[4:8].decode('latin-1').upper()
        component, element, _decimal, release, _reserved, terminator = marks
        if len({component, element, terminator}) < 3:
            return None
        return Syntax(element, component, terminator, release.strip(), _ENCODINGS.get(declared, 'latin-1'))

    def body(self, syntax):
        """Yield the segments of one interchange; what stands behind the last terminator at the end of the file was cut off."""
        start = searched = 0
        overlong = False
        while True:
            at = syntax.find(self.buffer, searched)
            if at < 0:
                rest = self.buffer[start:]
                if len(rest) > self.longest:
                    if not overlong:
                        overlong = True
                        self.number += 1
                        yield Problem(
                            'segment_too_long', self.number, {'limit': self.longest}, rest[:200].decode('latin-1'))
                    # Enough is kept to see whether what comes next was released.
                    rest = rest[-64:]
                self.buffer, start, searched = rest, 0, max(len(rest) - 1, 0)
                if not self.more():
                    break
                continue
            raw = self.buffer[start:at]
            start = searched = at + 1
            if overlong:
                overlong = False
                continue
            text = syntax.decode(raw.strip(_BLANK))
            if not text:
                continue
            self.number += 1
            segment = Segment(self.number, text, syntax)
            if segment.tag in ('IEA', 'UNZ'):
                self.buffer = self.buffer[start:]
                yield segment
                return
            yield segment
        left = self.buffer.strip(_BLANK)
        yield Problem('truncated', self.number + bool(left), {}, left[:200].decode('latin-1'), is_final=True)
