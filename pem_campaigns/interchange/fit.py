"""Checks what a file says against what this database knows, field by field, before anything is written."""
import re

from . import conditions
from .references import is_reference, resolve
from .schema import fields_of

#: Longest text, and the numbers that the database holds.
_LONGEST, _LARGEST = 1_000_000, 2**31 - 1
_ID = re.compile(r'[A-Za-z0-9_]{1,64}\.[A-Za-z0-9_.-]{1,160}')


class Damaged(Exception):
    """A value that no export writes; says where."""


class Missing(Exception):
    """What cannot be left empty refers to something that is not here; says what."""


class Fitter:
    """Leaves of contents what can be brought in.

    :param env: of whoever reads the notes
    :param names: :class:`~.references.Names`
    :param langs: codes of the installed languages
    :param note: called with a sentence about each thing that is left out
    """

    def __init__(self, env, names, langs, note):
        self.env, self.names, self.langs, self.note = env, names, langs, note

    def fit(self, Model, content):
        """Return the content of a record without what this database does not know.

        :raises Damaged: for what no export writes
        :raises Missing: when what is not here cannot be left out
        """
        known = fields_of(Model)
        for name in sorted(content.keys() - known.keys()):
            self.note(self.env._("“%s” is not known here and is left out.", name))
        fitting = {}
        for name in sorted(content.keys() & known.keys()):
            field, value = known[name], content[name]
            if not Model.with_env(self.env)._has_field_access(field, 'write'):
                if value is not None:
                    self.note(self.env._("Only administrators may set “%s”; it is left out.", self._label(field)))
                continue
            if field.type == 'one2many':
                fitting[name] = self.parts(self.env[field.comodel_name], value)
                continue
            fitting[name] = self._value(Model, field, value)
            if fitting[name] is None and field.required and field.type != 'boolean':
                if not isinstance(value, dict) or not is_reference(value):
                    raise Damaged(self._label(field))
                raise Missing(value.get('name') or self._label(field))
        return fitting

    def parts(self, Model, parts):
        """Return the fitting parts of a list; a part that needs what is not here is left out."""
        if not isinstance(parts, list) or not all(
                isinstance(part, dict) and isinstance(part.get('key'), str) and isinstance(part.get('content'), dict) for part in parts):
            raise Damaged(Model._description)
        keys = [part['key'] for part in parts]
        if len(set(keys)) < len(keys) or ('lineage' in Model._fields and not all(map(_ID.fullmatch, keys))):
            raise Damaged(Model._description)
        fitting = []
        for part in parts:
            try:
                fitting.append({'key': part['key'], 'content': self.fit(Model, part['content'])})
            except Missing:
                # Said when it was looked for.
                continue
        return fitting

    def _label(self, field):
        return field.get_description(self.env, ['string'])['string']

    def _value(self, Model, field, value):
        if value is None:
            return None
        if (Model._name, field.name) in conditions.CONDITIONS:
            if not conditions.is_portable(value):
                raise Damaged(self._label(field))
            return conditions.fit(self.names, value, self._miss)
        if field.type in ('many2one', 'many2many'):
            return self._references(field, value)
        if field.translate:
            return self._translations(field, value)
        if field.type == 'selection' and value not in [key for key, _text in field._description_selection(self.env)]:
            if not isinstance(value, str) or field.required:
                raise Damaged(self._label(field))
            self.note(self.env._("“%(value)s” is not offered here as “%(field)s”.", value=value, field=self._label(field)))
            return None
        if not self._is_of_type(field, value):
            raise Damaged(self._label(field))
        return value

    def _translations(self, field, value):
        if not isinstance(value, dict) or not all(isinstance(text, str) and len(text) <= _LONGEST for text in value.values()):
            raise Damaged(self._label(field))
        for lang in sorted(value.keys() - self.langs):
            self.note(self.env._("The language “%s” is not installed here; its translations are left out.", lang))
        return {lang: text for lang, text in value.items() if lang in self.langs and text} or None

    @staticmethod
    def _is_of_type(field, value):
        if field.type == 'boolean':
            return isinstance(value, bool)
        if field.type == 'integer':
            return type(value) is int and abs(value) <= _LARGEST
        if field.type in ('float', 'monetary'):
            return type(value) in (int, float) and abs(value) < 1e15
        if field.type in ('date', 'datetime'):
            try:
                return isinstance(value, str) and bool(field.to_date(value) if field.type == 'date' else field.to_datetime(value))
            except ValueError:
                return False
        if field.type == 'json':
            return True
        return isinstance(value, str) and len(value) <= _LONGEST * (20 if field.type == 'binary' else 1)

    def _references(self, field, value):
        values = [value] if field.type == 'many2one' else value
        if not isinstance(values, list):
            raise Damaged(self._label(field))
        kept = []
        for one in values:
            if not is_reference(one) or one['model'] != field.comodel_name:
                raise Damaged(self._label(field))
            if isinstance(one.get('part'), str) or resolve(self.names, one, field.comodel_name):
                kept.append(one)
            else:
                self._miss(one, self._label(field))
        return kept if field.type == 'many2many' else kept[0] if kept else None

    def _miss(self, reference, where=''):
        self.note(self.env._(
            "“%(name)s” (%(where)s) is not here and is left out.", name=reference.get('name') or reference.get('id') or '?',
            where=where or self.env._("Condition")))
