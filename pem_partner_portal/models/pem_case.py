from odoo import models


class PemCase(models.Model):
    _inherit = 'pem.case'

    def _portal_path(self):
        """Return the path of the page that tells the partner about this case."""
        self.ensure_one()
        if self.res_model == 'pem.case':
            return f'/my/requests/case/{self.id}'
        return self._subjects()._portal_path()

    def _compute_access_url(self):
        super()._compute_access_url()
        for case in self:
            case.access_url = case._portal_path()

    def _portal_waited(self):
        """Return how long whoever has the ball has had it, in working time."""
        self.ensure_one()
        return self._say_working_hours(self.waiting_days * self._working_hours_a_day())

    def _portal_holder(self):
        """Return whom a case waits for, in the reader's words, '' when it is closed."""
        self.ensure_one()
        return {
            'partner': self.env._("you"),
            'sponsor': self.company_id.name,
            'system': self.company_id.name,
        }.get(self.waiting_on, '')
