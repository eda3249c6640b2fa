import base64
import io

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..engine import files

#: What reading a file decides; people never write it.
GUARDED = frozenset(('name', 'state', 'kind', 'is_queued', 'superseded_by_id', 'date_read', 'said_count', 'said_claimed', 'problem_count'))
#: What may still change once the lines are there.
ALWAYS_OPEN = frozenset(('user_id', 'note', 'activity_ids', 'message_follower_ids', 'message_ids', 'message_main_attachment_id'))


class PemPosReport(models.Model):
    """A file in which a partner says what it sold: received, read, its exceptions fixed, released.

    How the file's columns are understood is in ``pem_pos_report_columns``, how its lines come in and are matched in
    ``pem_pos_report_read`` and ``pem_pos_line_match``.
    """

    _name = 'pem.pos.report'
    _description = "POS Report"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _mail_post_access = 'read'
    _check_company_auto = True
    _rec_names_search = ['name', 'file_name', 'number']

    _TRANSITIONS = {
        'received': {'parsed', 'rejected'},
        'parsed': {'exceptions', 'released', 'rejected'},
        'exceptions': {'exceptions', 'released', 'rejected', 'superseded', 'received'},
        'released': {'exceptions', 'released', 'processed', 'rejected', 'superseded', 'received'},
        'processed': {'superseded'},
        'rejected': set(),
        'superseded': set(),
    }

    name = fields.Char(string="Report", required=True, readonly=True, copy=False, default='/', index='trigram')
    state = fields.Selection([
        ('received', "Received"), ('parsed', "Read"), ('exceptions', "To fix"), ('released', "Released"),
        ('processed', "Processed"), ('rejected', "Rejected"), ('superseded', "Superseded"),
    ], required=True, default='received', readonly=True, index=True, copy=False, tracking=True)
    is_queued = fields.Boolean(
        string="Being read", readonly=True, copy=False, help="The file is large: it is read in the background.")

    # Who and what
    partner_id = fields.Many2one(
        'res.partner', string="Sender", required=True, ondelete='restrict', index=True, check_company=True,
        domain="[('parent_id', '=', False)]", tracking=True)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        'res.users', string="Responsible", default=lambda self: self.env.user, index='btree_not_null', domain="[('share', '=', False)]")
    currency_id = fields.Many2one(
        'res.currency', required=True, default=lambda self: self.env.company.currency_id,
        help="Of prices whose line names no currency.")
    period_start = fields.Date(string="First day", help="Sales before it are an exception.")
    period_end = fields.Date(string="Last day", help="Sales after it are an exception.")
    supersedes_id = fields.Many2one(
        'pem.pos.report', string="Replaces", copy=False, ondelete='restrict', index='btree_not_null', check_company=True,
        domain="[('partner_id', '=', partner_id), ('state', 'in', ('exceptions', 'released', 'processed'))]",
        help="A correction replaces all lines of the report before it.")
    superseded_by_id = fields.Many2one('pem.pos.report', string="Replaced by", copy=False, readonly=True, index='btree_not_null')
    note = fields.Text()

    # File
    file = fields.Binary(attachment=True, copy=False)
    file_name = fields.Char(copy=False)
    kind = fields.Selection([
        ('csv', "CSV"), ('xlsx', "Excel"), ('x12', "X12 867"), ('edifact', "EDIFACT SLSRPT"),
    ], string="Format", readonly=True, copy=False)
    number = fields.Char(string="Sender's number", copy=False, help="What the sender calls this report.")
    date_read = fields.Datetime(string="Read on", readonly=True, copy=False)

    # Lines
    line_ids = fields.One2many('pem.pos.line', 'report_id')
    problem_ids = fields.One2many('pem.pos.problem', 'report_id', string="Rows that cannot be read")
    line_count = fields.Integer(string="Lines", compute='_compute_counts')
    exception_count = fields.Integer(string="To fix", compute='_compute_counts')
    good_count = fields.Integer(string="Good", compute='_compute_counts')
    amount_company = fields.Monetary(string="Sales", compute='_compute_counts', currency_field='company_currency_id')
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company currency")
    problem_count = fields.Integer(string="Unreadable rows", readonly=True, copy=False)
    said_count = fields.Integer(string="Lines the file says", readonly=True, copy=False)
    said_claimed = fields.Float(string="Amount the file claims", readonly=True, copy=False)
    progress_text = fields.Char(compute='_compute_progress_text')

    _period_in_order = models.Constraint(
        'CHECK (period_end >= period_start)', "The last day of the period cannot be before the first.")
    _replaced_once = models.UniqueIndex('(supersedes_id) WHERE supersedes_id IS NOT NULL AND state != \'rejected\'',
                                        "Another report replaces this one already.")

    @api.depends('name', 'number', 'file_name')
    def _compute_display_name(self):
        for report in self:
            name = report.name if report.name != '/' else self.env._("New")
            report.display_name = ' · '.join(filter(None, (name, report.number or report.file_name)))

    @api.depends('state')
    def _compute_counts(self):
        groups = self.env['pem.pos.line']._read_group(
            [('report_id', 'in', self.ids)], ['report_id', 'state'], ['__count', 'amount_company:sum'])
        by_report = {}
        for report, state, count, amount in groups:
            by_report.setdefault(report.id, {})[state] = count, amount or 0
        for report in self:
            states = by_report.get(report._origin.id, {})
            report.line_count = sum(count for count, _amount in states.values())
            report.exception_count = states.get('exception', (0, 0))[0]
            report.good_count, report.amount_company = states.get('ok', (0, 0))

    @api.depends('state', 'is_queued')
    def _compute_progress_text(self):
        for report in self:
            report.progress_text = report._progress_sentence()

    def _progress_sentence(self):
        """Return what the report waits for, in a sentence."""
        self.ensure_one()
        if self.is_queued:
            return self.env._("The file is being read in the background. This page can be left.")
        if self.state == 'received':
            return self.env._("Look whether the first rows are understood as they are meant, then read the file.")
        if self.state == 'exceptions':
            return self.env._("%(bad)s of %(all)s lines have to be fixed.", bad=self.exception_count, all=self.line_count)
        return ''

    @api.constrains('supersedes_id', 'partner_id')
    def _check_supersedes_id(self):
        for report in self:
            if report.supersedes_id and (report.supersedes_id.partner_id != report.partner_id or report.supersedes_id == report):
                raise ValidationError(self.env._(
                    "%s is not a report of this sender and cannot be replaced.", report.supersedes_id.display_name))

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [dict(vals) for vals in vals_list]
        if not self.env.su:
            given = dict.fromkeys(GUARDED, False) | {'name': '/', 'state': 'received'}
            for vals in vals_list:
                vals.update(given)
        for vals in vals_list:
            if vals.get('name', '/') == '/':
                company_id = vals.get('company_id') or self.env.company.id
                vals['name'] = self.env['ir.sequence'].with_company(company_id).sudo().next_by_code('pem.pos.report') or '/'
        reports = super().create(vals_list)
        reports._recognize()
        return reports

    def write(self, vals):
        if not self.env.su:
            if GUARDED & vals.keys():
                raise AccessError(self.env._("Where a report stands is decided by reading it, not by hand."))
            if vals.keys() - ALWAYS_OPEN:
                self._check_received()
        result = super().write(vals)
        if 'file' in vals or 'partner_id' in vals:
            self._recognize()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_read(self):
        if not self.env.su:
            self._check_received()

    def _check_received(self):
        """:raises UserError: when the lines of a report are there already"""
        for report in self:
            if report.state != 'received' or report.is_queued:
                raise UserError(self.env._(
                    "%s was read already. Take it back to change how it is read, or send a report that replaces it.", report.display_name))

    # Buttons

    def action_read(self):
        """Read the files: small ones at once, large ones in the background."""
        self.check_access('write')
        self._check_received()
        for report in self:
            if not report.kind:
                raise UserError(self.env._("%s has no file that could be read. Please upload it.", report.display_name))
            report._check_columns()
        self.sudo()._remember_format()
        limit = int(self.env['ir.config_parameter'].sudo().get_param('pem_channel_incentives.pos_read_at_once', 2_000_000))
        large = self.sudo().filtered(lambda report: report._file_size() > limit)
        if large:
            large.with_context(tracking_disable=True).is_queued = True
            self.env.ref('pem_channel_incentives.ir_cron_read_pos_reports')._trigger()
        for report in self.sudo() - large:
            report._read_file()

    def action_take_back(self):
        """Forget the lines of reports, so that they can be read in another way."""
        self.check_access('write')
        reports = self.sudo()
        reports._set_state('received')
        reports._forget_lines()

    def action_release(self):
        """Release reports without the lines that are still to be fixed: those are left out."""
        self.check_access('write')
        reports = self.sudo()
        lines = self.env['pem.pos.line'].sudo().search([('report_id', 'in', self.ids), ('state', '=', 'exception')])
        lines._leave_out()
        reports._settle()

    def action_reject(self):
        """Refuse reports: none of their lines counts."""
        self.check_access('write')
        reports = self.sudo()
        reports._set_state('rejected')
        self.env['pem.pos.line'].sudo().search([('report_id', 'in', self.ids)])._set_line_state('excluded')

    def action_open_lines(self):
        return self._open_lines({})

    def action_open_good_lines(self):
        return self._open_lines({'search_default_ok': 1})

    def action_open_exceptions(self):
        """Open what has to be fixed, a row for each cause."""
        self.ensure_one()
        self.check_access('read')
        return {
            **self.env['ir.actions.act_window']._for_xml_id('pem_channel_incentives.pem_pos_exception_action'),
            'domain': [('report_ids', 'in', self.ids)],
        }

    def action_open_problems(self):
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Rows of %s that cannot be read", self.display_name),
            'res_model': 'pem.pos.problem',
            'view_mode': 'list',
            'domain': [('report_id', '=', self.id)],
        }

    def _open_lines(self, context):
        self.ensure_one()
        self.check_access('read')
        return {
            **self.env['ir.actions.act_window']._for_xml_id('pem_channel_incentives.pem_pos_line_action'),
            'domain': [('report_id', '=', self.id)],
            'context': context,
        }

    # Verbs

    def _set_state(self, state):
        """Bring reports into a state.

        :raises UserError: when one of them cannot get there from where it is
        """
        for report in self:
            if state not in self._TRANSITIONS[report.state]:
                states = dict(self._fields['state']._description_selection(self.env))
                raise UserError(self.env._(
                    "%(report)s is “%(present)s” and cannot become “%(wanted)s”.",
                    report=report.display_name, present=states[report.state], wanted=states[state]))
        changed = self.filtered(lambda report: report.state != state)
        if changed:
            changed.write({'state': state})

    def _settle(self):
        """Say where reports stand after their lines were looked at: to fix while there are exceptions, else released."""
        waiting = self.filtered(lambda report: report.state in ('parsed', 'exceptions', 'released'))
        bad = {report.id for [report] in self.env['pem.pos.line']._read_group(
            Domain('report_id', 'in', waiting.ids) & Domain('state', '=', 'exception'), ['report_id'])}
        waiting.filtered(lambda report: report.id in bad)._set_state('exceptions')
        waiting.filtered(lambda report: report.id not in bad)._set_state('released')
        waiting.invalidate_recordset(['line_count', 'exception_count', 'good_count', 'amount_company'])

    @api.model
    def _kinds(self):
        return (*files.TABULAR, *files.EDI)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A mail to the address of POS reports is a report for each table in it, of the partner who sent it."""
        sender = self.env['res.partner'].browse(msg_dict.get('author_id')).commercial_partner_id
        values = {'partner_id': sender.id, **(custom_values or {})}
        tables = []
        for name, content, *_info in msg_dict.get('attachments', ()):
            content = content.encode() if isinstance(content, str) else content
            if files.kind(io.BytesIO(content)) in self._kinds() and not name.lower().endswith(('.eml', '.txt', '.html', '.ics')):
                tables.append({'file': base64.b64encode(content), 'file_name': name})
        report = super().message_new(msg_dict, {**values, **(tables[0] if tables else {})})
        self.create([{**values, **table} for table in tables[1:]])
        return report
