from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import flow


class PemProcessStep(models.Model):
    """A step that calls another process: a case of that one runs for each case that gets here, and its outcome is the step's."""

    _inherit = 'pem.process.step'

    call_root_id = fields.Many2one(
        'pem.process', string="Calls", ondelete='set null', index='btree_not_null',
        help="First version of the called process; the version that is published when a case gets here runs.")
    call_process_id = fields.Many2one(
        'pem.process', string="Process to call", compute='_compute_call_process_id', inverse='_inverse_call_process_id',
        domain="[('state', '=', 'published'), ('model', 'in', ('pem.case', model)), ('id', '!=', process_id)]",
        help="The version that is published when a case gets here runs.")

    @api.depends('call_root_id')
    def _compute_call_process_id(self):
        for step in self:
            step.call_process_id = step._called_process().with_env(self.env)

    def _inverse_call_process_id(self):
        for step in self:
            step.call_root_id = step.call_process_id.root_id or step.call_process_id

    def _called_process(self):
        """Return the version that is published now, as superuser; empty when there is none."""
        self.ensure_one()
        root_sudo = self.sudo().call_root_id
        if not root_sudo:
            return root_sudo
        return root_sudo.search(
            [('state', '=', 'published'), '|', ('id', '=', root_sudo.id), ('root_id', '=', root_sudo.id)], limit=1)

    def _enter_call(self, cases, arrived_by):
        """Open and start a case of the called process for each case; the cases rest until theirs is closed."""
        process = self._called_process()
        if not process:
            raise UserError(self.env._("the process that it calls is not published"))
        where = {'arrived_by_id': arrived_by.id}
        foreign = cases.filtered(lambda case: process.company_id and process.company_id != case.company_id)
        foreign._stop(self, self.env._("“%(process)s” belongs to another company.", process=process.display_name), where)
        callers = self.env['pem.task']._open(self, cases - foreign, {**where, 'date_deadline': False})
        callers._call(process)
        # Those whose case was closed at once have left already.
        return {}

    def _may_pass(self):
        # Only publishing asks; what is published has been looked at.
        return super()._may_pass() or (
            self.kind == flow.CALL and self.process_id.state == 'draft' and self._called_process().runs_through)

    def _problems(self):
        found = super()._problems()
        if self.kind != flow.CALL:
            return found
        process = self._called_process()
        if not self.call_root_id:
            found.append(self.env._("“%s” does not say which process it calls.", self.name))
        elif not process:
            found.append(self.env._(
                "“%(step)s” calls “%(process)s”, which is not published.", step=self.name, process=self.sudo().call_root_id.name))
        else:
            found += self._problems_of_call(process)
        return found

    def _problems_of_call(self, process):
        found = []
        if process._calls(self.process_id.root_id or self.process_id):
            found.append(self.env._("“%(step)s” calls “%(process)s”, which calls this process again.", step=self.name, process=process.name))
        if process.model not in ('pem.case', self.process_id.model):
            found.append(self.env._("“%(step)s” calls “%(process)s”, which handles other documents.", step=self.name, process=process.name))
        elif process.model != 'pem.case' and any(step.kind == flow.FORM for step in process.step_ids):
            found.append(self.env._(
                "“%(step)s” calls “%(process)s”, in which partners send in the document itself. Call a process in which they only"
                " answer forms.", step=self.name, process=process.name))
        if process.company_id and process.company_id != self.process_id.company_id:
            found.append(self.env._("“%(step)s” calls “%(process)s”, which belongs to one company.", step=self.name, process=process.name))
        return found


class PemProcess(models.Model):
    _inherit = 'pem.process'

    runs_through = fields.Boolean(
        readonly=True, copy=False, help="A case of this process may be closed in the moment in which it starts.")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_called(self):
        caller_sudo = self.env['pem.process.step'].sudo().search(
            [('call_root_id', 'in', self.ids), ('process_id', 'not in', self.ids)], limit=1)
        if caller_sudo:
            raise UserError(self.env._(
                "“%(process)s” is called by “%(caller)s”. Let that one call another process first.",
                process=caller_sudo.call_root_id.display_name, caller=caller_sudo.process_id.name))

    def _publish(self):
        for process in self:
            process.sudo().runs_through = process._definition().runs_through()
        return super()._publish()

    def _calls(self, root):
        """Say whether a process is, or calls directly or through others, one with this first version."""
        seen, todo = self.browse(), self
        while todo:
            if root in (todo | todo.root_id):
                return True
            seen |= todo
            todo = self.browse().union(*(
                step._called_process() for step in todo.step_ids if step.kind == flow.CALL)) - seen
        return False
