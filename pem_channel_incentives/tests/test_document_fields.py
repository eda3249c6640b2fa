from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PricingCase


@tagged('post_install', '-at_install')
class TestDocumentFields(PricingCase):
    """Questions that fill fields of a request, and those that are answered with a product."""

    def setUp(self):
        super().setUp()
        self.env['ir.model.fields'].sudo().create({
            'model_id': self.env['ir.model']._get_id('pem.special.pricing'), 'name': 'x_project', 'ttype': 'char',
            'field_description': "Project"})
        self.version = self.process._new_version()
        self.form = self.version.step_ids.form_id

    def ask(self, label, value_type, **values):
        self.form.field_ids = [Command.create({'label': label, 'value_type': value_type, 'sequence': 50, **values})]

    def begin(self):
        self.version._publish()
        return self.env['pem.special.pricing'].with_user(self.acme_user).sudo()._portal_create(self.acme, self.acme_user.partner_id)

    def values(self, **values):
        today = self.env.cr.now().date()
        return {'type': 'blanket', 'valid_from': str(today), 'valid_to': str(today.replace(year=today.year + 1)), **values}

    def test_a_question_of_any_name_fills_the_field_it_is_bound_to(self):
        self.form.field_ids.filtered(lambda question: question.name == 'reason').write({'name': 'why', 'document_field': 'reason'})
        self.ask("Project", 'char', document_field='x_project')
        request = self.begin()
        self.make_product("Filter", 'KX-99', 20, 8)
        row = {'key': 'new1', 'part': 'KX-99', 'quantity': 10, 'requested_cost': 15, 'resale_price': 18}
        request._portal_write(self.values(why="Lost otherwise", project="Tower"), [row])
        self.assertEqual((request.reason, request.x_project, request.extra_answers), ("Lost otherwise", "Tower", False))
        present = request._portal_present()
        self.assertEqual((present['why'], present['project']), ("Lost otherwise", "Tower"))

    def test_what_was_asked_again_later_fills_the_request_when_it_is_approved(self):
        request = self.make_request()
        self.ask("Project", 'char', document_field='x_project')
        self.version._publish()
        self.send(request)
        task = self.env['pem.task'].search([('case_id', '=', request.case_id.id), ('kind', '=', 'form')])
        answers = self.env['pem.submission']._prepare_answers(task, {'project': "Tower"})
        [answer] = [one for one in answers if one['name'] == 'project']
        self.assertEqual((answer['document_field'], answer['old_display'], answer['is_changed']), ('x_project', '', True))
        submission = self.env['pem.submission']._record({task: [answer]})
        submission._settle('accepted')
        request.case_id._write_back()
        self.assertEqual(request.x_project, "Tower")
        self.assertTrue(submission.answer_ids.is_filled)

    def test_a_question_cannot_fill_what_the_engine_decides_or_what_holds_something_else(self):
        self.ask("State", 'char', document_field='state')
        self.ask("Day", 'date', document_field='x_project')
        self.ask("Kind", 'selection', document_field='type', option_ids=[Command.create({'name': "Odd", 'key': 'odd'})])
        with self.assertRaises(UserError) as caught:
            self.version._publish()
        for sentence in ("“State” fills “state”, which answers may not change.", "“Day” is of a kind that cannot fill “Project”.",
                         "“Kind” offers “Odd”, which “Type” does not know."):
            self.assertIn(sentence, str(caught.exception))

    def test_a_campaign_has_no_document_to_fill(self):
        with self.assertRaisesRegex(UserError, "“Project” fills a field of a document, but the process runs on none"):
            self.make_simple_process(self.make_form(("Project", 'char', {'document_field': 'x_project'})))

    def test_a_product_is_one_that_we_sell(self):
        hidden = self.make_product("Spare", 'SP-1', 1, 1, sale_ok=False)
        form = self.make_form(("Product", 'product', {'required': True}))
        self.assertEqual(form._check_answers({'product': str(self.bx17.id)}), ({'product': self.bx17.id}, {}))
        for raw in (str(hidden.id), '0', 'BX', [self.bx17.id]):
            with self.subTest(raw):
                self.assertEqual(form._check_answers({'product': raw})[1], {'product': "Please choose one of the offered answers."})
        self.assertEqual(form.field_ids._display(self.bx17.id), "[BX-17] Pump BX")
        self.assertIn((self.bx17.id, "[BX-17] Pump BX"), form.field_ids._choices())
        self.assertEqual(form.field_ids._definition_entry(), {
            'name': 'product', 'string': "Product", 'type': 'many2one', 'comodel': 'product.product'})

    def test_without_this_addon_questions_for_products_are_asked_for_text(self):
        form = self.make_form(("Product", 'product'))
        self.make_simple_process(form)
        kind = self.env['ir.model.fields.selection'].search([
            ('field_id.model', '=', 'pem.form.field'), ('field_id.name', '=', 'value_type'), ('value', '=', 'product')])
        kind._process_ondelete()
        self.assertEqual(form.field_ids.value_type, 'char')

    def test_who_designs_is_offered_the_fields_that_may_be_filled(self):
        offered = {name: (label, kinds) for name, label, kinds in self.form.document_fields}
        self.assertEqual(offered['x_project'], ("Project", ['char', 'email', 'phone', 'url', 'selection']))
        self.assertEqual(offered['valid_to'][1], ['date'])
        self.assertNotIn('state', offered)
        self.assertFalse(self.make_form(("Name", 'char')).document_fields)
