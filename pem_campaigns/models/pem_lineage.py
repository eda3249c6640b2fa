from odoo import fields, models


class PemLineage(models.AbstractModel):
    """What remembers in each version of a process that it is the same thing as in the version before."""

    _name = 'pem.lineage'
    _description = "Same in all Versions"

    lineage = fields.Integer(
        copy=False, readonly=True, help="The same number in all versions of a process; 0 stands for the record's own id.")

    def _lineage(self):
        self.ensure_one()
        return self.lineage or self.id

    def _inherit_from(self, originals):
        """Remember for each of these copies which record it was copied from; both in the same order."""
        for copy, original in zip(self, originals, strict=True):
            copy.lineage = original._lineage()

    def _counterparts(self, others):
        """Return ``{record: the same in another version}`` for those that are in it.

        :param others: what the other version consists of
        """
        by_lineage = {other._lineage(): other for other in others}
        return {record: by_lineage[record._lineage()] for record in self if record._lineage() in by_lineage}


class PemProcessStep(models.Model):
    _name = 'pem.process.step'
    _inherit = ['pem.process.step', 'pem.lineage']


class PemFormField(models.Model):
    _name = 'pem.form.field'
    _inherit = ['pem.form.field', 'pem.lineage']

    #: What a partner notices of a question, beside its choices and columns.
    _ASKED = (
        'label', 'name', 'value_type', 'help_text', 'required', 'required_if', 'visible_if', 'readonly_if', 'role_domain',
        'minimum', 'maximum', 'attribute_id', 'document_field', 'default_value', 'prefill', 'revalidate', 'pattern', 'pattern_message',
        'is_unique', 'lookup_model_id', 'lookup_field', 'lookup_domain', 'currency_id', 'country_question', 'formula', 'file_types',
        'max_megabytes', 'max_files', 'min_rows', 'max_rows')

    def _asks_like(self, other):
        """Say whether another version of this question asks the same in the same way."""
        def content(question):
            return [
                *(question[name] or False for name in self._ASKED),
                [(option.key, option.name) for option in question.option_ids],
                [content(column) for column in question.column_ids.sorted(lambda one: (one.sequence, one.id))]]
        return content(self) == content(other)

    def _is_kept_like(self, other):
        """Say whether answers to another version of this question can be kept as answers to this one."""
        def kept(question):
            entry = question._definition_entry() or {}
            return entry.get('type'), entry.get('comodel')
        return kept(self) == kept(other)
