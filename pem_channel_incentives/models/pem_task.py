from odoo import fields, models


class PemTask(models.Model):
    _inherit = 'pem.task'

    special_pricing_id = fields.Many2one('pem.special.pricing', compute='_compute_special_pricing_id')

    def _compute_special_pricing_id(self):
        for task in self:
            case = task.case_id
            task.special_pricing_id = case.res_id if case.res_model == 'pem.special.pricing' else False

    def _open(self, step, cases, values=None):
        """Ask the person who made a special pricing request about it, not just anybody at the partner."""
        tasks = super()._open(step, cases, values)
        asked = tasks.filtered(lambda task: task.contact_id and task.case_id.res_model == 'pem.special.pricing')
        if asked:
            contacts = {
                request.case_id.id: request.contact_id for request in asked.case_id._subjects().sudo()
                if request.contact_id.active and request.contact_id.email_normalized}
            for task in asked:
                task.contact_id = contacts.get(task.case_id.id, task.contact_id)
        return tasks

    def action_open_special_pricing(self):
        self.ensure_one()
        return self.case_id.action_open_subject()
