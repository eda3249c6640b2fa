from odoo import api, models

from odoo.addons.base_import.models.base_import import FIELDS_RECURSION_LIMIT


class BaseImport(models.TransientModel):
    """Odoo's import offers the attributes of partners by their own names, to everybody who may import partners.

    Out of the box it offers Properties to administrators only, those of all models at once, and leaves their dates and
    decimal numbers as they are written in the file.
    """

    _inherit = 'base_import.import'

    @api.model
    def get_fields_tree(self, model, depth=FIELDS_RECURSION_LIMIT):
        tree = super().get_fields_tree(model, depth=depth)
        if model == 'res.partner' and depth:
            tree = [field for field in tree if not field['name'].startswith('properties.')]
            tree += [self._pem_attribute_field(definition) for definition in self._pem_importable_attributes()]
        return tree

    @api.model
    def _pem_importable_attributes(self):
        return [
            definition for definition in self.env['pem.attribute']._definitions()
            if definition['type'] != 'separator'
            and (definition['type'] not in ('many2one', 'many2many') or definition.get('comodel') in self.env)
        ]

    @api.model
    def _pem_attribute_field(self, definition):
        """Return the entry of the fields tree of one Properties definition of ``res.partner``."""
        name = f"properties.{definition['name']}"
        field = {
            'id': name, 'name': name, 'string': definition['string'], 'required': False, 'fields': [],
            'type': definition['type'], 'model_name': 'res.partner',
        }
        if comodel := definition.get('comodel'):
            field['comodel_name'] = comodel
            field['fields'] = [
                dict(field, model_name=comodel, name='id', string=self.env._("External ID"), type='id'),
                dict(field, model_name=comodel, name='.id', string=self.env._("Database ID"), type='id'),
            ]
        return field

    def _parse_import_data_recursive(self, model, prefix, data, import_fields, options):
        data = super()._parse_import_data_recursive(model, prefix, data, import_fields, options)
        if model == 'res.partner':
            for definition in self._pem_importable_attributes():
                column = f"{prefix}properties.{definition['name']}"
                if column not in import_fields:
                    continue
                index = import_fields.index(column)
                if definition['type'] in ('date', 'datetime'):
                    self._parse_date_from_data(data, index, column, definition['type'], options)
                elif definition['type'] in ('float', 'monetary'):
                    self._parse_float_from_data(data, index, column, options)
        return data
