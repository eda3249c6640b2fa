import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PricingCase

OURS = ('pem.special.pricing', 'pem.special.pricing.line')


@tagged('post_install', '-at_install')
class TestSpecialPricingSecurity(PricingCase):
    """Who may see and do what."""

    def test_partners_and_the_public_can_neither_read_nor_call_the_models(self):
        request = self.send(self.make_request())
        for user in (self.acme_user, self.brown_user, self.env.ref('base.public_user'), self.outsider):
            for name in OURS:
                Model = self.env[name].with_user(user)
                for operation in ('read', 'write', 'create', 'unlink'):
                    self.assertFalse(Model.has_access(operation), f"{user.login} may {operation} {name}")
            for method in ('read', 'action_submit', 'action_approve', 'action_review', 'action_cancel',
                           'action_open_review_tasks', 'action_open_case'):
                args = [request.ids, ['name']] if method == 'read' else [request.ids]
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    call_kw(self.env['pem.special.pricing'].with_user(user), method, args, {})
        self.assertEqual(request.state, 'submitted')

    def test_the_engines_verbs_cannot_be_called_from_outside(self):
        request = self.make_request()
        for method in ('_submit_documents', '_case_done', '_set_state', '_authorize', '_portal_write', '_portal_create'):
            with self.subTest(method=method), self.assertRaises(AccessError):
                call_kw(self.env['pem.special.pricing'].with_user(self.manager), method, [request.ids], {})

    def test_nobody_writes_a_state_or_a_number_by_hand(self):
        request = self.make_request()
        for values in ({'state': 'active'}, {'authorization_number': 'SPA-1'}, {'requested_by_id': self.manager.id},
                       {'case_id': False}, {'name': 'SPR/1'}):
            with self.assertRaises(AccessError):
                request.with_user(self.manager).write(values)
        with self.assertRaises(UserError):
            request.line_ids.with_user(self.manager).write({'authorized_quantity': 5})

    def test_a_forged_beginning_is_a_plain_draft_of_who_forged_it(self):
        Request = self.env['pem.special.pricing'].with_user(self.desk).with_context(
            default_state='active', default_authorization_number='SPA-1', default_requested_by_id=self.user.id)
        request = Request.create(self.request_values(
            state='active', authorization_number='SPA-2', requested_by_id=self.user.id, name='SPR/1'))
        self.assertEqual((request.state, request.authorization_number, request.requested_by_id), ('draft', False, self.desk))
        self.assertNotEqual(request.name, 'SPR/1')
        line = request.with_context(default_authorized_quantity=5).line_ids.create({
            'request_id': request.id, 'product_id': self.bx18.id, 'requested_cost': 1, 'authorized_quantity': 5})
        self.assertEqual(line.authorized_quantity, 0)

    def test_an_authorization_number_exists_once_in_a_company(self):
        requests = self.make_request() + self.make_request()
        with self.assertRaises(psycopg2.errors.UniqueViolation), mute_logger('odoo.sql_db'), self.cr.savepoint():
            requests.sudo().write({'authorization_number': 'SPA-1'})
            self.env.flush_all()

    def test_an_authorized_request_always_has_a_number(self):
        request = self.make_request()
        with self.assertRaises(psycopg2.errors.CheckViolation), mute_logger('odoo.sql_db'), self.cr.savepoint():
            request.sudo().state = 'active'
            self.env.flush_all()

    def test_colleagues_of_another_company_see_nothing_of_it(self):
        request = self.send(self.make_request())
        other = self.env['res.company'].create({'name': "Other company"})
        stranger = self.make_user(
            'pem_stranger', 'pem_channel_incentives.group_price_desk', company_id=other.id, company_ids=[(6, 0, other.ids)])
        for record in (request, request.line_ids):
            self.assertFalse(record.with_user(stranger).search([('id', 'in', record.ids)]))
            with self.assertRaises(AccessError):
                record.with_user(stranger).read(['company_id'])

    def test_a_company_numbers_its_authorizations_by_a_sequence_of_its_own(self):
        self.env['ir.sequence'].create({
            'name': "Ours", 'code': 'pem.special.pricing.authorization', 'prefix': 'OURS-', 'company_id': self.company.id})
        request = self.send(self.make_request())
        self.task(request)._approve()
        self.assertTrue(request.authorization_number.startswith('OURS-'))
