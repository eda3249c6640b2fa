from odoo import api, models
from odoo.fields import Domain


class PemCase(models.Model):
    """How the deadlines of cases are kept: the clock looks after whatever is due, in batches that commit."""

    _inherit = 'pem.case'

    def write(self, vals):
        """A new deadline of a case is that of its open tasks, too, unless their step has one of its own."""
        result = super().write(vals)
        if 'date_deadline' in vals:
            self.env['pem.task'].sudo().search([
                ('case_id', 'in', self.ids), ('state', '=', 'open'), ('step_id.deadline_days', '=', 0),
            ]).write({'date_deadline': vals['date_deadline']})
        return result

    def _carry_over(self, old, process, plan, chosen):
        """Tasks that go on in another version keep the times of that version from now on."""
        super()._carry_over(old, process, plan, chosen)
        self.sudo().open_task_ids._rewind_clocks()

    @api.model
    def _cron_keep_deadlines(self, size=100):
        """Remind, escalate and expire what is due; killed anywhere, the next run finds the rest."""
        cases = self.env['pem.task'].search(self.env['pem.task']._due_domain()).case_id.sorted('id')
        self.env['ir.cron']._pem_run_batches(cases, type(self)._keep_deadlines, size)

    def _keep_deadlines(self):
        """Do what is due at the open tasks of these cases, which are locked: a task that expires is escalated no more."""
        Task = self.env['pem.task']
        for verb in ('_expire', '_escalate', '_remind'):
            due = Task.search(Task._due_domain() & Domain('case_id', 'in', self.ids), order='id')
            getattr(due, verb)()
