from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import PricingCase


@tagged('post_install', '-at_install')
class TestSpecialPricingOffer(PricingCase):
    """The price desk answers with another price, and the partner takes it or does not."""

    def setUp(self):
        super().setUp()
        self.request = self.send(self.make_request(line_ids=[
            Command.create({'product_id': self.bx17.id, 'quantity': 100, 'requested_cost': 15, 'resale_price': 18}),
            Command.create({'product_id': self.bx18.id, 'quantity': 10, 'requested_cost': 4, 'resale_price': 4.5})]))
        self.first, self.second = self.request.line_ids

    def offer(self, comment="", user=None, **terms):
        """Offer ``{part with underscore: (quantity, cost)}`` through the dialog."""
        request = self.request.with_user(user or self.desk)
        action = request.action_offer()
        form = Form(request.env[action['res_model']].with_context(**action['context']))
        form.comment = comment
        for number, line in enumerate(self.request.line_ids):
            if line._part() in terms:
                with form.line_ids.edit(number) as row:
                    row.offered_quantity, row.offered_cost = terms[line._part()]
        form.save().action_offer()

    def gateway(self):
        gateway = self.env['pem.gateway'].with_user(self.acme_user)
        actor = gateway._actor()
        return gateway, actor, gateway._document_sheet(actor, 'special-pricing', self.request.id)

    def test_the_partner_finds_the_offer_in_the_form_and_takes_it_by_sending_it(self):
        self.offer("If the order comes this month.", **{'BX-17': (80, 16)})
        self.assertEqual(self.request.state, 'returned')
        gateway, actor, sheet = self.gateway()
        page = gateway._page(sheet)
        self.assertEqual(page['comment'], "If the order comes this month.")
        self.assertIn("We offer 80 Units at 16.00 USD", sheet.reopened[f'lines.{self.first.id}.requested_cost'])
        self.assertEqual(sorted(sheet.reopened), [f'lines.{self.first.id}.quantity', f'lines.{self.first.id}.requested_cost'])
        self.assertEqual(gateway._submit(actor, sheet, {'answers': {}, 'rows': {}}), {})
        self.assertEqual(self.request.state, 'active')
        self.assertEqual((self.first.authorized_quantity, self.first.authorized_cost), (80, 16))
        self.assertEqual((self.second.authorized_quantity, self.second.authorized_cost), (10, 4))
        self.assertEqual(
            [kind for kind in self.story(self.request.case_id) if kind in ('returned', 'auto_approved', 'approved', 'authorized')],
            ['returned', 'auto_approved', 'authorized'])

    def test_another_price_than_the_offer_goes_to_the_price_desk_again(self):
        self.offer(**{'BX-17': (100, 16)})
        gateway, actor, sheet = self.gateway()
        key = str(self.first.id)
        self.assertEqual(gateway._submit(actor, sheet, {'answers': {}, 'rows': {key: {'requested_cost': '15.5'}}}), {})
        self.assertEqual((self.request.state, self.first.requested_cost), ('submitted', 15.5))
        self.assertFalse(self.request.date_offered or self.first.is_offered)
        self.task(self.request)._approve()
        self.assertEqual(self.first.authorized_cost, 15.5)

    def test_more_than_was_offered_is_not_taken_for_the_offer(self):
        self.offer(**{'BX-17': (80, 16)})
        gateway, actor, sheet = self.gateway()
        gateway._submit(actor, sheet, {'answers': {}, 'rows': {str(self.first.id): {'quantity': '81', 'requested_cost': '16'}}})
        self.assertEqual(self.request.state, 'submitted')

    def test_a_part_that_a_colleague_adds_is_not_covered_by_the_offer(self):
        self.offer(**{'BX-17': (100, 16)})
        bx19 = self.make_product("Hose BX", 'BX-19', 9, 3)
        self.request.with_user(self.user).write({'line_ids': [
            Command.update(self.first.id, {'requested_cost': 16}),
            Command.create({'product_id': bx19.id, 'quantity': 5, 'requested_cost': 1, 'resale_price': 2})]})
        self.send(self.request)
        self.assertEqual(self.request.state, 'submitted')

    def test_an_offer_says_something_else_than_the_request(self):
        with self.assertRaisesRegex(UserError, "something else than was asked"):
            self.offer(**{'BX-17': (100, 15)})

    def test_only_whoever_may_decide_makes_an_offer(self):
        with self.assertRaises(UserError):
            self.request.with_user(self.user).action_offer()
        with self.assertRaises(AccessError):
            self.env['pem.special.pricing.offer'].with_user(self.user).create({'request_id': self.request.id})
        with self.assertRaisesRegex(UserError, "decided by the review"):
            self.first.with_user(self.desk).offered_cost = 1

    def test_the_dialog_shows_the_margin_at_both_prices_and_what_was_agreed_before(self):
        before = self.send(self.make_request(line_ids=[Command.create({
            'product_id': self.bx17.id, 'quantity': 5, 'requested_cost': 14.2, 'resale_price': 18})]))
        self.task(before)._approve()
        form = Form(self.env['pem.special.pricing.offer'].with_user(self.desk).with_context(default_request_id=self.request.id))
        with form.line_ids.edit(0) as row:
            self.assertEqual(row.last_cost, 14.2)
            self.assertAlmostEqual(row.margin_rate, 7 / 15)
            row.offered_cost = 16
            self.assertEqual(row.offered_margin_rate, 0.5)
        self.assertEqual(form.offered_margin, 100 * 8 + 10 * 2)

    def test_the_desk_sees_who_else_asks_and_what_was_decided(self):
        mercy = self.send(self.make_request(partner_id=self.brown.id, contact_id=False, end_customer="mercy hospital "))
        authorized = self.send(self.make_request(end_customer="Somebody else"))
        self.task(authorized)._approve()
        seen = self.request.with_user(self.desk)
        self.assertEqual(seen.competing_line_ids.request_id, mercy)
        self.assertEqual(seen.history_line_ids.request_id, authorized)
        self.assertEqual(seen.same_customer_ids, mercy)


@tagged('post_install', '-at_install')
class TestSpecialPricingLife(PricingCase):
    """What becomes of a request and of its authorization."""

    def authorized(self, **values):
        request = self.send(self.make_request(**values))
        self.task(request)._approve()
        return request

    def test_a_request_can_be_taken_back_until_it_is_decided(self):
        request = self.send(self.make_request())
        request.with_user(self.user).action_recall()
        self.assertEqual((request.state, request.case_id.state), ('recalled', 'cancelled'))
        self.assertFalse(self.open_task(request.case_id, 'approval'))
        with self.assertRaisesRegex(UserError, "cannot become"):
            self.authorized().with_user(self.user).action_recall()

    def test_quantities_are_used_up_and_given_back(self):
        request = self.authorized()
        line = request.line_ids
        self.assertEqual(line.sudo()._use({line: 60}), {line: 60})
        self.assertEqual((line.remaining_quantity, request.state), (40, 'active'))
        self.assertEqual(line.sudo()._use({line: 50}), {line: 40})
        self.assertEqual((line.remaining_quantity, request.state), (0, 'exhausted'))
        self.assertEqual(line.sudo()._use({line: -10}), {line: -10})
        self.assertEqual((line.remaining_quantity, request.state), (10, 'active'))
        self.assertEqual(line.sudo()._use({line: -1000}), {line: -90})
        self.assertEqual(
            self.story(request.case_id)[-2:], ['authorization_exhausted', 'authorization_revived'])

    def test_an_extension_asks_for_the_rest_and_replaces_the_authorization_once_it_is_authorized(self):
        request = self.authorized()
        request.line_ids.sudo()._use({request.line_ids: 30})
        action = request.with_user(self.user).action_extend()
        self.assertEqual(request.with_user(self.user).action_extend(), action)
        draft = self.env[action['res_model']].browse(action['res_id'])
        self.assertEqual((draft.state, draft.valid_from, draft.valid_to), ('draft', request.valid_to + timedelta(1), False))
        self.assertEqual((draft.line_ids.quantity, draft.line_ids.requested_cost), (70, 15))
        self.assertEqual((draft.predecessor_id, draft.original_number), (request, request.authorization_number))
        draft.with_user(self.user).valid_to = request.valid_to + timedelta(60)
        self.send(draft)
        self.assertEqual(request.state, 'active')
        self.task(draft)._approve()
        self.assertEqual((request.state, draft.state), ('replaced', 'active'))
        self.assertEqual(self.story(request.case_id)[-1], 'authorization_replaced')
        further = draft.with_user(self.user)._succeed('requote')
        self.assertEqual(further.original_number, request.authorization_number)
        self.assertEqual(further.valid_from, date.today())

    def test_an_authorization_is_replaced_once(self):
        request = self.authorized().with_user(self.user)
        with self.assertRaisesRegex(UserError, "nothing to go on from"):
            self.make_request().with_user(self.user).action_extend()
        draft = request._succeed('extension')
        with self.assertRaisesRegex(UserError, "being replaced already"):
            request.action_requote()
        draft.action_cancel()
        self.assertTrue(request._succeed('requote'))

    def test_the_partner_takes_back_extends_and_prints_in_the_portal(self):
        gateway = self.env['pem.gateway'].with_user(self.acme_user)
        actor = gateway._actor()
        request = self.authorized()
        content, ending = gateway._print_document(actor, 'special-pricing', request.id)
        self.assertIn(request.authorization_number.encode(), content if ending == 'html' else request.authorization_number.encode())
        self.assertEqual([one['name'] for one in request._portal_actions()], ['extension', 'requote'])
        draft = gateway._act_on_document(actor, 'special-pricing', request.id, 'extension')
        self.assertEqual((draft.predecessor_id, draft.partner_id), (request, self.acme))
        other = self.send(self.make_request())
        gateway._act_on_document(actor, 'special-pricing', other.id, 'recall')
        self.assertEqual(other.state, 'recalled')

    def test_nobody_else_acts_on_or_prints_a_request(self):
        request = self.authorized()
        gateway = self.env['pem.gateway'].with_user(self.brown_user)
        for attempt in (lambda: gateway._act_on_document(gateway._actor(), 'special-pricing', request.id, 'extension'),
                        lambda: gateway._print_document(gateway._actor(), 'special-pricing', request.id)):
            with self.assertRaisesRegex(UserError, "not meant for you"):
                attempt()
        own = self.env['pem.gateway'].with_user(self.acme_user)
        with self.assertRaisesRegex(UserError, "not meant for you"):
            own._act_on_document(own._actor(), 'special-pricing', request.id, 'recall')
