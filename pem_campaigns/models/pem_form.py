from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import answers


class PemForm(models.Model):
    """A SmartForm: what is asked, how it reacts to what was answered, and what each answer fills in."""

    _name = 'pem.form'
    _description = "Form"
    _order = 'name, id'

    name = fields.Char(required=True, translate=True)
    introduction = fields.Html(translate=True, help="Shown to the partner above the questions.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', index='btree_not_null')
    field_ids = fields.One2many(
        'pem.form.field', 'form_id', string="Questions", domain=[('table_id', '=', False)], copy=True)
    question_count = fields.Integer(compute='_compute_question_count')
    step_ids = fields.One2many('pem.process.step', 'form_id', string="Used in")
    is_locked = fields.Boolean(
        compute='_compute_is_locked', help="A form of a published process is not changed any more.")

    @api.depends('field_ids.value_type')
    def _compute_question_count(self):
        for form in self:
            form.question_count = len(form.field_ids.filtered('is_question'))

    @api.depends('step_ids.process_id.state')
    def _compute_is_locked(self):
        for form in self:
            form.is_locked = any(state != 'draft' for state in form.sudo().step_ids.process_id.mapped('state'))

    def copy_data(self, default=None):
        return [
            dict(vals, name=self.env._("%s (copy)", form.name)) if 'name' not in (default or {}) else vals
            for form, vals in zip(self, super().copy_data(default=default), strict=True)
        ]

    def write(self, vals):
        if vals.keys() - {'active', 'step_ids'}:
            self._check_unlocked()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked(self):
        self._check_unlocked()

    def _check_unlocked(self):
        """:raises UserError: when a published process uses one of the forms"""
        for form in self:
            if form.is_locked:
                raise UserError(self.env._(
                    "“%s” belongs to a published process, and running cases rely on it. "
                    "Make a new version of the process to change its forms.", form.name))

    @api.model
    def _reply_form(self):
        """Return the form in which a partner answers in their own words, with files."""
        form = self.env.ref('pem_campaigns.pem_form_reply', raise_if_not_found=False)
        if not form:
            raise UserError(self.env._("The form “Reply”, in which partners answer in their own words, is missing."))
        return form.sudo()

    def _questions(self, partner=None, has_reader=True):
        """Return the :class:`~..engine.answers.Question` of each question, in order; see ``pem.form.field._question``."""
        self.ensure_one()
        return [field._question(partner, has_reader) for field in self.field_ids if field.is_question]

    def _defaults(self):
        """Return ``{question name: typed value}`` of what stands in the form at first when nothing is on file."""
        return {field.name: value for field in self.field_ids if not answers.empty(value := field._default())}

    def _check_answers(self, raw, facts=None, present=None, case=None):
        """Parse and check what was entered.

        :param raw: names to what was entered
        :param facts: what conditions may read beside the answers: ``partner`` and, when somebody in particular answers,
            ``reader``
        :param present: names to what is on file, which stands in read-only questions and has to be confirmed in others
        :param case: whose answers these are; empty for a document that was not sent yet
        :return: ``(values, errors)``, see :func:`~..engine.answers.check`; errors are sentences for the reader
        """
        facts = facts or {}
        partner_id = (facts.get('partner') or {}).get('id')
        questions = self._questions(self.env['res.partner'].sudo().browse(partner_id or []), 'reader' in facts)
        standing = {**self._defaults(), **{name: value for name, value in (present or {}).items() if not answers.empty(value)}}
        values, faults = answers.check(questions, raw, facts, standing)
        faults |= self._check_records(values, faults, case)
        return values, {name: self._field_at(name)._fault_message(fault) for name, fault in faults.items()}

    def _field_at(self, name):
        """Return the question of an error: ``name`` is that of a question, or ``table.row.column``."""
        table, *cell = name.split('.')
        field = self.field_ids.filtered(lambda one: one.name == table)
        return field.column_ids.filtered(lambda one: one.name == cell[-1]) if cell else field

    def _check_records(self, values, faults, case=None):
        """Return ``{name: Fault}`` of typed answers that have to exist somewhere and do not, or that others gave already."""
        found = {}
        for field in self.field_ids:
            value = values.get(field.name, False)
            if field.value_type == 'table':
                for column in field.column_ids.filtered('lookup_model_id'):
                    cells = {number: row[column.name] for number, row in enumerate(value or []) if not answers.empty(row[column.name])}
                    unknown = column._unknown(set(cells.values()))
                    found.update({f'{field.name}.{number}.{column.name}': answers.Fault('unknown')
                                  for number, cell in cells.items() if cell in unknown})
            elif field.lookup_model_id and not answers.empty(value) and field._unknown({value}):
                found[field.name] = answers.Fault('unknown')
        unique = self.field_ids.filtered('is_unique') if case else None
        for field in self.env['pem.unique.answer'].sudo()._taken(unique, values, case.process_id, case) if unique else ():
            found.setdefault(field.name, answers.Fault('not_unique'))
        return {name: fault for name, fault in found.items() if name not in faults}

    def _problems(self):
        """Return the sentences that say why a process with this form cannot be published yet."""
        return [sentence for sentences in self._problems_by_field().values() for sentence in sentences]

    def _problems_by_field(self):
        """Return ``{question: [sentence]}`` of :meth:`_problems`, in the order of the form."""
        self.ensure_one()
        every = {'partner', *self.field_ids.filtered('is_question').mapped('name')}
        found, above = {}, {'partner'}
        circles = self.field_ids._circle_problems()
        for field in self.field_ids.sorted('sequence'):
            found[field] = field._problems(above, every) + circles.get(field, [])
            above.add(field.name)
        return found

    def _answers_definition(self):
        """Return the entries of a Properties definition under which the answers of a case are kept."""
        return [entry for form in self for field in form.field_ids if (entry := field._definition_entry())]
