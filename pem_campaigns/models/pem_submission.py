from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import sql

from ..engine.answers import FILES, differ

#: What may change on a submission after it was sent: the verdict on it, never its content.
MUTABLE = {'state', 'comment', 'decided_by_id', 'decided_on', 'applied_on', 'message_main_attachment_id'}
ANSWER_MUTABLE = {'mark', 'comment'}


class Answer(fields.Json):
    """JSON in which zero is a value; Odoo's own field takes it for none."""

    def convert_to_cache(self, value, record, validate=True):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        return super().convert_to_cache(value, record, validate)


class PemSubmission(models.Model):
    """The exact, immutable snapshot of what was sent at one task."""

    _name = 'pem.submission'
    _description = "Submission"
    _inherit = ['pem.bulk.mixin']
    _order = 'case_id, id'

    # Its index is that of the constraint below.
    case_id = fields.Many2one('pem.case', required=True, ondelete='restrict')
    task_id = fields.Many2one('pem.task', required=True, ondelete='restrict', index=True)
    step_id = fields.Many2one('pem.process.step', required=True, ondelete='restrict', index=True)
    company_id = fields.Many2one(related='case_id.company_id', store=True, precompute=True, index=True)
    partner_id = fields.Many2one(related='case_id.partner_id')
    number = fields.Integer(required=True, help="First, second, … submission of the case.")
    state = fields.Selection([
        ('submitted', "In review"), ('accepted', "Accepted"), ('returned', "Sent back"), ('rejected', "Rejected"),
    ], required=True, default='submitted', index=True)
    submitted_by_id = fields.Many2one('res.users', string="Sent by", ondelete='restrict')
    contact_id = fields.Many2one('res.partner', ondelete='restrict')
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    answer_ids = fields.One2many('pem.submission.answer', 'submission_id', string="Answers")
    decided_by_id = fields.Many2one('res.users', string="Decided by", ondelete='restrict')
    decided_on = fields.Datetime()
    applied_on = fields.Datetime(
        string="Taken over", readonly=True, copy=False,
        help="Since when the partner record carries the answers that fill it; their values count as verified from then on.")
    comment = fields.Text()

    _one_number = models.Constraint('UNIQUE (case_id, number)', "Submissions of a case are numbered.")

    def _auto_init(self):
        cr = self.env.cr
        known_by_answer = sql.column_exists(cr, 'pem_submission_answer', 'applied') and not sql.column_exists(cr, self._table, 'applied_on')
        result = super()._auto_init()
        if known_by_answer:
            cr.execute("""
                UPDATE pem_submission SET applied_on = decided_on WHERE EXISTS (
                    SELECT FROM pem_submission_answer WHERE applied AND submission_id = pem_submission.id)
            """)
        return result

    @api.depends('case_id.name', 'number')
    def _compute_display_name(self):
        for submission in self:
            submission.display_name = f'{submission.case_id.name} #{submission.number}'

    def write(self, vals):
        if vals.keys() - MUTABLE:
            raise UserError(self.env._("A submission is kept as it was sent."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A submission is kept as it was sent."))

    @api.model
    def _prepare_answers(self, task, values, facts=None):
        """Return the answer values of a form: typed ``values`` beside what the partner record says at present.

        What the partner was not asked, because it was hidden, read-only or another reader's, neither fills nor verifies anything.

        :param facts: what the conditions of the form were read with; those of the case when they are not given
        """
        questions = task.step_id.form_id.field_ids.filtered('is_question')
        present = questions.attribute_id._read_values(task.partner_id).get(task.partner_id.id, {})
        unasked = questions._unasked(values, lambda: task.case_id._facts()[task.case_id] if facts is None else facts)
        rows = []
        for sequence, question in enumerate(questions):
            value = values.get(question.name, False)
            attribute = question.attribute_id if question not in unasked else question.attribute_id.browse()
            old = present.get(attribute.id, False)
            rows.append({
                'name': question.name, 'label': question.label, 'value_type': question.value_type,
                'sequence': sequence, 'field_id': question.id, 'attribute_id': attribute.id,
                'value': value, 'display': question._display(value),
                'old_display': question._display(old) if attribute else False,
                'is_changed': bool(attribute) and differ(old, value),
            })
        return self._carry_over(task, rows)

    @api.model
    def _carry_over(self, task, rows):
        """In a correction, keep the answers that were not sent back, and did not change, as they were accepted.

        :param rows: answer values, as ``_prepare_answers`` makes them
        """
        reopened = task._returned_names()
        if reopened is None:
            return rows
        accepted = {answer.name: answer for answer in task.returned_submission_id.answer_ids if answer.name not in reopened}
        return [
            accepted[row['name']]._carried_values()
            if row['name'] in accepted and not differ(accepted[row['name']].value, row['value']) else row
            for row in rows
        ]

    @api.model
    def _record(self, answers_by_task, contact=None):
        """Create the submissions of a set of tasks, and let their answers count for the conditions of the cases."""
        tasks = self.env['pem.task'].union(*answers_by_task)
        numbers = dict(self._read_group([('case_id', 'in', tasks.case_id.ids)], ['case_id'], ['number:max']))
        for task in tasks:
            numbers[task] = numbers[task.case_id] = numbers.get(task.case_id, 0) + 1
        user = self.env.user
        submissions = self.create([{
            'case_id': task.case_id.id,
            'task_id': task.id,
            'step_id': task.step_id.id,
            'number': numbers[task],
            'submitted_by_id': False if contact else user.id,
            'contact_id': (contact or user.partner_id).id,
            'answer_ids': [(0, 0, {**answer, 'partner_id': task.partner_id.id, 'case_id': task.case_id.id})
                           for answer in answers],
        } for task, answers in answers_by_task.items()])
        values = {}
        for submission in submissions.filtered(lambda one: not one.step_id.is_ad_hoc):
            values.setdefault(submission.case_id, {}).update(
                (answer.name, answer.value) for answer in submission.answer_ids)
        tasks.case_id._store_answers(values)
        return submissions

    def _settle(self, state, comment='', by_rule=False):
        """Give the verdict on submissions; answers without one of their own share it.

        In a submission sent back with single answers marked, the others are accepted.

        :param by_rule: nobody decided, a rule did
        """
        self.write({
            'state': state, 'comment': comment, 'decided_by_id': False if by_rule else self.env.uid,
            'decided_on': fields.Datetime.now()})
        if state == 'accepted' and by_rule:
            # Of a person's approval it is checked before: see `_check_unmarked`.
            self._marked_answers().write({'mark': 'accepted'})
        elif state == 'returned':
            marked = self._marked_answers()
            (marked.submission_id.answer_ids - marked).write({'mark': 'accepted'})

    def _marked_answers(self):
        """Return the answers that a reviewer marked to be sent back."""
        return self.env['pem.submission.answer'].search([('submission_id', 'in', self.ids), ('mark', '=', 'returned')])

    def _check_unmarked(self):
        """:raises UserError: when an answer is marked to be sent back"""
        marked = self._marked_answers()[:1]
        if marked:
            raise UserError(self.env._(
                "“%(answer)s” of %(case)s is marked to be sent back. Send it back, or accept the answer first.",
                answer=marked.label, case=marked.case_id.display_name))

    def _to_reopen(self):
        """Return the submissions whose form opens again: those with marked answers, or all when none has any."""
        marked = self._marked_answers().submission_id
        whole_cases = self.case_id - marked.case_id
        return marked | self.filtered(lambda one: one.case_id in whole_cases)


class PemSubmissionAnswer(models.Model):
    """One answer of a submission, with what it was before and the verdict on it."""

    _name = 'pem.submission.answer'
    _description = "Submitted Answer"
    _inherit = ['pem.bulk.mixin']
    _order = 'submission_id, sequence, id'
    _rec_name = 'label'

    submission_id = fields.Many2one('pem.submission', required=True, readonly=True, ondelete='restrict', index=True)
    case_id = fields.Many2one('pem.case', required=True, readonly=True, ondelete='restrict', index=True)
    partner_id = fields.Many2one('res.partner', required=True, readonly=True, ondelete='restrict', index=True)
    company_id = fields.Many2one(related='case_id.company_id', store=True, precompute=True, index=True)
    sequence = fields.Integer(readonly=True)
    name = fields.Char(required=True, readonly=True)
    label = fields.Char(string="Question", required=True, readonly=True)
    value_type = fields.Char(readonly=True)
    field_id = fields.Many2one('pem.form.field', readonly=True, ondelete='restrict', index='btree_not_null')
    attribute_id = fields.Many2one('pem.attribute', string="Fills", readonly=True, ondelete='restrict', index='btree_not_null')
    value = Answer(readonly=True)
    display = fields.Char(string="Answer", readonly=True)
    old_display = fields.Char(string="Before", readonly=True)
    is_changed = fields.Boolean(readonly=True)
    attachment_ids = fields.Many2many('ir.attachment', compute='_compute_attachment_ids', string="Files")

    # Verdict
    mark = fields.Selection([
        ('pending', "None"), ('accepted', "Accepted"), ('returned', "Send back"),
    ], required=True, default='pending', readonly=True, help="What a reviewer said about this answer alone.")
    verdict = fields.Selection([
        ('pending', "To review"), ('accepted', "Accepted"), ('returned', "Send back"),
    ], compute='_compute_verdict', readonly=False, help="Answers without a mark of their own share the verdict on the submission.")
    comment = fields.Char(string="What to correct")
    is_current = fields.Boolean(compute='_compute_is_current')

    _marked = models.Index("(submission_id) WHERE mark = 'returned'")

    def _auto_init(self):
        # Before marks and verdicts were told apart.
        if sql.column_exists(self.env.cr, self._table, 'verdict') and not sql.column_exists(self.env.cr, self._table, 'mark'):
            sql.rename_column(self.env.cr, self._table, 'verdict', 'mark')
        return super()._auto_init()

    @api.depends('mark', 'submission_id.state')
    def _compute_verdict(self):
        for answer in self:
            shares = answer.mark == 'pending' and answer.submission_id.state == 'accepted'
            answer.verdict = 'accepted' if shares else answer.mark

    @api.depends('submission_id.state')
    def _compute_is_current(self):
        for answer in self:
            answer.is_current = answer.submission_id.state in ('submitted', 'accepted')

    def _compute_attachment_ids(self):
        for answer in self:
            ids = [one['id'] for one in answer.value or []] if answer.value_type in FILES else []
            answer.attachment_ids = self.env['ir.attachment'].browse(ids).exists()

    def write(self, vals):
        vals = {'mark' if name == 'verdict' else name: value for name, value in vals.items()}
        if vals.keys() - ANSWER_MUTABLE:
            raise UserError(self.env._("A submission is kept as it was sent."))
        if not self.env.su:
            self._check_reviewer()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A submission is kept as it was sent."))

    def _check_reviewer(self):
        """:raises UserError: when the current user has no open approval of these answers"""
        reviewing = self.env['pem.task'].search(
            Domain('case_id', 'in', self.case_id.ids) & Domain('kind', '=', 'approval') & self.env['pem.task']._my_turn()).case_id
        for answer in self:
            if answer.case_id not in reviewing or not answer.is_current:
                raise UserError(self.env._("“%s” is not yours to review at the moment.", answer.label))

    def action_accept(self):
        self.check_access('write')
        self.write({'verdict': 'accepted', 'comment': False})

    def action_return(self):
        self.check_access('write')
        self.write({'verdict': 'returned'})

    def _carried_values(self):
        self.ensure_one()
        return {
            'name': self.name, 'label': self.label, 'value_type': self.value_type, 'sequence': self.sequence,
            'field_id': self.field_id.id, 'attribute_id': self.attribute_id.id, 'value': self.value,
            'display': self.display, 'old_display': self.old_display, 'is_changed': self.is_changed,
            'mark': 'accepted',
        }
