from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .test_approvals import ApprovalCase


class StandInCase(ApprovalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = cls.env.cr.now().replace(microsecond=0)

    def leave(self, user, substitute=None, begin=-1, end=5):
        """Let somebody be away, from ``begin`` to ``end`` days from now, as they would enter it in their preferences."""
        user.with_user(user).write({
            'pem_substitute_id': substitute.id if substitute else False,
            'out_of_office_from': self.now + timedelta(days=begin), 'out_of_office_to': self.now + timedelta(days=end)})

    def come_back(self, user):
        user.with_user(user).write({'out_of_office_from': False, 'out_of_office_to': False})

    def look_after(self):
        with self.enter_registry_test_mode():
            self.env.ref('pem_campaigns.ir_cron_look_after_turns').method_direct_trigger()
        self.env.invalidate_all()

    def lines(self, case):
        return {line.user_id: line.on_behalf_of_id for line in self.open_task(case, 'approval').approver_ids}


@tagged('post_install', '-at_install')
class TestSubstitutes(StandInCase):
    """While somebody is away, somebody else decides, and everybody can see for whom."""

    def single(self, **values):
        return self.ask(approval_rule='one', approver_user_ids=[Command.set(self.approver.ids)], **values)

    def test_a_task_opened_while_somebody_is_away_goes_to_the_substitute(self):
        self.leave(self.approver, self.second_approver)
        case = self.single()
        self.assertEqual(self.turn(case), self.second_approver)
        with self.assertRaises(AccessError):
            self.decide(case, user=self.approver)
        self.decide(case, user=self.second_approver, comment="Fine")
        self.assertEqual(self.told(case)[:2], [
            ("Paula Acme", "“Check” goes to Sven Second, because Anna Approver is away"),
            ("Sven Second", "“Check” approved for Anna Approver “Fine”")])

    def test_what_waits_when_an_absence_begins_is_handed_on_and_comes_back_on_return(self):
        case, decided = self.ask(self.acme, self.brown, approval_rule='one', approver_user_ids=[Command.set(self.approver.ids)])
        self.leave(self.approver, self.second_approver)
        self.assertEqual(self.turn(case), self.second_approver)
        self.decide(decided, user=self.second_approver)
        self.come_back(self.approver)
        self.assertEqual(self.turn(case), self.approver)
        self.assertEqual(self.lines(case), {self.approver: self.env['res.users']})
        self.decide(case)
        self.assertEqual([what for _who, what in self.told(case)][:3], [
            "“Check” goes to Sven Second, because Anna Approver is away", "“Check” is back with Anna Approver", "“Check” approved"])

    def test_an_absence_planned_ahead_begins_and_ends_by_itself(self):
        case = self.single()
        self.leave(self.approver, self.second_approver, begin=2, end=5)
        self.assertEqual(self.turn(case), self.approver)
        moments = self.env['ir.cron.trigger'].search(
            [('cron_id', '=', self.env.ref('pem_campaigns.ir_cron_look_after_turns').id)]).mapped('call_at')
        self.assertLessEqual({self.now + timedelta(days=2), self.now + timedelta(days=5)}, set(moments))
        # Time passes: nobody writes anything.
        self.env.flush_all()
        for begin, end, expected in ((-1, 2, self.second_approver), (-4, -1, self.approver)):
            self.env.cr.execute(
                "UPDATE res_users SET out_of_office_from = %s, out_of_office_to = %s WHERE id = %s",
                [self.now + timedelta(days=begin), self.now + timedelta(days=end), self.approver.id])
            self.env.invalidate_all()
            self.look_after()
            self.assertEqual(self.turn(case), expected)

    def test_a_substitute_who_is_away_has_a_substitute_and_a_circle_leads_nowhere(self):
        self.leave(self.approver, self.second_approver)
        self.leave(self.second_approver, self.user)
        case = self.single()
        self.assertEqual(self.lines(case), {self.user: self.approver})
        self.decide(case, user=self.user)
        self.leave(self.user, self.approver)
        case = self.single()
        self.assertEqual(self.lines(case), {self.approver: self.env['res.users']})
        self.decide(case)

    def test_without_a_substitute_who_can_the_task_stays(self):
        other = self.env['res.company'].create({'name': "Other Co"})
        far = self.make_user('pem_far', 'pem_campaigns.group_pem_user', company_id=other.id, company_ids=[Command.set(other.ids)])
        for substitute in (None, far):
            self.leave(self.approver, substitute)
            self.assertEqual(self.turn(self.single()), self.approver)

    def test_only_who_works_with_partner_engagement_can_be_a_substitute_and_nobody_is_their_own(self):
        for user in (self.outsider, self.approver, self.acme_user):
            with self.assertRaises(ValidationError):
                self.leave(self.approver, user)

    def test_whoever_asked_for_it_does_not_approve_it_as_a_substitute_either(self):
        for chain in ((self.second_approver,), (self.second_approver, self.user)):
            for person, substitute in zip((self.approver, *chain), chain, strict=False):
                self.leave(person, substitute)
            with self.subTest(len(chain)):
                # Sent in by the substitute; nor do they choose who approves it.
                case = self.ask(approval_rule='one', approver_user_ids=[Command.set(self.approver.ids)], user=self.second_approver)
                self.assertEqual(self.turn(case), self.approver)

    def test_nobody_counts_twice_where_all_have_to_approve(self):
        self.leave(self.approver, self.second_approver)
        case = self.ask()
        self.assertEqual(self.turn(case), self.persons)
        self.assertFalse(self.open_task(case, 'approval').approver_ids.on_behalf_of_id)

    def test_in_a_sequence_the_substitute_is_asked_when_the_turn_comes(self):
        self.leave(self.user, self.manager)
        case = self.ask(approval_order='sequential')
        self.decide(case, user=self.second_approver)
        self.assertEqual(self.turn(case), self.manager)
        self.decide(case, user=self.manager)
        self.assertEqual(self.turn(case), self.approver)

    def test_people_choose_their_own_substitute_but_nobody_elses(self):
        with self.assertRaises(AccessError):
            self.approver.with_user(self.user).write({'pem_substitute_id': self.user.id})

    def test_300_tasks_go_to_the_substitute_in_the_queries_of_10(self):
        counts = []
        for size in (3, 10, 300):
            partners = self.env['res.partner'].create([{'name': f'A{n}', 'email': f'a{size}-{n}@example.com'} for n in range(size)])
            process = self.make_process(
                {'Start': {'kind': 'start'}, 'Check': {
                    'kind': 'approval', 'approver_kind': 'user', 'approver_user_ids': [Command.set(self.approver.ids)]},
                 'Done': {'kind': 'end'}},
                [('Start', 'Check'), ('Check', 'Done', {'outcome': 'approved'})], name=f"Away {size}")
            campaign = self.make_campaign(process, *partners, name=f"Away {size}")
            self.leave(self.approver, self.second_approver)
            with self.statements() as counter:
                cases = self.launch(campaign)
                self.come_back(self.approver)
                self.leave(self.approver, self.second_approver)
                tasks = self.env['pem.task'].with_user(self.second_approver).search([('case_id', 'in', cases.ids)])
                self.assertEqual(len(tasks.filtered('can_decide')), size)
                tasks._approve()
            self.assertEqual(set(cases.mapped('state')), {'done'})
            counts.append(counter)
        more = {text: (counts[1][text], count) for text, count in counts[2].items() if count > counts[1][text] + 16}
        self.assertFalse(more)


@tagged('post_install', '-at_install')
class TestHandingOver(StandInCase):
    """Whoever has the turn can let a colleague decide."""

    def hand_over(self, case, to, user=None, reason="Knows them"):
        self.open_task(case, 'approval').with_user(user or self.approver)._hand_over(to, reason)

    def test_a_colleague_decides_instead_and_the_timeline_says_why(self):
        case = self.ask()
        task = self.open_task(case, 'approval').with_user(self.approver)
        wizard = self.env['pem.task.handover'].with_user(self.approver).with_context(
            **task.action_hand_over()['context']).create({'user_id': self.manager.id, 'reason': "Knows them"})
        self.assertIn(self.manager, wizard.candidate_ids)
        self.assertFalse(wizard.candidate_ids & (self.persons | self.outsider | self.acme_user))
        wizard.action_hand_over()
        self.assertEqual(self.turn(case), self.second_approver | self.user | self.manager)
        for person in self.second_approver | self.user | self.manager:
            self.decide(case, user=person)
        self.assertEqual(case.state, 'done')
        self.assertEqual([told for told in self.told(case) if told[0] in ("Anna Approver", "Mara Manager")][:2], [
            ("Anna Approver", "“Check” handed over by Anna Approver to Mara Manager “Knows them”"),
            ("Mara Manager", "“Check” approved for Anna Approver")])

    def test_only_who_has_the_turn_hands_over(self):
        case = self.ask(approval_order='sequential')
        for user, error in ((self.approver, UserError), (self.manager, AccessError)):
            with self.assertRaises(error):
                self.hand_over(case, self.manager, user)
        self.hand_over(case, self.manager, self.second_approver)
        self.assertEqual(self.turn(case), self.manager)

    def test_not_to_who_sent_it_in_cannot_decide_is_asked_already_or_is_away(self):
        other = self.env['res.company'].create({'name': "Other Co"})
        far = self.make_user('pem_far', 'pem_campaigns.group_pem_user', company_id=other.id, company_ids=[Command.set(other.ids)])
        away = self.make_user('pem_away', 'pem_campaigns.group_pem_user', name="Ada Away")
        self.leave(away)
        case = self.ask(user=self.manager)
        for user, sentence in (
            (self.manager, "Mara Manager asked for .* or sent it in"), (self.outsider, "does not work with Partner Engagement"),
            (self.acme_user, "does not work with Partner Engagement"), (far, "does not work for"),
            (self.user, "is asked about .* already"), (self.approver, "is asked about .* already"), (away, "is away at present"),
        ):
            with self.subTest(user.name), self.assertRaisesRegex(UserError, sentence):
                self.hand_over(case, user)

    def test_what_is_decided_is_not_handed_over(self):
        case = self.ask(approval_rule='one')
        task = self.open_task(case, 'approval').with_user(self.approver)
        self.decide(case)
        with self.assertRaisesRegex(UserError, "was already decided by Anna Approver"):
            task._hand_over(self.manager)

    def test_what_was_handed_over_goes_on_to_the_substitute_of_who_got_it_and_comes_back_to_them(self):
        case = self.ask(approval_rule='one', approver_user_ids=[Command.set(self.approver.ids)])
        self.hand_over(case, self.user)
        self.leave(self.user, self.second_approver)
        self.assertEqual(self.lines(case), {self.second_approver: self.approver})
        self.come_back(self.user)
        self.assertEqual(self.lines(case), {self.user: self.approver})
        self.decide(case, user=self.user)
        self.assertEqual(self.told(case)[-2], ("Ursula User", "“Check” approved for Anna Approver"))


@tagged('post_install', '-at_install')
class TestLeavers(StandInCase):
    """Nobody waits for who has left."""

    def group_case(self, *members, **values):
        self.board = self.env['res.groups'].create({'name': "Board", 'user_ids': [Command.set([user.id for user in members])]})
        return self.ask(approver_kind='group', approver_group_id=self.board.id, **values)

    def test_with_enough_others_left_it_goes_on_without(self):
        case = self.ask(approval_rule='some', approval_minimum=2)
        self.user.action_archive()
        self.assertEqual(self.turn(case), self.approver | self.second_approver)
        self.assertIn("“Check” does not wait for Ursula User any more", [what for _who, what in self.told(case)])
        for person in (self.approver, self.second_approver):
            self.decide(case, user=person)
        self.assertEqual(case.state, 'done')

    def test_with_too_few_left_the_case_stops_instead_of_waiting_forever_and_goes_on_when_there_are_more(self):
        for change in (
            lambda user: user.action_archive(),
            lambda user: user.write({'group_ids': [Command.unlink(self.env.ref('pem_campaigns.group_pem_user').id)]}),
        ):
            leaver = self.make_user(f'pem_leaver{change.__code__.co_firstlineno}', 'pem_campaigns.group_pem_user')
            case = self.group_case(self.approver, leaver, approval_rule='some', approval_minimum=2)
            self.decide(case)
            change(leaver)
            self.assertEqual(case.state, 'problem')
            self.assertIn("“Check” needs 2 approvals, but of those who were asked too few are left.", case.problem)
            self.board.user_ids |= self.second_approver
            case.with_user(self.manager).action_retry()
            for person in (self.approver, self.second_approver):
                self.decide(case, user=person)
            self.assertEqual(case.state, 'done')

    def test_who_has_joined_the_group_meanwhile_is_asked_instead(self):
        case = self.group_case(self.approver, self.second_approver, approval_rule='all')
        self.board.user_ids |= self.user
        self.second_approver.action_archive()
        self.assertEqual(self.turn(case), self.approver | self.user)

    def test_who_is_taken_out_of_the_group_is_not_asked_any_more(self):
        case = self.group_case(self.approver, self.second_approver, approval_rule='one')
        self.board.user_ids -= self.approver
        self.look_after()
        self.assertEqual(self.turn(case), self.second_approver)

    def test_who_is_taken_out_of_the_group_of_a_band_is_not_asked_any_more(self):
        self.board = self.env['res.groups'].create({'name': "Board", 'user_ids': [Command.set((self.approver | self.user).ids)]})
        case = self.ask(approver_kind='band', amount_path='answers.amount', approval_rule='one', band_ids=[
            Command.create({'amount_from': 0, 'approver_kind': 'group', 'approver_group_id': self.board.id}),
            Command.create({'amount_from': 100, 'approver_user_ids': [Command.set(self.second_approver.ids)]})])
        self.board.user_ids -= self.approver
        self.look_after()
        self.assertEqual(self.turn(case), self.user)

    def test_in_a_sequence_the_next_is_asked_when_who_has_the_turn_leaves(self):
        case = self.ask(approval_order='sequential', approval_rule='some', approval_minimum=2)
        self.second_approver.action_archive()
        self.assertEqual(self.turn(case), self.user)

    def test_a_turn_of_somebody_else_goes_back_to_who_it_was(self):
        case = self.ask(approval_rule='one', approver_user_ids=[Command.set(self.approver.ids)])
        self.open_task(case, 'approval').with_user(self.approver)._hand_over(self.user)
        self.user.action_archive()
        self.assertEqual(self.turn(case), self.approver)
