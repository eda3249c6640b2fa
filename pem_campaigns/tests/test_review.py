from datetime import date

from odoo.tests import tagged

from .common import PemCase


@tagged('post_install', '-at_install')
class TestReview(PemCase):
    """What a partner sends goes to an approver, and from there to the partner's record."""

    def setUp(self):
        super().setUp()
        self.case, self.other = self.launch().sorted('id')

    def test_an_approved_answer_becomes_the_value_of_the_partner(self):
        self.acme.properties = {self.seats.technical_name: 3}
        self.submit(self.case)
        answers = self.open_task(self.case, 'approval').with_user(self.approver).review_answer_ids
        self.assertEqual(
            [(answer.name, answer.old_display, answer.display, answer.is_changed) for answer in answers], [
                ('phone', '+1 617 555 0100', '+1 617 555 0199', True), ('tier', '', 'Gold', True),
                ('seats', '3', '12', True), ('remark', False, 'Hello', False)])
        self.assertEqual(self.acme.phone, '+1 617 555 0100')

        self.decide(self.case)
        self.assertEqual(self.case.state, 'done')
        self.assertEqual(self.acme.phone, '+1 617 555 0199')
        self.assertEqual(self.acme.with_context(property_selection_get_key=True).properties['tier'], 'gold')
        self.assertEqual(self.acme.properties['seats'], 12)
        self.assertEqual(self.brown.phone, '+1 502 555 0100')

    def test_whoever_looks_at_the_partner_sees_when_a_value_was_verified_by_whom_and_from_which_case(self):
        self.submit(self.case)
        self.decide(self.case)
        line = self.acme.with_user(self.user).pem_verification_ids.filtered(lambda one: one.attribute_id == self.seats)
        self.assertEqual(line.verified_by_id, self.acme_user)
        self.assertEqual(line.case_id, self.case)
        self.assertTrue(line.expires_on > date.today())
        note = self.acme.message_ids[:1]
        self.assertIn(self.case.name, note.body)
        self.assertIn('+1 617 555 0199', note.body)

    def test_a_confirmed_value_is_verified_without_a_change(self):
        self.submit(self.case, {'phone': '+1 617 555 0100'})
        self.decide(self.case)
        self.assertIn(self.govern('phone'), self.acme.pem_verification_ids.attribute_id)
        self.assertNotIn('partner_updated', self.story(self.case))

    def test_zero_is_an_answer_and_reaches_the_partner(self):
        self.submit(self.case, {**self.answers, 'seats': '0'})
        self.decide(self.case)
        self.assertEqual(self.seats._read_values(self.acme), {self.acme.id: {self.seats.id: 0}})
        self.assertIsNot(self.seats._read_values(self.acme)[self.acme.id][self.seats.id], False)
        self.assertIn('partner_updated', self.story(self.case))

    def test_an_emptied_answer_empties_the_value(self):
        self.acme.properties = {'tier': 'gold', 'seats': 5}
        self.submit(self.case, {'phone': '+1 617 555 0100'})
        self.decide(self.case)
        self.assertFalse(self.acme.properties['tier'])
        self.assertFalse(self.acme.properties['seats'])

    def test_the_timeline_tells_the_whole_story(self):
        self.open_task(self.case).with_user(self.acme_user).sudo()._mark_seen()
        self.submit(self.case)
        self.mark(self.case, 'phone', "With country code, please")
        self.decide(self.case, 'send_back')
        self.submit(self.case, {**self.answers, 'phone': '+1 617 555 0111'})
        self.decide(self.case, comment="Thank you")
        self.assertEqual(self.story(self.case), [
            'started', 'seen', 'submitted', 'returned', 'submitted', 'approved', 'partner_updated', 'closed'])
        events = self.case.with_user(self.user).event_ids
        self.assertEqual([(event.actor, event.description) for event in events][1:7], [
            ("Paula Acme", "“Answer” opened by the partner"),
            ("Paula Acme", "“Answer” submitted"),
            ("Anna Approver", "Sent back: Phone “With country code, please”"),
            ("Paula Acme", "“Answer” submitted"),
            ("Anna Approver", "“Check” approved “Thank you”"),
            ("Anna Approver", "Partner updated: Phone, Tier, Seats"),
        ])
