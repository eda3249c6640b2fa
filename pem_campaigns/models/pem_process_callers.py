from odoo import api, fields, models


class PemProcess(models.Model):
    """Who calls a process, and what became of moves between its versions."""

    _inherit = 'pem.process'

    caller_names = fields.Char(
        compute='_compute_caller_names', help="Published processes that call this one; their cases stop when it is not published.")
    migration_count = fields.Integer(compute='_compute_migration_count')

    @api.depends('state', 'active')
    def _compute_caller_names(self):
        callers = self._published_callers()
        for process in self:
            process.caller_names = ', '.join(callers[process].mapped('name'))

    @api.depends('root_id')
    @api.depends_context('uid')
    def _compute_migration_count(self):
        for process in self:
            process.migration_count = self.env['pem.process.migration'].search_count(
                process._get_migrations_domain()) if self.env['pem.process.migration'].has_access('read') else 0

    def _published_callers(self):
        """Return ``{process: published processes that call it}``, whoever may read them; itself not counted."""
        steps_sudo = self.env['pem.process.step'].sudo().search([
            ('call_root_id', 'in', (self | self.root_id).ids), ('process_id.state', '=', 'published')])
        return {process: steps_sudo.filtered(
            lambda step, process=process: step.call_root_id == (process.root_id or process).sudo()).process_id - process.sudo()
            for process in self}

    def _get_migrations_domain(self):
        """Return the domain of the moves of cases to any version of this process that were carried out."""
        self.ensure_one()
        root = self.root_id or self
        return [('state', '!=', 'draft'), '|', ('process_id', '=', root.id), ('process_id.root_id', '=', root.id)]

    def action_open_migrations(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Moves of cases to %s", self.name),
            'res_model': 'pem.process.migration',
            'view_mode': 'list,form',
            'domain': self._get_migrations_domain(),
            'context': {'create': False},
        }

    def action_retire(self):
        return super().action_retire() or self._warn_of_callers()

    def action_archive(self):
        published = self.filtered(lambda process: process.state == 'published')
        return super().action_archive() or published._warn_of_callers()

    def _warn_of_callers(self):
        """Return a notification that names the processes whose cases stop now, None when there are none."""
        callers = self.browse().union(*self._published_callers().values())
        if not callers:
            return None
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'warning',
                'sticky': True,
                'title': self.env._("Other processes call it"),
                'message': self.env._(
                    "Cases of %s will stop where they call it, until it is published again or they call another process.",
                    ', '.join(callers.mapped('name'))),
                'next': {'type': 'ir.actions.client', 'tag': 'soft_reload'},
            },
        }
