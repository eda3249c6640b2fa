from odoo import models

from ..engine import answers, conditions, formula, pattern
from .pem_form_field import RESERVED

#: Kinds whose answers can be looked up, and those that can be asked to be unique.
LOOKED_UP = ('char', 'email', 'phone', 'url', 'integer')
UNIQUE = (*LOOKED_UP, 'float', 'monetary', 'date', 'datetime', *answers.RECORDS)


class PemFormField(models.Model):
    """Why a form with a question cannot be used yet, in the words of who designs it."""

    _inherit = 'pem.form.field'

    def _problems(self, above, every):
        """Return the sentences that say why a form with this question cannot be used yet.

        :param above: names that decide whether the question is visible: of the questions above it, and "partner"
        :param every: names that decide whether it is required: of all questions, and "partner"
        """
        self.ensure_one()
        above, every = above | set(RESERVED), every | set(RESERVED)
        found = self._condition_problems(above, every) + self._choice_problems() + self._rule_problems()
        if self.value_type == 'computed':
            found += self._formula_problems(every)
        elif self.value_type == 'table':
            found += self._table_problems(every)
        elif self.value_type == 'state' and self.country_question:
            country = self._siblings().filtered(lambda one: one.name == self.country_question and one.value_type == 'country') or (
                self.form_id.field_ids.filtered(lambda one: one.name == self.country_question and one.value_type == 'country'))
            if not country:
                found.append(self.env._(
                    "“%(question)s” offers the states of “%(name)s”, but no question for a country has this name.",
                    question=self.label, name=self.country_question))
        return found

    def _condition_problems(self, above, every):
        found = []
        for text, known in ((self.visible_if, above), (self.required_if, every), (self.readonly_if, every)):
            for name in sorted(conditions.fields(conditions.parse(text)) - known):
                found.append(self.env._(
                    "“%(question)s” depends on “%(name)s”, but no question above it has this name.",
                    question=self.label, name=name) if known is above else self.env._(
                    "“%(question)s” depends on “%(name)s”, but no question has this name.",
                    question=self.label, name=name))
        if conditions.fields(conditions.parse(self.role_domain)) - set(RESERVED):
            found.append(self.env._(
                "Who may see “%s” depends on an answer; it can depend only on who the reader is.", self.label))
        return found

    def _choice_problems(self):
        found = []
        if self.value_type in ('selection', 'tags'):
            if not self.option_ids:
                found.append(self.env._("“%s” offers no choices.", self.label))
            if self.attribute_id.value_type == self.value_type:
                allowed = {key for key, _label in self._attribute_choices(self.attribute_id)}
                for option in self.option_ids.filtered(lambda option: option.key not in allowed):
                    found.append(self.env._(
                        "“%(question)s” offers “%(choice)s”, which the attribute “%(attribute)s” does not know.",
                        question=self.label, choice=option.name, attribute=self.attribute_id.name))
        return found

    def _rule_problems(self):
        found = []
        if self.pattern and self.value_type in answers.LINES and (reason := self._pattern_reason()):
            found.append(self.env._("The pattern of “%(question)s” cannot be used: %(reason)s", question=self.label, reason=reason))
        if self.lookup_model_id and not self.lookup_field:
            found.append(self.env._("“%s” must exist in other records, but it is not said in which of their fields.", self.label))
        elif self.lookup_model_id and self.value_type not in LOOKED_UP:
            found.append(self.env._("“%s” is of a kind that cannot be looked for in other records.", self.label))
        if self.is_unique and (self.table_id or self.value_type not in UNIQUE):
            found.append(self.env._("“%s” is of a kind that cannot be asked to be unique.", self.label))
        if self.revalidate and not (self.attribute_id or self.document_field):
            found.append(self.env._("“%s” is to be confirmed, but it fills nothing of which a value could be on file.", self.label))
        if self.prefill == 'value' and self.default_value and self.is_question and answers.empty(self._default()) and (
                self.value_type not in answers.TICKS):
            found.append(self.env._("“%(question)s” begins with “%(default)s”, which would be refused.",
                                    question=self.label, default=self.default_value))
        return found

    def _pattern_reason(self):
        """Return why the pattern cannot be used, '' when it can."""
        try:
            pattern.parse(self.pattern)
        except pattern.Unusable as error:
            return {
                'syntax': self.env._("it is not complete near “%s”.", error.what),
                'unsupported': self.env._("“%s” is not understood by every browser.", error.what),
                'too_long': self.env._("it is too long."),
                'endless': self.env._("it repeats what repeats already, so checking an answer could take forever."),
            }[error.code]
        return ''

    def _formula_problems(self, every):
        try:
            parsed = formula.parse(self.formula)
        except formula.Unusable as error:
            if error.code == 'empty':
                return [self.env._("“%s” is a computed value without a formula.", self.label)]
            reason = {
                'syntax': self.env._("it is not complete."),
                'too_long': self.env._("it is too long."),
                'part': self.env._("“%s” is neither a number nor the name of a question, nor a calculation.", error.what),
                'function': self.env._("“%s” cannot be computed; use sum, min, max, round, abs or count.", error.what),
                'column': self.env._("“%s” is a whole column; use sum, min, max or count over it.", error.what),
            }[error.code]
            return [self.env._("The formula of “%(question)s” cannot be used: %(reason)s", question=self.label, reason=reason)]
        names, columns = formula.names(parsed)
        found = [self.env._("“%(question)s” is computed from “%(name)s”, but no question has this name.",
                            question=self.label, name=name) for name in sorted(names - (every - set(RESERVED)))]
        for table_name, column_name in sorted(columns):
            table = self.form_id.field_ids.filtered(lambda one, name=table_name: one.name == name)[:1]
            if table and column_name not in table.column_ids.mapped('name'):
                found.append(self.env._(
                    "“%(question)s” is computed from “%(column)s” of “%(table)s”, but that table has no such column.",
                    question=self.label, column=column_name, table=table.label))
        return found

    def _table_problems(self, every):
        columns = self.column_ids.sorted('sequence')
        if not columns:
            return [self.env._("“%s” is a table without columns.", self.label)]
        found = []
        if self.max_rows and self.min_rows > self.max_rows:
            found.append(self.env._("“%s” asks for more rows than it takes.", self.label))
        names = set(columns.mapped('name'))
        # What the form computes from the rows is not known yet while they are.
        around, seen = every - {self.name}, set()
        for column in columns:
            if column.value_type not in answers.COLUMNS:
                found.append(self.env._("“%(column)s” is of a kind that cannot be a column of “%(table)s”.",
                                        column=column.label, table=self.label))
            if column.attribute_id or column.document_field or column.revalidate:
                found.append(self.env._("“%(column)s” of “%(table)s” cannot fill anything, for there are several rows.",
                                        column=column.label, table=self.label))
            found += column._problems(around | seen, around | names)
            seen.add(column.name)
        if answers.circles([column._question() for column in columns]):
            found.append(self.env._("The computed values of “%s” depend on each other in a circle.", self.label))
        return found

    def _circle_problems(self):
        """Return ``{question: [sentence]}`` of the questions of one form that depend on each other in a circle."""
        found = {}
        for names in answers.circles([question._question() for question in self.filtered('is_question')]):
            circle = self.filtered(lambda question, names=names: question.name in names)
            if len(circle) == 1 and circle.value_type == 'table':
                # Said of its columns already.
                continue
            for question in circle:
                others = ', '.join((circle - question).mapped('label')) or question.label
                found[question] = [self.env._(
                    "“%(question)s” depends on itself, by way of: %(others)s.", question=question.label, others=others)]
        return found
