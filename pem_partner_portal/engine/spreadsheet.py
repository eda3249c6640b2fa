"""Small spreadsheets that people fill: what stands in the cells of a CSV or XLSX file, or of the clipboard, as texts.

>>> read_csv(b'Name;Seats\\r\\n"M\\xfcller; GmbH";7\\r\\n')
[['Name', 'Seats'], ['Müller; GmbH', '7']]
>>> read_csv('\\ufeffName\\tSeats\\nKim\\t7'.encode('utf-16'))
[['Name', 'Seats'], ['Kim', '7']]
>>> read_clipboard('Kim\\t7\\r\\n"two\\nlines"\\t8\\r\\n')
[['Kim', '7'], ['two\\nlines', '8']]
>>> read_xlsx(write_xlsx(['Name', '=1+1']), most=10)
[['Name', '=1+1']]
>>> read_csv(write_csv(['Name', '=1+1'], [['-', -2.5], [None, 3]]))
[['Name', "'=1+1"], ["'-", '-2.5'], ['', '3']]
>>> read_xlsx(write_xlsx(['Name', 'Sum'], [['=1+1', -2.5], [None, datetime.date(2026, 3, 1)]]))
[['Name', 'Sum'], ['=1+1', '-2.5'], ['', '2026-03-01']]
"""
import codecs
import csv
import datetime
import io
import warnings
import zipfile

import openpyxl
import xlsxwriter

#: Bytes that an XLSX file may hold when unpacked, files in it, and the widest row that is read.
MOST_UNPACKED = 100 * 1024 * 1024
MOST_PARTS = 1000
MOST_CELLS = 200
#: What separates the cells of a CSV file, the most usual first.
DELIMITERS = ',;\t|'
#: What makes spreadsheets take a text for a formula.
FORMULA = ('=', '+', '-', '@', '\t', '\r')


class Unreadable(ValueError):
    """Raised for content that is no spreadsheet, or too big a one."""


def read_csv(content, most=None):
    """Return the rows of a CSV file in whatever encoding and with whatever delimiter; at most ``most`` of them."""
    text = _decode(content)
    best = max(DELIMITERS, key=lambda delimiter: (_evenness(text, delimiter), -DELIMITERS.index(delimiter)))
    return _rows(text, best, most)


def read_clipboard(text, most=None):
    """Return the rows that a spreadsheet put into the clipboard."""
    return _rows(text.replace('\x00', ''), '\t', most)


def read_xlsx(content, most=None):
    """Return the rows of the first sheet of an XLSX file: results instead of formulas, dates as ISO text."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise Unreadable("too big")
        with warnings.catch_warnings():
            # Drop-down lists and the like are of no interest here.
            warnings.simplefilter('ignore')
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        rows = []
        for row in sheet.iter_rows(values_only=True, max_col=MOST_CELLS):
            if most is not None and len(rows) >= most:
                break
            rows.append(_trim([_text(cell) for cell in row]))
    except Unreadable:
        raise
    except Exception as error:
        # What the library trips over in a broken file is of any class.
        raise Unreadable(str(error)) from error
    return _without_end(rows)


def write_csv(headings, rows=()):
    """Return a CSV file whose texts no spreadsheet takes for formulas.

    :param rows: lists of cells: texts, numbers, dates, or None
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in (headings, *rows):
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else '' if cell is None else cell for cell in row])
    return codecs.BOM_UTF8 + buffer.getvalue().encode()


def write_xlsx(headings, rows=()):
    """Return an XLSX file in which texts are texts, whatever they begin with.

    :param rows: lists of cells: texts, numbers, dates, or None
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {'in_memory': True}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({'bold': True})
        for number, text in enumerate(headings):
            sheet.write_string(0, number, text, bold)
            sheet.set_column(number, number, max(12, min(40, len(text) + 2)))
        day = book.add_format({'num_format': 'yyyy-mm-dd'})
        for line, row in enumerate(rows, 1):
            for number, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(line, number, cell)
                elif isinstance(cell, datetime.date):
                    sheet.write_datetime(line, number, cell, day)
                elif cell is not None:
                    sheet.write_number(line, number, cell)
        sheet.freeze_panes(1, 0)
    return buffer.getvalue()


def _decode(content):
    for mark, encoding in ((codecs.BOM_UTF8, 'utf-8-sig'), (codecs.BOM_UTF16_LE, 'utf-16'), (codecs.BOM_UTF16_BE, 'utf-16')):
        if content.startswith(mark):
            return content.decode(encoding, 'replace').lstrip('\ufeff').replace('\x00', '')
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode('cp1252', 'replace')
    return text.replace('\x00', '')


def _evenness(text, delimiter):
    """Return how well a delimiter parts the first rows into cells: alike many, and many."""
    widths = [len(row) for row in _rows(text[:20_000], delimiter, 20) if row]
    if not widths or max(widths) < 2:
        return 0
    alike = sum(width == widths[0] for width in widths) / len(widths)
    return alike * min(widths[0], 50) if widths[0] > 1 else 0


def _rows(text, delimiter, most):
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=''), delimiter=delimiter):
            if most is not None and len(rows) >= most:
                break
            rows.append(_trim([cell.replace('\r\n', '\n').strip() for cell in row[:MOST_CELLS]]))
    except csv.Error as error:
        raise Unreadable(str(error)) from error
    return _without_end(rows)


def _trim(row):
    while row and not row[-1]:
        row.pop()
    return row


def _without_end(rows):
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _text(cell):
    if cell is None:
        return ''
    if isinstance(cell, bool):
        return '1' if cell else '0'
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(' ', 'seconds')
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    return str(cell).strip()
