from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import conditions, flow


class PemProcessFlow(models.Model):
    """A line from one step to the next, open for an outcome and, if it has one, under a condition."""

    _name = 'pem.process.flow'
    _description = "Process Flow"
    _order = 'process_id, sequence, id'

    process_id = fields.Many2one('pem.process', required=True, ondelete='cascade', index=True)
    sequence = fields.Integer(default=10, help="Of the flows that leave a step, the first open one is taken.")
    source_id = fields.Many2one(
        'pem.process.step', string="From", required=True, ondelete='cascade', index=True,
        domain="[('process_id', '=', process_id)]")
    target_id = fields.Many2one(
        'pem.process.step', string="To", required=True, ondelete='cascade', index=True,
        domain="[('process_id', '=', process_id)]")
    source_kind = fields.Selection(related='source_id.kind')
    model = fields.Char(related='process_id.model')
    outcome = fields.Selection([
        ('approved', "Approved"), ('rejected', "Rejected"), ('done', "Done"), ('cancelled', "Cancelled"), (flow.EXPIRED, "Expired"),
    ], string="When")
    condition = fields.Char(default='[]')
    name = fields.Char(string="In words", translate=True, help="Says the condition on the map, such as “above 10,000”.")

    @api.depends('source_id', 'target_id')
    def _compute_display_name(self):
        for line in self:
            line.display_name = self.env._(
                "%(origin)s → %(target)s", origin=line.source_id.name or '', target=line.target_id.name or '')

    @api.constrains('source_id', 'target_id', 'process_id')
    def _check_same_process(self):
        for line in self:
            if line.source_id.process_id != line.process_id or line.target_id.process_id != line.process_id:
                raise ValidationError(self.env._("A flow joins two steps of the same process."))

    @api.constrains('condition')
    def _check_condition(self):
        for line in self:
            try:
                conditions.parse(line.condition)
            except ValueError as error:
                raise ValidationError(self.env._(
                    "The condition from “%(origin)s” to “%(target)s” cannot be used: %(reason)s",
                    origin=line.source_id.name, target=line.target_id.name, reason=error)) from error

    @api.model_create_multi
    def create(self, vals_list):
        self.env['pem.process'].browse(
            {vals['process_id'] for vals in vals_list if vals.get('process_id')})._check_draft()
        return super().create(vals_list)

    def write(self, vals):
        (self.process_id | self.process_id.browse(vals.get('process_id')))._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self.process_id._check_draft()

    def _is_conditional(self):
        self.ensure_one()
        return bool(conditions.parse(self.condition))

    def _problems(self):
        """Return the sentences that say what is wrong with this flow before it can be published."""
        self.ensure_one()
        if not self._is_conditional():
            return []
        try:
            self._matching(self.env['pem.case'])
        except conditions.Unusable as error:
            return [self.env._("The condition of “%(flow)s” cannot be used: %(reason)s",
                               flow=self.display_name, reason=error)]
        return []

    def _matching(self, cases):
        """Return those of the cases for whose subject the condition holds."""
        self.ensure_one()
        return cases._filter_by_condition(self.condition, self.model)
