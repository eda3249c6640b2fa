import re

from odoo import fields, models

#: A whole number and a remark after it, such as "2013 (1888)" or "1975/1977 (1997)".
REMARKED_NUMBER = re.compile(r'\s*(-?[0-9]+)\s*[(\[/].*', re.DOTALL)


class IrFieldsConverter(models.AbstractModel):
    _inherit = 'ir.fields.converter'

    def _str_to_properties(self, model, field, value, savepoint):
        """Take the number of a whole-number attribute also when a remark follows it, and say so in a warning.

        Lists kept by hand write "2013 (1888)" for a year of founding; refusing the file would not make them any better.
        """
        warnings = []
        if isinstance(value, list):
            for one in value:
                text = one.get('value')
                if not isinstance(text, str):
                    continue
                if not text.strip():
                    one['value'] = False
                elif one.get('type') in ('date', 'datetime'):
                    one['value'] = self._pem_moment(one, text)
                elif one.get('type') == 'integer' and (found := REMARKED_NUMBER.fullmatch(text)):
                    one['value'] = found[1]
                    warning = self.env._(
                        "“%(text)s” is read as %(number)s for “%(attribute)s”.",
                        text=text, number=found[1], attribute=one.get('string'))
                    # The caller fills in '%(field)s'.
                    warnings.append(warning.replace('%', '%%'))
        value, native_warnings = super()._str_to_properties(model, field, value, savepoint)
        return value, warnings + native_warnings

    def _pem_moment(self, definition, text):
        """Return the text of a date or time as it is stored; Odoo would store anything.

        :raises ValueError: in the form that the import shows
        """
        try:
            if definition['type'] == 'date':
                return fields.Date.to_string(fields.Date.to_date(text))
            return fields.Datetime.to_string(fields.Datetime.to_datetime(text))
        except ValueError:
            message = self.env._("“%(text)s” is not a date, such as 2027-05-01, for “%(attribute)s”.")
            raise self._format_import_error(
                ValueError, message, {'text': text, 'attribute': definition['string']}) from None
