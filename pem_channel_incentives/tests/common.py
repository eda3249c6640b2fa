"""The world of ``pem_campaigns`` with a price desk and products to ask special prices for."""
from odoo import Command, fields
from odoo.tests import TransactionCase

from odoo.addons.pem_campaigns.tests.common import PemWorld


class PricingWorld(PemWorld):
    """Makes the world in ``cls.env``; a mixin for test classes."""

    @classmethod
    def make_world(cls):
        cls.make_people()
        cls.desk = cls.make_user('pem_desk', 'pem_channel_incentives.group_price_desk', name="Dora Desk")
        cls.second_desk = cls.make_user('pem_desk2', 'pem_channel_incentives.group_price_desk', name="Dirk Desk")
        cls.process = cls.env.ref('pem_channel_incentives.pem_process_special_pricing')
        cls.bx17 = cls.make_product("Pump BX", 'BX-17', 20, 8)
        cls.bx18 = cls.make_product("Valve BX", 'BX-18', 5, 2)

    @classmethod
    def make_product(cls, name, part, price, cost, **values):
        return cls.env['product.product'].create({
            'name': name, 'default_code': part, 'list_price': price, 'standard_price': cost, **values})

    @classmethod
    def request_values(cls, **values):
        return {
            'partner_id': cls.acme.id, 'contact_id': cls.acme_user.partner_id.id, 'end_customer': "Mercy Hospital",
            'valid_from': fields.Date.today(), 'valid_to': fields.Date.add(fields.Date.today(), months=3),
            'reason': "A competitor offers 14.", 'line_ids': [Command.create({
                'product_id': cls.bx17.id, 'quantity': 100, 'requested_cost': 15, 'resale_price': 18})],
            **values}

    @classmethod
    def make_request(cls, user=None, **values):
        """Return a draft that a colleague entered for Acme."""
        Request = cls.env['pem.special.pricing'].with_user(user or cls.user)
        return Request.create(cls.request_values(**values)).with_env(cls.env)

    # What people do

    def send(self, request, user=None):
        request.with_user(user or self.user).action_submit()
        return request

    def task(self, request, user=None):
        return self.open_task(request.case_id, 'approval').with_user(user or self.desk)


class PricingCase(PricingWorld, TransactionCase):
    """The world in a transaction that is rolled back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, 'tracking_disable': True, 'no_reset_password': True})
        cls.make_world()
