import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import hash_sign, verify_hash_signed

from ..engine import chain, flow

SCOPE = 'pem.hook'
#: Characters of an Idempotency-Key that count.
KEY_LENGTH = 200


class PemTask(models.Model):
    """Calls from other systems, for which a case can wait: an address of its own for each wait of each case.

    The address is signed, not stored; it is worth something while the case waits there.
    """

    _inherit = 'pem.task'

    hook_date = fields.Datetime(string="Reported", readonly=True, copy=False, help="When the other system called.")
    hook_key = fields.Char(readonly=True, copy=False, help="By which the other system tells its calls apart.")
    hook_url = fields.Char(string="Address to call", compute='_compute_hook_url', compute_sudo=True)

    @api.depends('state', 'step_id', 'case_id.hook_turn')
    def _compute_hook_url(self):
        for task in self:
            waits = task.state == 'open' and task.kind == flow.WAIT and task.step_id.wait_for == 'hook'
            task.hook_url = task._hook_url() if waits else False

    def _hook_url(self, step_name=None):
        """Return the address that another system calls to let the case of this task go on.

        Works before the case gets to the wait, too: in a message, or in a server action that hands the address over.

        :param step_name: which of the waits of the process, when it has several
        :raises UserError: when the process waits for no call
        """
        self.ensure_one()
        return self.case_id._hook_url(self.step_id if self.step_id.wait_for == 'hook' and self.kind == flow.WAIT else None, step_name)

    @api.model
    def _receive_hook(self, token, payload, key=''):
        """Take what another system reports.

        :param payload: JSON value, kept in the audit trail
        :param key: its Idempotency-Key: what comes with a key that came before counts once
        :return: 'received', 'already received', or None when nothing waits at this address
        """
        case, step = self._read_hook_token(token)
        if not case:
            return None
        case._lock()
        tasks = self.sudo().search([('case_id', '=', case.id), ('step_id', '=', step.id)], order='id desc')
        key = (key or '')[:KEY_LENGTH]
        if key and key in tasks.mapped('hook_key'):
            return 'already received'
        waiting = tasks.filtered(lambda task: task.state == 'open')
        if not waiting:
            return 'already received' if tasks[:1].hook_date else None
        waiting.write({'hook_date': fields.Datetime.now(), 'hook_key': key or False})
        waiting[0]._go_on('hook_received', {'payload': payload})
        (waiting - waiting[0])._go_on()
        return 'received'

    @api.model
    def _read_hook_token(self, token):
        """Return ``(case, step)`` as superuser, both empty for what we did not sign."""
        Case, Step = self.env['pem.case'].sudo(), self.env['pem.process.step'].sudo()
        try:
            signed = verify_hash_signed(self.sudo().env, SCOPE, token or '')
        except (ValueError, IndexError):
            signed = None
        if not signed:
            return Case, Step
        case, step = Case.browse(signed[0]).exists(), Step.browse(signed[1]).exists()
        # Addresses of before there was a turn have none.
        return (case, step) if case and case.hook_turn == (signed[2] if len(signed) > 2 else 0) else (Case, Step)

    @api.model
    def _read_hook_payload(self, body, form=None):
        """Return what was sent as a JSON value that the audit trail can keep: text when it is not JSON.

        :param body: bytes
        :param form: the fields of a form, when that is what was sent
        """
        if not body:
            return dict(form or {}) or None
        try:
            payload = json.loads(body, parse_constant=_refuse)
            chain.canonical(payload).encode()
        except (ValueError, RecursionError):
            return body.decode('utf-8', errors='replace').replace('\x00', '\ufffd')
        return payload


class PemCase(models.Model):
    _inherit = 'pem.case'

    hook_url = fields.Char(string="Address to call", compute='_compute_hook_url', compute_sudo=True)
    hook_turn = fields.Integer(readonly=True, copy=False, help="How often the addresses that other systems call were renewed.")

    @api.depends('open_task_ids.hook_url', 'hook_turn')
    def _compute_hook_url(self):
        for case in self:
            case.hook_url = next(filter(None, case.open_task_ids.mapped('hook_url')), False)

    def action_renew_hook(self):
        """Replace the addresses that other systems call for these cases: whoever has an old one can do nothing with it."""
        self.check_access('write')
        cases_sudo = self.sudo()
        cases_sudo._lock()
        for case_sudo in cases_sudo:
            case_sudo.hook_turn += 1
        cases_sudo._log('hook_renewed', dict.fromkeys(cases_sudo, {}))

    def _hook_url(self, step=None, step_name=None):
        """Return the address at which another system reports to a wait of this case; see ``pem.task._hook_url``."""
        self.ensure_one()
        steps_sudo = step.sudo() if step else self.sudo().process_id.step_ids.filtered(
            lambda one: one.kind == flow.WAIT and one.wait_for == 'hook' and step_name in (None, one.name))
        if not steps_sudo:
            raise UserError(self.env._("“%s” waits for no call from another system.", self.process_id.display_name))
        turn_sudo = self.sudo().hook_turn
        token = hash_sign(self.sudo().env, SCOPE, [self.id, steps_sudo[0].id, *([turn_sudo] if turn_sudo else [])])
        return f'{self.get_base_url()}/pem/hook/{token}'


def _refuse(constant):
    raise ValueError(f"{constant} is no JSON")
