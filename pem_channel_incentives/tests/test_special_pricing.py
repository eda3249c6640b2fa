from datetime import date, timedelta

import psycopg2

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import PricingCase


@tagged('post_install', '-at_install')
class TestSpecialPricing(PricingCase):
    """What a special pricing request says, before anybody decides on it."""

    def test_a_request_is_numbered_and_priced_from_the_partners_pricelist(self):
        self.acme.property_product_pricelist = self.env['product.pricelist'].create({
            'name': "Distributors", 'item_ids': [Command.create({
                'compute_price': 'percentage', 'percent_price': 10, 'applied_on': '3_global'})]})
        request = self.make_request()
        self.assertRegex(request.name, r'^SPR/\d{4}/\d{5}$')
        self.assertEqual(request.line_ids.book_cost, 18)
        self.assertEqual(request.amount_requested, 1500)
        self.assertEqual(request.amount_reduction, 300)
        self.assertAlmostEqual(request.line_ids.reduction_rate, 1 / 6)
        self.assertEqual(request.currency_id, self.acme.property_product_pricelist.currency_id)

    def test_whoever_enters_a_request_sees_prices_and_amounts_while_typing(self):
        with Form(self.env['pem.special.pricing'].with_user(self.desk)) as form:
            form.partner_id = self.acme
            form.end_customer = "Mercy Hospital"
            with form.line_ids.new() as line:
                line.product_id = self.bx17
                self.assertEqual(line.book_cost, 20)
                line.quantity = 10
                line.requested_cost = 16
                self.assertAlmostEqual(line.reduction_rate, 0.2)
                self.assertAlmostEqual(line.margin_rate, 0.5)
            self.assertEqual(form.amount_requested, 160)
            self.assertEqual(form.amount_reduction, 40)
        self.assertEqual(form.record.line_ids.book_cost, 20)

    def test_the_price_desk_sees_the_margin_and_others_do_not(self):
        request = self.make_request()
        seen = request.with_user(self.desk)
        self.assertEqual(seen.line_ids.unit_cost, 8)
        self.assertEqual(seen.margin, 700)
        self.assertAlmostEqual(seen.margin_rate, 700 / 1500)
        self.assertNotIn('margin', request.with_user(self.user).fields_get())
        self.assertNotIn('unit_cost', request.line_ids.with_user(self.user).fields_get())

    def test_unit_prices_keep_the_decimals_of_a_price_desk(self):
        request = self.make_request(line_ids=[Command.create({
            'product_id': self.bx18.id, 'quantity': 10000, 'requested_cost': 0.0345, 'resale_price': 0.05})])
        request.invalidate_recordset()
        self.assertEqual(request.line_ids.requested_cost, 0.0345)
        self.assertEqual(request.amount_requested, 345)
        self.assertEqual(request.line_ids._format_price(0.0345), '0.0345 USD')

    def test_the_database_refuses_what_makes_no_sense(self):
        for values in (
            {'line_ids': [Command.create({'product_id': self.bx17.id, 'quantity': 0, 'requested_cost': 1})]},
            {'line_ids': [Command.create({'product_id': self.bx17.id, 'quantity': 1, 'requested_cost': -1})]},
            {'line_ids': [Command.create({'product_id': self.bx17.id, 'requested_cost': 1, 'resale_price': -1})]},
            {'valid_to': date.today() - timedelta(days=1)},
        ):
            with self.subTest(values=values), self.assertRaises(psycopg2.errors.CheckViolation), \
                    mute_logger('odoo.sql_db'), self.cr.savepoint():
                self.make_request(**values)
                self.env.flush_all()

    def test_a_part_is_on_one_line(self):
        with self.assertRaisesRegex(ValidationError, "put the quantities together"):
            self.make_request(line_ids=[
                Command.create({'product_id': self.bx17.id, 'requested_cost': 1}),
                Command.create({'product_id': self.bx17.id, 'requested_cost': 2})])

    def test_what_is_missing_is_said_in_one_go(self):
        request = self.make_request(end_customer=False, reason=False, line_ids=False)
        with self.assertRaises(UserError) as caught:
            self.send(request)
        message = str(caught.exception)
        for sentence in ("End customer: Please answer this question.", "Why is it needed?: Please answer",
                         "Please add at least one part."):
            self.assertIn(sentence, message)
        self.assertFalse(request.case_id)

    def test_a_price_that_is_over_already_is_not_sent(self):
        request = self.make_request(valid_from=date.today() - timedelta(9), valid_to=date.today() - timedelta(2))
        with self.assertRaisesRegex(UserError, "This day is over already"):
            self.send(request)

    def test_a_blanket_price_needs_no_end_customer(self):
        request = self.send(self.make_request(type='blanket', end_customer=False))
        self.assertEqual(request.state, 'submitted')

    def test_a_copy_is_a_fresh_draft_without_the_number(self):
        request = self.send(self.make_request())
        self.task(request)._approve()
        copy = request.with_user(self.user).copy()
        self.assertEqual(copy.state, 'draft')
        self.assertFalse(copy.case_id)
        self.assertFalse(copy.authorization_number)
        self.assertEqual(copy.requested_by_id, self.user)
        self.assertNotEqual(copy.name, request.name)
        self.assertEqual(copy.line_ids.product_id, self.bx17)
        self.assertEqual(copy.line_ids.authorized_quantity, 0)

    def test_what_was_sent_cannot_be_changed_or_deleted(self):
        request = self.send(self.make_request()).with_user(self.user)
        for change in (
            lambda: request.write({'reason': "Another"}),
            lambda: request.line_ids.write({'requested_cost': 1}),
            lambda: request.line_ids.unlink(),
            lambda: request.write({'line_ids': [Command.create({'product_id': self.bx18.id, 'requested_cost': 1})]}),
            request.unlink,
        ):
            with self.assertRaises(UserError):
                change()
        request.write({'user_id': self.user.id})

    def test_a_draft_can_be_deleted(self):
        request = self.make_request().with_user(self.user)
        request.unlink()
        self.assertFalse(request.exists())

    def test_an_end_customer_we_know_is_recognised(self):
        mercy = self.make_partner("Mercy Hospital")
        request = self.send(self.make_request())
        self.assertEqual(request.end_customer_id, mercy)
        self.make_partner("Mercy Hospital")
        self.assertFalse(self.send(self.make_request()).end_customer_id)

    def test_an_authorization_expires_after_its_last_day(self):
        request, other = self.make_request(), self.make_request()
        self.send(request + other)
        (self.task(request) + self.task(other))._approve()
        request.sudo().write({'valid_from': date.today() - timedelta(9), 'valid_to': date.today() - timedelta(1)})
        other.sudo().valid_to = date.today()
        with self.enter_registry_test_mode():
            self.env.ref('pem_channel_incentives.ir_cron_expire_special_pricing').method_direct_trigger()
        self.assertEqual((request + other).mapped('state'), ['expired', 'active'])
        self.assertEqual(self.story(request.case_id)[-1], 'authorization_expired')

    def test_a_partners_form_leads_to_their_special_prices(self):
        self.make_request()
        partner = self.acme.with_user(self.user)
        self.assertEqual(partner.pem_special_pricing_count, 1)
        action = partner.action_open_pem_special_pricing()
        self.assertEqual(self.env[action['res_model']].search_count(action['domain']), 1)

    def test_an_uploaded_order_is_readable_to_who_reads_the_request(self):
        file = self.env['ir.attachment'].with_user(self.user).create({
            'name': "order.pdf", 'raw': b'%PDF-1.4', 'res_model': 'pem.special.pricing', 'res_id': 0})
        request = self.make_request(end_customer_order_ids=[Command.set(file.ids)])
        self.send(request)
        self.assertEqual(file.with_user(self.desk).raw, b'%PDF-1.4')
        answer = self.task(request).review_answer_ids.filtered(lambda one: one.name == 'end_customer_order')
        self.assertEqual(answer.attachment_ids, file)
