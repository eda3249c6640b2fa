from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL


class PemAttributeVerification(models.Model):
    """When a partner's value was last confirmed, by whom and in which case: one line per partner and attribute."""

    _name = 'pem.attribute.verification'
    _description = "Verified Partner Value"
    _inherit = ['pem.bulk.mixin']
    _order = 'verified_on desc, id desc'
    _rec_name = 'attribute_id'
    # Its own fields say when and by whom.
    _log_access = False

    # Its index is that of the constraint below.
    attribute_id = fields.Many2one('pem.attribute', required=True, ondelete='cascade')
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
        expiry = {
            attribute: now + relativedelta(months=attribute.revalidation_months) if attribute.revalidation_months else None
            for attribute in {attribute for attribute, _case_id, _user_id in latest.values()}}
        self._insert_rows({
            'partner_id': [partner_id for _attribute_id, partner_id in latest],
            'attribute_id': [attribute_id for attribute_id, _partner_id in latest],
            'case_id': [case_id for _attribute, case_id, _user_id in latest.values()],
            'verified_by_id': [user_id for _attribute, _case_id, user_id in latest.values()],
            'verified_on': [now] * len(latest),
            'expires_on': [expiry[attribute] for attribute, _case_id, _user_id in latest.values()],
        }, SQL("""
            ON CONFLICT (attribute_id, partner_id) DO UPDATE SET
                verified_on = EXCLUDED.verified_on, verified_by_id = EXCLUDED.verified_by_id,
                case_id = EXCLUDED.case_id, expires_on = EXCLUDED.expires_on
        """))
        self.invalidate_model()
        self.env['pem.attribute'].invalidate_model(['verification_ids'])
        self.env['res.partner'].invalidate_model(['pem_verification_ids'])
