from datetime import UTC, datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_date, hash_sign, verify_hash_signed

from ..engine import flow
from .pem_task_notice import NOTICE_ERRORS

#: How long the link in an approver's e-mail works, unless the settings say otherwise.
DEFAULT_DECISION_LINK_DAYS = 14
#: The decisions that a page offers for a kind of task, and the verbs that carry them out.
DECISIONS = {
    flow.APPROVAL: {'approve': '_approve', 'return': '_send_back', 'reject': '_reject'},
    flow.TODO: {'done': '_complete_todo'},
}
#: Decisions that need words.
EXPLAINED = ('return', 'reject')


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    pem_decision_link_days = fields.Integer(
        string="Days a link to a decision works", config_parameter='pem_campaigns.decision_link_days',
        default=DEFAULT_DECISION_LINK_DAYS)
    pem_decide_without_login = fields.Boolean(
        string="Decide by e-mail without login", config_parameter='pem_campaigns.decide_without_login')


class PemProcessStep(models.Model):
    _inherit = 'pem.process.step'

    mail_approvers = fields.Boolean(
        string="Write an e-mail", help="Whoever is asked gets an e-mail with a link to decide, beside the activity.")


class PemTaskApprover(models.Model):
    """How a person hears by e-mail that it is their turn."""

    _inherit = 'pem.task.approver'

    mail_state = fields.Selection(
        [('none', "None"), ('queued', "To be sent"), ('sent', "Sent"), ('failed', "Not deliverable")],
        string="E-mail", required=True, default='none')

    _queued_mails = models.Index("(id) WHERE mail_state = 'queued'")

    def _ask(self):
        super()._ask()
        self._queue_mails()

    def _pass_on(self, moves, why, reason=''):
        super()._pass_on(moves, why, reason)
        if why == 'away':
            self.browse([line.id for line in moves]).filtered(lambda line: line.state == 'asked')._queue_mails()

    def _queue_mails(self):
        wanted = self.filtered(lambda line: line.task_id.step_id.mail_approvers)
        if wanted:
            wanted.write({'mail_state': 'queued'})
            self.env.ref('pem_campaigns.ir_cron_write_approvers').sudo()._trigger()

    @api.model
    def _cron_write_approvers(self, size=100):
        """Send the e-mails to approvers, in batches that commit."""
        self.env['ir.cron']._pem_run_batches(
            self.search([('mail_state', '=', 'queued')], order='id'), type(self)._send_queued_mails, size)

    def _send_queued_mails(self):
        """Send those that are still wanted; one that cannot be written holds up no other."""
        queued = self.filtered(lambda line: line.mail_state == 'queued')
        wanted = queued.filtered(lambda line: line.state == 'asked' and line.task_id.state == 'open')
        (queued - wanted).write({'mail_state': 'none'})
        undeliverable = wanted.filtered(lambda line: not line.user_id.partner_id.email_normalized)
        undeliverable.write({'mail_state': 'failed'})
        wanted -= undeliverable
        try:
            with self.env.cr.savepoint():
                wanted._send_mails()
        except NOTICE_ERRORS:
            for line in wanted:
                line._try_send_mail()

    def _try_send_mail(self):
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._send_mails()
        except NOTICE_ERRORS as error:
            self.write({'mail_state': 'failed'})
            task = self.task_id
            task.case_id._log('not_sent', {task.case_id: {'step': task.step_id.name, 'reason': str(error)}})

    def _send_mails(self):
        if self:
            self.env.ref('pem_campaigns.mail_template_decision').sudo().send_mail_batch(self.ids)
            self.write({'mail_state': 'sent'})
            self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger()

    # The link: one task, one person, for some days

    def _decision_link(self):
        """Return the address of the page where this person decides."""
        self.ensure_one()
        return f'{self.get_base_url()}/pem/decide/{self.task_id.id}?token={self._sign_decision()}'

    def _form_link(self):
        """Return the address at which the task is seen in full."""
        self.ensure_one()
        return f'{self.get_base_url()}/mail/view?model=pem.task&res_id={self.task_id.id}'

    def _sign_decision(self):
        self.ensure_one()
        days = self.env['res.config.settings']._pem_parameter('decision_link_days', DEFAULT_DECISION_LINK_DAYS)
        expires = datetime.now(UTC) + timedelta(days=days)
        return hash_sign(self.sudo().env, 'pem.decision', [self.task_id.id, self.user_id.id, int(expires.timestamp())])


class PemTask(models.Model):
    """The page on which a task is decided from an e-mail."""

    _inherit = 'pem.task'

    @api.model
    def _read_decision_token(self, task_id, token):
        """Return ``(user, still valid)`` of a token for a task; no user when it is none of ours, or for another task."""
        nobody = self.env['res.users'].sudo()
        try:
            # Compares in constant time.
            signed = verify_hash_signed(self.sudo().env, 'pem.decision', token or '')
        except (ValueError, IndexError):
            signed = None
        if not signed or signed[0] != task_id:
            return nobody, False
        return nobody.browse(signed[1]).exists()._pem_able(), signed[2] > datetime.now(UTC).timestamp()

    @api.model
    def _allows_decisions_without_login(self):
        return self.env['ir.config_parameter'].sudo().get_param('pem_campaigns.decide_without_login') == 'True'

    def _decide_by_page(self, decision, comment):
        """Carry out what was confirmed on the page; return the sentence that says why not, '' when it is done."""
        self.ensure_one()
        verb = DECISIONS.get(self.kind, {}).get(decision)
        if not verb:
            return self.env._("Please choose a decision.")
        if decision in EXPLAINED and not comment:
            return self.env._("Please say why, so that the partner knows.")
        try:
            with self.env.cr.savepoint():
                getattr(self, verb)(comment)
        except (AccessError, UserError) as error:
            return str(error)
        return ''

    def _decision_page(self):
        """Return what the page shows to the current user. Nothing is changed: mail programs open links by themselves."""
        self.ensure_one()
        task_sudo = self.sudo()
        line_sudo = task_sudo.approver_ids.filtered(lambda line: line.user_id == self.env.user)
        return {
            'task': task_sudo,
            'line': line_sudo,
            'user': self.env.user.sudo(),
            'open': self.can_decide,
            'due': format_date(self.env, task_sudo.date_deadline) if task_sudo.date_deadline else '',
            'answers': [{
                'label': answer.label, 'old': answer.old_display or '', 'new': answer.display or '', 'changed': answer.is_changed,
            } for answer in task_sudo.review_answer_ids],
            'closed': '' if self.can_decide else self._why_closed(),
        }

    def _why_closed(self):
        """Return why the current user cannot decide this task any more."""
        try:
            self._check_open(self.kind)
            self._refuse_to_decide()
        except (AccessError, UserError) as error:
            return str(error)
        return ''
