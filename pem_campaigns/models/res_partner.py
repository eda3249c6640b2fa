from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from .pem_case import CLOSED_STATES


class ResPartner(models.Model):
    _inherit = 'res.partner'

    properties = fields.Properties(string="Attributes")

    pem_case_ids = fields.One2many('pem.case', 'partner_id', string="Cases", groups='pem_campaigns.group_pem_user')
    pem_case_count = fields.Integer(
        string="Case count", compute='_compute_pem_case_count', groups='pem_campaigns.group_pem_user')
    pem_open_case_count = fields.Integer(
        string="Open cases", compute='_compute_pem_open_case_count', groups='pem_campaigns.group_pem_user')
    pem_verification_ids = fields.One2many(
        'pem.attribute.verification', 'partner_id', string="Verified values", groups='pem_campaigns.group_pem_user')

    # Whenever a partner changes, Odoo looks for the companies that it is the address of: with this inverse once for all
    # partners of a set, without it once for each.
    pem_company_ids = fields.One2many(
        'res.company', 'partner_id', string="Own companies", groups='pem_campaigns.group_pem_user')

    pem_notified_on = fields.Datetime(
        string="Last message", readonly=True, copy=False, groups='pem_campaigns.group_pem_user',
        help="When the contact was last written to on behalf of a campaign or case.")

    @api.depends('pem_case_ids')
    def _compute_pem_case_count(self):
        counts = dict(self.env['pem.case']._read_group([('partner_id', 'in', self.ids)], ['partner_id'], ['__count']))
        for partner in self:
            partner.pem_case_count = counts.get(partner, 0)

    def _compute_pem_open_case_count(self):
        counts = dict(self.env['pem.case']._read_group(
            [('partner_id.commercial_partner_id', 'in', self.commercial_partner_id.ids),
             ('state', 'not in', CLOSED_STATES)], ['partner_id'], ['__count']))
        by_company = defaultdict(int)
        for partner, count in counts.items():
            by_company[partner.sudo().commercial_partner_id] += count
        for partner in self:
            partner.pem_open_case_count = by_company[partner.commercial_partner_id]

    def action_pem_reach_out(self):
        """Open the wizard that writes to this partner in one of its open cases."""
        self.ensure_one()
        self.env['pem.case'].check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Reach out to %s", self.display_name),
            'res_model': 'pem.reach.out',
            'view_mode': 'form',
            'target': 'new',
            'context': {'active_model': 'res.partner', 'active_ids': self.ids},
        }

    def action_open_pem_cases(self):
        self.ensure_one()
        self.env['pem.case'].check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Cases of %s", self.display_name),
            'res_model': 'pem.case',
            'view_mode': 'list,form',
            'domain': [('partner_id', '=', self.id)],
            'context': {'create': False},
        }

    def _pem_find_contacts(self):
        """Return ``{partner: contact}``: whom to ask at each partner, in one query.

        A person is asked themselves. Of a company it is somebody with a portal login, else the company's own address,
        else the first contact who has an address; without any, the partner itself.
        """
        self.env['res.partner'].flush_model()
        self.env['res.users'].flush_model(['active', 'partner_id', 'share'])
        rows = self.env.execute_query(SQL("""
            SELECT DISTINCT ON (asked.id) asked.id, contact.id
            FROM res_partner asked
            JOIN res_partner contact ON contact.commercial_partner_id = asked.commercial_partner_id AND contact.active
            LEFT JOIN res_users login ON login.partner_id = contact.id AND login.active AND login.share
            WHERE asked.id = ANY(%s) AND (contact.id = asked.id OR COALESCE(contact.email_normalized, '') <> '')
            ORDER BY asked.id,
                     (contact.id = asked.id AND asked.parent_id IS NOT NULL) DESC,
                     (login.id IS NOT NULL AND COALESCE(contact.email_normalized, '') <> '') DESC,
                     (COALESCE(contact.email_normalized, '') <> '') DESC,
                     (contact.id = asked.id) DESC,
                     contact.id
        """, self.ids))
        return {self.browse(asked): self.browse(contact) for asked, contact in rows}
