from odoo.tests import HttpCase, tagged

from .common import PricingWorld


@tagged('-at_install', 'post_install')
class TestPosTour(PricingWorld, HttpCase):

    def setUp(self):
        super().setUp()
        self.make_world()
        # The demo has a part of that number, too.
        (self.env['product.product'].search([('default_code', '=like', 'BX-17%')]) - self.bx17).active = False
        self.make_partner("Mercy Hospital")

    def test_a_colleague_uploads_a_file_with_three_bad_rows_and_fixes_them(self):
        self.browser_size = '1400x900'
        self.start_tour('/odoo/pos-reports', 'pem_pos_report', login='pem_user', timeout=120)
        report = self.env['pem.pos.report'].search([('partner_id', '=', self.acme.id)])
        self.assertEqual((report.state, report.good_count, report.amount_company), ('released', 4, 78))
        self.assertEqual(report.line_ids.product_id, self.bx17)
