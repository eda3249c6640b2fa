from odoo import fields, models


class PemTaskApprover(models.Model):
    """One person who may decide one task, and what they decided."""

    _name = 'pem.task.approver'
    _description = "Approver of a Task"
    _inherit = ['pem.bulk.mixin']
    _order = 'task_id, sequence, id'
    _rec_name = 'user_id'

    # Its index is that of the constraint below.
    task_id = fields.Many2one('pem.task', required=True, ondelete='cascade')
    sequence = fields.Integer(readonly=True)
    user_id = fields.Many2one('res.users', string="Who", required=True, ondelete='restrict', index=True)
    on_behalf_of_id = fields.Many2one(
        'res.users', string="On behalf of", ondelete='restrict', index='btree_not_null',
        help="Who was to decide, before a substitute was asked or the task was handed over.")
    stands_in_for_id = fields.Many2one(
        'res.users', string="While away", ondelete='restrict', index='btree_not_null',
        help="Who is away, and gets the task back on return if it is not decided by then.")
    company_id = fields.Many2one(related='task_id.company_id', store=True, precompute=True)
    state = fields.Selection([
        ('later', "Not asked yet"), ('asked', "To decide"), ('decided', "Decided"), ('left', "Not asked any more"),
    ], required=True, default='asked', help="Of an open task, who is “to decide” has the turn.")
    decision = fields.Selection([('approved', "Approved"), ('rejected', "Rejected"), ('returned', "Sent back"), ('done', "Done")])
    comment = fields.Text()
    date = fields.Datetime(string="Decided")

    _once = models.Constraint('UNIQUE (task_id, user_id)', "A person is asked once about a task.")
    _turns = models.Index("(user_id) WHERE state = 'asked'")

    def _ask(self):
        """Let those who have got the turn know, or whoever stands in for them: an activity each, created in one batch."""
        self._move(self._stand_ins(), 'away')
        self._create_activities()

    def _create_activities(self):
        if not self:
            return
        activity_type = self.env.ref('pem_campaigns.mail_activity_type_approval')
        model_id = self.env['ir.model']._get_id('pem.task')
        today = fields.Date.context_today(self)
        self.env['mail.activity'].sudo().with_context(mail_activity_quick_update=True).create([{
            'activity_type_id': activity_type.id,
            'res_model_id': model_id,
            'res_id': line.task_id.id,
            # Odoo would look for the names one by one.
            'res_name': line.task_id.display_name,
            'user_id': line.user_id.id,
            'summary': line.task_id.step_id.name,
            'date_deadline': line.task_id.date_deadline or today,
            'automated': True,
        } for line in self])

    def _drop_activities(self):
        if not self:
            return
        pairs = {(line.task_id.id, line.user_id.id) for line in self}
        self.env['mail.activity'].sudo().search([
            ('res_model', '=', 'pem.task'), ('res_id', 'in', self.task_id.ids), ('user_id', 'in', self.user_id.ids),
            ('activity_type_id', '=', self.env.ref('pem_campaigns.mail_activity_type_approval').id),
        ]).filtered(lambda activity: (activity.res_id, activity.user_id.id) in pairs).unlink()
