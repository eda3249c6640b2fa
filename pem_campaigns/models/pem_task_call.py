from odoo import models

from ..engine import flow
from .pem_case import CLOSED_STATES


class PemTask(models.Model):
    """Tasks that rest until a case of another process is closed."""

    _inherit = 'pem.task'

    def _say_wait(self):
        if self.kind != flow.CALL:
            return super()._say_wait()
        child = self.sudo().case_id.child_ids.filtered(lambda case: case.parent_task_id == self)[:1]
        return self.env._("for “%(process)s” (%(case)s)", process=child.process_id.name or self.step_id.name, case=child.name or '')

    def _call(self, process):
        """Open a case of a process for each of these tasks, and start them all.

        They have the partner, owner, company and deadline of the case that calls; a campaign counts the latter alone.
        """
        children = self.env['pem.case'].browse()
        for company, tasks in self.sudo().grouped('company_id').items():
            children |= self.env['pem.case'].sudo().with_company(company).with_context(
                tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True,
            ).create([{
                'process_id': process.id,
                'parent_task_id': task.id,
                'parent_case_id': task.case_id.id,
                'partner_id': task.case_id.partner_id.id,
                'user_id': task.case_id.user_id.id,
                'requested_by_id': task.case_id.requested_by_id.id,
                'company_id': company.id,
                'date_deadline': task.case_id.date_deadline,
                'res_id': task.case_id.res_id if process.model != 'pem.case' else False,
            } for task in tasks]).with_env(self.env)
        self.env['pem.event']._append([
            (child.sudo().parent_case_id, 'called', {
                'step': child.sudo().parent_task_id.step_id.name, 'case': child.name, 'process': process.display_name})
            for child in children])
        children._log('called_by', {child: {'case': child.parent_case_id.name} for child in children.sudo()})
        children.sudo()._start()

    def _withdraw(self):
        """What nobody waits for any more is not gone on with."""
        super()._withdraw()
        callers = self.filtered(lambda task: task.kind == flow.CALL)
        if callers:
            children_sudo = self.env['pem.case'].sudo().search(
                [('parent_task_id', 'in', callers.ids), ('state', 'not in', CLOSED_STATES)])
            if children_sudo:
                children_sudo._cancel(self.env._("No longer needed"))
