from datetime import datetime, time

import pytz
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models


class PemProcessStep(models.Model):
    """Until when whoever is asked at a step should have acted."""

    _inherit = 'pem.process.step'

    def _can_expire(self):
        """Say whether the time for this step can run out, so that cases leave it as expired."""
        self.ensure_one()
        return False

    def _deadlines(self, cases):
        """Return ``{case: date}``: when a task opened now is due, False for never.

        Working days are those of the working hours of each case's company.
        """
        self.ensure_one()
        if not self.deadline_days:
            return {case: case.date_deadline for case in cases}
        return {
            case: due
            for company, some in cases.grouped('company_id').items()
            for due in [self._add_working_days(company, self.deadline_days)]
            for case in some
        }

    @api.model
    def _add_working_days(self, company, days):
        """Return the date that is ``days`` working days of a company after today; today itself does not count."""
        calendar = company.sudo().resource_calendar_id
        timezone = pytz.timezone((calendar.tz if calendar else False) or self.env.user.tz or 'UTC')
        today = pytz.utc.localize(fields.Datetime.now()).astimezone(timezone).date()
        tomorrow = timezone.localize(datetime.combine(today + relativedelta(days=1), time.min))
        planned = calendar.plan_days(days, tomorrow, compute_leaves=True) if calendar else False
        return planned.date() if planned else today + relativedelta(days=days)
