import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import flow

_logger = logging.getLogger(__name__)

ADMINISTRATORS = 'base.group_system'
#: What anybody who may edit a process may change of a step that runs a server action.
HARMLESS = {'sequence', 'lineage'}


class PemProcessStep(models.Model):
    """A step that runs a server action: as superuser, in the name of whoever moved the case, in the case's company.

    What runs is chosen by administrators alone. It runs once for all cases that arrive together, and gets what conditions look
    at: the cases, or their documents. All or nothing counts for each case; what an action does outside of the database
    cannot be undone when it fails afterwards, and is done again when the step is tried again.
    """

    _inherit = 'pem.process.step'

    action_server_id = fields.Many2one(
        'ir.actions.server', string="Server action", ondelete='restrict', index='btree_not_null', copy=False, groups=ADMINISTRATORS,
        domain="[('model_name', '=', model)]",
        help="Runs once for all cases that get here together, as superuser; in code, “records” are the cases or their documents.")
    action_name = fields.Char(string="Runs", compute='_compute_action_name', compute_sudo=True)

    @api.depends('action_server_id')
    def _compute_action_name(self):
        for step in self:
            step.action_name = step.action_server_id.name

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get('kind') == flow.ACTION or vals.get('action_server_id') for vals in vals_list):
            self._check_administrator()
        return super().create(vals_list)

    def write(self, vals):
        if vals.get('kind') == flow.ACTION or 'action_server_id' in vals or (
                vals.keys() - HARMLESS and any(step.kind == flow.ACTION for step in self)):
            self._check_administrator()
        return super().write(vals)

    def copy_data(self, default=None):
        """A copy of the whole process, which is made as superuser, runs the same."""
        vals_list = super().copy_data(default=default)
        if self.env.su:
            for step, vals in zip(self, vals_list, strict=True):
                vals['action_server_id'] = step.action_server_id.id
        return vals_list

    def _check_administrator(self):
        """:raises AccessError: for whoever may not choose what runs as superuser"""
        if not self.env.su and not self.env.user.has_group(ADMINISTRATORS):
            raise AccessError(self.env._("Only administrators may decide which server action a step runs."))

    def _enter_action(self, cases, _arrived_by):
        """Run the action for all cases at once; those that it closed stay closed."""
        action_sudo = self.sudo().action_server_id
        for company, some in cases.grouped('company_id').items():
            subjects = some._subjects()
            if not subjects:
                continue
            try:
                # What others, and the action itself, read by SQL is there.
                self.env.flush_all()
                action_sudo.with_company(company).with_context(
                    active_model=subjects._name, active_ids=subjects.ids, active_id=subjects.ids[0]).run()
                self.env.flush_all()
            except (UserError, psycopg2.Error):
                raise
            except Exception as error:
                # Odoo wraps what the code of an action raises.
                cause = error.__context__ if isinstance(error, ValueError) and error.__context__ else error
                _logger.info("Server action %s failed at step %s", action_sudo.id, self.id, exc_info=True)
                raise UserError(self.env._("the server action failed with “%s”", cause)) from error
        cases.invalidate_recordset(['state'])
        cases._log('action_run', dict.fromkeys(cases._running(), {'step': self.name, 'action': action_sudo.name}))
        return {'': cases._running()}

    def _problems(self):
        found = super()._problems()
        if self.kind != flow.ACTION:
            return found
        action_sudo = self.sudo().action_server_id
        if not action_sudo:
            found.append(self.env._("“%s” has no server action to run.", self.name))
        elif action_sudo.model_id.model != self.process_id.model:
            found.append(self.env._(
                "“%(step)s” runs “%(action)s”, which is made for other records.", step=self.name, action=action_sudo.name))
        elif action_sudo.group_ids:
            found.append(self.env._(
                "“%(step)s” runs “%(action)s”, which only some groups may run; partners move cases, too.",
                step=self.name, action=action_sudo.name))
        return found
