from odoo import api, fields, models

from ..engine import conditions


class PemSubmission(models.Model):
    """What reviewers see of answers that are more than a line of text."""

    _inherit = 'pem.submission'

    @api.model
    def _prepare_answers(self, task, values, facts=None):
        rows = super()._prepare_answers(task, values, facts)
        questions = {question.id: question for question in task.step_id.form_id.field_ids if question.value_type in ('table', 'rating')}
        for row in rows if questions else ():
            if row['field_id'] in questions and 'details' not in row:
                row['details'] = questions[row['field_id']]._details(row['value'])
        return rows


class PemSubmissionAnswer(models.Model):
    _inherit = 'pem.submission.answer'

    details = fields.Json(
        readonly=True, help="Of a table its columns and rows in words, of a rating how many stars there are.")

    def _carried_values(self):
        return {**super()._carried_values(), 'details': self.details}

    def _seen_by(self, facts):
        """Return those of the answers that a reader may see on the partner's side.

        :param facts: about the partner and the reader, as the conditions of the form read them
        """
        return self.filtered(lambda answer: conditions.matches(conditions.parse(answer.field_id.role_domain), facts))
