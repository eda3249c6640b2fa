from odoo import models


class PemForm(models.Model):
    _inherit = 'pem.form'

    def action_preview(self):
        """Show the form as partners see it."""
        self.ensure_one()
        return {
            'type': 'ir.actions.client',
            'tag': 'pem_form_preview',
            'name': self.env._("Preview of %s", self.name),
            'params': {'form_id': self.id},
        }


class PemProcessStep(models.Model):
    _inherit = 'pem.process.step'

    def action_preview(self):
        """Show the form of this step as partners see it."""
        self.ensure_one()
        return self.form_id.action_preview() if self.form_id else False


class PemProcess(models.Model):
    _inherit = 'pem.process'

    def action_try(self):
        """Play a case of this process, of which nothing stays."""
        self.ensure_one()
        self.check_access('write')
        return {
            'type': 'ir.actions.client',
            'tag': 'pem_process_trial',
            'name': self.env._("Try %s", self.name),
            'params': {'process_id': self.id},
        }
