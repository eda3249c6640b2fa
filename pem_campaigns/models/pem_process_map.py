from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

#: What of a flow names a step; while it is drawn, a step that is not saved yet goes by the name its editor gave it.
ENDS = ('source_id', 'target_id')


class PemProcess(models.Model):
    """The process as a map: drawn, checked while it is drawn, and followed while cases run through it."""

    _inherit = 'pem.process'

    problems = fields.Json(compute='_compute_problems', help="[{step, text}]: what forbids publishing, and where.")
    step_counts = fields.Json(
        compute='_compute_step_counts', help="{step: {open, problem}}: how many cases stand at each step of a published version.")

    # While it is drawn, the map asks by ``check_drawing``: it does not depend on the steps, so that a form does not ask as well.
    @api.depends('state')
    def _compute_problems(self):
        for process in self:
            process.problems = [
                {'step': step.id or False, 'text': sentence}
                for step, sentence in (process._located_problems() if process.state == 'draft' else ())]

    def _compute_step_counts(self):
        counts = self._count_at_steps()
        for process in self:
            process.step_counts = counts[process]

    def _count_at_steps(self, domain=()):
        """Return ``{process: {step id: {open, problem}}}``: how many cases stand there, and how many of them have a problem.

        :param domain: on tasks, to count some of them only
        """
        counts = {process: {} for process in self}
        for step, state, count in self.env['pem.task']._read_group(
            Domain([('step_id.process_id', 'in', self.ids), ('state', 'in', ('open', 'problem'))]) & Domain(domain),
            ['step_id', 'state'], ['case_id:count_distinct'],
        ):
            counts[step.process_id].setdefault(str(step.id), {'open': 0, 'problem': 0})[state] += count
        return counts

    # Drawing

    @api.model_create_multi
    def create(self, vals_list):
        drawn = [self._take_drawing(vals) for vals in vals_list]
        processes = super().create([rest for _drawing, rest in drawn])
        for process, (drawing, _rest) in zip(processes, drawn, strict=True):
            if drawing:
                process._draw(*drawing)
        return processes

    def write(self, vals):
        """Steps and flows that are written together may be new and refer to each other: see ``_draw``."""
        drawing, rest = self._take_drawing(vals)
        if not drawing or len(self) != 1:
            return super().write(vals)
        self._check_draft()
        if rest:
            super().write(rest)
        self._draw(*drawing)
        return True

    @api.model
    def _take_drawing(self, vals):
        """Return ``((commands of steps, commands of flows), other values)``, None instead of the former when they do not come together."""
        if not vals.get('step_ids') or not vals.get('flow_ids'):
            return None, vals
        rest = {name: value for name, value in vals.items() if name not in ('step_ids', 'flow_ids')}
        return (vals['step_ids'], vals['flow_ids']), rest

    def _draw(self, step_commands, flow_commands):
        """Carry out the commands for steps and flows, so that flows may name steps that are new, and leave steps that go.

        :return: ``{name that the editor gave to a new step or flow: record}``
        """
        self.ensure_one()
        Step, Flow = self.env['pem.process.step'], self.env['pem.process.flow']
        deletions = (Command.DELETE, Command.UNLINK)
        new = [command for command in step_commands if command[0] == Command.CREATE]
        gone = [command for command in step_commands if command[0] in deletions]
        made = dict(zip(
            (command[1] for command in new),
            Step.create([{**command[2], 'process_id': self.id} for command in new]), strict=False))
        kept = [command for command in step_commands if command not in new and command not in gone]
        if kept:
            self.write({'step_ids': kept})
        lines = [command for command in flow_commands if command[0] == Command.CREATE]
        others = [
            (*command[:2], self._with_steps(command[2], made)) if command[0] == Command.UPDATE else command
            for command in flow_commands if command not in lines]
        if others:
            self.write({'flow_ids': others})
        made.update(zip(
            (command[1] for command in lines),
            Flow.create([{**self._with_steps(command[2], made), 'process_id': self.id} for command in lines]), strict=False))
        if gone:
            self.write({'step_ids': gone})
        return made

    def _with_steps(self, values, made):
        """Return values of a flow with ids for the names of new steps."""
        values = dict(values)
        for name in ENDS:
            if isinstance(values.get(name), str):
                if values[name] not in made:
                    raise UserError(self.env._("A flow leads to or from a step that is not there any more. Remove it and draw it again."))
                values[name] = made[values[name]].id
        return values

    def check_drawing(self, vals):
        """Say what would forbid publishing if the draft were saved like this, and what its steps and flows say. Nothing is saved.

        :param vals: as they would be written
        :return: ``{problems: [{step, text}], steps: {name: words}, flows: {name: words}}``, by ids or by the names that the
            editor gave to what is new; ``{error: sentence}`` when it could not be saved
        """
        if self:
            self.ensure_one()
            self.check_access('write')
            self._check_draft()
        else:
            self.check_access('create')
        quiet = self.with_context(tracking_disable=True, mail_create_nolog=True)
        with self.env.cr.savepoint() as savepoint:
            try:
                return quiet._look_at_drawing(vals)
            except UserError as error:
                return {'error': str(error)}
            finally:
                savepoint.rollback()

    def _look_at_drawing(self, vals):
        drawing, rest = self._take_drawing(vals)
        made = {}
        process = self
        if not process:
            process = self.create({**(rest if drawing else vals), 'name': vals.get('name') or '…'})
        elif rest or not drawing:
            process.write(rest if drawing else vals)
        if drawing:
            made = process._draw(*drawing)
        elif not self:
            made = dict(zip(
                (command[1] for command in vals.get('step_ids') or () if command[0] == Command.CREATE), process.step_ids.sorted('id'),
                strict=False))
        names = {(record._name, record.id): name for name, record in made.items()}
        steps, lines = process.step_ids, process.flow_ids
        return {
            'problems': [
                {'step': names.get(('pem.process.step', step.id), step.id) or False, 'text': sentence}
                for step, sentence in process._located_problems()],
            'steps': {names.get(('pem.process.step', step.id), step.id): step.summary for step in steps},
            'flows': {names.get(('pem.process.flow', line.id), line.id): line.condition_words or '' for line in lines},
        }

    # What the map needs to know

    @api.model
    def get_form_questions(self, form_ids):
        """Return what forms ask, as the domain editor wants to know it: a published version keeps it as the definition of its
        answers, a draft has none yet."""
        forms = self.env['pem.form'].browse(form_ids)
        forms.check_access('read')
        return forms._answers_definition() if forms else []

    def _get_map(self, counts=None):
        """Return this version as a picture that is only looked at: ``{kinds, steps, flows}``.

        :param counts: ``{step id: {open, problem}}``
        """
        self.ensure_one()
        return {
            'kinds': dict(self.step_ids._fields['kind']._description_selection(self.env)),
            'steps': [
                {'id': step.id, 'kind': step.kind, 'name': step.name, 'text': step.summary, **((counts or {}).get(str(step.id)) or {})}
                for step in self.step_ids],
            'flows': [
                {'id': line.id, 'source': line.source_id.id, 'target': line.target_id.id, 'label': line._label(),
                 'outcome': line.outcome or ''}
                for line in self.flow_ids],
        }


class PemProcessStep(models.Model):
    _inherit = 'pem.process.step'

    copied_from_id = fields.Many2one(
        'pem.process.step', store=False, help="Of a new step: the one whose settings it has, unless they are given.")

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_copied(dict(vals)) for vals in vals_list])

    @api.model
    def _with_copied(self, vals):
        original = self.browse(vals.pop('copied_from_id', False))
        if not original:
            return vals
        return {**original.copy_data()[0], **{name: value for name, value in vals.items() if value}}

    def action_design_form(self):
        """Open the form of this step, a new one when it has none."""
        self.ensure_one()
        if not self.form_id:
            self.form_id = self.env['pem.form'].create({'name': self.name})
        return {**self.action_open_form(), 'views': [(False, 'form')]}

    def action_open_cases_here(self):
        """Open the cases that stand at this step; of one campaign only, or only those with a problem, when the context says so."""
        self.ensure_one()
        state = ('problem',) if self.env.context.get('pem_problem') else ('open', 'problem')
        campaign_id = self.env.context.get('pem_campaign_id')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Cases at “%s”", self.name),
            'res_model': 'pem.case',
            'views': [(False, 'list'), (False, 'form')],
            'domain': [
                ('task_ids', 'any', [('step_id', '=', self.id), ('state', 'in', state)]),
                *([('campaign_id', '=', campaign_id)] if campaign_id else []),
            ],
            'context': {'create': False},
        }


class PemCampaign(models.Model):
    _inherit = 'pem.campaign'

    process_map = fields.Json(compute='_compute_process_map', help="The process with the cases of this campaign at each step.")

    @api.depends('process_id')
    def _compute_process_map(self):
        for campaign in self:
            process = campaign.process_id
            campaign.process_map = process._get_map(
                process._count_at_steps([('campaign_id', 'in', campaign.ids)])[process]) if process else False


class PemCase(models.Model):
    _inherit = 'pem.case'

    process_line = fields.Json(compute='_compute_process_line', help="[{id, kind, name, state}]: the way of the case in one line.")

    @api.depends('task_ids.state', 'state')
    def _compute_process_line(self):
        for case in self:
            case.process_line = case._way()

    def _way(self):
        """Return the steps that the case passed, those at which it stands, and those that come next as a rule, in this order."""
        self.ensure_one()
        process = self.process_id
        steps = {step.id: step for step in process.step_ids}
        passed, standing = {}, {}
        for task in self.task_ids.sorted(lambda task: (task.date_open or self.date_start, task.id)):
            if task.step_id.id in steps:
                if task.state in ('open', 'problem'):
                    standing[task.step_id.id] = 'problem' if task.state == 'problem' else 'here'
                elif task.state == 'done':
                    passed[task.step_id.id] = 'done'
        way = {**{step: state for step, state in passed.items() if step not in standing}, **standing}
        ahead = []
        if self.state in ('running', 'problem') and standing:
            onward = defaultdict(list)
            for line in process.flow_ids.sorted(lambda line: (line.outcome not in ('approved', 'done', False), line.sequence, line.id)):
                onward[line.source_id.id].append(line.target_id.id)
            step = next(reversed(standing))
            while step := next((target for target in onward[step] if target not in way and target not in ahead), None):
                ahead.append(step)
        quiet = ('start', 'split', 'join', 'decision')
        line = [(step, state) for step, state in [*way.items(), *((step, 'ahead') for step in ahead)]
                if steps[step].kind not in quiet or state in ('here', 'problem')]
        picture = [{'id': step, 'kind': steps[step].kind, 'name': steps[step].name, 'state': state} for step, state in line]
        if self.state not in ('running', 'problem'):
            picture.append({
                'id': 0, 'kind': 'end', 'state': 'done' if self.state == 'done' else 'problem',
                'name': self.outcome or dict(self._fields['state']._description_selection(self.env))[self.state]})
        return picture
