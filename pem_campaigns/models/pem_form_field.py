import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import formatLang

from ..engine import answers, conditions

#: Kinds of questions that are answered with a record, and whose record it is.
COMODELS = {'country': 'res.country', 'state': 'res.country.state', 'contact': 'res.partner'}


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
            if field.name == 'partner':
                raise ValidationError(self.env._("In conditions “partner” is the partner; give the question another name."))

    @api.constrains('visible_if', 'required_if')
    def _check_conditions(self):
        for field in self:
            for text in (field.visible_if, field.required_if):
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
            return ['country'] if attribute.comodel == 'res.country' else []
        return {'text': ['text', 'char'], 'float': ['float', 'integer']}.get(
            attribute.value_type, [attribute.value_type] if attribute.value_type in answers.TYPES else [])

    @api.model
    def _attribute_choices(self, attribute):
        if attribute.kind == 'field':
            return self.env['res.partner']._fields[attribute.technical_name]._description_selection(self.env)
        for definition in self.env['pem.attribute']._definitions():
            if definition['name'] == attribute.technical_name:
                return [choice[:2] for choice in definition.get(definition['type']) or []]
        return []

    def _choices(self):
        """Return ``[(key, label)]`` of a choice, ``[(id, name)]`` of a country."""
        self.ensure_one()
        if self.value_type == 'country':
            countries = self.env['res.country'].sudo().search_fetch([], ['name'])
            return [(country.id, country.name) for country in countries]
        return [(option.key, option.name) for option in self.option_ids]

    def _question(self):
        self.ensure_one()
        return answers.Question(
            name=self.name,
            type=self.value_type,
            required=self.required,
            choices=frozenset(key for key, _label in self._choices()),
            visible=conditions.parse(self.visible_if),
            required_if=conditions.parse(self.required_if),
            minimum=self._limit(self.minimum) if self.minimum or self.maximum > 0 else None,
            maximum=self._limit(self.maximum) if self.maximum else None,
            decimal_point=self.env['res.lang']._get_data(code=self.env.lang or 'en_US').decimal_point or '.',
        )

    def _limit(self, value):
        """Return a limit as people write it: 1, not 1.0."""
        return int(value) if value == int(value) else value

    def _problems(self, above, every):
        """Return the sentences that say why a form with this question cannot be used yet.

        :param above: names that decide whether the question is visible: of the questions above it, and "partner"
        :param every: names that decide whether it is required: of all questions, and "partner"
        """
        self.ensure_one()
        found = []
        for text, known in ((self.visible_if, above), (self.required_if, every)):
            for name in sorted(conditions.fields(conditions.parse(text)) - known):
                found.append(self.env._(
                    "“%(question)s” depends on “%(name)s”, but no question above it has this name.",
                    question=self.label, name=name) if known is above else self.env._(
                    "“%(question)s” depends on “%(name)s”, but no question has this name.",
                    question=self.label, name=name))
        if self.value_type in ('selection', 'tags'):
            if not self.option_ids:
                found.append(self.env._("“%s” offers no choices.", self.label))
            if self.attribute_id.value_type == self.value_type:
                allowed = {key for key, _label in self._attribute_choices(self.attribute_id)}
                for option in self.option_ids.filtered(lambda option: option.key not in allowed):
                    found.append(self.env._(
                        "“%(question)s” offers “%(choice)s”, which the attribute “%(attribute)s” does not know.",
                        question=self.label, choice=option.name, attribute=self.attribute_id.name))
        return found

    def _fault_message(self, fault):
        """Return the sentence for the reader for a :class:`~..engine.answers.Fault` of this question."""
        self.ensure_one()
        messages = {
            'required': self.env._("Please answer this question."),
            'consent': self.env._("Please tick this box to continue."),
            'not_boolean': self.env._("Please answer yes or no."),
            'not_text': self.env._("Please enter a text."),
            'one_line': self.env._("Please keep this on one line."),
            'too_long': self.env._("Please use at most %(limit)s characters.", **fault.details or {'limit': ''}),
            'too_short': self.env._("Please use at least %(limit)s characters.", **fault.details or {'limit': ''}),
            'not_number': self.env._("Please enter a number, such as 12.5."),
            'not_integer': self.env._("Please enter a whole number, such as 12."),
            'too_small': self.env._("Please enter %(limit)s or more.", **fault.details or {'limit': ''}),
            'too_large': self.env._("Please enter %(limit)s or less.", **fault.details or {'limit': ''}),
            'not_date': self.env._("Please enter a date."),
            'not_datetime': self.env._("Please enter a date and a time."),
            'not_table': self.env._("Please enter the rows again."),
            'not_a_choice': self.env._("Please choose one of the offered answers."),
            'not_file': self.env._("Please upload the file again."),
            'not_email': self.env._("Please enter one e-mail address, such as name@company.com."),
            'not_phone': self.env._("Please enter a phone number, such as +1 617 555 0100."),
            'not_url': self.env._("Please enter a web address, such as www.company.com."),
        }
        return messages[fault.code]

    def _definition_entry(self):
        """Return the entry of the answers' Properties definition, None for what is not kept there."""
        self.ensure_one()
        kept_as = answers.TYPES.get(self.value_type)
        if not kept_as:
            return None
        entry = {'name': self.name, 'string': self.label, 'type': kept_as}
        if kept_as == 'selection':
            entry['selection'] = [[option.key, option.name] for option in self.option_ids]
        elif kept_as == 'tags':
            entry['tags'] = [[option.key, option.name, number % 11 + 1] for number, option in enumerate(self.option_ids)]
        elif kept_as == 'many2one':
            entry['comodel'] = COMODELS[self.value_type]
        return entry

    def _display(self, value):
        """Return an answer as a reader would write it, '' for none."""
        self.ensure_one()
        if self.value_type in answers.TICKS:
            return self.env._("Yes") if value else self.env._("No")
        if value is False or value is None or value == []:
            return ''
        if self.value_type in answers.FILES:
            return ', '.join(one.get('name', '') for one in value)
        if self.value_type in ('selection', 'tags'):
            labels = dict(self._choices())
            keys = value if isinstance(value, list) else [value]
            return ', '.join(labels.get(key, str(key)) for key in keys)
        if self.value_type in COMODELS:
            return self.env[COMODELS[self.value_type]].sudo().browse(value).exists().display_name or ''
        if self.value_type in ('date', 'datetime'):
            return self.env[f'ir.qweb.field.{self.value_type}'].value_to_html(value, {})
        if self.value_type == 'table':
            return self.env._("%s rows", len(value))
        if isinstance(value, float):
            return formatLang(self.env, value, digits=0 if value == int(value) else max(2, len(repr(value).partition('.')[2])))
        return str(value)
