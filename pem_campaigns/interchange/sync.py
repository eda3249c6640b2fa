"""Lets records say what a file does; only what differs is written, and parts stay the records that they are."""
from odoo import Command

from . import conditions
from .fit import Damaged
from .references import resolve
from .schema import PARTS


class Writer:
    """Writes contents that fit; one for each line of a file.

    :param packer: :class:`~.pack.Packer`, which says what records say now
    """

    def __init__(self, packer):
        self.packer, self.names, self.env = packer, packer.names, packer.env
        self.langs = set(packer.langs) - {'en_US'}
        #: Parts of the line by what references to them say, and the other way round.
        self.parts, self.references = {}, {}

    def differs(self, record, content):
        """Say whether a file says something else than a record; it may know less fields."""
        return not covers(plain(self.packer.content(record)), plain(content))

    def make(self, Model, content, **more):
        values, translations = self._values(Model, content)
        record = Model.create({**values, **more})
        self._translate(record, translations)
        return record

    def sync(self, record, content):
        if 'forms' in content:
            self._sync_forms(record, content['forms'])
        here = self._here(record)
        values, translations = self._values(record, {
            name: value for name, value in content.items()
            if name != 'forms' and record._fields[name].type != 'one2many' and not covers(plain(here.get(name)), plain(value))}, complete=True)
        if values:
            record.write(values)
        self._translate(record, translations)
        for name in PARTS.get(record._name, ()):
            if name in content:
                self._sync_parts(record, record._fields[name], content[name])

    def _here(self, record):
        """Return what the fields of a record say now, without its parts."""
        return self.packer.fields(record, self.references, parts=False)

    def _sync_forms(self, process, forms):
        """The forms of a process are those of its steps."""
        steps = process.step_ids.sorted()
        here = {key: form for form, key in self.packer.forms_of(steps, self.packer.part_keys(steps)).items()}
        for part in forms:
            form = here.get(part['key'])
            if form and form.is_locked:
                form = form.copy({'name': form.name})
            if not form:
                form = self.make(self.env['pem.form'], part['content'])
            self._know(form, part['key'])
            self.sync(form, part['content'])

    def _know(self, record, key):
        self.parts[record._name, key] = record
        self.references[record.with_env(self.env)] = {'model': record._name, 'part': key}

    def _sync_parts(self, parent, field, parts):
        Part = self.env[field.comodel_name]
        here = {key: record for record, key in self.packer.part_keys(parent[field.name]).items()}
        kept = Part.union(*(here[part['key']] for part in parts if part['key'] in here))
        (parent[field.name] - kept).unlink()
        more = {field.inverse_name: parent.id}
        if Part._name == parent._name == 'pem.form.field':
            more['form_id'] = parent.form_id.id
        for part in parts:
            record = here.get(part['key'])
            if not record:
                record = self.make(Part, part['content'], **self._ancestry(Part, part['key']), **more)
                if 'lineage' in Part._fields and not record.lineage:
                    self.names.bind(record, part['key'])
            self._know(record, part['key'])
        # Now all are there that they may refer to.
        for part in parts:
            self.sync(self.parts[Part._name, part['key']], part['content'])

    def _ancestry(self, Part, key):
        """A part that is known here already is the same thing in another version."""
        if 'lineage' not in Part._fields:
            return {}
        try:
            original = self.names.find(Part._name, key)
        except ValueError as error:
            raise Damaged(Part._description) from error
        return {'lineage': original._lineage()} if original else {}

    def _values(self, Model, content, complete=False):
        """Return ``(values, {lang: values})`` for writing.

        :param complete: whether all parts are made that may be referred to; what refers to others is left for later
        """
        values, translations = {}, {}
        for name, value in content.items():
            field = Model._fields.get(name)
            if field is None or field.type == 'one2many':
                continue
            if (Model._name, name) in conditions.CONDITIONS:
                values[name] = conditions.text(self.names, value) or ('[]' if field.required else False)
            elif field.type == 'many2one':
                found = self._target(field, value)
                if found is not None:
                    values[name] = found.id
                elif field.required or complete:
                    raise Damaged(value['part'])
            elif field.type == 'many2many':
                values[name] = [Command.set([resolve(self.names, one, field.comodel_name).id for one in value or []])]
            elif field.translate:
                source = (value or {}).get('en_US') or next(iter((value or {}).values()), False)
                values[name] = source
                for lang in self.langs:
                    # What has no translation of its own says the same in every language.
                    translations.setdefault(lang, {})[name] = (value or {}).get(lang) or source
            elif value is None:
                values[name] = 0 if field.type in ('integer', 'float', 'monetary') else False
            else:
                values[name] = value
        return values, translations

    def _target(self, field, value):
        """Return the record that a reference means, None for a part that is not made yet."""
        if value is None:
            return self.env[field.comodel_name]
        if 'part' in value:
            return self.parts.get((value['model'], value['part']))
        record = resolve(self.names, value, field.comodel_name)
        if field.comodel_name == 'pem.process' and field.model_name == 'pem.campaign':
            # A campaign rolls out the version that is published.
            versions = record.search(['|', ('id', '=', record.id), ('root_id', '=', record.id)], order='version desc')
            return versions.filtered(lambda one: one.state == 'published')[:1] or versions[:1]
        return record

    def _translate(self, record, translations):
        for lang, values in sorted(translations.items()):
            translated = record.with_context(lang=lang)
            differing = {name: value for name, value in values.items() if value and str(translated[name] or '') != value}
            if differing:
                translated.write(differing)


def plain(value):
    """Return a content without the names of references, which are for people."""
    if isinstance(value, dict):
        named = 'model' in value and ({'id', 'key', 'part'} & value.keys())
        return {name: plain(one) for name, one in value.items() if not (named and name == 'name')}
    return [plain(one) for one in value] if isinstance(value, list) else value


def covers(here, content):
    """Say whether a content says all that another one does; that one may know less fields.

    >>> covers({'a': 1, 'b': [{'c': 2, 'd': 3}]}, {'b': [{'d': 3}]}), covers({'a': 1}, {'a': 1, 'b': 2}), covers([1, 2], [1])
    (True, False, False)
    """
    if isinstance(content, dict) and isinstance(here, dict) and 'model' not in content:
        return all(name in here and covers(here[name], value) for name, value in content.items())
    if isinstance(content, list) and isinstance(here, list):
        return len(content) == len(here) and all(map(covers, here, content))
    return here == content
