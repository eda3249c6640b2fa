from urllib.parse import parse_qs, urlsplit

from freezegun import freeze_time

from odoo.exceptions import AccessDenied, MissingError
from odoo.tests import tagged

from .common import PortalCase


@tagged('post_install', '-at_install')
class TestLinks(PortalCase):
    """The personal link in a message: one task, one contact, for some days."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.guest = cls.make_partner("Guest & Co", phone="+1 212 555 0100")
        campaign = cls.make_campaign(cls.process, cls.guest, name="Guests")
        campaign.with_user(cls.manager).action_launch()
        cls.guest_case = campaign.case_ids
        cls.task = campaign.case_ids.task_ids
        cls.public = cls.env.ref('base.public_user')

    def token(self, task=None):
        return parse_qs(urlsplit((task or self.task)._notice_link()).query)['access_token'][0]

    def enter(self, token, task=None, user=None):
        task = task or self.task
        gateway = self.env['pem.gateway'].with_user(user or self.public)
        actor = gateway._actor(task.id, token)
        return gateway, actor, gateway._task_sheet(actor, task.id)

    def test_a_guest_answers_through_the_link_under_their_own_name(self):
        gateway, actor, sheet = self.enter(self.token())
        gateway._see(sheet)
        self.assertFalse(gateway._submit(actor, sheet, {'answers': {'phone': '+1 212 555 0199'}}))
        self.assertEqual(self.guest_case.submission_ids.contact_id, self.guest)
        self.assertFalse(self.guest_case.submission_ids.submitted_by_id)
        for kind in ('seen', 'submitted'):
            self.assertEqual(self.guest_case.event_ids.filtered(lambda event, kind=kind: event.kind == kind).actor, self.guest.name)
        self.assertFalse(self.env['pem.event']._first_broken(self.guest_case))

    def test_without_a_link_or_with_a_wrong_one_nobody_gets_in(self):
        token = self.token()
        wrong = ['', 'x', 'é', token[:-2], token[1:], 'AQ' + token[2:-4] + 'AAAA', token + 'AAAA']
        for attempt in wrong:
            with self.subTest(attempt), self.assertRaises(AccessDenied):
                self.enter(attempt)
        with self.assertRaises(AccessDenied):
            self.enter(None)

    def test_a_link_opens_its_own_task_only(self):
        with self.assertRaises(AccessDenied):
            self.enter(self.token(), self.acme_task)
        gateway, actor, _sheet = self.enter(self.token())
        with self.assertRaises(MissingError):
            gateway._task_sheet(actor, self.acme_task.id)
        with self.assertRaises(MissingError):
            gateway._open_case(actor, self.guest_case.id)

    def test_a_link_ends_after_the_days_of_the_settings(self):
        self.env['res.config.settings'].create({'pem_link_days': 2}).execute()
        token = self.token()
        self.assertEqual(self.task._check_link(token), 'valid')
        with freeze_time('2099-01-01'):
            self.assertEqual(self.task._check_link(token), 'expired')
            with self.assertRaises(AccessDenied):
                self.enter(token)

    def test_a_link_ends_when_the_task_is_handed_on(self):
        gateway, actor, _sheet = self.enter(self.token())
        token = self.token()
        gateway._forward(actor, self.task.id, "Carla", 'carla@guest.example')
        self.assertEqual(self.task._check_link(token), 'unknown')
        self.assertEqual(self.task._check_link(self.token()), 'valid')

    def test_who_has_a_login_uses_it(self):
        self.assertNotIn('access_token', self.acme_task._notice_link())
        token = self.token()
        self.make_user('guest_login', 'base.group_portal', partner_id=self.guest.id)
        self.assertEqual(self.task._check_link(token), 'unknown')

    def test_where_the_campaign_does_not_allow_guests_there_is_no_link(self):
        self.guest_case.campaign_id.allow_guests = False
        self.assertNotIn('access_token', self.task._notice_link())

    def test_a_login_counts_before_a_link(self):
        _gateway, actor, _sheet = self.enter(self.token(), user=self.acme_user)
        self.assertTrue(actor.is_guest)
        _gateway, actor, _sheet = self.enter('anything', self.acme_task, self.acme_user)
        self.assertEqual((actor.is_guest, actor.contact), (False, self.acme_user.partner_id))

    def test_an_outdated_link_can_be_sent_anew(self):
        self.task.notice_state = 'sent'
        self.task._renew_link()
        self.assertEqual(self.task.notice_state, 'queued')

    def test_what_a_case_calls_is_answered_through_a_link_as_well(self):
        caller = self.make_process({
            'Start': {'kind': 'start'}, 'Call': {'kind': 'call', 'call_process_id': self.process.id}, 'Done': {'kind': 'end'},
        }, [('Start', 'Call'), ('Call', 'Done')], name="Calls")
        campaign = self.make_campaign(caller, self.guest, name="Guests of a sub-process")
        campaign.with_user(self.manager).action_launch()
        child = campaign.case_ids.child_ids
        gateway, actor, sheet = self.enter(self.token(child.task_ids), child.task_ids)
        self.assertFalse(gateway._submit(actor, sheet, {'answers': {'phone': '+1 212 555 0199'}}))
        self.assertEqual(child.waiting_on, 'sponsor')
        campaign.allow_guests = False
        self.assertFalse(child.task_ids[0]._allows_link())

    def test_a_partner_finds_what_a_case_calls_in_the_in_tray_and_reads_nothing_internal(self):
        caller = self.make_process({
            'Start': {'kind': 'start'}, 'Wait': {'kind': 'wait'}, 'Call': {'kind': 'call', 'call_process_id': self.process.id},
            'Done': {'kind': 'end'},
        }, [('Start', 'Wait'), ('Wait', 'Call'), ('Call', 'Done')], name="Calls")
        campaign = self.make_campaign(caller, self.acme, name="Waits and calls")
        campaign.with_user(self.manager).action_launch()
        case = campaign.case_ids
        gateway = self.env['pem.gateway'].with_user(self.acme_user)
        actor = gateway._actor()
        tray = gateway._in_tray(actor, 'sponsor')
        self.assertIn("Waits and calls", [line['title'] for line in tray['lines']])
        case.task_ids.with_user(self.manager).action_go_on()
        lines = gateway._in_tray(actor)['lines']
        self.assertIn(self.process.name, [line['title'] for line in lines])
        view = gateway._open_case(actor, case.id)
        self.assertEqual([line['text'] for line in view['timeline']], ["Opened"])
