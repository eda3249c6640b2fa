from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class PemClaimLine(models.Model):
    _inherit = 'pem.claim.line'

    pos_line_id = fields.Many2one(
        'pem.pos.line', string="Reported as", readonly=True, copy=False, ondelete='set null',
        help="The line of a POS report that this claim is for.")

    _pos_line_once = models.UniqueIndex('(pos_line_id) WHERE pos_line_id IS NOT NULL', "A reported sale is claimed once.")


class PemClaim(models.Model):
    _inherit = 'pem.claim'

    pos_report_id = fields.Many2one(
        'pem.pos.report', string="POS report", readonly=True, copy=False, ondelete='set null', index='btree_not_null',
        help="The report of sales out of which the claim was made.")


class PemPosReport(models.Model):
    """Ship and debit embedded in a POS report: the lines that cite an authorization become a claim."""

    _inherit = 'pem.pos.report'

    claim_ids = fields.One2many('pem.claim', 'pos_report_id', string="Claims", readonly=True)
    claim_count = fields.Integer(compute='_compute_claim_count')

    def _compute_claim_count(self):
        counts = dict(self.env['pem.claim']._read_group([('pos_report_id', 'in', self.ids)], ['pos_report_id'], ['__count']))
        for report in self:
            report.claim_count = counts.get(report, 0)

    def action_claim(self):
        """Make a claim of the released lines that cite an authorization, and open it.

        :raises UserError: when the report is not released, or no line of it cites an authorization
        """
        self.ensure_one()
        self.check_access('write')
        self.env['pem.claim'].check_access('create')
        return {
            'type': 'ir.actions.act_window', 'res_model': 'pem.claim', 'view_mode': 'form', 'res_id': self._make_claim().id}

    def action_open_claims(self):
        self.ensure_one()
        self.check_access('read')
        return {
            **self.env['ir.actions.act_window']._for_xml_id('pem_channel_incentives.pem_claim_action'),
            'domain': [('pos_report_id', '=', self.id)],
        }

    def _make_claim(self):
        """Return a draft claim with the lines that cite an authorization, in a few statements however many there are.

        The report is processed then: what it says counts, and a correction of it is a report that replaces it.
        """
        self.ensure_one()
        report = self.sudo()
        report.lock_for_update()
        if report.state != 'released':
            raise UserError(self.env._("%s is not released. Fix its lines first, or leave them out.", self.display_name))
        claim = self.env['pem.claim'].sudo().create({
            'partner_id': report.partner_id.id, 'company_id': report.company_id.id, 'pos_report_id': report.id,
            'requested_by_id': self.env.uid})
        self.env.flush_all()
        self.env.cr.execute(SQL("""
            INSERT INTO pem_claim_line (
                   claim_id, company_id, partner_id, currency_id, sequence, authorization_number, part, quantity, is_return, ship_date, invoice,
                   end_customer, resale_price, book_cost, claimed_cost, claimed_unit, amount_claimed, state, pos_line_id, create_uid,
                   create_date, write_uid, write_date)
            SELECT %(claim)s, line.company_id, line.partner_id, %(currency)s, line.number, btrim(line.authorization_number),
                   COALESCE(product.default_code, product.barcode, line.part), abs(line.quantity), line.quantity < 0, line.ship_date,
                   line.invoice, COALESCE(customer.name, line.customer_name), line.resale_price, line.book_cost, line.authorized_cost,
                   abs(line.claimed_unit), 0, 'new', line.id, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM pem_pos_line line
         LEFT JOIN product_product product ON product.id = line.product_id
         LEFT JOIN res_partner customer ON customer.id = line.customer_id
             WHERE line.report_id = %(report)s AND line.state = 'ok' AND COALESCE(btrim(line.authorization_number), '') != ''
          ORDER BY line.number
        """, claim=claim.id, currency=claim.currency_id.id, uid=self.env.uid, now=self.env.cr.now(), report=report.id))
        if not self.env.cr.rowcount:
            raise UserError(self.env._("No line of %s cites an authorization.", self.display_name))
        claim.invalidate_recordset()
        self.env.cr.execute(SQL(
            "SELECT min(debit_number) FROM pem_pos_line WHERE report_id = %s AND debit_number != '' HAVING count(DISTINCT debit_number) = 1",
            report.id))
        [debit_number] = self.env.cr.fetchone() or [False]
        claim.debit_number = debit_number
        claim._check_lines()
        report._set_state('processed')
        return claim.with_env(self.env)
