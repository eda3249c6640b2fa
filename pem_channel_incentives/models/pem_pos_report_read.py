from contextlib import contextmanager
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import files, mapping
from ..engine.records import Header, Note, PosLine, Problem, Totals
from .pem_pos_line_match import TEXTS, VALUES, WIDTH

#: Problems of a file that are kept one by one; of the others, how many there are.
KEPT = 1000
#: The columns of the staging table, in the order of the engine's record.
STAGED = (
    'number', 'part', 'part_qualifier', 'gtin', 'seller_part', 'description', 'quantity', 'unit', 'resale_price', 'authorized_cost', 'book_cost',
    'claimed_unit', 'currency_code', 'ship_date', 'invoice_date', 'customer_name', 'customer_code', 'customer_qualifier', 'customer_street',
    'customer_city', 'customer_state', 'customer_zip', 'customer_country', 'branch_name', 'branch_code', 'branch_qualifier',
    'authorization_number', 'invoice', 'invoice_line', 'order_number', 'debit_number', 'serial_number', 'fault_field', 'fault_text', 'raw')
_TYPES = {
    'number': 'int', 'ship_date': 'date', 'invoice_date': 'date',
    **dict.fromkeys(('quantity', 'resale_price', 'authorized_cost', 'book_cost', 'claimed_unit'), 'numeric')}
_QUANTITY = PosLine._fields.index('quantity')
_BACK, _FAULTS, _RAW = (PosLine._fields.index(name) for name in ('is_return', 'faults', 'raw'))
_BETWEEN = '\x1f'


class _Stream:
    """What COPY reads: the lines of a file as text, made while they are asked for."""

    def __init__(self, texts):
        self.texts = texts
        self.rest = ''

    def _take(self, size):
        parts, length = [self.rest], len(self.rest)
        for text in self.texts:
            parts.append(text)
            length += len(text)
            if length >= size:
                break
        text = ''.join(parts)
        # A COPY wants no more characters than it asked for.
        text, self.rest = text[:size], text[size:]
        return text

    read = _take


class PemPosReport(models.Model):
    """How the lines of a file come in: read as a stream, copied into a staging table, matched and judged in one statement."""

    _inherit = 'pem.pos.report'

    def _read_file(self):
        """Read the file of one report and judge its lines."""
        self.ensure_one()
        self._set_state('parsed')
        self.env.flush_all()
        heard = _Heard()
        with self._open_file() as file:
            self._stage(self._read_lines(file, heard))
        self._take_header(heard)
        self._take_lines()
        self._tell_problems(heard)
        self._replace_lines()
        self.write({'date_read': fields.Datetime.now(), 'is_queued': False})
        self.env.invalidate_all()
        self._settle()

    def _read_lines(self, file, heard):
        """Return an iterator over the lines of the file; what it says besides goes to ``heard``.

        While the database takes them it can be asked for nothing else: all that is to be known is known before.
        """
        if self.kind in files.TABULAR:
            found = mapping.apply(self._mapping(), files.rows(file, self.kind, encoding=self.encoding, delimiter=self.delimiter))
        else:
            found = files.lines(file, self.kind)
        return heard.lines_of(found)

    def _stage(self, lines):
        cr = self.env.cr
        cr.execute('DROP TABLE IF EXISTS pem_pos_stage')
        cr.execute(SQL(
            'CREATE TEMP TABLE pem_pos_stage (%s, report_id int NOT NULL DEFAULT %s, ordinal int GENERATED ALWAYS AS IDENTITY) ON COMMIT DROP',
            SQL(', ').join(SQL('%s %s', SQL.identifier(name), SQL(_TYPES.get(name, 'varchar'))) for name in STAGED), self.id))
        cr.copy_expert(
            f"COPY pem_pos_stage ({', '.join(STAGED)}) FROM STDIN (FORMAT text, DELIMITER E'\\x1f', NULL '', ENCODING 'UTF8')",
            _Stream(map(_copied, lines)), 1 << 20)
        cr.execute('ANALYZE pem_pos_stage')

    def _take_header(self, heard):
        """Take over what the file says of itself, where nobody said it before."""
        header = heard.header
        values = {'said_count': heard.totals.line_count or 0, 'said_claimed': heard.totals.claimed or 0}
        if header:
            values['number'] = self.number or header.number
            # A period in the wrong order is nothing to measure sales by.
            if not self.period_start and not self.period_end and header.period_start and header.period_end and (
                    header.period_start <= header.period_end):
                values.update(period_start=header.period_start, period_end=header.period_end)
            currency = header.currency and self.env['res.currency'].search([('name', '=', header.currency.upper())])
            if currency:
                values['currency_id'] = currency.id
        self.write(values)
        self.env.flush_all()

    def _take_lines(self):
        """Match and judge what was staged, and store it."""
        Line = self.env['pem.pos.line']
        source = SQL('pem_pos_stage')
        Line._prepare_matches(source, is_stored=False)
        judged = ('product_id', 'customer_id', 'branch_id', 'currency_id', 'amount', 'amount_company', 'fingerprint', 'cause', 'cause_key', 'state')
        given = ('report_id', 'company_id', 'partner_id', *VALUES, *judged)
        self.env.cr.execute(SQL(
            'INSERT INTO pem_pos_line (%(texts)s, %(given)s) SELECT %(cut)s, %(given)s FROM (%(judged)s) v',
            texts=SQL(', ').join(map(SQL.identifier, TEXTS)), given=SQL(', ').join(map(SQL.identifier, given)),
            cut=SQL(', ').join(SQL('left(%s, %s)', SQL.identifier(name), WIDTH) for name in TEXTS),
            judged=Line._judged(source, self, is_stored=False)))

    def _tell_problems(self, heard):
        """Keep the rows that could not be read, and what was left out or does not add up."""
        self.problem_ids.unlink()
        problems = heard.problems
        if heard.more:
            problems.append(Problem('too_many_problems', 0, {'count': heard.more}))
        problems.extend(Problem(note.code, note.position, {'name': note.name, 'count': note.count}) for note in heard.notes)
        [(counted, claimed)] = self.env.execute_query(SQL(
            'SELECT count(*), coalesce(sum(abs(quantity) * claimed_unit), 0) FROM pem_pos_line WHERE report_id = %s', self.id))
        claimed, totals = Decimal(str(claimed)), heard.totals
        if totals.claimed is not None and round(claimed - totals.claimed, 2):
            problems.append(Problem('claimed_differs', 0, {'said': f'{totals.claimed:f}', 'counted': f'{claimed:.2f}'}))
        if totals.line_count is not None and totals.line_count != counted and self.kind == 'edifact':
            problems.append(Problem('line_count_differs', 0, {'said': totals.line_count, 'counted': counted}))
        notes = {id(note) for note in problems[len(problems) - len(heard.notes):]}
        self.env['pem.pos.problem'].create([{
            'report_id': self.id, 'position': problem.position, 'code': problem.code, 'details': _plain(problem.details),
            'raw': problem.raw[:2000].replace('\x00', ''), 'is_note': id(problem) in notes,
        } for problem in problems])
        self.problem_count = len(heard.problems) + heard.more

    def _replace_lines(self):
        """The lines of the report that this one corrects count no more."""
        before = self.supersedes_id
        if before:
            self._set_state_of_lines(before, 'superseded', ('ok', 'exception'))
            before._set_state('superseded')
            before.superseded_by_id = self

    def _forget_lines(self):
        """Remove the lines of reports; what they replaced counts again."""
        self.env.flush_all()
        self.env.cr.execute(SQL('DELETE FROM pem_pos_line WHERE report_id = ANY(%s)', self.ids))
        self.env.cr.execute(SQL('DELETE FROM pem_pos_problem WHERE report_id = ANY(%s)', self.ids))
        self.env.invalidate_all()
        self.write({'problem_count': 0, 'said_count': 0, 'said_claimed': 0, 'date_read': False})
        replaced = self.search([('superseded_by_id', 'in', self.ids)])
        if replaced:
            replaced.with_context(tracking_disable=True).write({'state': 'exceptions', 'superseded_by_id': False})
            lines = self.env['pem.pos.line'].search([('report_id', 'in', replaced.ids), ('state', '=', 'superseded')])
            lines._set_line_state('exception')
            lines._validate()

    @api.model
    def _forget_all(self):
        """Remove all reports, whose lines would keep parts and partners from being deleted. For uninstalling, and for nothing else."""
        self.env.flush_all()
        self.env.cr.execute('DELETE FROM pem_pos_line')
        self.env.cr.execute('UPDATE pem_pos_report SET supersedes_id = NULL, superseded_by_id = NULL')
        self.env.invalidate_all()
        self.sudo().search(Domain.TRUE).unlink()

    def _set_state_of_lines(self, reports, state, states):
        self.env.flush_all()
        self.env.cr.execute(SQL(
            'UPDATE pem_pos_line SET state = %s WHERE report_id = ANY(%s) AND state = ANY(%s)', state, reports.ids, list(states)))
        self.env.invalidate_all()

    @api.model
    def _cron_read(self):
        """Read the files that are too large to wait for, one at a time."""
        waiting = self.search([('is_queued', '=', True), ('state', '=', 'received')], order='id')
        commit = self.env['ir.cron']._commit_progress
        commit(remaining=len(waiting))
        for report in waiting:
            report = report.try_lock_for_update().filtered_domain([('is_queued', '=', True), ('state', '=', 'received')])
            if report:
                with report._failing_alone():
                    report._read_file()
            if not commit(1):
                break

    @contextmanager
    def _failing_alone(self):
        """Let a file that cannot be read say so on its report, and stop no other."""
        try:
            with self.env.cr.savepoint():
                yield
        except Exception as error:
            self.env.invalidate_all()
            self.with_context(tracking_disable=True).is_queued = False
            self.message_post(body=self.env._("The file could not be read: %s", error))


class _Heard:
    """What a file says besides its lines."""

    def __init__(self):
        self.header = None
        self.totals = Totals()
        self.problems = []
        self.notes = []
        self.more = 0

    def take(self, one):
        if isinstance(one, Header):
            self.header = self.header or one
        elif isinstance(one, Totals):
            self.totals = one
        elif isinstance(one, Note):
            self.notes.append(one)
        elif len(self.problems) < KEPT:
            self.problems.append(one)
        else:
            self.more += 1

    def lines_of(self, found):
        for one in found:
            if one.__class__ is PosLine:
                yield self.of_branch(one)
            else:
                self.take(one)

    def of_branch(self, line):
        """A line names its seller where that is another than the sender of the file."""
        header = self.header
        if header and line.seller_id == header.seller_id and line.seller_name == header.seller_name:
            return line._replace(seller_id='', seller_name='', seller_qualifier='')
        return line


def _copied(line):
    """Return the text of a line for COPY, in the order of ``STAGED``."""
    values = ['' if value is None else value if value.__class__ is str else str(value) for value in line[:_BACK]]
    if line[_BACK] and values[_QUANTITY]:
        values[_QUANTITY] = f'-{values[_QUANTITY]}'
    faults = line[_FAULTS]
    values += (faults[0].field, faults[0].text[:WIDTH], line[_RAW]) if faults else ('', '', line[_RAW])
    text = _BETWEEN.join(values)
    if text.count(_BETWEEN) != len(STAGED) - 1:
        text = _BETWEEN.join(value.replace(_BETWEEN, ' ') for value in values)
    if '\\' in text:
        text = text.replace('\\', '\\\\')
    if '\n' in text or '\r' in text or '\x00' in text:
        text = text.replace('\n', '\\n').replace('\r', '\\r').replace('\x00', '')
    return f'{text}\n'


def _plain(details):
    return {name: value if isinstance(value, (int, str)) else str(value) for name, value in details.items()}
