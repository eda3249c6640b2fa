import json
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from ..engine import claim_replay
from ..engine.claim_decision import settle_each
from ..engine.claim_facts import ZERO, Authorization, Claim, Terms

#: How the states of a request look to a claim that cites its authorization.
_STANDS = {'active': 'active', 'exhausted': 'active', 'expired': 'expired', 'replaced': 'active', 'cancelled': 'withdrawn'}
#: Lines that are decided and written down at a time, so that memory does not grow with the claim.
CHUNK = 5_000
#: Parts that are looked for at a time.
PARTS = 500


def _decimal(value):
    """Return a number of the database as the decimal that people see, None for no number."""
    return Decimal(repr(value)) if value else None


def _name(text):
    """Return a name as two writings of it have it in common."""
    return ' '.join((text or '').casefold().split())


class PemClaim(models.Model):
    """How the rules decide on claims: facts are read for many lines at once, each line is decided without the database,
    and what was decided is written down with its facts, in one statement for many lines."""

    _inherit = 'pem.claim'

    def _check_lines(self):
        """Write on each line what the rules say of it; nothing is used up."""
        for claim in self.sudo():
            claim._decide(claim.line_ids)
        self._sum_up()

    def _settle_lines(self):
        """Decide on the lines and take what was approved from the authorizations, each of which is locked until the end.

        Lines that a person decided stay as decided.
        """
        for claim in self.sudo():
            claim.line_ids._give_back()
            lines = claim.line_ids._undecided_by_hand()
            # From here on nobody else uses up what these lines are going to be given.
            lines._lock_authorized()
            claim._decide(lines, uses=True)
            lines._take()
        self._sum_up()

    def _decide(self, lines, uses=False):
        """Decide on lines of one claim in their order, and write it on them.

        :param uses: whether what is approved is going to be taken from the authorizations
        """
        self.ensure_one()
        products = lines._find_products()
        terms, day = self._terms(), self.date_claimed or fields.Date.context_today(self)
        authorizations = {}
        for ids in split_every(CHUNK, lines.ids):
            some = lines.browse(ids)
            claims, matches = some._read_facts(authorizations, products, day, terms.digits)
            some._write_decisions([
                (line_id, *match, claim.is_return, decision, claim_replay.freeze(claim, authorization, terms))
                for line_id, match, (claim, authorization, decision)
                in zip(ids, matches, settle_each(claims, authorizations, terms, explain=False), strict=True)], uses)

    def _terms(self):
        """Return the :class:`~..engine.claim_facts.Terms` agreed with the partner."""
        self.ensure_one()
        company = self.company_id.sudo()
        return Terms(
            basis=self.partner_id.sudo().with_company(company).pem_claim_basis or company.pem_claim_basis,
            tolerance_amount=_decimal(company.pem_claim_tolerance_amount) or ZERO,
            tolerance_percent=_decimal(company.pem_claim_tolerance_percent) or ZERO,
            resale_tolerance=_decimal(company.pem_claim_resale_tolerance) or ZERO,
            window=company.pem_claim_window, debit_pattern=company.pem_claim_debit_pattern or '',
            digits=self.currency_id.decimal_places)

    def _sum_up(self):
        """Bring the sums and counts of claims up to date with lines that were written without the ORM."""
        names = ('line_count', 'exception_count', 'rejected_count', 'amount_claimed', 'amount_calculated', 'amount_approved',
                 'amount_rejected', 'amount_pending')
        self.env.flush_all()
        self.env.cr.execute(SQL("""
            UPDATE pem_claim claim
               SET line_count = sums.line_count, exception_count = sums.exception_count, rejected_count = sums.rejected_count,
                   amount_claimed = sums.claimed, amount_calculated = sums.calculated, amount_approved = sums.approved,
                   amount_rejected = sums.rejected, amount_pending = sums.pending
              FROM (SELECT claim_id, count(*) AS line_count, count(*) FILTER (WHERE state IN ('exception', 'overridden')) AS exception_count,
                           count(*) FILTER (WHERE state = 'rejected') AS rejected_count, sum(amount_claimed) AS claimed,
                           sum(amount_calculated) AS calculated, sum(amount_approved) AS approved, sum(amount_rejected) AS rejected,
                           sum(amount_pending) AS pending
                      FROM pem_claim_line WHERE claim_id = ANY(%s) GROUP BY claim_id) sums
             WHERE claim.id = sums.claim_id
        """, list(self.ids)))
        self.invalidate_recordset([*names, 'amount_remaining'])
        self.modified(names)


class PemClaimLine(models.Model):
    _inherit = 'pem.claim.line'

    def _undecided_by_hand(self):
        return self.browse(one for [one] in self._select(SQL("SELECT id"), SQL("state != 'overridden'"), SQL("ORDER BY sequence, id")))

    def _select(self, what, condition, rest=None):
        """Return the rows of a query on the table of the lines, of these lines."""
        self.env.flush_all()
        return self.env.execute_query(SQL(
            "%s FROM pem_claim_line WHERE id = ANY(%s) AND %s %s", what, list(self.ids), condition, rest or SQL()))

    def _find_products(self):
        """Return ``{part as it is written: product id}`` of the parts that claim lines name; all are of one company."""
        found = {}
        parts = [part for [part] in self._select(SQL("SELECT DISTINCT btrim(part)"), SQL("COALESCE(part, '') != ''"))]
        request = self.env['pem.special.pricing'].sudo().new({'company_id': self.claim_id.company_id.id})
        for some in split_every(PARTS, parts):
            found.update({part: products.id for part, products in request._match_parts(set(some)).items() if len(products) == 1})
        return found

    def _lock_authorized(self):
        """Lock the lines of the authorizations that these lines cite, in the order of ids."""
        cited = [number for [number] in self._select(SQL("SELECT DISTINCT btrim(authorization_number)"), SQL("authorization_number IS NOT NULL"))]
        authorized = self.env['pem.special.pricing.line'].search(
            [('company_id', 'in', self.claim_id.company_id.ids), ('request_id.authorization_number', 'in', cited)], order='id')
        authorized.lock_for_update()
        authorized.invalidate_recordset(['used_quantity', 'remaining_quantity', 'authorized_quantity'])

    def _read_facts(self, authorizations, products, day, digits):
        """Return the :class:`~..engine.claim_facts.Claim` of each line, and the ids of its product and of the authorized line, in
        the order of ids given, in one statement.

        :param authorizations: gets the :class:`~..engine.claim_facts.Authorization` of what the lines cite and it does not have yet
        :param products: as ``_find_products`` returns them
        :param day: on which it is claimed
        """
        today, earlier = fields.Date.context_today(self), self._claimed_earlier(products)
        rows = self.env.execute_query_dict(SQL("""
            SELECT line.id, btrim(COALESCE(line.authorization_number, '')) AS number, line.quantity, line.is_return, line.ship_date,
                   btrim(COALESCE(line.invoice, '')) AS invoice, line.end_customer, line.book_cost, line.inventory_cost, line.claimed_cost,
                   line.resale_price, line.claimed_unit, product.id AS product_id, line.partner_id, claim.debit_number,
                   COALESCE(product.default_code, product.barcode, btrim(line.part), '') AS part, currency.name AS currency,
                   request.id AS request_id, request.state, request.valid_from, request.valid_to, request.date_authorized::date AS issued,
                   request.end_customer AS authorized_customer, customer.name AS known_customer, request.type AS kind,
                   request.partner_id AS authorized_partner, asked.name AS authorized_currency, authorized.id AS authorized_id,
                   authorized.book_cost AS our_cost, authorized.authorized_cost, authorized.authorized_resale,
                   authorized.competitor_price, authorized.remaining_quantity, authorized.authorized_quantity
              FROM unnest(%s) WITH ORDINALITY AS wanted(id, place)
              JOIN pem_claim_line line ON line.id = wanted.id
              JOIN pem_claim claim ON claim.id = line.claim_id
              JOIN res_currency currency ON currency.id = line.currency_id
         LEFT JOIN unnest(%s::text[], %s::int[]) AS found(part, product_id) ON found.part = btrim(line.part)
         LEFT JOIN product_product product ON product.id = found.product_id
         LEFT JOIN pem_special_pricing request
                   ON request.company_id = line.company_id AND request.authorization_number = btrim(line.authorization_number)
         LEFT JOIN res_currency asked ON asked.id = request.currency_id
         LEFT JOIN res_partner customer ON customer.id = request.end_customer_id
         LEFT JOIN pem_special_pricing_line authorized ON authorized.request_id = request.id AND authorized.product_id = product.id
          ORDER BY wanted.place
        """, list(self.ids), [*products], [*products.values()]))
        claims, matches = [], []
        for row in rows:
            number, part = row['number'], row['part']
            customer = _name(row['end_customer'])
            if row['request_id']:
                if (number, part) not in authorizations:
                    authorizations[number, part] = _authorization(row)
                if customer and customer == _name(row['known_customer']):
                    # By whichever of the two names the partner calls the customer.
                    customer = authorizations[number, part].customer
            # Amounts by the piece are entered, the sum is ours to round.
            asked = row['claimed_unit'] or (
                row['claimed_cost'] and (row['inventory_cost'] or row['book_cost'] or 0) - row['claimed_cost'])
            sign = -1 if row['is_return'] else 1
            claims.append(Claim(
                authorization=number, part=part, quantity=_decimal(row['quantity']),
                claimed=round(Decimal(repr(row['quantity'])) * Decimal(repr(asked)) * sign, digits + 4) if asked and asked > 0 else None,
                claimed_cost=_decimal(row['claimed_cost']), book_cost=_decimal(row['book_cost']), inventory_cost=_decimal(row['inventory_cost']),
                resale_price=_decimal(row['resale_price']), ship_date=row['ship_date'], claim_date=day, today=today, currency=row['currency'],
                party=str(row['partner_id']), customer=customer, invoice=row['invoice'], debit_number=row['debit_number'] or '',
                is_part_known=bool(row['product_id']), duplicate_invoice=earlier.get(row['id'], ''), is_return=bool(row['is_return'])))
            matches.append((row['product_id'], row['authorized_id']))
        return claims, matches

    def _claimed_earlier(self, products):
        """Return ``{line id: claim number}`` of the lines whose invoice and part were claimed before, here or in another claim.

        One query, whatever the programme under which it was claimed; what was refused or taken back does not count.
        """
        self.env.flush_all()
        return dict(self.env.execute_query(SQL("""
            SELECT DISTINCT ON (line.id) line.id, claim.name
              FROM pem_claim_line line
              JOIN unnest(%s::text[], %s::int[]) AS found(part, product_id) ON found.part = btrim(line.part)
              JOIN pem_claim_line other ON other.partner_id = line.partner_id AND other.invoice = line.invoice
         LEFT JOIN unnest(%s::text[], %s::int[]) AS theirs(part, product_id) ON theirs.part = btrim(other.part)
              JOIN pem_claim claim ON claim.id = other.claim_id
             WHERE line.id = ANY(%s) AND other.id < line.id AND other.state != 'rejected'
                   AND COALESCE(theirs.product_id, other.product_id) = found.product_id
                   AND other.is_return IS NOT DISTINCT FROM line.is_return
                   AND (other.claim_id = line.claim_id OR claim.state NOT IN ('draft', 'rejected', 'recalled', 'cancelled'))
             ORDER BY line.id, other.id
        """, *([*products], [*products.values()]) * 2, list(self.ids))))

    def _write_decisions(self, decided, uses):
        """Write down what was decided, in one statement.

        :param decided: ``[(line id, product id, authorized line id, is it a return, Decision, frozen facts)]``
        :param uses: whether the approved quantities are going to be taken
        """
        columns = list(zip(*(
            (line_id, product_id, authorized_id, decision.state, ', '.join(decision.codes) or None, json.dumps(frozen), decision.claimed,
             decision.calculated, decision.approved, decision.rejected, decision.pending,
             -decision.approved_quantity if back else decision.approved_quantity,
             bool(uses and authorized_id and decision.approved_quantity))
            for line_id, product_id, authorized_id, back, decision, frozen in decided), strict=True))
        if not columns:
            return
        self.env.flush_all()
        self.env.cr.execute(SQL("""
            UPDATE pem_claim_line line
               SET product_id = new.product_id, pricing_line_id = new.authorized_id, state = new.state, codes = new.codes,
                   facts = new.facts, amount_claimed = new.claimed, amount_calculated = new.calculated, amount_approved = new.approved,
                   amount_rejected = new.rejected, amount_pending = new.pending, approved_quantity = new.quantity,
                   is_used = new.is_used, write_uid = %s, write_date = %s
              FROM unnest(%s::int[], %s::int[], %s::int[], %s::text[], %s::text[], %s::jsonb[], %s::numeric[], %s::numeric[],
                          %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::bool[])
                   AS new(id, product_id, authorized_id, state, codes, facts, claimed, calculated, approved, rejected, pending, quantity,
                          is_used)
             WHERE line.id = new.id
        """, self.env.uid, self.env.cr.now(), *map(list, columns)))
        self.invalidate_recordset(flush=False)

    def _take(self):
        """Take the approved quantities from the authorizations; the decision was made under their lock.

        :raises UserError: when less is left than was approved, which the lock rules out
        """
        wanted = self._quantities(SQL("is_used"))
        for pricing_line, quantity in self.env['pem.special.pricing.line'].sudo()._use(wanted).items():
            if abs(quantity - wanted[pricing_line]) > 1e-6:
                raise UserError(self.env._("Somebody else used up %s meanwhile. Please try again.", pricing_line.display_name))

    def _give_back(self):
        """Give back to the authorizations what these lines took."""
        taken = self._quantities(SQL("is_used"))
        if taken:
            self.env['pem.special.pricing.line'].sudo()._use({line: -quantity for line, quantity in taken.items()})
            self.env.flush_all()
            self.env.cr.execute(SQL("UPDATE pem_claim_line SET is_used = FALSE WHERE id = ANY(%s) AND is_used", list(self.ids)))
            self.invalidate_recordset(['is_used'], flush=False)

    def _quantities(self, condition):
        """Return ``{authorized line: quantity}`` that those of these lines were approved which fulfil a condition."""
        PricingLine = self.env['pem.special.pricing.line'].sudo()
        return {PricingLine.browse(pricing_line_id): quantity for pricing_line_id, quantity in self._select(
            SQL("SELECT pricing_line_id, sum(approved_quantity)::float8"), SQL("pricing_line_id IS NOT NULL AND %s", condition),
            SQL("GROUP BY pricing_line_id")) if quantity}


def _authorization(row):
    """Return the :class:`~..engine.claim_facts.Authorization` of a row of ``_read_facts``."""
    return Authorization(
        number=row['number'], part=row['part'], state=_STANDS.get(row['state'], 'review'), is_part_authorized=bool(row['authorized_id']),
        valid_from=row['valid_from'], valid_to=row['valid_to'], issued=row['issued'], currency=row['authorized_currency'],
        parties=frozenset({str(row['authorized_partner'])}), customer=_name(row['authorized_customer']), kind=row['kind'],
        book_cost=_decimal(row['our_cost']), authorized_cost=_decimal(row['authorized_cost']),
        authorized_resale=_decimal(row['authorized_resale']), competitor_price=_decimal(row['competitor_price']),
        remaining=_decimal(row['remaining_quantity']) or ZERO, authorized=_decimal(row['authorized_quantity']) or ZERO)
