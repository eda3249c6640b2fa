from collections import defaultdict

from odoo import api, fields, models

from ..engine import flow

#: From when on working days are counted.
SINCE = [('deadline', "it is due"), ('opened', "it was opened")]


class PemProcessStepReminder(models.Model):
    """When whoever is asked at a step is reminded, and in which words."""

    _name = 'pem.process.step.reminder'
    _description = "Reminder of a Process Step"
    _inherit = ['pem.process.step.part']
    _order = 'step_id, sequence, id'
    _rec_name = 'when'

    sequence = fields.Integer(default=10)
    days = fields.Integer(string="Working days", required=True, default=1)
    when = fields.Selection([
        ('before', "before it is due"), ('after', "after it is due"), ('opened', "after it was opened"),
    ], required=True, default='after')
    repeat_days = fields.Integer(
        string="Again every", default=0, help="Working days until the next reminder; 0 to remind once.")
    times = fields.Integer(string="At most", required=True, default=1, help="How many times this reminder is sent to one task.")
    mail_template_id = fields.Many2one(
        'mail.template', string="Message", ondelete='restrict', domain=[('model', '=', 'pem.task')], index='btree_not_null',
        help="Empty for the usual words.")

    _days_positive = models.Constraint('CHECK (days >= 0)', "A reminder cannot come a negative number of days before or after.")
    _repeat_days_positive = models.Constraint('CHECK (repeat_days >= 0)', "A reminder cannot be repeated before it was sent.")
    _times_positive = models.Constraint('CHECK (times BETWEEN 1 AND 100)', "A reminder is sent between 1 and 100 times.")

    def _shifts(self):
        """Return the numbers of working days from the deadline, or from the opening, at which to remind."""
        self.ensure_one()
        first = -self.days if self.when == 'before' else self.days
        return [first + number * self.repeat_days for number in range(self.times if self.repeat_days else 1)]


class PemProcessStep(models.Model):
    """Until when whoever is asked at a step should have acted, and what happens when they do not."""

    _inherit = 'pem.process.step'

    reminder_ids = fields.One2many('pem.process.step.reminder', 'step_id', string="Reminders", copy=True)

    # Escalation
    escalate_days = fields.Integer(string="Escalate after", help="Working days; 0 for never.")
    escalate_from = fields.Selection(SINCE, required=True, default='deadline')
    escalate_to = fields.Selection([
        ('owner', "Owner of the campaign or case"), ('user', "Persons"), ('group', "Members of a group"),
        ('path', "Person found on the record"), ('contact', "Another contact of the partner"),
    ], required=True, default='owner',
        help="Who decides when nobody did. When the partner is asked, colleagues are told that there is no answer.")
    # A domain in text: from a list Odoo would infer that steps change when users do, and search them while one is created.
    escalate_user_ids = fields.Many2many(
        'res.users', 'pem_process_step_escalate_user_rel', string="Escalate to persons", domain="[('share', '=', False)]")
    escalate_group_id = fields.Many2one('res.groups', string="Escalate to group", ondelete='restrict')
    escalate_path = fields.Char(string="Escalate to field", help="Path to a user, such as partner_id.user_id.")
    escalate_contact_type = fields.Selection(
        lambda self: self.env['res.partner']._fields['type']._description_selection(self.env),
        string="Kind of contact", default='other')
    escalate_instead = fields.Boolean(
        string="Instead of who was asked", help="Whoever was asked before has nothing to do any more. Otherwise both can act.")

    # Expiry
    expire_days = fields.Integer(
        string="Expire after", help="Working days; 0 for never. The case then goes on along the flow for “Expired”, or is cancelled.")
    expire_from = fields.Selection(SINCE, required=True, default='deadline')

    _escalate_days_positive = models.Constraint('CHECK (escalate_days >= 0)', "A step cannot be escalated before it is opened.")
    _expire_days_positive = models.Constraint('CHECK (expire_days >= 0)', "A step cannot expire before it is opened.")

    def _can_expire(self):
        """Say whether the time for this step can run out, so that cases leave it as expired."""
        self.ensure_one()
        return self._is_human() and bool(self.expire_days)

    def _problems(self):
        found = super()._problems()
        if not self._can_expire() and self.outgoing_ids.filtered(lambda line: line.outcome == flow.EXPIRED):
            found.append(self.env._("A flow waits for “%s” to expire, which it never does.", self.name))
        if not self._is_human():
            return found
        for reminder in self.reminder_ids:
            if reminder.mail_template_id and reminder.mail_template_id.sudo().model != 'pem.task':
                found.append(self.env._("A reminder of “%s” is written for other records than tasks.", self.name))
        if self.escalate_days:
            if (self.escalate_to == 'user' and not self.escalate_user_ids) or (
                    self.escalate_to == 'group' and not self.escalate_group_id):
                found.append(self.env._("“%s” does not say to whom it is escalated.", self.name))
            if self.escalate_to == 'path' and not self._path_is_user(self.escalate_path):
                found.append(self.env._(
                    "“%(step)s” is escalated to a user in “%(path)s”, which leads to none.",
                    step=self.name, path=self.escalate_path or ''))
            if self.escalate_to == 'contact' and self.kind != flow.FORM:
                found.append(self.env._("“%s” is no partner form, so it cannot be escalated to a contact of the partner.", self.name))
        return found

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
    def _add_working_days(self, company, days, since=None):
        """Return the date that is ``days`` working days of a company after a moment; its own day does not count.

        :param since: naive UTC, as Odoo stores it; now when omitted
        """
        today = company._pem_local_date(since or fields.Datetime.now())
        return company._pem_shift_working_days([(today, days)])[today, days][0]

    # What happens until then, and after

    def _has_clock(self):
        """Say whether anything happens at this step when nobody acts."""
        self.ensure_one()
        return self._is_human() and bool(self.reminder_ids or self.escalate_days or self.expire_days)

    def _clocks(self, company, spans):
        """Return ``{span: (reminders, escalation, expiry)}``: what happens when at this step.

        Reminders are ``[(moment, pem.process.step.reminder)]`` in order; the others are moments, or False. Reminders and
        escalations come when work begins on their day; an expiry comes when its day is over. What was opened after it was due,
        for a correction say, has the days after it all the same: they count from the opening.

        :param spans: iterable of ``(date opened, date due or False)``
        """
        self.ensure_one()
        wanted = defaultdict(list)
        for opened, due in set(spans):
            since = {'opened': opened, 'before': due, 'after': due and max(due, opened), 'deadline': due and max(due, opened)}
            asked = [(reminder, 1, since[reminder.when], shift)
                     for reminder in self.reminder_ids for shift in reminder._shifts()]
            if self.escalate_days:
                asked.append(('escalation', 1, since[self.escalate_from], self.escalate_days))
            if self.expire_days:
                asked.append(('expiry', 2, since[self.expire_from], self.expire_days))
            wanted[opened, due] = [(what, part, (day, shift)) for what, part, day, shift in asked if day]
        answers = company._pem_shift_working_days(question for asked in wanted.values() for _what, _part, question in asked)
        clocks = {}
        for span, asked in wanted.items():
            moments = [(what, answers[question][part]) for what, part, question in asked]
            once = {what: moment for what, moment in moments if isinstance(what, str)}
            reminders = sorted(
                ((moment, what) for what, moment in moments if not isinstance(what, str)),
                key=lambda one: (one[0], one[1].sequence, one[1].id))
            clocks[span] = reminders, once.get('escalation', False), once.get('expiry', False)
        return clocks
