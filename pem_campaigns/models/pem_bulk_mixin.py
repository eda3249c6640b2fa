from collections import defaultdict

import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import conditions

#: What a verb on a set may fail with because of some of its records.
FAILURES = (
    conditions.Unusable, UserError, ValueError, KeyError, TypeError, AttributeError, psycopg2.DataError, psycopg2.IntegrityError)


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

        Odoo sends a hundred rows at a time, each with every value. Verbs on sets give most columns the same value on all
        records, so here such a value travels once, and the others as one array for each column.
        """
        dirty = self.env._field_dirty
        changed = [field for field in self._fields.values() if field in dirty]
        if any(field.translate or field.company_dependent or field in self.env._field_depends_context for field in changed):
            super()._flush()
            return
        fields_of = defaultdict(list)
        for field in changed:
            for record_id in dirty.pop(field):
                fields_of[record_id].append(field)
        ids_of = defaultdict(list)
        for record_id, fields in fields_of.items():
            ids_of[tuple(fields)].append(record_id)
        stamp = {'write_uid': self.env.uid, 'write_date': self.env.cr.now()} if self._log_access else {}
        for fields, ids in ids_of.items():
            self._update_rows({
                'id': ids,
                **{name: [value] * len(ids) for name, value in stamp.items()},
                **{field.name: self._column(field, ids) for field in fields}})

    def _column(self, field, ids):
        """Return the values of a field in the cache as SQL parameters."""
        cache = self.env.transaction.field_data[field]
        values = [cache[record_id] for record_id in ids]
        if values.count(values[0]) == len(values):
            return [field.convert_to_column_insert(values[0], self.browse(ids[:1]), validate=False)] * len(values)
        return [field.convert_to_column_insert(value, self.browse((record_id,)), validate=False)
                for record_id, value in zip(ids, values, strict=True)]

    @api.model
    def _update_rows(self, columns):
        """Update rows in one statement; ``columns`` is ``{name: [value of each row]}``, ids included."""
        same, arrays = self._pack_columns(columns, 'id')
        assignments = {**same, **{name: SQL('"__new".%s', SQL.identifier(name)) for name in arrays if name != 'id'}}
        table = SQL.identifier(self._table)
        self.env.execute_query(SQL(
            'UPDATE %s SET %s FROM unnest(%s) AS "__new" (%s) WHERE %s."id" = "__new"."id"', table,
            SQL(', ').join(SQL('%s = %s', SQL.identifier(name), value) for name, value in assignments.items()),
            SQL(', ').join(arrays.values()), SQL(', ').join(map(SQL.identifier, arrays)), table))

    @api.model
    def _insert_rows(self, columns, on_conflict=None):
        """Insert rows in one statement.

        :param columns: ``{name: [value of each row]}``, of which the first is one that differs
        :param on_conflict: SQL that says what happens with rows that are there already
        """
        same, arrays = self._pack_columns(columns, next(iter(columns)))
        self.env.execute_query(SQL(
            'INSERT INTO %s (%s) SELECT %s FROM unnest(%s) AS "__new" (%s) %s', SQL.identifier(self._table),
            SQL(', ').join(map(SQL.identifier, columns)),
            SQL(', ').join(same.get(name, SQL('"__new".%s', SQL.identifier(name))) for name in columns),
            SQL(', ').join(arrays.values()), SQL(', ').join(map(SQL.identifier, arrays)), on_conflict or SQL()))

    def _pack_columns(self, columns, key):
        """Return ``({column: value}, {column: array})``: those with one value for all rows, and the others, the key among them."""
        same, arrays = {}, {}
        for name, values in columns.items():
            kind = SQL(self._fields[name].column_type[1])
            if name != key and values.count(values[0]) == len(values):
                same[name] = SQL('%s::%s', values[0], kind)
            else:
                arrays[name] = SQL('%s::%s[]', values, kind)
        return same, arrays
