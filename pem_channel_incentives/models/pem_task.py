from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.pem_campaigns.engine import flow


class PemTask(models.Model):
    _inherit = 'pem.task'

    special_pricing_id = fields.Many2one(
        'pem.special.pricing', string="Special price", compute='_compute_special_pricing_id',
        search='_search_special_pricing_id')
    special_pricing_currency_id = fields.Many2one(related='special_pricing_id.currency_id', string="Currency of the special price")
    special_pricing_requested = fields.Monetary(
        related='special_pricing_id.amount_requested', currency_field='special_pricing_currency_id')
    special_pricing_reduction = fields.Monetary(
        related='special_pricing_id.amount_reduction', currency_field='special_pricing_currency_id')
    special_pricing_margin = fields.Monetary(
        related='special_pricing_id.margin', currency_field='special_pricing_currency_id',
        groups='pem_channel_incentives.group_price_desk')
    special_pricing_margin_rate = fields.Float(
        related='special_pricing_id.margin_rate', groups='pem_channel_incentives.group_price_desk')

    claim_id = fields.Many2one('pem.claim', compute='_compute_claim_id')

    @api.depends('case_id.res_model', 'case_id.res_id')
    def _compute_claim_id(self):
        for task in self:
            case = task.case_id
            task.claim_id = case.res_id if case.res_model == 'pem.claim' else False

    def action_open_claim_lines(self):
        self.ensure_one()
        return self.claim_id.action_open_lines()

    @api.depends('case_id.res_model', 'case_id.res_id')
    def _compute_special_pricing_id(self):
        for task in self:
            case = task.case_id
            task.special_pricing_id = case.res_id if case.res_model == 'pem.special.pricing' else False

    def _compute_title(self):
        super()._compute_title()
        for task in self:
            # In a queue of requests, tell one from another.
            if summary := task.special_pricing_id.summary:
                task.title = f'{task.case_id.title}: {summary}'

    def _search_special_pricing_id(self, operator, value):
        if operator not in ('in', 'any'):
            return NotImplemented
        requests = self.env['pem.special.pricing'].sudo().search(Domain('id', operator, value))
        return Domain('case_id', 'in', requests.case_id.ids)

    @api.model
    def _open(self, step, cases, values=None, by_case=None):
        """Ask and tell the person of a special pricing request, not just anybody at the partner."""
        by_case = dict(by_case or {})
        if step.kind in (flow.FORM, flow.MESSAGE) and step.process_id.model == 'pem.special.pricing':
            for request in cases._subjects().sudo():
                contact = request.contact_id
                if contact.active and contact.email_normalized:
                    case = request.case_id.with_env(cases.env)
                    by_case[case] = {'contact_id': contact.id, **by_case.get(case, {})}
        return super()._open(step, cases, values, by_case)

    def action_offer(self):
        self.ensure_one()
        return self.special_pricing_id.action_offer()

    def action_open_special_pricing(self):
        self.ensure_one()
        return self.case_id.action_open_subject()
