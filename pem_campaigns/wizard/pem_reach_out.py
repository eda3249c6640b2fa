from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import is_html_empty

from ..models.pem_case import CLOSED_STATES


class PemReachOut(models.TransientModel):
    """Asks what to write, or to have done, in running cases, and for whom."""

    _name = 'pem.reach.out'
    _description = "Reach Out"

    case_ids = fields.Many2many('pem.case', string="Cases", required=True)
    case_count = fields.Integer(compute='_compute_case_count')
    case_domain = fields.Json(compute='_compute_case_domain')
    closed_count = fields.Integer(readonly=True, help="Chosen cases that are closed, and therefore left out.")
    partner_id = fields.Many2one('res.partner', readonly=True, help="The partner from whose page this was opened.")
    side = fields.Selection(
        [('partner', "The partner"), ('sponsor', "A colleague")], string="Whom", required=True, default='partner')
    title = fields.Char(string="Subject", required=True)
    body = fields.Html(string="Text", sanitize_attributes=True)
    date_deadline = fields.Date(string="Due")
    is_optional = fields.Boolean(
        string="The case may end before", help="The case waits for nobody because of this.")

    # The partner's side
    contact_ids = fields.Many2many(
        'res.partner', string="Contacts", help="Each of them is asked. Without a choice, whoever a campaign would ask.")
    contact_domain = fields.Json(compute='_compute_contact_domain')
    answer_kind = fields.Selection([
        ('text', "Words and files"), ('form', "A form"), ('confirm', "A confirmation that it is done"),
        ('none', "None: it is for information"),
    ], string="Answer wanted", required=True, default='text')
    form_id = fields.Many2one('pem.form', domain=[('field_ids', '!=', False)])
    send_mail = fields.Boolean(string="Send an e-mail", default=True)

    # Our side
    user_ids = fields.Many2many('res.users', string="Colleagues", help="One of them is enough.")
    user_domain = fields.Json(compute='_compute_user_domain')

    @api.model
    def default_get(self, fields):
        self.check_access('create')
        values = super().default_get(fields)
        model, ids = self.env.context.get('active_model'), self.env.context.get('active_ids') or []
        if model == 'res.partner':
            partner = self.env['res.partner'].browse(ids[:1])
            cases = self.env['pem.case'].search(self._running_of(partner))
            if not cases:
                raise UserError(self.env._("%s has no open case. Launch a campaign to begin one.", partner.display_name))
            values |= {'partner_id': partner.id, 'case_ids': [Command.set(cases.ids if len(cases) == 1 else [])]}
        elif model == 'pem.case':
            cases = self.env['pem.case'].browse(ids).exists()
            running = cases.filtered(lambda case: case.state not in CLOSED_STATES)
            if not running:
                raise UserError(self.env._("Nothing can be asked any more: the case is closed."))
            values |= {'case_ids': [Command.set(running.ids)], 'closed_count': len(cases - running)}
        return values

    @api.model
    def _running_of(self, partner):
        return [('partner_id', 'child_of', partner.commercial_partner_id.id), ('state', 'not in', CLOSED_STATES)]

    @api.depends('case_ids')
    def _compute_case_count(self):
        for reach_out in self:
            reach_out.case_count = len(reach_out.case_ids)

    @api.depends('partner_id')
    def _compute_case_domain(self):
        for reach_out in self:
            partner = reach_out.partner_id
            reach_out.case_domain = self._running_of(partner) if partner else [('state', 'not in', CLOSED_STATES)]

    @api.depends('case_ids')
    def _compute_contact_domain(self):
        for reach_out in self:
            reach_out.contact_domain = [('id', 'child_of', reach_out.case_ids.partner_id.commercial_partner_id.ids)]

    @api.depends('case_ids')
    def _compute_user_domain(self):
        group = self.env.ref('pem_campaigns.group_pem_user')
        for reach_out in self:
            reach_out.user_domain = [
                ('share', '=', False), ('all_group_ids', 'in', group.ids),
                ('company_ids', 'in', reach_out.case_ids.company_id.ids)]

    @api.constrains('contact_ids', 'case_ids')
    def _check_contacts(self):
        for reach_out in self:
            theirs = reach_out.case_ids.partner_id.commercial_partner_id
            foreign = reach_out.contact_ids.filtered(lambda contact, theirs=theirs: contact.commercial_partner_id not in theirs)
            if foreign or (reach_out.contact_ids and len(theirs) > 1):
                raise ValidationError(self.env._("Contacts are chosen for cases of one partner, among its people."))

    def action_send(self):
        self.ensure_one()
        cases = self.case_ids
        cases.check_access('read')
        if not cases:
            raise UserError(self.env._("Please choose a case."))
        options = {'date_deadline': self.date_deadline, 'is_optional': self.is_optional}
        text = False if is_html_empty(self.body) else self.body
        if self.side == 'sponsor':
            if not self.user_ids:
                raise UserError(self.env._("Please choose who has to do it."))
            tasks = cases._add_todo(self.title, text, self.user_ids, **options)
        else:
            tasks = cases._reach_out(
                self.title, text, self.answer_kind, form=self._checked_form(), contacts=self.contact_ids,
                send_mail=self.send_mail, **options)
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success',
                'message': self.env._("“%(title)s” was added to %(count)s cases.", title=self.title, count=len(tasks.case_id))
                if len(tasks.case_id) > 1 else self.env._("“%s” was added to the case.", self.title),
                'next': {'type': 'ir.actions.client', 'tag': 'soft_reload'},
            },
        }

    def _checked_form(self):
        """Return the form that the partner is to fill in; empty where none is wanted.

        :raises UserError: when it is missing, or cannot be used
        """
        if self.answer_kind != 'form':
            return self.env['pem.form']
        if not self.form_id:
            raise UserError(self.env._("Please choose the form that the partner has to fill in."))
        problems = self.form_id._problems()
        if problems:
            raise UserError('\n'.join(problems))
        hidden = self.form_id.field_ids.attribute_id.filtered(lambda attribute: attribute.portal_access != 'propose')[:1]
        if hidden:
            raise UserError(self.env._(
                "“%(form)s” fills “%(attribute)s”, to which partners may not propose changes.",
                form=self.form_id.name, attribute=hidden.name))
        return self.form_id
