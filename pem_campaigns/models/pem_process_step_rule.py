from odoo import fields, models

from ..engine import conditions


class PemProcessStep(models.Model):
    """What the rules that decide by themselves are called."""

    _inherit = 'pem.process.step'

    auto_approve_name = fields.Char(
        string="Approval rule in words", translate=True, help="Stands on the timeline of the cases it approves, such as “below 1,000”.")
    auto_reject_name = fields.Char(
        string="Rejection rule in words", translate=True, help="Stands on the timeline of the cases it rejects.")

    def _rule_name(self, outcome):
        """Return what the rule for an outcome says, in the words of who wrote it or else in those of its fields."""
        self.ensure_one()
        name, rule = {
            'approved': (self.auto_approve_name, self.auto_approve_if),
            'rejected': (self.auto_reject_name, self.auto_reject_if),
        }[outcome]
        return name or self._describe_rule(rule)

    def _describe_rule(self, rule):
        """Return a plain list of conditions in words, the text of the rule when it is more than that."""
        words = {
            '=': "=", '!=': "≠", '<': "<", '>': ">", '<=': "≤", '>=': "≥",
            'in': self.env._("is one of"), 'not in': self.env._("is none of"), 'ilike': self.env._("contains"),
        }
        parts = [item for item in conditions.parse(rule) if item != '&']
        if not all(isinstance(part, (list, tuple)) and isinstance(part[0], str) and part[1] in words for part in parts):
            return rule
        return ', '.join(
            f'{self._path_label(path)} {words[operator]} {self._value_label(value)}' for path, operator, value in parts)

    def _path_label(self, path):
        """Return what people call the end of a path from the subject."""
        self.ensure_one()
        question = self.process_id.step_ids.form_id.field_ids.filtered(lambda one: path == f'answers.{one.name}')[:1]
        if question:
            return question.label
        found = self._fields_along(path.split('.'))
        return found[-1].get_description(self.env, ['string'])['string'] if found else path

    def _value_label(self, value):
        if isinstance(value, (list, tuple)):
            return ', '.join(map(self._value_label, value))
        if isinstance(value, bool):
            return self.env._("yes") if value else self.env._("no")
        return str(value)
