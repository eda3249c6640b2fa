from collections import defaultdict
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import claim_replay
from ..engine.claim_decision import settle
from ..engine.claim_facts import ZERO, Authorization, Claim, Terms

#: How the states of a request look to a claim that cites its authorization.
_STANDS = {'active': 'active', 'exhausted': 'active', 'expired': 'expired', 'replaced': 'active', 'cancelled': 'withdrawn'}


def _decimal(value):
    """Return a number of the database as the decimal that people see, None for no number."""
    return Decimal(repr(value)) if value else None


def _name(text):
    """Return a name as two writings of it have it in common."""
    return ' '.join((text or '').casefold().split())


class PemClaim(models.Model):
    """How the rules decide on claims: facts are gathered for all lines at once, each line is decided without the database,
    and what was decided is written down with the facts."""

    _inherit = 'pem.claim'

    def _check_lines(self):
        """Write on each line what the rules say of it; nothing is used up."""
        for claim in self:
            claim._write_decisions(claim._decide_lines())

    def _settle_lines(self):
        """Decide on the lines and take what was approved from the authorizations, each of which is locked until the end.

        Lines that a person decided stay as decided.
        """
        for claim in self.sudo():
            claim.line_ids._give_back()
            lines = claim.line_ids.filtered(lambda line: line.state != 'overridden')
            lines._match()
            # From here on nobody else uses up what these lines are going to be given.
            lines.pricing_line_id.lock_for_update()
            lines.pricing_line_id.invalidate_recordset(['used_quantity', 'remaining_quantity', 'authorized_quantity'])
            decisions = claim._decide_lines(lines)
            claim._write_decisions(decisions)
            decisions_by_line = {line: decision for line, (decision, _facts) in decisions.items()}
            lines._take(decisions_by_line)

    def _decide_lines(self, lines=None):
        """Return ``{line: (Decision, frozen facts)}`` of the lines of one claim, in their order."""
        self.ensure_one()
        lines = self.line_ids if lines is None else lines
        lines._match()
        terms = self._terms()
        facts = lines._facts(self._claim_day())
        found = {(claim.authorization, claim.part): authorization for claim, authorization in facts.values()}
        decisions = settle([claim for claim, _authorization in facts.values()], found, terms)
        left, result = {}, {}
        for (line, (claim, authorization)), decision in zip(facts.items(), decisions, strict=True):
            key = claim.authorization, claim.part
            if authorization and key in left:
                authorization = _with_remaining(authorization, left[key])
            result[line] = decision, claim_replay.freeze(claim, authorization, terms)
            left[key] = decision.remaining
        return result

    def _claim_day(self):
        return self.date_claimed or fields.Date.context_today(self)

    def _terms(self):
        """Return the :class:`~..engine.claim_facts.Terms` agreed with the partner."""
        self.ensure_one()
        company = self.company_id.sudo()
        return Terms(
            basis=self.partner_id.sudo().pem_claim_basis or company.pem_claim_basis,
            tolerance_amount=_decimal(company.pem_claim_tolerance_amount) or ZERO,
            tolerance_percent=_decimal(company.pem_claim_tolerance_percent) or ZERO,
            resale_tolerance=_decimal(company.pem_claim_resale_tolerance) or ZERO,
            window=company.pem_claim_window, debit_pattern=company.pem_claim_debit_pattern or '',
            digits=self.currency_id.decimal_places)

    def _write_decisions(self, decisions):
        for line, (decision, frozen) in decisions.items():
            sign = -1 if line.is_return else 1
            line.sudo().write({
                'state': decision.state, 'codes': ', '.join(decision.codes) or False, 'facts': frozen,
                'amount_calculated': decision.calculated, 'amount_approved': decision.approved, 'amount_rejected': decision.rejected,
                'amount_pending': decision.pending, 'approved_quantity': decision.approved_quantity * sign,
            })


def _with_remaining(authorization, remaining):
    return Authorization(**{**authorization.__dict__, 'remaining': remaining})


class PemClaimLine(models.Model):
    _inherit = 'pem.claim.line'

    def _match(self):
        """Find the products and the authorized lines that claim lines name."""
        for company, lines in self.sudo().grouped('company_id').items():
            parts = {line.part.strip() for line in lines if line.part}
            products = self.env['pem.special.pricing'].sudo().with_company(company)._match_parts(parts)
            requests = {request.authorization_number: request for request in self.env['pem.special.pricing'].sudo().search([
                ('company_id', '=', company.id),
                ('authorization_number', 'in', [line.authorization_number.strip() for line in lines if line.authorization_number])])}
            authorized = {(line.request_id, line.product_id): line for request in requests.values() for line in request.line_ids}
            for line in lines:
                product = products.get((line.part or '').strip())
                product = product if product and len(product) == 1 else self.env['product.product']
                request = requests.get((line.authorization_number or '').strip())
                pricing_line = authorized.get((request, product), self.env['pem.special.pricing.line'])
                if line.product_id != product:
                    line.product_id = product
                if line.pricing_line_id != pricing_line:
                    line.pricing_line_id = pricing_line

    def _facts(self, day):
        """Return ``{line: (Claim, Authorization or None)}``; the lines have been matched.

        :param day: on which it is claimed
        """
        today = fields.Date.context_today(self)
        numbers = {line.authorization_number.strip() for line in self if line.authorization_number}
        requests = {request.authorization_number: request for request in self.env['pem.special.pricing'].sudo().search(
            [('company_id', 'in', self.company_id.ids), ('authorization_number', 'in', list(numbers))])}
        earlier = self._claimed_earlier()
        facts = {}
        for line in self.sudo():
            request = requests.get((line.authorization_number or '').strip())
            authorized = line.pricing_line_id
            # Two writings of a part are the same part, and share what is left of it.
            part = authorized._part() if authorized else (line.part or '').strip()
            customer = _name(line.end_customer)
            if request and customer and customer == _name(request.end_customer_id.name):
                # By whichever of the two names the partner calls the customer.
                customer = _name(request.end_customer)
            claim = Claim(
                authorization=(line.authorization_number or '').strip(), part=part, quantity=_decimal(line.quantity),
                claimed=_decimal(line.amount_claimed) if line.claimed_unit else None, claimed_cost=_decimal(line.claimed_cost),
                book_cost=_decimal(line.book_cost), inventory_cost=_decimal(line.inventory_cost), resale_price=_decimal(line.resale_price),
                ship_date=line.ship_date or None, claim_date=day, today=today, currency=line.currency_id.name or '',
                party=str(line.partner_id.id), customer=customer, invoice=(line.invoice or '').strip(),
                debit_number=line.claim_id.debit_number or '', is_part_known=bool(line.product_id),
                duplicate_invoice=earlier.get(line.id, ''), is_return=line.is_return)
            facts[line.with_env(self.env)] = claim, request and Authorization(
                number=request.authorization_number, part=part, state=_STANDS[request.state], is_part_authorized=bool(authorized),
                valid_from=request.valid_from or None, valid_to=request.valid_to or None,
                issued=request.date_authorized.date() if request.date_authorized else None, currency=request.currency_id.name,
                parties=frozenset({str(request.partner_id.id)}), customer=_name(request.end_customer), kind=request.type,
                book_cost=_decimal(authorized.book_cost), authorized_cost=_decimal(authorized.authorized_cost),
                authorized_resale=_decimal(authorized.authorized_resale), competitor_price=_decimal(authorized.competitor_price),
                remaining=_decimal(authorized.remaining_quantity) or ZERO, authorized=_decimal(authorized.authorized_quantity) or ZERO)
        return facts

    def _claimed_earlier(self):
        """Return ``{line id: claim number}`` of the lines whose invoice and part were claimed before, here or in another claim.

        One query, whatever the programme under which it was claimed; what was refused or taken back does not count.
        """
        self.env.flush_all()
        rows = self.env.execute_query(SQL("""
            SELECT DISTINCT ON (line.id) line.id, claim.name
              FROM pem_claim_line line
              JOIN pem_claim_line other ON other.partner_id = line.partner_id AND other.invoice = line.invoice
                   AND other.product_id = line.product_id AND other.is_return IS NOT DISTINCT FROM line.is_return AND other.id < line.id
              JOIN pem_claim claim ON claim.id = other.claim_id
             WHERE line.id = ANY(%s) AND other.state != 'rejected'
                   AND (other.claim_id = line.claim_id OR claim.state NOT IN ('draft', 'rejected', 'recalled', 'cancelled'))
             ORDER BY line.id, other.id
        """, list(self.ids)))
        return dict(rows)

    def _take(self, decisions):
        """Take approved quantities from the authorizations; a decision has been made under their lock.

        :param decisions: ``{line: Decision}``
        """
        wanted = defaultdict(float)
        lines = self.filtered(lambda line: line.pricing_line_id and decisions[line].approved_quantity)
        for line in lines:
            wanted[line.pricing_line_id] += line.approved_quantity
        used = self.env['pem.special.pricing.line'].sudo()._use({line: quantity for line, quantity in wanted.items() if quantity})
        for pricing_line, quantity in used.items():
            if abs(quantity - wanted[pricing_line]) > 1e-6:
                raise UserError(self.env._("Somebody else used up %s meanwhile. Please try again.", pricing_line.display_name))
        lines.sudo().write({'is_used': True})

    def _give_back(self):
        """Give back to the authorizations what these lines took."""
        taken = self.sudo().filtered('is_used')
        back = defaultdict(float)
        for line in taken:
            back[line.pricing_line_id] -= line.approved_quantity
        taken.pricing_line_id._use({line: quantity for line, quantity in back.items() if quantity})
        taken.write({'is_used': False})

    def _override(self, decision, reason, amount=0.0):
        """Decide on lines otherwise than the rules; somebody else has to approve it.

        :param decision: ``'calculated'``, ``'claimed'``, ``'amount'`` or ``'refuse'``: what is paid
        :param amount: for one line, when ``decision`` is ``'amount'``
        :raises UserError: when a line is not to be decided now, or more pieces than are left would be paid
        """
        reason = (reason or '').strip()
        if not reason:
            raise UserError(self.env._("Please say why."))
        for line in self:
            if line.claim_state != 'submitted' or line.state not in ('exception', 'rejected', 'partial', 'overridden'):
                raise UserError(self.env._("“%s” does not wait for a decision by hand.", line.display_name))
        lines = self.sudo()
        lines._give_back()
        for line in lines:
            paid = {'calculated': line.amount_calculated, 'claimed': line.amount_claimed, 'amount': amount, 'refuse': 0.0}[decision]
            paid = line.currency_id.round(paid)
            if abs(paid) > abs(line.amount_claimed) or paid * line.amount_claimed < 0:
                raise UserError(self.env._("No more than was claimed can be paid for “%s”.", line.display_name))
            line.write({
                'state': 'overridden', 'amount_approved': paid, 'amount_rejected': line.amount_claimed - paid, 'amount_pending': 0,
                'approved_quantity': (-line.quantity if line.is_return else line.quantity) if decision != 'refuse' and paid else 0,
                'override_user_id': self.env.uid, 'override_reason': reason, 'override_date': fields.Datetime.now()})
        for line in lines.filtered(lambda line: line.pricing_line_id and line.approved_quantity):
            used = line.pricing_line_id._use({line.pricing_line_id: line.approved_quantity})[line.pricing_line_id]
            if not used:
                raise UserError(self.env._("Nothing is left of “%s” on the authorization.", line.display_name))
            # Of a quantity above what was left, the rest is paid without being taken from anything.
            line.write({'approved_quantity': used, 'is_used': True})
        for case, some in lines.grouped(lambda line: line.claim_id.case_id).items():
            case._log('claim_overridden', {case: {
                'lines': [line.display_name for line in some][:50], 'count': len(some), 'reason': reason, 'decision': decision}})
