"""What of a record travels: every stored field that a copy would have, and the parts that belong to it.

Nothing is listed that can be told from the fields themselves, so a field that an addon adds travels too.
"""
from odoo import models
from odoo.tools import frozendict

#: What is a line of a file of its own, by model.
ENTRIES = frozendict({
    'pem.attribute': 'attribute', 'pem.form': 'form', 'pem.process': 'process', 'pem.target.group': 'group',
    'pem.campaign': 'campaign'})
MODELS = frozendict({kind: model for model, kind in ENTRIES.items()})

#: Parts, which travel inside of what they belong to. Parts that remember in each version what they are go by that.
PARTS = frozendict({
    'pem.form': ('field_ids',),
    'pem.form.field': ('option_ids', 'column_ids'),
    'pem.process': ('step_ids', 'flow_ids'),
    'pem.process.step': ('person_ids', 'reminder_ids', 'band_ids'),
})
#: The field by whose value a part goes; other parts go by their place.
PART_KEYS = frozendict({'pem.form.field.option': 'key', 'pem.process.step.person': 'user_id', 'pem.process.step.band': 'amount_from'})
#: What says where a part belongs, and what each database has of its own.
_LEFT = frozendict({
    '': {'company_id', 'active', 'lineage'},
    'pem.form.field': {'form_id', 'table_id'},
    'pem.form.field.option': {'field_id'},
    'pem.process.step': {'process_id', 'is_ad_hoc', 'answer_kind'},
    'pem.process.step.person': {'step_id'},
    'pem.process.step.reminder': {'step_id'},
    'pem.process.step.band': {'step_id'},
    'pem.process.flow': {'process_id'},
    'pem.campaign': {'user_id'},
})
#: What a copy does not have, but a definition does.
_KEPT = frozenset({
    ('pem.process.step', 'wait_step_id'), ('pem.process.step', 'action_server_id'), ('pem.attribute', 'technical_name')})
_TYPES = frozenset({
    'char', 'text', 'html', 'boolean', 'integer', 'float', 'monetary', 'date', 'datetime', 'selection', 'many2one', 'many2many',
    'binary', 'json'})


def fields_of(model):
    """Return ``{name: field}`` of what of a record of a model travels, parts included."""
    parts = PARTS.get(model._name, ())
    left = _LEFT[''] | _LEFT.get(model._name, frozenset()) | frozenset(models.MAGIC_COLUMNS)
    return {
        name: field for name, field in sorted(model._fields.items())
        if name in parts or (
            field.store and field.type in _TYPES and name not in left and not field.related
            and (field.copy or (model._name, name) in _KEPT) and not (field.compute and field.readonly)
            and not name.startswith(('message_', 'activity_')))
    }
