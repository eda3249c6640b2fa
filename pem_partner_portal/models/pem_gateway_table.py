from odoo import api, models
from odoo.tools import formatLang

from odoo.addons.pem_campaigns.engine import answers

from .pem_gateway_sheet import ROWS

#: The name of the lines of a document, among the tables of its form.
LINES = 'lines'
DEFAULT_ROWS = 200


class PemGateway(models.AbstractModel):
    """Rows: the lines of documents, and the questions that are answered with a table."""

    _inherit = 'pem.gateway'

    # Entering

    @api.model
    def _most_rows(self, question=None):
        """Return how many rows a table may have."""
        return (question and question.max_rows) or self.env['res.config.settings']._pem_portal_parameter('document_rows', DEFAULT_ROWS)

    def _merge_lines(self, sheet, given):
        """Return the lines of a document as a draft keeps them: ``[{'key', column: text}]``."""
        columns = sheet.columns.mapped('name')
        if sheet.reopened is not None:
            # Single cells were sent back: rows stay, and of them only these cells are open.
            return [{
                **row, **{
                    column: self._shorten(given.get(row['key'], {}).get(column, row.get(column)))
                    for column in columns if sheet.is_open(f'lines.{row["key"]}.{column}')},
            } for row in sheet.raw.get(ROWS) or []]
        return [
            {'key': str(key)[:40], **row}
            for key, row in self._taken_rows(sheet.columns, given, sheet.zone, self._most_rows())]

    def _merge_table(self, question, given, zone):
        """Return the rows of a question as a draft keeps them: ``[{column: text}]``; one more than allowed is kept, so
        that it is refused instead of being lost."""
        return [row for _key, row in self._taken_rows(question.column_ids, given, zone, self._most_rows() + 1)]

    def _taken_rows(self, columns, given, zone, most):
        """Return ``[(key, {column: text})]`` of the rows in which something is entered."""
        rows = []
        for key, cells in given.items():
            row = {column.name: self._take(column.value_type, cells.get(column.name, ''), zone)
                   for column in columns if column.value_type != 'computed'}
            if len(rows) < most and any(str(cell).strip() for cell in row.values()):
                rows.append((key, row))
        return rows

    # Checking

    def _check_line(self, sheet, row):
        cells, faults = answers.check([column._question(sheet.partner) for column in sheet.columns], row, sheet.facts)
        columns = {column.name: column for column in sheet.columns}
        return cells, {name: columns[name]._fault_message(fault) for name, fault in faults.items()}

    # Showing

    def _line_table(self, sheet, errors, notes):
        """Return the view of the lines of a document, None when it has none."""
        if not sheet.columns:
            return None
        texts = sheet.holder._portal_texts()
        reopened = sheet.reopened or {}

        def cell(row, column):
            name = f'lines.{row["key"]}.{column.name}'
            return column._portal_entry(
                row.get(column.name, ''), error=errors.get(f'{row["key"]}.{column.name}', ''),
                comment=reopened.get(name, ''), is_open=sheet.is_open(name), partner=sheet.partner)

        rows = [{'key': row['key'], 'cells': [cell(row, column) for column in sheet.columns]} for row in sheet.raw.get(ROWS) or []]
        return {
            **self._table_view(sheet, LINES, sheet.columns, rows, notes),
            'prefix': 'line', 'marker': '', 'title': texts.get('lines') or self.env._("Lines"), 'least': 0,
            'most': self._most_rows(), 'error': errors.get(LINES, ''), 'can_change': sheet.is_editable and sheet.reopened is None,
        }

    def _question_table(self, sheet, question, errors, notes, is_open, values):
        """Return the view of a question that is answered with rows.

        :param values: the typed rows, with what is computed in them
        """
        name = question.name
        rows = [{
            'key': str(number),
            'cells': [column._portal_entry(
                row.get(column.name, ''), error=errors.get(f'{name}.{number}.{column.name}', ''), is_open=is_open,
                partner=sheet.partner)
                for column in question.column_ids],
        } for number, row in enumerate(sheet.raw.get(name) or []) if isinstance(row, dict)]
        for row, cells in zip(rows, values or [], strict=False):
            for cell, column in zip(row['cells'], question.column_ids, strict=True):
                if column.value_type == 'computed':
                    cell['display'] = column._display(cells.get(column.name, False))
        return {
            **self._table_view(sheet, name, question.column_ids, rows, notes),
            'prefix': f'row.{name}', 'marker': f'row.{name}', 'title': '', 'least': question.min_rows,
            'most': self._most_rows(question), 'error': errors.get(name, ''), 'can_change': is_open,
        }

    def _table_view(self, sheet, name, columns, rows, notes):
        return {
            'id': f'pem_rows_{name}', 'name': name, 'path': f'rows/{name}',
            'columns': [column._portal_entry('', partner=sheet.partner) for column in columns], 'rows': rows,
            'totals': [self._total(column, rows) for column in columns.filtered('show_total')],
            'notes': notes.get(name, []), 'add_row': notes.get('#add') == name,
        }

    def _total(self, column, rows):
        """Return ``{'name', 'label', 'display'}`` of the sum of a column; what is no number counts as nothing."""
        question, total = column._question(), 0
        for row in rows:
            [cell] = [cell for cell in row['cells'] if cell['name'] == column.name]
            try:
                total += answers.parse(question, cell['value'] if cell['value'] != '' else False) or 0
            except answers.Refused:
                continue
        return {'name': column.name, 'label': column.label, 'display': column._display(float(total)) if total else formatLang(self.env, 0, digits=0)}
