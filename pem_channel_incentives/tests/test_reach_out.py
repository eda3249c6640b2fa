from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PricingCase


@tagged('post_install', '-at_install')
class TestReachOut(PricingCase):
    """The desk asks something beside the request: the request itself stays where it is."""

    def setUp(self):
        super().setUp()
        self.request = self.send(self.make_request())
        self.ask = self.request.case_id.with_user(self.desk)._reach_out("Which plant?", "<p>For the freight.</p>")

    def gateway(self):
        gateway = self.env['pem.gateway'].with_user(self.acme_user)
        return gateway, gateway._actor()

    def test_the_question_has_a_page_of_its_own_and_the_request_is_not_open_because_of_it(self):
        gateway, actor = self.gateway()
        [line] = gateway._in_tray(actor)['lines']
        self.assertEqual((line['url'], line['title']), (f'/my/requests/{self.ask.id}', "Which plant?"))
        self.assertFalse(self.request._portal_open_task())
        self.assertFalse(gateway._document_sheet(actor, 'special-pricing', self.request.id).is_editable)
        with self.assertRaisesRegex(UserError, "sent in already"):
            self.request._submit_documents()

    def test_the_answer_submits_nothing_and_the_request_ends_when_both_are_done(self):
        gateway, actor = self.gateway()
        self.task(self.request)._approve()
        self.assertEqual((self.request.case_id.state, self.request.state), ('running', self.request.state))
        with patch.object(type(self.request), '_case_submitted') as submitted:
            self.assertFalse(gateway._submit(actor, gateway._task_sheet(actor, self.ask.id), {'answers': {'reply': "Lyon"}}))
        submitted.assert_not_called()
        self.assertEqual((self.request.case_id.state, self.request.state), ('done', 'active'))
