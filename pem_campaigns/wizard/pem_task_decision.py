from odoo import fields, models


class PemTaskDecisionWizard(models.TransientModel):
    """Asks for the words that go with a decision, then carries it out on the chosen tasks."""

    _name = 'pem.task.decision'
    _description = "Decide Tasks"

    task_ids = fields.Many2many('pem.task', required=True)
    decision = fields.Selection(
        [('approve', "Approve"), ('reject', "Reject"), ('return', "Send back")], required=True, default='approve')
    comment = fields.Text(help="The partner reads this.")

    def action_decide(self):
        self.ensure_one()
        self.task_ids.check_access('read')
        {'approve': self.task_ids._approve, 'reject': self.task_ids._reject, 'return': self.task_ids._send_back}[
            self.decision](self.comment or '')
        return {'type': 'ir.actions.act_window_close'}
