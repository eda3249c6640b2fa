from odoo import Command

from .common import PricingCase


class TestSpecialPricingCalls(PricingCase):
    """What the process of a request calls: a check of the same document, or a question to the partner."""

    def call(self, called):
        """Return a request whose process calls another one before the price desk decides."""
        version = self.process._new_version()
        form = version.step_ids.filtered(lambda step: step.kind == 'form')[:1]
        step = self.env['pem.process.step'].create({
            'process_id': version.id, 'name': "Check first", 'kind': 'call', 'call_process_id': called.id, 'sequence': 25})
        after = form.outgoing_ids[:1]
        self.env['pem.process.flow'].create({
            'process_id': version.id, 'source_id': step.id, 'target_id': after.target_id.id, 'outcome': 'done'})
        after.target_id = step
        version._publish()
        return self.send(self.make_request())

    def make_check(self, **values):
        return self.make_process({
            'Start': {'kind': 'start'},
            'Large?': {'kind': 'decision'},
            'Check': {'kind': 'approval', 'approver_kind': 'user', 'approver_user_ids': [Command.set(self.second_desk.ids)]},
            'Done': {'kind': 'end'},
        }, [('Start', 'Large?'), ('Large?', 'Check', {'condition': "[('amount_requested', '>', 1000)]"}), ('Large?', 'Done'),
            ('Check', 'Done', {'outcome': 'approved'})], name="Check of the amount", **values)

    def test_a_called_process_looks_at_the_document_and_does_not_authorize_it(self):
        request = self.call(self.make_check(model_id=self.env['ir.model']._get('pem.special.pricing').id))
        child = request.case_id.child_ids
        self.assertEqual((child._subjects(), request.waiting_on), (request, 'sponsor'))
        self.open_task(child, 'approval').with_user(self.second_desk)._approve()
        self.assertEqual((child.state, request.state), ('done', 'submitted'))
        self.assertFalse(request.authorization_number)
        self.task(request)._approve()
        self.assertEqual(request.state, 'active')

    def test_a_rejection_in_the_called_process_refuses_the_document(self):
        request = self.call(self.make_check(model_id=self.env['ir.model']._get('pem.special.pricing').id))
        self.open_task(request.case_id.child_ids, 'approval').with_user(self.second_desk)._reject("No")
        self.assertEqual((request.case_id.state, request.state), ('rejected', 'rejected'))

    def test_the_partner_is_asked_a_question_about_the_request(self):
        form = self.make_form(("Since when do you know the customer?", 'char', {'name': 'since'}))
        called = self.make_process({
            'Start': {'kind': 'start'}, 'Ask': {'kind': 'form', 'form_id': form.id}, 'Done': {'kind': 'end'},
        }, [('Start', 'Ask'), ('Ask', 'Done')], name="A question")
        request = self.call(called)
        self.assertEqual(request.waiting_on, 'partner')
        self.submit(request.case_id.child_ids, {'since': "2019"})
        self.task(request)._approve()
        self.assertEqual(request.state, 'active')

    def test_a_process_in_which_the_document_is_sent_in_cannot_be_called(self):
        version = self.process._new_version()
        other = self.process.copy({'name': "Another way"})
        other._publish()
        step = self.env['pem.process.step'].create({
            'process_id': version.id, 'name': "Check first", 'kind': 'call', 'call_process_id': other.id})
        self.assertIn("in which partners send in the document itself", ' '.join(step._problems()))

    def test_what_was_called_does_not_keep_the_addon_from_being_uninstalled(self):
        form = self.make_form(("Remark", 'char'))
        called = self.make_process({
            'Start': {'kind': 'start'}, 'Ask': {'kind': 'form', 'form_id': form.id}, 'Done': {'kind': 'end'},
        }, [('Start', 'Ask'), ('Ask', 'Done')], name="A question")
        child = self.call(called).case_id.child_ids
        self.env['pem.special.pricing']._forget_cases()
        self.assertTrue(child.exists())
        self.assertFalse(child.parent_case_id)
