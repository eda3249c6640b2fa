from odoo import api, fields, models
from odoo.exceptions import UserError

from .pem_case import CLOSED_STATES


class PemProcess(models.Model):
    """Versions of a process, and the cases that still run on older ones."""

    _inherit = 'pem.process'

    older_case_count = fields.Integer(compute='_compute_older_case_count')

    @api.depends('root_id', 'version', 'state')
    def _compute_older_case_count(self):
        for process in self:
            process.older_case_count = self.env['pem.case'].search_count(
                process._get_older_cases_domain()) if process.state == 'published' and process.version > 1 else 0

    def _get_older_cases_domain(self):
        root = self.root_id or self
        versions = self.with_context(active_test=False).search([
            '|', ('id', '=', root.id), ('root_id', '=', root.id), ('version', '<', self.version), ('model', '=', self.model)])
        return [('process_id', 'in', versions.ids), ('state', 'not in', CLOSED_STATES)]

    def _new_version(self):
        """Let each step and question of the copy remember which one it was copied from."""
        copy = super()._new_version()

        def in_order(records):
            return records.sorted(lambda one: (one.sequence, one.id))

        steps, copied = in_order(self.step_ids), in_order(copy.step_ids)
        copied._inherit_from(steps)
        for form, form_copy in zip(steps.form_id, copied.form_id, strict=True):
            questions, copies = in_order(form.field_ids), in_order(form_copy.field_ids)
            copies._inherit_from(questions)
            for question, question_copy in zip(questions, copies, strict=True):
                in_order(question_copy.column_ids)._inherit_from(in_order(question.column_ids))
        return copy

    def action_open_older_cases(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Running on older versions of %s", self.name),
            'res_model': 'pem.case',
            'view_mode': 'list,form,kanban,pivot,graph',
            'domain': self._get_older_cases_domain(),
            'context': {'create': False},
        }

    def action_migrate_cases(self):
        """Look at what moving the running cases of older versions to this one would change."""
        self.ensure_one()
        if self.state != 'published':
            raise UserError(self.env._("“%s” is not published, so no case can run on it.", self.display_name))
        migration = self.env['pem.process.migration'].create({'process_id': self.id})
        migration._look()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Move running cases"),
            'res_model': 'pem.process.migration',
            'view_mode': 'form',
            'res_id': migration.id,
        }

    def _answers_onto(self, process):
        """Say what becomes of the searchable answers of cases that move to another version.

        :return: ``({old name: new name}, [names])``: answers to go by another name, and those that cannot be kept there,
            because they are of another type by now or the name belongs to another question; submissions keep all of them
        """
        renamed, dropped = {}, []
        questions = self.step_ids.form_id.field_ids
        counterparts = questions._counterparts(process.step_ids.form_id.field_ids)
        names = {question.name for question in process.step_ids.form_id.field_ids}
        for question in questions:
            same = counterparts.get(question)
            if same and same._is_kept_like(question):
                if same.name != question.name:
                    renamed[question.name] = same.name
            elif same or question.name in names:
                dropped.append(question.name)
        return renamed, dropped
