from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL


class PemAttributeVerification(models.Model):
    """When a partner's value was last confirmed, by whom and in which case: one line per partner and attribute."""

    _name = 'pem.attribute.verification'
    _description = "Verified Partner Value"
    _order = 'verified_on desc, id desc'
    _rec_name = 'attribute_id'

    attribute_id = fields.Many2one('pem.attribute', required=True, ondelete='cascade', index=True)
    partner_id = fields.Many2one('res.partner', required=True, ondelete='cascade', index=True)
    verified_on = fields.Datetime(required=True)
    verified_by_id = fields.Many2one('res.users', string="Verified by", ondelete='set null')
    case_id = fields.Many2one('pem.case', ondelete='set null', index='btree_not_null')
    expires_on = fields.Date(index='btree_not_null', help="From this day on the value has to be verified again.")
    company_id = fields.Many2one(related='partner_id.company_id')

    _attribute_partner_unique = models.Constraint(
        'UNIQUE (attribute_id, partner_id)', "A value is verified once; later verifications replace it.")

    @api.model
    def _verify(self, rows):
        """Record that values are right, set-wise.

        :param rows: list of ``(attribute, partner id, case id, user id)``; of one attribute and partner the last counts
        """
        if not rows:
            return
        now = fields.Datetime.now()
        latest = {(attribute.id, partner_id): (attribute, case_id, user_id)
                  for attribute, partner_id, case_id, user_id in rows}
        values = [
            SQL('(%s, %s, %s, %s, %s, %s::date, %s, %s, %s, %s)', attribute_id, partner_id, now, user_id, case_id,
                attribute.revalidation_months and now + relativedelta(months=attribute.revalidation_months) or None,
                self.env.uid, self.env.uid, now, now)
            for (attribute_id, partner_id), (attribute, case_id, user_id) in latest.items()
        ]
        self.env.execute_query(SQL("""
            INSERT INTO pem_attribute_verification AS known (
                attribute_id, partner_id, verified_on, verified_by_id, case_id, expires_on,
                create_uid, write_uid, create_date, write_date)
            VALUES %s
            ON CONFLICT (attribute_id, partner_id) DO UPDATE SET
                verified_on = EXCLUDED.verified_on, verified_by_id = EXCLUDED.verified_by_id,
                case_id = EXCLUDED.case_id, expires_on = EXCLUDED.expires_on,
                write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
            RETURNING id
        """, SQL(', ').join(values)))
        self.invalidate_model()
        self.env['pem.attribute'].invalidate_model(['verification_ids'])
        self.env['res.partner'].invalidate_model(['pem_verification_ids'])
