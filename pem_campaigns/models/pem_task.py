import datetime
from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import split_every

from ..engine import flow

SIDES = {flow.FORM: 'partner', flow.APPROVAL: 'sponsor', flow.TODO: 'sponsor'}


class PemTask(models.Model):
    """One step of one case that waits for somebody: a line of the partner's InTray, or an activity of a colleague."""

    _name = 'pem.task'
    _description = "Task"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'date_deadline, id'
    _rec_name = 'title'

    case_id = fields.Many2one('pem.case', required=True, readonly=True, ondelete='restrict', index=True)
    step_id = fields.Many2one('pem.process.step', required=True, readonly=True, ondelete='restrict', index=True)
    kind = fields.Selection(related='step_id.kind', store=True)
    title = fields.Char(compute='_compute_title')
    side = fields.Selection(
        [('partner', "Partner"), ('sponsor', "Us"), ('system', "System")], required=True, readonly=True, index=True)
    state = fields.Selection([
        ('open', "Open"), ('problem', "Problem"), ('done', "Done"), ('cancelled', "Cancelled"),
    ], required=True, default='open', readonly=True, index=True, copy=False)
    outcome = fields.Char(readonly=True, copy=False)
    problem = fields.Text(readonly=True, copy=False)
    arrived_by_id = fields.Many2one('pem.process.flow', readonly=True, ondelete='restrict')

    # Who
    partner_id = fields.Many2one(related='case_id.partner_id', store=True, index=True)
    campaign_id = fields.Many2one(related='case_id.campaign_id', store=True, index='btree_not_null')
    company_id = fields.Many2one(related='case_id.company_id', store=True, index=True)
    contact_id = fields.Many2one('res.partner', string="Asked", readonly=True, ondelete='set null', index='btree_not_null')
    approver_ids = fields.One2many('pem.task.approver', 'task_id', string="Approvers", readonly=True)
    approvals_needed = fields.Integer(readonly=True)
    can_decide = fields.Boolean(compute='_compute_can_decide')

    # When
    date_open = fields.Datetime(string="Opened", readonly=True, default=fields.Datetime.now)
    date_done = fields.Datetime(string="Completed", readonly=True, copy=False)
    date_deadline = fields.Date(string="Due", index='btree_not_null')
    date_seen = fields.Datetime(string="Seen by the partner", readonly=True, copy=False)

    # Messages
    notice_state = fields.Selection([
        ('none', "None"), ('queued', "To be sent"), ('sent', "Sent"), ('failed', "Not deliverable"),
    ], string="Message", required=True, default='none', readonly=True, copy=False)
    notice_date = fields.Datetime(string="Message sent", readonly=True, copy=False)

    # Answers
    draft = fields.Json(readonly=True, copy=False, help="What the partner entered and did not send yet.")
    draft_date = fields.Datetime(readonly=True, copy=False)
    returned_submission_id = fields.Many2one(
        'pem.submission', string="Sent back", readonly=True, ondelete='restrict', index='btree_not_null')
    submission_ids = fields.One2many('pem.submission', 'task_id', readonly=True)
    review_answer_ids = fields.One2many(
        'pem.submission.answer', compute='_compute_review_answer_ids', inverse='_inverse_review_answer_ids',
        string="Answers to review")

    _open_by_contact = models.Index("(contact_id) WHERE state = 'open' AND side = 'partner'")
    _queued_notices = models.Index("(id) WHERE notice_state = 'queued'")
    _sent_notices = models.Index("(contact_id, notice_date) WHERE notice_state = 'sent'")

    @api.depends('step_id.name', 'case_id.campaign_id.name')
    def _compute_title(self):
        for task in self:
            task.title = f'{task.case_id.title or ""}: {task.step_id.name or ""}'

    @api.depends('step_id.name', 'case_id.name', 'partner_id.name')
    def _compute_display_name(self):
        for task in self:
            task.display_name = f'{task.step_id.name} · {task.partner_id.name} ({task.case_id.name})'

    @api.depends('state', 'approver_ids.decision')
    @api.depends_context('uid')
    def _compute_can_decide(self):
        for task in self:
            task.can_decide = task.state == 'open' and any(
                line.user_id == self.env.user and not line.decision for line in task.approver_ids)

    @api.depends('case_id.submission_ids.answer_ids')
    def _compute_review_answer_ids(self):
        """An approval looks at the last submission of each form of its case."""
        for task in self:
            latest = {}
            for submission in task.case_id.submission_ids.sorted('id'):
                latest[submission.step_id] = submission
            task.review_answer_ids = self.env['pem.submission.answer'].union(
                *(submission.answer_ids for submission in latest.values())).sorted(lambda one: (one.submission_id.id, one.sequence, one.id))

    def _inverse_review_answer_ids(self):
        """Verdicts are written on the answers themselves, which check who may."""

    # Opening

    @api.model
    def _open(self, step, cases, values=None):
        """Create one task a case at a step, in one batch.

        :param values: further values, the same for all
        """
        if not cases:
            return self.browse()
        side = SIDES.get(step.kind, 'system')
        contacts = cases.sudo().partner_id._pem_find_contacts() if side == 'partner' or step.kind == flow.MESSAGE else {}
        deadlines = step._deadlines(cases)
        common = {
            'step_id': step.id,
            'side': 'system' if (values or {}).get('state') == 'problem' else side,
            'notice_state': 'queued' if side == 'partner' else 'none',
            **(values or {}),
        }
        tasks = self.with_context(
            tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True,
        ).create([{
            **common,
            'case_id': case.id,
            'contact_id': contacts.get(case.sudo().partner_id, self.env['res.partner']).id,
            'date_deadline': deadlines[case],
        } for case in cases]).with_env(self.env)
        if side == 'partner' and common.get('state') != 'problem':
            tasks._trigger_notices()
        return tasks

    def _assign(self, users_by_task):
        """Ask colleagues to act: one line and one activity for each person and task, created in one batch.

        :param users_by_task: ``{task: users}``
        """
        if not users_by_task:
            return
        self.env['pem.task.approver'].create([
            {'task_id': task.id, 'user_id': user.id} for task, users in users_by_task.items() for user in users])
        for task, users in users_by_task.items():
            task.approvals_needed = task.step_id._approvals_needed(len(users))
        activity_type = self.env.ref('pem_campaigns.mail_activity_type_approval')
        model_id = self.env['ir.model']._get_id('pem.task')
        self.env['mail.activity'].sudo().with_context(mail_activity_quick_update=True).create([{
            'activity_type_id': activity_type.id,
            'res_model_id': model_id,
            'res_id': task.id,
            'user_id': user.id,
            'summary': task.step_id.name,
            'date_deadline': task.date_deadline or fields.Date.context_today(task),
            'automated': True,
        } for task, users in users_by_task.items() for user in users])

    def _withdraw(self):
        """Close tasks that nobody has to do any more."""
        self._drop_activities()
        self.write({'state': 'cancelled', 'date_done': fields.Datetime.now(), 'notice_state': 'none'})

    def _drop_activities(self, users=None):
        domain = Domain('res_model', '=', 'pem.task') & Domain('res_id', 'in', self.ids) & Domain(
            'activity_type_id', '=', self.env.ref('pem_campaigns.mail_activity_type_approval').id)
        if users is not None:
            domain &= Domain('user_id', 'in', users.ids)
        self.env['mail.activity'].sudo().search(domain).unlink()

    # Messages

    @api.model
    def _trigger_notices(self):
        self.env.ref('pem_campaigns.ir_cron_send_notices').sudo()._trigger()

    def _notice_template(self):
        """Return the ``mail.template`` (on ``pem.task``) by which the partner hears of this task."""
        self.ensure_one()
        if self.kind == flow.MESSAGE:
            return self.step_id.mail_template_id
        if self.returned_submission_id:
            return self.env.ref('pem_campaigns.mail_template_task_returned')
        return self.campaign_id.mail_template_id or self.env.ref('pem_campaigns.mail_template_task_request')

    def _notice_link(self):
        """Return the absolute address at which the asked contact answers; the portal makes it personal."""
        self.ensure_one()
        return f'{self.get_base_url()}/my/requests/{self.id}'

    @api.model
    def _cron_send_notices(self, size=100):
        """Send the queued messages, in batches that commit; what is over a contact's weekly cap stays queued."""
        commit = self.env['ir.cron']._commit_progress
        queued = self.search([('notice_state', '=', 'queued')], order='id').ids
        commit(remaining=len(queued))
        for chunk in split_every(size, queued):
            tasks = self.browse(chunk).try_lock_for_update().filtered(lambda task: task.notice_state == 'queued')
            tasks._send_notices()
            if not commit(len(chunk)):
                break

    def _send_notices(self):
        """Hand the messages of these tasks to the mail queue."""
        now = fields.Datetime.now()
        over = self._over_cap(now)
        undeliverable = self.filtered(lambda task: not task.contact_id.email_normalized)
        undeliverable.write({'notice_state': 'failed'})
        sending = self - undeliverable - over
        for template, tasks in sending.grouped(lambda task: task._notice_template()).items():
            template.sudo().send_mail_batch(tasks.ids, email_layout_xmlid='mail.mail_notification_light')
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

    def _returned_names(self):
        """Return ``{question name: comment}`` of the answers to correct; None when everything is open.

        Names come from the submission that was sent back; a submission sent back as a whole reopens everything.
        """
        self.ensure_one()
        returned = self.returned_submission_id.answer_ids.filtered(lambda answer: answer.verdict == 'returned')
        return {answer.name: answer.comment or '' for answer in returned} or None

    def _mail_get_companies(self, default=None):
        return {task.id: task.company_id or default for task in self}

    def action_open_case(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'pem.case',
            'view_mode': 'form',
            'res_id': self.case_id.id,
        }
