import dataclasses
import re
from datetime import datetime

from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.pem_campaigns.engine import answers

from ..engine import spreadsheet
from .pem_form_field import CHOSEN
from .pem_gateway_sheet import ROWS
from .pem_gateway_table import LINES

#: Sentences about cells that were left out; the rest is counted.
MOST_NOTES = 10
#: Characters of what is pasted.
LONGEST_PASTE = 1_000_000


class PemGateway(models.AbstractModel):
    """Rows from spreadsheets: files and what is pasted, made into what the inputs of a table hold."""

    _inherit = 'pem.gateway'

    def _open_columns(self, sheet, table):
        """Return the columns a partner fills in at present in a table.

        :raises MissingError: when there is no such table, or it is not open
        """
        if table == LINES and sheet.columns:
            columns = sheet.columns if sheet.is_editable and sheet.reopened is None else sheet.columns.browse()
        else:
            question = sheet.question(table)
            columns = question.column_ids if question.value_type == 'table' and sheet.is_open(table) else question.browse()
        columns = columns.filtered(lambda column: column.value_type != 'computed' and column.value_type not in answers.FILES)
        return self._one(columns)

    @api.model
    def _row_template(self, sheet, table, kind):
        """Return ``(name, bytes)`` of an empty file with the headings of a table; ``kind`` is csv or xlsx."""
        headings = self._open_columns(sheet, table).mapped('label')
        write = {'csv': spreadsheet.write_csv, 'xlsx': spreadsheet.write_xlsx}.get(kind)
        if not write:
            raise self._missing()
        label = sheet.question(table).label if table != LINES else sheet.holder._portal_texts().get('lines') or LINES
        return f'{re.sub(r"[^-_. a-zA-Z0-9]+", "", label).strip() or table}.{kind}', write(headings)

    @api.model
    def _read_file(self, sheet, table, upload):
        """Return the rows of an uploaded spreadsheet, as ``_read_rows`` does.

        :param upload: werkzeug's ``FileStorage``
        :raises ValidationError: in words for the reader, when it holds no rows for this table
        """
        columns = self._open_columns(sheet, table)
        name, content, _mimetype = self._check_upload(upload, endings=('csv', 'xlsx'))
        read = spreadsheet.read_xlsx if name.lower().endswith('.xlsx') else spreadsheet.read_csv
        most = self._most_rows(sheet.question(table))
        try:
            # Enough to say how much did not fit, without reading whatever somebody sends.
            rows = read(content, most * 10 + 1)
        except spreadsheet.Unreadable as error:
            raise ValidationError(self.env._("“%s” cannot be read as a spreadsheet. Please save it again as CSV or XLSX.", name)) from error
        return self._read_rows(sheet, columns, rows, most)

    @api.model
    def _read_paste(self, sheet, table, text, start):
        """Return the rows of what was pasted into the column ``start``, as ``_read_rows`` does."""
        columns = self._open_columns(sheet, table)
        if len(text) > LONGEST_PASTE:
            raise ValidationError(self.env._("That is too much to paste. Please choose a file instead."))
        most = self._most_rows(sheet.question(table))
        names = columns.mapped('name')
        return self._read_rows(
            sheet, columns, spreadsheet.read_clipboard(text, most * 10 + 1), most, names.index(start) if start in names else 0)

    def _read_rows(self, sheet, columns, rows, most, start=None):
        """Make rows of texts into rows of a table.

        :param rows: lists of texts; the first may name the columns
        :param most: how many rows the table may have
        :param start: the number of the column that gets the first cell when no headings say otherwise; None when there
            have to be headings
        :return: ``{'rows': [{column name: text of its input}], 'notes': [what did not fit, as sentences]}``
        :raises ValidationError: when nothing of it fits
        """
        rows = [(number, row) for number, row in enumerate(rows, 1) if any(row)]
        if not rows:
            raise ValidationError(self.env._("There is nothing in it."))
        places, notes = self._headings(columns, rows[0][1])
        if places:
            rows = rows[1:]
        elif start is None:
            raise ValidationError(self.env._(
                "The first row has to name the columns: %s.", ', '.join(columns.mapped('label'))))
        else:
            places = dict(enumerate(columns[start:]))
            if max(len(row) for _number, row in rows) > len(places):
                notes.append(self.env._("What was right of “%s” did not fit and was left out.", columns[-1].label))
        if len(rows) > most:
            notes.append(self.env._(
                "At most %(most)s lines fit here. What came from row %(row)s on was left out.", most=most, row=rows[most][0]))
        readers = {column: self._cell_reader(sheet, column) for column in places.values()}
        made, refused = [], []
        for number, row in rows[:most]:
            cells = {}
            for place, column in places.items():
                text = row[place] if place < len(row) else ''
                try:
                    cells[column.name] = readers[column](text) if text else ''
                except answers.Refused as fault:
                    cells[column.name] = ''
                    refused.append(self.env._(
                        "Row %(row)s, %(column)s: “%(value)s” was left out. %(reason)s", row=number, column=column.label,
                        value=text[:60], reason=column._fault_message(fault.fault)))
            made.append(cells)
        if len(refused) > MOST_NOTES:
            refused[MOST_NOTES:] = [self.env._("%s more cells were left out.", len(refused) - MOST_NOTES)]
        return {'rows': made, 'notes': notes + refused}

    def _headings(self, columns, row):
        """Return ``({place: column}, notes)``: which column each cell of a first row names; nothing when none does."""
        def plain(text):
            return re.sub(r'[\s*:]+', ' ', text.lstrip("'")).strip().casefold()

        known = {plain(column.name): column for column in columns} | {plain(column.label): column for column in columns}
        places, unknown = {}, []
        for place, text in enumerate(row):
            column = known.get(plain(text))
            if column and column not in places.values():
                places[place] = column
            elif text:
                unknown.append(text)
        # A first row of values in which one happens to be the name of a column is no row of names.
        if len(places) < len(unknown):
            return {}, []
        return places, [
            self.env._("The column “%s” does not belong to this table and was left out.", text[:60]) for text in unknown if places]

    def _cell_reader(self, sheet, column):
        """Return a function that makes the text of a spreadsheet the text of the input of a column.

        The function raises :class:`~..engine.answers.Refused` for what the input cannot show; what else is wrong is said
        beside the cell.
        """
        kind = column.value_type
        question = dataclasses.replace(column._question(sheet.partner), minimum=None, maximum=None)
        if kind in CHOSEN or kind == 'tags':
            choices = self._choice_texts(sheet, column)

            def choose(text):
                if text.casefold() not in choices:
                    raise answers.Refused('not_a_choice')
                return choices[text.casefold()]

            return choose if kind != 'tags' else lambda text: [choose(one.strip()) for one in re.split('[,;\n]', text) if one.strip()]
        if kind in answers.TICKS:
            yes = {'1', 'true', 'yes', 'y', 'x', 'on', self.env._("Yes").casefold()}
            no = {'0', 'false', 'no', 'n', '-', 'off', self.env._("No").casefold()}

            def tick(text):
                if text.casefold() not in yes | no:
                    raise answers.Refused('not_boolean')
                return '1' if text.casefold() in yes else ''

            return tick
        if kind in answers.NUMBERS:
            return lambda text: repr(answers.parse(question, text)).removesuffix('.0')
        if kind in ('date', 'datetime'):
            return self._moment_reader(kind)
        return lambda text: text

    def _choice_texts(self, sheet, column):
        """Return ``{text in lower case: key}`` by which a choice can be named: its key, its label, the code of a country."""
        choices = column._choices(sheet.partner)
        texts = {str(key).casefold(): str(key) for key, _label in choices}
        if column.value_type == 'country':
            countries = self.env['res.country'].sudo().browse([key for key, _label in choices])
            texts = {country.code.casefold(): str(country.id) for country in countries if country.code}
        return texts | {label.casefold(): str(key) for key, label in choices}

    def _moment_reader(self, kind):
        language = self.env['res.lang']._get_data(code=self.env.lang or 'en_US')
        dates = ['%Y-%m-%d', language.date_format]
        times = ['%H:%M:%S', '%H:%M', language.time_format]
        forms = [f'{date}{between}{time}' for date in dates for between in ' T' for time in times]
        forms = forms + dates if kind == 'datetime' else dates + forms

        def read(text):
            for form in forms:
                try:
                    moment = datetime.strptime(text, form)
                except ValueError:
                    continue
                return moment.strftime('%Y-%m-%dT%H:%M' if kind == 'datetime' else '%Y-%m-%d')
            raise answers.Refused(f'not_{kind}')

        return read

    @api.model
    def _append_rows(self, sheet, table, upload):
        """Add the rows of an uploaded spreadsheet to a draft, as the page does where there is no JavaScript.

        :return: sentences about it
        """
        try:
            read = self._read_file(sheet, table, upload)
        except UserError as error:
            return [str(error)]
        key = ROWS if table == LINES else table
        taken = sheet.raw.get(key) or []
        room = max(self._most_rows(sheet.question(table)) - len(taken), 0)
        columns = self._open_columns(sheet, table)
        kinds = {column.name: column.value_type for column in columns}
        rows = [{name: self._take(kinds[name], text, sheet.zone) for name, text in row.items()} for row in read['rows'][:room]]
        if table == LINES:
            used = {row['key'] for row in taken}
            free = (key for number in range(len(used) + len(rows) + 1) if (key := f'file{number}') not in used)
            rows = [{'key': next(free), **row} for row in rows]
        self._store(sheet, {**sheet.raw, key: [*taken, *rows]})
        notes = read['notes']
        if len(read['rows']) > room:
            notes = [self.env._("%s lines did not fit and were left out.", len(read['rows']) - room), *notes]
        return [self.env._("%s lines were added.", len(rows)), *notes]
