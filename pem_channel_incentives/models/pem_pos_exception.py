from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .pem_pos_line_match import WAIVABLE

#: What is chosen to fix a cause for all lines alike.
MATCHED = {'unknown_part': 'part', 'unknown_customer': 'customer', 'unknown_branch': 'branch', 'unknown_currency': 'currency'}


class PemPosException(models.Model):
    """All lines of a sender that have to be fixed for the same cause about the same thing: one row to fix them in."""

    _name = 'pem.pos.exception'
    _description = "POS Exception"
    _auto = False
    _order = 'line_count desc, id'
    _rec_name = 'cause_key'

    company_id = fields.Many2one('res.company', readonly=True)
    partner_id = fields.Many2one('res.partner', string="Sender", readonly=True)
    cause = fields.Selection(lambda self: self.env['pem.pos.line']._fields['cause'].selection, readonly=True)
    cause_key = fields.Char(string="Text", readonly=True)
    about = fields.Char(compute='_compute_about')
    line_count = fields.Integer(string="Lines", readonly=True)
    report_count = fields.Integer(string="Files", readonly=True)
    amount_company = fields.Monetary(string="Sales", readonly=True, currency_field='company_currency_id')
    company_currency_id = fields.Many2one(related='company_id.currency_id')
    description = fields.Char(string="Described as", readonly=True)
    date_first = fields.Date(string="Sold from", readonly=True)
    date_last = fields.Date(string="Sold until", readonly=True)
    report_ids = fields.Many2many('pem.pos.report', string="Reports", compute='_compute_report_ids', search='_search_report_ids')

    @property
    def _table_query(self):
        # The first of its lines names a group: a line is in one group only.
        return SQL("""
            SELECT min(id) AS id, company_id, partner_id, cause, cause_key, count(*)::int AS line_count,
                   count(DISTINCT report_id)::int AS report_count, sum(amount_company) AS amount_company, min(description) AS description,
                   min(ship_date) AS date_first, max(ship_date) AS date_last
              FROM pem_pos_line WHERE state = 'exception' GROUP BY company_id, partner_id, cause, cause_key""")

    @api.depends('cause', 'cause_key')
    def _compute_about(self):
        labels = dict(self.env['pem.pos.column']._fields['field_name']._description_selection(self.env))
        for group in self:
            field, _colon, text = (group.cause_key or '').partition(': ')
            group.about = f'{labels.get(field, field)}: {text}' if group.cause == 'bad_value' else group.cause_key

    @api.depends('about')
    def _compute_display_name(self):
        labels = dict(self._fields['cause']._description_selection(self.env))
        for group in self:
            group.display_name = ' · '.join(filter(None, (labels.get(group.cause), group.about)))

    def _compute_report_ids(self):
        for group in self:
            group.report_ids = group._lines().report_id

    def _search_report_ids(self, operator, value):
        if operator not in ('in', 'any'):
            return NotImplemented
        lines = self.env['pem.pos.line'].sudo()._search(
            Domain('state', '=', 'exception') & Domain('report_id', operator, value))
        return Domain('id', 'in', self._with_lines(lines))

    def _with_lines(self, lines):
        """Return the groups that have one of the lines of a query."""
        return SQL(
            """(SELECT g.id FROM (%s) g WHERE EXISTS (
                   SELECT FROM pem_pos_line l WHERE l.id IN %s AND l.company_id = g.company_id AND l.partner_id = g.partner_id
                      AND l.cause = g.cause AND l.cause_key IS NOT DISTINCT FROM g.cause_key))""", self._table_query, lines.subselect())

    def _lines(self):
        """Return the lines of these groups."""
        return self.env['pem.pos.line'].search(Domain.OR(
            Domain('state', '=', 'exception') & Domain('company_id', '=', group.company_id.id) & Domain('partner_id', '=', group.partner_id.id)
            & Domain('cause', '=', group.cause) & Domain('cause_key', '=', group.cause_key or False) for group in self))

    def action_fix(self):
        """Open the form in which all lines of the row are fixed at once."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.display_name,
            'res_model': 'pem.pos.fix',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_line_id': self.id},
        }

    def action_open_lines(self):
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('pem_channel_incentives.pem_pos_line_action'),
            'name': self.display_name,
            'domain': [('id', 'in', self._lines().ids)],
            'context': {},
        }

    def action_accept(self):
        """Let all lines of the selected rows pass in spite of their cause, where a person may say so."""
        self.env['pem.pos.line'].check_access('write')
        for cause, groups in self.filtered(lambda group: group.cause in WAIVABLE).grouped('cause').items():
            groups._lines().sudo()._accept(cause)

    def action_leave_out(self):
        """Leave all lines of the selected rows out."""
        self._lines().action_leave_out()
