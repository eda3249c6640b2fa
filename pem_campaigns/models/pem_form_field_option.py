import re

from odoo import api, fields, models


class PemFormFieldOption(models.Model):
    """One choice of a question."""

    _name = 'pem.form.field.option'
    _description = "Form Choice"
    _order = 'field_id, sequence, id'

    field_id = fields.Many2one('pem.form.field', required=True, ondelete='cascade', index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Label", required=True, translate=True)
    key = fields.Char(
        required=True, compute='_compute_key', store=True, readonly=False, precompute=True,
        help="What is stored when this is chosen.")

    _key_unique = models.Constraint('UNIQUE (field_id, key)', "Two choices of a question need different keys.")

    @api.depends('name')
    def _compute_key(self):
        for option in self:
            if not option.key and option.name:
                option.key = re.sub(r'[^a-z0-9]+', '_', option.name.lower()).strip('_') or option.name

    @api.model_create_multi
    def create(self, vals_list):
        self.env['pem.form.field'].browse(
            {vals['field_id'] for vals in vals_list if vals.get('field_id')}).form_id._check_unlocked()
        return super().create(vals_list)

    def write(self, vals):
        (self.field_id | self.field_id.browse(vals.get('field_id'))).form_id._check_unlocked()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked(self):
        self.field_id.form_id._check_unlocked()
