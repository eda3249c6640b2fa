from datetime import date, timedelta

from odoo.tests import tagged

from .common import PricingCase


@tagged('post_install', '-at_install')
class TestSpecialPricingPortal(PricingCase):
    """What partners see of a request and can say in it."""

    def setUp(self):
        super().setUp()
        self.request = self.env['pem.special.pricing'].with_user(self.acme_user).sudo()._portal_create(
            self.acme, self.acme_user.partner_id)
        self.values = {
            'type': 'meet_comp', 'end_customer': "Mercy Hospital", 'valid_from': str(date.today()),
            'valid_to': str(date.today() + timedelta(90)), 'reason': "Competition", 'competitor': "Medipump", 'end_customer_order': False}

    def row(self, key='new1', **cells):
        return {'key': key, 'part': 'BX-17', 'quantity': 10, 'requested_cost': 15, 'resale_price': 18, **cells}

    def fill(self, *rows, **values):
        values = {**self.values, **values}
        self.assertEqual(self.request._portal_check(values, list(rows)), {})
        self.request._portal_write(values, list(rows))

    def test_a_new_request_belongs_to_the_company_and_was_asked_for_by_its_person(self):
        self.assertEqual(
            (self.request.partner_id, self.request.contact_id, self.request.requested_by_id, self.request.state),
            (self.acme, self.acme_user.partner_id, self.acme_user, 'draft'))
        self.assertEqual(self.request._portal_form(), self.env.ref('pem_channel_incentives.pem_form_special_pricing'))
        self.assertEqual(self.request._portal_columns().mapped('name'), [
            'part', 'quantity', 'requested_cost', 'resale_price', 'competitor_price'])

    def test_asking_twice_without_writing_anything_leaves_one_draft(self):
        Request = self.env['pem.special.pricing'].with_user(self.acme_user).sudo()
        self.assertEqual(Request._portal_create(self.acme, self.acme_user.partner_id), self.request)
        self.fill(self.row())
        self.assertNotEqual(Request._portal_create(self.acme, self.acme_user.partner_id), self.request)

    def test_what_was_begun_and_not_sent_stands_in_the_in_tray(self):
        gateway = self.env['pem.gateway'].with_user(self.acme_user)
        actor = gateway._actor()
        self.assertEqual(gateway._in_tray(actor)['drafts'], [])
        sheet = gateway._document_sheet(actor, 'special-pricing', self.request.id)
        gateway._save_draft(sheet, {'answers': {'reason': "Compe"}})
        self.assertEqual([line['url'] for line in gateway._in_tray(actor)['drafts']], [self.request._portal_path()])
        stranger = self.env['pem.gateway'].with_user(self.brown_user)
        self.assertEqual(stranger._in_tray(stranger._actor())['drafts'], [])

    def test_what_was_written_is_what_is_shown(self):
        self.fill(self.row(), self.row('new2', part='bx-18', requested_cost=4, resale_price=5))
        self.assertEqual(self.request._portal_present(), self.values)
        rows = self.request._portal_rows()
        self.assertEqual([row['part'] for row in rows], ['BX-17', 'BX-18'])
        first, second = self.request.line_ids
        self.fill({**rows[1], 'quantity': 11}, {**rows[0]})
        self.assertEqual(second.quantity, 11)
        self.fill({**rows[0]}, self.row('x', part='BX-18'))
        self.assertEqual(first.exists(), first)
        self.assertFalse(second.exists())
        self.assertEqual(self.request._portal_summary(), "BX-17 and 1 more · Mercy Hospital")

    def test_a_draft_of_the_partner_ends_when_a_colleague_sends_the_request(self):
        self.fill(self.row())
        self.request.portal_draft = {'reason': "Half a sentence"}
        self.send(self.request)
        self.assertFalse(self.request.portal_draft)

    def test_a_part_is_found_by_number_barcode_or_name(self):
        self.bx18.barcode = '4006381333931'
        products, faults = self.request._find_products([
            self.row('a', part='BX-17'), self.row('b', part='4006381333931')])
        self.assertEqual((products, faults), ({'a': self.bx17, 'b': self.bx18}, {}))
        self.assertEqual(self.request._find_products([self.row('a', part='Pump BX')])[0], {'a': self.bx17})

    def test_a_part_number_with_a_percent_sign_is_no_pattern(self):
        self.assertIn("We do not know", self.request._find_products([self.row('a', part='BX%')])[1]['a'])
        self.assertIn("We do not know", self.request._find_products([self.row('a', part='BX_17')])[1]['a'])

    def test_unknown_foreign_and_ambiguous_parts_are_refused_beside_the_part(self):
        other = self.env['res.company'].create({'name': "Other company"})
        self.make_product("Foreign", 'FOR-1', 1, 1, company_id=other.id)
        self.make_product("Not sold", 'NOT-1', 1, 1, sale_ok=False)
        self.make_product("Twin", 'TW-1', 1, 1)
        self.make_product("Twin", 'TW-1', 1, 1)
        errors = self.request._portal_check(self.values, [
            self.row('a', part='NOPE'), self.row('b', part='FOR-1'), self.row('c', part='NOT-1'),
            self.row('d', part='TW-1'), self.row('e'), self.row('f', part='bx-17')])
        self.assertEqual(set(errors), {'a.part', 'b.part', 'c.part', 'd.part', 'f.part'})
        self.assertIn("more than one part", errors['d.part'])
        self.assertIn("listed above", errors['f.part'])

    def test_what_makes_no_sense_is_refused_where_it_stands(self):
        errors = self.request._portal_check(
            {**self.values, 'valid_to': str(date.today() - timedelta(1))},
            [self.row('a', quantity=0), self.row('b', part='BX-18', requested_cost=-1, resale_price=False)])
        self.assertEqual(set(errors), {'valid_to', 'a.quantity', 'b.requested_cost'})
        self.assertEqual(set(self.request._portal_check(self.values, [])), {'lines'})

    def test_files_of_others_are_not_taken_over(self):
        foreign = self.env['ir.attachment'].create({'name': "secret.pdf", 'raw': b'x', 'res_model': 'res.partner', 'res_id': self.brown.id})
        own = self.env['ir.attachment'].create({
            'name': "order.pdf", 'raw': b'x', 'res_model': 'pem.special.pricing', 'res_id': self.request.id})
        self.request._portal_write(
            {**self.values, 'end_customer_order': [{'id': one.id, 'name': one.name} for one in foreign + own]}, [self.row()])
        self.assertEqual(self.request.end_customer_order_ids, own)

    def test_questions_a_company_adds_are_kept_and_reviewed(self):
        version = self.process._new_version()
        self.env['pem.form.field'].create({
            'form_id': version.step_ids.form_id.id, 'label': "Ward", 'sequence': 90})
        version._publish()
        self.fill(self.row(), ward="Dialysis")
        self.assertEqual(self.request._portal_present()['ward'], "Dialysis")
        self.request._submit_documents()
        answers = {answer.name: answer.display for answer in self.task(self.request).review_answer_ids}
        self.assertEqual(answers['ward'], "Dialysis")

    def test_a_question_named_like_an_internal_field_writes_nothing_there(self):
        self.fill(self.row(), state='active', authorization_number='SPA-1')
        self.assertEqual((self.request.state, self.request.authorization_number), ('draft', False))

    def test_the_partner_learns_the_authorization_and_nothing_of_our_cost(self):
        self.fill(self.row())
        self.assertEqual(self.request._portal_facts(), [])
        self.request._submit_documents()
        self.task(self.request)._approve()
        facts = dict(self.request._portal_facts())
        self.assertEqual(facts["Authorization number"], self.request.authorization_number)
        self.assertEqual(facts['BX-17'], "10 Units at 15.00 USD, resale price 18.00 USD; 10 Units left")
        told = str([self.request._portal_facts(), self.request._portal_rows(), self.request._portal_present()])
        self.assertNotIn('cost', told.replace('requested_cost', ''))
