from odoo import api, fields, models
from odoo.fields import Domain

from ..engine import flow


class PemTask(models.Model):
    """What happens by itself to a task on which nobody acts: when the next thing is due is stored, so a run finds it by index."""

    _inherit = 'pem.task'

    # Reminders
    reminder_date = fields.Datetime(string="Next reminder", readonly=True, copy=False)
    reminders_used = fields.Integer(
        readonly=True, copy=False, help="How many of the reminders of its step lie behind the task, sent or not.")
    reminder_id = fields.Many2one(
        'pem.process.step.reminder', string="Reminder to be sent", readonly=True, copy=False, ondelete='set null',
        index='btree_not_null')
    reminder_count = fields.Integer(string="Reminded", readonly=True, copy=False, help="How often the task was reminded of.")

    # When nobody acts
    escalation_date = fields.Datetime(string="Escalates", readonly=True, copy=False)
    escalated_date = fields.Datetime(string="Escalated", readonly=True, copy=False)
    expiry_date = fields.Datetime(string="Expires", readonly=True, copy=False)

    _due_reminders = models.Index("(reminder_date) WHERE state = 'open' AND reminder_date IS NOT NULL")
    _due_escalations = models.Index("(escalation_date) WHERE state = 'open' AND escalation_date IS NOT NULL")
    _due_expiries = models.Index("(expiry_date) WHERE state = 'open' AND expiry_date IS NOT NULL")

    def write(self, vals):
        result = super().write(vals)
        if 'date_deadline' in vals:
            self._rewind_clocks()
        return result

    @api.model
    def _wind_clocks(self, step, cases, vals_list):
        """Add to the values of tasks that are about to be opened when what is due, and return the values.

        :param cases: those of the values, in the same order
        """
        if not step._has_clock():
            return vals_list
        now = fields.Datetime.now()
        for company, pairs in self._by_company(zip(cases, vals_list, strict=True)).items():
            waiting = [vals for _case, vals in pairs if vals.get('state', 'open') == 'open']
            opened = company._pem_local_date(now)
            clocks = step._clocks(company, {(opened, fields.Date.to_date(vals.get('date_deadline'))) for vals in waiting})
            for vals in waiting:
                vals.update(self._clock_values(clocks[opened, fields.Date.to_date(vals.get('date_deadline'))], now))
        return vals_list

    @staticmethod
    def _by_company(pairs):
        groups = {}
        for case, vals in pairs:
            groups.setdefault(case.company_id, []).append((case, vals))
        return groups

    @staticmethod
    def _clock_values(clock, now):
        """Return the values of a task that is opened, or gets another deadline, now: reminders for earlier are no longer due."""
        reminders, escalation, expiry = clock
        used = sum(moment <= now for moment, _reminder in reminders)
        return {
            'reminders_used': used,
            'reminder_date': reminders[used][0] if used < len(reminders) else False,
            'escalation_date': escalation,
            'expiry_date': expiry,
        }

    def _rewind_clocks(self):
        """Find anew when what is due for open tasks; what was escalated stays so."""
        now = fields.Datetime.now()
        waiting = self.filtered(lambda task: task.state == 'open')
        clocks = dict(waiting._read_clocks())
        for task in waiting:
            values = self._clock_values(clocks.get(task, ([], False, False)), now)
            if task.escalated_date:
                values['escalation_date'] = False
            changed = {name: value for name, value in values.items() if (task[name] or False) != (value or False)}
            if changed:
                task.write(changed)

    def _read_clocks(self):
        """Return ``[(task, clock)]`` for those whose step has one; see ``pem.process.step._clocks``."""
        found = []
        for (step, company), tasks in self.sudo().grouped(lambda task: (task.step_id, task.company_id)).items():
            if step._has_clock():
                spans = {task: (company._pem_local_date(task.date_open), task.date_deadline or None) for task in tasks}
                clocks = step._clocks(company, spans.values())
                found += [(task.with_env(self.env), clocks[span]) for task, span in spans.items()]
        return found

    # Due now

    @api.model
    def _due_domain(self):
        """Return the domain of the tasks to which something has to happen now."""
        now = fields.Datetime.now()
        return Domain('state', '=', 'open') & Domain.OR(
            Domain(name, '<=', now) for name in ('reminder_date', 'escalation_date', 'expiry_date'))

    def _remind(self):
        """Queue the reminders that are due: to the partner, or to the colleagues who have the turn.

        Of several that are due at once only the last is sent. While another message of the task is still to be sent, that
        one is reminder enough.
        """
        now = fields.Datetime.now()
        due = self.filtered(lambda task: task.state == 'open' and task.reminder_date and task.reminder_date <= now)
        queued = {}
        for task, (reminders, _escalation, _expiry) in due._read_clocks():
            used = max(sum(moment <= now for moment, _reminder in reminders), task.reminders_used)
            if used > task.reminders_used:
                queued[task] = reminders[used - 1][1]
            task.write({
                'reminders_used': used, 'reminder_date': reminders[used][0] if used < len(reminders) else False})
        for reminder, tasks in due.filtered(lambda task: task in queued).grouped(queued.get).items():
            tasks.filtered(lambda task: task.side == 'partner' and task.notice_state != 'queued').write(
                {'notice_state': 'queued', 'reminder_id': reminder.id})
            tasks.sudo().approver_ids.filtered(lambda line: line.state == 'asked').write({'reminder_id': reminder.id})
        if queued:
            self._trigger_notices()

    def _expire(self):
        """Close the tasks whose time is over; their cases take the flow for it, or are cancelled. Drafts stay."""
        now = fields.Datetime.now()
        over = self.filtered(lambda task: task.state == 'open' and task.expiry_date and task.expiry_date <= now)
        self.env['pem.event']._append([(task.case_id, 'expired', {'step': task.step_id.name}) for task in over])
        over._drop_notices()
        over._finish(flow.EXPIRED)
        over._send_on(flow.EXPIRED)
