from datetime import datetime, time

import pytz
from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import conditions, flow


class PemProcessStep(models.Model):
    """One step of a process version.

    What happens when cases arrive is decided by its kind: ``_enter_<kind>(cases, flow)`` acts on the whole set and
    returns ``{outcome: cases}`` of those that leave at once. A further kind is a selection value and such a method.
    """

    _name = 'pem.process.step'
    _description = "Process Step"
    _order = 'process_id, sequence, id'

    process_id = fields.Many2one('pem.process', required=True, ondelete='cascade', index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    kind = fields.Selection([
        (flow.START, "Start"),
        (flow.FORM, "Partner form"),
        (flow.APPROVAL, "Approval"),
        (flow.TODO, "To-do"),
        (flow.MESSAGE, "Message"),
        (flow.DECISION, "Decision"),
        (flow.SPLIT, "Split"),
        (flow.JOIN, "Join"),
        (flow.END, "End"),
    ], required=True, default=flow.FORM)
    instructions = fields.Html(translate=True, help="Shown to whoever has to act.")
    deadline_days = fields.Integer(string="Due after", help="Working days until the task is due; 0 for the campaign's deadline.")

    # Form
    form_id = fields.Many2one('pem.form', ondelete='restrict', index='btree_not_null')

    # Approval and to-do
    approver_kind = fields.Selection([
        ('user', "Persons"), ('group', "Members of a group"), ('path', "Person found on the record"),
        ('owner', "Owner of the campaign or case"),
    ], string="Who", default='owner', required=True)
    approver_user_ids = fields.Many2many('res.users', string="Persons")
    approver_group_id = fields.Many2one('res.groups', string="Group", ondelete='restrict')
    approver_path = fields.Char(string="Field", help="Path to a user, such as partner_id.user_id.")
    approval_rule = fields.Selection(
        [('one', "One of them"), ('all', "All of them"), ('some', "A number of them")], default='one', required=True)
    approval_minimum = fields.Integer(default=2)
    model = fields.Char(compute='_compute_model')
    by_rule = fields.Boolean(
        string="Decide by rule", compute='_compute_by_rule', inverse='_inverse_by_rule',
        help="Let conditions approve or reject by themselves; a person decides about the rest.")
    auto_approve_if = fields.Char(string="Approve by itself when")
    auto_reject_if = fields.Char(string="Reject by itself when")
    write_back = fields.Boolean(
        string="Update the partner", default=True,
        help="When approved, the answers become the partner's values at once instead of at the end.")

    # Message
    mail_template_id = fields.Many2one(
        'mail.template', ondelete='restrict', domain=[('model', '=', 'pem.task')], index='btree_not_null')

    # End
    end_state = fields.Selection(
        [('done', "Done"), ('rejected', "Rejected"), ('cancelled', "Cancelled")], string="Closes as", default='done')

    outgoing_ids = fields.One2many('pem.process.flow', 'source_id', string="Leads to")
    incoming_ids = fields.One2many('pem.process.flow', 'target_id', string="Comes from")

    _deadline_days_positive = models.Constraint('CHECK (deadline_days >= 0)', "A deadline cannot be negative.")
    _approval_minimum_positive = models.Constraint('CHECK (approval_minimum > 0)', "At least one approval is needed.")

    @api.depends('process_id.model')
    def _compute_model(self):
        for step in self:
            step.model = step.process_id.model or 'pem.case'

    @api.depends('auto_approve_if', 'auto_reject_if')
    def _compute_by_rule(self):
        for step in self:
            step.by_rule = any(text and text.strip() not in ('', '[]') for text in (step.auto_approve_if, step.auto_reject_if))

    def _inverse_by_rule(self):
        self.filtered(lambda step: not step.by_rule and (step.auto_approve_if or step.auto_reject_if)).write(
            {'auto_approve_if': False, 'auto_reject_if': False})

    @api.constrains('auto_approve_if', 'auto_reject_if')
    def _check_conditions(self):
        for step in self:
            for text in (step.auto_approve_if, step.auto_reject_if):
                try:
                    conditions.parse(text)
                except ValueError as error:
                    raise ValidationError(self.env._(
                        "The condition of “%(step)s” cannot be used: %(reason)s", step=step.name, reason=error)) from error

    @api.model_create_multi
    def create(self, vals_list):
        self.env['pem.process'].browse(
            {vals['process_id'] for vals in vals_list if vals.get('process_id')})._check_draft()
        return super().create(vals_list)

    def write(self, vals):
        (self.process_id | self.process_id.browse(vals.get('process_id')))._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self.process_id._check_draft()

    def _is_human(self):
        self.ensure_one()
        return self.kind in flow.HUMAN_KINDS

    def _problems(self):
        """Return the sentences that say what this step lacks before it can be published."""
        self.ensure_one()
        found = []
        if self.kind == flow.FORM and not self.form_id and self.process_id.model == 'pem.case':
            found.append(self.env._("“%s” asks the partner, but has no form.", self.name))
        if self.kind == flow.FORM and self.form_id and not self.form_id.question_count:
            found.append(self.env._("The form of “%s” asks nothing.", self.name))
        if self.form_id:
            found += [self.env._("“%(step)s”: %(problem)s", step=self.name, problem=problem) for problem in self.form_id._problems()]
        if self.kind == flow.MESSAGE and not self.mail_template_id:
            found.append(self.env._("“%s” has no message to send.", self.name))
        if self.kind == flow.MESSAGE and self.mail_template_id and self.mail_template_id.sudo().model != 'pem.task':
            found.append(self.env._("The message of “%s” is written for other records than tasks.", self.name))
        if self.kind in (flow.APPROVAL, flow.TODO):
            if (self.approver_kind == 'user' and not self.approver_user_ids) or (
                    self.approver_kind == 'group' and not self.approver_group_id):
                found.append(self.env._("“%s” does not say who has to act.", self.name))
            if self.approver_kind == 'path' and not self._path_is_user():
                found.append(self.env._(
                    "“%(step)s” looks for a user in “%(path)s”, which leads to none.",
                    step=self.name, path=self.approver_path or ''))
        if self.kind == flow.APPROVAL:
            if self.approver_kind == 'user' and self.approval_rule == 'some' and (
                    len(self.approver_user_ids) < self.approval_minimum):
                found.append(self.env._(
                    "“%(step)s” needs %(minimum)s approvals, but names %(count)s persons.", step=self.name,
                    minimum=self.approval_minimum, count=len(self.approver_user_ids)))
            for rule in (self.auto_approve_if, self.auto_reject_if):
                try:
                    self.env['pem.case']._filter_by_condition(rule, self.process_id.model)
                except conditions.Unusable as error:
                    found.append(self.env._(
                        "A rule of “%(step)s” cannot be used: %(reason)s", step=self.name, reason=error))
        return found

    def _path_is_user(self):
        model = self.env.get(self.process_id.model)
        for name in (self.approver_path or '').split('.'):
            field = model is not None and model._fields.get(name)
            if not field or not field.relational:
                return False
            model = self.env[field.comodel_name]
        return model._name == 'res.users'

    # What happens when cases arrive

    def _enter(self, cases, arrived_by):
        """Let cases arrive; return ``{outcome: cases}`` of those that leave at once.

        :param arrived_by: the ``pem.process.flow`` along which they came; empty at the start
        """
        self.ensure_one()
        return getattr(self, f'_enter_{self.kind}')(cases, arrived_by)

    def _enter_start(self, cases, _arrived_by):
        return {'': cases}

    _enter_decision = _enter_start
    _enter_split = _enter_start

    def _enter_form(self, cases, _arrived_by):
        """Ask the partners; while something is corrected, only for what was sent back."""
        correcting = cases.filtered('correcting_step_id')
        latest = {case.with_env(self.env): submission for (case, _step), submission in
                  correcting._latest_submissions(self).items()}
        answered = correcting.filtered(lambda case: case in latest and latest[case].state in ('submitted', 'accepted'))
        returned = {case: latest[case] for case in correcting - answered if case in latest and latest[case].state == 'returned'}
        if returned:
            self.env['pem.task']._open_correction(self, returned)
        self.env['pem.task']._open(self, cases - answered - cases.browse().union(*returned))
        return {'': answered}

    def _enter_todo(self, cases, arrived_by):
        self._ask_colleagues(cases, arrived_by, self.env._("Nobody was found to do “%s”.", self.name))
        return {}

    def _enter_approval(self, cases, arrived_by):
        """Open an approval, except where a rule decides: rejection is tried before approval."""
        cases.filtered(lambda case: case.correcting_step_id == self).write({'correcting_step_id': False})
        outcomes = {}
        for outcome, rule in (('rejected', self.auto_reject_if), ('approved', self.auto_approve_if)):
            if conditions.parse(rule):
                matching = cases._filter_by_condition(rule)
                if matching:
                    matching._decide_by_rule(self, outcome, rule)
                    outcomes[outcome] = matching
                    cases -= matching
        self._ask_colleagues(cases, arrived_by, self.env._("Nobody was found to approve “%s”.", self.name))
        return outcomes

    def _ask_colleagues(self, cases, arrived_by, nobody):
        """Open tasks for the colleagues who have to act; stop cases for which there are none, or too few."""
        where = {'arrived_by_id': arrived_by.id}
        found = self._find_approvers(cases)
        missing = cases.filtered(lambda case: not found.get(case))
        missing._stop(self, nobody, where)
        wanted = self.approval_minimum if self.kind == flow.APPROVAL and self.approval_rule == 'some' else 1
        short = (cases - missing).filtered(lambda case: len(found[case]) < wanted)
        short._stop(self, self.env._(
            "“%(step)s” needs %(minimum)s approvals, but fewer people may give one.",
            step=self.name, minimum=wanted), where)
        self.env['pem.task']._open_for(self, {case: found[case] for case in cases - missing - short})

    def _enter_message(self, cases, _arrived_by):
        self.env['pem.task']._open(self, cases, {'state': 'done', 'date_done': fields.Datetime.now(), 'notice_state': 'queued'})
        self.env['pem.task']._trigger_notices()
        return {'': cases}

    def _enter_join(self, cases, arrived_by):
        """Hold cases until every branch has arrived."""
        Task = self.env['pem.task']
        Task._open(self, cases, {'arrived_by_id': arrived_by.id})
        waiting = Task.search([('case_id', 'in', cases.ids), ('step_id', '=', self.id), ('state', '=', 'open')])
        needed = set(self.incoming_ids.ids)
        complete = Task.union(*(
            tasks for tasks in waiting.grouped('case_id').values() if needed <= set(tasks.arrived_by_id.ids)))
        complete.write({'state': 'done', 'date_done': fields.Datetime.now()})
        return {'': complete.case_id}

    def _enter_end(self, cases, _arrived_by):
        cases._reach_end(self)
        return {}

    # Who has to act

    def _find_approvers(self, cases):
        """Return ``{case: users}``: who may decide this step of each case, among those who work with Partner Engagement
        in the company of the case.

        Whoever asked for a thing, or sent it in, does not approve it, unless the process allows so.
        """
        self.ensure_one()
        finders = {
            'user': lambda: dict.fromkeys(cases, self.sudo().approver_user_ids),
            'group': lambda: dict.fromkeys(cases, self.sudo().approver_group_id.all_user_ids),
            'owner': lambda: {case: case.user_id for case in cases},
            'path': lambda: cases._follow_path(self.approver_path),
        }
        found = finders[self.approver_kind]()
        able = self.env['res.users'].union(*found.values()).sudo().filtered(
            lambda user: user.active and not user.share and user.has_group('pem_campaigns.group_pem_user'))
        companies = {user.id: user.company_ids for user in able}
        own = self.kind == flow.APPROVAL and not self.process_id.allow_self_approval
        submitters = cases.sudo().submission_ids.grouped('case_id') if own else {}
        result = {}
        for case, users in found.items():
            case_sudo = case.sudo()
            if own:
                users -= case_sudo.requested_by_id
                if case_sudo in submitters:
                    users -= submitters[case_sudo].submitted_by_id
            result[case] = users.filtered(
                lambda user, company=case_sudo.company_id: user.id in companies and company in companies[user.id])
        return result

    def _deadlines(self, cases):
        """Return ``{case: date}``: when a task opened now is due, False for never.

        Working days are those of the working hours of each case's company.
        """
        self.ensure_one()
        if not self.deadline_days:
            return {case: case.date_deadline for case in cases}
        return {
            case: due
            for company, some in cases.grouped('company_id').items()
            for due in [self._add_working_days(company, self.deadline_days)]
            for case in some
        }

    @api.model
    def _add_working_days(self, company, days):
        """Return the date that is ``days`` working days of a company after today; today itself does not count."""
        calendar = company.sudo().resource_calendar_id
        timezone = pytz.timezone((calendar.tz if calendar else False) or self.env.user.tz or 'UTC')
        today = pytz.utc.localize(fields.Datetime.now()).astimezone(timezone).date()
        tomorrow = timezone.localize(datetime.combine(today + relativedelta(days=1), time.min))
        planned = calendar.plan_days(days, tomorrow, compute_leaves=True) if calendar else False
        return planned.date() if planned else today + relativedelta(days=days)

    def _approvals_needed(self, approver_count):
        """Return how many of the approvers have to approve."""
        self.ensure_one()
        if self.kind != flow.APPROVAL:
            return 1
        return {'one': 1, 'all': approver_count, 'some': self.approval_minimum}[self.approval_rule]

    def action_open_form(self):
        self.ensure_one()
        if not self.form_id:
            raise UserError(self.env._("“%s” has no form.", self.name))
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'pem.form',
            'view_mode': 'form',
            'res_id': self.form_id.id,
        }

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        for step, vals in zip(self, vals_list, strict=True):
            vals['approver_user_ids'] = [Command.set(step.approver_user_ids.ids)]
        return vals_list
