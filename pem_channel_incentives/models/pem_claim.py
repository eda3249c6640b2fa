from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: What the rules and the engine decide; people never write it.
GUARDED = frozenset(('name', 'state', 'case_id', 'requested_by_id', 'date_claimed', 'date_decided', 'extra_answers'))
#: What may still change after a claim was sent.
ALWAYS_OPEN = frozenset(('user_id', 'activity_ids', 'message_follower_ids', 'message_ids'))


class PemClaim(models.Model):
    """What a partner claims back for sales at special prices: lines, each decided by the rules, and a person for the rest.

    It runs on the engine: how it reacts there is in ``pem_claim_case``, how lines are decided in ``pem_claim_check``, what
    partners see in ``pem_claim_portal``.
    """

    _name = 'pem.claim'
    _description = "Claim"
    _inherit = ['pem.case.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _mail_post_access = 'read'
    _check_company_auto = True
    _rec_names_search = ['name', 'debit_number']

    _TRANSITIONS = {
        'draft': {'submitted', 'cancelled'},
        'submitted': {'returned', 'approved', 'partial', 'rejected', 'cancelled', 'recalled'},
        'returned': {'submitted', 'cancelled', 'recalled'},
        'approved': {'settled'},
        'partial': {'settled'},
        'settled': {'closed'},
        'closed': set(),
        'rejected': set(),
        'recalled': set(),
        'cancelled': set(),
    }

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, default='/', index='trigram')
    state = fields.Selection([
        ('draft', "Draft"), ('submitted', "In review"), ('returned', "Sent back"), ('approved', "Approved"),
        ('partial', "Approved in part"), ('settled', "Settled"), ('closed', "Closed"), ('rejected', "Declined"),
        ('recalled', "Taken back"), ('cancelled', "Cancelled"),
    ], required=True, default='draft', readonly=True, index=True, copy=False)
    is_open = fields.Boolean(compute='_compute_is_open', help="It can be changed: it is a draft or was sent back.")

    # Who
    partner_id = fields.Many2one(
        'res.partner', required=True, ondelete='restrict', index=True, check_company=True, domain="[('parent_id', '=', False)]")
    contact_id = fields.Many2one(
        'res.partner', ondelete='set null', index='btree_not_null', domain="[('id', 'child_of', partner_id)]",
        help="Who at the partner is asked when something has to be corrected.")
    user_id = fields.Many2one(
        'res.users', string="Channel manager", compute='_compute_user_id', store=True, readonly=False, precompute=True,
        index='btree_not_null', domain="[('share', '=', False)]")
    requested_by_id = fields.Many2one(
        'res.users', string="Claimed by", default=lambda self: self.env.user, readonly=True, copy=False,
        help="Who sent it in. Nobody approves a claim of their own.")
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)

    # What
    debit_number = fields.Char(string="Debit number", index='trigram', copy=False, help="Under which number the partner books the claim.")
    date_claimed = fields.Date(string="Claimed on", readonly=True, copy=False, index='btree_not_null')
    date_decided = fields.Datetime(string="Decided on", readonly=True, copy=False)
    note = fields.Text(string="Remark")
    proof_ids = fields.Many2many('ir.attachment', 'pem_claim_proof_rel', string="Documents", copy=False)
    extra_answers = fields.Json(copy=False, help="Answers to questions of the form that are no field here.")
    line_ids = fields.One2many('pem.claim.line', 'claim_id', string="Lines", copy=True)
    line_count = fields.Integer(compute='_compute_counts', store=True)
    exception_count = fields.Integer(
        string="To be decided by a person", compute='_compute_counts', store=True,
        help="Lines that the rules leave to a person, and lines that a person decided otherwise than the rules.")
    rejected_count = fields.Integer(string="Refused lines", compute='_compute_counts', store=True)

    # Money
    currency_id = fields.Many2one(
        'res.currency', compute='_compute_currency_id', store=True, readonly=False, precompute=True, required=True, ondelete='restrict')
    amount_claimed = fields.Monetary(string="Claimed", compute='_compute_amounts', store=True)
    amount_calculated = fields.Monetary(string="Calculated", compute='_compute_amounts', store=True)
    amount_approved = fields.Monetary(string="Approved", compute='_compute_amounts', store=True)
    amount_rejected = fields.Monetary(string="Refused", compute='_compute_amounts', store=True)
    amount_pending = fields.Monetary(string="Undecided", compute='_compute_amounts', store=True)
    amount_settled = fields.Monetary(string="Settled", readonly=True, copy=False)
    amount_remaining = fields.Monetary(
        string="To be paid", compute='_compute_amount_remaining', store=True, help="Approved and not settled yet.")

    # Review
    review_task_id = fields.Many2one('pem.task', compute='_compute_review_task_id', string="Waiting for my decision")
    problem = fields.Text(related='case_id.problem')

    _debit_number_once = models.UniqueIndex(
        "(company_id, partner_id, debit_number) WHERE debit_number IS NOT NULL AND state NOT IN ('rejected', 'recalled', 'cancelled')",
        "The partner sent a claim with this debit number already.")
    _settled_within_approved = models.Constraint(
        "CHECK (abs(COALESCE(amount_settled, 0)) <= abs(COALESCE(amount_approved, 0)))", "No more than was approved can be settled.")

    @api.depends('name', 'debit_number')
    def _compute_display_name(self):
        for claim in self:
            name = claim.name if claim.name != '/' else self.env._("New")
            claim.display_name = f'{name} · {claim.debit_number}' if claim.debit_number else name

    @api.depends('state')
    def _compute_is_open(self):
        for claim in self:
            claim.is_open = claim.state in ('draft', 'returned')

    @api.depends('partner_id')
    def _compute_user_id(self):
        for claim in self:
            claim.user_id = claim.partner_id.user_id or claim.user_id

    @api.depends('partner_id', 'company_id')
    def _compute_currency_id(self):
        for claim in self:
            partner = claim.partner_id.sudo().with_company(claim.company_id)
            claim.currency_id = partner.property_product_pricelist.currency_id or claim.company_id.currency_id

    @api.depends('line_ids.state')
    def _compute_counts(self):
        for claim in self:
            states = claim.line_ids.mapped('state')
            claim.line_count = len(states)
            claim.exception_count = states.count('exception') + states.count('overridden')
            claim.rejected_count = states.count('rejected')

    @api.depends('line_ids.amount_claimed', 'line_ids.amount_calculated', 'line_ids.amount_approved', 'line_ids.amount_rejected',
                 'line_ids.amount_pending')
    def _compute_amounts(self):
        for claim in self:
            for name in ('claimed', 'calculated', 'approved', 'rejected', 'pending'):
                claim[f'amount_{name}'] = sum(claim.line_ids.mapped(f'amount_{name}'))

    @api.depends('amount_approved', 'amount_settled', 'state')
    def _compute_amount_remaining(self):
        for claim in self:
            decided = claim.state in ('approved', 'partial', 'settled', 'closed')
            claim.amount_remaining = claim.amount_approved - claim.amount_settled if decided else 0

    @api.depends('case_id.open_task_ids.approver_ids.state')
    @api.depends_context('uid')
    def _compute_review_task_id(self):
        mine = self.env['pem.task'].search(
            [('case_id', 'in', self.sudo().case_id.ids), ('kind', '=', 'approval'), *self.env['pem.task']._my_turn()])
        by_case = {task.case_id.id: task for task in mine}
        for claim in self:
            claim.review_task_id = by_case.get(claim.sudo().case_id.id, False)

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [dict(vals) for vals in vals_list]
        if not self.env.su:
            given = dict.fromkeys(GUARDED, False) | {'name': '/', 'state': 'draft', 'requested_by_id': self.env.uid}
            for vals in vals_list:
                vals.update(given)
        unnamed = {}
        for vals in vals_list:
            if vals.get('name', '/') == '/':
                unnamed.setdefault(vals.get('company_id') or self.env.company.id, []).append(vals)
        for company_id, some in unnamed.items():
            numbers = self.env['ir.sequence']._pem_next_numbers('pem.claim', company_id, len(some))
            for vals, number in zip(some, numbers, strict=True):
                vals['name'] = number
        claims = super().create(vals_list)
        claims._adopt_files()
        return claims

    def write(self, vals):
        if not self.env.su:
            if GUARDED & vals.keys():
                raise AccessError(self.env._("Where a claim stands is decided by its review, not by hand."))
            if vals.keys() - ALWAYS_OPEN:
                self._check_open()
        result = super().write(vals)
        if 'proof_ids' in vals:
            self._adopt_files()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        for claim in self:
            if claim.case_id:
                raise UserError(self.env._("%s was sent in and stays for its history. Cancel it instead.", claim.display_name))

    # Buttons

    def action_check(self):
        """Show what the rules say of each line now; nothing is decided by it and nothing used up."""
        self.check_access('write')
        self._check_open()
        self._check_lines()

    def action_submit(self):
        """Send the claims in, which decides on every line that the rules can decide on."""
        self.check_access('write')
        self._check_ready()
        self._submit_documents()

    def action_review(self):
        """Open the decision that waits for the current user."""
        self.ensure_one()
        if not self.review_task_id:
            raise UserError(self.env._("%s does not wait for a decision of yours.", self.display_name))
        return {'type': 'ir.actions.act_window', 'res_model': 'pem.task', 'view_mode': 'form', 'res_id': self.review_task_id.id}

    def action_recall(self):
        """Take claims back that were sent in and are not decided yet."""
        self.check_access('write')
        self._recall()

    def action_cancel(self):
        """Throw away drafts that are not going to be sent."""
        self.check_access('write')
        for claim in self:
            if claim.state != 'draft':
                raise UserError(self.env._("%s was sent in. Take it back instead.", claim.display_name))
        self.sudo()._set_state('cancelled')

    def action_claim_again(self):
        """Open a draft with the refused lines, to correct and send them again."""
        self.ensure_one()
        self.check_access('read')
        refused = self.line_ids.filtered(lambda line: line.state == 'rejected')
        if not refused:
            raise UserError(self.env._("No line of %s was refused.", self.display_name))
        draft = self.copy({'line_ids': [(0, 0, line.copy_data()[0]) for line in refused]})
        return {'type': 'ir.actions.act_window', 'res_model': self._name, 'view_mode': 'form', 'res_id': draft.id}

    def action_open_lines(self):
        self.ensure_one()
        self.check_access('read')
        return {
            **self.env['ir.actions.act_window']._for_xml_id('pem_channel_incentives.pem_claim_line_action'),
            'name': self.env._("Lines of %s", self.display_name),
            'domain': [('claim_id', '=', self.id)],
            'context': {},
        }

    # Verbs

    def _recall(self):
        claims = self.sudo()
        claims._set_state('recalled')
        claims.line_ids._give_back()
        claims.case_id._cancel(self.env._("Taken back"))

    def _set_state(self, state):
        """Bring claims into a state.

        :raises UserError: when one of them cannot get there from where it is
        """
        for claim in self:
            if state not in self._TRANSITIONS[claim.state]:
                states = dict(self._fields['state']._description_selection(self.env))
                raise UserError(self.env._(
                    "%(claim)s is “%(present)s” and cannot become “%(wanted)s”.",
                    claim=claim.display_name, present=states[claim.state], wanted=states[state]))
        self.with_context(tracking_disable=True).write({'state': state})

    def _check_open(self):
        """:raises UserError: when a claim was sent in and is not back for correction"""
        for claim in self:
            if claim.state not in ('draft', 'returned'):
                raise UserError(self.env._("%s was sent in and cannot be changed any more.", claim.display_name))

    def _adopt_files(self):
        """Tie fresh uploads to their claim, so that whoever reads the claim reads them."""
        for claim in self:
            fresh_sudo = claim.sudo().proof_ids.filtered(lambda file: not file.res_id and file.create_uid == self.env.user)
            if fresh_sudo:
                fresh_sudo.write({'res_model': self._name, 'res_id': claim.id})
