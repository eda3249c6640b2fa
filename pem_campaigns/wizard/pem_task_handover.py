from odoo import api, fields, models


class PemTaskHandover(models.TransientModel):
    """Asks who is to decide instead, and why."""

    _name = 'pem.task.handover'
    _description = "Hand Over Tasks"

    task_ids = fields.Many2many('pem.task', required=True)
    candidate_ids = fields.Many2many('res.users', compute='_compute_candidate_ids')
    user_id = fields.Many2one('res.users', string="To", required=True, domain="[('id', 'in', candidate_ids)]")
    reason = fields.Text(string="Why", help="Kept on the timeline.")

    @api.depends('task_ids')
    def _compute_candidate_ids(self):
        """Offer who works with Partner Engagement in the companies of the tasks, is there, and is not asked already."""
        group_sudo = self.env.ref('pem_campaigns.group_pem_user').sudo()
        for wizard in self:
            tasks_sudo = wizard.task_ids.sudo()
            able = group_sudo.all_user_ids._pem_able()
            able -= able._pem_away() | tasks_sudo.approver_ids.user_id | tasks_sudo.approver_ids.stands_in_for_id
            for step, tasks in tasks_sudo.grouped('step_id').items():
                able -= self.env['res.users'].union(*step._barred(tasks.case_id).values())
            wizard.candidate_ids = able.sudo().filtered(lambda user, needed=tasks_sudo.company_id: needed <= user.company_ids)

    def action_hand_over(self):
        self.ensure_one()
        self.task_ids.check_access('read')
        self.task_ids._hand_over(self.user_id, self.reason or '')
        return {'type': 'ir.actions.act_window_close'}
