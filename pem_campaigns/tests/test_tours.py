from odoo.tests import HttpCase, tagged

from .common import PemWorld


@tagged('-at_install', 'post_install')
class TestTours(PemWorld, HttpCase):

    def test_a_manager_gets_from_an_attribute_to_a_running_campaign(self):
        self.make_people()
        # An empty database, whatever demo data there is: the control room proposes the first step.
        self.env['pem.campaign'].search([('state', '=', 'running')]).sudo().write({'state': 'closed'})
        self.env['pem.attribute'].search([('kind', '=', 'property')]).action_archive()
        self.manager.group_ids += self.env.ref('base.group_partner_manager')
        partner = self.make_partner("Tour Partner", phone="+1 617 555 0123")
        self.start_tour('/odoo/partner-engagement', 'pem_manager_tour', login='pem_manager', timeout=120)
        case = self.env['pem.case'].search([('partner_id', '=', partner.id)])
        self.assertEqual(case.campaign_id.name, "Tour campaign")
        questions = case.process_id.step_ids.form_id.field_ids
        self.assertIn("Phone number", questions.mapped('label'))
        self.assertIn("When is the best time to call you?", questions.mapped('label'))
        self.assertEqual(case.waiting_on, 'partner')

    def test_an_approver_sends_one_answer_back_with_a_comment(self):
        self.make_world()
        cases = self.launch()
        acme = cases.filtered(lambda case: case.partner_id == self.acme)
        brown = cases - acme
        self.submit(acme)
        self.submit(brown, user=self.brown_user)
        self.start_tour(
            '/odoo/action-pem_campaigns.pem_task_action_mine', 'pem_approver_tour', login='pem_approver', timeout=120)
        verdicts = {answer.name: (answer.verdict, answer.comment) for answer in acme.submission_ids.answer_ids}
        self.assertEqual(verdicts['phone'], ('returned', "Please add the extension."))
        self.assertEqual(verdicts['tier'], ('accepted', False))
        self.assertEqual(acme.waiting_on, 'partner')
        self.assertEqual(self.open_task(acme)._returned_names(), {'phone': "Please add the extension."})
        self.assertEqual(brown.state, 'done')
        self.assertEqual(self.brown.phone, '+1 617 555 0199')
