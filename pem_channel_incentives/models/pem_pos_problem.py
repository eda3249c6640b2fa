from odoo import api, fields, models


class PemPosProblem(models.Model):
    """A row of a file that could not be read, with its number, its text and the reason."""

    _name = 'pem.pos.problem'
    _description = "Unreadable Row of a POS Report"
    _order = 'report_id, position, id'
    _rec_name = 'reason'

    report_id = fields.Many2one('pem.pos.report', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='report_id.company_id', store=True, index=True)
    position = fields.Integer(string="Row")
    code = fields.Char(required=True)
    details = fields.Json()
    raw = fields.Text(string="Text")
    is_note = fields.Boolean(help="It was left out without harm.")
    reason = fields.Char(compute='_compute_reason')

    @api.depends('code', 'details')
    @api.depends_context('lang')
    def _compute_reason(self):
        for problem in self:
            problem.reason = self._sentence(problem.code, problem.details or {})

    @api.model
    def _sentence(self, code, details, position=0):
        """Return what is wrong, in the reader's words."""
        sentence = self._sentences().get(code, lambda d: code)(details)
        return self.env._("Row %(row)s: %(reason)s", row=position, reason=sentence) if position else sentence

    @api.model
    def _sentences(self):
        """Return ``{code: function of the details}``: what readers and mappings report."""
        return {
            'empty_file': lambda d: self.env._("The file is empty."),
            'bad_envelope': lambda d: self.env._("The beginning of the file is not that of an EDI interchange."),
            'trailing_text': lambda d: self.env._("Behind the end of the interchange there is something else, which was not read."),
            'truncated': lambda d: self.env._("The file ends in the middle. The last line was left out; please ask for the whole file."),
            'segment_too_long': lambda d: self.env._("A segment does not end. It was left out."),
            'segment_count': lambda d: self.env._(
                "The file says that it has %(said)s segments, and has %(counted)s.", said=d.get('said'), counted=d.get('counted')),
            'quote_not_closed': lambda d: self.env._("A quotation mark is not closed."),
            'cell_too_long': lambda d: self.env._("A cell is too long."),
            'line_too_long': lambda d: self.env._("The row is longer than %s characters.", d.get('limit')),
            'too_many_columns': lambda d: self.env._(
                "The row has %(found)s columns; %(limit)s are possible.", found=d.get('found'), limit=d.get('limit')),
            'too_many_rows': lambda d: self.env._("The sheet has more than %s rows; what follows was not read.", d.get('limit')),
            'bad_encoding': lambda d: self.env._("The row has characters that are not of the character set %s.", d.get('encoding')),
            'control_character': lambda d: self.env._("The row has a control character (%s).", d.get('code')),
            'not_a_workbook': lambda d: self.env._("This is an archive, but no Excel workbook."),
            'broken_workbook': lambda d: self.env._("The workbook is damaged. Please open it in Excel, save it, and upload it again."),
            'encrypted': lambda d: self.env._("The workbook has a password. Please save it without."),
            'zip_bomb': lambda d: self.env._("Unpacked, the workbook would be larger than can be."),
            'declares_entities': lambda d: self.env._("The workbook has parts that no workbook needs, and was not opened."),
            'unknown_segment': lambda d: self.env._(
                "Segment %(name)s, %(count)s times: not known, left out.", name=d.get('name'), count=d.get('count')),
            'unknown_qualifier': lambda d: self.env._("%(name)s, %(count)s times: not known, left out.", name=d.get('name'), count=d.get('count')),
            'other_message': lambda d: self.env._("Message %(name)s, %(count)s times: no sales, left out.", name=d.get('name'), count=d.get('count')),
            'other_quantity': lambda d: self.env._(
                "Quantity %(name)s, %(count)s times: neither a sale nor a return, left out.", name=d.get('name'), count=d.get('count')),
            'total_row': lambda d: self.env._("Rows of totals, %s times: left out.", d.get('count')),
            'too_many_problems': lambda d: self.env._("There are %s more rows that cannot be read.", d.get('count')),
            'claimed_differs': lambda d: self.env._(
                "The file claims %(said)s, and its lines claim %(counted)s.", said=d.get('said'), counted=d.get('counted')),
            'line_count_differs': lambda d: self.env._(
                "The file says that it has %(said)s lines, and has %(counted)s.", said=d.get('said'), counted=d.get('counted')),
        }
