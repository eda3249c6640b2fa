r"""Rows of a CSV file in whatever encoding and dialect, as a stream.

Python's ``csv`` cuts the rows; found out here is what it has to be told. ``csv.Sniffer`` guesses a delimiter from
single characters and takes letters for it; the delimiter here is the one that cuts most lines into the same number of
cells. UTF-8 and UTF-16 prove themselves; of the encodings that do not, ``chardet`` (which Odoo brings) is believed only
where it is sure of a script that is not western, and Windows-1252 is what is left.

>>> import io
>>> rows = Rows(io.BytesIO('Teil;Menge\r\n"BX;17";1,5\r\nGröße;2\r\n'.encode('cp1252')))
>>> list(rows)
[(1, ['Teil', 'Menge']), (2, ['BX;17', '1,5']), (3, ['Größe', '2'])]
>>> rows.encoding, rows.delimiter
('cp1252', ';')
"""
import codecs
import csv
import re
from collections import Counter, deque

from .records import Problem

CHUNK = 1 << 20
SAMPLE = 1 << 16
#: Characters of a line, cells of a row, lines that a quoted cell may span.
LONGEST, WIDEST, TALLEST = 1 << 18, 1000, 30
DELIMITERS = ',;\t|'

_CONTROL = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ufffd]')
_BOMS = (
    (codecs.BOM_UTF8, 'utf-8-sig'), (codecs.BOM_UTF32_LE, 'utf-32'), (codecs.BOM_UTF32_BE, 'utf-32'),
    (codecs.BOM_UTF16_LE, 'utf-16'), (codecs.BOM_UTF16_BE, 'utf-16'))
_SCRIPTS = {
    'windows-1251', 'koi8-r', 'iso-8859-5', 'maccyrillic', 'ibm866', 'shift_jis', 'cp932', 'euc-jp', 'gb2312', 'gb18030', 'big5', 'euc-kr',
    'cp949', 'windows-1253', 'iso-8859-7', 'windows-1255', 'iso-8859-8', 'windows-1256', 'tis-620'}


class Rows:
    """Iterate to get ``(number of the row, cells)`` and `Problem`s; once.

    ``encoding`` and ``delimiter`` say what was found, or given.

    :param file: binary file that can seek
    """

    def __init__(self, file, encoding=None, delimiter=None, longest=LONGEST, widest=WIDEST):
        self.file = file
        self.longest = longest
        self.widest = widest
        self.start = file.tell()
        head = file.read(SAMPLE)
        self.is_empty = not head.strip(b'\x00 \t\r\n\xef\xbb\xbf\xff\xfe')
        self.encoding = encoding or self._detect(head)
        text = codecs.getincrementaldecoder(self.encoding)('replace').decode(head)
        self.newline = '\n' if '\n' in text or '\r' not in text else '\r'
        self.delimiter = delimiter or sniff(text.split(self.newline)[:200], whole=len(head) < SAMPLE)

    def _detect(self, head):
        for bom, encoding in _BOMS:
            if head.startswith(bom):
                return encoding
        even, odd = head[::2].count(0), head[1::2].count(0)
        if max(even, odd) > len(head) // 8:
            return 'utf-16-be' if even > odd else 'utf-16-le'
        faults, others, sample = self._try_utf8(head)
        if faults * 20 <= others:
            return 'utf-8'
        return self._legacy(sample)

    def _try_utf8(self, chunk):
        """Read the whole file once: how many bytes are no UTF-8, how many characters are more than ASCII; and a sample of lines with them."""
        decoder = codecs.getincrementaldecoder('utf-8')('replace')
        faults = others = 0
        sample = b''
        while chunk:
            if not chunk.isascii():
                text = decoder.decode(chunk)
                found = text.count('\ufffd')
                faults += found
                others += len(text) - len(text.encode('ascii', 'ignore')) - found
                if len(sample) < SAMPLE:
                    sample += b'\n'.join(line for line in chunk[:SAMPLE * 8].split(b'\n')[:-1] if not line.isascii())[:SAMPLE]
                if faults > 1000 and faults * 20 > others:
                    break
            else:
                # What the chunk before left open ends here.
                faults += decoder.decode(chunk[:4]).count('\ufffd')
                decoder.reset()
            chunk = self.file.read(CHUNK)
        self.file.seek(self.start)
        return faults, others, sample or chunk

    @staticmethod
    def _legacy(sample):
        try:
            import chardet
        except ImportError:
            chardet = None
        runs = re.findall(rb'[\x80-\xff]+', sample)
        # Latin letters with marks stand alone; letters of other scripts stand together.
        if chardet and sum(map(len, runs)) >= 2.5 * len(runs):
            name = (chardet.detect(sample).get('encoding') or '').lower()
            if name in _SCRIPTS:
                return codecs.lookup(name).name
        # Five bytes have no meaning in Windows-1252 and one in ISO 8859-1.
        return 'latin-1' if re.search(rb'[\x81\x8d\x8f\x90\x9d]', sample) else 'cp1252'

    def __iter__(self):
        if self.is_empty:
            yield Problem('empty_file', is_final=True)
            return
        self.file.seek(self.start)
        lines = _Lines(self)
        reader = csv.reader(lines, delimiter=self.delimiter)
        while True:
            lines.begin()
            try:
                row = next(reader)
            except StopIteration:
                break
            except (csv.Error, _TooTall):
                code = 'quote_not_closed' if len(lines.record) > 1 else 'cell_too_long'
                yield Problem(code, lines.first, {}, lines.record[0].rstrip()[:2000])
                lines.again()
                # What the reader had of the broken row goes with it.
                reader = csv.reader(lines, delimiter=self.delimiter)
                continue
            if lines.has_problem:
                yield from lines.problems()
            if lines.is_flagged:
                found = next((match for line in lines.record for match in [_CONTROL.search(line)] if match), None)
                if found:
                    code = 'bad_encoding' if found[0] == '\ufffd' else 'control_character'
                    yield Problem(
                        code, lines.first, {'encoding': self.encoding, 'code': f'U+{ord(found[0]):04X}'},
                        _CONTROL.sub('\u00b7', ''.join(lines.record)).strip()[:2000])
                    continue
            if len(row) > self.widest:
                yield Problem('too_many_columns', lines.first, {'limit': self.widest, 'found': len(row)}, ''.join(lines.record)[:200])
                continue
            if lines.ended and len(lines.record) > 1 and ''.join(lines.record).count('"') % 2:
                yield Problem('quote_not_closed', lines.first, {}, lines.record[0].rstrip()[:2000])
                lines.again()
                reader = csv.reader(lines, delimiter=self.delimiter)
                continue
            if row:
                yield lines.first, row
        yield from lines.problems()


class _TooTall(Exception):
    """A quoted cell spans more lines than any address."""


class _Lines:
    """Lines of a file for ``csv``, which can be given back: a quote nobody closed must not swallow the rows below it."""

    def __init__(self, rows):
        self.rows = rows
        self.decoder = codecs.getincrementaldecoder(rows.encoding)('replace')
        self.pending = deque()
        self.rest = ''
        self.record = []
        self.number = 0
        self.first = 1
        self.ended = False
        self.is_flagged = False
        self.has_problem = False
        self._problems = []

    def __iter__(self):
        return self

    def begin(self):
        self.record = []
        self.first = self.number + 1

    def again(self):
        """Give back all lines of the present record but the first."""
        back = self.record[1:]
        self.pending.extendleft(reversed(back))
        self.number -= len(back)
        self.ended = False

    def problems(self):
        found, self._problems, self.has_problem = self._problems, [], False
        return found

    def __next__(self):
        if len(self.record) >= TALLEST:
            raise _TooTall
        while not self.pending:
            if not self._more():
                self.ended = True
                raise StopIteration
        line = self.pending.popleft()
        self.number += 1
        self.record.append(line)
        return line

    def _more(self):
        """Fill ``pending`` with the whole lines of the next chunk."""
        chunk = self.rows.file.read(CHUNK)
        text = self.decoder.decode(chunk, final=not chunk)
        if not chunk and not text and not self.rest:
            return False
        if not self.is_flagged and _CONTROL.search(text):
            self.is_flagged = True
        if self.is_flagged:
            # Python 3.10's csv stops at it.
            text = text.replace('\0', '\1')
        newline, longest = self.rows.newline, self.rows.longest
        lines = (self.rest + text).split(newline)
        self.rest = lines.pop() if chunk else ''
        if not chunk and lines and not lines[-1]:
            lines.pop()
        if len(self.rest) > longest or max(map(len, lines), default=0) > longest:
            lines = self._shortened(lines, longest)
        self.pending.extend([f'{line}\n' for line in lines])
        return True

    def _shortened(self, lines, longest):
        """Take out the lines that are too long; of one that goes on, only the beginning is kept while it does."""
        kept = []
        number = self.number + len(self.pending)
        for line in lines:
            number += 1
            if len(line) <= longest:
                kept.append(line)
                continue
            self._problems.append(Problem('line_too_long', number, {'limit': longest}, line[:200]))
            self.has_problem = True
            kept.append('')
        if len(self.rest) > longest:
            self.rest = self.rest[:longest + 1]
        return kept


def sniff(lines, whole=True):
    """Return the delimiter that cuts these lines into cells.

    >>> sniff(['a;b,c', '1,5;2', '1,7;3'], whole=True), sniff(['name', 'x']), sniff(['a|b|c', '1|2|3'])
    (';', ',', '|')
    """
    if lines and lines[0].lower().startswith('sep=') and len(lines[0].strip()) == 5:
        return lines[0].strip()[4]
    lines = [line for line in (lines if whole else lines[:-1]) if line.strip()] or lines
    best, found = (0, 0), ','
    # A comma that cuts as well as another sign parts decimals.
    for delimiter in DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines[:100], delimiter=delimiter))
        except csv.Error:
            continue
        widths.pop(0, None)
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            continue
        width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
        score = (count * 10 // sum(widths.values()), width if delimiter != ',' else width - 0.5)
        if score > best:
            best, found = score, delimiter
    return found
