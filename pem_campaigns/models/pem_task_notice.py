import datetime
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_qweb import QWebError

from ..engine import flow

#: What a template, a contact's data or a mail server can do to a single message.
NOTICE_ERRORS = (UserError, ValueError, KeyError, TypeError, AttributeError, QWebError)


class PemTask(models.Model):
    """How people hear of tasks: which message, to whom, and how many of them a contact gets."""

    _inherit = 'pem.task'

    @api.model
    def _trigger_notices(self):
        self.env.ref('pem_campaigns.ir_cron_send_notices').sudo()._trigger()

    def _notice_template(self):
        """Return the ``mail.template`` (on ``pem.task``) by which the partner hears of this task."""
        self.ensure_one()
        if self.kind == flow.MESSAGE:
            return self.step_id.mail_template_id
        if not self.returned_submission_id and self.campaign_id.mail_template_id:
            return self.campaign_id.mail_template_id
        name = 'mail_template_task_returned' if self.returned_submission_id else 'mail_template_task_request'
        # Unlike env.ref, this asks the database once, not once a task.
        template_id = self.env['ir.model.data']._xmlid_to_res_id(f'pem_campaigns.{name}', raise_if_not_found=True)
        return self.env['mail.template'].browse(template_id)

    def _notice_link(self):
        """Return the absolute address at which the asked contact answers; the portal makes it personal."""
        self.ensure_one()
        return f'{self.get_base_url()}/my/requests/{self.id}'

    @api.model
    def _cron_send_notices(self, size=100):
        """Send the queued messages, in batches that commit; what is over a contact's weekly cap stays queued."""
        self.env['ir.cron']._pem_run_batches(
            self.search([('notice_state', '=', 'queued')], order='id'), type(self)._send_queued_notices, size)

    def _send_queued_notices(self):
        """Send those of the messages that are still queued; one that cannot be written holds up no other."""
        tasks = self.filtered(lambda task: task.notice_state == 'queued')
        try:
            with self.env.cr.savepoint():
                tasks._send_notices()
        except NOTICE_ERRORS:
            # One bad message fails its batch: find it, and let the others go out.
            for task in tasks:
                task._try_send_notice()

    def _try_send_notice(self):
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._send_notices()
        except NOTICE_ERRORS as error:
            self.write({'notice_state': 'failed'})
            self.case_id._log('not_sent', {self.case_id: {'step': self.step_id.name, 'reason': str(error)}})

    def _send_notices(self):
        """Hand the messages of these tasks to the mail queue."""
        now = fields.Datetime.now()
        undeliverable = self.filtered(lambda task: not task.contact_id.email_normalized)
        undeliverable.write({'notice_state': 'failed'})
        sending = self - undeliverable
        sending -= sending._over_cap(now)
        for template, tasks in sending.grouped(lambda task: task._notice_template()).items():
            template.sudo().send_mail_batch(tasks.ids, email_layout_xmlid='pem_campaigns.mail_layout_partner')
        sending.write({'notice_state': 'sent', 'notice_date': now})
        self.env['pem.event']._append(
            [(task.case_id, 'notified', {'to': task.contact_id.email_normalized, 'step': task.step_id.name})
             for task in sending]
            + [(task.case_id, 'not_deliverable', {'step': task.step_id.name}) for task in undeliverable])
        if sending:
            self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger()

    def _over_cap(self, now):
        """Return the tasks whose contact has had as many messages in seven days as the sponsor allows."""
        cap = self.env['res.config.settings']._pem_contact_cap()
        if not cap:
            return self.browse()
        sent = defaultdict(int)
        for contact, count in self._read_group([
            ('contact_id', 'in', self.contact_id.ids), ('notice_state', '=', 'sent'),
            ('notice_date', '>', now - datetime.timedelta(days=7)),
        ], ['contact_id'], ['__count']):
            sent[contact] = count
        over = self.browse()
        for task in self:
            # Corrections are wanted at once: they answer what the partner did.
            if sent[task.contact_id] >= cap and not task.returned_submission_id:
                over |= task
            sent[task.contact_id] += 1
        return over

    @api.model
    def _mail_get_partner_fields(self, introspect_fields=False):
        # Whoever is asked, not the company in general, is whom templates write to.
        return ['contact_id']

    def _mail_get_companies(self, default=None):
        return {task.id: task.company_id or default for task in self}
