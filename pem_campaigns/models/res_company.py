import datetime

import pytz

from odoo import models
from odoo.fields import Domain

from ..engine import clock

WEEK = datetime.timedelta(days=7)


class ResCompany(models.Model):
    _inherit = 'res.company'

    def _pem_working_time(self, start, end):
        """Return the :class:`~..engine.clock.WorkingTime` of this company for a span, leaves left out.

        Without working hours every hour counts.

        :param start: naive UTC, as Odoo stores it; ``end`` likewise
        """
        return clock.WorkingTime(self._pem_working_intervals(start, end))

    def _pem_working_intervals(self, start, end, calendar=None):
        """Return the working time of the weeks in which a span lies, as ``[(start, end)]`` in naive UTC; None when the company
        has no working hours.

        :param calendar: ``resource.calendar`` to use instead of the company's; leaves are those of the company still
        """
        self.ensure_one()
        calendar_sudo = calendar.sudo() if calendar else self.sudo().resource_calendar_id
        if not calendar_sudo:
            return None
        timezone = pytz.timezone(calendar_sudo.tz or 'UTC')
        first, last = (pytz.utc.localize(moment).astimezone(timezone).date() for moment in (start, end))
        # Whole weeks: flexible hours are spread over the days from the beginning of the span on.
        monday = first - datetime.timedelta(days=first.weekday())
        sunday = last - datetime.timedelta(days=last.weekday()) + WEEK
        bounds = [timezone.localize(datetime.datetime.combine(day, datetime.time.min)) for day in (monday, sunday)]
        leaves = Domain('time_type', '=', 'leave') & Domain('company_id', 'in', (False, self.id))
        worked = calendar_sudo._work_intervals_batch(*bounds, domain=list(leaves))[False]
        return [tuple(bound.astimezone(pytz.utc).replace(tzinfo=None) for bound in one[:2]) for one in worked]
