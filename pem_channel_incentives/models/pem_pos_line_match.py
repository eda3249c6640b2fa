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
#: Causes that a person may accept.
WAIVABLE = ('in_future', 'outside_period', 'unknown_customer', 'bad_price', 'duplicate', 'return_without_sale')
VALUES = ('number', 'quantity', 'resale_price', 'authorized_cost', 'book_cost', 'claimed_unit', 'ship_date', 'invoice_date', 'raw')

PART_KEY = "concat_ws(E'\\x1f', coalesce(s.part, ''), coalesce(s.gtin, ''), coalesce(s.seller_part, ''))"
CUSTOMER_KEY = "concat_ws(E'\\x1f', coalesce(s.customer_code, ''), lower(coalesce(s.customer_name, '')))"
BRANCH_KEY = "concat_ws(E'\\x1f', coalesce(s.branch_code, ''), lower(coalesce(s.branch_name, '')))"
#: The same for lines that report the same sale. Where no invoice tells sales apart, all that is known of them does.
BASE = """to_hex(hashtextextended(concat_ws(E'\\x1f', coalesce(s.invoice, ''), coalesce(s.invoice_line, ''),
    coalesce(s.part, s.gtin, s.seller_part, ''), s.ship_date, sign(s.quantity),
    CASE WHEN s.invoice IS NULL THEN concat_ws(E'\\x1f', coalesce(s.branch_code, ''), coalesce(s.customer_code, s.customer_name, ''),
              s.quantity, s.resale_price)
         WHEN s.invoice_line IS NULL THEN s.quantity::text END), 0))"""
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
        source = SQL('(SELECT *, id AS ordinal FROM pem_pos_line WHERE id = ANY(%s))', self.ids)
        self._prepare_matches(source, is_stored=True)
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

    def _prepare_matches(self, source, is_stored):
        """Make the temporary tables that say what the texts of a source mean, each looked up once, and which of its lines are known.

        They are made before a line is stored, since statistics do not see what is being stored.
        """
        cr = self.env.cr
        reports = SQL('pem_pos_report r ON r.id = s.report_id')
        cr.execute('DROP TABLE IF EXISTS pem_pos_parts, pem_pos_customers, pem_pos_branches, pem_pos_prints, pem_pos_known, pem_pos_sold')
        # Nothing is known of how many rows a WITH has, and comparing all with all is what a wrong guess of it leads to.
        cr.execute("SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; SET LOCAL work_mem = '64MB'")
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
        cr.execute('SET LOCAL enable_nestloop = on; SET LOCAL enable_mergejoin = on')
        self._prepare_history(source, reports, is_stored)

    def _prepare_history(self, source, reports, is_stored):
        """Make the temporary tables of fingerprints, of lines that were reported before, and of what is sold since when."""
        cr = self.env.cr
        if is_stored:
            # A stored line keeps its place among equal ones, and can only repeat those that came before it.
            fingerprint = SQL("CASE WHEN split_part(n.before, ':', 1) = n.base THEN n.before ELSE n.base || ':1' END")
            before, repeats, earlier = SQL('s.fingerprint'), SQL('FALSE'), SQL('AND o.id < f.ordinal')
        else:
            fingerprint = SQL("n.base || ':' || CASE WHEN n.has_invoice THEN 1 ELSE n.nth END")
            before, repeats, earlier = SQL('NULL::varchar'), SQL('n.has_invoice AND n.nth > 1'), SQL()
        cr.execute(SQL(
            """CREATE TEMP TABLE pem_pos_prints ON COMMIT DROP AS
               SELECT n.ordinal, n.partner_id, n.supersedes_id, %(fingerprint)s AS fingerprint, %(repeats)s AS repeats
                 FROM (SELECT b.*, row_number() OVER (PARTITION BY report_id, base ORDER BY ordinal) AS nth
                         FROM (SELECT s.ordinal, s.report_id, r.partner_id, r.supersedes_id, s.invoice IS NOT NULL AS has_invoice,
                                      %(before)s AS before, %(base)s AS base
                                 FROM %(source)s s JOIN %(reports)s) b) n""",
            fingerprint=fingerprint, repeats=repeats, before=before, base=SQL(BASE), source=source, reports=reports))
        cr.execute('ANALYZE pem_pos_prints')
        cr.execute(SQL(
            """CREATE TEMP TABLE pem_pos_known ON COMMIT DROP AS
               SELECT DISTINCT f.ordinal FROM pem_pos_prints f
                 JOIN pem_pos_line o ON o.partner_id = f.partner_id AND o.fingerprint = f.fingerprint AND o.state IN ('ok', 'exception')
                      AND o.report_id IS DISTINCT FROM f.supersedes_id %s""", earlier))
        cr.execute(SQL(
            """CREATE TEMP TABLE pem_pos_sold ON COMMIT DROP AS
               WITH back AS (
                   SELECT DISTINCT r.partner_id, p.product_id, p.key
                     FROM %(source)s s JOIN %(reports)s
                     JOIN pem_pos_parts p ON p.company_id = r.company_id AND p.partner_id = r.partner_id AND p.key = %(key)s
                    WHERE s.quantity < 0 AND p.product_id IS NOT NULL)
               SELECT partner_id, product_id, min(first) AS first FROM (
                   SELECT back.partner_id, back.product_id, min(s.ship_date) AS first
                     FROM %(source)s s JOIN %(reports)s JOIN back ON back.partner_id = r.partner_id AND back.key = %(key)s
                    WHERE s.quantity > 0 GROUP BY 1, 2
                   UNION ALL
                   SELECT o.partner_id, o.product_id, min(o.ship_date)
                     FROM (SELECT DISTINCT partner_id, product_id FROM back) b
                     JOIN pem_pos_line o ON o.partner_id = b.partner_id AND o.product_id = b.product_id
                    WHERE o.quantity > 0 AND o.state IN ('ok', 'exception') GROUP BY 1, 2) sold
                GROUP BY 1, 2""", key=SQL(PART_KEY), source=source, reports=reports))
        cr.execute('ANALYZE pem_pos_known')
        cr.execute('ANALYZE pem_pos_sold')

    def _judged(self, source, reports, is_stored=True):
        """Return the query that says of each line of a source what it means, and the first thing that is wrong with it.

        :param source: a table of lines, stored ones or those that came in just now
        :param reports: the reports they are of
        :param is_stored: whether it has lines that were stored before, on which causes may have been accepted
        """
        own = SQL(', ').join(SQL.identifier('s', name) for name in ('report_id', *VALUES, *TEXTS))
        identity = SQL('s.id') if is_stored else SQL('NULL::int AS id')
        # OFFSET 0 keeps what is made of a line from being made again at each place that uses it.
        return SQL(
            """WITH rate (company_id, currency_id, rate) AS (VALUES %(rates)s)
               SELECT %(identity)s, %(own)s, r.company_id, r.partner_id, m.*, c.cause, a.amount,
                      round(a.amount * coalesce(rate.rate, 1), 2) AS amount_company,
                      CASE WHEN c.cause IS NULL THEN 'ok' ELSE 'exception' END AS state,
                      left(CASE c.cause
                           WHEN 'bad_value' THEN s.fault_field || ': ' || s.fault_text
                           WHEN 'unknown_part' THEN coalesce(s.part, s.gtin, s.seller_part)
                           WHEN 'unknown_branch' THEN coalesce(s.branch_code, s.branch_name)
                           WHEN 'unknown_customer' THEN coalesce(s.customer_name, s.customer_code)
                           WHEN 'unknown_currency' THEN s.currency_code
                           WHEN 'outside_period' THEN to_char(s.ship_date, 'YYYY-MM')
                           WHEN 'in_future' THEN to_char(s.ship_date, 'YYYY-MM') END, %(width)s) AS cause_key
                 FROM %(source)s s
                 JOIN pem_pos_report r ON r.id = s.report_id
                 LEFT JOIN pem_pos_parts p ON p.company_id = r.company_id AND p.partner_id = r.partner_id AND p.key = %(part)s
                 LEFT JOIN pem_pos_customers cu ON cu.company_id = r.company_id AND cu.partner_id = r.partner_id AND cu.key = %(customer)s
                 LEFT JOIN pem_pos_branches br ON br.company_id = r.company_id AND br.partner_id = r.partner_id AND br.key = %(branch)s
                 LEFT JOIN res_currency money ON money.active AND money.name = upper(s.currency_code)
                 LEFT JOIN pem_pos_alias said ON said.company_id = r.company_id AND said.partner_id = r.partner_id AND said.kind = 'currency'
                       AND said.key = s.currency_code
                 JOIN pem_pos_prints f ON f.ordinal = s.ordinal
                 LEFT JOIN pem_pos_known known ON known.ordinal = s.ordinal
                CROSS JOIN LATERAL (
                    SELECT p.product_id, cu.customer_id, br.branch_id, f.fingerprint,
                           CASE WHEN s.currency_code IS NULL THEN r.currency_id ELSE coalesce(said.currency_id, money.id) END AS currency_id
                    OFFSET 0) m
                 LEFT JOIN pem_pos_sold sold ON s.quantity < 0 AND sold.partner_id = r.partner_id AND sold.product_id = p.product_id
                CROSS JOIN LATERAL (SELECT round(coalesce(s.quantity * s.resale_price, 0)::numeric, 2) AS amount OFFSET 0) a
                CROSS JOIN LATERAL (SELECT CASE
                    WHEN s.fault_field IS NOT NULL THEN 'bad_value'
                    WHEN coalesce(s.part, s.gtin, s.seller_part) IS NULL THEN 'no_part'
                    WHEN s.quantity IS NULL THEN 'no_quantity'
                    WHEN s.quantity = 0 THEN 'zero_quantity'
                    WHEN s.ship_date IS NULL THEN 'no_date'
                    WHEN s.ship_date > %(today)s AND NOT %(in_future)s THEN 'in_future'
                    WHEN (s.ship_date < r.period_start OR s.ship_date > r.period_end) AND NOT %(outside_period)s THEN 'outside_period'
                    WHEN m.product_id IS NULL THEN 'unknown_part'
                    WHEN m.branch_id IS NULL AND coalesce(s.branch_code, s.branch_name) IS NOT NULL THEN 'unknown_branch'
                    WHEN m.customer_id IS NULL AND coalesce(s.customer_code, s.customer_name) IS NOT NULL AND NOT %(unknown_customer)s
                         THEN 'unknown_customer'
                    WHEN m.currency_id IS NULL THEN 'unknown_currency'
                    WHEN (s.resale_price <= 0 OR coalesce(s.resale_price, s.authorized_cost, s.book_cost) IS NULL) AND NOT %(bad_price)s
                         THEN 'bad_price'
                    WHEN (f.repeats OR known.ordinal IS NOT NULL) AND NOT %(duplicate)s THEN 'duplicate'
                    WHEN s.quantity < 0 AND NOT %(return_without_sale)s AND coalesce(sold.first > s.ship_date, TRUE) THEN 'return_without_sale'
                    END AS cause OFFSET 0) c
                 LEFT JOIN rate ON rate.currency_id = m.currency_id AND rate.company_id = r.company_id""",
            rates=SQL(', ').join(self._rates(reports)), identity=identity, own=own, source=source,
            part=SQL(PART_KEY), customer=SQL(CUSTOMER_KEY), branch=SQL(BRANCH_KEY), today=fields.Date.context_today(self),
            width=WIDTH, **{
                cause: SQL("coalesce(s.waived LIKE %s, FALSE)", f'%,{cause},%') if is_stored else SQL('FALSE') for cause in WAIVABLE})

    def _rates(self, reports):
        """Return what one unit of each currency is worth to each company, as rows of SQL."""
        currencies = self.env['res.currency'].sudo().search([('active', '=', True)])
        for company, of_company in reports.grouped('company_id').items():
            day = max(filter(None, of_company.mapped('period_end')), default=fields.Date.context_today(self))
            for currency in currencies:
                rate = currency._convert(1.0, company.currency_id, company, day, round=False)
                yield SQL('(%s, %s, %s::numeric)', company.id, currency.id, repr(rate))
