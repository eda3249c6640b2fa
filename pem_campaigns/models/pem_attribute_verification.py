from odoo import fields, models
from odoo.tools import SQL, sql


class PemAttributeVerification(models.Model):
    """When a partner's value was last confirmed, by whom and in which case: one line per partner and attribute.

    The lines are not stored: submissions never change and know since when the partner carries their answers.
    """

    _name = 'pem.attribute.verification'
    _description = "Verified Partner Value"
    _order = 'verified_on desc, id desc'
    _rec_name = 'attribute_id'
    _auto = False
    _log_access = False
    _depends = {
        'pem.submission': ['applied_on', 'submitted_by_id'],
        'pem.submission.answer': ['attribute_id', 'partner_id', 'case_id', 'submission_id'],
        'pem.attribute': ['revalidation_months'],
    }

    attribute_id = fields.Many2one('pem.attribute', readonly=True)
    partner_id = fields.Many2one('res.partner', readonly=True)
    verified_on = fields.Datetime(readonly=True)
    verified_by_id = fields.Many2one('res.users', string="Verified by", readonly=True)
    case_id = fields.Many2one('pem.case', readonly=True)
    expires_on = fields.Date(readonly=True, help="From this day on the value has to be verified again.")
    company_id = fields.Many2one(related='partner_id.company_id')

    def init(self):
        cr, view = self.env.cr, SQL.identifier(self._table)
        # They were stored, once.
        kind = sql.table_kind(cr, self._table)
        cr.execute(SQL('DROP TABLE IF EXISTS %s', view) if kind == sql.TableKind.Regular else SQL('DROP VIEW IF EXISTS %s', view))
        cr.execute(SQL("""
            CREATE VIEW %s AS
            SELECT DISTINCT ON (answer.attribute_id, answer.partner_id)
                answer.id, answer.attribute_id, answer.partner_id, answer.case_id,
                submission.submitted_by_id AS verified_by_id, submission.applied_on AS verified_on,
                CASE WHEN attribute.revalidation_months > 0
                     THEN (submission.applied_on + make_interval(months => attribute.revalidation_months))::date END AS expires_on
            FROM pem_submission_answer answer
            JOIN pem_submission submission ON submission.id = answer.submission_id
            JOIN pem_attribute attribute ON attribute.id = answer.attribute_id
            WHERE submission.applied_on IS NOT NULL
            ORDER BY answer.attribute_id, answer.partner_id, submission.applied_on DESC, answer.id DESC
        """, view))
