from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import PricingWorld


@tagged('-at_install', 'post_install')
class TestSpecialPricingTours(PricingWorld, HttpCase):

    def setUp(self):
        super().setUp()
        self.make_world()

    def on_the_phone(self, address, tour):
        """Walk a tour as the partner's person, on a screen of 360 pixels."""
        self.browser_size, self.touch_enabled = '360x740', True
        self.start_tour(address, tour, login='acme_portal', timeout=120)

    def at_the_desk(self, tour, login='pem_desk'):
        self.browser_size, self.touch_enabled = '1400x900', False
        self.start_tour('/odoo/special-pricing', tour, login=login, timeout=120)

    def test_a_partner_asks_is_asked_back_takes_a_counter_offer_and_sees_the_authorization(self):
        self.on_the_phone('/my/requests', 'pem_special_pricing_ask')
        request = self.env['pem.special.pricing'].search([('partner_id', '=', self.acme.id)])
        self.assertEqual((request.state, request.requested_by_id, request.type), ('submitted', self.acme_user, 'meet_comp'))
        self.assertEqual(request.line_ids.product_id, self.bx17)

        self.at_the_desk('pem_special_pricing_desk')
        self.assertEqual((request.state, request.waiting_on), ('returned', 'partner'))

        self.on_the_phone('/my/requests', 'pem_special_pricing_correct')
        verdicts = {answer.name: answer.verdict for answer in self.task(request).review_answer_ids}
        price = f'lines.{request.line_ids.id}.resale_price'
        self.assertEqual(request.line_ids.resale_price, 17)
        self.assertEqual(verdicts.pop(price), 'pending')
        self.assertEqual(set(verdicts.values()), {'accepted'})

        self.at_the_desk('pem_special_pricing_counter')
        self.assertEqual((request.state, request.line_ids.offered_cost), ('returned', 16))
        self.on_the_phone('/my/requests', 'pem_special_pricing_accept')
        self.assertEqual((request.state, request.line_ids.authorized_cost), ('active', 16))
        self.on_the_phone('/my/requests?tab=done', 'pem_special_pricing_look')

    def test_the_desk_approves_from_the_list(self):
        request = self.send(self.make_request())
        self.at_the_desk('pem_special_pricing_approve')
        self.assertEqual(request.state, 'active')

    def test_a_colleague_who_submits_too_early_is_told_everything_that_is_missing(self):
        with mute_logger('odoo.http'):
            self.at_the_desk('pem_special_pricing_enter', login='pem_user')

    def test_another_partner_gets_not_found_for_every_address_of_a_request(self):
        request = self.send(self.make_request())
        self.authenticate('brown_portal', 'brown_portal')
        for path in ('', '/print', '/do/recall', '/draft', '/files/end_customer_order', '/files/1', '/discard'):
            address = f'/my/requests/special-pricing/{request.id}{path}'
            with self.subTest(address=address):
                self.assertNotIn("Mercy Hospital", self.url_open(address).text)
        self.assertEqual(self.url_open(f'/my/requests/special-pricing/{request.id}').status_code, 404)
        self.authenticate('acme_portal', 'acme_portal')
        page = self.url_open(f'/my/requests/special-pricing/{request.id}')
        self.assertIn("Mercy Hospital", page.text)
        self.assertNotIn("20.00 USD", page.text)
