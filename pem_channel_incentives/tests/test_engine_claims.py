import doctest
import io
from datetime import date
from decimal import Decimal
from importlib import import_module
from pkgutil import iter_modules

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.pem_channel_incentives import engine
from odoo.addons.pem_channel_incentives.engine import claim_rules, x12_867
from odoo.addons.pem_channel_incentives.engine.claim_decision import decide, settle
from odoo.addons.pem_channel_incentives.engine.claim_facts import Authorization, Claim, Terms
from odoo.addons.pem_channel_incentives.engine.records import PosLine, Totals

from .test_engine_edi import CHARGEBACK

quick = settings(database=None, deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))

AUTHORIZATION = Authorization(
    'SPA-1', part='BX-17', valid_from=date(2026, 1, 1), valid_to=date(2026, 6, 30), issued=date(2025, 12, 20), currency='USD', unit='EA',
    parties=frozenset({'acme'}), customer='mercy', book_cost=Decimal('22.25'), authorized_cost=Decimal('18.25'),
    authorized_resale=Decimal('25'), remaining=Decimal(100), authorized=Decimal(100))
CLAIM = Claim(
    'SPA-1', 'BX-17', Decimal(15), claimed=Decimal(60), claimed_cost=Decimal('18.25'), book_cost=Decimal('22.25'),
    resale_price=Decimal('24'), ship_date=date(2026, 3, 1), claim_date=date(2026, 3, 5), currency='USD', unit='EA', party='acme',
    customer='mercy', invoice='I1')

MONEY = st.decimals(Decimal('0.01'), Decimal(500), places=2)


@tagged('post_install', '-at_install')
class TestClaimRules(BaseCase):
    """What a claim is worth, and why not more."""

    def test_the_examples_in_the_documentation_are_true(self):
        for module in iter_modules(engine.__path__):
            with self.subTest(module=module.name):
                result = doctest.testmod(import_module(f'{engine.__name__}.{module.name}'))
                self.assertTrue(result.attempted)
                self.assertFalse(result.failed)

    def refused(self, claim=None, authorization=None, terms=None, **_values):
        """The reasons why the claim, with changes, is refused."""
        return decide(
            CLAIM._replace(**(claim or {})), AUTHORIZATION._replace(**(authorization or {})), Terms(**(terms or {}))).codes

    def test_a_claim_that_holds_is_approved_in_full(self):
        result = decide(CLAIM, AUTHORIZATION, Terms())
        self.assertEqual((result.state, result.approved, result.remaining, result.codes), ('approved', 60, 85, ()))

    def test_each_rule_refuses_with_its_own_reason(self):
        for code, values in (
            ('15', {'claim': {'invoice': ''}}), ('15', {'claim': {'currency': 'EUR'}}), ('15', {'claim': {'unit': 'BX'}}),
            ('23', {'authorization': {'state': 'withdrawn'}}), ('02', {'claim': {'ship_date': date(2026, 7, 1), 'claim_date': date(2026, 7, 2)}}),
            ('19', {'claim': {'ship_date': date(2025, 12, 31)}}), ('20', {'claim': {'rebill_date': date(2025, 12, 1)}}),
            ('27', {'claim': {'ship_date': None, 'is_ship_date_valid': False}}), ('18', {'claim': {'ship_date': date(2026, 3, 6)}}),
            ('29', {'claim': {'claim_date': date(2026, 5, 1)}, 'terms': {'window': 60}}), ('03', {'authorization': {'is_part_authorized': False}}),
            ('14', {'claim': {'is_part_known': False}}), ('26', {'claim': {'customer': 'other'}}), ('08', {'claim': {'party': 'other'}}),
            ('05', {'authorization': {'remaining': Decimal(0)}}), ('04', {'authorization': {'remaining': Decimal(10)}}),
            ('16', {'claim': {'resale_price': Decimal('25.01')}}), ('06', {'claim': {'claimed_cost': Decimal('18')}}),
            ('07', {'claim': {'book_cost': Decimal('23')}}), ('31', {'claim': {'book_cost': Decimal(0)}}),
            ('17', {'authorization': {'authorized_cost': Decimal('22.25')}, 'claim': {'claimed_cost': Decimal('22.25'), 'claimed': Decimal(0)}}),
            ('30', {'authorization': {'kind': 'meet_comp', 'competitor_price': Decimal('19')}}), ('28', {'claim': {'duplicate_invoice': 'C1'}}),
            ('12', {'claim': {'duplicate_sequence': 'C1'}}), ('13', {'claim': {'price_protection': 'PP1'}}),
            ('11', {'claim': {'debit_number': 'x'}, 'terms': {'debit_pattern': r'D\d+'}}), ('24', {'authorization': {'on_sales_order': 'S1'}}),
            ('25', {'authorization': {'state': 'review'}}),
        ):
            with self.subTest(code=code, values=values):
                self.assertEqual(self.refused(**values), (code,))
        self.assertEqual(decide(CLAIM, None, Terms()).codes, ('01',))

    def test_every_rule_says_what_it_looked_at(self):
        result = decide(CLAIM, AUTHORIZATION, Terms(window=90))
        self.assertGreater(len(result.findings), 12)
        for found in result.findings:
            self.assertTrue(found.formula)
            self.assertTrue(found.inputs, found.rule)
            self.assertRegex(found.code, r'^\d\d$')
        self.assertEqual(len({one.__name__ for one in claim_rules.RULES}), len(claim_rules.RULES))

    def test_tolerances_are_kept_to_the_cent(self):
        self.assertEqual(self.refused(claim={'resale_price': Decimal('25.50')}, terms={'resale_tolerance': Decimal(2)}), ())
        self.assertEqual(self.refused(claim={'resale_price': Decimal('25.51')}, terms={'resale_tolerance': Decimal(2)}), ('16',))
        near = Terms(tolerance_amount=Decimal('0.50'), tolerance_percent=Decimal(1))
        result = decide(CLAIM._replace(claimed=Decimal('60.60')), AUTHORIZATION, near)
        self.assertEqual((result.state, result.approved, result.rejected), ('approved', 60, Decimal('0.60')))
        result = decide(CLAIM._replace(claimed=Decimal('59.50')), AUTHORIZATION, near)
        self.assertEqual((result.state, result.approved), ('approved', Decimal('59.50')))
        result = decide(CLAIM._replace(claimed=Decimal('60.70')), AUTHORIZATION, near)
        self.assertEqual((result.state, result.approved, result.pending), ('exception', 0, Decimal('60.70')))

    def test_the_basis_is_what_was_agreed(self):
        authorization = AUTHORIZATION._replace(ship_date_cost=Decimal('21.25'))
        claim = CLAIM._replace(claimed=None, book_cost=None, inventory_cost=Decimal('20.25'))
        self.assertEqual(
            [decide(claim, authorization, Terms(basis=basis)).approved for basis in ('authorization', 'ship_date', 'inventory')], [60, 45, 30])

    def test_what_comes_back_is_taken_back_and_gives_the_quantity_back(self):
        used = AUTHORIZATION._replace(remaining=Decimal(85))
        back = CLAIM._replace(quantity=Decimal(5), claimed=Decimal(-20), is_return=True, ship_date=date(2026, 8, 1), claim_date=date(2026, 8, 2))
        result = decide(back, used, Terms(window=30))
        self.assertEqual((result.state, result.approved, result.remaining), ('approved', -20, 90))
        result = decide(back._replace(quantity=Decimal(20), claimed=Decimal(-80)), used, Terms())
        self.assertEqual((result.state, result.approved, result.remaining), ('partial', -60, 100))

    def test_lines_share_what_is_left(self):
        results = settle([CLAIM] * 8, {('SPA-1', 'BX-17'): AUTHORIZATION}, Terms())
        self.assertEqual([one.approved_quantity for one in results], [15, 15, 15, 15, 15, 15, 10, 0])
        self.assertEqual(results[-1].codes, ('05',))

    def test_the_sample_settles_to_the_senders_own_total(self):
        found = list(x12_867.read(io.BytesIO(CHARGEBACK)))
        claims, authorizations = [], {}
        for line in found:
            if not isinstance(line, PosLine) or not line.authorization:
                continue
            authorizations[line.authorization, line.part] = Authorization(
                line.authorization, part=line.part, book_cost=line.book_cost, authorized_cost=line.authorized_cost,
                remaining=Decimal(50), authorized=Decimal(100))
            claims.append(Claim(
                line.authorization, line.part, line.quantity, claimed=line.claimed_unit * line.quantity, claimed_cost=line.authorized_cost,
                book_cost=line.book_cost, ship_date=line.ship_date, claim_date=date(2000, 3, 2), unit=line.unit,
                invoice=line.invoice or 'DIN546234-D', is_return=line.is_return))
        results = settle(claims, authorizations, Terms())
        total = next(one for one in found if isinstance(one, Totals)).claimed
        self.assertEqual(sum(one.approved for one in results), Decimal('43.09'))
        self.assertEqual(sum(one.approved for one in results), total)

    @quick
    @given(
        st.lists(st.tuples(
            st.decimals(Decimal('0.001'), Decimal(300), places=3), MONEY | st.none(), MONEY, MONEY, st.booleans(),
            st.sampled_from(['', 'mercy', 'other'])), max_size=8),
        st.decimals(Decimal(0), Decimal(500), places=3), MONEY, MONEY, MONEY, st.sampled_from(['active', 'withdrawn', 'review']), st.integers(0, 3))
    def test_claimed_is_approved_rejected_or_pending_and_remaining_is_never_below_zero(
            self, sold, remaining, book, authorized, tolerance, state, digits):
        authorization = AUTHORIZATION._replace(
            remaining=remaining, authorized=Decimal(500), book_cost=book, authorized_cost=authorized, state=state, authorized_resale=None,
            customer='mercy')
        claims = [
            CLAIM._replace(
                quantity=quantity, claimed=claimed if claimed is None or not back else -claimed, claimed_cost=cost, book_cost=None,
                resale_price=price, is_return=back, customer=customer)
            for quantity, claimed, cost, price, back, customer in sold]
        terms = Terms(tolerance_amount=tolerance, cost_tolerance=Decimal(10), digits=digits)
        left = remaining
        for claim, result in zip(claims, settle(claims, {('SPA-1', 'BX-17'): authorization}, terms), strict=True):
            self.assertEqual(result.claimed, result.approved + result.rejected + result.pending)
            self.assertEqual(claim.quantity, result.approved_quantity + result.rejected_quantity + result.pending_quantity)
            self.assertEqual(result.remaining, left + result.approved_quantity * (1 if claim.is_return else -1))
            self.assertTrue(0 <= result.remaining <= 500)
            left = result.remaining
            if result.state in ('exception', 'rejected'):
                self.assertEqual((result.approved, result.approved_quantity), (0, 0))
            if not claim.is_return:
                self.assertGreaterEqual(result.approved, 0)
            if result.state == 'approved':
                self.assertEqual(result.approved, min(result.claimed, result.calculated))
            # A decision can be replayed, and is the same without its explanation.
            before = authorization._replace(remaining=left + result.approved_quantity * (-1 if claim.is_return else 1))
            self.assertEqual(result, decide(claim, before, terms))
            self.assertEqual(result._replace(findings=()), decide(claim, before, terms, explain=False))
