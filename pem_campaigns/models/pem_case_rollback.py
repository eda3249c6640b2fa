from collections import defaultdict

from odoo import models
from odoo.exceptions import AccessError, UserError

from ..engine import flow, soundness
from .pem_case import CLOSED_STATES


class PemCase(models.Model):
    """How a manager moves running cases back to an earlier step."""

    _inherit = 'pem.case'

    def action_roll_back(self):
        """Ask where to and why; see ``pem.case.rollback``."""
        self._check_may_roll_back()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Move back to an earlier step"),
            'res_model': 'pem.case.rollback',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_case_ids': self.ids},
        }

    def _check_may_roll_back(self):
        """:raises UserError: when not all of the cases are running, on the same version"""
        self.check_access('write')
        if not self.env.user.has_group('pem_campaigns.group_pem_manager'):
            raise AccessError(self.env._("Only managers move cases back to an earlier step."))
        closed = self.filtered(lambda case: case.state in CLOSED_STATES)[:1]
        if closed:
            raise UserError(self.env._("“%s” is closed. Only running cases can be moved.", closed.display_name))
        if len(self.process_id) > 1:
            raise UserError(self.env._("Choose cases of one process: these are in %s.", self.env._(" and ").join(
                self.process_id.mapped('display_name'))))

    def _tokens(self):
        """Return ``{case: ((step id, id of the flow along which it arrived at a join), …)}`` for open tasks of the process."""
        tokens = dict.fromkeys(self, ())
        for task in self.env['pem.task'].sudo().search([
                ('case_id', 'in', self.ids), ('state', 'in', ('open', 'problem')), ('step_id.is_ad_hoc', '=', False)], order='id'):
            at_join = task.kind == flow.JOIN and task.stopped_at != 'leave'
            tokens[task.case_id.with_env(self.env)] += ((task.step_id.id, task.arrived_by_id.id if at_join else None),)
        return tokens

    def _earlier_steps(self):
        """Return the steps to which all of these cases can be moved back: where each has been and is not at present."""
        self.process_id.ensure_one()
        been = self.env['pem.task'].sudo()._read_group(
            [('case_id', 'in', self.ids), ('kind', 'in', list(flow.HUMAN_KINDS)), ('step_id.is_ad_hoc', '=', False)],
            ['step_id'], ['case_id:array_agg', 'state:array_agg'])
        everywhere = [step.id for step, cases, states in been
                      if set(cases) == set(self.ids) and not {'open', 'problem'} & set(states)]
        definition = self.process_id._definition()
        markings = set(self._tokens().values())
        return self.env['pem.process.step'].browse(everywhere).filtered(
            lambda step: all(soundness.rewind(definition, marking, [step.id]) for marking in markings)).sorted('sequence')

    def _roll_back(self, step, reason):
        """Move cases back to a step: what came after it is undone, branches beside it stay, and forms are asked again with
        the answers they had.

        :raises UserError: when one of the cases cannot be moved there
        """
        # One set that Odoo reads at once, wherever the cases were found.
        cases = self.browse(self.ids)
        cases._lock()
        cases._check_may_roll_back()
        cases = cases.sudo()
        definition = step.process_id._definition()
        Task = self.env['pem.task'].sudo()
        undone, stood_at = {}, {}
        allowed = cases._earlier_steps()
        for marking, some in cases.grouped(cases._tokens().get).items():
            back = soundness.rewind(definition, marking, [step.id])
            if not back or step not in allowed:
                raise UserError(self.env._(
                    "“%(case)s” cannot be moved back to “%(step)s” from where it is.", case=some[0].display_name, step=step.name))
            tasks = some._tasks_at(back.withdrawn)
            for task in tasks:
                stood_at.setdefault(task.case_id, []).append(task.step_id.name)
            tasks._withdraw()
            for line in self.env['pem.process.flow'].sudo().browse(back.delivered):
                Task._open(line.target_id, some, {'arrived_by_id': line.id})
            undone.update(dict.fromkeys(some, back.undone))
        cases._drop_problem_activities()
        cases.write({'correcting_step_id': False})
        again = self.env['pem.submission'].sudo().union(*(
            submission for (case, form), submission in cases._latest_submissions().items()
            if form.id in undone[case] and submission.state in ('submitted', 'accepted')))
        again._settle('returned', reason)
        self._log('rolled_back', {
            case.with_env(self.env): {'step': step.name, 'from': stood_at[case], 'reason': reason} for case in cases})
        if step.kind == flow.FORM:
            cases._notify_subjects('_case_returned')
        cases._open_again(step)
        cases._update_waiting()

    def _tasks_at(self, tokens):
        """Return the open tasks of these cases, which all stand alike, that are some of their tokens."""
        found = self.env['pem.task'].browse()
        by_place = defaultdict(list)
        for task in self.env['pem.task'].search(
                [('case_id', 'in', self.ids), ('state', 'in', ('open', 'problem'))], order='id desc'):
            at_join = task.kind == flow.JOIN and task.stopped_at != 'leave'
            by_place[task.case_id, task.step_id.id, task.arrived_by_id.id if at_join else None].append(task.id)
        for case in self:
            for token in set(tokens):
                found |= found.browse(by_place[(case, *token)][:tokens.count(token)])
        return found

    def _open_again(self, step):
        """Ask people at a step once more; rules that would decide by themselves are left aside."""
        nowhere = self.env['pem.process.flow']
        if step.kind == flow.FORM:
            self._advance({(step, nowhere): self})
        else:
            step._ask_colleagues(self, nowhere, self.env._("Nobody was found for “%s”.", step.name))
