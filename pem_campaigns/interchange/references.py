"""References to records by what they are called everywhere: an external id, or what identifies them by nature.

A reference is ``{"model", "id", "name"}``, ``{"model", "key": […], "name"}`` or ``{"model", "name"}``; the name is for people where
there is something better.
"""
import re
import uuid

from odoo import models

from .schema import ENTRIES

#: Module of the external ids that are given to what leaves.
MODULE = '__pem_exchange__'
#: What identifies records of a model, where ids of data files would not.
NATURAL = {
    'res.users': ('login',), 'ir.model': ('model',), 'ir.model.fields': ('model', 'name'), 'res.currency': ('name',),
    'res.country': ('code',), 'res.country.state': ('country_id.code', 'code'), 'res.lang': ('code',),
    'pem.attribute': ('kind', 'technical_name'),
}
#: What is looked for by its name when it has no external id. What gives rights or runs code never is.
BY_NAME = {
    'mail.template', 'resource.calendar', 'res.partner', 'res.partner.category', 'res.partner.industry', 'product.product',
    'product.template', 'product.category', 'crm.team', 'res.partner.grade'}


class Names:
    """External ids of records, those given anew included.

    :param env: of whoever exports or imports; ids are read and given as superuser
    """

    def __init__(self, env):
        self.env = env
        self._known = {}

    def of(self, records):
        """Return ``{record: external id}``; whatever has none is given one."""
        wanted = [record for record in records if record not in self._known]
        if wanted:
            self._read(records.browse().union(*wanted))
            missing = [record for record in wanted if record not in self._known]
            rows = [{'module': MODULE, 'name': f'{record._table}_{uuid.uuid4().hex}', 'model': record._name, 'res_id': record.id,
                     'noupdate': True} for record in missing]
            self.env['ir.model.data'].sudo().create(rows)
            self._known.update({record: f'{MODULE}.{row["name"]}' for record, row in zip(missing, rows, strict=True)})
        return {record: self._known[record] for record in records}

    def existing(self, records):
        """Return ``{record: external id}`` of those that have one."""
        self._read(records.browse().union(*(record for record in records if record not in self._known)))
        return {record: self._known[record] for record in records if record in self._known}

    def _read(self, records):
        if not records:
            return
        loaded = self.env.registry._init_modules
        for row in self.env['ir.model.data'].sudo().search_read(
                [('model', '=', records._name), ('res_id', 'in', records.ids)], ['module', 'name', 'res_id'], order='id desc'):
            record = records.browse(row['res_id'])
            if row['module'] == MODULE:
                # What came from a data file elsewhere goes by the id that it has there.
                self._known[record] = row['name'] if '.' in row['name'] else f'{MODULE}.{row["name"]}'
            elif row['module'] in loaded:
                self._known.setdefault(record, f'{row["module"]}.{row["name"]}')

    def find(self, model, external_id):
        """Return the record of a model that goes by an external id here, empty when there is none.

        :raises ValueError: when the id belongs to a record of another model
        """
        Data = self.env['ir.model.data'].sudo()
        for full in (f'{MODULE}.{external_id}', external_id):
            found_model, found_id = Data._xmlid_to_res_model_res_id(full)
            if found_id and self.env[found_model].sudo().browse(found_id).exists():
                if found_model != model:
                    raise ValueError(external_id)
                return self.env[model].browse(found_id)
        return self.env[model]

    def bind(self, record, external_id):
        """Let a new record go by an external id from elsewhere."""
        module, name = external_id.split('.', 1)
        name = name if module == MODULE else external_id
        Data = self.env['ir.model.data'].sudo()
        Data.search([('module', '=', MODULE), ('name', '=', name)]).unlink()
        Data.create({'module': MODULE, 'name': name, 'model': record._name, 'res_id': record.id, 'noupdate': True})
        self._known[record] = external_id


def reference(names, record):
    """Return the reference to a record, None for none."""
    record = record.sudo().exists()
    if not record:
        return None
    model = record._name
    if model == 'pem.process':
        record = record.root_id or record
    label = record.with_context(lang='en_US').display_name or ''
    if model in NATURAL:
        return {'model': model, 'key': [_follow(record, path) for path in NATURAL[model]], 'name': label}
    if model in ENTRIES:
        return {'model': model, 'id': names.of(record)[record], 'name': record.with_context(lang='en_US').name}
    found = names.existing(record)
    if found:
        return {'model': model, 'id': found[record], 'name': label}
    if model in BY_NAME:
        return {'model': model, 'name': record.with_context(lang='en_US')[record._rec_name or 'name']}
    # Found nowhere else, but people are told what it was.
    return {'model': model, 'key': [], 'name': label}


def is_reference(value):
    return isinstance(value, dict) and isinstance(value.get('model'), str) and isinstance(value.get('name', ''), str) and (
        isinstance(value.get('id', ''), str) and isinstance(value.get('key', []), list)
        and all(isinstance(part, str) for part in value.get('key', [])))


def resolve(names, value, comodel):
    """Return the record that a reference means here; empty when there is none.

    :param comodel: the model that it has to be of
    """
    env = names.env
    nothing = env[comodel]
    if not is_reference(value) or value['model'] != comodel:
        return nothing
    if 'id' in value:
        if not re.fullmatch(r'[A-Za-z0-9_]+\.[A-Za-z0-9_.-]+', value['id']):
            return nothing
        try:
            return names.find(comodel, value['id'])
        except ValueError:
            return nothing
    if 'key' in value:
        paths = NATURAL.get(comodel, ())
        if not paths or len(paths) != len(value['key']):
            return nothing
        domain = [(path, '=', part) for path, part in zip(paths, value['key'], strict=True)]
        if comodel == 'res.users':
            domain.append(('share', '=', False))
        return _only(env[comodel].sudo().with_context(active_test=comodel == 'res.users').search(domain, limit=2)).with_env(env)
    if comodel in BY_NAME and value.get('name'):
        return _only(env[comodel].with_context(lang='en_US').search([(nothing._rec_name or 'name', '=', value['name'])], limit=2)).with_env(env)
    return nothing


def _only(found: models.BaseModel):
    """Of two that go by the same name neither can be meant."""
    return found if len(found) == 1 else found.browse()


def _follow(record, path):
    for name in path.split('.'):
        record = record[name]
    return record or ''
