from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError

from ..engine import flow


class PemTask(models.Model):
    """Tasks that somebody adds to running cases by hand: a reach-out to the partner, or a to-do for a colleague.

    They are opened by ``pem.case._reach_out``. When such a task is done nothing moves, for no flow leads on from it.
    """

    _inherit = 'pem.task'

    is_ad_hoc = fields.Boolean(related='step_id.is_ad_hoc')
    answer_kind = fields.Selection(related='step_id.answer_kind')
    instructions = fields.Html(related='step_id.instructions')
    is_optional = fields.Boolean(
        string="Case may end before", readonly=True, help="The case waits for nobody because of this task.")
    is_information = fields.Boolean(
        readonly=True, help="Tells the partner something and wants no answer, so it stays in the InTray when the case ends.")

    def _notice_template(self):
        self.ensure_one()
        if not self.is_ad_hoc or self.reminder_id:
            return super()._notice_template()
        return self._standard_template('reach_out')

    # Verbs

    def _submit(self, answers_by_task, contact=None):
        """Take answers to reach-outs beside answers to steps of the process."""
        by_hand = self.filtered('is_ad_hoc')
        rest = self - by_hand
        submissions = self.env['pem.submission'].sudo()
        if rest:
            submissions |= super(PemTask, rest)._submit({task: answers_by_task[task] for task in rest}, contact)
        if by_hand:
            submissions |= by_hand._take_answers({task: answers_by_task[task] for task in by_hand}, contact)
        return submissions

    def _take_answers(self, answers_by_task, contact):
        """Keep what partners answered by hand, and tell whoever asked."""
        self._lock_cases()
        self._check_open(flow.FORM)
        submissions = self.env['pem.submission'].sudo()._record(answers_by_task, contact)
        self.write({'state': 'done', 'date_done': fields.Datetime.now(), 'outcome': 'answered', 'draft': False})
        self._drop_notices()
        self.env['pem.event']._append([
            (submission.case_id, 'answered', {
                'step': submission.step_id.name,
                'number': submission.number,
                'kind': submission.step_id.answer_kind,
                'answers': {answer.label: answer.display or '' for answer in submission.answer_ids},
            }) for submission in submissions])
        for submission in submissions:
            submission.task_id._tell_answer(submission)
        self._send_on('')
        return submissions

    def _tell_answer(self, submission):
        """Tell whoever reached out, by a note on the case, what came back."""
        self.ensure_one()
        asker = self.create_uid.partner_id
        answers = submission.answer_ids.filtered('display')
        heading = {
            'none': lambda: self.env._("“%s” was read and understood.", self.step_id.name),
            'confirm': lambda: self.env._("“%s” is done.", self.step_id.name),
        }.get(self.answer_kind, lambda: self.env._("Answer to “%s”:", self.step_id.name))()
        body = Markup('<p>%s</p>') % heading
        if answers:
            body += Markup('<ul>%s</ul>') % Markup().join(
                Markup('<li>%s: <b>%s</b></li>') % (answer.label, answer.display) for answer in answers)
        self.case_id.sudo().message_post(
            body=body, author_id=submission.contact_id.id, message_type='comment', subtype_xmlid='mail.mt_note',
            partner_ids=asker.ids if self.answer_kind != 'none' else [])

    def action_withdraw(self):
        """Take back what somebody was asked by hand and has not answered yet."""
        self.check_access('read')
        tasks = self.browse(self.ids)
        tasks._lock_cases()
        for task in tasks:
            if not task.is_ad_hoc or task.state != 'open':
                raise UserError(self.env._("“%s” cannot be withdrawn any more.", task.display_name))
        tasks_sudo = tasks.sudo()
        tasks_sudo._withdraw()
        self.env['pem.event']._append([(task.case_id, 'withdrawn', {'step': task.step_id.name}) for task in tasks])
        tasks_sudo._send_on('')
