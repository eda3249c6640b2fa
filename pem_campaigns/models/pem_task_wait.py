from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_time

from ..engine import conditions, flow, wakes


class PemTask(models.Model):
    """Cases that rest at a wait, and how they wake."""

    _inherit = 'pem.task'

    wake_date = fields.Datetime(string="Wakes on", readonly=True, copy=False)
    wait_text = fields.Char(string="Waits", compute='_compute_wait_text')

    _waking = models.Index("(wake_date) WHERE state = 'open' AND wake_date IS NOT NULL")

    @api.depends('state', 'kind', 'wake_date', 'expiry_date', 'step_id')
    @api.depends_context('lang', 'tz')
    def _compute_wait_text(self):
        for task in self:
            text = task._say_wait() if task.state == 'open' and task.kind in (flow.WAIT, flow.CALL) else ''
            if text and task.expiry_date:
                text = self.env._("%(what)s, at the latest until %(moment)s", what=text, moment=task._say_moment(task.expiry_date))
            task.wait_text = text

    def _say_wait(self):
        """Return what an open wait waits for, in words."""
        self.ensure_one()
        step = self.sudo().step_id
        if self.wake_date and step.wait_for == 'date':
            return self.env._("until %(moment)s, because of “%(date)s”", moment=self._say_moment(self.wake_date),
                              date=step._say_path(step.wait_path))
        if self.wake_date:
            return self.env._("until %s", self._say_moment(self.wake_date))
        if step.wait_for == 'submission':
            return self.env._("for “%s” to be sent in", step.wait_step_id.name)
        return self.env._("for another system to report")

    def _say_moment(self, moment):
        local = fields.Datetime.context_timestamp(self, moment)
        return self.env._(
            "%(date)s, %(time)s", date=format_date(self.env, local.date(), date_format='long'),
            time=format_time(self.env, local.time(), time_format='short'))

    # Resting

    @api.model
    def _rest(self, step, moments, arrived_by):
        """Open waits that wake by themselves.

        :param moments: ``{case: moment}``
        """
        if not moments:
            return
        self._open(step, self.env['pem.case'].union(*moments), {'arrived_by_id': arrived_by.id}, by_case={
            case: {'wake_date': moment, 'date_deadline': False} for case, moment in moments.items()})
        self._trigger_wakes(moments.values())

    @api.model
    def _trigger_wakes(self, moments):
        """Have waits looked after when they are over; those of five minutes share one run."""
        cron_sudo = self.env.ref('pem_campaigns.ir_cron_wake').sudo()
        wanted = {wakes.rounded_up(moment) for moment in moments}
        known = set(self.env['ir.cron.trigger'].sudo().search(
            [('cron_id', '=', cron_sudo.id), ('call_at', 'in', list(wanted))]).mapped('call_at'))
        if wanted - known:
            cron_sudo._trigger(at=sorted(wanted - known))

    # Waking

    @api.model
    def _wake_domain(self):
        return Domain('state', '=', 'open') & Domain('wake_date', '<=', fields.Datetime.now())

    @api.model
    def _cron_wake(self, size=200):
        """Send the cases on whose waiting is over; killed anywhere, the next run finds the rest."""
        cases = self.search(self._wake_domain()).case_id.sorted('id')
        self.env['ir.cron']._pem_run_batches(cases, type(cases)._wake, size)

    @api.model
    def _cron_reckon(self, size=500):
        """Look at the dates for which cases wait: somebody may have changed them."""
        waiting = self.search([('state', '=', 'open'), ('wake_date', '!=', False), ('step_id.wait_for', '=', 'date')], order='id')
        self.env['ir.cron']._pem_run_batches(waiting, type(self)._reckon, size)

    def _reckon(self):
        """Set anew until when tasks wait for a date. What became unclear is found out when they wake."""
        for step, tasks in self.filtered(lambda task: task.state == 'open').grouped('step_id').items():
            try:
                moments = step._wake_moments(tasks.case_id)
            except (conditions.Unusable, UserError):
                continue
            changed = tasks.filtered(lambda task, moments=moments: moments[task.case_id] and moments[task.case_id] != task.wake_date)
            for moment, some in changed.grouped(lambda task, moments=moments: moments[task.case_id]).items():
                some.write({'wake_date': moment})
            if changed:
                self._trigger_wakes(changed.mapped('wake_date'))

    def _go_on(self, kind='woke', payload=None):
        """End waits, and send their cases on; whoever locked the cases has seen that the waits are open.

        :param kind: of the event that tells why
        """
        self.env['pem.event']._append([
            (task.case_id, kind, {'step': task.step_id.name, **(payload or {})}) for task in self])
        self._finish('')
        self._send_on('')

    def _expire(self):
        """A wait that runs out is the system's business, so the trail tells it in words that partners do not get to read."""
        waits = self.filtered(lambda task: task.kind == flow.WAIT)
        super(PemTask, self - waits)._expire()
        now = fields.Datetime.now()
        over = waits.filtered(lambda task: task.state == 'open' and task.expiry_date and task.expiry_date <= now)
        if over:
            self.env['pem.event']._append([(task.case_id, 'gave_up', {'step': task.step_id.name}) for task in over])
            over._finish(flow.EXPIRED)
            over._send_on(flow.EXPIRED)

    def action_go_on(self):
        """Wait no longer."""
        self.check_access('read')
        if not self.env.user.has_group('pem_campaigns.group_pem_manager'):
            raise UserError(self.env._("Only managers of Partner Engagement end a wait."))
        self._lock_cases()
        self._check_open(flow.WAIT)
        self.sudo()._go_on('woken_by_hand')

    def _submit(self, answers_by_task, contact=None):
        """What waits for the form to be sent in goes on."""
        submissions = super()._submit(answers_by_task, contact)
        # Read before the search below, whose result is as the superuser sees it.
        sent = {(task.case_id.id, task.step_id.id) for task in self.sudo()}
        if self.sudo().step_id.awaited_by_ids:
            self.env['pem.task'].sudo().search([
                ('case_id', 'in', self.sudo().case_id.ids), ('state', '=', 'open'), ('kind', '=', flow.WAIT),
                ('step_id.wait_step_id', 'in', self.sudo().step_id.ids),
            ], order='id').filtered(
                lambda task: (task.case_id.id, task.step_id.wait_step_id.id) in sent).with_env(self.env)._go_on()
        return submissions
