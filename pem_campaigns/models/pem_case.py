from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import conditions

CLOSED_STATES = ('done', 'rejected', 'cancelled')


class PemCase(models.Model):
    """One partner's run through one process version.

    Where a case stands is told by its open tasks; the verbs that move cases take sets and are in ``pem_case_flow``.
    """

    _name = 'pem.case'
    _description = "Case"
    _inherit = ['pem.bulk.mixin', 'portal.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _mail_post_access = 'read'

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, default='/', index='trigram')
    title = fields.Char(compute='_compute_title')
    state = fields.Selection([
        ('running', "Running"), ('problem', "Problem"),
        ('done', "Done"), ('rejected', "Rejected"), ('cancelled', "Cancelled"),
    ], required=True, default='running', index=True, copy=False, readonly=True)
    waiting_on = fields.Selection(
        [('partner', "Partner"), ('sponsor', "Us"), ('system', "System")],
        index='btree_not_null', readonly=True, copy=False, help="Who has the ball.")
    waiting_since = fields.Datetime(readonly=True, copy=False)
    opened = fields.Boolean(readonly=True, copy=False, help="The partner has looked at it.")

    # Origin
    process_id = fields.Many2one('pem.process', required=True, readonly=True, ondelete='restrict', index=True)
    campaign_id = fields.Many2one('pem.campaign', readonly=True, ondelete='restrict', index='btree_not_null')
    partner_id = fields.Many2one('res.partner', required=True, readonly=True, ondelete='restrict', index=True)
    user_id = fields.Many2one('res.users', string="Owner", index='btree_not_null', default=lambda self: self.env.user)
    requested_by_id = fields.Many2one(
        'res.users', string="Requested by", readonly=True, help="Who asked for it; nobody approves a request of their own.")
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id', help="In which answers in money are.")
    res_model = fields.Char(related='process_id.model', store=True, precompute=True, string="Subject model")
    res_id = fields.Many2oneReference(model_field='res_model', string="Subject", readonly=True, index='btree_not_null', copy=False)

    # Time
    date_start = fields.Datetime(string="Started", readonly=True, default=fields.Datetime.now)
    date_end = fields.Datetime(string="Closed", readonly=True, copy=False)
    date_deadline = fields.Date(string="Due", index='btree_not_null')
    is_overdue = fields.Boolean(compute='_compute_is_overdue', search='_search_is_overdue')

    # Content
    answers = fields.Properties(definition='process_id.answers_definition', copy=False)
    task_ids = fields.One2many('pem.task', 'case_id', string="Tasks", readonly=True)
    open_task_ids = fields.One2many('pem.task', 'case_id', string="Open tasks", domain=[('state', 'in', ('open', 'problem'))])
    submission_ids = fields.One2many('pem.submission', 'case_id', string="Submissions", readonly=True)
    event_ids = fields.One2many('pem.event', 'case_id', string="Timeline", readonly=True)
    problem = fields.Text(compute='_compute_problem', recursive=True)
    correcting_step_id = fields.Many2one(
        'pem.process.step', readonly=True, copy=False, ondelete='restrict',
        help="The approval that sent answers back; until the case is there again, forms that were not sent back stay closed.")
    trail_length = fields.Integer(readonly=True, copy=False, help="Lines of the audit trail.")
    trail_seal = fields.Char(readonly=True, copy=False, help="Seal of the last line.")

    _one_case_per_campaign = models.UniqueIndex(
        '(campaign_id, partner_id) WHERE campaign_id IS NOT NULL', "A partner is asked once in a campaign.")
    _dashboard = models.Index('(campaign_id, state, waiting_on)')

    @api.depends('name', 'partner_id.name')
    def _compute_display_name(self):
        for case in self:
            case.display_name = f'{case.name} · {case.partner_id.name or ""}'

    @api.depends('campaign_id.name', 'process_id.name')
    def _compute_title(self):
        for case in self:
            case.title = case.campaign_id.name or case.process_id.name

    @api.depends('date_deadline', 'state')
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for case in self:
            case.is_overdue = case.state not in CLOSED_STATES and bool(case.date_deadline) and case.date_deadline < today

    def _search_is_overdue(self, operator, value):
        if operator != 'in':
            return NotImplemented
        overdue = Domain('state', 'not in', CLOSED_STATES) & Domain('date_deadline', '<', fields.Date.context_today(self))
        return Domain.OR(overdue if wanted else ~overdue for wanted in value)

    @api.depends('open_task_ids.problem')
    def _compute_problem(self):
        for case in self:
            case.problem = '\n'.join(filter(None, case.open_task_ids.mapped('problem')))

    def _compute_access_url(self):
        super()._compute_access_url()
        for case in self:
            case.access_url = f'/my/requests/case/{case.id}'

    @api.model_create_multi
    def create(self, vals_list):
        unnamed = [vals for vals in vals_list if vals.get('name', '/') == '/']
        numbers = self.env['ir.sequence']._pem_next_numbers('pem.case', self.env.company.id, len(unnamed))
        for vals, number in zip(unnamed, numbers, strict=True):
            vals['name'] = number
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and (engine_owned := vals.keys() - self._editable_fields()):
            raise UserError(self.env._(
                "A case moves by what people do with its tasks; “%s” cannot be changed by hand.",
                self._fields[min(engine_owned)].string))
        return super().write(vals)

    @api.model
    def _editable_fields(self):
        """Return the names of what people may change on a case; the rest belongs to the engine."""
        return {'user_id', 'date_deadline', *self.env['mail.thread']._fields, *self.env['mail.activity.mixin']._fields}

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Cases are kept for their audit trail. Cancel the case instead."))

    # Buttons

    def action_retry(self):
        """Go on from where a problem stopped the cases."""
        self.check_access('write')
        self.sudo()._retry()

    def action_cancel(self):
        self.check_access('write')
        self.sudo()._cancel()

    def action_open_subject(self):
        self.ensure_one()
        if self.res_model == 'pem.case':
            return False
        return {
            'type': 'ir.actions.act_window',
            'res_model': self.res_model,
            'view_mode': 'form',
            'res_id': self.res_id,
        }

    def action_open_events(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Timeline of %s", self.display_name),
            'res_model': 'pem.event',
            'view_mode': 'list,form',
            'domain': [('case_id', '=', self.id)],
        }

    def _notify_user(self, kind, message, sticky=False):
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {'type': kind, 'message': message, 'sticky': sticky},
        }

    # Subject

    def _subjects(self):
        """Return the records conditions look at: the documents the cases are about, or the cases themselves.

        All cases run on the same model.
        """
        model = self.res_model if len(self) == 1 else next(iter(set(self.mapped('res_model'))), 'pem.case')
        if model == 'pem.case':
            return self
        return self.env[model].browse([res_id for res_id in self.mapped('res_id') if res_id])

    def _filter_by_condition(self, condition, model=None):
        """Return those cases for whose subject a condition holds: one query, however many they are.

        :param condition: text of a domain on the subject
        :param model: name of the subject model; found from the cases when omitted
        :raises Unusable: when the condition is not a domain of the model
        """
        model = model or next(iter(set(self.mapped('res_model'))), 'pem.case')
        Subject = self.env[model].sudo().with_context(active_test=False)
        # A sub-case looks at the document of the case that called it, so documents are found by what cases say.
        subject_ids = self.ids if model == 'pem.case' else [res_id for res_id in self.mapped('res_id') if res_id]
        try:
            # Without cases the condition is still looked at: publishing asks in this way whether it can be used.
            domain = Domain(conditions.parse(condition))
            domain.validate(Subject)
            found = Subject.search(Domain('id', 'in', subject_ids) & domain)
        except (ValueError, KeyError, TypeError) as error:
            raise conditions.Unusable(str(error)) from error
        found_ids = set(found.ids)
        return self.filtered(lambda case: (case.id if model == 'pem.case' else case.res_id) in found_ids)

    def _follow_path(self, path):
        """Return ``{case: users}`` found by a dotted path from each case's subject.

        :raises Unusable: when the path does not lead to users
        """
        found = {}
        for model, cases in self.sudo().grouped('res_model').items():
            Subject = self.env[model].sudo()
            subjects = Subject.browse(cases.ids if model == 'pem.case' else filter(None, cases.mapped('res_id')))
            by_id = {subject.id: subject for subject in subjects}
            for case in cases:
                subject = by_id.get(case.id if model == 'pem.case' else case.res_id, Subject)
                try:
                    users = subject.mapped(path)
                except (KeyError, AttributeError) as error:
                    raise conditions.Unusable(self.env._("there is no field “%s”", path)) from error
                found[case.with_env(self.env)] = users
        return found
