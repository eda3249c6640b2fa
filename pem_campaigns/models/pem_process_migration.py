from odoo import api, fields, models
from odoo.exceptions import UserError


class PemProcessMigration(models.Model):
    """Running cases on their way to a newer version of their process: first looked at, case by case, then moved.

    It stays as the record of what was moved.
    """

    _name = 'pem.process.migration'
    _description = "Move of Cases to another Version"
    _order = 'id desc'
    _rec_name = 'process_id'

    process_id = fields.Many2one('pem.process', string="To", required=True, readonly=True, ondelete='cascade', index=True)
    state = fields.Selection(
        [('draft', "To check"), ('running', "Moving"), ('done', "Done")], required=True, default='draft', readonly=True, index=True)
    line_ids = fields.One2many('pem.process.migration.line', 'migration_id', string="Cases", readonly=True)
    choice_ids = fields.One2many('pem.process.migration.choice', 'migration_id', string="Steps without a counterpart")
    ready_count = fields.Integer(compute='_compute_counts')
    blocked_count = fields.Integer(compute='_compute_counts')
    moved_count = fields.Integer(compute='_compute_counts')

    @api.depends('process_id.display_name')
    def _compute_display_name(self):
        for migration in self:
            migration.display_name = self.env._("Move cases to %s", migration.process_id.display_name)

    @api.depends('line_ids.state')
    def _compute_counts(self):
        counts = {(migration.id, state): count for migration, state, count in self.env['pem.process.migration.line']._read_group(
            [('migration_id', 'in', self.ids)], ['migration_id', 'state'], ['__count'])}
        for migration in self:
            for state in ('ready', 'blocked', 'moved'):
                migration[f'{state}_count'] = counts.get((migration.id, state), 0)

    def action_look(self):
        """Look again, with the steps that were chosen meanwhile."""
        self.check_access('write')
        for migration in self:
            migration._look()

    def action_migrate(self):
        """Move the cases that can move: a few at once, many in the background."""
        self.ensure_one()
        self.check_access('write')
        if self.state != 'draft':
            raise UserError(self.env._("These cases are moved already."))
        # What was chosen after the last look counts, and what happened to the cases meanwhile.
        self._look()
        ready = self.line_ids.filtered(lambda line: line.state == 'ready')
        if not ready:
            raise UserError(self.env._("None of the cases can be moved."))
        self.sudo().state = 'running'
        if len(ready) > self._at_once():
            self.env.ref('pem_campaigns.ir_cron_migrate').sudo()._trigger()
        else:
            ready._move()
            self._finish()

    @api.model
    def _at_once(self):
        """Return how many cases are moved while somebody waits, and in each batch of the background."""
        return 200

    def _chosen(self):
        return {choice.step_id: choice.target_id for choice in self.choice_ids if choice.target_id}

    def _look(self):
        """Write down for each case what moving it would change, or why it cannot be moved."""
        self.ensure_one()
        cases = self.env['pem.case'].search(self.process_id._get_older_cases_domain(), order='id')
        plans = cases._plan_migration(self.process_id, self._chosen())
        drafts = self.env['pem.task'].sudo().search(
            [('case_id', 'in', cases.ids), ('state', '=', 'open'), ('draft', '!=', False)]).case_id
        told = {}
        self.sudo().line_ids.unlink()
        values = []
        for case in cases:
            key = case.process_id, plans[case], case in drafts
            if key not in told:
                told[key] = self._tell(*key)
            values.append({'migration_id': self.id, 'case_id': case.id, 'old_process_id': case.process_id.id, **told[key]})
        self.env['pem.process.migration.line'].sudo().create(values)
        self._offer_choices(plans)

    def _offer_choices(self, plans):
        """Ask where cases go on that stand at steps without a counterpart; what was chosen before stays chosen."""
        waiting = {}
        for plan in plans.values():
            for code, step_id in plan.obstacles:
                if code in ('gone', 'kind', 'correcting'):
                    waiting[step_id] = waiting.get(step_id, 0) + 1
            for (step_id, _line), _target in plan.entered:
                waiting[step_id] = waiting.get(step_id, 0) + 1
        known = {choice.step_id: choice for choice in self.choice_ids}
        for step in self.env['pem.process.step'].browse(waiting):
            if step in known:
                known[step].case_count = waiting[step.id]
            else:
                self.env['pem.process.migration.choice'].create({
                    'migration_id': self.id, 'step_id': step.id, 'case_count': waiting[step.id]})

    def _tell(self, old, plan, has_draft):
        """Return what a line says about the cases that share a plan."""
        Step = self.env['pem.process.step']
        steps = [(Step.browse(token[0]), Step.browse(there[0])) for token, there in plan.kept]
        changes = [self.env._("“%(old)s” is withdrawn and “%(new)s” asked instead.", old=Step.browse(token[0]).name, new=Step.browse(
            target).name) for token, target in plan.entered]
        for before, after in steps:
            changes += self._form_changes(before, after)
        if has_draft:
            changes.append(self.env._("What was entered and not sent yet is kept."))
        if not changes and not plan.obstacles:
            changes.append(self.env._("What is open stays as it is."))
        standing = [token[0] for token, _there in plan.kept + plan.entered] + [
            step for code, step in plan.obstacles if code != 'correcting']
        return {
            'stands': ', '.join(Step.browse(dict.fromkeys(standing)).mapped('name')),
            'will_stand': False if plan.obstacles else ', '.join(
                [after.name for _before, after in steps] + [Step.browse(target).name for _token, target in plan.entered]),
            'note': '\n'.join([self._obstacle(code, Step.browse(step_id)) for code, step_id in plan.obstacles] or changes),
            'state': 'blocked' if plan.obstacles else 'ready',
        }

    def _form_changes(self, before, after):
        """Return sentences on how the form of an open task changes."""
        if not before.form_id and not after.form_id:
            return []
        asked, to_ask = (form.field_ids.filtered('is_question') for form in (before.form_id, after.form_id))
        same = asked._counterparts(to_ask)
        known = self.env['pem.form.field'].union(*same.values())
        added, gone = to_ask - known, asked - asked.browse().union(*same)
        changed = known.filtered(lambda question: any(
            not one._asks_like(question) for one, other in same.items() if other == question))
        sentences = []
        if added:
            sentences.append(self.env._(
                "“%(step)s” asks in addition: %(questions)s.", step=after.name, questions=', '.join(added.mapped('label'))))
        if gone:
            sentences.append(self.env._(
                "“%(step)s” no longer asks: %(questions)s.", step=after.name, questions=', '.join(gone.mapped('label'))))
        if changed:
            sentences.append(self.env._(
                "“%(step)s” asks differently: %(questions)s.", step=after.name, questions=', '.join(changed.mapped('label'))))
        return sentences

    def _obstacle(self, code, step):
        return {
            'gone': self.env._("“%s” is not part of this version. Choose where its cases go on.", step.name),
            'kind': self.env._("“%s” has become something else. Choose where its cases go on.", step.name),
            'called': self.env._("Waits for another process at “%s”.", step.name),
            'line': self.env._("The branch that waits at “%s” does not lead there any more.", step.name),
            'stuck': self.env._("From “%s” the case could wait forever in this version.", step.name),
            'correcting': self.env._(
                "Answers that “%s” sent back are being corrected, and it is not part of this version. Choose where its cases go on.",
                step.name),
        }[code]

    def _finish(self):
        """Close the migrations whose cases have all been dealt with."""
        for migration in self:
            if not migration.sudo().line_ids.filtered(lambda line: line.state == 'ready'):
                migration.sudo().state = 'done'

    @api.model
    def _cron_migrate(self, size=None):
        """Go on with the moves under way, in batches that commit: killed anywhere, the next run finds the rest."""
        lines = self.env['pem.process.migration.line'].search(
            [('migration_id.state', '=', 'running'), ('state', '=', 'ready')], order='id')
        run = self.env['ir.cron']._pem_run_batches
        if run(lines, type(lines)._move, size or self._at_once()):
            run(self.search([('state', '=', 'running')], order='id'), type(self)._finish, self._at_once())


class PemProcessMigrationLine(models.Model):
    """What moving one case changes, or why it cannot be moved."""

    _name = 'pem.process.migration.line'
    _description = "Case to move to another Version"
    _order = 'state, id'
    _rec_name = 'case_id'

    migration_id = fields.Many2one('pem.process.migration', required=True, readonly=True, ondelete='cascade', index=True)
    case_id = fields.Many2one('pem.case', required=True, readonly=True, ondelete='cascade', index=True)
    partner_id = fields.Many2one(related='case_id.partner_id')
    old_process_id = fields.Many2one('pem.process', string="From", required=True, readonly=True, ondelete='cascade')
    old_version = fields.Integer(related='old_process_id.version', string="Version")
    stands = fields.Char(string="Stands at", readonly=True)
    will_stand = fields.Char(string="Will stand at", readonly=True)
    note = fields.Text(string="What changes, or why it stays", readonly=True)
    state = fields.Selection([
        ('blocked', "Stays"), ('ready', "Can move"), ('moved', "Moved"),
    ], required=True, readonly=True, index=True)

    def _move(self):
        """Move those that are still to be moved, in the name of who began it."""
        for migration, lines in self.filtered(lambda line: line.state == 'ready').grouped('migration_id').items():
            lines = lines.sudo()
            cases = lines.case_id.with_user(migration.sudo().create_uid).sudo()
            moved = cases._migrate(migration.sudo().process_id, migration.sudo()._chosen())
            done = lines.filtered(lambda line, moved=moved: line.case_id in moved)
            done.write({'state': 'moved'})
            (lines - done).write({'state': 'blocked', 'note': self.env._("Went on before it could be moved. Look again.")})


class PemProcessMigrationChoice(models.Model):
    """Where cases go on that stand at a step without a counterpart."""

    _name = 'pem.process.migration.choice'
    _description = "Step for Cases without one"

    migration_id = fields.Many2one('pem.process.migration', required=True, readonly=True, ondelete='cascade', index=True)
    step_id = fields.Many2one('pem.process.step', string="Cases at", required=True, readonly=True, ondelete='cascade')
    case_count = fields.Integer(string="How many", readonly=True)
    process_id = fields.Many2one(related='migration_id.process_id')
    target_id = fields.Many2one(
        'pem.process.step', string="Go on at", ondelete='cascade',
        domain="[('process_id', '=', process_id), ('kind', 'in', ('form', 'approval', 'todo'))]")
