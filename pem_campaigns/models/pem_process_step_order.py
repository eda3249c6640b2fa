from odoo import Command, api, fields, models


class PemProcessStepPart(models.AbstractModel):
    """What belongs to a step is as fixed as the step itself once the process is published."""

    _name = 'pem.process.step.part'
    _description = "Part of a Process Step"

    step_id = fields.Many2one('pem.process.step', required=True, ondelete='cascade', index=True)

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access('create')
        self.env['pem.process.step'].browse(
            {vals['step_id'] for vals in vals_list if vals.get('step_id')}).process_id._check_draft()
        return super().create(vals_list)

    def write(self, vals):
        self.check_access('write')
        (self.step_id | self.step_id.browse(vals.get('step_id'))).process_id._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self.step_id.process_id._check_draft()


class PemProcessStepPerson(models.Model):
    """One of the persons who act at a step, in the order in which they are asked."""

    _name = 'pem.process.step.person'
    _description = "Person of a Process Step"
    _inherit = ['pem.process.step.part']
    _order = 'step_id, sequence, id'
    _rec_name = 'user_id'

    sequence = fields.Integer(default=10)
    user_id = fields.Many2one(
        'res.users', string="Person", required=True, ondelete='cascade', index=True, domain="[('share', '=', False)]")

    _once = models.Constraint('UNIQUE (step_id, user_id)', "A person is named once.")


class PemProcessStep(models.Model):
    """In which order the persons at a step are asked."""

    _inherit = 'pem.process.step'

    approval_order = fields.Selection([
        ('parallel', "All at once"), ('sequential', "One after the other"),
    ], string="Asked", required=True, default='parallel',
        help="One after the other: the next is asked when the one before has approved.")
    person_ids = fields.One2many('pem.process.step.person', 'step_id', string="Persons in order")
    approver_user_ids = fields.Many2many(
        'res.users', string="Persons", compute='_compute_approver_user_ids', inverse='_inverse_approver_user_ids',
        search='_search_approver_user_ids')

    @api.depends('person_ids.user_id', 'person_ids.sequence')
    def _compute_approver_user_ids(self):
        for step in self:
            step.approver_user_ids = step.person_ids.sorted('sequence').user_id

    def _inverse_approver_user_ids(self):
        """Keep the order of those who stay; who is new comes last."""
        for step in self:
            users = step.approver_user_ids
            known = step.person_ids.user_id
            gone = step.person_ids.filtered(lambda person, users=users: person.user_id not in users)
            last = max(step.person_ids.mapped('sequence'), default=0)
            if gone or users - known:
                step.person_ids = [Command.unlink(person.id) for person in gone] + [
                    Command.create({'user_id': user.id, 'sequence': last + number})
                    for number, user in enumerate(users - known, 1)]

    def _search_approver_user_ids(self, operator, value):
        return [('person_ids.user_id', operator, value)]

    def _in_turn(self):
        """Say whether those who are asked here are asked one after the other."""
        self.ensure_one()
        return self.kind == 'approval' and self.approval_rule != 'one' and self.approval_order == 'sequential'
