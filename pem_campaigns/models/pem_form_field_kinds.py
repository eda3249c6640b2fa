from odoo import api, fields, models


class PemFormField(models.Model):
    """What some kinds of questions have and others have not: columns, limits, defaults, look-ups."""

    _inherit = 'pem.form.field'

    # Layout
    width = fields.Selection(
        [('full', "Whole line"), ('half', "Half a line"), ('third', "A third of a line")], required=True, default='full',
        help="Narrow questions that follow each other stand side by side on wide screens.")

    # Tables
    table_id = fields.Many2one(
        'pem.form.field', string="Column of", ondelete='cascade', index='btree_not_null',
        help="The table this is a column of.")
    column_ids = fields.One2many('pem.form.field', 'table_id', string="Columns", copy=True)
    min_rows = fields.Integer(string="Fewest rows")
    max_rows = fields.Integer(string="Most rows", help="0 for the portal's own limit.")
    show_total = fields.Boolean(string="Show the total")

    # Kinds
    currency_id = fields.Many2one(
        'res.currency', ondelete='restrict', help="Currency of the amount; that of the company when empty.")
    country_question = fields.Char(
        string="States of", help="Name of the question for the country; states of all countries are offered without it.")
    formula = fields.Char(
        help="Reads other questions by their names, such as price * quantity, sum(lines.amount) or 10 if size > 5 else 0.")
    file_types = fields.Char(string="Kinds of files", help="Endings such as pdf, png; empty for those of the portal.")
    max_megabytes = fields.Integer(string="Megabytes of a file", help="0 for the portal's own limit.")
    max_files = fields.Integer(string="Most files", help="0 for the portal's own limit.")

    # Rules
    default_value = fields.Char(string="Default")
    prefill = fields.Selection(
        [('none', "Empty"), ('value', "The default")], string="Begins", required=True, default='none',
        help="What stands in the question at first when nothing is on file.")
    revalidate = fields.Boolean(
        string="Confirm or correct", help="What is on file is shown; it counts when the partner confirms or corrects it.")
    readonly_if = fields.Char(string="Read-only when")
    role_domain = fields.Char(string="Who may see it", help="Condition on the reader, such as [('reader.role', '=', 'finance')].")
    pattern = fields.Char(help="Regular expression that the whole answer has to match.")
    pattern_message = fields.Char(
        string="Message for the pattern", translate=True, help="What the partner is told when the answer does not match.")
    is_unique = fields.Boolean(
        string="Unique", help="No other case of this process may have the same answer.")

    # Look-up
    lookup_model_id = fields.Many2one('ir.model', string="Must exist in", ondelete='cascade')
    lookup_model = fields.Char(related='lookup_model_id.model')
    lookup_field = fields.Char(string="As")
    lookup_domain = fields.Char(string="Among")

    # Binding
    document_field = fields.Char(
        string="Fills in the document", help="The field of the document the process runs on that the approved answer fills.")

    @api.model_create_multi
    def create(self, vals_list):
        """A column belongs to the form of its table."""
        tables = self.browse({vals['table_id'] for vals in vals_list if vals.get('table_id')})
        forms = {table.id: table.form_id.id for table in tables}
        return super().create([
            {**vals, 'form_id': forms[vals['table_id']]} if vals.get('table_id') else vals for vals in vals_list])

    def _siblings(self):
        """Return the questions among which the name of this one has to be unique."""
        self.ensure_one()
        return self.table_id.column_ids if self.table_id else self.form_id.field_ids
