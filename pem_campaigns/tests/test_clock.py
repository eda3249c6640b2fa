from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.tests import BaseCase, tagged

from odoo.addons.pem_campaigns.engine.clock import HOLDERS, WorkingTime, hand_over

from .common import PemCase

#: Other tests may be running beside this one, so slowness says nothing.
steady = settings(database=None, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
MONDAY = datetime(2026, 11, 23)
#: A week of working days, eight hours each, with a break.
WEEK = [(MONDAY + timedelta(days=day, hours=start), MONDAY + timedelta(days=day, hours=end))
        for day in range(5) for start, end in ((8, 12), (13, 17))]


@tagged('post_install', '-at_install')
class TestWorkingTime(BaseCase):
    """The pure clock."""

    moments = st.integers(-200_000, 800_000).map(lambda seconds: MONDAY + timedelta(seconds=seconds))
    intervals = st.lists(st.tuples(moments, moments), max_size=12)

    def test_evenings_breaks_and_weekends_do_not_count(self):
        week = WorkingTime(WEEK)
        for start, end, hours in (
            (MONDAY, MONDAY + timedelta(days=1), 8), (MONDAY + timedelta(hours=11), MONDAY + timedelta(hours=14), 2),
            (MONDAY + timedelta(days=4, hours=16), MONDAY + timedelta(days=6), 1),
            (MONDAY + timedelta(hours=12), MONDAY + timedelta(hours=13), 0),
        ):
            self.assertEqual(week.hours(start, end), hours)

    @steady
    @given(intervals, st.lists(moments, min_size=2, max_size=10))
    def test_parts_add_up_to_the_whole_and_are_what_counting_finds(self, intervals, moments):
        working = WorkingTime(intervals)
        moments.sort()
        parts = sum(working.hours(start, end) for start, end in zip(moments, moments[1:], strict=False))
        self.assertAlmostEqual(parts, working.hours(moments[0], moments[-1]), places=6)
        edges = sorted({edge for interval in intervals for edge in interval} | {moments[0], moments[-1]})
        counted = sum(
            (end - start).total_seconds() for start, end in zip(edges, edges[1:], strict=False)
            if moments[0] <= start < moments[-1] and any(low <= start and end <= high for low, high in intervals))
        self.assertAlmostEqual(parts, counted / 3600, places=6)

    @steady
    @given(intervals, st.lists(st.tuples(moments, st.sampled_from(HOLDERS)), min_size=1, max_size=15))
    def test_whoever_has_the_ball_in_any_order_and_with_any_clock_the_three_add_up_to_the_working_time(self, intervals, turns):
        """Moments come in any order: that is a clock which is set forth and back."""
        working = WorkingTime(intervals)
        started, totals = turns[0][0], dict.fromkeys(HOLDERS, 0.0)
        since = started
        for now, holder in turns:
            hours = working.hours(since, now)
            self.assertGreaterEqual(hours, 0)
            totals[holder] += hours
            since = hand_over(since, now)
        self.assertAlmostEqual(sum(totals.values()), working.hours(started, since), places=6)

    def test_without_working_hours_every_hour_counts(self):
        self.assertEqual(WorkingTime().hours(MONDAY, MONDAY + timedelta(days=2)), 48)
        self.assertEqual(WorkingTime().hours(MONDAY + timedelta(days=2), MONDAY), 0)


@tagged('post_install', '-at_install')
class TestClock(PemCase):
    """How long cases waited, on whom."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id = cls.env['resource.calendar'].create({'name': "Office hours", 'tz': 'UTC'})

    def launched(self, moment):
        with freeze_time(moment):
            return self.launch()[0]

    def waited(self, case):
        return tuple(round(case[f'waited_{holder}'], 2) for holder in HOLDERS)

    def test_each_side_has_its_working_hours(self):
        case = self.launched('2026-11-23 09:00')
        with freeze_time('2026-11-25 12:00'):
            self.assertEqual(case.clock_summary, "2.4 working days on the partner")
            self.submit(case)
        self.assertEqual(self.waited(case), (19, 0, 0))
        with freeze_time('2026-11-26 10:00'):
            case.invalidate_recordset()
            self.assertEqual(round(case.clock_sponsor, 2), 6 / 8)
            self.assertEqual(case.clock_summary, "2.4 working days on the partner, 6 working hours on us")
            self.decide(case)
        self.assertEqual((self.waited(case), case.state), ((19, 6, 0), 'done'))
        with freeze_time('2027-01-01'):
            case.invalidate_recordset()
            self.assertEqual((case.clock_partner, case.waiting_days), (19 / 8, 0))

    def test_nights_weekends_and_holidays_of_the_company_do_not_count(self):
        self.env['resource.calendar.leaves'].create({
            'name': "Holiday", 'calendar_id': self.company.resource_calendar_id.id, 'company_id': self.company.id,
            'date_from': '2026-11-26 00:00', 'date_to': '2026-11-26 23:59'})
        other = self.env['res.company'].create({'name': "Elsewhere"})
        self.env['resource.calendar.leaves'].create({
            'name': "Holiday of others", 'calendar_id': False,
            'date_from': '2026-11-25 00:00', 'date_to': '2026-11-25 23:59'}).company_id = other
        case = self.launched('2026-11-24 16:00')
        with freeze_time('2026-11-30 09:00'):
            self.submit(case)
        self.assertEqual(self.waited(case), (1 + 8 + 0 + 8 + 1, 0, 0))

    def test_a_change_of_the_clocks_neither_adds_nor_takes_an_hour(self):
        calendar = self.company.resource_calendar_id
        calendar.tz = 'Europe/Berlin'
        # Clocks went back on Sunday, 25 October: eight o'clock is 06:00 UTC before and 07:00 UTC after.
        case = self.launched('2026-10-23 06:00')
        with freeze_time('2026-10-26 16:00'):
            self.submit(case)
        self.assertEqual(self.waited(case), (16, 0, 0))

    def test_a_clock_that_was_set_back_counts_no_hour_twice_and_none_below_zero(self):
        case = self.launched('2026-11-23 10:00')
        with freeze_time('2026-11-23 09:00'):
            self.submit(case)
        self.assertEqual((self.waited(case), case.waiting_since), ((0, 0, 0), fields.Datetime.to_datetime('2026-11-23 10:00:00')))
        with freeze_time('2026-11-23 11:00'):
            self.decide(case)
        self.assertEqual(self.waited(case), (0, 1, 0))

    def test_a_problem_counts_for_the_system(self):
        case = self.launched('2026-11-23 09:00')
        with freeze_time('2026-11-23 11:00'), patch.object(
                type(self.env['pem.process.step']), '_find_approvers', lambda step, cases: {}):
            self.submit(case)
        self.assertEqual((case.state, case.waiting_on), ('problem', 'system'))
        with freeze_time('2026-11-24 09:00'):
            case.with_user(self.manager).action_retry()
        with freeze_time('2026-11-24 10:00'):
            self.decide(case)
        self.assertEqual(self.waited(case), (2, 1, 8 - 2 + 1 - 1 + 0))

    def test_flexible_hours_add_up_too(self):
        self.company.resource_calendar_id.write({
            'schedule_type': 'flexible', 'full_time_required_hours': 40, 'hours_per_day': 8})
        case = self.launched('2026-11-23 00:00')
        with freeze_time('2026-11-24 00:00'):
            self.submit(case)
        with freeze_time('2026-11-27 00:00'):
            self.decide(case, 'send_back', comment="All of it")
        with freeze_time('2026-12-01 00:00'):
            self.submit(case)
        partner, sponsor, _system = self.waited(case)
        self.assertEqual((partner, sponsor), (8 + 8 + 8, 24))

    def test_a_company_without_working_hours_counts_every_hour(self):
        self.company.resource_calendar_id = False
        case = self.launched('2026-11-23 00:00')
        with freeze_time('2026-11-25 12:00'):
            self.assertEqual(case.clock_summary, "2.5 working days on the partner")
            self.submit(case)
        self.assertEqual(self.waited(case), (60, 0, 0))

    def test_managers_cannot_set_the_clock(self):
        case = self.launched('2026-11-23 09:00')
        with self.assertRaisesRegex(Exception, "cannot be changed by hand"):
            case.with_user(self.manager).write({'waited_sponsor': 0})

    def test_the_clocks_of_300_cases_take_the_statements_of_10(self):
        counts = []
        for size in (3, 10, 300):
            partners = self.env['res.partner'].create([
                {'name': f"Clock {size}-{number}", 'is_company': True, 'email': f'clock{number}@example.com'}
                for number in range(size)])
            campaign = self.make_campaign(self.process, *partners, name=f"Clock {size}")
            with freeze_time('2026-11-02 09:00'):
                self.launch(campaign)
            cases = campaign.case_ids
            for number, case in enumerate(cases):
                # Each has the ball since another moment.
                case.sudo().waiting_since = datetime(2026, 11, 3) + timedelta(hours=number)
            with freeze_time('2026-11-20 17:00'), self.statements() as counter:
                self.env['pem.case'].sudo().browse(cases.ids)._cancel()
            self.assertEqual(set(cases.mapped('state')), {'cancelled'})
            self.assertTrue(all(cases.mapped('waited_partner')))
            counts.append(counter)
            with self.statements() as reading:
                self.env['pem.case'].browse(cases.ids).mapped('clock_summary')
            counts.append(reading)
        for few, many in ((counts[2], counts[4]), (counts[3], counts[5])):
            more = {text: (few[text], count) for text, count in many.items() if count > few[text] + 5}
            self.assertFalse(more, "Statements that are repeated with the number of cases")
