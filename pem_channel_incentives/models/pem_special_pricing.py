from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools.misc import format_date

#: What the engine decides; people never write it.
GUARDED = frozenset((
    'name', 'state', 'case_id', 'requested_by_id', 'authorization_number', 'date_authorized', 'extra_answers', 'date_offered',
    'predecessor_id', 'succession'))
#: What may still change after a request was sent.
ALWAYS_OPEN = frozenset(('user_id', 'end_customer_id', 'activity_ids', 'message_follower_ids', 'message_ids'))


class PemSpecialPricing(models.Model):
    """A partner's request for a special price, and the authorization it becomes.

    It runs on the engine: how it reacts there is in ``pem_special_pricing_case``, what partners see of it in
    ``pem_special_pricing_portal``.
    """

    _name = 'pem.special.pricing'
    _description = "Special Pricing Request"
    _inherit = ['pem.case.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _mail_post_access = 'read'
    _check_company_auto = True
    _rec_names_search = ['name', 'authorization_number', 'end_customer']

    _TRANSITIONS = {
        'draft': {'submitted', 'cancelled'},
        'submitted': {'returned', 'active', 'rejected', 'cancelled', 'recalled'},
        'returned': {'submitted', 'cancelled', 'recalled'},
        'active': {'exhausted', 'expired', 'cancelled', 'replaced'},
        'exhausted': {'active', 'cancelled', 'replaced'},
        'replaced': set(),
        'recalled': set(),
        'expired': set(),
        'rejected': set(),
        'cancelled': set(),
    }

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, default='/', index='trigram')
    state = fields.Selection([
        ('draft', "Draft"), ('submitted', "In review"), ('returned', "Sent back"), ('active', "Authorized"),
        ('exhausted', "Used up"), ('expired', "Expired"), ('replaced', "Replaced"), ('rejected', "Declined"),
        ('recalled', "Taken back"), ('cancelled', "Cancelled"),
    ], required=True, default='draft', readonly=True, index=True, copy=False, group_expand='_group_expand_state')
    is_open = fields.Boolean(compute='_compute_is_open', help="It can be changed: it is a draft or was sent back.")
    type = fields.Selection([
        ('ship_debit', "Ship and debit"), ('dpa', "Distributor price adjustment"),
        ('spa', "Special pricing authorization"), ('pe', "Price exception"), ('meet_comp', "Meet competition"),
        ('blanket', "Blanket"),
    ], required=True, default='ship_debit', index=True)

    # Who
    partner_id = fields.Many2one(
        'res.partner', required=True, ondelete='restrict', index=True, check_company=True,
        domain="[('parent_id', '=', False)]")
    contact_id = fields.Many2one(
        'res.partner', ondelete='set null', index='btree_not_null',
        domain="[('id', 'child_of', partner_id)]", help="Who at the partner is asked when something has to be corrected.")
    end_customer = fields.Char(
        string="End customer", index='trigram', help="To whom the partner is going to sell, as the partner names them.")
    end_customer_id = fields.Many2one(
        'res.partner', string="Matched customer", ondelete='set null', index='btree_not_null', check_company=True,
        help="Our own contact for the end customer.")
    user_id = fields.Many2one(
        'res.users', string="Channel manager", compute='_compute_user_id', store=True, readonly=False, precompute=True,
        index='btree_not_null', domain="[('share', '=', False)]")
    requested_by_id = fields.Many2one(
        'res.users', string="Requested by", default=lambda self: self.env.user, readonly=True, copy=False,
        help="Who sent it in. Nobody approves a request of their own.")
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)

    # What
    valid_from = fields.Date(string="Valid from", default=fields.Date.context_today)
    valid_to = fields.Date(string="Valid until", index='btree_not_null')
    reason = fields.Text()
    competitor = fields.Char(help="Whom the partner competes with for this business.")
    end_customer_order_ids = fields.Many2many(
        'ir.attachment', 'pem_special_pricing_order_rel', string="End customer's order", copy=False)
    extra_answers = fields.Json(copy=False, help="Answers to questions of the form that are no field here.")
    line_ids = fields.One2many('pem.special.pricing.line', 'request_id', string="Parts", copy=True)
    line_count = fields.Integer(compute='_compute_line_count')
    summary = fields.Char(compute='_compute_summary')

    # Money
    currency_id = fields.Many2one(
        'res.currency', compute='_compute_currency_id', store=True, readonly=False, precompute=True, required=True,
        ondelete='restrict')
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company currency")
    amount_requested = fields.Monetary(string="Requested amount", compute='_compute_amounts', store=True)
    amount_reduction = fields.Monetary(
        string="Price reduction", compute='_compute_amounts', store=True,
        help="What the special price costs us: the difference to the book cost over all parts.")
    amount_reduction_company = fields.Monetary(
        string="Price reduction (company currency)", compute='_compute_amount_reduction_company', store=True,
        currency_field='company_currency_id')
    within_auto_limit = fields.Boolean(
        string="Within the limit without review", compute='_compute_within_auto_limit', search='_search_within_auto_limit',
        help="The price reduction is not above the amount of the settings, and every part has a book cost to compare with.")
    margin = fields.Monetary(
        compute='_compute_margin', compute_sudo=True, groups='pem_channel_incentives.group_price_desk')
    margin_rate = fields.Float(
        string="Margin (%)", compute='_compute_margin', compute_sudo=True,
        groups='pem_channel_incentives.group_price_desk')

    # Authorization
    authorization_number = fields.Char(string="Authorization", readonly=True, copy=False, index='trigram')
    date_authorized = fields.Datetime(string="Authorized on", readonly=True, copy=False)

    # Review
    review_task_id = fields.Many2one('pem.task', compute='_compute_review_task_id', string="Waiting for my decision")
    reviewer_names = fields.Char(compute='_compute_reviewer_names', string="With")
    problem = fields.Text(related='case_id.problem')

    _authorization_once = models.UniqueIndex(
        '(company_id, authorization_number) WHERE authorization_number IS NOT NULL',
        "An authorization number is issued once.")
    _validity_in_order = models.Constraint(
        'CHECK (valid_to >= valid_from)', "The last day of validity cannot be before the first.")
    _number_when_authorized = models.Constraint(
        "CHECK (state NOT IN ('active', 'exhausted', 'expired', 'replaced') OR authorization_number IS NOT NULL)",
        "An authorized request has a number.")

    @api.depends('name', 'authorization_number')
    def _compute_display_name(self):
        for request in self:
            name = request.name if request.name != '/' else self.env._("New")
            request.display_name = f'{name} · {request.authorization_number}' if request.authorization_number else name

    @api.depends('state')
    def _compute_is_open(self):
        for request in self:
            request.is_open = request.state in ('draft', 'returned')

    @api.depends('partner_id')
    def _compute_user_id(self):
        for request in self:
            request.user_id = request.partner_id.user_id or request.user_id

    @api.depends('line_ids')
    def _compute_line_count(self):
        for request in self:
            request.line_count = len(request.line_ids)

    @api.depends('line_ids.product_id', 'end_customer')
    def _compute_summary(self):
        for request in self:
            request.summary = request._summary()

    @api.depends('partner_id', 'company_id')
    def _compute_currency_id(self):
        for request in self:
            partner = request.partner_id.sudo().with_company(request.company_id)
            request.currency_id = partner.property_product_pricelist.currency_id or request.company_id.currency_id

    @api.depends('line_ids.amount_requested', 'line_ids.amount_reduction')
    def _compute_amounts(self):
        for request in self:
            request.amount_requested = sum(request.line_ids.mapped('amount_requested'))
            request.amount_reduction = sum(request.line_ids.mapped('amount_reduction'))

    @api.depends('amount_reduction', 'currency_id', 'company_id')
    def _compute_amount_reduction_company(self):
        today = fields.Date.context_today(self)
        for request in self:
            request.amount_reduction_company = request.currency_id._convert(
                request.amount_reduction, request.company_id.currency_id, request.company_id, today)

    @api.depends('amount_reduction_company', 'line_ids.book_cost', 'company_id.pem_special_pricing_auto_limit')
    def _compute_within_auto_limit(self):
        within = self.filtered_domain([('within_auto_limit', '=', True)])._origin
        for request in self:
            request.within_auto_limit = request._origin in within

    def _search_within_auto_limit(self, operator, value):
        if operator != 'in':
            return NotImplemented
        companies = self.env['res.company'].sudo().search([('pem_special_pricing_auto_limit', '>', 0)])
        within = Domain('line_ids', '!=', False) & Domain('line_ids', 'not any', [('book_cost', '<=', 0)]) & Domain.OR(
            Domain('company_id', '=', company.id)
            & Domain('amount_reduction_company', '<=', company.pem_special_pricing_auto_limit) for company in companies)
        return Domain.OR(within if wanted else ~within for wanted in value)

    @api.depends('line_ids.margin', 'amount_requested')
    def _compute_margin(self):
        for request in self:
            request.margin = sum(request.line_ids.mapped('margin'))
            request.margin_rate = request.margin / request.amount_requested if request.amount_requested else 0

    @api.depends('case_id.open_task_ids.approver_ids.state')
    @api.depends_context('uid')
    def _compute_review_task_id(self):
        tasks = self.env['pem.task'].search(self._get_review_domain())
        by_case = {task.case_id.id: task for task in tasks}
        for request in self:
            request.review_task_id = by_case.get(request.case_id.id, False)

    @api.depends('case_id.open_task_ids.approver_ids.state')
    def _compute_reviewer_names(self):
        for request in self:
            waiting = request.sudo().case_id.open_task_ids.approver_ids.filtered(lambda line: line.state == 'asked')
            request.reviewer_names = ', '.join(waiting.user_id.mapped('name'))

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [dict(vals) for vals in vals_list]
        if not self.env.su:
            # Said outright, so that no value and no default of a context stands in for what the engine decides.
            given = dict.fromkeys(GUARDED, False) | {'name': '/', 'state': 'draft', 'requested_by_id': self.env.uid}
            for vals in vals_list:
                vals.update(given)
        unnamed = {}
        for vals in vals_list:
            if vals.get('name', '/') == '/':
                unnamed.setdefault(vals.get('company_id') or self.env.company.id, []).append(vals)
        for company_id, unnamed_list in unnamed.items():
            numbers = self.env['ir.sequence']._pem_next_numbers('pem.special.pricing', company_id, len(unnamed_list))
            for vals, number in zip(unnamed_list, numbers, strict=True):
                vals['name'] = number
        requests = super().create(vals_list)
        requests._adopt_files()
        return requests

    def write(self, vals):
        if not self.env.su:
            if GUARDED & vals.keys():
                raise AccessError(self.env._("Where a request stands is decided by its review, not by hand."))
            if vals.keys() - ALWAYS_OPEN:
                self._check_open()
        result = super().write(vals)
        if 'end_customer_order_ids' in vals:
            self._adopt_files()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        for request in self:
            if request.case_id:
                raise UserError(self.env._(
                    "%s was sent in and stays for its history. Cancel it instead.", request.display_name))

    @api.model
    def _group_expand_state(self, states, _domain):
        """Show the states of a request's way in their order, and the ends only where there are any."""
        way = ('draft', 'submitted', 'returned', 'active')
        return [state for state in dict(self._fields['state'].selection) if state in way or state in states]

    # Buttons

    def action_submit(self):
        """Check the requests and send them in."""
        self.check_access('write')
        self._check_ready()
        self._submit_documents()

    def action_review(self):
        """Open the decision that waits for the current user."""
        self.ensure_one()
        if not self.review_task_id:
            raise UserError(self.env._("%s does not wait for a decision of yours.", self.display_name))
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'pem.task',
            'view_mode': 'form',
            'res_id': self.review_task_id.id,
        }

    def action_approve(self):
        """Approve those of the selected requests that wait for the current user, all of them or none.

        :raises UserError: when one of them waits for somebody else
        """
        self.check_access('read')
        tasks = self.env['pem.task'].search(self._get_review_domain())
        others = self.filtered(lambda request: request.case_id not in tasks.case_id)
        if others:
            raise UserError(self.env._("%s does not wait for a decision of yours.", others[0].display_name))
        tasks._approve()

    def action_recall(self):
        """Take requests back that were sent in and are not decided yet.

        :raises UserError: when one of them is decided
        """
        self.check_access('write')
        self._recall()

    def action_cancel(self):
        """Take requests back before they are decided, or withdraw their authorization."""
        self.check_access('write')
        authorized = self.filtered(lambda request: request.state in ('active', 'exhausted'))
        if authorized and not self.env.user.has_group('pem_channel_incentives.group_price_desk'):
            raise AccessError(self.env._("Only the price desk can withdraw an authorization."))
        self._cancel()

    def action_open_review_tasks(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Tasks of %s", self.display_name),
            'res_model': 'pem.task',
            'view_mode': 'list,form',
            'domain': [('case_id', '=', self.case_id.id)],
        }

    # Verbs

    def _cancel(self):
        running = self.filtered(lambda request: request.case_id and request.state in ('submitted', 'returned'))
        running.sudo().case_id._cancel()
        rest = (self - running).sudo()
        withdrawn = rest.filtered(lambda request: request.state in ('active', 'exhausted'))
        rest._set_state('cancelled')
        withdrawn.case_id._log('authorization_withdrawn', {
            request.case_id: {'number': request.authorization_number} for request in withdrawn})

    def _recall(self):
        requests = self.sudo()
        requests._set_state('recalled')
        requests.case_id._cancel(self.env._("Taken back"))

    def _set_state(self, state):
        """Bring requests into a state.

        :raises UserError: when one of them cannot get there from where it is
        """
        for request in self:
            if state not in self._TRANSITIONS[request.state]:
                states = dict(self._fields['state']._description_selection(self.env))
                raise UserError(self.env._(
                    "%(request)s is “%(present)s” and cannot become “%(wanted)s”.",
                    request=request.display_name, present=states[request.state], wanted=states[state]))
        self.with_context(tracking_disable=True).write({'state': state})

    def _check_open(self):
        """:raises UserError: when a request was sent in and is not back for correction"""
        for request in self:
            if request.state not in ('draft', 'returned'):
                raise UserError(self.env._(
                    "%s was sent in and cannot be changed any more. The price desk can send it back for correction.",
                    request.display_name))

    def _summary(self):
        """Return one line that tells the request from others, such as "BX-17 and 2 more · Acme Hospital"."""
        self.ensure_one()
        parts = [line._part() for line in self.line_ids]
        if len(parts) > 1:
            what = self.env._("%(part)s and %(count)s more", part=parts[0], count=len(parts) - 1)
        else:
            what = parts[0] if parts else ''
        return ' · '.join(filter(None, (what, self.end_customer)))

    def _format_validity(self):
        self.ensure_one()
        if not self.valid_to:
            return self.env._("from %s", format_date(self.env, self.valid_from)) if self.valid_from else ''
        return f'{format_date(self.env, self.valid_from) or "…"} – {format_date(self.env, self.valid_to)}'

    def _get_review_domain(self):
        """Return the domain of the open approvals of these requests that wait for the current user."""
        return Domain('case_id', 'in', self.sudo().case_id.ids) & Domain('kind', '=', 'approval') & self.env['pem.task']._my_turn()

    def _adopt_files(self):
        """Tie fresh uploads to their request, so that whoever reads the request reads them."""
        for request in self:
            fresh_sudo = request.sudo().end_customer_order_ids.filtered(
                lambda file: not file.res_id and file.create_uid == self.env.user)
            if fresh_sudo:
                fresh_sudo.write({'res_model': self._name, 'res_id': request.id})

    # Cron

    @api.model
    def _cron_expire(self, size=500):
        """Mark the authorizations whose last day is over, in batches that commit."""
        self.env['ir.cron']._pem_run_batches(self.search(self._over_domain(), order='id'), type(self)._expire, size)

    def _over_domain(self):
        return [('state', '=', 'active'), ('valid_to', '<', fields.Date.context_today(self))]

    def _expire(self):
        """Mark those of these authorizations whose last day is over."""
        over = self.filtered_domain(self._over_domain())
        over._set_state('expired')
        over.case_id._log('authorization_expired', {request.case_id: {'number': request.authorization_number} for request in over})
