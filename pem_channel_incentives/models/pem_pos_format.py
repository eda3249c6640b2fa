from odoo import fields, models


class PemPosFormat(models.Model):
    """How the tables of a sender with certain headings are understood, as a person confirmed it."""

    _name = 'pem.pos.format'
    _description = "Format of a Sender's Tables"
    _order = 'date_used desc, id desc'
    _rec_name = 'partner_id'

    partner_id = fields.Many2one('res.partner', string="Sender", required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    headings_key = fields.Char(string="Headings", required=True)
    mapping = fields.Json(required=True)
    date_used = fields.Datetime(string="Last used")

    _once = models.UniqueIndex(
        '(company_id, partner_id, md5(headings_key))', "This sender's tables with these headings are known already.")
