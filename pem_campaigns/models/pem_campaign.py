from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

#: Where open cases stand; those that wait for neither side are 'held' until a date or an event, or 'stopped' by a problem.
OPEN_COUNTS = ('partner_count', 'sponsor_count', 'unseen_count', 'seen_count', 'held_count', 'stopped_count', 'overdue_count',
               'problem_count')
COUNTS = ('case_count', 'done_count', 'refused_count', *OPEN_COUNTS)
#: Numbers that are fields of a campaign.
COUNT_FIELDS = ('case_count', 'done_count', 'partner_count', 'sponsor_count', 'unseen_count', 'overdue_count', 'problem_count')


class PemCampaign(models.Model):
    """A process rolled out to target groups: one case for each partner."""

    _name = 'pem.campaign'
    _description = "Campaign"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'state desc, date_deadline, id desc'

    name = fields.Char(required=True, translate=True, tracking=True, help="Partners see this name.")
    active = fields.Boolean(default=True)
    state = fields.Selection([
        ('draft', "Draft"), ('launching', "Launching"), ('running', "Running"), ('closed', "Closed"),
    ], required=True, default='draft', index=True, copy=False, readonly=True, tracking=True)
    user_id = fields.Many2one('res.users', string="Owner", default=lambda self: self.env.user, tracking=True, index=True)
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company, index=True)
    color = fields.Integer()
    description = fields.Html()

    # What and whom
    process_id = fields.Many2one(
        'pem.process', required=True, ondelete='restrict', index=True, tracking=True,
        domain=[('state', '=', 'published'), ('model', '=', 'pem.case')])
    target_group_ids = fields.Many2many('pem.target.group', string="Target groups", ondelete='restrict', context={'active_test': False})
    audience_count = fields.Integer(string="Partners in the groups", compute='_compute_audience_count')
    allow_guests = fields.Boolean(
        string="Answer without an account", default=True,
        help="Partners without a portal login answer through the personal link in their message.")
    mail_template_id = fields.Many2one(
        'mail.template', string="Message", domain=[('model', '=', 'pem.task')], ondelete='restrict',
        help="What partners get when they are asked. Empty: the standard message.")

    # When
    date_launched = fields.Datetime(string="Launched", readonly=True, copy=False)
    launched_by_id = fields.Many2one(
        'res.users', string="Launched by", readonly=True, copy=False, ondelete='restrict',
        help="The rollout reaches the partners whom this person may see.")
    date_deadline = fields.Date(string="Due", tracking=True, copy=False)
    date_closed = fields.Datetime(string="Closed", readonly=True, copy=False)

    # Progress
    case_ids = fields.One2many('pem.case', 'campaign_id', string="Cases", readonly=True)
    case_count = fields.Integer(string="Asked", compute='_compute_counts')
    done_count = fields.Integer(string="Completed", compute='_compute_counts')
    partner_count = fields.Integer(string="Waiting on partners", compute='_compute_counts')
    sponsor_count = fields.Integer(string="Waiting on us", compute='_compute_counts')
    unseen_count = fields.Integer(string="Not opened", compute='_compute_counts')
    overdue_count = fields.Integer(string="Overdue", compute='_compute_counts')
    problem_count = fields.Integer(string="Problems", compute='_compute_counts')
    progress = fields.Float(compute='_compute_counts', help="Share of the cases that are closed, in percent.")
    preflight_ids = fields.One2many('pem.campaign.preflight', 'campaign_id', string="Partners left out", readonly=True)
    preflight_date = fields.Datetime(string="Checked", readonly=True, copy=False)
    asked_count = fields.Integer(string="Will be asked", readonly=True, copy=False)
    left_out_count = fields.Integer(string="Left out", compute='_compute_left_out_count')

    @api.depends('target_group_ids')
    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_audience_count(self):
        for campaign in self:
            try:
                campaign.audience_count = self.env['res.partner'].search_count(campaign._get_audience_domain())
            except ValueError:
                campaign.audience_count = 0

    @api.depends('preflight_ids')
    def _compute_left_out_count(self):
        counts = dict(self.env['pem.campaign.preflight']._read_group(
            [('campaign_id', 'in', self.ids)], ['campaign_id'], ['__count']))
        for campaign in self:
            campaign.left_out_count = counts.get(campaign, 0)

    @api.depends('case_ids.state', 'case_ids.waiting_on', 'case_ids.opened', 'case_ids.date_deadline')
    def _compute_counts(self):
        counts = self._read_counts(Domain('campaign_id', 'in', self.ids), 'campaign_id')
        for campaign in self:
            count = counts.get(campaign, dict.fromkeys(COUNTS, 0))
            for name in COUNT_FIELDS:
                campaign[name] = count[name]
            closed = count['closed_count'] if campaign in counts else 0
            campaign.progress = 100 * closed / count['case_count'] if count['case_count'] else 0

    @api.model
    def _read_counts(self, domain, groupby=None):
        """Count cases by where they stand, in two queries.

        :param domain: of ``pem.case``
        :return: ``{group: {name: count}}`` with the names of :data:`COUNTS` and ``closed_count``; one group, None,
            without ``groupby``
        """
        Case = self.env['pem.case']
        by = [groupby] if groupby else []
        result = {}
        for *group, state, waiting_on, opened, count in Case._read_group(
                domain, [*by, 'state', 'waiting_on', 'opened'], ['__count']):
            counts = result.setdefault(group[0] if group else None, dict.fromkeys((*COUNTS, 'closed_count'), 0))
            counts['case_count'] += count
            if state in ('done', 'rejected', 'cancelled'):
                counts['closed_count'] += count
                counts['done_count' if state == 'done' else 'refused_count'] += count
                continue
            counts['problem_count'] += count * (state == 'problem')
            counts['partner_count'] += count * (waiting_on == 'partner')
            counts['sponsor_count'] += count * (waiting_on == 'sponsor')
            counts['unseen_count'] += count * (waiting_on == 'partner' and not opened)
            counts['seen_count'] += count * (waiting_on == 'partner' and opened)
            if waiting_on not in ('partner', 'sponsor'):
                counts['stopped_count' if state == 'problem' else 'held_count'] += count
        for *group, count in Case._read_group(Domain(domain) & Domain('is_overdue', '=', True), by, ['__count']):
            if count:
                result[group[0] if group else None]['overdue_count'] = count
        return result

    @api.constrains('process_id')
    def _check_process_id(self):
        for campaign in self:
            if campaign.process_id.model != 'pem.case':
                raise ValidationError(self.env._(
                    "“%s” handles documents and cannot be rolled out.", campaign.process_id.display_name))

    def write(self, vals):
        if not self.env.su and {'state', 'date_launched', 'date_closed', 'launched_by_id'} & vals.keys():
            raise UserError(self.env._("A campaign is launched and closed by its buttons."))
        if {'process_id', 'company_id'} & vals.keys():
            for campaign in self:
                if campaign.state != 'draft' and any(
                        name in vals and vals[name] != campaign[name].id for name in ('process_id', 'company_id')):
                    raise UserError(self.env._(
                        "“%s” was launched: its process and company stay. Make a copy to change them.", campaign.name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_launched(self):
        if self.case_ids:
            raise UserError(self.env._("A campaign with cases stays for their history. Archive it instead."))

    def copy_data(self, default=None):
        return [
            dict(vals, name=self.env._("%s (copy)", campaign.name)) if 'name' not in (default or {}) else vals
            for campaign, vals in zip(self, super().copy_data(default=default), strict=True)
        ]

    # Buttons

    def action_preflight(self):
        self.check_access('write')
        self._preflight()

    def action_launch(self):
        self.check_access('write')
        self._launch()

    def action_close(self):
        """Close the campaign and cancel what is still open."""
        self.check_access('write')
        # First the state, so that a rollout under way does not go on.
        self.sudo().write({'state': 'closed', 'date_closed': fields.Datetime.now()})
        self.env.flush_all()
        self.env['pem.case'].sudo().search([
            ('campaign_id', 'in', self.ids), ('state', 'in', ('running', 'problem')),
        ])._cancel(self.env._("The campaign was closed."))

    def action_open_cases(self):
        """Open the cases a number counts; the context says which, as ``pem_count``."""
        self.check_access('read')
        domain = Domain('campaign_id', 'in', self.ids) & self._get_count_domain(self.env.context.get('pem_count', 'case_count'))
        return {
            'type': 'ir.actions.act_window',
            'name': self.name if len(self) == 1 else self.env._("Cases"),
            'res_model': 'pem.case',
            'view_mode': 'list,form,kanban,pivot,graph',
            'domain': list(domain),
            'context': {'create': False},
        }

    def action_open_audience(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Audience of %s", self.name),
            'res_model': 'res.partner',
            'view_mode': 'list,form,kanban',
            'domain': list(self._get_audience_domain()),
            'context': {'create': False},
        }

    @api.model
    def _get_count_domain(self, name):
        """Return the domain on ``pem.case`` of what a number of the dashboard counts."""
        running = Domain('state', 'in', ('running', 'problem'))
        return {
            'case_count': Domain.TRUE,
            'done_count': Domain('state', '=', 'done'),
            'refused_count': Domain('state', 'in', ('rejected', 'cancelled')),
            'partner_count': running & Domain('waiting_on', '=', 'partner'),
            'sponsor_count': running & Domain('waiting_on', '=', 'sponsor'),
            'unseen_count': running & Domain('waiting_on', '=', 'partner') & Domain('opened', '=', False),
            'seen_count': running & Domain('waiting_on', '=', 'partner') & Domain('opened', '=', True),
            'held_count': Domain('state', '=', 'running') & Domain('waiting_on', 'not in', ('partner', 'sponsor')),
            'stopped_count': Domain('state', '=', 'problem') & Domain('waiting_on', 'not in', ('partner', 'sponsor')),
            'overdue_count': Domain('is_overdue', '=', True),
            'problem_count': Domain('state', '=', 'problem'),
        }[name]

    def _get_audience_domain(self):
        """Return the domain of the partners in the groups, as far as they belong to the campaign's company or to all.

        :raises ValueError: when the condition of a group is not a domain
        """
        self.ensure_one()
        return self.target_group_ids._get_partner_domain() & Domain('company_id', 'in', (False, self.company_id.id))

    @api.model
    def get_control_room(self):
        """Return the numbers of the control room, as far as the reader may see the cases.

        Asked and completed count the running campaigns; what waits, is overdue or stopped counts every open case, those of
        documents too.

        :return: ``{'totals': {name: count}, 'domains': {name: domain on pem.case}, 'campaigns': [{…}],
            'held_messages': count, 'setup': {step: whether it was done}}``
        """
        self.check_access('read')
        campaigns = self.search([('state', 'in', ('launching', 'running'))], order='date_deadline, id')
        in_campaigns = Domain('campaign_id', 'in', campaigns.ids)
        counts = self._read_counts(in_campaigns, 'campaign_id')
        empty = dict.fromkeys((*COUNTS, 'closed_count'), 0)
        totals = {name: sum(count[name] for count in counts.values()) for name in empty}
        overall = self._read_counts(Domain('state', 'in', ('running', 'problem'))).get(None, empty)
        domains = {name: self._get_count_domain(name) for name in COUNTS}
        for name in ('case_count', 'done_count', 'refused_count'):
            domains[name] &= Domain('campaign_id.state', 'in', ('launching', 'running'))
        for name in OPEN_COUNTS:
            totals[name] = overall[name]
        today = fields.Date.context_today(self)
        return {
            'totals': totals,
            'domains': {name: list(domain) for name, domain in domains.items()},
            'held_messages': self.env['pem.task'].search_count([('notice_held', '=', True)]),
            'campaigns': [{
                'id': campaign.id,
                'name': campaign.name,
                'state': campaign.state,
                'owner': campaign.user_id.name or '',
                'owner_id': campaign.user_id.id,
                'deadline': fields.Date.to_string(campaign.date_deadline) if campaign.date_deadline else False,
                'days_left': (campaign.date_deadline - today).days if campaign.date_deadline else False,
                **counts.get(campaign, empty),
            } for campaign in campaigns],
            'setup': {
                # Those of the library came with it.
                'attribute': bool(self.env['pem.attribute'].search_count(
                    [('kind', '=', 'property'), ('create_uid', '!=', SUPERUSER_ID)], limit=1)),
                'group': bool(self.env['pem.target.group'].search_count([], limit=1)),
                'process': bool(self.env['pem.process'].search_count(
                    [('state', '=', 'published'), ('model', '=', 'pem.case')], limit=1)),
                'campaign': bool(self.search_count([], limit=1)),
            },
        }
