from odoo import fields, models
from odoo.exceptions import UserError

from ..engine import flow, wakes


class PemProcessStep(models.Model):
    """What a case waits for at a wait: some days, a date on its record, a form to be sent in, or a call from another system."""

    _inherit = 'pem.process.step'

    wait_for = fields.Selection([
        ('days', "Some days"), ('date', "A date"), ('submission', "A form to be sent in"), ('hook', "A call from another system"),
    ], string="Waits for", required=True, default='days')
    wait_days = fields.Integer(string="Days", default=1)
    wait_unit = fields.Selection([
        ('working', "working days"), ('calendar', "calendar days"),
    ], string="Days are", required=True, default='working')
    wait_calendar_id = fields.Many2one(
        'resource.calendar', string="Working hours", ondelete='restrict',
        help="Says which days are worked and in which time zone they begin; empty for those of the company of the case.")
    wait_path = fields.Char(string="Date on the record", help="Path to a date, such as date_deadline or answers.valid_until.")
    wait_when = fields.Selection([
        ('on', "On that date"), ('before', "Days before"), ('after', "Days after"),
    ], string="When", required=True, default='on')
    wait_step_id = fields.Many2one(
        'pem.process.step', string="Form to wait for", ondelete='set null', copy=False, index='btree_not_null',
        domain="[('process_id', '=', process_id), ('kind', '=', 'form')]")
    awaited_by_ids = fields.One2many('pem.process.step', 'wait_step_id', string="Waits for this form")

    _wait_days_sane = models.Constraint('CHECK (wait_days BETWEEN 0 AND 3660)', "A wait takes at most ten years.")

    # Deadline of a wait for an event: the room of deadlines looks after it

    def _awaits_event(self):
        self.ensure_one()
        return self.kind == flow.WAIT and self.wait_for in ('submission', 'hook')

    def _may_pass(self):
        """Say whether cases may leave this step in the moment in which they get there, though they rest at its kind as a rule:
        what they wait for can have happened."""
        self.ensure_one()
        return self.kind == flow.WAIT and self.wait_for in ('date', 'submission')

    def _awaited_form(self):
        """Return the form that has to be sent before cases leave this step, empty when they wait for none."""
        self.ensure_one()
        return self.wait_step_id if self.kind == flow.WAIT and self.wait_for == 'submission' else self.browse()

    def _can_expire(self):
        return super()._can_expire() or (self._awaits_event() and bool(self.expire_days))

    def _has_clock(self):
        return super()._has_clock() or (self._awaits_event() and bool(self.expire_days))

    def _clocks(self, company, spans):
        """A wait reminds nobody and escalates to nobody; it only runs out."""
        clocks = super()._clocks(company, spans)
        if self.kind != flow.WAIT:
            return clocks
        return {span: ([], False, expiry) for span, (_reminders, _escalation, expiry) in clocks.items()}

    # Arriving

    def _enter_wait(self, cases, arrived_by):
        """Let cases rest until what they wait for has happened; those for which it has already pass at once."""
        if self.wait_for == 'submission':
            sent = {case.id for (case, _step), submission in cases._latest_submissions(self.wait_step_id).items()
                    if submission.state in ('submitted', 'accepted')}
            passing = cases.filtered(lambda case: case.id in sent)
            self.env['pem.task']._open(self, cases - passing, {'arrived_by_id': arrived_by.id})
        elif self.wait_for == 'hook':
            passing = cases.browse()
            self.env['pem.task']._open(self, cases, {'arrived_by_id': arrived_by.id})
        else:
            moments = self._wake_moments(cases)
            dateless = cases.filtered(lambda case: not moments[case])
            dateless._stop(self, self.env._(
                "“%(step)s” waits for a date, but “%(path)s” is empty.", step=self.name, path=self._say_path(self.wait_path)),
                {'arrived_by_id': arrived_by.id})
            now = fields.Datetime.now()
            passing = (cases - dateless).filtered(lambda case: moments[case] <= now)
            self.env['pem.task']._rest(self, {case: moments[case] for case in cases - dateless - passing}, arrived_by)
        passing._log('not_waited', dict.fromkeys(passing, {'step': self.name}))
        return {'': passing}

    def _wake_moments(self, cases):
        """Return ``{case: moment}`` at which the waiting of cases is over; False where the record has no date.

        :raises Unusable: when the path to the date leads nowhere
        """
        self.ensure_one()
        if self.wait_for == 'days':
            origins = dict.fromkeys(cases, fields.Datetime.now())
        else:
            origins = cases._read_dates(self.wait_path)
        count = {'on': 0, 'before': -self.wait_days}.get(self.wait_when, self.wait_days) if self.wait_for == 'date' else self.wait_days
        calendar = self.wait_calendar_id
        moments = {}
        for company, some in cases.grouped('company_id').items():
            timezone = company._pem_timezone(calendar)
            try:
                shifted = wakes.shift(
                    {origins[case] for case in some if origins[case]}, count, timezone,
                    (lambda shifts, company=company: company._pem_shift_working_days(shifts, calendar))
                    if self.wait_unit == 'working' else None)
            except OverflowError as error:
                raise UserError(self.env._("the date is out of reach")) from error
            moments.update({case: shifted.get(origins[case], False) for case in some})
        return moments

    # Publishing

    def _problems(self):
        found = super()._problems()
        if self.kind != flow.WAIT:
            return found
        if self.wait_for == 'days' and not self.wait_days:
            found.append(self.env._("“%s” does not say how long to wait.", self.name))
        if self.wait_for == 'date' and not self._path_is_date(self.wait_path):
            found.append(self.env._(
                "“%(step)s” waits for a date in “%(path)s”, which leads to none.", step=self.name, path=self.wait_path or ''))
        if self.wait_for == 'submission':
            form = self.wait_step_id
            if form.process_id != self.process_id or form.kind != flow.FORM:
                found.append(self.env._("“%s” does not say for which form to wait.", self.name))
            elif self._comes_only_after(form):
                found.append(self.env._(
                    "“%(step)s” waits for “%(form)s”, which a case gets to only afterwards.", step=self.name, form=form.name))
        return found

    def _comes_only_after(self, form):
        """Say whether no way leads to a form but through this step."""
        definition = self.process_id._definition()
        return definition.start is not None and form.id not in definition.reach(definition.start, stop=self.id)

    def _path_is_date(self, path):
        *ahead, last = (path or '').split('.')
        along = self._fields_along(ahead)
        if along and along[-1].type == 'properties':
            return self._has_dated_property(along[-1], last)
        found = self._fields_along([*ahead, last])
        return bool(found) and found[-1].type in ('date', 'datetime') and all(field.type == 'many2one' for field in found[:-1])

    def _has_dated_property(self, field, name):
        """Say whether a Properties field has a date of this name: an answer of a form, or an attribute of partners."""
        if (field.model_name, field.name) == ('pem.case', 'answers'):
            return bool(self.process_id.step_ids.form_id.field_ids.filtered(
                lambda question: question.name == name and question.value_type in ('date', 'datetime')))
        if (field.model_name, field.name) == ('res.partner', 'properties'):
            return bool(self.env['pem.attribute'].sudo().search_count(
                [('technical_name', '=', name), ('value_type', 'in', ('date', 'datetime'))], limit=1))
        return True

    def _say_path(self, path):
        """Return a path in the words that the fields along it have."""
        names = (path or '').split('.')
        for length in range(len(names), 0, -1):
            found = self._fields_along(names[:length])
            if found:
                said = [self.env[field.model_name].fields_get([field.name], ['string'])[field.name]['string'] for field in found]
                if found[-1].type == 'properties' and length < len(names):
                    said[-1:] = [self._say_property(found[-1], names[length])]
                return ' › '.join(said)
        return path or ''

    def _say_property(self, field, name):
        """Return what people call an answer of a form, or an attribute of partners."""
        if (field.model_name, field.name) == ('pem.case', 'answers'):
            return self.process_id.step_ids.form_id.field_ids.filtered(lambda question: question.name == name)[:1].label or name
        return self.env['pem.attribute'].sudo().search([('technical_name', '=', name)], limit=1).name or name


class PemProcess(models.Model):
    _inherit = 'pem.process'

    def _copy_definition_to(self, copy):
        """A wait of the copy waits for the form of the copy."""
        super()._copy_definition_to(copy)
        copies = dict(zip(self.step_ids, copy.step_ids.sorted(lambda step: (step.sequence, step.id)), strict=True))
        for step in self.step_ids.filtered('wait_step_id'):
            copies[step].wait_step_id = copies.get(step.wait_step_id)
