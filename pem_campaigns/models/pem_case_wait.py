from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import conditions


class PemCase(models.Model):
    """What cases wait for, and how they go on when the waiting is over."""

    _inherit = 'pem.case'

    waiting_text = fields.Char(
        string="Waits", compute='_compute_waiting_text', help="What the system waits for before the case goes on by itself.")

    @api.depends('open_task_ids.wait_text')
    def _compute_waiting_text(self):
        for case in self:
            case.waiting_text = '; '.join(filter(None, case.sudo().open_task_ids.mapped('wait_text')))

    def write(self, vals):
        """Who waits for the deadline of a case waits for the new one."""
        result = super().write(vals)
        if 'date_deadline' in vals:
            self.env['pem.task'].sudo().search([
                ('case_id', 'in', self.ids), ('state', '=', 'open'), ('wake_date', '!=', False), ('step_id.wait_for', '=', 'date'),
            ])._reckon()
        return result

    def _wake(self):
        """End the waits of these cases that are over. A date that was moved in the meantime counts as it is now."""
        self._lock()
        self._in_one_go(lambda cases: cases._carry_out_wake())

    def _carry_out_wake(self):
        Task = self.env['pem.task']
        due = Task.search(Task._wake_domain() & Domain('case_id', 'in', self.ids), order='id')
        over, moved = Task.browse(), Task.browse()
        now = fields.Datetime.now()
        for step, tasks in due.grouped('step_id').items():
            try:
                moments = step._wake_moments(tasks.case_id) if step.wait_for == 'date' else {}
            except (conditions.Unusable, UserError):
                moments = dict.fromkeys(tasks.case_id, False)
            late = tasks.filtered(lambda task, moments=moments: not moments.get(task.case_id, now) or moments.get(task.case_id, now) > now)
            moved |= late
            over |= tasks - late
        over._go_on()
        moved.write({'state': 'done', 'date_done': now})
        for (step, line), tasks in moved.grouped(lambda task: (task.step_id, task.arrived_by_id)).items():
            for cases in tasks._cases_one_by_one():
                cases._advance({(step, line): cases})

    # Dates

    def _read_dates(self, path):
        """Return ``{case: date, naive UTC moment, or False}`` that a dotted path from each case's subject leads to.

        :raises Unusable: when it leads to no date
        """
        found = {}
        for model, cases in self.sudo().grouped('res_model').items():
            subjects = self.env[model].sudo().browse(cases.ids if model == 'pem.case' else cases.mapped('res_id'))
            values = dict(zip(subjects.ids, self._dates_along(subjects, path or ''), strict=True))
            for case in cases:
                found[case.with_env(self.env)] = values[case.id if model == 'pem.case' else case.res_id]
        return found

    @api.model
    def _dates_along(self, records, path):
        """Return what is at the end of a path of many2one fields, for each record in their order: a read per field passed.

        :raises Unusable: when it is no date
        """
        name, _dot, rest = path.partition('.')
        field = records._fields.get(name)
        if field is not None and field.type == 'many2one' and rest:
            targets = [record[name] for record in records]
            unique = self.env[field.comodel_name].sudo().browse(dict.fromkeys(target.id for target in targets if target))
            values = dict(zip(unique.ids, self._dates_along(unique, rest), strict=True))
            return [values.get(target.id, False) for target in targets]
        if field is not None and field.type == 'properties' and rest:
            return [self._dated_property(row[name], rest) for row in records.read([name])] if records else []
        if field is None or rest or field.type not in ('date', 'datetime'):
            raise conditions.Unusable(self.env._("there is no date “%s”", path))
        return [record[name] for record in records]

    @staticmethod
    def _dated_property(properties, name):
        entry = next((one for one in properties or () if one['name'] == name), {})
        value = entry.get('value')
        if not value or entry['type'] not in ('date', 'datetime'):
            return False
        return fields.Datetime.to_datetime(value) if entry['type'] == 'datetime' else fields.Date.to_date(value)
