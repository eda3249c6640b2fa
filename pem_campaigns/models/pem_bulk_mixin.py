from collections import defaultdict

import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import conditions

#: What a verb on a set may fail with because of some of its records.
FAILURES = (
    conditions.Unusable, UserError, ValueError, KeyError, TypeError, AttributeError, psycopg2.DataError, psycopg2.IntegrityError)


#: Types of fields whose values the cache has as the database has them.
_PLAIN_TYPES = {'char', 'text', 'selection', 'datetime', 'date', 'many2one'}


class PemBulkMixin(models.AbstractModel):
    """What makes verbs on large sets cheap."""

    _name = 'pem.bulk.mixin'
    _description = "Verbs on Sets"

    def _in_one_go(self, verb):
        """Carry out ``verb(records)`` as a whole; only when something fails in it, take it back and carry it out again
        attempt by attempt, to find out where and for which cases: see ``pem.case._attempt``.

        As long as attempts need not be told apart, whatever changes on a record is sent to the database once.
        """
        if not self or self.env.context.get('pem_in_one_go'):
            return verb(self)
        try:
            with self.env.cr.savepoint():
                return verb(self.with_context(pem_in_one_go=True))
        except FAILURES:
            return verb(self)

    def _flush(self):
        """Send what changed to the database in one statement for each set of columns.

        Odoo sends a thousand rows at a time, each with every value. Verbs on sets give most columns the same value on all
        records, so here such a value travels once, and the others as one array for each column.
        """
        if not self._send_changes(self):
            super()._flush()

    @api.model
    def _send_changes(self, model):
        """Do what ``_flush`` of a model does, in one statement for each set of columns.

        :param model: a recordset of the model; all of its records are meant
        :return: False when something changed that cannot be sent in this way; nothing is sent then
        """
        env = model.env
        dirty = env._field_dirty
        changed = [field for field in model._fields.values() if field in dirty]
        if any(field.translate or field.company_dependent or field in env._field_depends_context for field in changed):
            return False
        fields_of = defaultdict(list)
        for field in changed:
            for record_id in dirty.pop(field):
                fields_of[record_id].append(field)
        ids_of = defaultdict(list)
        for record_id, fields in fields_of.items():
            ids_of[tuple(fields)].append(record_id)
        stamp = {'write_uid': env.uid, 'write_date': env.cr.now()} if model._log_access else {}
        for fields, ids in ids_of.items():
            _update_rows(model, {
                'id': ids,
                **{name: [value] * len(ids) for name, value in stamp.items()},
                **{field.name: _column(model, field, ids) for field in fields}})
        return True

    def _raw(self, name):
        """Return the values of a field in the order of the records, as the cache has them (ids for records), in one statement
        at most: for loops over sets in which looking up field by field of record by record would take most of the time.
        """
        cache = self._fields[name]._get_cache(self.env)
        missing = [record_id for record_id in self._ids if record_id not in cache]
        if missing:
            self.browse(missing).fetch([name])
        return [cache[record_id] for record_id in self._ids]

    def _raw_map(self, name):
        """Return ``{record id: value}`` of a field; see ``_raw``."""
        return dict(zip(self._ids, self._raw(name), strict=True))

    def _where_raw(self, name, test):
        """Return the records for whose value of a field a test holds; see ``_raw``."""
        return self.browse([record_id for record_id, value in zip(self._ids, self._raw(name), strict=True) if test(value)])

    def _split_by(self, name):
        """Return ``{value: records}`` for the values of a field: of a many2one, the records it refers to; see ``_raw``."""
        ids = defaultdict(list)
        for record_id, value in zip(self._ids, self._raw(name), strict=True):
            ids[value].append(record_id)
        field = self._fields[name]
        return {
            self.env[field.comodel_name].browse(value) if field.type == 'many2one' else value or False: self.browse(some)
            for value, some in ids.items()}

    def _assign(self, name, values):
        """Give a stored field of records values of their own, to be sent to the database by the next flush.

        For plain columns that only the engine writes: nothing else is told about the change.

        :param values: ``{record id: value as the cache has it}``
        """
        field = self._fields[name]
        field._get_cache(self.env).update(values)
        self.env._field_dirty[field].update(values)

    @api.model
    def _unlink_in_one_go(self, records):
        """Delete records, of whichever model, in as few statements as if they were a thousand."""
        records.fetch()
        cr, usual = self.env.cr, self.env.cr.IN_MAX
        cr.IN_MAX = max(len(records), usual)
        try:
            records.unlink()
        finally:
            cr.IN_MAX = usual

    @api.model
    def _insert_rows(self, columns, on_conflict=None):
        """Insert rows in one statement.

        :param columns: ``{name: [value of each row]}``, of which the first is one that differs
        :param on_conflict: SQL that says what happens with rows that are there already
        """
        same, arrays = _pack_columns(self, columns, next(iter(columns)))
        self.env.execute_query(SQL(
            'INSERT INTO %s (%s) SELECT %s FROM unnest(%s) AS "__new" (%s) %s', SQL.identifier(self._table),
            SQL(', ').join(map(SQL.identifier, columns)),
            SQL(', ').join(same.get(name, SQL('"__new".%s', SQL.identifier(name))) for name in columns),
            SQL(', ').join(arrays.values()), SQL(', ').join(map(SQL.identifier, arrays)), on_conflict or SQL()))


def _column(model, field, ids):
    """Return the values of a field in the cache as SQL parameters."""
    cache = field._get_cache(model.env)
    values = [cache[record_id] for record_id in ids]
    if values.count(values[0]) == len(values):
        return [field.convert_to_column_insert(values[0], model.browse(ids[:1]), validate=False)] * len(values)
    if field.type in _PLAIN_TYPES:
        return [None if value is False else value for value in values]
    return [field.convert_to_column_insert(value, model.browse((record_id,)), validate=False)
            for record_id, value in zip(ids, values, strict=True)]


def _update_rows(model, columns):
    """Update rows in one statement; ``columns`` is ``{name: [value of each row]}``, ids included."""
    same, arrays = _pack_columns(model, columns, 'id')
    assignments = {**same, **{name: SQL('"__new".%s', SQL.identifier(name)) for name in arrays if name != 'id'}}
    table = SQL.identifier(model._table)
    model.env.execute_query(SQL(
        'UPDATE %s SET %s FROM unnest(%s) AS "__new" (%s) WHERE %s."id" = "__new"."id"', table,
        SQL(', ').join(SQL('%s = %s', SQL.identifier(name), value) for name, value in assignments.items()),
        SQL(', ').join(arrays.values()), SQL(', ').join(map(SQL.identifier, arrays)), table))


def _pack_columns(model, columns, key):
    """Return ``({column: value}, {column: array})``: those with one value for all rows, and the others, the key among them."""
    same, arrays = {}, {}
    for name, values in columns.items():
        kind = SQL(model._fields[name].column_type[1])
        if name != key and values.count(values[0]) == len(values):
            same[name] = SQL('%s::%s', values[0], kind)
        else:
            arrays[name] = SQL('%s::%s[]', values, kind)
    return same, arrays
