import doctest
from datetime import date, datetime, timedelta

import pytz
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.pem_campaigns.engine import workdays
from odoo.addons.pem_campaigns.engine.workdays import WorkingDays

from .common import PemCase

steady = settings(database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
DAY = timedelta(days=1)


@tagged('post_install', '-at_install')
class TestWorkingDays(BaseCase):
    """The pure arithmetic."""

    days = st.integers(0, 400).map(lambda number: date(2026, 1, 1) + number * DAY)

    def test_the_examples_in_the_documentation_are_true(self):
        result = doctest.testmod(workdays)
        self.assertTrue(result.attempted)
        self.assertFalse(result.failed)

    @steady
    @given(st.sets(days, min_size=1, max_size=80), days, days, st.integers(-20, 20), st.integers(-20, 20))
    def test_a_later_day_and_a_larger_number_never_lead_to_an_earlier_one_and_never_to_a_day_off(self, worked, one, other, few, many):
        calendar = WorkingDays({day: datetime(day.year, day.month, day.day, 8) for day in worked})
        earlier, later = sorted((one, other))
        few, many = sorted((few, many))
        for day, count in ((earlier, few), (later, few), (earlier, many)):
            found = calendar.shift(day, count)
            if found is None:
                continue
            self.assertIn(found, worked)
            between = sum(day < one <= found for one in worked) if count > 0 else sum(found <= one < day for one in worked)
            self.assertEqual(between, abs(count))
            self.assertTrue(count <= 0 or found > day)
            self.assertTrue(count >= 0 or found < day)
        first = calendar.shift(earlier, few)
        for more in (calendar.shift(later, few), calendar.shift(earlier, many)):
            self.assertTrue(first is None or more is None or first <= more)

    @steady
    @given(st.lists(st.tuples(st.integers(0, 60 * 24 * 30), st.integers(1, 60 * 40)), min_size=1, max_size=15),
           st.sampled_from(('Europe/Berlin', 'America/Los_Angeles', 'Asia/Kathmandu', 'America/Havana', 'Pacific/Apia')))
    def test_a_day_begins_with_the_work_on_it_whatever_the_clock_change(self, spans, zone):
        timezone = pytz.timezone(zone)
        origin = datetime(2026, 3, 1)
        intervals = [(origin + timedelta(minutes=start), origin + timedelta(minutes=start + length)) for start, length in spans]
        calendar = WorkingDays.of_intervals(intervals, timezone)
        for day in (workdays.local_date(origin, timezone) + number * DAY for number in range(35)):
            beginning, end = workdays.midnight(day, timezone), workdays.midnight(day + DAY, timezone)
            self.assertIn((end - beginning) / timedelta(hours=1), (23, 24, 25))
            parts = [max(start, beginning) for start, stop in intervals if start < end and stop - timedelta(seconds=1) >= beginning]
            if parts:
                self.assertEqual(calendar.shift(day, 0), day)
                self.assertEqual(calendar.beginning(day), min(parts))
            else:
                self.assertNotEqual(calendar.shift(day, 0), day)


@tagged('post_install', '-at_install')
class TestCompanyWorkingDays(PemCase):
    """The working hours of a real company."""

    def setUp(self):
        super().setUp()
        self.calendar = self.company.resource_calendar_id
        self.calendar.tz = 'Europe/Berlin'

    def shift(self, day, count):
        return self.company._pem_shift_working_days([(day, count)])[day, count]

    def test_weekends_and_public_holidays_are_left_out_in_both_directions(self):
        self.env['resource.calendar.leaves'].create([
            {'name': "Christmas", 'calendar_id': self.calendar.id, 'date_from': '2026-12-24 23:00', 'date_to': '2026-12-26 22:59'},
            {'name': "Everybody's", 'calendar_id': False, 'company_id': self.company.id,
             'date_from': '2026-12-30 23:00', 'date_to': '2027-01-01 22:59'}])
        for day, count, expected in (
            (date(2026, 12, 23), 1, date(2026, 12, 24)), (date(2026, 12, 24), 1, date(2026, 12, 28)),
            (date(2026, 12, 28), -1, date(2026, 12, 24)), (date(2026, 12, 25), 0, date(2026, 12, 28)),
            (date(2026, 12, 30), 1, date(2027, 1, 4)),
        ):
            self.assertEqual(self.shift(day, count)[0], expected, (day, count))

    def test_a_leave_of_one_colleague_is_a_working_day_of_the_company(self):
        resource = self.env['resource.resource'].create({'name': "Somebody", 'calendar_id': self.calendar.id})
        self.env['resource.calendar.leaves'].create({
            'name': "Holiday", 'calendar_id': self.calendar.id, 'resource_id': resource.id,
            'date_from': '2026-11-24 00:00', 'date_to': '2026-11-28 00:00'})
        self.assertEqual(self.shift(date(2026, 11, 24), 1)[0], date(2026, 11, 25))

    def test_work_begins_at_the_same_hour_of_the_clock_before_and_after_it_is_changed(self):
        # Clocks go back on 25 October 2026, and forth on 29 March 2026.
        hour = min(self.calendar.attendance_ids.mapped('hour_from'))
        for day, count in ((date(2026, 10, 23), 1), (date(2026, 10, 22), 1), (date(2026, 3, 27), 1), (date(2026, 3, 26), 1)):
            _day, begins, over = self.shift(day, count)
            local = pytz.utc.localize(begins).astimezone(pytz.timezone('Europe/Berlin'))
            self.assertEqual(local.hour + local.minute / 60, hour)
            self.assertEqual(pytz.utc.localize(over).astimezone(pytz.timezone('Europe/Berlin')).hour, 0)

    def test_the_day_from_which_is_counted_is_that_of_the_company(self):
        self.calendar.tz = 'Asia/Tokyo'
        # Thursday evening in London is Friday morning in Tokyo.
        self.assertEqual(self.company._pem_local_date(datetime(2026, 11, 26, 22)), date(2026, 11, 27))

    def test_far_numbers_calendars_without_work_and_companies_without_a_calendar_get_an_answer(self):
        self.assertEqual(self.shift(date(2026, 11, 24), 520)[0], date(2028, 11, 21))
        self.assertEqual(self.shift(date(2026, 11, 24), -260)[0], date(2025, 11, 25))
        self.calendar.attendance_ids = False
        self.assertEqual(self.shift(date(2026, 11, 24), 3)[0], date(2026, 11, 27))
        self.company.resource_calendar_id = False
        with freeze_time('2026-11-28'):
            self.assertEqual(self.shift(date(2026, 11, 28), 1)[0], date(2026, 11, 29))

    def test_a_thousand_questions_take_the_statements_of_one(self):
        counts = []
        self.shift(date(2026, 11, 24), 1)
        for number in (1, 1000):
            with self.statements() as counter:
                self.company._pem_shift_working_days([(date(2026, 1, 1) + one * DAY, one % 15) for one in range(number)])
            counts.append(counter.total())
        self.assertEqual(*counts)
