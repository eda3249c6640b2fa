import re
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

#: Native fields that may be governed; anything else on a partner is the business of other apps.
NATIVE_TYPES = ('boolean', 'integer', 'float', 'char', 'text', 'date', 'datetime', 'selection', 'many2one')
#: Contact fields that decide who sees a contact and where it belongs: no partner's answer may change them.
UNGOVERNED = {'active', 'company_id', 'parent_id', 'user_id', 'type', 'is_company', 'employee', 'commercial_partner_id'}


class PemAttribute(models.Model):
    """Governance of one partner data point.

    The data point itself is a native field of ``res.partner`` or a Property in ``res.partner.properties``; this record
    says who owns it, what partners may see or propose in the portal, and how often it has to be verified.
    """

    _name = 'pem.attribute'
    _description = "Partner Attribute"
    _order = 'sequence, name, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [('property', "Custom attribute"), ('field', "Contact field")], required=True, default='property',
        help="A custom attribute is added to every contact; a contact field exists already and is only governed here.",
    )
    field_id = fields.Many2one(
        'ir.model.fields', string="Contact field", ondelete='cascade',
        domain=[('model', '=', 'res.partner'), ('store', '=', True), ('readonly', '=', False),
                ('ttype', 'in', NATIVE_TYPES)],
    )
    technical_name = fields.Char(readonly=True, copy=False, help="Name by which conditions and imports refer to it.")
    value_type = fields.Selection([
        ('char', "Text"), ('text', "Long text"), ('integer', "Whole number"), ('float', "Decimal number"),
        ('boolean', "Yes/No"), ('date', "Date"), ('datetime', "Date and time"), ('selection', "Choice"),
        ('tags', "Tags"), ('many2one', "Record"),
    ], string="Type", required=True, default='char')
    choices = fields.Text(help="One choice per line. Changing a line renames the choice; who chose it keeps it.")
    comodel = fields.Char(readonly=True)

    # Governance
    owner_id = fields.Many2one('res.users', default=lambda self: self.env.user, ondelete='set null')
    portal_access = fields.Selection([
        ('none', "Hidden"), ('read', "See"), ('propose', "See and propose changes"),
    ], string="In the portal partners may", required=True, default='propose')
    revalidation_months = fields.Integer(
        help="Months after which a value has to be verified again; 0 for never.")
    verification_ids = fields.One2many('pem.attribute.verification', 'attribute_id')
    verification_count = fields.Integer(compute='_compute_verification_count')

    _technical_name_unique = models.UniqueIndex(
        '(kind, technical_name)', "There is already an attribute for this data point.")
    _revalidation_months_positive = models.Constraint(
        'CHECK (revalidation_months >= 0)', "The revalidation period cannot be negative.")

    @api.depends('verification_ids')
    def _compute_verification_count(self):
        counts = dict(self.env['pem.attribute.verification']._read_group(
            [('attribute_id', 'in', self.ids)], ['attribute_id'], ['__count']))
        for attribute in self:
            attribute.verification_count = counts.get(attribute, 0)

    @api.constrains('kind', 'field_id')
    def _check_field_id(self):
        for attribute in self:
            field = attribute.field_id
            if attribute.kind == 'field' and (
                field.model != 'res.partner' or field.ttype not in NATIVE_TYPES or field.readonly or not field.store
            ):
                raise ValidationError(self.env._("“%s” needs a contact field that can be edited.", attribute.name))
            if attribute.kind != 'field':
                continue
            native = self.env['res.partner']._fields[field.name]
            if field.name in UNGOVERNED or native.company_dependent or not self.env['res.partner']._has_field_access(
                    native, 'write'):
                raise ValidationError(self.env._(
                    "“%s” cannot be asked of partners: it belongs to your own organization.", field.field_description))

    @api.onchange('field_id')
    def _onchange_field_id(self):
        if self.kind == 'field' and self.field_id and not self.name:
            self.name = self.field_id.field_description

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access('create')
        vals_list = [dict(vals) for vals in vals_list]
        for vals in vals_list:
            if vals.get('kind', 'property') == 'field':
                field = self.env['ir.model.fields'].sudo().browse(vals.get('field_id'))
                vals['technical_name'] = field.name
                vals['comodel'] = field.relation
                vals['value_type'] = field.ttype if field.ttype in NATIVE_TYPES else 'char'
            else:
                vals['technical_name'] = vals.get('technical_name') or self._technical_name(vals['name'])
        attributes = super().create(vals_list)
        attributes.filtered(lambda attribute: attribute.kind == 'property')._write_definition()
        return attributes

    def write(self, vals):
        if {'kind', 'technical_name', 'field_id'} & vals.keys():
            for attribute in self:
                if any(name in vals and vals[name] != attribute._fields[name].convert_to_write(attribute[name], attribute)
                       for name in ('kind', 'technical_name', 'field_id')):
                    raise ValidationError(self.env._(
                        "“%s” already describes a data point. Archive it and add another one instead.",
                        attribute.name))
        if 'value_type' in vals:
            for attribute in self:
                if attribute.value_type != vals['value_type'] and (
                        attribute.kind == 'field' or attribute._count_values()):
                    raise ValidationError(self.env._(
                        "“%s” has values already, so its type stays. Archive it and add another one instead.",
                        attribute.name))
        result = super().write(vals)
        if {'name', 'choices', 'value_type'} & vals.keys():
            self.filtered(lambda attribute: attribute.kind == 'property')._write_definition()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_filled(self):
        custom = self.filtered(lambda attribute: attribute.kind == 'property')
        for attribute in custom:
            if attribute._count_values():
                raise ValidationError(self.env._(
                    "Partners have values of “%s”. Archive it, so that they are kept.", attribute.name))
        if custom:
            names = set(custom.mapped('technical_name'))
            base_sudo = self._base_definition_sudo()
            base_sudo.properties_definition = [
                definition for definition in base_sudo.properties_definition if definition['name'] not in names]

    def _count_values(self):
        """Return how many partners, of all companies, have a value of this custom attribute."""
        self.ensure_one()
        self.env['res.partner'].flush_model(['properties'])
        [[count]] = self.env.execute_query(SQL(
            "SELECT count(*) FROM res_partner WHERE properties -> %(name)s NOT IN ('false', 'null', '\"\"', '[]')",
            name=self.technical_name))
        return count

    @api.model
    def _technical_name(self, name):
        """Return an unused property name made from a label: lowercase ASCII letters, digits and '_'."""
        base = re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')[:40] or 'attribute'
        taken = {definition['name'] for definition in self._definitions()}
        taken.update(self.with_context(active_test=False).sudo().search([('kind', '=', 'property')]).mapped('technical_name'))
        candidate, number = base, 1
        while candidate in taken:
            number += 1
            candidate = f'{base}_{number}'
        return candidate

    @api.model
    def _base_definition_sudo(self):
        """Return the record that holds the Properties definition of all partners.

        :raises AccessError: for who may not manage attributes
        """
        if not self.env['pem.attribute'].has_access('write'):
            raise AccessError(self.env._("Only managers of Partner Engagement may change partner attributes."))
        return self.env['properties.base.definition'].sudo()._get_definition_for_property_field('res.partner', 'properties')

    @api.model
    def _definitions(self):
        base_sudo = self.env['properties.base.definition'].sudo()
        return base_sudo._get_definition_for_property_field('res.partner', 'properties').properties_definition or []

    def _write_definition(self):
        """Bring the Properties definition of ``res.partner`` in line with the custom attributes in ``self``."""
        base_sudo = self._base_definition_sudo()
        definitions = {definition['name']: dict(definition) for definition in base_sudo.properties_definition or []}
        for attribute in self:
            definitions[attribute.technical_name] = {
                **definitions.get(attribute.technical_name, {}),
                **attribute._prepare_definition_values(definitions.get(attribute.technical_name, {})),
            }
        base_sudo.properties_definition = list(definitions.values())

    def _prepare_definition_values(self, current):
        """Return one entry of a Properties definition; ``current`` is the entry so far, to keep keys of choices."""
        self.ensure_one()
        values = {'name': self.technical_name, 'string': self.name, 'type': self.value_type}
        if self.value_type in ('selection', 'tags'):
            values[self.value_type] = self._prepare_choices(current.get(self.value_type) or [])
        if self.value_type == 'many2one':
            values['comodel'] = self.comodel or 'res.partner'
        return values

    def _choice_labels(self):
        return list(dict.fromkeys(line.strip() for line in (self.choices or '').splitlines() if line.strip()))

    def _prepare_choices(self, current):
        """Return the choices of the definition; what partners chose stays chosen.

        A label that is there already keeps its key. When as many lines as before are left and one has changed, the
        choice was renamed and keeps its key too.
        """
        labels = self._choice_labels()
        keys = {choice[1]: choice[0] for choice in current}
        if len(labels) == len(current):
            for label, choice in zip(labels, current, strict=True):
                if label not in keys and choice[1] not in labels:
                    keys[label] = choice[0]
        taken = set(keys.values())
        choices = []
        for number, label in enumerate(labels, start=1):
            if label not in keys:
                base = re.sub(r'[^a-z0-9]+', '_', label.lower()).strip('_') or 'choice'
                numbered = (f'{base}_{count}' for count in range(2, len(labels) + len(taken) + 3))
                keys[label] = next(key for key in (base, *numbered) if key not in taken)
                taken.add(keys[label])
            choices.append([keys[label], label, number % 11 + 1] if self.value_type == 'tags' else [keys[label], label])
        return choices

    def action_open_verifications(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Verified values of %s", self.name),
            'res_model': 'pem.attribute.verification',
            'view_mode': 'list',
            'domain': [('attribute_id', '=', self.id)],
        }

    # Values of partners

    def _read_values(self, partners):
        """Return ``{partner id: {attribute id: raw value}}`` in one query a kind.

        Raw values are JSON as in :mod:`..engine.answers`; records are ids.
        """
        partners = partners.sudo()
        values = {partner_id: {} for partner_id in partners.ids}
        native = self.filtered(lambda attribute: attribute.kind == 'field')
        if native:
            names = native.mapped('technical_name')
            for row in partners.with_context(active_test=False).read(names, load=None):
                for attribute in native:
                    values[row['id']][attribute.id] = self._to_json(row[attribute.technical_name])
        custom = self - native
        if custom:
            names = {attribute.id: attribute.technical_name for attribute in custom}
            for partner_id, properties in self._read_properties(partners.ids).items():
                for attribute_id, name in names.items():
                    values[partner_id][attribute_id] = self._to_json(properties.get(name))
        return values

    @api.model
    def _read_properties(self, partner_ids):
        """Return ``{partner id: {name: raw value}}``: all custom attributes, as the database has them."""
        if not partner_ids:
            return {}
        self.env['res.partner'].browse(partner_ids).flush_recordset(['properties'])
        self.env.cr.execute('SELECT id, properties FROM res_partner WHERE id = ANY(%s)', [partner_ids])
        return {partner_id: properties or {} for partner_id, properties in self.env.cr.fetchall()}

    @staticmethod
    def _to_json(value):
        if value is None:
            return False
        if isinstance(value, datetime):
            return value.isoformat(' ', 'seconds')
        return value.isoformat() if hasattr(value, 'isoformat') else value
