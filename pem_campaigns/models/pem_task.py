from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import flow

SIDES = {flow.FORM: 'partner', flow.APPROVAL: 'sponsor', flow.TODO: 'sponsor'}


class PemTask(models.Model):
    """One step of one case that waits for somebody: a line of the partner's InTray, or an activity of a colleague."""

    _name = 'pem.task'
    _description = "Task"
    _inherit = ['pem.bulk.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date_deadline, id'
    _rec_name = 'title'

    case_id = fields.Many2one('pem.case', required=True, readonly=True, ondelete='restrict', index=True)
    step_id = fields.Many2one('pem.process.step', required=True, readonly=True, ondelete='restrict', index=True)
    kind = fields.Selection(related='step_id.kind', store=True, precompute=True)
    title = fields.Char(compute='_compute_title')
    side = fields.Selection(
        [('partner', "Partner"), ('sponsor', "Us"), ('system', "System")], required=True, readonly=True, index=True)
    state = fields.Selection([
        ('open', "Open"), ('problem', "Problem"), ('done', "Done"), ('cancelled', "Cancelled"),
    ], required=True, default='open', readonly=True, index=True, copy=False)
    outcome = fields.Char(readonly=True, copy=False)
    problem = fields.Text(readonly=True, copy=False)
    stopped_at = fields.Selection([
        ('enter', "On the way in"), ('effects', "In what its outcome causes"), ('leave', "On the way out"),
    ], readonly=True, copy=False, help="How far a stopped case got; trying again goes on from here.")
    arrived_by_id = fields.Many2one('pem.process.flow', readonly=True, ondelete='restrict')

    # Who
    partner_id = fields.Many2one(related='case_id.partner_id', store=True, precompute=True, index=True)
    campaign_id = fields.Many2one(related='case_id.campaign_id', store=True, precompute=True, index='btree_not_null')
    company_id = fields.Many2one(related='case_id.company_id', store=True, precompute=True, index=True)
    contact_id = fields.Many2one('res.partner', string="Asked", readonly=True, ondelete='set null', index='btree_not_null')
    approver_ids = fields.One2many('pem.task.approver', 'task_id', string="Approvers", readonly=True)
    approvals_needed = fields.Integer(readonly=True)

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

    @api.depends('case_id.submission_ids.answer_ids')
    def _compute_review_answer_ids(self):
        """An approval looks at the last submission of each form before it."""
        latest = self.case_id._latest_submissions()
        for task in self:
            before = task.step_id.process_id._definition().sources(task.step_id.id) if task.step_id else ()
            submissions = self.env['pem.submission'].union(*(
                submission for (case, step), submission in latest.items() if case == task.case_id and step.id in before))
            task.review_answer_ids = submissions.with_env(self.env).answer_ids.sorted(
                lambda one: (one.submission_id.id, one.sequence, one.id))

    def _inverse_review_answer_ids(self):
        """Verdicts are written on the answers themselves, which check who may."""

    def write(self, vals):
        if not self.env.su and (engine_owned := vals.keys() - self._editable_fields()):
            raise UserError(self.env._(
                "A task is decided by its buttons; “%s” cannot be changed by hand.", self._fields[min(engine_owned)].string))
        return super().write(vals)

    @api.model
    def _editable_fields(self):
        """Return the names of what people may change on a task; the rest belongs to the engine."""
        return {'review_answer_ids', *self.env['mail.thread']._fields, *self.env['mail.activity.mixin']._fields}

    # Opening

    @api.model
    def _open(self, step, cases, values=None, by_case=None):
        """Create one task a case at a step, in one batch.

        :param values: further values, the same for all
        :param by_case: ``{case: values}`` of single ones
        """
        if not cases:
            return self.browse()
        values, by_case = values or {}, by_case or {}
        stopped = values.get('state') == 'problem'
        side = 'system' if stopped else SIDES.get(step.kind, 'system')
        asks = side == 'partner'
        partners = cases.sudo().mapped('partner_id')
        contacts = partners._pem_find_contacts() if (asks or step.kind == flow.MESSAGE) and not stopped else {}
        deadlines = step._deadlines(cases) if not stopped else {}
        nobody = self.env['res.partner']
        tasks = self.sudo().with_context(
            tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True,
        ).create(self._wind_clocks(step, cases.sudo(), [{
            'step_id': step.id,
            'side': side,
            'notice_state': 'queued' if asks else 'none',
            'case_id': case.id,
            'contact_id': contacts.get(case.partner_id, nobody).id,
            'date_deadline': deadlines.get(case, False),
            **values,
            **by_case.get(case, {}),
        } for case in cases.sudo()])).with_env(self.env)
        if asks:
            self._trigger_notices()
        return tasks

    @api.model
    def _open_correction(self, step, submissions):
        """Open a form again for what was sent back; whoever sent it is asked.

        :param submissions: ``{case: submission}``
        """
        def sender(case, submission):
            contact = submission.contact_id
            writable = contact.active and contact.email_normalized
            theirs = contact.commercial_partner_id == case.sudo().partner_id.commercial_partner_id
            return {'contact_id': contact.id} if writable and theirs else {}

        return self._open(step, self.env['pem.case'].union(*submissions), by_case={
            case: {'returned_submission_id': submission.id, **sender(case, submission)}
            for case, submission in submissions.items()})

    def _withdraw(self):
        """Close tasks that nobody has to do any more."""
        if not self:
            return
        self._drop_activities()
        self.write({'state': 'cancelled', 'date_done': fields.Datetime.now()})
        self._drop_notices()

    def _drop_activities(self, users=None):
        if not self:
            return
        domain = Domain('res_model', '=', 'pem.task') & Domain('res_id', 'in', self.ids) & Domain(
            'activity_type_id', '=', self.env.ref('pem_campaigns.mail_activity_type_approval').id)
        if users is not None:
            domain &= Domain('user_id', 'in', users.ids)
        self._unlink_in_one_go(self.env['mail.activity'].sudo().search(domain))

    def _returned_names(self):
        """Return ``{question name: comment}`` of the answers to correct; None when everything is open.

        Names come from the submission that was sent back; a submission sent back as a whole reopens everything.
        """
        self.ensure_one()
        returned = self.returned_submission_id.answer_ids.filtered(lambda answer: answer.verdict == 'returned')
        return {answer.name: answer.comment or '' for answer in returned} or None

    def action_open_case(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'pem.case',
            'view_mode': 'form',
            'res_id': self.case_id.id,
        }
