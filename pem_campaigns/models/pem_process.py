from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import flow


class PemProcess(models.Model):
    """One version of a reusable definition: steps joined by flows.

    A draft is edited; a published version never changes again, and running cases stay on the version they began with.
    """

    _name = 'pem.process'
    _description = "Process"
    _inherit = ['mail.thread']
    _order = 'name, version desc, id desc'

    name = fields.Char(required=True, translate=True, tracking=True)
    description = fields.Text(translate=True)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [('draft', "Draft"), ('published', "Published"), ('retired', "Retired")],
        required=True, default='draft', index=True, copy=False, tracking=True)
    version = fields.Integer(default=1, readonly=True, copy=False)
    root_id = fields.Many2one(
        'pem.process', string="First version", ondelete='set null', index='btree_not_null', copy=False, readonly=True)
    is_template = fields.Boolean(string="In the library", help="Offered as a start for processes of your own.")
    company_id = fields.Many2one('res.company', index='btree_not_null')
    model_id = fields.Many2one(
        'ir.model', string="Runs on", ondelete='cascade', required=True,
        default=lambda self: self.env['ir.model']._get('pem.case'),
        domain="[('model', 'in', subject_models)]",
        help="What conditions and approvers look at: the case itself in a campaign, else a document.")
    model = fields.Char(related='model_id.model', store=True)
    subject_models = fields.Json(compute='_compute_subject_models')
    allow_self_approval = fields.Boolean(
        string="Requester may approve", help="Let the person who asked for something also approve it.")

    # Definition
    step_ids = fields.One2many(
        'pem.process.step', 'process_id', string="Steps", copy=False, domain=[('is_ad_hoc', '=', False)])
    flow_ids = fields.One2many('pem.process.flow', 'process_id', string="Flows", copy=False)
    form_count = fields.Integer(compute='_compute_form_count')
    answers_definition = fields.PropertiesDefinition("Answers", copy=False)
    case_count = fields.Integer(compute='_compute_case_count')
    problem_summary = fields.Text(compute='_compute_problem_summary', string="To be solved before publishing")

    _one_published_version = models.UniqueIndex(
        "(COALESCE(root_id, id)) WHERE state = 'published'", "Another version of this process is published.")

    def _compute_subject_models(self):
        mixin = self.env.registry['pem.case.mixin']
        names = ['pem.case', *(
            name for name, model in self.env.registry.items() if issubclass(model, mixin) and not model._abstract)]
        for process in self:
            process.subject_models = names

    @api.depends('step_ids.form_id')
    def _compute_form_count(self):
        for process in self:
            process.form_count = len(process.step_ids.form_id)

    def _compute_case_count(self):
        counts = dict(self.env['pem.case']._read_group([('process_id', 'in', self.ids)], ['process_id'], ['__count']))
        for process in self:
            process.case_count = counts.get(process, 0)

    @api.depends('step_ids', 'flow_ids', 'state')
    def _compute_problem_summary(self):
        for process in self:
            problems = process._problems() if process.state == 'draft' else []
            process.problem_summary = '\n'.join(f'• {problem}' for problem in problems)

    @api.depends('name', 'version', 'state')
    def _compute_display_name(self):
        for process in self:
            process.display_name = self.env._("%(name)s (v%(version)s)", name=process.name, version=process.version)

    def copy(self, default=None):
        """Duplicate with steps, flows and forms of its own; the copy starts as a draft, version 1, out of the library."""
        copies = super().copy(default={'is_template': False, **(default or {})})
        for process, copy in zip(self, copies, strict=True):
            process._copy_definition_to(copy)
        return copies

    def copy_data(self, default=None):
        return [
            dict(vals, name=self.env._("%s (copy)", process.name)) if 'name' not in (default or {}) else vals
            for process, vals in zip(self, super().copy_data(default=default), strict=True)
        ]

    def write(self, vals):
        # What a case relies on is fixed by publishing; the rest (name, library, archive) is bookkeeping.
        if {'step_ids', 'flow_ids', 'model_id', 'allow_self_approval', 'company_id'} & vals.keys():
            self._check_draft()
        if not self.env.su and {'state', 'version', 'root_id', 'answers_definition'} & vals.keys():
            raise UserError(self.env._("A process is published and retired by its buttons."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for process in self:
            if process.case_count:
                raise UserError(self.env._(
                    "“%s” has cases and stays for their history. Archive it instead.", process.display_name))

    def action_publish(self):
        self.check_access('write')
        self._publish()

    def action_retire(self):
        """Offer the process for nothing new; running cases go on."""
        self.check_access('write')
        for process in self:
            if process.state != 'published':
                raise UserError(self.env._("“%s” is not published.", process.display_name))
        self.sudo().state = 'retired'

    def action_new_version(self):
        """Open a draft with the content of this version."""
        self.ensure_one()
        self.check_access('write')
        return self._new_version()._get_form_action()

    def action_use_template(self):
        """Open a draft of one's own made from a library process."""
        self.ensure_one()
        self.check_access('create')
        return self.copy({'name': self.name})._get_form_action()

    def action_open_cases(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Cases of %s", self.display_name),
            'res_model': 'pem.case',
            'view_mode': 'list,form,kanban,pivot,graph',
            'domain': [('process_id', '=', self.id)],
            'context': {'create': False},
        }

    def _get_form_action(self):
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'pem.process',
            'view_mode': 'form',
            'res_id': self.id,
        }

    @api.model
    def _publish_once(self, ids):
        """Publish the processes that an addon brings, when it brings them; for data files, which are read at each update."""
        self.browse(ids).exists().filtered(lambda process: process.state == 'draft' and not process.root_id)._publish()

    def _publish(self):
        """Fix the definition and retire the version that was published before.

        :raises UserError: with every problem, when the definition is not sound
        """
        for process in self:
            process._check_draft()
            if problems := process._problems():
                raise UserError(self.env._(
                    "“%(process)s” cannot be published yet:\n%(problems)s",
                    process=process.name, problems='\n'.join(f'• {problem}' for problem in problems)))
            process_sudo = process.sudo()
            root = process_sudo.root_id or process_sudo
            process_sudo.with_context(active_test=False).search([
                ('state', '=', 'published'), '|', ('id', '=', root.id), ('root_id', '=', root.id),
            ]).write({'state': 'retired'})
            process_sudo.answers_definition = process_sudo.step_ids.form_id._answers_definition()
            # The unique index sees the retired version before the new one is published.
            self.env.flush_all()
            process_sudo.state = 'published'

    def _new_version(self):
        self.ensure_one()
        root = self.root_id or self
        [[highest]] = self.env.execute_query(SQL(
            'SELECT max(version) FROM pem_process WHERE id = %s OR root_id = %s', root.id, root.id))
        copy = self.copy({'name': self.name})
        copy.sudo().write({'root_id': root.id, 'version': highest + 1})
        return copy

    def _copy_definition_to(self, copy):
        forms = {form: form.copy({'name': form.name}) for form in self.step_ids.form_id}
        steps = {}
        for step in self.step_ids:
            form = forms.get(step.form_id)
            # The copy does what an administrator chose, whoever copies.
            source = step.sudo() if step.kind == flow.ACTION else step
            steps[step] = source.copy({'process_id': copy.id, 'form_id': form.id if form else False})
        for line in self.flow_ids:
            line.copy({
                'process_id': copy.id,
                'source_id': steps[line.source_id].id,
                'target_id': steps[line.target_id].id,
            })

    def _check_draft(self):
        """:raises UserError: when a version is published"""
        for process in self:
            if process.state != 'draft':
                raise UserError(self.env._(
                    "“%s” is published, and running cases rely on it. Make a new version to change it.",
                    process.display_name))

    def _definition(self):
        """Return the :class:`~..engine.flow.Definition` of this version; ids are those of steps and flows."""
        self.ensure_one()
        return flow.Definition(
            [flow.Step(step.id, step.kind, expires=step._can_expire(),
                       terminates=step.kind == flow.END and step.end_state != 'done', awaits=step._awaited_form().id or None,
                       passes=step._may_pass())
             for step in self.step_ids],
            [flow.Flow(line.id, line.source_id.id, line.target_id.id, outcome=line.outcome or '',
                       conditional=line._is_conditional(), sequence=line.sequence)
             for line in self.flow_ids])

    def _problems(self):
        """Return the sentences that say what forbids publishing; empty when nothing does."""
        return [sentence for _step, sentence in self._located_problems()]

    def _located_problems(self):
        """Return ``[(step, sentence)]``: what forbids publishing, and the step at which it is solved; empty for the whole process."""
        self.ensure_one()
        sentences = {
            'no_start': self.env._("A process needs a start."),
            'second_start': self.env._("“%s” is a second start; a process has one."),
            'unreachable': self.env._("“%s” is never reached: draw a flow to it or remove it."),
            'no_way_out': self.env._("From “%s” no end can be reached."),
            'join_without_split': self.env._("“%s” joins branches, but nothing splits the process before."),
            'leaves_end': self.env._("“%s” is an end, so no flow can leave it."),
            'enters_start': self.env._("“%s” is the start, so no flow can lead back to it."),
            'no_exit': self.env._("“%s” needs a flow for every way in which it can end."),
            'no_default': self.env._("“%s” needs a flow without a condition for when none of the conditions holds."),
            'restless_loop': self.env._(
                "“%s” is part of a loop in which a case may never rest: somebody has to act in it, or some days have to pass."),
            'deadlock': self.env._("“%s” can wait forever for a branch that does not arrive."),
            'endless_split': self.env._("“%s” is part of a loop that opens ever more branches: join them before going back."),
            'never_closed': self.env._("Once a case is at “%s” it is never closed: whatever people do, something goes on."),
            'entangled': self.env._("Too many branches begin at “%s” and further on to be sure that none gets stuck: simplify them."),
        }
        paired = {
            'deadlock': self.env._("“%(step)s” can wait forever: from “%(other)s” a branch can go another way and never arrive."),
            'unsent': self.env._("“%(step)s” can wait forever: a case can get there without “%(other)s” ever being asked."),
        }
        steps = {step.id: step for step in self.step_ids}
        nowhere = self.env['pem.process.step']
        found = [
            (steps.get(problem.step, nowhere),
             paired[problem.code] % {'step': steps[problem.step].name, 'other': steps[problem.other].name} if problem.other is not None
             else sentences[problem.code] % steps[problem.step].name if problem.step is not None
             else sentences[problem.code])
            for problem in self._definition().problems()
        ]
        found += [(step, problem) for step in self.step_ids for problem in step._problems()]
        found += [(line.source_id, problem) for line in self.flow_ids for problem in line._problems()]
        return found + self._problems_of_questions()

    def _problems_of_questions(self):
        found, names = [], {}
        asked_at = {step.form_id: step for step in self.step_ids.sorted(lambda step: (step.sequence, step.id), reverse=True)}
        for field in self.step_ids.form_id.field_ids.filtered('is_question'):
            if field.attribute_id and field.attribute_id.portal_access != 'propose':
                found.append((asked_at[field.form_id], self.env._(
                    "“%(question)s” fills “%(attribute)s”, to which partners may not propose changes.",
                    question=field.label, attribute=field.attribute_id.name)))
            if names.setdefault(field.name, field.form_id) != field.form_id:
                found.append((asked_at[field.form_id], self.env._(
                    "Two forms of the process ask for “%s”; give one of them another name.", field.name)))
        return found
