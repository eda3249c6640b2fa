from odoo import fields, models


class PemTaskApprover(models.Model):
    """One person who may decide one task, and what they decided."""

    _name = 'pem.task.approver'
    _description = "Approver of a Task"
    _order = 'task_id, id'
    _rec_name = 'user_id'

    task_id = fields.Many2one('pem.task', required=True, ondelete='cascade', index=True)
    user_id = fields.Many2one('res.users', required=True, ondelete='restrict', index=True)
    company_id = fields.Many2one(related='task_id.company_id', store=True, precompute=True)
    decision = fields.Selection([('approved', "Approved"), ('rejected', "Rejected"), ('returned', "Sent back"), ('done', "Done")])
    comment = fields.Text()
    date = fields.Datetime(string="Decided")

    _once = models.Constraint('UNIQUE (task_id, user_id)', "A person is asked once about a task.")
