import base64
from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.pem_partner_portal.engine import spreadsheet

from ..engine import claim_rules
from .common import PricingCase


class ClaimCase(PricingCase):
    """A world with an authorization: 100 pieces of BX-17 at 15 instead of 20, sold at 18 to Mercy Hospital."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls.make_user('pem_clerk', 'pem_channel_incentives.group_claim_desk', name="Cleo Clerk")
        cls.second_clerk = cls.make_user('pem_clerk2', 'pem_channel_incentives.group_claim_desk', name="Carl Clerk")

    def setUp(self):
        super().setUp()
        self.authorization = self.send(self.make_request())
        self.task(self.authorization)._approve()
        self.authorization.sudo().write({'valid_from': date.today() - timedelta(30)})
        self.authorized = self.authorization.line_ids

    def line(self, **values):
        return Command.create({
            'authorization_number': self.authorization.authorization_number, 'part': 'BX-17', 'quantity': 10, 'invoice': 'I-1',
            'ship_date': date.today() - timedelta(2), 'end_customer': "Mercy Hospital", 'resale_price': 18, **values})

    def make_claim(self, *lines, user=None, **values):
        return self.env['pem.claim'].with_user(user or self.user).create({
            'partner_id': self.acme.id, 'contact_id': self.acme_user.partner_id.id, 'line_ids': list(lines) or [self.line()], **values,
        }).with_env(self.env)

    def submit(self, claim, user=None):
        claim.with_user(user or self.user).action_submit()
        return claim

    def decision(self, claim, user=None):
        return self.open_task(claim.case_id, 'approval').with_user(user or self.clerk)


@tagged('post_install', '-at_install')
class TestClaims(ClaimCase):
    """What becomes of what a partner claims."""

    def test_a_claim_that_holds_is_approved_by_the_rules_at_once(self):
        claim = self.submit(self.make_claim())
        self.assertRegex(claim.name, r'^CLM/\d{4}/\d{5}$')
        self.assertEqual((claim.state, claim.amount_claimed, claim.amount_approved), ('approved', 50, 50))
        self.assertEqual((claim.line_ids.state, claim.line_ids.codes), ('approved', False))
        self.assertEqual(self.authorized.remaining_quantity, 90)
        self.assertIn('claim_validated', self.story(claim.case_id))
        self.assertIn("every line is decided by the rules", str(claim.case_id.event_ids.mapped('description')))

    def test_each_line_says_which_rule_it_failed_with_the_numbers(self):
        claim = self.submit(self.make_claim(self.line(), self.line(invoice='I-2', resale_price=18.4)))
        self.assertEqual(claim.state, 'partial')
        good, bad = claim.line_ids
        self.assertEqual((bad.state, bad.codes, bad.amount_approved, bad.amount_rejected), ('rejected', '16', 0, 50))
        found = {finding['rule']: finding for finding in bad._findings()}
        self.assertFalse(found['resale_price']['holds'])
        self.assertEqual(found['resale_price']['detail'], "sold at 18.40; authorized 18 + 0 % = 18")
        self.assertIn("reason 16", bad.reason)
        self.assertTrue(all(finding['holds'] for finding in good._findings()))
        self.assertIn('fa-times', bad.findings_html)

    def test_every_rule_has_words_for_it(self):
        rules = {rule.__name__ for rule in claim_rules.RULES} | {'price_known', 'amount'}
        Line = self.env['pem.claim.line']
        self.assertEqual(rules - set(Line._rule_labels()), set())
        self.assertEqual(rules - set(Line._rule_sentences()), set())

    def test_more_than_is_left_is_paid_as_far_as_it_goes(self):
        claim = self.submit(self.make_claim(self.line(quantity=70), self.line(quantity=70, invoice='I-2'), self.line(invoice='I-3')))
        self.assertEqual(claim.line_ids.mapped('state'), ['approved', 'partial', 'rejected'])
        self.assertEqual(claim.line_ids.mapped('codes'), [False, '04', '05'])
        self.assertEqual(claim.line_ids.mapped('amount_approved'), [350, 150, 0])
        self.assertEqual((self.authorized.remaining_quantity, self.authorization.state), (0, 'exhausted'))
        self.assertEqual(claim.amount_claimed, claim.amount_approved + claim.amount_rejected)

    def test_a_part_written_in_two_ways_shares_what_is_left(self):
        claim = self.submit(self.make_claim(self.line(quantity=60), self.line(part='bx-17', quantity=60, invoice='I-2')))
        self.assertEqual(claim.line_ids.mapped('approved_quantity'), [60, 40])

    def test_a_return_is_owed_and_gives_the_quantity_back(self):
        self.submit(self.make_claim(self.line(quantity=100)))
        self.assertEqual(self.authorization.state, 'exhausted')
        claim = self.submit(self.make_claim(self.line(quantity=5, is_return=True)))
        self.assertEqual((claim.amount_approved, claim.line_ids.approved_quantity), (-25, -5))
        self.assertEqual((self.authorized.remaining_quantity, self.authorization.state), (5, 'active'))

    def test_an_invoice_is_claimed_once(self):
        first = self.submit(self.make_claim())
        again = self.submit(self.make_claim())
        self.assertEqual((again.state, again.line_ids.codes), ('rejected', '28'))
        self.assertIn(first.name, again.line_ids._findings()[-2]['detail'] + str(again.line_ids._findings()))
        twice = self.submit(self.make_claim(self.line(invoice='I-9'), self.line(invoice='I-9')))
        self.assertEqual(twice.line_ids.mapped('codes'), [False, '28'])

    def test_a_check_shows_the_result_and_uses_nothing_up(self):
        claim = self.make_claim(self.line(), self.line(invoice='I-2', authorization_number='SPA-NONE'))
        claim.with_user(self.user).action_check()
        self.assertEqual(claim.line_ids.mapped('state'), ['approved', 'rejected'])
        self.assertEqual(claim.line_ids[1].codes, '01')
        self.assertEqual((claim.state, self.authorized.remaining_quantity), ('draft', 100))

    def test_what_differs_too_much_is_decided_by_hand_and_approved_by_somebody_else(self):
        claim = self.submit(self.make_claim(self.line(claimed_unit=6)))
        self.assertEqual((claim.state, claim.line_ids.state, claim.amount_pending), ('submitted', 'exception', 60))
        with self.assertRaisesRegex(UserError, "still wait for a decision"):
            self.decision(claim)._approve()
        with self.assertRaisesRegex(UserError, "say why"):
            claim.line_ids.with_user(self.clerk)._override('claimed', ' ')
        claim.line_ids.with_user(self.clerk)._override('claimed', "Freight was agreed.")
        self.assertEqual((claim.line_ids.state, claim.amount_approved, claim.amount_pending), ('overridden', 60, 0))
        self.assertEqual(self.authorized.remaining_quantity, 90)
        with self.assertRaisesRegex(UserError, "Somebody else has to approve"):
            self.decision(claim)._approve()
        self.decision(claim, self.second_clerk)._approve()
        self.assertEqual((claim.state, claim.amount_approved), ('approved', 60))
        self.assertIn('claim_overridden', self.story(claim.case_id))

    def test_no_more_than_was_claimed_is_paid_by_hand(self):
        claim = self.submit(self.make_claim(self.line(claimed_unit=6)))
        with self.assertRaisesRegex(UserError, "No more than was claimed"):
            claim.line_ids.with_user(self.clerk)._override('amount', "Because", 61)
        claim.line_ids.with_user(self.clerk)._override('refuse', "No proof.")
        self.assertEqual((claim.amount_approved, claim.amount_rejected, self.authorized.remaining_quantity), (0, 60, 100))

    def test_within_the_tolerance_the_lower_amount_is_paid(self):
        self.env.company.pem_claim_tolerance_amount = 2
        claim = self.submit(self.make_claim(self.line(claimed_unit=5.1)))
        self.assertEqual((claim.state, claim.amount_claimed, claim.amount_approved), ('partial', 51, 50))

    def test_taking_a_claim_back_or_declining_it_gives_the_quantity_back(self):
        for end in ('recall', 'decline'):
            claim = self.submit(self.make_claim(self.line(), self.line(invoice='I-2', claimed_unit=9)))
            self.assertEqual(self.authorized.remaining_quantity, 90)
            if end == 'recall':
                claim.with_user(self.user).action_recall()
            else:
                self.decision(claim)._reject("Not like this.")
            self.assertEqual(self.authorized.remaining_quantity, 100)
        self.assertEqual((claim.state, claim.amount_approved, claim.amount_rejected), ('rejected', 0, claim.amount_claimed))

    def test_refused_lines_are_corrected_and_claimed_again(self):
        claim = self.submit(self.make_claim(self.line(), self.line(invoice='I-2', resale_price=30)))
        action = claim.with_user(self.user).action_claim_again()
        again = self.env['pem.claim'].browse(action['res_id'])
        self.assertEqual((again.state, again.line_ids.invoice, again.line_ids.state), ('draft', 'I-2', 'new'))
        again.line_ids.with_user(self.user).resale_price = 17
        self.assertEqual(self.submit(again).state, 'approved')

    def test_a_decision_can_be_taken_again_on_what_it_looked_at(self):
        claim = self.submit(self.make_claim(self.line(resale_price=18.4)))
        self.authorization.line_ids.sudo().authorized_resale = 99
        found = {finding['rule']: finding['holds'] for finding in claim.line_ids._findings()}
        self.assertFalse(found['resale_price'])

    def test_what_was_decided_is_not_changed_by_hand(self):
        claim = self.submit(self.make_claim()).with_user(self.clerk)
        with self.assertRaises(AccessError):
            claim.state = 'settled'
        for change in (lambda: claim.line_ids.write({'amount_approved': 999}), lambda: claim.line_ids.write({'quantity': 1}),
                       lambda: claim.line_ids.unlink(), claim.unlink):
            with self.assertRaises(UserError):
                change()
        forged = self.make_claim(self.line(amount_approved=999, state='approved'))
        self.assertEqual((forged.line_ids.state, forged.line_ids.amount_approved), ('new', 0))

    def test_only_the_claim_desk_decides_by_hand(self):
        claim = self.submit(self.make_claim(self.line(claimed_unit=6)))
        with self.assertRaises(AccessError):
            self.env['pem.claim.override'].with_user(self.user).create({
                'line_ids': [Command.set(claim.line_ids.ids)], 'reason': "x", 'decision': 'claimed'})

    def test_a_claim_takes_as_many_queries_for_a_hundred_lines_as_for_ten(self):
        counts = []
        for number in (10, 100):
            claim = self.make_claim(*(self.line(quantity=0.1, invoice=f'{number}-{index}') for index in range(number)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            claim._settle_lines()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)


@tagged('post_install', '-at_install')
class TestClaimPortal(ClaimCase):
    """How partners claim."""

    def gateway(self, user=None):
        gateway = self.env['pem.gateway'].with_user(user or self.acme_user)
        return gateway, gateway._actor()

    def row(self, **cells):
        return {
            'authorization_number': self.authorization.authorization_number, 'part': 'BX-17', 'quantity': '10', 'invoice': 'P-1',
            'ship_date': str(date.today() - timedelta(1)), 'end_customer': "Mercy Hospital", 'resale_price': '18', **cells}

    def test_a_partner_claims_and_reads_each_rule(self):
        gateway, actor = self.gateway()
        claim = gateway._new_document(actor, 'claims')
        sheet = gateway._document_sheet(actor, 'claims', claim.id)
        self.assertIn('new1.ship_date', gateway._submit(actor, sheet, {'answers': {}, 'rows': {'new1': self.row(ship_date='soon')}}))
        sheet = gateway._document_sheet(actor, 'claims', claim.id)
        rows = {'new1': self.row(), 'new2': self.row(invoice='P-2', resale_price='19')}
        self.assertEqual(gateway._submit(actor, sheet, {'answers': {'debit_number': 'D-1'}, 'rows': rows}), {})
        self.assertEqual((claim.state, claim.debit_number), ('partial', 'D-1'))
        page = gateway._page(gateway._document_sheet(actor, 'claims', claim.id))
        self.assertEqual([line['state'] for line in page['claim_lines']], ['approved', 'rejected'])
        self.assertEqual([one['name'] for one in page['actions']], ['again'])
        again = gateway._act_on_document(actor, 'claims', claim.id, 'again')
        self.assertEqual((again.line_ids.invoice, again.requested_by_id), ('P-2', self.acme_user))

    def test_a_partner_checks_a_claim_before_sending_it(self):
        gateway, actor = self.gateway()
        claim = gateway._new_document(actor, 'claims')
        sheet = gateway._document_sheet(actor, 'claims', claim.id)
        gateway._save_draft(sheet, {'answers': {}, 'rows': {'new1': self.row(), 'new2': self.row(invoice='P-2', resale_price='19')}})
        errors, found = gateway._precheck(gateway._document_sheet(actor, 'claims', claim.id))
        self.assertEqual(errors, {})
        self.assertEqual([line['state'] for line in found['claim_lines']], ['approved', 'rejected'])
        self.assertIn("50.00", found['claim_checked'])
        self.assertFalse(claim.line_ids)
        self.assertEqual((claim.state, self.authorized.remaining_quantity), ('draft', 100))
        sent = self.submit(self.make_claim())
        with self.assertRaisesRegex(UserError, "not meant for you"):
            gateway._precheck(gateway._document_sheet(actor, 'claims', sent.id))

    def test_the_answer_is_downloaded_as_a_file(self):
        claim = self.submit(self.make_claim(self.line(), self.line(invoice='=cmd()', resale_price=30), debit_number='D-7'))
        gateway, actor = self.gateway()
        name, content, kind = gateway._download_document(actor, 'claims', claim.id, 'x12')
        self.assertEqual((name, kind), (claim.name.replace('/', '-') + '.849.edi', 'application/edi-x12'))
        self.assertIn(b'BRC*11*', content)
        self.assertIn(b'RRE*16', content)
        self.assertIn(b'AMT*TT*50', content)
        rows = spreadsheet.read_xlsx(gateway._download_document(actor, 'claims', claim.id, 'xlsx')[1])
        self.assertEqual((rows[2][4], rows[2][10]), ('=cmd()', '16'))
        self.assertIn(b"'=cmd()", claim._response('csv')[1])
        other, stranger = self.gateway(self.brown_user)
        with self.assertRaisesRegex(UserError, "not meant for you"):
            other._download_document(stranger, 'claims', claim.id, 'x12')
        with self.assertRaisesRegex(UserError, "not decided yet"):
            self.make_claim()._response('x12')

    def test_how_authorizations_stand_is_told_to_one_partner(self):
        self.submit(self.make_claim())
        text = self.authorization._status_845(self.authorization)
        self.assertIn(b'CON*CT*' + self.authorization.authorization_number.encode() + b'*AC', text)
        self.assertIn(b'QTY*RE*90', text)
        with self.assertRaisesRegex(UserError, "None of the requests"):
            self.make_request().action_status_845()

    def test_our_costs_are_not_shown_to_the_partner(self):
        claim = self.submit(self.make_claim())
        gateway, actor = self.gateway()
        page = gateway._page(gateway._document_sheet(actor, 'claims', claim.id))
        self.assertNotIn('unit_cost', str(page))
        other, stranger = self.gateway(self.brown_user)
        with self.assertRaisesRegex(UserError, "not meant for you"):
            other._document_sheet(stranger, 'claims', claim.id)


@tagged('post_install', '-at_install')
class TestClaimsFromReports(ClaimCase):
    """Ship and debit that comes with the report of sales."""

    def make_report(self, *rows):
        self.make_partner("Mercy Hospital", ref='MH-1')
        head = 'Date,Invoice,Part Number,Qty,Unit Price,End Customer,Authorization No\n'
        report = self.env['pem.pos.report'].with_user(self.user).create({
            'partner_id': self.acme.id, 'file_name': 'may.csv',
            'file': base64.b64encode((head + ''.join(f'{row}\n' for row in rows)).encode())})
        report.action_read()
        return report

    def test_lines_that_cite_an_authorization_become_a_claim(self):
        day, number = date.today() - timedelta(2), self.authorization.authorization_number
        report = self.make_report(
            f'{day},R-1,BX-17,30,18,Mercy Hospital,{number}', f'{day},R-2,BX-17,5,30,Mercy Hospital,{number}',
            f'{day},R-3,BX-17,9,18,Mercy Hospital,')
        self.assertEqual(report.state, 'released')
        claim = self.env['pem.claim'].browse(report.action_claim()['res_id'])
        self.assertEqual((claim.state, claim.line_count, claim.pos_report_id), ('draft', 2, report))
        self.assertEqual(claim.line_ids.mapped('state'), ['approved', 'rejected'])
        self.assertEqual(self.authorized.remaining_quantity, 100)
        self.submit(claim)
        self.assertEqual((claim.state, claim.amount_approved, self.authorized.remaining_quantity), ('partial', 150, 70))
        self.assertEqual((report.state, report.claim_count), ('processed', 1))
        with self.assertRaisesRegex(UserError, "is not released"):
            report.action_claim()

    def test_a_report_without_authorizations_claims_nothing(self):
        report = self.make_report(f'{date.today()},R-1,BX-17,30,18,Mercy Hospital,')
        with self.assertRaisesRegex(UserError, "cites an authorization"):
            report.action_claim()
        self.assertEqual(report.state, 'released')
