from odoo import api, fields, models

from ..engine import conditions, flow


class PemProcessStep(models.Model):
    """What a step does, in words: what stands on its card in the process map."""

    _inherit = 'pem.process.step'

    summary = fields.Char(string="What it does", compute='_compute_summary')

    @api.depends(
        'kind', 'form_id.name', 'deadline_days', 'approver_kind', 'approver_group_id', 'approver_path', 'approval_rule',
        'approval_minimum', 'approval_order', 'person_ids.user_id', 'band_ids.amount_from', 'band_ids.approver_kind', 'by_rule',
        'mail_template_id', 'wait_for', 'wait_days', 'wait_unit', 'wait_path', 'wait_when', 'wait_step_id.name', 'call_root_id',
        'action_server_id', 'end_state', 'end_outcome')
    def _compute_summary(self):
        for step in self:
            step.summary = ', '.join(part for part in getattr(step, f'_say_{step.kind}', step._say_nothing)() if part)

    def _say_nothing(self):
        return []

    def _say_form(self):
        return [self.form_id.name or (
            self.env._("no form yet") if self.process_id.model == 'pem.case' else self.env._("the partner fills in the document")),
            self._say_deadline()]

    def _say_approval(self):
        return [*self._say_people(), self.env._("or by rule") if self.by_rule else '', self._say_deadline()]

    def _say_todo(self):
        return [self._say_people()[0], self._say_deadline()]

    def _say_message(self):
        return [self.mail_template_id.sudo().name or self.env._("no message yet")]

    def _say_decision(self):
        return [self.env._("the first way whose condition holds")]

    def _say_split(self):
        return [self.env._("all ways at once")]

    def _say_join(self):
        return [self.env._("goes on when all have arrived")]

    def _say_wait(self):
        days = self.env._("%s working days", self.wait_days) if self.wait_unit == 'working' else self.env._("%s days", self.wait_days)
        if self.wait_for == 'days':
            return [days]
        if self.wait_for == 'submission':
            return [self.env._("until “%s” is sent in", self.wait_step_id.name or '…')]
        if self.wait_for == 'hook':
            return [self.env._("until another system calls")]
        date = self._say_path(self.wait_path) or '…'
        return [{
            'before': self.env._("until %(days)s before %(date)s", days=days, date=date),
            'after': self.env._("until %(days)s after %(date)s", days=days, date=date),
        }.get(self.wait_when, self.env._("until %s", date))]

    def _say_call(self):
        return [self.sudo().call_root_id.name or self.env._("no process yet")]

    def _say_action(self):
        return [self.action_name or self.env._("no action yet")]

    def _say_end(self):
        states = dict(self._fields['end_state']._description_selection(self.env))
        return [self.end_outcome or states.get(self.end_state)]

    def _say_deadline(self):
        if not self.deadline_days:
            return ''
        return self.env._("within 1 working day") if self.deadline_days == 1 else self.env._(
            "within %s working days", self.deadline_days)

    def _say_people(self):
        """Return who acts, and how many of them have to."""
        count = 0
        if self.approver_kind == 'user':
            names = self.person_ids.sorted('sequence').user_id.mapped('name')
            count = len(names)
            who = self._say_names(names)
        elif self.approver_kind == 'group':
            who = self.sudo().approver_group_id.name or self.env._("nobody yet")
            count = len(self.sudo().approver_group_id.all_user_ids)
        elif self.approver_kind == 'path':
            who = self._say_path(self.approver_path) or self.env._("nobody yet")
        elif self.approver_kind == 'band':
            who = self._say_bands()
        else:
            who = self.env._("the owner")
        if self.kind != flow.APPROVAL:
            return [who]
        if self.approval_rule == 'some':
            how = self.env._("%s of them", self.approval_minimum)
        elif self.approval_rule == 'all' and count > 1:
            how = self.env._("both") if count == 2 else self.env._("all of them")
        else:
            how = self.env._("one of them") if count > 1 else ''
        return [who, how, self.env._("one after the other") if count > 1 and self._in_turn() else '']

    def _say_names(self, names):
        if not names:
            return self.env._("nobody yet")
        if len(names) == 1:
            return names[0]
        return self.env._("%(name)s and %(count)s more", name=names[0], count=len(names) - 1)

    def _say_bands(self):
        parts = []
        for band in self.band_ids.sorted('amount_from'):
            who = {
                'user': lambda band=band: self._say_names(band.approver_user_ids.mapped('name')),
                'group': lambda band=band: band.sudo().approver_group_id.name or self.env._("nobody yet"),
                'path': lambda band=band: self._say_path(band.approver_path),
            }[band.approver_kind]()
            parts.append(f'{band.display_name}: {who}' if band.amount_from else who)
        return ', '.join(parts) or self.env._("by amount")


class PemProcessFlow(models.Model):
    """What stands on a flow in the process map."""

    _inherit = 'pem.process.flow'

    condition_words = fields.Char(string="Condition in words", compute='_compute_condition_words')

    @api.depends('condition', 'source_id')
    def _compute_condition_words(self):
        for line in self:
            try:
                line.condition_words = line.source_id._describe_rule(line.condition) if line._is_conditional() else False
            except ValueError:
                line.condition_words = line.condition

    def _label(self):
        """Return what says when this flow is taken: in the words of its author, or else its outcome and its condition."""
        self.ensure_one()
        if self.name:
            return self.name
        outcomes = dict(self._fields['outcome']._description_selection(self.env))
        parts = [outcomes[self.outcome] if self.outcome else '', self.condition_words or '']
        siblings = self.source_id.outgoing_ids
        if not any(parts) and any(conditions.parse(line.condition) for line in siblings):
            parts = [self.env._("Otherwise")]
        return ', '.join(part for part in parts if part)
