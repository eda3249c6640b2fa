from odoo import models
from odoo.tools import format_datetime, formatLang

from ..engine import answers, formula


class PemFormField(models.Model):
    """How answers are kept in cases and shown to people."""

    _inherit = 'pem.form.field'

    def _definition_entry(self):
        """Return the entry of the answers' Properties definition, None for what is not kept there."""
        self.ensure_one()
        kept_as = self._kept_as()
        if not kept_as:
            return None
        entry = {'name': self.name, 'string': self.label, 'type': kept_as}
        if kept_as == 'selection':
            entry['selection'] = [[option.key, option.name] for option in self.option_ids]
        elif kept_as == 'tags':
            entry['tags'] = [[option.key, option.name, number % 11 + 1] for number, option in enumerate(self.option_ids)]
        elif kept_as == 'many2one':
            entry['comodel'] = self._comodels()[self.value_type]
        elif kept_as == 'monetary':
            entry['currency_field'] = 'currency_id'
        elif self._is_money():
            entry['string'] = f'{self.label} ({self.currency_id.name})'
        return entry

    def _kept_as(self):
        """Return the Properties type answers are kept as, None when they are not kept there."""
        kind = self.value_type
        if kind == 'computed':
            parsed = self._parsed(formula, self.formula)
            computes = formula.kind(parsed) if parsed is not None else 'number'
            if computes != 'number':
                return {'boolean': 'boolean', 'text': 'char'}[computes]
        if self._is_money() and self._currency() == (self.form_id.company_id or self.env.company).currency_id:
            # Properties know no other currency than that of the case.
            return 'monetary'
        return answers.TYPES.get(kind)

    def _is_money(self):
        return self.value_type == 'monetary' or (self.value_type == 'computed' and bool(self.currency_id))

    def _currency(self):
        """Return the currency of an amount."""
        return self.currency_id or (self.form_id.company_id or self.env.company).currency_id

    def _display(self, value):
        """Return an answer as a reader would write it, '' for none."""
        self.ensure_one()
        kind = self.value_type
        if kind in answers.TICKS or (kind == 'computed' and value is True):
            return self.env._("Yes") if value else self.env._("No")
        if answers.empty(value):
            return ''
        if kind in answers.FILES:
            return ', '.join(one.get('name', '') for one in value)
        if kind in ('selection', 'tags'):
            labels = dict(self._choices())
            keys = value if isinstance(value, list) else [value]
            return ', '.join(labels.get(key, str(key)) for key in keys)
        if kind in self._comodels():
            record = self.env[self._comodels()[kind]].sudo().browse(value).exists()
            return self._record_name(record) if record else ''
        if kind == 'date':
            return self.env['ir.qweb.field.date'].value_to_html(value, {})
        if kind == 'datetime':
            zone = self.env.context.get('tz') or self.env.user.tz or 'UTC'
            return f'{format_datetime(self.env, value, tz=zone, dt_format="short")} ({zone})'
        if kind == 'table':
            return self._display_rows(value)
        if self._is_money() and isinstance(value, (int, float)):
            return formatLang(self.env, value, currency_obj=self._currency())
        if kind == 'rating':
            return f'{value} / {self._stars()}'
        if isinstance(value, float):
            return formatLang(self.env, value, digits=0 if value == int(value) else max(2, len(repr(value).partition('.')[2])))
        return str(value)

    def _display_rows(self, rows):
        """Return a table in a few words: how many rows, and the totals."""
        count = self.env._("1 row") if len(rows) == 1 else self.env._("%s rows", len(rows))
        totals = [f'{column.label}: {shown}' for column, shown in self._totals(rows)]
        return f'{count} ({", ".join(totals)})' if totals else count

    def _totals(self, rows):
        """Return ``[(column, sum as text)]`` of the columns whose total is to be shown."""
        totals = []
        for column in self.column_ids.filtered('show_total'):
            parsed = ['sum', ['column', self.name, column.name]]
            total = formula.evaluate(parsed, {self.name: rows})
            totals.append((column, column._display(total if column.value_type != 'rating' else str(total)) or '0'))
        return totals

    def _details(self, value):
        """Return what a reviewer sees of an answer beside its text, as JSON; False when there is nothing more.

        Of a table its columns (``label``, ``is_number``, ``total``) and rows of texts; of a rating the best one.
        """
        self.ensure_one()
        if self.value_type == 'rating':
            return {'stars': self._stars()}
        if self.value_type != 'table' or answers.empty(value):
            return False
        totals = dict(self._totals(value))
        return {
            'columns': [{
                'label': column.label, 'is_number': column.value_type in (*answers.NUMBERS, 'computed'), 'total': totals.get(column, ''),
            } for column in self.column_ids],
            'rows': [[column._display(row.get(column.name, False)) for column in self.column_ids] for row in value],
        }
