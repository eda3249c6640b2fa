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

    def _questions(self):
        """Return the :class:`~..engine.answers.Question` of each question, in order."""
        self.ensure_one()
        return [field._question() for field in self.field_ids if field.is_question]

    def _check_answers(self, raw, facts=None):
        """Parse and check what was entered.

        :param raw: names to what was entered
        :param facts: what conditions may read beside the answers
        :return: ``(values, errors)``, see :func:`~..engine.answers.check`; errors are sentences for the reader
        """
        values, faults = answers.check(self._questions(), raw, facts)
        fields_by_name = {field.name: field for field in self.field_ids}
        return values, {name: fields_by_name[name]._fault_message(fault) for name, fault in faults.items()}

    def _problems(self):
        """Return the sentences that say why a process with this form cannot be published yet."""
        return [sentence for sentences in self._problems_by_field().values() for sentence in sentences]

    def _problems_by_field(self):
        """Return ``{question: [sentence]}`` of :meth:`_problems`, in the order of the form."""
        self.ensure_one()
        every = {'partner', *self.field_ids.filtered('is_question').mapped('name')}
        found, above = {}, {'partner'}
        for field in self.field_ids.sorted('sequence'):
            found[field] = field._problems(above, every)
            above.add(field.name)
        return found

    def _answers_definition(self):
        """Return the entries of a Properties definition under which the answers of a case are kept."""
        return [entry for form in self for field in form.field_ids if (entry := field._definition_entry())]
