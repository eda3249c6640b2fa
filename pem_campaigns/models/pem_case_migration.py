from dataclasses import replace

from odoo import models
from odoo.tools import SQL

from ..engine import flow, migration


class PemCase(models.Model):
    """How running cases are moved to another version of their process."""

    _inherit = 'pem.case'

    def _plan_migration(self, process, chosen):
        """Return ``{case: engine.migration.Plan}``; cases that stand alike share theirs.

        :param chosen: ``{step: step of the other version}`` for steps without a counterpart
        """
        plans, tokens, definition = {}, self._tokens(), process._definition()
        for (old, marking, correcting), cases in self.grouped(
                lambda case: (case.process_id, tokens[case], case.correcting_step_id)).items():
            counterparts = {step.id: same.id for step, same in old.step_ids._counterparts(process.step_ids).items()}
            plan = migration.plan(old._definition(), definition, marking, counterparts,
                                  {step.id: target.id for step, target in chosen.items()})
            if correcting and correcting.id not in counterparts and correcting not in chosen:
                plan = replace(plan, obstacles=(*plan.obstacles, ('correcting', correcting.id)))
            plans.update(dict.fromkeys(cases, plan))
        return plans

    def _migrate(self, process, chosen=None):
        """Move running cases to another version: what is open stays open under its old number, what was answered is kept.

        :return: those that were moved; the others meet an obstacle, or were closed meanwhile
        """
        cases = self.browse(self.ids)
        cases._lock()
        cases = cases._running().filtered(lambda case: case.process_id != process)
        plans = cases._plan_migration(process, chosen or {})
        cases = cases.filtered(lambda case: not plans[case].obstacles)
        for (old, plan), some in cases.grouped(lambda case: (case.process_id, plans[case])).items():
            some._carry_over(old, process, plan, chosen or {})
        return cases

    def _carry_over(self, old, process, plan, chosen):
        """Move cases that stand alike; see ``_migrate``."""
        cases = self.sudo()
        Step, nowhere = self.env['pem.process.step'], self.env['pem.process.flow'].sudo()
        cases._tasks_at([token for token, _target in plan.entered])._withdraw()
        steps = {step.id: same.id for step, same in old.sudo().step_ids._counterparts(process.sudo().step_ids).items()
                 if step.kind == same.kind}
        steps.update({token[0]: there[0] for token, there in plan.kept})
        lines = {token[1]: there[1] for token, there in plan.kept if token[1] is not None}
        self._log('migrated', dict.fromkeys(self, {
            'from': old.display_name, 'to': process.display_name,
            'moved': [[Step.browse(token[0]).sudo().name, Step.browse(there[0]).sudo().name] for token, there in plan.kept]
            + [[Step.browse(token[0]).sudo().name, Step.browse(target).sudo().name] for token, target in plan.entered],
        }))
        renamed, dropped = old.sudo()._answers_onto(process.sudo())
        cases._rename_drafts(renamed)
        self.env.flush_all()
        self._repoint('pem_task', 'step_id', steps)
        self._repoint('pem_task', 'arrived_by_id', lines, SQL("AND state IN ('open', 'problem')"))
        self._repoint('pem_task', 'arrived_by_id', dict.fromkeys(set(old.sudo().flow_ids.ids) - set(lines)),
                      SQL("AND state IN ('open', 'problem')"))
        self._repoint('pem_submission', 'step_id', steps)
        # Corrections end at an approval; where there is none any more, every form is asked again.
        self._repoint('pem_case', 'correcting_step_id', {**dict.fromkeys(old.sudo().step_ids.ids), **{
            step.id: target.id for step, target in chosen.items() if target.kind == flow.APPROVAL}, **steps})
        # Odoo would fill in the answers anew when the definition they follow changes.
        kept = SQL("COALESCE(answers, '{}') - %s::text[]", [*dropped, *renamed])
        for name, new_name in renamed.items():
            kept = SQL("%s || CASE WHEN answers -> %s IS NULL THEN '{}' ELSE jsonb_build_object(%s, answers -> %s) END",
                       kept, name, new_name, name)
        self.env.cr.execute(SQL(
            "UPDATE pem_case SET process_id = %s, answers = %s WHERE id = ANY(%s)", process.id, kept, self.ids))
        self.env.invalidate_all()
        for _token, target in plan.entered:
            cases._advance({(Step.sudo().browse(target), nowhere): cases})
        cases._update_waiting()

    def _repoint(self, table, column, mapping, condition=None):
        """Let a column of what belongs to these cases point to other records: one statement."""
        if mapping:
            self.env.cr.execute(SQL(
                "UPDATE %(table)s SET %(column)s = there.new FROM (VALUES %(pairs)s) AS there (old, new)"
                " WHERE %(case)s = ANY(%(ids)s) AND %(table)s.%(column)s = there.old %(condition)s",
                table=SQL.identifier(table), column=SQL.identifier(column),
                pairs=SQL(', ').join(SQL('(%s::int, %s::int)', old, new) for old, new in mapping.items()),
                case=SQL.identifier('id' if table == 'pem_case' else 'case_id'), ids=self.ids,
                condition=condition or SQL()))

    def _rename_drafts(self, renamed):
        """Keep what partners entered and did not send yet under the new names of the questions."""
        if renamed:
            for task in self.env['pem.task'].search([('case_id', 'in', self.ids), ('state', '=', 'open'), ('draft', '!=', False)]):
                task.draft = {renamed.get(name, name): value for name, value in task.draft.items()}
