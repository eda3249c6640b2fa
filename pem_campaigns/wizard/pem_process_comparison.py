from odoo import api, fields, models

#: What of a step makes it another one when it changes, beside what its card says.
COMPARED = (
    'name', 'kind', 'summary', 'instructions', 'write_back', 'mail_approvers', 'auto_approve_if', 'auto_reject_if', 'end_state',
    'escalate_days', 'escalate_to', 'expire_days', 'amount_path', 'band_scope',
)


class PemProcessComparison(models.TransientModel):
    """Two versions of a process beside each other: what is new, what is gone, what is done differently."""

    _name = 'pem.process.comparison'
    _description = "Comparison of two Versions"

    process_id = fields.Many2one('pem.process', required=True, ondelete='cascade', readonly=True)
    other_id = fields.Many2one(
        'pem.process', string="Compare with", ondelete='cascade', domain="[('id', 'in', version_ids)]",
        context={'active_test': False})
    version_ids = fields.Many2many('pem.process', compute='_compute_version_ids')
    comparison = fields.Json(compute='_compute_comparison')

    @api.depends('process_id', 'other_id')
    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = self.env._("Compare versions of %s", wizard.process_id.name)

    @api.depends('process_id')
    def _compute_version_ids(self):
        for wizard in self:
            wizard.version_ids = wizard.process_id._other_versions()

    @api.depends('process_id', 'other_id')
    def _compute_comparison(self):
        for wizard in self:
            one, other = wizard.process_id, wizard.other_id
            before, after = (other, one) if other.version < one.version else (one, other)
            wizard.comparison = before._compare_with(after) if other else False


class PemProcess(models.Model):
    _inherit = 'pem.process'

    def action_compare(self):
        """Look at this version beside the one before it, or another one."""
        self.ensure_one()
        others = self._other_versions()
        older = others.filtered(lambda other: other.version < self.version).sorted('version')[-1:]
        wizard = self.env['pem.process.comparison'].create(
            {'process_id': self.id, 'other_id': (older or others[:1]).id})
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Compare versions of %s", self.name),
            'res_model': 'pem.process.comparison',
            'res_id': wizard.id,
            'views': [(False, 'form')],
        }

    def _other_versions(self):
        self.ensure_one()
        root = self.root_id or self
        return self.with_context(active_test=False).search(
            ['|', ('id', '=', root.id), ('root_id', '=', root.id), ('id', '!=', self.id)])

    def _compare_with(self, after):
        """Return ``{before, after, changes}``: two pictures in which steps and flows are marked, and what changed in words."""
        self.ensure_one()
        counterparts = self.step_ids._counterparts(after.step_ids)
        pictures = self._get_map(), after._get_map()
        marks = [{}, {}]
        changes = []
        for step, same in counterparts.items():
            if differences := step._differences(same):
                marks[0][step.id] = marks[1][same.id] = 'changed'
                changes += differences
        for step in after.step_ids - self.step_ids.union(*counterparts.values()):
            marks[1][step.id] = 'added'
            changes.append(self.env._("“%s” is new.", step.name))
        for step in self.step_ids:
            if step not in counterparts:
                marks[0][step.id] = 'removed'
                changes.append(self.env._("“%s” is gone.", step.name))
        line_marks, line_changes = self._compare_flows(after, counterparts)
        for picture, step_marks, flow_marks, process in zip(pictures, marks, line_marks, (self, after), strict=True):
            picture['title'] = self.env._(
                "Version %(version)s (%(state)s)", version=process.version,
                state=dict(self._fields['state']._description_selection(self.env))[process.state])
            for item in picture['steps']:
                item['mark'] = step_marks.get(item['id'], '')
            for item in picture['flows']:
                item['mark'] = flow_marks.get(item['id'], '')
        return {'before': pictures[0], 'after': pictures[1], 'changes': changes + line_changes}

    def _compare_flows(self, after, counterparts):
        """Return the marks of flows of both versions, and what changed about those between steps that are in both."""
        def key(line, same):
            return same.get(line.source_id), same.get(line.target_id), line.outcome or '', line.condition or '[]'
        before = {key(line, counterparts): line for line in self.flow_ids}
        behind = {key(line, {step: step for step in after.step_ids}): line for line in after.flow_ids}
        gone = [line for place, line in before.items() if place not in behind]
        new = [line for place, line in behind.items() if place not in before]
        kept = set(counterparts.values())
        sentences = [
            self.env._("The flow %(flow)s is gone.", flow=line._say()) for line in gone
            if line.source_id in counterparts and line.target_id in counterparts
        ] + [
            self.env._("The flow %(flow)s is new.", flow=line._say()) for line in new
            if line.source_id in kept and line.target_id in kept
        ]
        return [{line.id: 'removed' for line in gone}, {line.id: 'added' for line in new}], sentences


class PemProcessStep(models.Model):
    _inherit = 'pem.process.step'

    def _differences(self, after):
        """Return the sentences that say what another version of this step does differently."""
        self.ensure_one()
        found = []
        if self.name != after.name:
            found.append(self.env._("“%(before)s” is called “%(after)s”.", before=self.name, after=after.name))
        if self.summary != after.summary:
            found.append(self.env._(
                "“%(step)s”: %(after)s, instead of %(before)s.", step=after.name, after=after.summary or '–', before=self.summary or '–'))
        rest = [
            self._fields[name]._description_string(self.env) for name in COMPARED
            if name not in ('name', 'summary') and self[name] != after[name]]
        if rest:
            found.append(self.env._("“%(step)s” has other settings: %(settings)s.", step=after.name, settings=', '.join(rest)))
        return found + self._differences_of_form(after)

    def _differences_of_form(self, after):
        questions = self.form_id.field_ids
        same = questions._counterparts(after.form_id.field_ids)
        found = [
            self.env._("“%(step)s” asks differently for “%(question)s”.", step=after.name, question=other.label)
            for question, other in same.items() if not question._asks_like(other)]
        found += [
            self.env._("“%(step)s” also asks for “%(question)s”.", step=after.name, question=other.label)
            for other in after.form_id.field_ids - questions.union(*same.values())]
        found += [
            self.env._("“%(step)s” does not ask for “%(question)s” any more.", step=after.name, question=question.label)
            for question in questions if question not in same]
        return found


class PemProcessFlow(models.Model):
    _inherit = 'pem.process.flow'

    def _say(self):
        label = self._label()
        return f'{self.display_name} ({label})' if label else self.display_name
