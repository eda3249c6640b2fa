import json

from odoo import models

from odoo.addons.pem_campaigns.engine import answers, conditions

from ..engine import moments

#: How a question type is entered in a browser: type of the input, input mode and autocomplete hint.
INPUTS = {
    'char': ('text', 'text', None), 'email': ('email', 'email', 'email'), 'phone': ('tel', 'tel', 'tel'),
    'url': ('text', 'url', 'url'), 'integer': ('number', 'numeric', None), 'float': ('number', 'decimal', None),
    'monetary': ('number', 'decimal', None), 'date': ('date', None, None), 'datetime': ('datetime-local', None, None),
}
#: Classes of narrow questions, which stand side by side on wide screens.
WIDTHS = {'half': 'col-md-6', 'third': 'col-md-4'}
#: Kinds of which one is chosen from a list.
CHOSEN = ('selection', 'country', 'state', 'contact', 'product')
#: The most stars that a line holds.
MOST_STARS = 10


class PemFormField(models.Model):
    _inherit = 'pem.form.field'

    def _portal_present(self, partner):
        """Return ``{question name: value}`` of what is on file about a partner, as far as partners may see it."""
        bound = self.filtered(lambda question: question.attribute_id and question.attribute_id.portal_access != 'none')
        values = bound.attribute_id._read_values(partner).get(partner.id, {})
        return {question.name: values.get(question.attribute_id.id, False) for question in bound}

    def _portal_entry(self, raw, error='', comment='', is_open=True, partner=None):
        """Return the plain values a page shows of one element of a form.

        :param raw: what is entered at present
        :param error: why it is refused, '' when it is not
        :param comment: what the reviewer said about it
        :param is_open: whether it can be changed
        :param partner: ``res.partner`` who is asked
        """
        self.ensure_one()
        html_type, input_mode, autocomplete = INPUTS.get(self.value_type, ('text', None, None))
        chosen = raw if isinstance(raw, list) else [raw]
        is_file = self.value_type in answers.FILES
        is_table = self.value_type == 'table'
        files = [file for file in chosen if isinstance(file, dict)] if is_file else []
        question = self._question(partner) if self.is_question else None
        return {
            'name': self.name,
            'label': self.label,
            'type': self.value_type,
            'is_question': self.is_question,
            'is_file': is_file,
            'is_ticking': self.value_type in answers.TICKS,
            'is_choosing': self.value_type in CHOSEN,
            'html_type': html_type,
            'input_mode': input_mode,
            'autocomplete': autocomplete,
            'column_class': WIDTHS.get(self.width, ''),
            'help': self.help_text or '',
            'placeholder': self.placeholder or '',
            'required': self.required,
            'required_if': self._portal_condition(self.required_if),
            'visible_if': self._portal_condition(self.visible_if),
            'readonly_if': self._portal_condition(self.readonly_if),
            'minimum': None if not question or question.minimum is None else str(question.minimum),
            'maximum': None if not question or question.maximum is None else str(question.maximum),
            'pattern': question.pattern.source if question and question.pattern else None,
            'pattern_message': self.pattern_message or None,
            'formula': json.dumps(question.formula) if question and question.formula is not None else None,
            'country_question': self.country_question or None,
            'currency': self._portal_currency(),
            'stars': range(1, min(self._stars(), MOST_STARS) + 1),
            'value': '' if raw in (False, None) or is_file or is_table else self._portal_text(raw),
            'chosen': set() if is_file or is_table else {str(one) for one in chosen if one not in (False, None, '')},
            'is_ticked': self.value_type in answers.TICKS and self._portal_is_ticked(raw),
            'choices': self._portal_choices(partner) if is_open else [],
            'files': files,
            'display': '' if is_table else self._portal_display(raw, files, question),
            'error': error,
            'comment': comment,
            'is_open': is_open,
            'is_hidden': False,
            'is_readonly': False,
        }

    def _portal_text(self, raw):
        """Return what is entered as the input of a browser wants it."""
        if isinstance(raw, float) and raw.is_integer():
            return int(raw)
        if self.value_type == 'datetime' and isinstance(raw, str):
            return moments.to_local(raw, self.env.context.get('tz')) or raw
        return raw

    def _portal_choices(self, partner):
        """Return ``[{'key', 'label', 'group'}]`` of what is offered; a state belongs to the group of its country."""
        if not self.is_question:
            return []
        groups = self._choice_groups()
        return [{'key': str(key), 'label': label, 'group': groups.get(key)} for key, label in self._choices(partner)]

    def _portal_currency(self):
        """Return ``{'symbol', 'is_before', 'digits'}`` of a question for money, None for others."""
        if self.value_type != 'monetary':
            return None
        currency = self._portal_currency_record()
        return {'symbol': currency.symbol or currency.name, 'is_before': currency.position == 'before', 'digits': currency.decimal_places,
                'step': f'{1 / 10 ** currency.decimal_places:.{currency.decimal_places}f}'}

    def _portal_currency_record(self):
        return self.currency_id or (self.form_id.company_id or self.env.company).currency_id

    def _portal_is_ticked(self, raw):
        try:
            return answers.parse(self._question(), raw)
        except answers.Refused:
            return False

    @staticmethod
    def _portal_condition(text):
        """Return a condition as JSON for the browser, None when there is none."""
        condition = conditions.parse(text)
        return json.dumps(condition) if condition else None

    def _portal_display(self, raw, files, question):
        """Return what is entered as a reader would write it; a draft may hold anything."""
        if files:
            return ', '.join(file['name'] for file in files)
        if not question or question.type == 'computed':
            return ''
        try:
            return self._display(answers.parse(question, raw))
        except answers.Refused:
            return str(raw)
