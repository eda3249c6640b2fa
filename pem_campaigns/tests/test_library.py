from odoo import Command
from odoo.exceptions import AccessError, UserError

from .common import PemCase

TEMPLATES = {
    'pem_process_contact_revalidation', 'pem_process_library_onboarding', 'pem_process_library_service',
    'pem_process_library_certificate', 'pem_process_library_attestation'}
FILE = [{'id': 1, 'name': 'proof.pdf', 'size': 12}]
SIGNATURE = [{'id': 2, 'name': 'signature.png', 'size': 12}]
STATEMENTS = {'conduct': 'yes', 'bribery': 'yes', 'sanctions': 'yes', 'privacy': 'yes'}


class LibraryStories:
    """Uses the processes of the library as they are; whoever mixes it in says how partners answer."""

    def use(self, xmlid):
        """Launch a campaign from a template to one partner, untouched; return the case."""
        template = self.env.ref(f'pem_campaigns.{xmlid}').with_user(self.manager)
        start = self.env['pem.campaign.start'].with_user(self.manager).create(
            {'process_id': template.id, 'audience': 'partners', 'partner_ids': [Command.set(self.acme.ids)]})
        self.assertEqual((start.problem, start.asked_count), ('', 1))
        campaign = self.env['pem.campaign'].browse(start.action_launch()['res_id'])
        self.assertEqual((campaign.state, campaign.is_pilot, campaign.process_id.state), ('running', True, 'published'))
        self.assertFalse(campaign.process_id.is_template)
        return campaign.case_ids

    def answer(self, case, values):
        """Answer the open form as the partner."""
        self.submit(case, values)

    def values(self, *xmlids):
        """Return the raw values of attributes of the partner."""
        self.env.invalidate_all()
        attributes = [self.env.ref(f'pem_campaigns.pem_attribute_{xmlid}') for xmlid in xmlids]
        found = self.env['pem.attribute'].union(*attributes)._read_values(self.acme)[self.acme.id]
        return [found[attribute.id] for attribute in attributes]

    def test_the_library_has_five_processes_that_can_be_used_at_once(self):
        templates = self.env['pem.process'].search([('is_template', '=', True), ('model', '=', 'pem.case')])
        known = {xmlid.partition('.')[2] for xmlid in templates.get_external_id().values()} & TEMPLATES
        self.assertEqual(known, TEMPLATES)
        for template in templates:
            self.assertFalse(template._problems())
            self.assertTrue(template.icon and template.description)

    def test_contacts_are_revalidated(self):
        case = self.use('pem_process_contact_revalidation')
        self.answer(case, {'phone': '+1 617 555 0123', 'email': 'new@acme.example.com', 'city': 'Salem', 'authorized': True})
        self.decide(case, user=self.manager)
        self.assertEqual((case.state, self.values('phone', 'email', 'city')), ('done', ['+1 617 555 0123', 'new@acme.example.com', 'Salem']))

    def test_a_partner_is_taken_on_board_and_welcomed(self):
        case = self.use('pem_process_library_onboarding')
        country = self.env.ref('base.us')
        self.answer(case, self.onboarding(country))
        self.assertEqual(case.waiting_on, 'sponsor')
        self.decide(case, user=self.manager)
        self.assertEqual((case.state, case.outcome), ('done', "On board"))
        self.assertEqual(self.values('vat', 'street', 'zip', 'country_id', 'privacy_accepted'), [
            'US12345671', '1 Main Street', '02101', country.id, True])
        welcome = case.task_ids.filtered(lambda task: task.kind == 'message')
        welcome._send_queued_notices()
        mail = self.env['mail.mail'].sudo().search([('model', '=', 'pem.task'), ('res_id', '=', welcome.id)])
        self.assertIn("Welcome", mail.subject)
        self.assertIn("Örtlich", mail.body_html)

    @staticmethod
    def onboarding(country):
        return {
            'vat': 'US12345671', 'street': '1 Main Street', 'zip': '02101', 'city': 'Boston', 'country': country.id,
            'phone': '+1 617 555 0100', 'email': 'orders@acme.example.com', 'bank_document': FILE, 'tax_document': FILE,
            'privacy': True, 'contacts': [{'name': "Paula Acme", 'role': 'sales', 'email': 'paula@acme.example.com', 'phone': ''}]}

    def test_a_partner_signs_up_for_a_service(self):
        case = self.use('pem_process_library_service')
        self.answer(case, {
            'interest': 'yes', 'plan': 'professional', 'users': 12, 'start': '2027-01-01', 'administrator': "Paula Acme",
            'administrator_email': 'paula@acme.example.com', 'terms': True})
        self.decide(case, user=self.manager)
        self.open_task(case, 'todo').with_user(self.manager)._complete_todo()
        self.assertEqual((case.state, case.outcome), ('done', "Signed up"))
        self.assertEqual(self.values('service_plan', 'service_start'), ['professional', '2027-01-01'])
        self.assertTrue(case.task_ids.filtered(lambda task: task.kind == 'message' and task.notice_state == 'queued'))

    def test_a_partner_who_does_not_want_the_service_is_left_alone(self):
        case = self.use('pem_process_library_service')
        self.answer(case, {'interest': 'no', 'reason': "We have one"})
        self.assertEqual((case.state, case.outcome), ('done', "Not interested"))
        self.assertEqual(self.values('service_plan'), [False])

    def test_a_certificate_is_checked_by_the_security_group_and_its_expiry_kept(self):
        self.env.ref('pem_campaigns.group_pem_security').user_ids = self.second_approver
        case = self.use('pem_process_library_certificate')
        form = self.open_task(case)
        self.assertTrue(form.reminder_date and form.reminder_date.date() < form.date_deadline)
        self.answer(case, {'standard': 'iso_27001', 'expires': '2028-05-01', 'certificate': FILE})
        self.assertEqual(self.open_task(case, 'approval').asked_user_ids, self.second_approver)
        with self.assertRaises(AccessError):
            self.decide(case, user=self.manager)
        self.decide(case, user=self.second_approver)
        self.assertEqual((case.state, case.outcome), ('done', "Certificate renewed"))
        self.assertEqual(self.values('security_standard', 'security_expires'), ['iso_27001', '2028-05-01'])

    def test_who_can_confirm_everything_needs_nobody_to_look(self):
        case = self.use('pem_process_library_attestation')
        self.answer(case, {**STATEMENTS, 'signer': "Paula Acme", 'position': "CEO", 'attested': True, 'signature': SIGNATURE})
        self.assertEqual((case.state, case.outcome, self.values('compliance_attested')), ('done', "Attested", [True]))
        self.assertIn('auto_approved', self.story(case))

    def test_an_exception_is_looked_at(self):
        case = self.use('pem_process_library_attestation')
        self.answer(case, {
            **STATEMENTS, 'sanctions': 'no', 'explanation': "One customer, until March.", 'signer': "Paula Acme", 'position': "CEO",
            'attested': True, 'signature': SIGNATURE})
        self.assertEqual((case.state, case.waiting_on, self.values('compliance_attested')), ('running', 'sponsor', [False]))
        self.decide(case, user=self.manager)
        self.assertEqual((case.state, self.values('compliance_attested')), ('done', [True]))


class TestLibrary(LibraryStories, PemCase):
    """Five processes that work as they come."""

    allow_inherited_tests_method = True


class TestPilot(PemCase):
    """A campaign from the library, tried with a few before everybody is asked."""

    def start(self, **values):
        template = self.env.ref('pem_campaigns.pem_process_contact_revalidation')
        return self.env['pem.campaign.start'].with_user(self.manager).create({'process_id': template.id, **values})

    def launch_start(self, **values):
        return self.env['pem.campaign'].browse(self.start(**values).action_launch()['res_id'])

    def test_a_pilot_with_me_asks_me_alone(self):
        start = self.start()
        self.assertEqual((start.name, start.asked_count, start.asked_names), ("Contact revalidation", 1, self.manager.partner_id.display_name))
        campaign = self.launch_start()
        self.assertEqual((campaign.state, campaign.case_ids.partner_id), ('running', self.manager.partner_id))

    def test_the_preflight_is_shown_before_the_launch(self):
        self.brown.email = False
        self.brown_user.partner_id.email = False
        start = self.start(audience='groups', target_group_ids=self.make_group(self.acme, self.brown).ids)
        self.assertEqual((start.asked_count, start.asked_names), (1, self.acme.display_name))
        self.assertEqual(start.left_out, f"No e-mail address: {self.brown.display_name}")
        with self.assertRaisesRegex(UserError, "nobody to ask"):
            self.start(audience='partners').action_launch()

    def test_a_pilot_is_rolled_out_to_everybody_else(self):
        campaign = self.launch_start(audience='partners', partner_ids=self.acme.ids)
        self.assertEqual((campaign.is_pilot, campaign.case_ids.partner_id), (True, self.acme))
        with self.assertRaisesRegex(UserError, "target groups"):
            campaign.action_roll_out()
        campaign.target_group_ids = self.make_group(self.acme, self.brown)
        campaign.with_user(self.manager).action_roll_out()
        self.assertEqual((campaign.state, campaign.is_pilot), ('running', False))
        self.assertEqual(campaign.case_ids.partner_id, self.acme | self.brown)
        self.assertEqual(len(campaign.case_ids), 2)
        self.assertEqual(campaign.preflight_ids.mapped('reason'), ['asked'])
        with self.assertRaisesRegex(UserError, "no running pilot"):
            campaign.action_roll_out()

    def test_a_pilot_that_nobody_is_left_for_stays_one(self):
        campaign = self.launch_start(audience='partners', partner_ids=self.acme.ids)
        campaign.target_group_ids = self.make_group(self.acme)
        with self.assertRaisesRegex(UserError, "nobody to ask"), self.env.cr.savepoint():
            campaign.action_roll_out()
        self.assertTrue(campaign.is_pilot)

    def test_a_published_process_is_used_as_it_is(self):
        start = self.env['pem.campaign.start'].with_user(self.manager).create({'process_id': self.process.id})
        campaign = self.env['pem.campaign'].browse(start.action_launch()['res_id'])
        self.assertEqual(campaign.process_id, self.process)

    def test_only_managers_start_campaigns(self):
        with self.assertRaises(AccessError):
            self.env['pem.campaign.start'].with_user(self.user).create({'process_id': self.process.id})
