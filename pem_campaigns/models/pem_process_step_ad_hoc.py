from odoo import api, fields, models
from odoo.exceptions import UserError

#: What belongs to the engine on a step made while a case runs.
AD_HOC_FIELDS = {'is_ad_hoc', 'answer_kind'}


class PemProcessStep(models.Model):
    """Steps that somebody adds to running cases by hand.

    Such a step belongs to the process version of its cases, but not to the definition: ``process.step_ids`` leaves it out,
    no flow leads to it or from it, no copy takes it along. Everything that hangs on a step (form, deadline, instructions,
    submissions) works as at any other. It is made by ``pem.case._reach_out`` and never changes.
    """

    _inherit = 'pem.process.step'

    is_ad_hoc = fields.Boolean(string="Added by hand", readonly=True, copy=False)
    answer_kind = fields.Selection([
        ('text', "Words and files"), ('form', "A form"), ('confirm', "A confirmation that it is done"),
        ('none', "None: it is for information"),
    ], string="Answer wanted", readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(AD_HOC_FIELDS & vals.keys() for vals in vals_list):
            raise UserError(self.env._("A step is added to a running case by reaching out from the case."))
        return super().create(vals_list)

    def write(self, vals):
        if AD_HOC_FIELDS & vals.keys() or any(step.is_ad_hoc for step in self):
            raise UserError(self.env._("What somebody was asked by hand is kept as it was asked."))
        return super().write(vals)
