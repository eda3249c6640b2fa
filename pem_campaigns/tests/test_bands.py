from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PemCase


@tagged('post_install', '-at_install')
class TestBands(PemCase):
    """Whoever decides depends on how much it is about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.board = cls.env['res.groups'].create({'name': "Board", 'user_ids': [Command.set(cls.manager.ids)]})
        cls.acme.user_id = cls.user

    def bands(self, *lines):
        """Return the values of bands; a line is ``(from, user, group or path)``."""
        def who(whom):
            if isinstance(whom, str):
                return {'approver_kind': 'path', 'approver_path': whom}
            if whom._name == 'res.groups':
                return {'approver_kind': 'group', 'approver_group_id': whom.id}
            return {'approver_user_ids': [Command.set(whom.ids)]}

        return [Command.create({'amount_from': amount, **who(whom)}) for amount, whom in lines]

    def make(self, *lines, publish=True, form=None, **values):
        form = form or self.make_form(("Amount", 'float'), ("Remark", 'char'))
        lines = lines or ((0, self.approver), (1000, 'partner_id.user_id'), (50000, self.board))
        return self.make_simple_process(form, name="Bands", publish=publish, **{
            'approver_kind': 'band', 'amount_path': 'answers.amount', 'band_ids': self.bands(*lines), **values})

    def send(self, process, *amounts):
        """Return cases of as many partners, each sent in with its amount."""
        partners = [self.acme, *(self.make_partner(f"P{number}", user_id=self.user.id) for number in range(1, len(amounts)))]
        cases = self.launch(self.make_campaign(process, *partners, name="Bands")).sorted('id')
        for case, amount in zip(cases, amounts, strict=True):
            self.submit(case, {'amount': amount, 'remark': "x"})
        return cases

    def asked(self, cases):
        return [self.open_task(case, 'approval').approver_ids.user_id for case in cases]

    def test_the_amount_chooses_the_band_and_where_a_band_begins_belongs_to_it(self):
        cases = self.send(self.make(), '0', '999.99', '1000', '49999.99', '50000')
        self.assertEqual(self.asked(cases), [self.approver, self.approver, self.user, self.user, self.manager])

    def test_everybody_up_to_the_band_is_asked_from_the_lowest_on(self):
        cases = self.send(self.make(band_scope='up_to', approval_rule='all', approval_order='sequential'), '5', '60000')
        self.assertEqual(self.asked(cases), [self.approver, self.approver + self.user + self.manager])
        for person in self.asked(cases[1])[0]:
            self.assertEqual(self.open_task(cases[1], 'approval').approver_ids.filtered(
                lambda line: line.state == 'asked').user_id, person)
            self.decide(cases[1], user=person)
        self.assertEqual(cases[1].state, 'done')

    def test_without_an_amount_or_below_all_bands_the_case_stops_and_says_so(self):
        cases = self.send(self.make(), '', '-5')
        self.assertEqual(cases[0].problem, "“Check” asks by amount, but “Amount” is empty.")
        self.assertRegex(cases[1].problem, r"“Check” asks nobody about .*-5\.00.*: its bands begin at .*0\.00")

    def test_a_band_in_which_nobody_may_decide_is_named(self):
        self.acme.user_id = False
        case = self.send(self.make(), '2000')
        self.assertRegex(
            case.problem, r"Nobody was found to approve “Check”\. Its amount, .*2,000\.00.*, is in the band from .*1,000\.00")
        self.acme.user_id = self.second_approver
        case.with_user(self.manager).action_retry()
        self.assertEqual(self.asked(case), [self.second_approver])

    def test_a_number_of_the_record_counts_in_its_own_currency_at_the_date_of_the_case(self):
        euro = self.env.ref('base.EUR')
        euro.active = True
        self.env['res.currency.rate'].search([('currency_id', '=', euro.id)]).unlink()
        self.env['res.currency.rate'].create([
            {'currency_id': euro.id, 'name': day, 'rate': rate, 'company_id': self.company.id}
            for day, rate in (('2026-01-01', 0.5), ('2026-06-01', 2.0))])
        process = self.make(band_currency_id=euro.id)
        with freeze_time('2026-03-01'):
            early = self.send(process, '1500')
        with freeze_time('2026-07-01'):
            late = self.send(process, '1500')
        # 750 and 3,000 euros
        self.assertEqual(self.asked(early + late), [self.approver, self.user])

    def test_publishing_asks_for_bands_from_zero_and_a_path_to_a_number(self):
        for values, lines, problem in (
            ({'amount_path': 'answers.remark'}, (), "“answers.remark” leads to no number. Numbers that are asked for: answers.amount"),
            ({'amount_path': 'answers.gone'}, (), "leads to no number"),
            ({'amount_path': 'partner_id.name'}, (), "leads to no number"),
            ({'amount_path': False}, (), "leads to no number"),
            ({}, ((10, self.approver),), "has to begin at 0"),
            ({}, ((0, self.approver), (10, 'partner_id')), "looks for a user in “partner_id”"),
            ({}, ((0, self.env['res.users']),), "does not say who has to act from"),
            ({'band_ids': False}, (), "has no bands"),
        ):
            process = self.make(*lines, publish=False, **values)
            with self.subTest(problem), self.assertRaisesRegex(UserError, problem):
                process._publish()

    def test_numbers_of_the_record_and_of_the_partner_can_decide_too(self):
        self.make_attribute("Volume", 'float')
        self.acme.properties = {'volume': 1200.0}
        for path in ('partner_id.properties.volume', 'partner_id.color'):
            self.acme.color = 2000
            process = self.make(amount_path=path)
            with self.subTest(path):
                self.assertEqual(self.asked(self.send(process, '1')), [self.user])

    def test_a_new_version_has_the_bands_and_a_published_one_keeps_them(self):
        process = self.make()
        step = process.step_ids.filtered('band_ids')
        for change in (step.band_ids[0].unlink, lambda: step.band_ids[0].write({'amount_from': 7})):
            with self.assertRaisesRegex(UserError, "is published"):
                change()
        again = process._new_version().step_ids.filtered('band_ids')
        self.assertEqual([(band.amount_from, band.approver_kind) for band in again.band_ids],
                         [(0, 'user'), (1000, 'path'), (50000, 'group')])
        self.assertEqual(again.band_ids.approver_user_ids, self.approver)
        again.process_id._publish()

    def test_amounts_of_300_cases_are_read_in_the_queries_of_10(self):
        self.make_attribute("Volume", 'float')
        counts = []
        for size in (3, 10, 300):
            partners = self.env['res.partner'].create([
                {'name': f'B{n}', 'email': f'b{size}-{n}@example.com', 'user_id': self.user.id,
                 'properties': {'volume': n * 400.0}} for n in range(size)])
            process = self.make_process(
                {'Start': {'kind': 'start'}, 'Check': {
                    'kind': 'approval', 'approver_kind': 'band', 'amount_path': 'partner_id.properties.volume',
                    'band_ids': self.bands((0, self.approver), (1000, 'partner_id.user_id'), (50000, self.board))},
                 'Done': {'kind': 'end'}},
                [('Start', 'Check'), ('Check', 'Done', {'outcome': 'approved'})], name=f"Bands {size}")
            campaign = self.make_campaign(process, *partners, name=f"Bands {size}")
            with self.statements() as counter:
                self.launch(campaign)
            counts.append(counter)
        self.assertEqual(len(campaign.case_ids.task_ids.approver_ids.user_id), 3)
        more = {text: (counts[1][text], count) for text, count in counts[2].items() if count > counts[1][text] + 6}
        self.assertFalse(more)
