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
        (flow.WAIT, "Wait"),
        (flow.CALL, "Sub-process"),
        (flow.ACTION, "Server action"),
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
        self.env['pem.process'].browse({
            vals['process_id'] for vals in vals_list if vals.get('process_id') and not vals.get('is_ad_hoc')})._check_draft()
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
            if self.approver_kind == 'path' and not self._path_is_user(self.approver_path):
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

    def _path_is_user(self, path):
        found = self._fields_along((path or '').split('.'))
        return bool(found) and found[-1].relational and found[-1].comodel_name == 'res.users'

    def _fields_along(self, names):
        """Return the fields that a path from the subject passes, None when it leads nowhere."""
        model = self.env.get(self.process_id.model)
        found = []
        for name in names:
            field = model._fields.get(name) if model is not None else None
            if not field:
                return None
            found.append(field)
            model = self.env[field.comodel_name] if field.relational else None
        return found

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
