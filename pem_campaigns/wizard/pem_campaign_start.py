from odoo import api, fields, models
from odoo.exceptions import UserError

#: Days partners have to answer, unless somebody says otherwise.
DAYS = 14
#: Partners of whom each is looked at before the launch.
MOST_LOOKED_AT = 2000


class PemCampaignStart(models.TransientModel):
    """From a process of the library to a launched campaign, or a pilot of one."""

    _name = 'pem.campaign.start'
    _description = "New Campaign"

    process_id = fields.Many2one(
        'pem.process', required=True, domain=[('model', '=', 'pem.case'), '|', ('is_template', '=', True), ('state', '=', 'published')])
    description = fields.Text(related='process_id.description')
    name = fields.Char(
        compute='_compute_name', store=True, readonly=False, required=True, precompute=True, help="Partners see this name.")
    audience = fields.Selection([
        ('me', "Only me, to see how it is"), ('partners', "A few partners first"), ('groups', "Everybody in target groups"),
    ], string="Who is asked", required=True, default='me')
    partner_ids = fields.Many2many('res.partner', string="Partners", domain=[('parent_id', '=', False)])
    target_group_ids = fields.Many2many('pem.target.group', string="Target groups")
    date_deadline = fields.Date(
        string="Due", required=True, default=lambda self: fields.Date.add(fields.Date.context_today(self), days=DAYS))

    # Preflight
    asked_count = fields.Integer(compute='_compute_preflight')
    asked_names = fields.Char(compute='_compute_preflight')
    left_out = fields.Text(compute='_compute_preflight')
    problem = fields.Text(compute='_compute_problem')

    @api.depends('process_id')
    def _compute_name(self):
        for start in self:
            start.name = start.name or start.process_id.name

    @api.depends('audience', 'partner_ids', 'target_group_ids')
    def _compute_preflight(self):
        reasons = dict(self.env['pem.campaign.preflight']._fields['reason']._description_selection(self.env))
        for start in self:
            campaign = self.env['pem.campaign'].new(start._prepare_campaign_values())
            Partner = self.env['res.partner']
            domain = campaign._get_audience_domain()
            count = Partner.search_count(domain)
            partners = Partner.search(domain) if count <= MOST_LOOKED_AT else Partner
            left_out = campaign._find_left_out(partners) if partners else {}
            found = [(reason, [partner for partner, why in left_out.items() if why == reason]) for reason in reasons]
            start.asked_count = count - len(left_out)
            start.asked_names = ', '.join((partners - Partner.union(*left_out)).mapped('display_name')) if count <= 5 else ''
            start.left_out = '\n'.join(
                f'{reasons[reason]}: {len(some) if len(some) > 5 else ", ".join(one.display_name for one in some)}'
                for reason, some in found if some)

    @api.depends('process_id')
    def _compute_problem(self):
        for start in self:
            problems = start.process_id._problems() if start.process_id.state == 'draft' else []
            start.problem = '\n'.join(f'• {problem}' for problem in problems)

    def _prepare_campaign_values(self):
        """Return the values of the campaign as far as they are chosen yet."""
        self.ensure_one()
        people = self.env.user.partner_id if self.audience == 'me' else self.partner_ids
        return {
            'is_pilot': self.audience != 'groups',
            'pilot_partner_ids': people.ids if self.audience != 'groups' else [],
            'target_group_ids': self.target_group_ids.ids,
            'date_deadline': self.date_deadline,
            'user_id': self.env.uid,
        }

    def action_launch(self):
        """Publish the process if need be, make the campaign, and launch it."""
        self.ensure_one()
        self.env['pem.campaign'].check_access('create')
        if not self.asked_count:
            raise UserError(self.env._("There is nobody to ask yet. Choose who is asked."))
        process = self.process_id
        if process.state != 'published':
            process = process.copy({'name': process.name})
            process.action_publish()
        campaign = self.env['pem.campaign'].create(
            {**self._prepare_campaign_values(), 'name': self.name, 'process_id': process.id})
        campaign.action_launch()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'pem.campaign',
            'view_mode': 'form',
            'res_id': campaign.id,
        }
