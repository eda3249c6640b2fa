from odoo import models


class PemTask(models.Model):
    """The way from tasks to moving their cases back."""

    _inherit = 'pem.task'

    def action_roll_back(self):
        """Move the cases of these tasks back to an earlier step."""
        return self.case_id.action_roll_back()
