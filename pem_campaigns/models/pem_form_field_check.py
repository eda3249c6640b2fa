from collections.abc import Container

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..engine import answers, conditions, formula, pattern

#: Stars of a rating without a largest number.
STARS = 5
#: How many records are offered at once.
MOST_CHOICES = 2000


class Offered(Container):
    """The ids of the records that a domain holds; the database is asked only for those that are answered."""

    def __init__(self, records_sudo, domain):
        self._records_sudo, self._domain, self._known = records_sudo, Domain(domain), {}

    def __contains__(self, record_id):
        if record_id not in self._known:
            found = self._records_sudo.search_count(self._domain & Domain('id', '=', record_id), limit=1)
            self._known[record_id] = bool(found)
        return self._known[record_id]


class Countries(dict):
    """The country of each state, read when it is asked for."""

    def __init__(self, states_sudo):
        super().__init__()
        self._states_sudo = states_sudo

    def get(self, state_id, default=None):
        return self._states_sudo.browse(state_id).exists().country_id.id or default


class PemFormField(models.Model):
    """How the answers to a question are checked, and what is said when they are refused."""

    _inherit = 'pem.form.field'

    @api.model
    def _comodels(self):
        """Return ``{kind: model}`` of the kinds that are answered with a record; another addon adds its own."""
        return {'country': 'res.country', 'state': 'res.country.state', 'contact': 'res.partner'}

    def _offered(self, partner=None):
        """Return ``(records, domain)``: the model, as superuser, and which of its records may be the answer.

        :param partner: ``res.partner`` who is asked; contacts are people of theirs
        """
        self.ensure_one()
        records_sudo = self.env[self._comodels()[self.value_type]].sudo()
        if self.value_type != 'contact':
            return records_sudo, Domain.TRUE
        if not partner:
            return records_sudo, Domain.FALSE
        return records_sudo, (
            Domain('id', 'child_of', partner.commercial_partner_id.ids) & Domain('is_company', '=', False)
            & Domain('type', '=', 'contact'))

    def _choices(self, partner=None):
        """Return what is offered: ``[(key, label)]`` of a choice, ``[(id, name)]`` of records.

        :param partner: ``res.partner`` who is asked
        """
        self.ensure_one()
        if self.value_type in self._comodels():
            records_sudo, domain = self._offered(partner)
            return [(record.id, self._record_name(record)) for record in records_sudo.search(domain, limit=MOST_CHOICES)]
        return [(option.key, option.name) for option in self.option_ids]

    def _record_name(self, record):
        return record.display_name if self.value_type not in ('country', 'state', 'contact') else record.name or ''

    def _choice_groups(self):
        """Return ``{state id: country id}`` of the states on offer, ``{}`` for other kinds."""
        if self.value_type != 'state':
            return {}
        return {state.id: state.country_id.id for state in self.env['res.country.state'].sudo().search_fetch([], ['country_id'])}

    def _question(self, partner=None, has_reader=True):
        """Return the :class:`~..engine.answers.Question` of this question.

        :param partner: ``res.partner`` who is asked
        :param has_reader: whether somebody in particular answers, who may see some questions and others not
        """
        self.ensure_one()
        kind = self.value_type
        is_record = kind in self._comodels()
        minimum = self._limit(self.minimum) if self.minimum or self.maximum > 0 else None
        maximum = self._limit(self.maximum) if self.maximum else None
        if kind == 'rating':
            minimum, maximum = 1, self._stars()
        is_file = kind in answers.FILES
        return answers.Question(
            name=self.name,
            type=kind,
            required=self.required,
            choices=Offered(*self._offered(partner)) if is_record else frozenset(self.option_ids.mapped('key')),
            visible=conditions.parse(self.visible_if),
            required_if=conditions.parse(self.required_if),
            readonly=conditions.parse(self.readonly_if),
            seen=conditions.parse(self.role_domain) if has_reader else [],
            minimum=minimum,
            maximum=maximum,
            decimal_point=self.env['res.lang']._get_data(code=self.env.lang or 'en_US').decimal_point or '.',
            pattern=self._parsed(pattern, self.pattern) if kind in answers.LINES else None,
            formula=self._parsed(formula, self.formula) if kind == 'computed' else None,
            revalidate=self.revalidate,
            columns=tuple(column._question(partner) for column in self.column_ids) if kind == 'table' else (),
            least=self.min_rows if kind == 'table' else 0,
            most=self.max_rows if kind == 'table' else self.max_files if is_file else 0,
            endings=frozenset(self._file_endings()) if is_file else frozenset(),
            most_bytes=self.max_megabytes * 1024 * 1024 if is_file else 0,
            country=(self.country_question or '') if kind == 'state' else '',
            countries=Countries(self.env['res.country.state'].sudo()) if kind == 'state' else {},
        )

    def _unasked(self, values, get_facts):
        """Return those of these questions that would fill something, but were not asked of who answered.

        :param values: typed answers of the form
        :param get_facts: returns the facts its conditions read; called when there are such conditions
        """
        bound = self.filtered(lambda question: (question.attribute_id or question.document_field) and (
            question.visible_if or question.readonly_if or question.role_domain))
        if not bound:
            return bound
        facts = get_facts()
        known = {**values, **facts}

        def holds(text):
            return conditions.matches(conditions.parse(text), known)

        return bound.filtered(lambda question: not holds(question.visible_if) or (
            'reader' in facts and not holds(question.role_domain)) or (bool(question.readonly_if) and holds(question.readonly_if)))

    def _parsed(self, language, text):
        """Return a parsed formula or pattern; None for what is none, which keeps the form from being published."""
        try:
            return language.parse(text) if text else None
        except language.Unusable:
            return None

    def _limit(self, value):
        """Return a limit as people write it: 1, not 1.0."""
        return int(value) if value == int(value) else value

    def _stars(self):
        """Return the best rating."""
        return int(self.maximum) if self.maximum >= 1 else STARS

    def _file_endings(self):
        """Return the endings files may have, in lower case without dots; none stands for those of the portal."""
        own = [ending.strip(' .').lower() for ending in (self.file_types or '').replace(';', ',').split(',') if ending.strip(' .')]
        return own or {'image': ['jpeg', 'jpg', 'png', 'webp'], 'signature': ['png']}.get(self.value_type, [])

    def _default(self):
        """Return the default as a typed value, False when there is none.

        Countries are named by their code, moments and dates may be "now" and "today".
        """
        self.ensure_one()
        text = (self.default_value or '').strip()
        if self.prefill != 'value' or not text or self.value_type not in answers.TYPES:
            return False
        try:
            return answers.parse(self._question(), self._default_raw(text))
        except answers.Refused:
            return False

    def _default_raw(self, text):
        if self.value_type == 'country' and not text.isdigit():
            return self.env['res.country'].sudo().search([('code', '=', text.upper())], limit=1).id
        if self.value_type == 'tags':
            return [key.strip() for key in text.split(',')]
        if self.value_type == 'date' and text == 'today':
            return str(fields.Date.context_today(self))
        if self.value_type == 'datetime' and text == 'now':
            return str(self.env.cr.now().replace(microsecond=0))
        return text

    # Look-ups

    def _lookup_domain(self, values):
        """Return the domain of the records that answer this question: those of the designer's domain with one of the values."""
        records = self.env[self.lookup_model_id.sudo().model]
        domain = Domain(conditions.parse(self.lookup_domain)) & Domain(self.lookup_field, 'in', list(values))
        if 'company_id' in records._fields:
            domain &= Domain('company_id', 'in', (False, (self.form_id.company_id or self.env.company).id))
        return domain

    def _unknown(self, values):
        """Return those of the values that exist in none of the records in which they have to."""
        self.ensure_one()
        if not (self.lookup_model_id and self.lookup_field) or not values:
            return set()
        # Nothing leaves but whether these very values exist; the designer, who may see the records, decided that.
        records_sudo = self.env[self.lookup_model_id.sudo().model].sudo()
        found = records_sudo.search_fetch(self._lookup_domain(values), [self.lookup_field], limit=len(values) * 10)
        return set(values) - set(found.mapped(self.lookup_field))

    @api.constrains('lookup_model_id', 'lookup_field', 'lookup_domain')
    def _check_lookup(self):
        for field in self.filtered(lambda field: field.lookup_model_id and field.lookup_field):
            records = self.env.get(field.lookup_model_id.model)
            known = records is not None and not records._abstract and records._fields.get(field.lookup_field)
            if not known or not known.store or known.type not in ('char', 'integer'):
                raise ValidationError(self.env._(
                    "“%(question)s” looks for its answer in a field that cannot be looked in: “%(field)s”.",
                    question=field.label, field=field.lookup_field))
            try:
                records.search(field._lookup_domain([0 if known.type == 'integer' else '']), limit=1)
            except (ValueError, KeyError, TypeError, UserError) as error:
                raise ValidationError(self.env._(
                    "The condition of “%(question)s” cannot be used: %(reason)s", question=field.label, reason=error)) from error

    def _check_lookup_access(self):
        """Whoever designs a question lets partners find out what exists: they have to be allowed to read it themselves.

        No constraint, for these know nothing of who writes.
        """
        for field in self.filtered(lambda field: field.lookup_model_id and field.lookup_field):
            records = self.env[field.lookup_model_id.sudo().model]
            try:
                records.check_access('read')
                records._check_field_access(records._fields[field.lookup_field], 'read')
                records.search(field._lookup_domain(['']), limit=1)
            except AccessError as error:
                raise ValidationError(self.env._(
                    "“%(question)s” looks for its answer in records that you may not see.", question=field.label)) from error

    @api.model_create_multi
    def create(self, vals_list):
        questions = super().create(vals_list)
        if not self.env.su:
            questions._check_lookup_access()
        return questions

    def write(self, vals):
        result = super().write(vals)
        if not self.env.su and vals.keys() & {'lookup_model_id', 'lookup_field', 'lookup_domain'}:
            self._check_lookup_access()
        return result

    # Sentences

    def _fault_message(self, fault):
        """Return the sentence for the reader for a :class:`~..engine.answers.Fault` of this question."""
        self.ensure_one()
        details = {'limit': '', 'name': '', 'kinds': '', **fault.details}
        if fault.code == 'no_match' and self.pattern_message:
            return self.pattern_message
        messages = {
            'required': self.env._("Please answer this question."),
            'consent': self.env._("Please tick this box to continue."),
            'unconfirmed': self.env._("Please confirm that this is still right, or correct it."),
            'not_boolean': self.env._("Please answer yes or no."),
            'not_text': self.env._("Please enter a text."),
            'one_line': self.env._("Please keep this on one line."),
            'too_long': self.env._("Please use at most %(limit)s characters.", **details),
            'too_short': self.env._("Please use at least %(limit)s characters.", **details),
            'not_number': self.env._("Please enter a number, such as 12.5."),
            'not_integer': self.env._("Please enter a whole number, such as 12."),
            'too_small': self.env._("Please enter %(limit)s or more.", **details),
            'too_large': self.env._("Please enter %(limit)s or less.", **details),
            'not_date': self.env._("Please enter a date."),
            'not_datetime': self.env._("Please enter a date and a time."),
            'not_a_choice': self.env._("Please choose one of the offered answers."),
            'not_a_state': self.env._("Please choose a state of this country."),
            'not_table': self.env._("Please enter the rows again."),
            'too_few_rows': self.env._("Please enter at least %(limit)s rows.", **details) if details['limit'] != 1
            else self.env._("Please enter at least one row."),
            'too_many_rows': self.env._("Please enter at most %(limit)s rows.", **details),
            'not_file': self.env._("Please upload the file again."),
            'too_many_files': self.env._("Please attach at most %(limit)s files.", **details) if details['limit'] != 1
            else self.env._("Please attach one file only."),
            'wrong_kind': self.env._("“%(name)s” is of another kind. Please send one of: %(kinds)s.", **details),
            'file_too_large': self.env._("“%(name)s” is larger than %(limit)s MB.", **details),
            'not_email': self.env._("Please enter one e-mail address, such as name@company.com."),
            'not_phone': self.env._("Please enter a phone number, such as +1 617 555 0100."),
            'not_url': self.env._("Please enter a web address, such as www.company.com."),
            'no_match': self.env._("Please enter this in the expected form."),
            'unknown': self.env._("We do not know this one. Please check how it is written."),
            'not_unique': self.env._("Somebody else gave this answer already."),
        }
        return messages[fault.code]
