"""What a file is, by its content, and the rows or lines in it.

>>> import io
>>> kind(io.BytesIO(b'PK\\x03\\x04...')), kind(io.BytesIO(b"UNA:+.? '")), kind(io.BytesIO(b'part;quantity'))
('xlsx', 'edifact', 'csv')
"""
from . import csv_rows, edi, edifact_slsrpt, x12_867, xlsx_rows

_MAGIC = (
    (b'PK', 'xlsx'), (b'\xd0\xcf\x11\xe0', 'xls'), (b'%PDF', 'pdf'), (b'\x89PNG', 'image'), (b'\xff\xd8\xff', 'image'), (b'GIF8', 'image'),
    (b'\x1f\x8b', 'archive'), (b'Rar!', 'archive'), (b'7z\xbc\xaf', 'archive'), (b'{\\rtf', 'document'), (b'MZ', 'program'),
    (b'\x7fELF', 'program'))
TABULAR = ('csv', 'xlsx')
EDI = ('x12', 'edifact')


def kind(file):
    """Return what a file is: csv, xlsx, x12, edifact, or what it is instead: xls, pdf, image, archive, document, program."""
    start = file.tell()
    head = file.read(256)
    file.seek(start)
    return edi.is_edi(head) or next((name for magic, name in _MAGIC if head.startswith(magic)), 'csv')


def lines(file, what):
    """Iterate over an EDI file's header, lines, problems, totals and notes."""
    return {'x12': x12_867, 'edifact': edifact_slsrpt}[what].read(file)


def rows(file, what, *, encoding=None, delimiter=None, sheet=None):
    """Iterate over the numbered rows, and problems, of a table."""
    if what == 'xlsx':
        return xlsx_rows.Rows(file, sheet)
    return csv_rows.Rows(file, encoding or None, delimiter or None)
