import base64
import io
from itertools import islice

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ..engine import files, mapping
from ..engine.records import PosLine, Problem

#: Rows from which a table is understood, and of which a person sees how.
SAMPLE, SHOWN = 500, 8


class PemPosReport(models.Model):
    """How the columns of a partner's table are understood: guessed, shown on the first rows, corrected, remembered."""

    _inherit = 'pem.pos.report'

    column_ids = fields.One2many('pem.pos.column', 'report_id', string="Columns", copy=False)
    header_row = fields.Integer(string="Row of the headings", default=1, copy=False, help="0 when the table has no headings.")
    decimal_mark = fields.Selection([('.', "1,234.56"), (',', "1.234,56")], string="Numbers look like", default='.', copy=False)
    date_order = fields.Selection([
        ('DMY', "Day, month, year"), ('MDY', "Month, day, year"), ('YMD', "Year, month, day")], string="Dates are", default='DMY', copy=False)
    encoding = fields.Char(copy=False, help="The character set of the file. Empty to have it found out.")
    delimiter = fields.Selection([
        (',', "Comma"), (';', "Semicolon"), ('\t', "Tab"), ('|', "Vertical bar")], string="Columns are parted by", copy=False)
    has_doubts = fields.Boolean(readonly=True, copy=False)
    is_known_format = fields.Boolean(string="Read as the last time", readonly=True, copy=False)
    is_table = fields.Boolean(compute='_compute_is_table')
    preview = fields.Html(compute='_compute_preview', sanitize=False)

    @api.depends('kind')
    def _compute_is_table(self):
        for report in self:
            report.is_table = report.kind in files.TABULAR

    @api.depends('file', 'column_ids.field_name', 'header_row', 'decimal_mark', 'date_order', 'encoding', 'delimiter')
    def _compute_preview(self):
        for report in self:
            report.preview = report._render_preview() if report._origin and report.state == 'received' else False

    # Understanding

    def _recognize(self):
        """Find out of which kind the files are, and how the columns of tables are to be understood."""
        for report in self.sudo().filtered(lambda report: report._file_attachment()):
            with report._open_file() as file:
                kind = files.kind(file)
            if kind not in report._kinds():
                raise UserError(report._refusal(kind))
            report.with_context(tracking_disable=True).write({'kind': kind})
            if kind in files.TABULAR:
                report._guess_columns()
            else:
                report.column_ids.unlink()

    def _guess_columns(self):
        rows, reader = self._first_rows()
        problem = next((row for row in rows if isinstance(row, Problem) and row.is_final), None)
        if problem:
            raise UserError(self.env['pem.pos.problem']._sentence(problem.code, problem.details))
        known = self._known_format(rows)
        country = self.partner_id.country_id.code
        table = mapping.learn(
            rows, known and mapping.Mapping.from_json(known.mapping), 'MDY' if country in ('US', 'PH') else 'DMY')
        names = {heading: name for name, heading in table.columns.items()}
        body = [cells for at, cells in (row for row in rows if not isinstance(row, Problem)) if at > table.header_row]
        self.with_context(tracking_disable=True).write({
            'header_row': table.header_row, 'decimal_mark': table.decimal_mark, 'date_order': table.date_order,
            'has_doubts': bool(table.doubts), 'is_known_format': bool(known),
            'encoding': reader.encoding, 'delimiter': reader.delimiter if reader.delimiter in (',', ';', '\t', '|') else False,
            'column_ids': [Command.clear(), *(Command.create({
                'sequence': index, 'heading': heading, 'field_name': names.get(heading, False),
                'sample': self._sample(body, index),
            }) for index, heading in enumerate(table.headings))],
        })

    @staticmethod
    def _sample(body, index):
        """Return some different values of a column."""
        texts = (cells[index].strip()[:30] for cells in body[:50] if len(cells) > index)
        return ' · '.join(filter(None, dict.fromkeys(texts)))[:90]

    def _known_format(self, rows):
        """Return the format in which this sender's tables were read before, if this table has its columns."""
        Format = self.env['pem.pos.format'].sudo()
        formats = Format.search([
            ('partner_id', '=', self.partner_id.id), ('company_id', '=', self.company_id.id)], order='date_used desc, id desc')
        tables = [mapping.distinct(row[1]) for row in rows[:mapping.HEADER_ROWS] if not isinstance(row, Problem)]
        for known in formats:
            wanted = set(mapping.Mapping.from_json(known.mapping).columns.values())
            if any(wanted <= set(names) for names in tables):
                return known
        return Format

    def _mapping(self):
        """Return the engine's mapping for the table, as it was confirmed."""
        self.ensure_one()
        return mapping.Mapping(
            columns={column.field_name: column.heading for column in reversed(self.column_ids.sorted('sequence')) if column.field_name},
            header_row=self.header_row, headings=tuple(self.column_ids.sorted('sequence').mapped('heading')),
            decimal_mark=self.decimal_mark or '.', date_order=self.date_order or 'DMY')

    def _remember_format(self):
        """Keep how the tables are understood for the next ones of the same senders."""
        Format = self.env['pem.pos.format'].sudo()
        for report in self.filtered('is_table'):
            table = report._mapping()
            key = '\x1f'.join(sorted(table.headings))
            known = Format.search([
                ('partner_id', '=', report.partner_id.id), ('company_id', '=', report.company_id.id), ('headings_key', '=', key)], limit=1)
            values = {'mapping': table.as_json(), 'date_used': fields.Datetime.now()}
            if known:
                known.write(values)
            else:
                Format.create({**values, 'partner_id': report.partner_id.id, 'company_id': report.company_id.id, 'headings_key': key})

    def _check_columns(self):
        """:raises UserError: when the columns do not tell enough to be sales"""
        if self.kind not in files.TABULAR:
            return
        named = [column.field_name for column in self.column_ids if column.field_name]
        twice = next((name for name in named if named.count(name) > 1), None)
        labels = dict(self.env['pem.pos.column']._fields['field_name']._description_selection(self.env))
        if twice:
            raise UserError(self.env._("Two columns are “%s”. Please choose one of them.", labels[twice]))
        missing = [labels['part']] if not {'part', 'gtin', 'seller_part'} & set(named) else []
        missing += [labels[name] for name, others in (
            ('quantity', {'quantity'}), ('ship_date', {'ship_date', 'invoice_date'})) if not others & set(named)]
        if missing:
            raise UserError(self.env._("Please say which columns are: %s.", ', '.join(missing)))

    # Files

    def _open_file(self):
        """Return the file, opened where it lies, so that its size does not matter."""
        self.ensure_one()
        attachment = self._file_attachment()
        if attachment.store_fname:
            try:
                return open(attachment._full_path(attachment.store_fname), 'rb')
            except OSError:
                # A file store that was lost, or not copied along: as Odoo does, the file counts as empty.
                return io.BytesIO()
        return io.BytesIO(attachment.raw or base64.b64decode(self.with_context(bin_size=False).file or b''))

    def _file_attachment(self):
        return self.env['ir.attachment'].sudo().search([
            ('res_model', '=', self._name), ('res_field', '=', 'file'), ('res_id', '=', self.id)], limit=1)

    def _file_size(self):
        return self._file_attachment().file_size

    def _rows(self, file):
        return files.rows(file, self.kind, encoding=self.encoding, delimiter=self.delimiter)

    def _first_rows(self):
        """Return the first rows, and what read them."""
        with self._open_file() as file:
            reader = files.rows(file, self.kind)
            return list(islice(reader, SAMPLE)), reader

    def _refusal(self, kind):
        """Return why a file of that kind is no POS report, and what to do."""
        return {
            'xls': self.env._("This is a workbook of an old Excel. Please save it as .xlsx and upload it again."),
            'pdf': self.env._("This is a PDF. Please upload the table it was made from, as CSV or Excel."),
            'image': self.env._("This is a picture. Please upload a table, as CSV or Excel."),
            'archive': self.env._("This is an archive. Please unpack it and upload the table in it."),
        }.get(kind, self.env._("This is no table. POS reports are CSV, Excel (.xlsx), X12 867 or EDIFACT SLSRPT files."))

    # Preview

    def _preview_lines(self):
        """Return the first lines as they are understood, and the first problem."""
        stored = self._origin.sudo()
        with stored._open_file() as file:
            if self.kind in files.TABULAR:
                reader = files.rows(file, self.kind, encoding=self.encoding, delimiter=self.delimiter)
                found = mapping.apply(self._mapping(), islice(reader, self.header_row + SHOWN * 2))
            else:
                found = files.lines(file, self.kind)
            lines, problem = [], None
            for one in found:
                if isinstance(one, PosLine):
                    lines.append(one)
                elif isinstance(one, Problem):
                    problem = problem or one
                if len(lines) == SHOWN:
                    break
        return lines, problem

    def _render_preview(self):
        try:
            lines, problem = self._preview_lines()
        except (LookupError, UnicodeError):
            return Markup('<p class="text-danger">%s</p>') % self.env._("There is no such character set.")
        labels = dict(self.env['pem.pos.column']._fields['field_name']._description_selection(self.env))
        shown = [name for name in labels if any(getattr(line, name, None) not in (None, '') for line in lines)]
        faulty = {(line.position, fault.field): fault.text for line in lines for fault in line.faults}
        shown += [name for name in labels if name not in shown and any(field == name for _position, field in faulty)]
        head = Markup().join(Markup('<th>%s</th>') % labels[name] for name in shown)
        body = Markup()
        for line in lines:
            cells = Markup()
            for name in shown:
                text = faulty.get((line.position, name))
                if text is not None:
                    cells += Markup('<td class="text-danger" title="%s">%s</td>') % (self.env._("This is not understood."), text)
                else:
                    cells += Markup('<td>%s</td>') % self._preview_text(getattr(line, name, ''))
            kind = self.env._("Return") if line.is_return else self.env._("Sale")
            body += Markup('<tr><td>%s</td><td>%s</td>%s</tr>') % (line.position, kind, cells)
        table = Markup(
            '<div class="table-responsive"><table class="table table-sm text-nowrap mb-0"><thead><tr><th>%s</th><th/>%s</tr></thead>'
            '<tbody>%s</tbody></table></div>') % (self.env._("Row"), head, body)
        if not lines:
            table = Markup('<p class="text-muted">%s</p>') % self.env._("No sale is found in the first rows.")
        if problem:
            table += Markup('<p class="text-danger mt-2">%s</p>') % self.env['pem.pos.problem']._sentence(
                problem.code, problem.details, problem.position)
        return table

    def _preview_text(self, value):
        if value is None:
            return ''
        if hasattr(value, 'year'):
            return format_date(self.env, value)
        return f'{value:f}' if hasattr(value, 'as_tuple') else value
