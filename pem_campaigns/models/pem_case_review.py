from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class PemCase(models.Model):
    """The way from a case to what the reader has to decide about it."""

    _inherit = 'pem.case'

    can_review = fields.Boolean(compute='_compute_can_review', help="An approval or to-do of this case waits for the reader.")

    @api.depends('task_ids.state', 'task_ids.approver_ids.state')
    @api.depends_context('uid')
    def _compute_can_review(self):
        waiting = self.env['pem.task'].search(self._get_review_domain()).case_id
        for case in self:
            case.can_review = case in waiting

    def _get_review_domain(self):
        return Domain('case_id', 'in', self.ids) & self.env['pem.task']._my_turn()

    def action_review(self):
        """Open the task of this case that waits for the reader."""
        self.ensure_one()
        task = self.env['pem.task'].search(self._get_review_domain(), limit=1)
        if not task:
            raise UserError(self.env._("Nothing of “%s” waits for you any more.", self.display_name))
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Review"),
            'res_model': 'pem.task',
            'view_mode': 'form',
            'res_id': task.id,
        }
