from odoo import api, fields, models

from ..engine.answers import differ

#: Kinds of questions that can fill a field of a document, by the type of the field.
KINDS = {
    'char': ('char', 'email', 'phone', 'url', 'selection'), 'text': ('text', 'char'), 'boolean': ('boolean', 'consent'),
    'integer': ('integer', 'rating'), 'float': ('float', 'integer', 'monetary', 'rating', 'computed'),
    'monetary': ('monetary', 'float', 'integer', 'computed'), 'date': ('date',), 'datetime': ('datetime',),
    'selection': ('selection',),
}


class PemCaseMixin(models.AbstractModel):
    _inherit = 'pem.case.mixin'

    @api.model
    def _case_bindable_fields(self):
        """Return the names of the fields that answers to a form may fill.

        Those that an administrator added; a document adds what of its own partners may decide about.
        """
        return [name for name, field in self._fields.items() if field.manual and field.store and not field.readonly]

    def _case_present(self, questions):
        """Return ``{question name: typed value}``: what one document says in the fields that questions fill."""
        self.ensure_one()
        names = set(self._case_bindable_fields())
        bound = questions.filtered(lambda question: question.document_field in names)
        return {question.name: question._typed_field(self, question.document_field) for question in bound}

    def _case_fill(self, values):
        """Take over approved answers into fields of these documents, which get the same."""
        self.with_context(tracking_disable=True).write(values)


class PemForm(models.Model):
    _inherit = 'pem.form'

    document_fields = fields.Json(
        compute='_compute_document_fields', help="What answers may fill in the documents of the processes that use the form.")

    @api.depends('step_ids.process_id.model')
    def _compute_document_fields(self):
        """As ``[[name, label, [kind of question]]]``."""
        Question = self.env['pem.form.field']
        for form in self:
            names = set(form.sudo().step_ids.process_id.mapped('model')) - {'pem.case', False}
            documents = [self.env[name] for name in sorted(names) if name in self.env]
            form.document_fields = [
                [name, document._fields[name].get_description(self.env, ['string'])['string'], list(Question._kinds_for(document._fields[name]))]
                for document in documents for name in document._case_bindable_fields()]


class PemFormField(models.Model):
    _inherit = 'pem.form.field'

    @api.model
    def _kinds_for(self, field):
        """Return the kinds of questions that can fill a field of a document."""
        if field.type == 'many2one':
            return tuple(kind for kind, comodel in self._comodels().items() if comodel == field.comodel_name)
        return KINDS.get(field.type, ())

    @api.model
    def _typed_field(self, record, name):
        """Return the value of a field as an answer."""
        value = record[name]
        if isinstance(value, models.BaseModel):
            return value.id
        if record._fields[name].type == 'datetime':
            return fields.Datetime.to_string(value)
        if record._fields[name].type == 'date':
            return fields.Date.to_string(value)
        if isinstance(value, str):
            return value.strip() or False
        # An empty number field holds zero.
        return value or False

    def _document_problem(self, document):
        """Return why this question cannot fill its field of a document, '' when it can.

        :param document: the model, empty
        """
        self.ensure_one()
        if not self.document_field:
            return ''
        if document._name == 'pem.case':
            return self.env._("“%s” fills a field of a document, but the process runs on none.", self.label)
        field = document._fields.get(self.document_field)
        if self.document_field not in document._case_bindable_fields() or not field:
            return self.env._("“%(question)s” fills “%(field)s”, which answers may not change.", question=self.label, field=self.document_field)
        name = field.get_description(self.env, ['string'])['string']
        if self.value_type not in self._kinds_for(field):
            return self.env._("“%(question)s” is of a kind that cannot fill “%(field)s”.", question=self.label, field=name)
        if field.type == 'selection':
            known = dict(field._description_selection(self.env))
            strange = self.option_ids.filtered(lambda option: option.key not in known)[:1]
            if strange:
                return self.env._("“%(question)s” offers “%(choice)s”, which “%(field)s” does not know.",
                                  question=self.label, choice=strange.name, field=name)
        return ''


class PemProcess(models.Model):
    _inherit = 'pem.process'

    def _problems_of_questions(self):
        document = self.env[self.model or 'pem.case']
        return super()._problems_of_questions() + [
            (step, problem) for step in self.step_ids for question in step.form_id.field_ids
            if (problem := question._document_problem(document))]


class PemSubmission(models.Model):
    _inherit = 'pem.submission'

    @api.model
    def _prepare_answers(self, task, values, facts=None):
        """Answers that fill fields of the document stand beside what it says at present."""
        rows = super()._prepare_answers(task, values, facts)
        case, bound = task.case_id, task.step_id.form_id.field_ids.filtered('document_field')
        if not bound or not case.res_id or case.res_model == 'pem.case':
            return rows
        unasked = bound._unasked(values, lambda: case._facts()[case] if facts is None else facts)
        questions = {question.id: question for question in bound - unasked}
        document_sudo = self.env[case.res_model].sudo().browse(case.res_id)
        present = document_sudo._case_present(self.env['pem.form.field'].union(*questions.values()))
        for row in rows:
            question = questions.get(row['field_id'])
            if question and question.name in present and 'document_field' not in row:
                row['document_field'] = question.document_field
                # Documents that are filled while they are written say the same already.
                if differ(present[question.name], row['value']):
                    row.update(old_display=question._display(present[question.name]), is_changed=True)
        return rows


class PemSubmissionAnswer(models.Model):
    _inherit = 'pem.submission.answer'

    document_field = fields.Char(readonly=True, help="The field of the document that the answer fills.")
    is_filled = fields.Boolean(readonly=True, help="The document carries this answer.")

    _to_fill = models.Index("(case_id) WHERE document_field IS NOT NULL AND is_changed AND NOT COALESCE(is_filled, false)")

    def _carried_values(self):
        return {**super()._carried_values(), 'document_field': self.document_field}


class PemCase(models.Model):
    _inherit = 'pem.case'

    def _write_back(self):
        """Besides partners, documents get the accepted answers that are bound to their fields."""
        super()._write_back()
        with_document = self.filtered(lambda case: case.res_id and case.res_model != 'pem.case')
        if not with_document:
            return
        answers = self.env['pem.submission.answer'].sudo().search([
            ('case_id', 'in', with_document.ids), ('document_field', '!=', False), ('is_changed', '=', True), ('is_filled', '=', False),
        ], order='id').filtered(lambda answer: answer.submission_id.state == 'accepted')
        if not answers:
            return
        values = {}
        for answer in answers:
            values.setdefault(answer.case_id, {})[answer.document_field] = answer.value
        cases_sudo = self.sudo().browse([case.id for case in values])
        for model, cases in cases_sudo.grouped('res_model').items():
            documents_sudo = self.env[model].sudo().browse(cases.mapped('res_id')).exists()
            names = set(documents_sudo._case_bindable_fields())
            given = {case.res_id: {name: value for name, value in values[case].items() if name in names} for case in cases}
            for same in documents_sudo.grouped(lambda document, given=given: repr(sorted(given[document.id].items()))).values():
                if given[same[0].id]:
                    same._case_fill(given[same[0].id])
        answers.flush_recordset()
        self.env.cr.execute('UPDATE pem_submission_answer SET is_filled = true WHERE id = ANY(%s)', [answers.ids])
        answers.invalidate_recordset(['is_filled'])
