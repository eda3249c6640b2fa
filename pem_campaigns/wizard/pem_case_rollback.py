from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import soundness


class PemCaseRollback(models.TransientModel):
    """Asks a manager to which earlier step cases go back, and why; says before what it will do."""

    _name = 'pem.case.rollback'
    _description = "Move Cases Back"

    case_ids = fields.Many2many('pem.case', required=True)
    case_count = fields.Integer(compute='_compute_candidate_ids')
    candidate_ids = fields.Many2many('pem.process.step', compute='_compute_candidate_ids')
    step_id = fields.Many2one(
        'pem.process.step', string="Back to", required=True, compute='_compute_step_id', store=True, readonly=False,
        domain="[('id', 'in', candidate_ids)]")
    reason = fields.Text(required=True, help="Kept in the audit trail. Partners who are asked again read it, too.")
    effect = fields.Text(compute='_compute_effect')

    @api.depends('case_ids')
    def _compute_candidate_ids(self):
        for wizard in self:
            cases = wizard.case_ids._origin
            cases._check_may_roll_back()
            wizard.case_count = len(cases)
            wizard.candidate_ids = cases._earlier_steps() if cases else False

    @api.depends('candidate_ids')
    def _compute_step_id(self):
        """Where there is nothing to choose, choose."""
        for wizard in self:
            wizard.step_id = wizard.candidate_ids if len(wizard.candidate_ids) == 1 else wizard.step_id

    @api.depends('case_ids', 'step_id')
    def _compute_effect(self):
        """Say what is withdrawn, what stays, and what is asked again, in sentences."""
        for wizard in self:
            cases, step = wizard.case_ids._origin, wizard.step_id._origin
            wizard.effect = '\n'.join(wizard._effects(cases, step)) if cases and step else False

    def _effects(self, cases, step):
        definition = step.process_id._definition()
        Step = self.env['pem.process.step']
        withdrawn, staying, undone = Step, Step, Step
        for marking in set(cases._tokens().values()):
            back = soundness.rewind(definition, marking, [step.id])
            if back:
                gone = [token[0] for token in back.withdrawn]
                withdrawn |= Step.browse(gone)
                staying |= Step.browse([token[0] for token in marking if token not in back.withdrawn])
                undone |= Step.browse(sorted(back.undone))
        sent = cases.sudo().submission_ids.step_id & undone - step
        effects = [self.env._("“%s” opens again.", step.name)]
        if withdrawn:
            effects.append(self.env._("Withdrawn: %s.", ', '.join(withdrawn.mapped('name'))))
        if sent:
            effects.append(self.env._(
                "Asked again when the case gets there, with the answers it had: %s.", ', '.join(sent.mapped('name'))))
        if staying:
            effects.append(self.env._("Stays as it is: %s.", ', '.join(staying.mapped('name'))))
        return effects

    def action_roll_back(self):
        self.ensure_one()
        if self.step_id not in self.candidate_ids:
            raise UserError(self.env._("“%s” is not a step where all of these cases have been.", self.step_id.name))
        self.case_ids._roll_back(self.step_id, self.reason)
        return {'type': 'ir.actions.act_window_close'}
