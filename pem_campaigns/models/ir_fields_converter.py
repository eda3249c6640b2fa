import re

from odoo import models

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
                if one.get('type') != 'integer' or not isinstance(text, str):
                    continue
                if not text.strip():
                    one['value'] = False
                elif found := REMARKED_NUMBER.fullmatch(text):
                    one['value'] = found[1]
                    warning = self.env._(
                        "“%(text)s” is read as %(number)s for “%(attribute)s”.",
                        text=text, number=found[1], attribute=one.get('string'))
                    # The caller fills in '%(field)s'.
                    warnings.append(warning.replace('%', '%%'))
        value, native_warnings = super()._str_to_properties(model, field, value, savepoint)
        return value, warnings + native_warnings
