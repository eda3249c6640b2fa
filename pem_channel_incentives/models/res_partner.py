from odoo import fields, models


class ResPartner(models.Model):
    _inherit = 'res.partner'

    pem_special_pricing_count = fields.Integer(
        string="Special prices", compute='_compute_pem_special_pricing_count', groups='pem_campaigns.group_pem_user')

    def _compute_pem_special_pricing_count(self):
        counts = dict(self.env['pem.special.pricing']._read_group(
            [('partner_id', 'in', self.ids)], ['partner_id'], ['__count']))
        for partner in self:
            partner.pem_special_pricing_count = counts.get(partner, 0)

    def action_open_pem_special_pricing(self):
        self.ensure_one()
        self.env['pem.special.pricing'].check_access('read')
        return {
            **self.env['ir.actions.act_window']._for_xml_id('pem_channel_incentives.pem_special_pricing_action'),
            'domain': [('partner_id', '=', self.id)],
            'context': {'default_partner_id': self.id},
        }
