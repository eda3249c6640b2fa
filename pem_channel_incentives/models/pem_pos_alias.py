from odoo import api, fields, models
from odoo.tools import SQL


class PemPosAlias(models.Model):
    """What a sender means by a text, as a person confirmed it: a part, an end customer, a branch, a currency."""

    _name = 'pem.pos.alias'
    _description = "What a Sender Means"
    _order = 'partner_id, kind, key'
    _rec_name = 'key'

    partner_id = fields.Many2one('res.partner', string="Sender", required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    kind = fields.Selection([
        ('part', "Part"), ('customer', "End customer"), ('branch', "Branch"), ('currency', "Currency")], required=True)
    key = fields.Char(string="The sender says", required=True)
    product_id = fields.Many2one('product.product', string="Part", ondelete='cascade', index='btree_not_null')
    contact_id = fields.Many2one('res.partner', ondelete='cascade', index='btree_not_null')
    currency_id = fields.Many2one('res.currency', ondelete='cascade')

    _once = models.UniqueIndex('(company_id, partner_id, kind, key)', "What this sender means by it is known already.")
    _means_something = models.Constraint(
        'CHECK (num_nonnulls(product_id, contact_id, currency_id) = 1)', "Please say what the sender means.")

    @api.model
    def _learn(self, company, partner, kind, key, field, record):
        """Remember what a sender means by a text; what was remembered before is replaced."""
        self.env.flush_all()
        self.env.cr.execute(SQL(
            """INSERT INTO pem_pos_alias (company_id, partner_id, kind, key, %(field)s, create_uid, create_date, write_uid, write_date)
               VALUES (%(company)s, %(partner)s, %(kind)s, %(key)s, %(record)s, %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC')
               ON CONFLICT (company_id, partner_id, kind, key) DO UPDATE
               SET %(field)s = EXCLUDED.%(field)s, write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date""",
            field=SQL.identifier(field), company=company.id, partner=partner.id, kind=kind, key=key, record=record.id, uid=self.env.uid))
        self.invalidate_model()
