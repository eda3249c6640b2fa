"""Rows of an XLSX workbook, as a stream, once its container was found to be harmless.

``openpyxl`` (which Odoo brings) reads the cells. It unpacks what it is given, so the container is measured before: its
parts, their sizes unpacked, how far they shrink, and that no part declares entities.
"""
import re
import zipfile
import zlib
from datetime import date, datetime, time

from .records import Problem

#: Bytes unpacked of all parts, of the one part that is read as a whole, parts, and how often a part may shrink.
UNPACKED, STRINGS, PARTS, RATIO = 2 << 30, 256 << 20, 2000, 500
#: What is never worth a question however far it shrinks.
SMALL = 8 << 20
ROWS, WIDEST = 1_048_576, 1000
_CONTROL = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')
_ERRORS = frozenset(('#N/A', '#REF!', '#VALUE!', '#DIV/0!', '#NAME?', '#NULL!', '#NUM!'))


def check(file, unpacked=UNPACKED, ratio=RATIO):
    """Return the `Problem` of a container that must not be opened, None when it may."""
    try:
        with zipfile.ZipFile(file) as container:
            parts = container.infolist()
            if not any(part.filename == '[Content_Types].xml' for part in parts):
                return Problem('not_a_workbook', is_final=True)
            if len(parts) > PARTS:
                return Problem('zip_bomb', details={'limit': PARTS}, is_final=True)
            total = 0
            for part in parts:
                total += part.file_size
                shrinks = part.file_size > SMALL and part.file_size > ratio * max(part.compress_size, 1)
                if total > unpacked or shrinks or ('sharedStrings' in part.filename and part.file_size > STRINGS):
                    return Problem('zip_bomb', details={'size': total}, is_final=True)
                if part.flag_bits & 1:
                    return Problem('encrypted', is_final=True)
            for part in parts:
                if part.filename.lower().endswith(('.xml', '.rels', '.vml')) and _declares(container, part):
                    return Problem('declares_entities', details={'part': part.filename}, is_final=True)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, OSError, ValueError, EOFError, RuntimeError):
        return Problem('broken_workbook', is_final=True)
    finally:
        file.seek(0)
    return None


def _declares(container, part):
    """Say whether a part has a document type, which no part of a workbook needs; it can only stand before the first element."""
    with container.open(part) as content:
        head = content.read(1 << 16).replace(b'\x00', b'')
    first = re.search(rb'<[A-Za-z_]', head)
    return b'<!DOCTYPE' in head or (not first and len(head) > 1000)


class Rows:
    """Iterate to get ``(number of the row, cells as text)`` and `Problem`s; once.

    Numbers have a point and dates are ISO, whatever the workbook shows.

    :param file: binary file that can seek
    :param sheet: the sheet's name; else the first that is shown
    """

    encoding = delimiter = ''

    def __init__(self, file, sheet=None, widest=WIDEST):
        self.file = file
        self.sheet = sheet
        self.widest = widest
        self.sheets = []

    def __iter__(self):
        problem = check(self.file)
        if problem:
            yield problem
            return
        from openpyxl import load_workbook
        number = 0
        try:
            book = load_workbook(self.file, read_only=True, data_only=True, keep_links=False)
            self.sheets = [sheet.title for sheet in book.worksheets]
            if not self.sheets:
                yield Problem('empty_file', is_final=True)
                return
            shown = next((sheet for sheet in book.worksheets if sheet.sheet_state == 'visible'), book.worksheets[0])
            sheet = book[self.sheet] if self.sheet in self.sheets else shown
            # What a sheet says of its size is not to be believed: a wrong one pads every row.
            sheet.reset_dimensions()
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                if number > ROWS:
                    yield Problem('too_many_rows', number, {'limit': ROWS}, is_final=True)
                    return
                if not cells:
                    continue
                if len(cells) > self.widest:
                    cells = self._trimmed(cells)
                    if len(cells) > self.widest:
                        yield Problem('too_many_columns', number, {'limit': self.widest, 'found': len(cells)})
                        continue
                row = [_text(cell) for cell in cells]
                if any(row):
                    found = next((cell for cell in row if _CONTROL.search(cell)), None)
                    if found is not None:
                        code = f'U+{ord(_CONTROL.search(found)[0]):04X}'
                        yield Problem('control_character', number, {'code': code}, _CONTROL.sub('\u00b7', '\t'.join(row))[:2000])
                        continue
                    yield number, row
        except Exception as error:
            # A damaged workbook fails in openpyxl, zipfile, zlib or the XML parser in a hundred ways; the rows before it are good.
            yield Problem('broken_workbook', number, {'error': type(error).__name__}, is_final=True)

    @staticmethod
    def _trimmed(cells):
        last = len(cells)
        while last and cells[last - 1] is None:
            last -= 1
        return cells[:last]


def _text(cell):
    """Return the text of a cell's value.

    >>> _text(0.1 + 0.2), _text(5.0), _text(datetime(2026, 4, 3)), _text(True), _text('#N/A')
    ('0.3', '5', '2026-04-03', '1', '')
    """
    if cell is None:
        return ''
    if isinstance(cell, str):
        text = cell.strip()
        return '' if text in _ERRORS else text
    if isinstance(cell, bool):
        return '1' if cell else '0'
    if isinstance(cell, float):
        # A spreadsheet knows 15 digits; the others come from binary fractions.
        text = f'{cell:.15g}'
        return text if 'e' not in text else f'{cell:f}'
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=' ', timespec='seconds')
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell)
