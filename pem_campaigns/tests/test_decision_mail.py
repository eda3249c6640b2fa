import re
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import misc

from .common import PemWorld


@tagged('post_install', '-at_install')
class TestDecisionMail(PemWorld, HttpCase):
    """An approver decides from an e-mail: the link shows a page, and the page decides when it is confirmed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, 'tracking_disable': True, 'no_reset_password': True})
        cls.make_world()

    def ask(self, **approval):
        process = self.make_simple_process(self.make_form(
            ("Phone", 'phone', {'attribute_id': self.govern('phone').id})), name="By mail", mail_approvers=True, **approval)
        case = self.launch(self.make_campaign(process, self.acme, name="By mail"))
        self.submit(case, {'phone': '+1 617 555 0199'})
        return case

    def without_login(self):
        self.env['res.config.settings'].create({'pem_decide_without_login': True}).execute()

    def line(self, case, user=None):
        return self.open_task(case, 'approval').approver_ids.filtered(lambda line: line.user_id == (user or self.approver))

    def address(self, case, user=None):
        return self.line(case, user)._decision_link().removeprefix(self.line(case)[:1].get_base_url())

    def confirm(self, address, decision='approve', comment='', page=None):
        page = page or self.url_open(address)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        return self.url_open(address.partition('?')[0], data={
            'csrf_token': token and token.group(1), 'token': address.partition('token=')[2], 'decision': decision, 'comment': comment})

    def send(self):
        self.env.ref('pem_campaigns.ir_cron_write_approvers').method_direct_trigger()
        self.env.invalidate_all()
        return self.env['mail.mail'].search([('model', '=', 'pem.task.approver')], order='id')

    def facts(self, case):
        """Return everything about a case that a decision changes."""
        self.env.invalidate_all()
        return (case.state, case.trail_length, case.trail_seal, case.submission_ids.mapped('state'), case.submission_ids.answer_ids.mapped('verdict'),
                case.task_ids.mapped('state'), case.task_ids.approver_ids.mapped('state'), case.task_ids.activity_ids.ids, self.acme.phone)

    # The message

    def test_whoever_is_asked_gets_one_mail_with_a_link_of_their_own_where_the_step_says_so(self):
        case = self.ask(approver_user_ids=[Command.set((self.approver | self.second_approver).ids)], approval_rule='all')
        self.launch()
        mails = self.send()
        self.assertEqual(self.send(), mails)
        self.assertEqual(mails.recipient_ids, (self.approver | self.second_approver).partner_id)
        links = [re.search(r'/pem/decide/\d+\?token=[\w-]+', mail.body_html).group() for mail in mails]
        self.assertEqual(len(set(links)), 2)
        self.assertIn("Acme", mails[0].subject)
        self.assertEqual(set(case.task_ids.approver_ids.mapped('mail_state')), {'sent'})

    def test_in_a_sequence_each_is_written_to_in_turn_and_nobody_about_what_is_decided(self):
        case = self.ask(approver_user_ids=[Command.set((self.second_approver + self.approver).ids)], approval_rule='all',
                        approval_order='sequential')
        self.assertEqual(self.send().recipient_ids, self.second_approver.partner_id)
        self.decide(case, user=self.second_approver)
        self.decide(case)
        self.assertEqual(len(self.send()), 1)

    def test_a_substitute_and_whoever_it_is_handed_to_are_written_to(self):
        case = self.ask()
        self.open_task(case, 'approval').with_user(self.approver)._hand_over(self.user)
        mail = self.send()
        self.assertEqual(mail.recipient_ids, self.user.partner_id)
        self.assertIn("on behalf of", mail.body_html)

    def test_a_mail_that_cannot_be_written_holds_up_no_other_and_is_told(self):
        self.env.ref('pem_campaigns.mail_template_decision').subject = "{{ {'Anna Approver': 'Hello'}[object.user_id.name] }}"
        case = self.ask(approver_user_ids=[Command.set((self.approver | self.second_approver).ids)])
        self.assertEqual(self.send().recipient_ids, self.approver.partner_id)
        self.assertEqual({line.user_id: line.mail_state for line in case.task_ids.approver_ids},
                         {self.approver: 'sent', self.second_approver: 'failed'})
        self.assertIn('not_sent', self.story(case))

    # The page

    def test_opening_the_link_shows_what_it_is_about_and_changes_nothing(self):
        self.without_login()
        case = self.ask()
        address = self.address(case)
        before = self.facts(case)
        for method in ('GET', 'GET', 'HEAD'):
            page = self.url_open(address, method=method)
            self.assertEqual(page.status_code, 200)
            self.assertEqual(page.headers['Referrer-Policy'], 'no-referrer')
            self.assertEqual(page.headers['Cache-Control'], 'no-store')
        page = self.url_open(address + '&decision=approve&comment=x')
        for text in ("Anna Approver", "Acme – Örtlich &amp; Söhne", "+1 617 555 0100", "+1 617 555 0199", "Check"):
            self.assertIn(text, page.text)
        self.assertEqual(self.facts(case), before)

    def test_confirming_approves_once_as_the_person_of_the_link(self):
        self.without_login()
        case = self.ask()
        address = self.address(case)
        page = self.url_open(address)
        self.assertIn("Thank you. You approved it.", self.confirm(address, comment="Fine", page=page).text)
        self.env.invalidate_all()
        self.assertEqual((case.state, self.acme.phone), ('done', '+1 617 555 0199'))
        event = case.event_ids.filtered(lambda event: event.kind == 'approved')
        self.assertEqual((event.user_id, event.description), (self.approver, "“Check” approved “Fine”"))
        before = self.facts(case)
        again = self.confirm(address, 'reject', "No", page=page)
        self.assertIn("was already decided by Anna Approver", again.text)
        self.assertIn("was already decided by Anna Approver", self.url_open(address).text)
        self.assertEqual(self.facts(case), before)

    def test_sending_back_and_rejecting_need_words(self):
        self.without_login()
        for decision, state, said in (('return', 'running', "It goes back to the partner"), ('reject', 'rejected', "You rejected it")):
            case = self.ask()
            address = self.address(case)
            before = self.facts(case)
            self.assertIn("Please say why", self.confirm(address, decision, "  ").text)
            self.assertEqual(self.facts(case), before)
            self.assertIn(said, self.confirm(address, decision, "Wrong number").text)
            self.env.invalidate_all()
            self.assertEqual(case.state, state)

    def test_what_answers_are_marked_to_go_back_is_told_instead_of_approved(self):
        self.without_login()
        case = self.ask()
        self.mark(case, 'phone', "Country code?")
        self.assertIn("is marked to be sent back", self.confirm(self.address(case)).text)
        self.env.invalidate_all()
        self.assertEqual(case.state, 'running')

    # Who may

    def test_unless_the_sponsor_allows_it_the_link_asks_for_a_login_first(self):
        case = self.ask()
        address = self.address(case)
        answer = self.url_open(address, allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertIn('/web/login?redirect=%2Fpem%2Fdecide%2F', answer.headers['Location'])
        before = self.facts(case)
        self.authenticate(None, None)
        self.url_open(address.partition('?')[0], data={
            'token': address.partition('token=')[2], 'decision': 'approve', 'csrf_token': Request.csrf_token(self)})
        self.assertEqual(self.facts(case), before)
        self.authenticate('pem_approver', 'pem_approver')
        self.assertIn("You approved it", self.confirm(address).text)

    def test_somebody_else_is_refused_and_learns_nothing(self):
        for allowed in (False, True):
            self.env['res.config.settings'].create({'pem_decide_without_login': allowed}).execute()
            case = self.ask()
            address = self.address(case)
            before = self.facts(case)
            for login in ('pem_second', 'pem_outsider', 'acme_portal', 'pem_manager'):
                self.authenticate(login, login)
                page = self.url_open(address)
                self.assertEqual(page.status_code, 403)
                self.assertNotIn("617 555", page.text)
                self.assertNotIn("Anna", page.text)
                self.url_open(address.partition('?')[0], data={
                    'token': address.partition('token=')[2], 'decision': 'approve', 'csrf_token': Request.csrf_token(self)})
            self.assertEqual(self.facts(case), before)
            self.authenticate(None, None)

    def test_a_link_that_is_not_whole_or_for_another_task_leads_nowhere(self):
        self.without_login()
        case, other = self.ask(), self.ask()
        address = self.address(case)
        token = address.partition('token=')[2]
        for bad in (
            address.replace(token, token[:30] + ('A' if token[30] != 'A' else 'B') + token[31:]), address[:-9],
            f'/pem/decide/{other.task_ids[-1:].id}?token={token}',
            f'/pem/decide/{self.open_task(case, "approval").id}', f'/pem/decide/{self.open_task(case, "approval").id}?token=%ff',
            f'/pem/decide/999999999?token={token}',
        ):
            with self.subTest(bad):
                self.assertEqual(self.url_open(bad).status_code, 404)

    def test_signatures_are_compared_in_constant_time(self):
        case = self.ask()
        token = self.line(case)._sign_decision()
        with patch.object(misc, 'consteq', wraps=misc.consteq) as compare:
            self.env['pem.task']._read_decision_token(self.open_task(case, 'approval').id, token)
        compare.assert_called_once()

    def test_an_old_link_says_so(self):
        self.without_login()
        case = self.ask()
        with freeze_time('2020-01-01'):
            address = self.address(case)
        page = self.url_open(address)
        self.assertEqual(page.status_code, 410)
        self.assertIn("This link is too old", page.text)
        self.env['res.config.settings'].create({'pem_decision_link_days': 36500}).execute()
        with freeze_time('2020-01-01'):
            address = self.address(case)
        self.assertEqual(self.url_open(address).status_code, 200)

    def test_whoever_handed_it_over_or_has_left_decides_by_link_no_more(self):
        self.without_login()
        case = self.ask()
        address = self.address(case)
        self.open_task(case, 'approval').with_user(self.approver)._hand_over(self.user)
        self.assertIn("waits for somebody else: Ursula User", self.url_open(address).text)
        address = self.address(case, self.user)
        self.user.action_archive()
        self.assertEqual(self.url_open(address).status_code, 404)
