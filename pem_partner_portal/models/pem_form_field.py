import json

from odoo import models

from odoo.addons.pem_campaigns.engine import answers, conditions

#: How a question type is entered in a browser: type of the input, input mode and autocomplete hint.
INPUTS = {
    'char': ('text', 'text', None), 'email': ('email', 'email', 'email'), 'phone': ('tel', 'tel', 'tel'),
    'url': ('text', 'url', 'url'), 'integer': ('number', 'numeric', None), 'float': ('number', 'decimal', None),
    'date': ('date', None, None),
}


class PemFormField(models.Model):
    _inherit = 'pem.form.field'

    def _portal_present(self, partner):
        """Return ``{question name: value}`` of what is on file about a partner, as far as partners may see it."""
        bound = self.filtered(lambda question: question.attribute_id and question.attribute_id.portal_access != 'none')
        values = bound.attribute_id._read_values(partner).get(partner.id, {})
        return {question.name: values.get(question.attribute_id.id, False) for question in bound}

    def _portal_entry(self, raw, error='', comment='', is_open=True):
        """Return the plain values a page shows of one element of a form.

        :param raw: what is entered at present
        :param error: why it is refused, '' when it is not
        :param comment: what the reviewer said about it
        :param is_open: whether it can be changed
        """
        self.ensure_one()
        html_type, input_mode, autocomplete = INPUTS.get(self.value_type, ('text', None, None))
        chosen = raw if isinstance(raw, list) else [raw]
        files = [file for file in chosen if isinstance(file, dict)] if self.value_type == 'file' else []
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)
        return {
            'name': self.name,
            'label': self.label,
            'type': self.value_type,
            'is_question': self.is_question,
            'html_type': html_type,
            'input_mode': input_mode,
            'autocomplete': autocomplete,
            'help': self.help_text or '',
            'placeholder': self.placeholder or '',
            'required': self.required,
            'required_if': self._portal_condition(self.required_if),
            'visible_if': self._portal_condition(self.visible_if),
            'minimum': self.minimum or None,
            'maximum': self.maximum or None,
            'value': '' if raw in (False, None) or self.value_type == 'file' else raw,
            'chosen': {str(one) for one in chosen if one not in (False, None, '')},
            'is_ticked': self.value_type == 'boolean' and self._portal_is_ticked(raw),
            'choices': [(str(key), label) for key, label in self._choices()],
            'files': files,
            'display': self._portal_display(raw, files),
            'error': error,
            'comment': comment,
            'is_open': is_open,
            'is_hidden': False,
        }

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

    def _portal_display(self, raw, files):
        """Return what is entered as a reader would write it; a draft may hold anything."""
        if files:
            return ', '.join(file['name'] for file in files)
        if not self.is_question:
            return ''
        try:
            return self._display(answers.parse(self._question(), raw))
        except answers.Refused:
            return str(raw)
