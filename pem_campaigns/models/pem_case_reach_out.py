from collections import defaultdict

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext, is_html_empty

from ..engine import flow
from .pem_case import CLOSED_STATES


class PemCase(models.Model):
    """What somebody adds to running cases by hand, for either side, without touching the process definition."""

    _inherit = 'pem.case'

    ended_at_id = fields.Many2one(
        'pem.process.step', readonly=True, copy=False, ondelete='restrict',
        help="The end that the case came to while something that was asked by hand is still open.")

    def action_reach_out(self):
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Reach out"),
            'res_model': 'pem.reach.out',
            'view_mode': 'form',
            'target': 'new',
            'context': {'active_model': 'pem.case', 'active_ids': self.ids},
        }

    # Verbs

    def _reach_out(self, title, text, answer_kind='text', form=None, contacts=None, date_deadline=False, send_mail=True,
                   is_optional=False):
        """Write to the partners of running cases, at any moment: a line in their InTray, and an e-mail.

        :param text: HTML for the reader
        :param answer_kind: 'text' for words and files, 'form', 'confirm' or 'none'
        :param form: ``pem.form`` to fill in, for the kind 'form'
        :param contacts: whom to ask, each for themselves; whom a campaign would ask when omitted
        :param is_optional: whether the case may end without the answer
        :return: the tasks
        :raises UserError: when a case is closed
        """
        values = {
            'is_information': answer_kind == 'none', 'is_optional': is_optional or answer_kind == 'none',
            'date_deadline': date_deadline, 'notice_state': 'queued' if send_mail else 'none'}
        if answer_kind == 'text':
            form = self.env['pem.form']._reply_form()
        elif form:
            # A form of one's own, so that nobody changes what was asked by changing the form.
            form = form.sudo().copy({'name': form.name, 'active': False})

        def open_tasks(step, cases):
            Task = self.env['pem.task']
            if not contacts:
                return Task._open(step, cases, values)
            return Task.union(*(Task._open(step, cases, {**values, 'contact_id': contact.id}) for contact in contacts))

        return self._add_by_hand('reached_out', open_tasks, {
            'name': title, 'instructions': text, 'kind': flow.FORM, 'answer_kind': answer_kind,
            'form_id': form.id if form and answer_kind in ('text', 'form') else False,
        }, lambda task: {'to': task.contact_id.name or '', 'kind': answer_kind})

    def _add_todo(self, title, text, users, date_deadline=False, is_optional=False):
        """Ask colleagues to do something for running cases; one of them is enough.

        :param text: HTML for the reader
        :return: the tasks
        :raises UserError: when a case is closed, or somebody does not work with its company
        """
        def open_tasks(step, cases):
            return self.env['pem.task']._open_for(
                step, dict.fromkeys(cases, users), {'date_deadline': date_deadline, 'is_optional': is_optional})

        for user in users:
            missing = self.company_id.filtered(lambda company, user=user: company not in user.sudo().company_ids)
            if missing or not user.has_group('pem_campaigns.group_pem_user'):
                raise UserError(self.env._("%s cannot see these cases, so they cannot be asked.", user.name))
        names = ', '.join(users.mapped('name'))
        return self._add_by_hand('task_added', open_tasks, {
            'name': title, 'instructions': text, 'kind': flow.TODO}, lambda _task: {'to': names})

    def _add_by_hand(self, event, open_tasks, step_values, told):
        """Make a step for each process of these cases, open its tasks, and tell so in the trails.

        :param open_tasks: ``open_tasks(step, cases) -> tasks``
        :param told: ``told(task) -> payload`` beside title and text
        """
        self._lock()
        closed = self.filtered(lambda case: case.state in CLOSED_STATES)[:1]
        if closed:
            raise UserError(self.env._("%s is closed.", closed.display_name))
        text = step_values['instructions']
        words = '' if is_html_empty(text) else html2plaintext(text)
        tasks = self.env['pem.task']
        for process, cases in self.grouped('process_id').items():
            step = self.env['pem.process.step'].sudo().create(
                {**step_values, 'process_id': process.id, 'is_ad_hoc': True}).with_env(self.env)
            tasks |= open_tasks(step, cases)
        self.env['pem.event']._append([
            (task.case_id, event, {'step': step_values['name'], 'text': words, **told(task)}) for task in tasks.sudo()])
        self.sudo()._update_waiting()
        return tasks

    # Motion

    def _leave(self, step, outcome=''):
        """What was added by hand leads nowhere; where a case waited for nothing else, it ends now."""
        if not step.is_ad_hoc:
            return super()._leave(step, outcome)
        ended = self.filtered(lambda case: case.ended_at_id and case.state not in CLOSED_STATES)
        for end, cases in ended.grouped('ended_at_id').items():
            cases._attempt(lambda some, end=end: some._reach_end(end), end, {'stopped_at': 'enter'})
        self._update_waiting()
        return None

    def _route(self, step, outcomes):
        return defaultdict(self.browse) if step.is_ad_hoc else super()._route(step, outcomes)

    def _reach_end(self, step):
        super()._reach_end(step)
        self._running().write({'ended_at_id': step.id})
