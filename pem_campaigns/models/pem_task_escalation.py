from odoo import fields, models

from ..engine import conditions, flow


class PemProcessStep(models.Model):
    """To whom a step goes when nobody acts."""

    _inherit = 'pem.process.step'

    def _find_escalation(self, cases):
        """Return ``{case: users}``: the colleagues to whom this step of each case is escalated, as far as they may act."""
        self.ensure_one()
        step_sudo = self.sudo()
        try:
            named = self._look_up(
                cases, self.escalate_to, step_sudo.escalate_user_ids, step_sudo.escalate_group_id, self.escalate_path)
        except conditions.Unusable:
            # A field is gone: like a person who is gone, nobody is found, which the owner of the case hears.
            named = dict.fromkeys(cases, self.env['res.users'])
        return self._permitted(named)

    def _find_other_contacts(self, tasks):
        """Return ``{task: contact}``: another contact of each task's partner, of the kind that the step names, with an address."""
        self.ensure_one()
        people = self.env['res.partner'].sudo().search([
            ('commercial_partner_id', 'in', tasks.sudo().partner_id.commercial_partner_id.ids),
            ('type', '=', self.escalate_contact_type), ('is_company', '=', False), ('email_normalized', '!=', False),
        ], order='id').grouped('commercial_partner_id')
        nobody = self.env['res.partner'].sudo()
        return {
            task: (people.get(task.sudo().partner_id.commercial_partner_id, nobody) - task.sudo().contact_id)[:1]
            for task in tasks}


class PemTask(models.Model):
    """When nobody acts, somebody else is asked as well, or instead."""

    _inherit = 'pem.task'

    def _escalate(self):
        """Escalate the tasks for which it is time; each once."""
        now = fields.Datetime.now()
        due = self.filtered(lambda task: task.state == 'open' and task.escalation_date and task.escalation_date <= now)
        due.write({'escalation_date': False, 'escalated_date': now})
        for step, tasks in due.grouped('step_id').items():
            if step.escalate_to == 'contact':
                reached = tasks._escalate_to_contacts(step)
            elif step.kind == flow.FORM:
                reached = tasks._tell_colleagues(step)
            else:
                reached = tasks._escalate_to_colleagues(step)
            self.env['pem.event']._append([
                (task.case_id, 'escalated', {'step': step.name, 'to': names, 'instead': step.escalate_instead})
                for task, names in reached.items()])
            tasks.filtered(lambda task, reached=reached: task not in reached)._nobody_to_escalate_to(step)

    def _escalate_to_colleagues(self, step):
        """Give the turn to further people. Return ``{task: their names}`` where there are any."""
        found = step._find_escalation(self.case_id)
        lines_sudo = self.sudo().approver_ids
        lines_by_task = lines_sudo.grouped('task_id')
        reached, fresh, asked_ids, gone_ids = {}, [], [], []
        for task in self:
            mine_sudo = lines_by_task.get(task.sudo(), lines_sudo.browse())
            users = found[task.case_id] - mine_sudo.filtered(lambda line: line.state in ('asked', 'decided')).user_id
            if not users:
                continue
            reached[task] = ', '.join(users.sudo().mapped('name'))
            known_sudo = mine_sudo.filtered(lambda line, users=users: line.user_id in users)
            asked_ids += known_sudo.ids
            if step.escalate_instead:
                gone_ids += (mine_sudo.filtered(lambda line: line.state in ('asked', 'later')) - known_sudo).ids
            last = max(mine_sudo.mapped('sequence'), default=0)
            fresh += [{'task_id': task.id, 'user_id': user.id, 'sequence': last + number, 'by_escalation': True}
                      for number, user in enumerate(users - known_sudo.user_id, 1)]
        gone_sudo = lines_sudo.browse(gone_ids)
        gone_sudo._drop_activities()
        gone_sudo.write({'state': 'left'})
        asked_sudo = lines_sudo.browse(asked_ids)
        asked_sudo.write({'state': 'asked', 'by_escalation': True})
        (asked_sudo + lines_sudo.create(fresh))._ask()
        if step.escalate_instead:
            self.browse([task.id for task in reached])._need_no_more_than_there_are()
        return reached

    def _need_no_more_than_there_are(self):
        """Lower the number of approvals where fewer people are left who may give one."""
        lowered = {}
        for task_sudo, lines_sudo in self.sudo().approver_ids.grouped('task_id').items():
            possible = len(lines_sudo.filtered(
                lambda line: line.decision == 'approved' or (not line.decision and line.state in ('asked', 'later'))))
            if possible < task_sudo.approvals_needed:
                lowered.setdefault(possible, []).append(task_sudo.id)
        for possible, ids in lowered.items():
            self.sudo().browse(ids).write({'approvals_needed': possible})

    def _escalate_to_contacts(self, step):
        """Ask another contact of the partner. Return ``{task: address}`` where there is one."""
        contacts = {task: contact for task, contact in step._find_other_contacts(self).items() if contact}
        for contact, tasks in self.filtered(lambda task: task in contacts).grouped(contacts.get).items():
            tasks.write({
                'contact_id': contact.id, 'notice_state': 'queued', 'notice_held': False, 'reminder_id': False, 'date_seen': False})
        if contacts:
            self._trigger_notices()
        return {task: contact.email_normalized for task, contact in contacts.items()}

    def _tell_colleagues(self, step):
        """Let colleagues know that the partner does not answer. Return ``{task: their names}`` where there are any."""
        found = step._find_escalation(self.case_id)
        people = {task: found[task.case_id] for task in self if found[task.case_id]}
        self._remind_by_activity(people, self.env._("The partner does not answer: %s", step.name))
        return {task: ', '.join(users.sudo().mapped('name')) for task, users in people.items()}

    def _nobody_to_escalate_to(self, step):
        """Say so in the audit trail, and to the owners of the cases."""
        if not self:
            return
        self.env['pem.event']._append([(task.case_id, 'not_escalated', {'step': step.name}) for task in self])
        self._remind_by_activity(
            {task: task.case_id.sudo().user_id for task in self},
            self.env._("Nobody acts on “%s”, and nobody was found to escalate it to", step.name))

    def _remind_by_activity(self, people, summary):
        """Give people an activity on tasks, which goes when the task is closed.

        :param people: ``{task: users}``
        """
        values = {
            'activity_type_id': self.env.ref('pem_campaigns.mail_activity_type_approval').id,
            'res_model_id': self.env['ir.model']._get_id('pem.task'),
            'summary': summary,
            'date_deadline': fields.Date.context_today(self),
            'automated': True,
        }
        self.env['mail.activity'].sudo().with_context(mail_activity_quick_update=True).create([
            {**values, 'res_id': task.id, 'res_name': task.display_name, 'user_id': user.id}
            for task, users in people.items() for user in users])


class PemTaskApprover(models.Model):
    """People who are asked because others did not act."""

    _inherit = 'pem.task.approver'

    by_escalation = fields.Boolean(string="By escalation", readonly=True, help="Asked because nobody had acted in time.")
