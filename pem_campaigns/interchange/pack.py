"""Makes lines of a file from records, and from everything that these depend on."""
import re

from odoo import fields

from ..engine import exchange
from . import conditions
from .references import Names, reference
from .schema import ENTRIES, PART_KEYS, fields_of

_ATTRIBUTE = re.compile(r'(?<![\w.])(?:partner_id\.|partner\.)?properties\.([a-z][a-z0-9_]*)')


class Packer:
    """Makes the content of records; the same content for the same record, wherever it is.

    :param env: of a user who may read what is packed; what is referred to is looked up as superuser
    :param names: external ids, to share them
    """

    def __init__(self, env, names=None):
        self.env = env
        self.names = names or Names(env)
        self.langs = sorted(code for code, _name in env['res.lang'].get_installed())
        #: Records of which a file needs a line because something refers to them.
        self.needed = []

    # Files

    def entries(self, records):
        """Return the entries of a file with some records and all that they depend on; what is referred to comes first.

        Of several versions of a process the newest that was chosen travels.
        """
        chosen = {}
        for record in records.sorted('version') if records._name == 'pem.process' else records:
            chosen[ENTRIES[record._name], self._id(record)] = record
        done, result = set(), []

        def in_order(named):
            return sorted(named.items(), key=lambda item: (exchange.KINDS.index(item[0][0]), item[0][1]))

        def add(name, record):
            if name in done:
                return
            done.add(name)
            self.needed = []
            entry = self.entry(chosen.get(name, record))
            for other, one in in_order({(ENTRIES[one._name], self._id(one)): one for one in self.needed}):
                add(other, one)
            result.append(entry)

        for name, record in in_order(chosen):
            add(name, record)
        return sorted(result, key=lambda entry: exchange.KINDS.index(entry['kind']))

    def entry(self, record):
        """Return the line of a file for one record."""
        record.check_access('read')
        return {
            'kind': ENTRIES[record._name], 'id': self._id(record), 'name': record.with_context(lang='en_US').name or '',
            'content': self.content(record)}

    def _id(self, record):
        if record._name == 'pem.attribute':
            return f'{record.kind}.{record.technical_name}'
        if record._name == 'pem.process':
            record = record.sudo().root_id or record
        return self.names.of(record)[record]

    # Content

    def content(self, record, local=None):
        """Return what a record says, as JSON values.

        :param local: ``{record: reference}`` of the parts of the same line
        """
        local = {} if local is None else local
        if record._name == 'pem.process':
            return self._process(record, local)
        content = self.fields(record, local)
        if record._name == 'pem.attribute':
            content['definition'] = self._definition(record)
        return content

    def fields(self, record, local, parts=True):
        """Return what the fields of a record say; parts only if asked for."""
        record_sudo = record.sudo()
        content = {}
        for name, field in fields_of(record).items():
            if field.type == 'one2many':
                if parts:
                    content[name] = self.parts(record_sudo[name], local)
            else:
                content[name] = self._value(record_sudo, field, local)
        return content

    def parts(self, records, local):
        keys = self.part_keys(records)
        return [{'key': keys[record], 'content': self.fields(record, local)} for record in records.sorted()]

    def part_keys(self, records):
        """Return ``{record: key}``, by which a part is known in every version and every database."""
        if 'lineage' in records._fields:
            here = set(records.browse({record._lineage() for record in records}).exists())
            originals = {record: original if (original := record.browse(record._lineage())) in here else record for record in records}
            ids = self.names.of(records.browse().union(*originals.values()))
            return {record: ids[original] for record, original in originals.items()}
        name = PART_KEYS.get(records._name)
        keys = {}
        for number, record in enumerate(records.sorted(), 1):
            value = record[name] if name else number
            keys[record] = (value.login or '') if name == 'user_id' else str(value)
        return keys

    def _process(self, process, local):
        """Forms belong to the version that asks them, so they travel inside."""
        process_sudo = process.sudo()
        steps = process_sudo.step_ids.sorted()
        keys = self.part_keys(steps)
        forms = self.forms_of(steps, keys)
        local.update({step.with_env(self.env): {'model': step._name, 'part': key} for step, key in keys.items()})
        local.update({form.with_env(self.env): {'model': form._name, 'part': key} for form, key in forms.items()})
        content = self.fields(process, local)
        content['forms'] = [
            {'key': key, 'content': self.fields(form, local)} for form, key in sorted(forms.items(), key=lambda one: one[1])]
        return content

    @staticmethod
    def forms_of(steps, keys):
        """Return ``{form: key}`` of the forms of some steps: a form goes by the first step that asks it."""
        forms = {}
        for step in steps:
            if step.form_id:
                forms.setdefault(step.form_id, keys[step])
        return forms

    def _value(self, record, field, local):
        value = record[field.name]
        if (record._name, field.name) in conditions.CONDITIONS:
            model = conditions.CONDITIONS[record._name, field.name] or conditions.subject_of(record)
            self._need_attributes(value)
            return conditions.portable(self.names, value or None, model)
        if field.type == 'many2one':
            return self._reference(value, local)
        if field.type == 'many2many':
            return sorted(filter(None, (self._reference(one, local) for one in value.with_context(active_test=False))), key=repr)
        if field.translate:
            return self._translations(record, field)
        if field.type in ('date', 'datetime'):
            return (fields.Date if field.type == 'date' else fields.Datetime).to_string(value) or None
        if field.type == 'binary':
            value = record.with_context(bin_size=False)[field.name]
            return value.decode() if value else None
        if field.type in ('char', 'text', 'html', 'selection'):
            if field.type in ('char', 'text'):
                self._need_attributes(value)
            return str(value) if value else None
        return value

    def _translations(self, record, field):
        source = record.with_context(lang='en_US')[field.name]
        found = {'en_US': str(source)} if source else {}
        for lang in self.langs:
            value = record.with_context(lang=lang)[field.name]
            if value and value != source:
                found[lang] = str(value)
        return found or None

    def _reference(self, record, local):
        if not record:
            return None
        record = record.with_env(self.env)
        if record in local:
            return local[record]
        if record._name in ENTRIES:
            self.needed.append(self._needed(record))
        return reference(self.names, record)

    def _needed(self, record):
        """Return which record has to travel when one is referred to."""
        if record._name != 'pem.process':
            return record
        root = record.sudo().root_id or record
        if record != root or record.state != 'draft':
            versions = record.with_context(active_test=False).search(
                ['|', ('id', '=', root.id), ('root_id', '=', root.id)], order='version desc')
            return versions.filtered(lambda one: one.state == 'published')[:1] or versions[:1] or record
        return record

    def _need_attributes(self, text):
        for name in set(_ATTRIBUTE.findall(text or '')):
            self.needed += list(self.env['pem.attribute'].search([('kind', '=', 'property'), ('technical_name', '=', name)]))

    def _definition(self, attribute):
        """Return the keys and labels of the choices of a custom attribute."""
        if attribute.kind != 'property':
            return []
        entry = next((one for one in attribute._definitions() if one['name'] == attribute.technical_name), {})
        return [list(choice) for choice in entry.get(entry.get('type')) or []] if entry.get('type') in ('selection', 'tags') else []


def pack(records):
    """Return the bytes of a file with some records and all that they depend on."""
    return exchange.write(Packer(records.env).entries(records))
