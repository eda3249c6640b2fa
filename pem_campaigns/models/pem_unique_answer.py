import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..engine import answers


class PemUniqueAnswer(models.Model):
    """An answer that no two cases of a process may give: whose it is.

    The constraint decides between two partners who send the same answer at the same moment. Cases that were rejected or
    cancelled lose their answers to the next that gives them.
    """

    _name = 'pem.unique.answer'
    _description = "Unique Answer"
    _log_access = False

    process_id = fields.Many2one('pem.process', required=True, ondelete='cascade', help="The first version.")
    lineage = fields.Integer(required=True, help="The question, in whatever version.")
    digest = fields.Char(required=True)
    case_id = fields.Many2one('pem.case', required=True, ondelete='cascade', index=True)

    _once = models.Constraint('UNIQUE (process_id, lineage, digest)', "Another case gave this answer already.")

    @api.model
    def _digest(self, value):
        """Return by what equal answers are recognised; capitals make no difference."""
        text = value.casefold() if isinstance(value, str) else json.dumps(value)
        return hashlib.sha256(text.encode()).hexdigest()

    @api.model
    def _taken(self, questions, values, process, case=None):
        """Return those of the questions whose answer another case of the process has given.

        :param values: ``{name: typed answer}``
        """
        keys = {(question._lineage(), self._digest(values[question.name])): question for question in questions
                if not answers.empty(values.get(question.name, False))}
        if not keys:
            return questions.browse()
        root = process.root_id or process
        self.env['pem.case'].flush_model(['state'])
        self.flush_model()
        rows = self.env.execute_query(SQL("""
            SELECT taken.lineage, taken.digest FROM pem_unique_answer AS taken JOIN pem_case ON pem_case.id = taken.case_id
            WHERE taken.process_id = %s AND (taken.lineage, taken.digest) IN %s
                AND pem_case.state NOT IN ('rejected', 'cancelled') AND pem_case.id != %s
        """, root.id, tuple(keys), case.id if case else 0))
        return questions.browse().union(*(keys[row] for row in rows))

    @api.model
    def _claim(self, answers_by_case):
        """Record the unique answers of cases, in the place of those they gave before.

        :param answers_by_case: ``{case: [(question, typed answer)]}`` of the unique questions that were asked
        :raises ValidationError: when another case has one of them
        """
        given, asked = {}, []
        for case, pairs in answers_by_case.items():
            root = case.process_id.root_id or case.process_id
            for question, value in pairs:
                asked.append((case.id, question._lineage()))
                if not answers.empty(value):
                    given[case.id, question._lineage(), self._digest(value)] = (root.id, question, case)
        if not asked:
            return
        self.env['pem.case'].flush_model(['state'])
        self.env.cr.execute(SQL("DELETE FROM pem_unique_answer WHERE (case_id, lineage) IN %s", tuple(asked)))
        if given:
            taken = self.env.execute_query(SQL("""
                INSERT INTO pem_unique_answer AS present (case_id, lineage, digest, process_id) VALUES %s
                ON CONFLICT (process_id, lineage, digest) DO UPDATE SET case_id = EXCLUDED.case_id
                    WHERE EXISTS (SELECT FROM pem_case WHERE id = present.case_id AND state IN ('rejected', 'cancelled'))
                RETURNING case_id, lineage, digest
            """, SQL(', ').join(SQL('(%s, %s, %s, %s)', *key, root) for key, (root, _question, _case) in given.items())))
            lost = next((key for key in given if key not in set(taken)), None)
            if lost:
                _root, question, case = given[lost]
                raise ValidationError(self.env._(
                    "%(case)s: somebody else gave the answer to “%(question)s” already.", case=case.display_name, question=question.label))
        self.invalidate_model()


class PemSubmission(models.Model):
    _inherit = 'pem.submission'

    @api.model
    def _record(self, answers_by_task, contact=None):
        """Answers that have to be unique belong to the case from when they are sent."""
        unique = self.env['pem.form.field'].union(*(task.step_id.form_id.field_ids for task in answers_by_task)).filtered('is_unique')
        if unique:
            by_id = {question.id: question for question in unique}
            claims = {}
            for task, rows in answers_by_task.items():
                claims.setdefault(task.case_id, []).extend(
                    (by_id[row['field_id']], row['value']) for row in rows if row.get('field_id') in by_id)
            self.env['pem.unique.answer'].sudo()._claim(claims)
        return super()._record(answers_by_task, contact)
