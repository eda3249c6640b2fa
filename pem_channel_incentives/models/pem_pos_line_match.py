from odoo import fields, models
from odoo.tools import SQL

#: Characters of a text that is kept; identifiers are far below, and an index holds no longer ones.
WIDTH = 250

#: The columns of a line that its file fills, in the order of the engine's record.
TEXTS = (
    'part', 'part_qualifier', 'gtin', 'seller_part', 'description', 'unit', 'currency_code', 'customer_name', 'customer_code',
    'customer_qualifier', 'customer_street', 'customer_city', 'customer_state', 'customer_zip', 'customer_country', 'branch_name',
    'branch_code', 'branch_qualifier', 'authorization_number', 'invoice', 'invoice_line', 'order_number', 'debit_number',
    'serial_number', 'fault_field', 'fault_text')
VALUES = ('number', 'quantity', 'resale_price', 'authorized_cost', 'book_cost', 'claimed_unit', 'ship_date', 'invoice_date', 'raw')

PART_KEY = "concat_ws(E'\\x1f', coalesce(s.part, ''), coalesce(s.gtin, ''), coalesce(s.seller_part, ''))"
CUSTOMER_KEY = "concat_ws(E'\\x1f', coalesce(s.customer_code, ''), lower(coalesce(s.customer_name, '')))"
BRANCH_KEY = "concat_ws(E'\\x1f', coalesce(s.branch_code, ''), lower(coalesce(s.branch_name, '')))"
#: What an alias remembers.
PART_SAID = "coalesce(s.part, s.gtin, s.seller_part)"
CUSTOMER_SAID = "coalesce(s.customer_code, lower(s.customer_name))"
BRANCH_SAID = "coalesce(s.branch_code, lower(s.branch_name))"


class PemPosLine(models.Model):
    """Lines are matched and judged in sets, by the database: the statements do not depend on how many there are."""

    _inherit = 'pem.pos.line'

    def _validate(self):
        """Match and judge these lines again; only those that change are written."""
        if not self:
            return
        self.env.flush_all()
        reports = self.report_id
        source = SQL('(SELECT * FROM pem_pos_line WHERE id = ANY(%s))', self.ids)
        self._prepare_matches(source)
        judged = ('product_id', 'customer_id', 'branch_id', 'currency_id', 'amount', 'amount_company', 'fingerprint', 'cause', 'cause_key', 'state')
        self.env.cr.execute(SQL(
            """UPDATE pem_pos_line l SET %(values)s FROM (%(judged)s) v
                WHERE l.id = v.id AND l.state IN ('ok', 'exception') AND (%(old)s) IS DISTINCT FROM (%(new)s)""",
            values=SQL(', ').join(SQL('%s = v.%s', SQL.identifier(name), SQL.identifier(name)) for name in judged),
            judged=self._judged(source, reports),
            old=SQL(', ').join(SQL.identifier('l', name) for name in judged),
            new=SQL(', ').join(SQL.identifier('v', name) for name in judged)))
        self.env.invalidate_all()
        reports._settle()

    def _prepare_matches(self, source):
        """Make the temporary tables that say what the parts, customers and branches of a source mean; each text is looked up once."""
        cr = self.env.cr
        reports = SQL('pem_pos_report r ON r.id = s.report_id')
        cr.execute('DROP TABLE IF EXISTS pem_pos_parts, pem_pos_customers, pem_pos_branches')
        cr.execute(SQL(
            """CREATE TEMP TABLE pem_pos_parts ON COMMIT DROP AS
               WITH k AS (
                   SELECT DISTINCT r.company_id, r.partner_id, %(key)s AS key, %(said)s AS said, upper(s.part) AS part,
                          ltrim(s.gtin, '0') AS gtin, upper(s.seller_part) AS seller_part,
                          regexp_replace(upper(s.part), '[^A-Z0-9]', '', 'g') AS plain
                     FROM %(source)s s JOIN %(reports)s),
               p AS (
                   SELECT p.id, upper(p.default_code) AS code, ltrim(p.barcode, '0') AS barcode, t.company_id,
                          regexp_replace(upper(p.default_code), '[^A-Z0-9]', '', 'g') AS plain
                     FROM product_product p JOIN product_template t ON t.id = p.product_tmpl_id
                    WHERE p.active AND t.active AND (p.default_code IS NOT NULL OR p.barcode IS NOT NULL)),
               code AS (SELECT k.company_id, k.part, min(p.id) AS id FROM (SELECT DISTINCT company_id, part FROM k) k
                          JOIN p ON p.code = k.part AND (p.company_id IS NULL OR p.company_id = k.company_id) GROUP BY 1, 2 HAVING count(*) = 1),
               bar AS (SELECT k.company_id, k.gtin, min(p.id) AS id FROM (SELECT DISTINCT company_id, gtin FROM k) k
                         JOIN p ON p.barcode = k.gtin AND (p.company_id IS NULL OR p.company_id = k.company_id) GROUP BY 1, 2 HAVING count(*) = 1),
               plain AS (SELECT k.company_id, k.plain, min(p.id) AS id FROM (SELECT DISTINCT company_id, plain FROM k WHERE plain != '') k
                           JOIN p ON p.plain = k.plain AND (p.company_id IS NULL OR p.company_id = k.company_id) GROUP BY 1, 2 HAVING count(*) = 1)
               SELECT k.company_id, k.partner_id, k.key, coalesce(a.product_id, code.id, bar.id, plain.id, other.id) AS product_id
                 FROM k
                 LEFT JOIN pem_pos_alias a ON a.company_id = k.company_id AND a.partner_id = k.partner_id AND a.kind = 'part' AND a.key = k.said
                 LEFT JOIN code ON code.company_id = k.company_id AND code.part = k.part
                 LEFT JOIN bar ON bar.company_id = k.company_id AND bar.gtin = k.gtin
                 LEFT JOIN plain ON plain.company_id = k.company_id AND plain.plain = k.plain
                 LEFT JOIN code other ON other.company_id = k.company_id AND other.part = k.seller_part AND k.part IS NULL AND k.gtin IS NULL""",
            key=SQL(PART_KEY), said=SQL(PART_SAID), source=source, reports=reports))
        cr.execute(SQL(
            """CREATE TEMP TABLE pem_pos_customers ON COMMIT DROP AS
               WITH k AS (
                   SELECT DISTINCT r.company_id, r.partner_id, %(key)s AS key, %(said)s AS said, upper(s.customer_code) AS code,
                          regexp_replace(upper(s.customer_code), '[^A-Z0-9]', '', 'g') AS vat, lower(s.customer_name) AS name
                     FROM %(source)s s JOIN %(reports)s
                    WHERE coalesce(s.customer_code, s.customer_name) IS NOT NULL),
               c AS (SELECT id, upper(ref) AS ref, upper(vat) AS vat, lower(name) AS name, company_id FROM res_partner
                      WHERE active AND parent_id IS NULL),
               by_ref AS (SELECT k.company_id, k.code, min(c.id) AS id FROM (SELECT DISTINCT company_id, code FROM k) k
                            JOIN c ON c.ref = k.code AND (c.company_id IS NULL OR c.company_id = k.company_id) GROUP BY 1, 2 HAVING count(*) = 1),
               by_vat AS (SELECT k.company_id, k.vat, min(c.id) AS id FROM (SELECT DISTINCT company_id, vat FROM k WHERE length(vat) > 5) k
                            JOIN c ON c.vat = k.vat AND (c.company_id IS NULL OR c.company_id = k.company_id) GROUP BY 1, 2 HAVING count(*) = 1),
               by_name AS (SELECT k.company_id, k.name, min(c.id) AS id FROM (SELECT DISTINCT company_id, name FROM k) k
                             JOIN c ON c.name = k.name AND (c.company_id IS NULL OR c.company_id = k.company_id) GROUP BY 1, 2 HAVING count(*) = 1)
               SELECT k.company_id, k.partner_id, k.key, coalesce(a.contact_id, by_ref.id, by_vat.id, by_name.id) AS customer_id
                 FROM k
                 LEFT JOIN pem_pos_alias a ON a.company_id = k.company_id AND a.partner_id = k.partner_id AND a.kind = 'customer' AND a.key = k.said
                 LEFT JOIN by_ref ON by_ref.company_id = k.company_id AND by_ref.code = k.code
                 LEFT JOIN by_vat ON by_vat.company_id = k.company_id AND by_vat.vat = k.vat
                 LEFT JOIN by_name ON by_name.company_id = k.company_id AND by_name.name = k.name""",
            key=SQL(CUSTOMER_KEY), said=SQL(CUSTOMER_SAID), source=source, reports=reports))
        cr.execute(SQL(
            """CREATE TEMP TABLE pem_pos_branches ON COMMIT DROP AS
               WITH k AS (
                   SELECT DISTINCT r.company_id, r.partner_id, %(key)s AS key, %(said)s AS said, upper(s.branch_code) AS code,
                          lower(s.branch_name) AS name
                     FROM %(source)s s JOIN %(reports)s
                    WHERE coalesce(s.branch_code, s.branch_name) IS NOT NULL)
               SELECT k.company_id, k.partner_id, k.key,
                      coalesce(min(a.contact_id), CASE WHEN count(DISTINCT b.id) = 1 THEN min(b.id) END) AS branch_id
                 FROM k
                 LEFT JOIN pem_pos_alias a ON a.company_id = k.company_id AND a.partner_id = k.partner_id AND a.kind = 'branch' AND a.key = k.said
                 LEFT JOIN res_partner b ON b.active AND b.commercial_partner_id = k.partner_id
                       AND (upper(b.ref) = k.code OR lower(b.name) = k.name AND k.name != '')
                GROUP BY 1, 2, 3""",
            key=SQL(BRANCH_KEY), said=SQL(BRANCH_SAID), source=source, reports=reports))
        for table in ('pem_pos_parts', 'pem_pos_customers', 'pem_pos_branches'):
            cr.execute(SQL('ANALYZE %s', SQL.identifier(table)))

    def _judged(self, source, reports, is_stored=True):
        """Return the query that says of each line of a source what it means, and the first thing that is wrong with it.

        :param source: a table of lines, stored ones or those that came in just now
        :param reports: the reports they are of
        :param is_stored: a stored line keeps its place among equal ones, and can only repeat those that came before it
        """
        own = SQL(', ').join(SQL.identifier('s', name) for name in ('report_id', 'waived', *VALUES, *TEXTS))
        if is_stored:
            identity = SQL('s.id, s.fingerprint AS before')
            fingerprint = SQL("CASE WHEN split_part(b.before, ':', 1) = b.base THEN b.before ELSE b.base || ':1' END")
            repeats, earlier = SQL('FALSE'), SQL('AND o.id < m.id')
        else:
            identity = SQL('NULL::int AS id, NULL::varchar AS before')
            fingerprint = SQL("b.base || ':' || CASE WHEN b.invoice IS NULL THEN b.nth ELSE 1 END")
            repeats, earlier = SQL('m.invoice IS NOT NULL AND m.nth > 1'), SQL()
        return SQL(
            """WITH rate (company_id, currency_id, rate) AS (VALUES %(rates)s),
               base AS (
                   SELECT %(identity)s, %(own)s, r.company_id, r.partner_id, r.period_start, r.period_end, r.supersedes_id,
                          r.currency_id AS usual_currency_id,
                          to_hex(hashtextextended(concat_ws(E'\\x1f', coalesce(s.invoice, ''), coalesce(s.invoice_line, ''),
                              coalesce(s.part, s.gtin, s.seller_part, ''), s.ship_date, sign(s.quantity),
                              CASE WHEN s.invoice IS NULL THEN concat_ws(E'\\x1f', coalesce(s.branch_code, ''),
                                        coalesce(s.customer_code, s.customer_name, ''), s.quantity, s.resale_price)
                                   WHEN s.invoice_line IS NULL THEN s.quantity::text END), 0)) AS base
                     FROM %(source)s s JOIN pem_pos_report r ON r.id = s.report_id),
               b AS (SELECT *, row_number() OVER (PARTITION BY report_id, base ORDER BY number) AS nth FROM base),
               m AS MATERIALIZED (
                   SELECT b.*, p.product_id, c.customer_id, %(fingerprint)s AS fingerprint, coalesce(b.waived, '') AS passed,
                          CASE WHEN coalesce(b.branch_code, b.branch_name) IS NULL THEN b.partner_id ELSE br.branch_id END AS branch_id,
                          CASE WHEN b.currency_code IS NULL THEN b.usual_currency_id ELSE coalesce(ca.currency_id, cu.id) END AS currency_id
                     FROM b
                     LEFT JOIN pem_pos_parts p ON p.company_id = b.company_id AND p.partner_id = b.partner_id AND p.key = %(part)s
                     LEFT JOIN pem_pos_customers c ON c.company_id = b.company_id AND c.partner_id = b.partner_id AND c.key = %(customer)s
                     LEFT JOIN pem_pos_branches br ON br.company_id = b.company_id AND br.partner_id = b.partner_id AND br.key = %(branch)s
                     LEFT JOIN res_currency cu ON cu.active AND cu.name = upper(b.currency_code)
                     LEFT JOIN pem_pos_alias ca ON ca.company_id = b.company_id AND ca.partner_id = b.partner_id AND ca.kind = 'currency'
                           AND ca.key = b.currency_code),
               sold AS (SELECT partner_id, product_id, min(ship_date) AS first FROM m WHERE quantity > 0 GROUP BY 1, 2),
               j AS (
                   SELECT m.*, CASE
                       WHEN m.fault_field IS NOT NULL THEN 'bad_value'
                       WHEN coalesce(m.part, m.gtin, m.seller_part) IS NULL THEN 'no_part'
                       WHEN m.quantity IS NULL THEN 'no_quantity'
                       WHEN m.quantity = 0 THEN 'zero_quantity'
                       WHEN m.ship_date IS NULL THEN 'no_date'
                       WHEN m.ship_date > %(today)s AND m.passed NOT LIKE '%%,in_future,%%' THEN 'in_future'
                       WHEN (m.ship_date < m.period_start OR m.ship_date > m.period_end) AND m.passed NOT LIKE '%%,outside_period,%%'
                            THEN 'outside_period'
                       WHEN m.product_id IS NULL THEN 'unknown_part'
                       WHEN m.branch_id IS NULL THEN 'unknown_branch'
                       WHEN m.customer_id IS NULL AND coalesce(m.customer_code, m.customer_name) IS NOT NULL
                            AND m.passed NOT LIKE '%%,unknown_customer,%%' THEN 'unknown_customer'
                       WHEN m.currency_id IS NULL THEN 'unknown_currency'
                       WHEN (m.resale_price <= 0 OR coalesce(m.resale_price, m.authorized_cost, m.book_cost) IS NULL)
                            AND m.passed NOT LIKE '%%,bad_price,%%' THEN 'bad_price'
                       WHEN m.passed NOT LIKE '%%,duplicate,%%' AND (%(repeats)s OR EXISTS (
                            SELECT FROM pem_pos_line o
                             WHERE o.partner_id = m.partner_id AND o.fingerprint = m.fingerprint AND o.state IN ('ok', 'exception')
                               AND o.report_id IS DISTINCT FROM m.supersedes_id %(earlier)s)) THEN 'duplicate'
                       WHEN m.quantity < 0 AND m.passed NOT LIKE '%%,return_without_sale,%%'
                            AND NOT EXISTS (
                                SELECT FROM sold
                                 WHERE sold.partner_id = m.partner_id AND sold.product_id = m.product_id AND sold.first <= m.ship_date)
                            AND NOT EXISTS (
                                SELECT FROM pem_pos_line o WHERE o.partner_id = m.partner_id AND o.product_id = m.product_id
                                   AND o.quantity > 0 AND o.ship_date <= m.ship_date AND o.state IN ('ok', 'exception'))
                            THEN 'return_without_sale'
                       END AS cause FROM m)
               SELECT j.*, round(coalesce(j.quantity * j.resale_price, 0), 2) AS amount,
                      round(coalesce(j.quantity * j.resale_price, 0) * coalesce(rate.rate, 1), 2) AS amount_company,
                      CASE WHEN j.cause IS NULL THEN 'ok' ELSE 'exception' END AS state,
                      nullif(left(CASE j.cause
                           WHEN 'bad_value' THEN j.fault_field || ': ' || j.fault_text
                           WHEN 'unknown_part' THEN coalesce(j.part, j.gtin, j.seller_part)
                           WHEN 'unknown_branch' THEN coalesce(j.branch_code, j.branch_name)
                           WHEN 'unknown_customer' THEN coalesce(j.customer_name, j.customer_code)
                           WHEN 'unknown_currency' THEN j.currency_code
                           WHEN 'outside_period' THEN to_char(j.ship_date, 'YYYY-MM')
                           WHEN 'in_future' THEN to_char(j.ship_date, 'YYYY-MM') END, %(width)s), '') AS cause_key
                 FROM j LEFT JOIN rate ON rate.currency_id = j.currency_id AND rate.company_id = j.company_id""",
            rates=SQL(', ').join(self._rates(reports)), identity=identity, own=own, source=source, fingerprint=fingerprint,
            part=SQL(PART_KEY.replace('s.', 'b.')), customer=SQL(CUSTOMER_KEY.replace('s.', 'b.')), branch=SQL(BRANCH_KEY.replace('s.', 'b.')),
            today=fields.Date.context_today(self), repeats=repeats, earlier=earlier, width=WIDTH)

    def _rates(self, reports):
        """Return what one unit of each currency is worth to each company, as rows of SQL."""
        currencies = self.env['res.currency'].sudo().search([])
        for company, of_company in reports.grouped('company_id').items():
            day = max(filter(None, of_company.mapped('period_end')), default=fields.Date.context_today(self))
            for currency in currencies:
                rate = currency._convert(1.0, company.currency_id, company, day, round=False)
                yield SQL('(%s, %s, %s::numeric)', company.id, currency.id, repr(rate))
