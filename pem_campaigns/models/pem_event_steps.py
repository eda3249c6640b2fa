from odoo import api, models


class PemEvent(models.Model):
    """What the trail says about waits, sub-processes and server actions."""

    _inherit = 'pem.event'

    @api.model
    def _sentences(self):
        return {
            **super()._sentences(),
            'gave_up': lambda c: self.env._("“%s” took too long", c.get('step')),
            'action_run': lambda c: self.env._("“%(step)s”: %(action)s", step=c.get('step'), action=c.get('action')),
            'called': lambda c: self.env._(
                "“%(step)s” began: %(case)s, %(process)s", step=c.get('step'), case=c.get('case'),
                process=c.get('process')),
            'called_by': lambda c: self.env._("Called by %s", c.get('case')),
            'call_returned': lambda c: {
                'done': self.env._("“%(step)s” ended: %(case)s is done"),
                'rejected': self.env._("“%(step)s” ended: %(case)s is rejected"),
            }.get(c.get('outcome'), self.env._("“%(step)s” ended: %(case)s is cancelled")) % {
                'step': c.get('step'), 'case': c.get('case')},
        }
