from odoo import api, fields, models
from odoo.tools import formatLang

from ..engine import clock
from .pem_case import CLOSED_STATES


class PemCase(models.Model):
    """How long a case waited on the partner, on us and on the system, in the working time of its company.

    Hours are added up when the ball changes hands; what runs since then is added by whoever looks.
    """

    _inherit = 'pem.case'

    waited_partner = fields.Float(
        string="Waited on partner (hours)", readonly=True, copy=False, aggregator='avg',
        help="Working hours during which the partner had the ball, up to when it last changed hands.")
    waited_sponsor = fields.Float(
        string="Waited on us (hours)", readonly=True, copy=False, aggregator='avg',
        help="Working hours during which we had the ball, up to when it last changed hands.")
    waited_system = fields.Float(
        string="Waited on the system (hours)", readonly=True, copy=False, aggregator='avg',
        help="Working hours during which a wait, a problem or a step of the system held the case.")
    clock_partner = fields.Float(string="On partner (working days)", compute='_compute_clock')
    clock_sponsor = fields.Float(string="On us (working days)", compute='_compute_clock')
    clock_system = fields.Float(string="On the system (working days)", compute='_compute_clock')
    waiting_days = fields.Float(
        string="Waiting for (working days)", compute='_compute_clock', help="How long the one who has the ball has had it.")
    clock_summary = fields.Char(string="Waited", compute='_compute_clock', help="In working days, until now.")

    @api.depends('waited_partner', 'waited_sponsor', 'waited_system', 'waiting_on', 'waiting_since', 'state', 'company_id')
    def _compute_clock(self):
        running = self.filtered(lambda case: case.id and case.state not in CLOSED_STATES)
        passed = running._running_hours(fields.Datetime.now())
        for case in self:
            hours_a_day = case._working_hours_a_day()
            hours = {holder: case[f'waited_{holder}'] for holder in clock.HOLDERS}
            holder, since_then = passed.get(case.id, (False, 0.0))
            if holder:
                hours[holder] += since_then
            for name, value in hours.items():
                case[f'clock_{name}'] = value / hours_a_day
            case.waiting_days = since_then / hours_a_day
            case.clock_summary = case._say_clock(hours)

    # When the ball changes hands

    def _stop_clock(self, now):
        """Add to the totals what passed since the ball last changed hands, and let the clock run on from now.

        A few statements, however many cases: they wait for the flush that writes what else a verb changes on them.
        """
        before = {holder: self._raw_map(f'waited_{holder}') for holder in clock.HOLDERS}
        sums = {holder: {} for holder in clock.HOLDERS}
        for case_id, (holder, hours) in self._running_hours(now).items():
            if hours:
                sums[holder][case_id] = (before[holder][case_id] or 0.0) + hours
        for holder, values in sums.items():
            self._assign(f'waited_{holder}', values)
        self._assign('waiting_since', {
            case_id: clock.hand_over(since, now) for case_id, since in zip(self._ids, self._clock_since(), strict=True)})

    def _running_hours(self, now):
        """Return ``{case id: (who has the ball, working hours since they have it)}``."""
        periods = {}
        for company, cases in self._split_by('company_id').items():
            sinces = cases._clock_since()
            working = company._pem_working_time(min(*sinces, now), now)
            hours = {since: working.hours(since, now) for since in set(sinces)}
            for case_id, holder, since in zip(cases._ids, cases._raw('waiting_on'), sinces, strict=True):
                # Whatever is not yet, or no longer, anybody's is on its way through the system.
                periods[case_id] = holder or 'system', hours[since]
        return periods

    def _clock_since(self):
        """Return since when these cases wait on whom they wait on, in their order."""
        return [since or start for since, start in zip(self._raw('waiting_since'), self._raw('date_start'), strict=True)]

    # In words

    def _working_hours_a_day(self):
        calendar_sudo = self.company_id.sudo().resource_calendar_id
        return calendar_sudo.hours_per_day or 24.0

    def _say_clock(self, hours):
        """Return how long a case waited on whom, in a sentence; what is less than an hour is left out."""
        self.ensure_one()
        sayings = {
            'partner': lambda time: self.env._("%s on the partner", time),
            'sponsor': lambda time: self.env._("%s on us", time),
            'system': lambda time: self.env._("%s on the system", time),
        }
        return ', '.join(saying(self._say_working_hours(hours[holder])) for holder, saying in sayings.items() if hours[holder] >= 1)

    def _say_working_hours(self, hours):
        """Return a working time as a reader would say it: in days, and below one day in hours."""
        self.ensure_one()
        hours_a_day = self._working_hours_a_day()
        if hours >= hours_a_day:
            days = round(hours / hours_a_day, 1)
            if days == 1:
                return self.env._("1 working day")
            return self.env._("%s working days", formatLang(self.env, days, digits=0 if days == int(days) else 1))
        if hours < 1:
            return self.env._("less than an hour")
        whole = int(hours)
        return self.env._("1 working hour") if whole == 1 else self.env._("%s working hours", whole)
