import datetime

import pytz

from odoo import models

from ..engine import workdays

#: How far a number of working days may reach, in calendar days; beyond, every day counts.
FARTHEST = 8 * 366


class ResCompany(models.Model):
    """Which day is so many working days from another one: days off, leaves and time zone are those of the company."""

    _inherit = 'res.company'

    def _pem_timezone(self, calendar=None):
        """Return the time zone in which the days of this company, or of a calendar instead, begin and end."""
        self.ensure_one()
        return pytz.timezone((calendar or self.resource_calendar_id).sudo().tz or self.env.user.tz or 'UTC')

    def _pem_local_date(self, moment):
        """Return the date that a moment, as Odoo stores it, has where this company works."""
        return workdays.local_date(moment, self._pem_timezone())

    def _pem_shift_working_days(self, shifts, calendar=None):
        """Answer any number of questions in a number of statements that does not depend on them.

        Without working hours every day counts, and begins at midnight.

        :param shifts: iterable of ``(date, count)``: the working day so many working days after a day (before it, when
            negative); 0 for the day itself, or the next that is worked
        :param calendar: ``resource.calendar`` to use instead of the company's
        :return: ``{(date, count): (date, moment at which work begins on it, moment at which the day is over)}``
        """
        self.ensure_one()
        shifts = set(shifts)
        timezone = self._pem_timezone(calendar)
        found, reach = {}, 60
        while shifts:
            first = min(day + datetime.timedelta(days=min(count, 0) * 3 - (reach if count < 0 else 1)) for day, count in shifts)
            last = max(day + datetime.timedelta(days=max(count, 0) * 3 + (reach if count >= 0 else 1)) for day, count in shifts)
            intervals = self._pem_working_intervals(*(workdays.midnight(day, timezone) for day in (first, last)), calendar)
            days = workdays.WorkingDays.of_intervals(intervals, timezone) if intervals is not None else None
            for day, count in list(shifts):
                to = days.shift(day, count) if days else None
                if to:
                    begins = days.beginning(to)
                elif not days or reach > FARTHEST:
                    to = day + datetime.timedelta(days=count)
                    begins = workdays.midnight(to, timezone)
                else:
                    continue
                found[day, count] = to, begins, workdays.midnight(to + datetime.timedelta(days=1), timezone)
                shifts.remove((day, count))
            reach *= 4
        return found
