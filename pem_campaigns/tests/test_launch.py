from contextlib import suppress
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PemCase


@tagged('post_install', '-at_install')
class TestLaunch(PemCase):
    """A few clicks ask many partners, each of them once."""

    def reasons(self, campaign=None):
        campaign = campaign or self.campaign
        campaign.with_user(self.manager).action_preflight()
        return {line.partner_id: line.reason for line in campaign.preflight_ids}

    def test_each_partner_gets_one_case_one_task_and_one_notice(self):
        cases = self.launch()
        self.assertEqual(cases.partner_id, self.acme | self.brown)
        self.assertEqual([(task.kind, task.notice_state, task.side) for task in cases.task_ids], [('form', 'queued', 'partner')] * 2)
        self.assertEqual(cases.task_ids.contact_id, (self.acme_user | self.brown_user).partner_id)
        self.assertEqual(set(cases.mapped('waiting_on')), {'partner'})
        self.assertEqual((self.campaign.state, self.campaign.launched_by_id), ('running', self.manager))
        self.assertTrue(all(case.name.startswith('C/') for case in cases))
        self.assertEqual(len(set(cases.mapped('name'))), 2)
        with self.assertRaisesRegex(UserError, "launched already"):
            self.campaign.with_user(self.manager).action_launch()

    def test_preflight_says_who_is_left_out_and_why(self):
        silent = self.make_partner("Silent", email=False)
        bounced = self.make_partner("Bounced", message_bounce=3)
        blocked = self.make_partner("Blocked")
        self.env['mail.blacklist'].sudo()._add(blocked.email)
        crowded = self.make_partner("Crowded")
        for number in range(5):
            other = self.launch(self.make_campaign(self.process, crowded, name=f"Earlier {number}"))
            other.task_ids._send_notices()
        guest = self.make_partner("Guest")
        campaign = self.make_campaign(
            self.process, self.acme, silent, bounced, blocked, crowded, guest, name="Many", allow_guests=False)
        self.assertEqual(self.reasons(campaign), {
            silent: 'no_email', bounced: 'bounced', blocked: 'bounced', crowded: 'over_cap', guest: 'no_login'})
        self.assertEqual((campaign.asked_count, campaign.left_out_count), (1, 5))
        campaign.allow_guests = True
        self.assertNotIn(guest, self.reasons(campaign))
        self.assertEqual(self.launch(campaign).partner_id, self.acme | guest)
        self.assertEqual(self.reasons(campaign)[self.acme], 'asked')

    def test_no_limit_of_messages_means_no_limit(self):
        settings = self.env['res.config.settings'].create({'pem_contact_cap': 0, 'pem_rollout_batch': 50, 'pem_link_days': 10})
        settings.execute()
        self.assertEqual(self.env['res.config.settings']._pem_contact_cap(), 0)
        self.assertEqual(self.env['res.config.settings'].create({}).pem_contact_cap, 0)
        self.assertEqual(self.env['pem.campaign']._rollout_batch_size(), 50)

    def test_a_company_without_an_address_is_asked_through_its_contact(self):
        company = self.make_partner("Company", email=False)
        contact = self.env['res.partner'].create({'name': "C", 'parent_id': company.id, 'email': 'c@example.com'})
        self.assertEqual(self.launch(self.make_campaign(self.process, company)).task_ids.contact_id, contact)

    def test_there_has_to_be_somebody_to_ask(self):
        silent = self.make_partner("Silent", email=False)
        with self.assertRaisesRegex(UserError, "nobody to ask in “Campaign”"):
            self.launch(self.make_campaign(self.process, silent))

    def test_partners_of_another_company_are_not_asked(self):
        theirs = self.make_partner("Theirs", company_id=self.env['res.company'].create({'name': "Other Co"}).id)
        self.manager.company_ids |= theirs.company_id
        campaign = self.make_campaign(self.process, self.acme, theirs).with_context(
            allowed_company_ids=self.manager.company_ids.ids)
        self.assertEqual(self.launch(campaign).partner_id, self.acme)

    def test_a_campaign_under_way_keeps_its_process_and_its_state_is_not_written_by_hand(self):
        self.launch()
        other = self.make_simple_process(self.make_form(("Other", 'char')), name="Other")
        with self.assertRaisesRegex(UserError, "its process and company stay"):
            self.campaign.with_user(self.manager).process_id = other
        with self.assertRaisesRegex(UserError, "by its buttons"):
            self.campaign.with_user(self.manager).state = 'closed'

    def test_closing_a_campaign_cancels_what_is_open_and_keeps_what_is_done(self):
        first, second = self.launch().sorted('id')
        self.submit(first)
        self.decide(first)
        self.campaign.with_user(self.manager).action_close()
        self.assertEqual((first.state, second.state, self.campaign.state), ('done', 'cancelled', 'closed'))
        self.assertEqual(self.env['pem.campaign'].with_user(self.user)._read_counts(
            [('campaign_id', '=', self.campaign.id)])[None]['closed_count'], 2)

    def big_campaign(self, count, name):
        partners = self.env['res.partner'].create([
            {'name': f'{name} {number}', 'email': f'{name.lower()}{number}@example.com', 'is_company': True}
            for number in range(count)])
        return self.make_campaign(self.process, *partners, name=name)

    def test_a_large_rollout_goes_on_in_batches_and_an_interruption_loses_and_doubles_nothing(self):
        self.env['ir.config_parameter'].set_param('pem_campaigns.rollout_batch', '10')
        campaign = self.big_campaign(35, "Large")
        self.launch(campaign)
        self.assertEqual((campaign.state, len(campaign.case_ids)), ('launching', 0))
        cron = self.env.ref('pem_campaigns.ir_cron_rollout')
        rollout, calls = type(campaign)._rollout, []

        def dies_in_the_third_batch(records, partners):
            calls.append(len(partners))
            cases = rollout(records, partners)
            if len(calls) == 3:
                raise MemoryError("killed")
            return cases

        with (self.enter_registry_test_mode(), patch.object(type(campaign), '_rollout', dies_in_the_third_batch),
              suppress(MemoryError), self.registry.cursor() as cursor):
            self.env(cr=cursor)['pem.campaign']._cron_rollout()
        self.env.invalidate_all()
        self.assertEqual((campaign.state, len(campaign.case_ids), calls), ('launching', 20, [10, 10, 10]))
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((campaign.state, len(campaign.case_ids), len(campaign.case_ids.partner_id)), ('running', 35, 35))
        self.assertEqual(len(campaign.case_ids.task_ids), 35)

    def test_a_rollout_goes_on_when_its_owner_has_left(self):
        self.env['ir.config_parameter'].set_param('pem_campaigns.rollout_batch', '10')
        campaign = self.big_campaign(12, "Left")
        self.launch(campaign)
        self.manager.active = False
        campaign.user_id = False
        with self.enter_registry_test_mode():
            self.env.ref('pem_campaigns.ir_cron_rollout').method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((campaign.state, len(campaign.case_ids)), ('running', 12))

    def test_a_campaign_closed_during_its_rollout_stays_closed(self):
        self.env['ir.config_parameter'].set_param('pem_campaigns.rollout_batch', '10')
        campaign = self.big_campaign(12, "Closed")
        self.launch(campaign)
        campaign.with_user(self.manager).action_close()
        with self.enter_registry_test_mode():
            self.env.ref('pem_campaigns.ir_cron_rollout').method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((campaign.state, len(campaign.case_ids)), ('closed', 0))

    # Sets, not loops

    def test_launching_to_500_partners_takes_the_queries_of_launching_to_10(self):
        counts = []
        self.launch(self.big_campaign(3, "Warm"))
        for size in (10, 500):
            campaign = self.big_campaign(size, f"Size{size}").with_user(self.manager)
            with self.statements() as counter:
                campaign.action_launch()
            self.assertEqual(len(campaign.case_ids), size)
            counts.append(counter)
        self.assert_batched(*counts, factor=5)

    def test_approving_500_cases_takes_the_queries_of_approving_10(self):
        counts = []
        for size in (3, 10, 500):
            campaign = self.big_campaign(size, f"Bulk{size}")
            self.launch(campaign)
            tasks = campaign.case_ids.task_ids.with_user(self.acme_user).sudo()
            Submission = self.env['pem.submission'].sudo()
            tasks._submit({task: Submission._prepare_answers(
                task, {**self.answers, 'phone': f'+1 617 555 {number:04}'}) for number, task in enumerate(tasks)})
            approvals = self.env['pem.task'].with_user(self.approver).browse(campaign.case_ids.open_task_ids.ids)
            with self.statements() as counter:
                approvals.action_approve()
            self.assertEqual(set(campaign.case_ids.mapped('state')), {'done'})
            self.assertEqual(len(set(campaign.case_ids.partner_id.mapped('phone'))), size)
            counts.append(counter)
        # Each case has four answers, so what is written on answers comes in twenty batches.
        self.assert_batched(*counts[1:], factor=20)
