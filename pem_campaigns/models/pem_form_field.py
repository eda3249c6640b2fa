import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import answers, conditions

#: Names that conditions and formulas read something else by.
RESERVED = ('partner', 'reader')


class PemFormField(models.Model):
    """One element of a form: a question, a heading or an explanation."""

    _name = 'pem.form.field'
    _description = "Form Question"
    _order = 'form_id, sequence, id'
    _rec_name = 'label'

    form_id = fields.Many2one('pem.form', required=True, ondelete='cascade', index=True)
    sequence = fields.Integer(default=10)
    label = fields.Char(required=True, translate=True)
    name = fields.Char(
        string="Name in conditions", required=True, compute='_compute_name', store=True, readonly=False, precompute=True,
        help="By this name conditions, imports and the answers of a case refer to the question.")
    value_type = fields.Selection([
        ('char', "Text"), ('text', "Long text"), ('integer', "Whole number"), ('float', "Decimal number"),
        ('monetary', "Money"), ('date', "Date"), ('datetime', "Date and time"), ('boolean', "Yes/No"),
        ('selection', "Choice"), ('tags', "Multiple choice"), ('email', "E-mail"), ('phone', "Phone"),
        ('url', "Web address"), ('country', "Country"), ('state', "State"), ('contact', "Contact"), ('file', "File"),
        ('image', "Image"), ('signature', "Signature"), ('rating', "Rating"), ('table', "Table"),
        ('computed', "Computed value"), ('consent', "Consent"), ('heading', "Heading"), ('note', "Explanation"),
        ('page', "Page break"),
    ], string="Type", required=True, default='char')
    is_question = fields.Boolean(compute='_compute_is_question')
    help_text = fields.Char(string="Help", translate=True)
    placeholder = fields.Char(translate=True)
    option_ids = fields.One2many('pem.form.field.option', 'field_id', string="Choices", copy=True)

    # Rules
    required = fields.Boolean()
    required_if = fields.Char(string="Required when")
    visible_if = fields.Char(string="Visible when")
    minimum = fields.Float(help="Smallest number, or fewest characters; 0 for no limit, unless there is a largest number.")
    maximum = fields.Float(help="Largest number, or most characters; 0 for no limit.")

    # Binding
    attribute_id = fields.Many2one(
        'pem.attribute', string="Fills", ondelete='restrict', index='btree_not_null',
        help="The approved answer becomes the partner's value of this attribute; the present value is offered as answer.")

    _name_once = models.UniqueIndex(
        '(form_id, COALESCE(table_id, 0), name)', "Two questions of a form need different names.")

    @api.depends('label')
    def _compute_name(self):
        for field in self:
            if not field.name and field.label:
                base = re.sub(r'[^a-z0-9]+', '_', field.label.lower()).strip('_')[:40] or 'question'
                taken = set((field._siblings() - field).mapped('name'))
                candidate, number = base, 1
                while candidate in taken:
                    number += 1
                    candidate = f'{base}_{number}'
                field.name = candidate

    @api.depends('value_type')
    def _compute_is_question(self):
        for field in self:
            field.is_question = field.value_type in answers.TYPES

    @api.constrains('name')
    def _check_name(self):
        for field in self:
            if not re.fullmatch(r'[a-z][a-z0-9_]{0,59}', field.name):
                raise ValidationError(self.env._(
                    "“%s” cannot be a name in conditions: use lowercase letters, digits and underscores, "
                    "beginning with a letter.", field.name))
            if field.name in RESERVED:
                raise ValidationError(self.env._(
                    "In conditions “partner” is the partner and “reader” who answers; give the question another name."))

    @api.constrains('visible_if', 'required_if', 'readonly_if', 'role_domain')
    def _check_conditions(self):
        for field in self:
            for text in (field.visible_if, field.required_if, field.readonly_if, field.role_domain):
                try:
                    conditions.parse(text, operators=conditions.OPERATORS)
                except ValueError as error:
                    raise ValidationError(self.env._(
                        "The condition of “%(question)s” cannot be used: %(reason)s",
                        question=field.label, reason=error)) from error

    @api.constrains('attribute_id', 'value_type')
    def _check_attribute_id(self):
        for field in self.filtered('attribute_id'):
            if field.value_type not in self._types_for(field.attribute_id):
                raise ValidationError(self.env._(
                    "A question of type “%(type)s” cannot fill the attribute “%(attribute)s”.",
                    type=dict(self._fields['value_type']._description_selection(self.env))[field.value_type],
                    attribute=field.attribute_id.name))

    @api.onchange('attribute_id')
    def _onchange_attribute_id(self):
        attribute = self.attribute_id
        if not attribute:
            return
        self.label = self.label or attribute.name
        types = self._types_for(attribute)
        if types and self.value_type not in types:
            self.value_type = types[0]
        if self.value_type in ('selection', 'tags') and not self.option_ids:
            self.option_ids = [(0, 0, {'key': key, 'name': label}) for key, label in self._attribute_choices(attribute)]

    @api.model_create_multi
    def create(self, vals_list):
        self.env['pem.form'].browse({vals['form_id'] for vals in vals_list if vals.get('form_id')})._check_unlocked()
        return super().create(vals_list)

    def write(self, vals):
        (self.form_id | self.form_id.browse(vals.get('form_id')))._check_unlocked()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked(self):
        self.form_id._check_unlocked()

    @api.model
    def _types_for(self, attribute):
        """Return the question types that can fill an attribute, the best first."""
        if attribute.value_type == 'char':
            first = {'email': 'email', 'phone': 'phone', 'website': 'url'}.get(attribute.technical_name)
            types = ['char', 'email', 'phone', 'url', 'selection']
            return sorted(types, key=lambda one: one != first) if first else types
        if attribute.value_type == 'many2one':
            return [kind for kind, comodel in self._comodels().items() if comodel == (attribute.comodel or 'res.partner')]
        return {
            'text': ['text', 'char'], 'boolean': ['boolean', 'consent'], 'integer': ['integer', 'rating'],
            'float': ['float', 'integer', 'monetary', 'rating', 'computed'],
            'monetary': ['monetary', 'float', 'integer', 'computed'],
        }.get(attribute.value_type, [attribute.value_type] if attribute.value_type in answers.TYPES else [])

    @api.model
    def _attribute_choices(self, attribute):
        if attribute.kind == 'field':
            return self.env['res.partner']._fields[attribute.technical_name]._description_selection(self.env)
        for definition in self.env['pem.attribute']._definitions():
            if definition['name'] == attribute.technical_name:
                return [choice[:2] for choice in definition.get(definition['type']) or []]
        return []
