from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_qweb import QWebError

from ..engine import flow

#: What a template, a contact's data or a mail server can do to a single message.
NOTICE_ERRORS = (UserError, ValueError, KeyError, TypeError, AttributeError, QWebError)


class PemTask(models.Model):
    """How people hear of tasks: which message, to whom, and how many of them a contact gets.

    A task has at most one message under way: while its first one is held back, no reminder is due.
    """

    _inherit = 'pem.task'

    notice_held = fields.Boolean(
        string="Held back", readonly=True, copy=False, help="The contact has had as many messages this week as the settings allow.")

    _held_notices = models.Index("(contact_id) WHERE notice_held")

    @api.model
    def _trigger_notices(self):
        self.env.ref('pem_campaigns.ir_cron_send_notices').sudo()._trigger()

    # What a message says

    def _notice_template(self):
        """Return the ``mail.template`` (on ``pem.task``) by which people hear of this task now."""
        self.ensure_one()
        if self.reminder_id:
            return self.reminder_id.mail_template_id or self._standard_template('reminder')
        if self.kind == flow.MESSAGE:
            return self.step_id.mail_template_id
        if not self.returned_submission_id and self.campaign_id.mail_template_id:
            return self.campaign_id.mail_template_id
        return self._standard_template('returned' if self.returned_submission_id else 'request')

    @api.model
    def _standard_template(self, name):
        # Unlike env.ref, this asks the database once, not once a task.
        template_id = self.env['ir.model.data']._xmlid_to_res_id(
            f'pem_campaigns.mail_template_task_{name}', raise_if_not_found=True)
        return self.env['mail.template'].browse(template_id)

    def _notice_kind(self):
        self.ensure_one()
        return ('reminder' if self.reminder_id else 'message' if self.kind == flow.MESSAGE
                else 'returned' if self.returned_submission_id else 'request')

    def _notice_reader(self):
        """Return the contact to whom a message that is being written goes: whoever is asked, or a colleague."""
        self.ensure_one()
        readers = self.env.context.get('pem_readers', {})
        if self.id not in readers:
            return self.contact_id
        # All who are written to are read at once.
        return self.env['res.partner'].browse(readers[self.id]).with_prefetch(list(readers.values()))

    def _listed_tasks(self):
        """Return the tasks of which a message that is being written tells, those that are due first ahead."""
        self.ensure_one()
        listed = self.env.context.get('pem_listed', {})
        tasks = self.browse(listed.get(self.id) or self.ids).with_prefetch(
            [task_id for ids in listed.values() for task_id in ids] or self.ids)
        # Filtering forgets with whom a task is read.
        return tasks.filtered(lambda task: task.kind != flow.MESSAGE).with_prefetch(tasks._prefetch_ids).sorted(
            lambda task: (not task.date_deadline, task.date_deadline or fields.Date.today(), task.id))

    def _listed_texts(self):
        """Return the messages that are no requests, to be read in a digest: ``[(subject, body)]``."""
        texts = self.env.context.get('pem_texts', {})
        return [texts[task_id] for task_id in self.env.context.get('pem_listed', {}).get(self.id, ()) if task_id in texts]

    def _letter_title(self):
        """Return what stands above a message."""
        self.ensure_one()
        told = self.env.context.get('pem_listed', {}).get(self.id, ())
        if len(told) < 2:
            return self.case_id.title
        count = len(self._listed_tasks())
        if not count:
            return self.env._("%s messages for you", len(told))
        if self.side == 'sponsor':
            return self.env._("%s tasks wait for you", count)
        return self.env._("%s requests wait for you", count) if count > 1 else self.env._("1 request waits for you")

    def _notice_link(self):
        """Return the absolute address at which the asked contact answers; the portal makes it personal."""
        self.ensure_one()
        return f'{self.get_base_url()}/my/requests/{self.id}'

    def _colleague_link(self):
        """Return the absolute address at which a colleague decides this task."""
        self.ensure_one()
        return f'{self.get_base_url()}/odoo/pem.task/{self.id}'

    # Sending

    @api.model
    def _cron_send_notices(self, size=100):
        """Send the queued messages, in batches of contacts that commit; what is over a contact's weekly cap stays queued.

        A contact is one worker's at a time, so two of them cannot write more than the cap between them.
        """
        run = self.env['ir.cron']._pem_run_batches
        queued = self.search([('notice_state', '=', 'queued')], order='contact_id, id')
        waiting = self.env['pem.task.approver'].sudo().search([('reminder_id', '!=', False)], order='user_id, id')
        contacts = (queued.contact_id | waiting.user_id.partner_id).sudo()
        if run(contacts, lambda some: self._send_queued_to(some), size):
            run(queued.filtered(lambda task: not task.contact_id), type(self)._send_queued_notices, size)

    @api.model
    def _send_queued_to(self, contacts):
        """Send what waits for these contacts, whose rows are locked."""
        self.search([('notice_state', '=', 'queued'), ('contact_id', 'in', contacts.ids)], order='id')._send_queued_notices()
        self.env['pem.task.approver'].sudo().search(
            [('reminder_id', '!=', False), ('user_id.partner_id', 'in', contacts.ids)], order='id')._send_reminders()

    def _send_queued_notices(self):
        """Send those of the messages that are still queued; one that cannot be written holds up no other."""
        tasks = self.filtered(lambda task: task.notice_state == 'queued')
        try:
            with self.env.cr.savepoint():
                tasks._send_notices()
        except NOTICE_ERRORS:
            # One bad message fails its batch: find it, and let the others go out.
            for task in tasks:
                task._try_send_notice()

    def _try_send_notice(self):
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._send_notices()
        except NOTICE_ERRORS as error:
            self.write({'notice_state': 'failed', 'notice_held': False, 'reminder_id': False})
            self.case_id._log('not_sent', {self.case_id: {'step': self.step_id.name, 'reason': str(error)}})

    def _send_notices(self):
        """Hand the messages of these tasks to the mail queue, as far as the cap of each contact allows."""
        if not self:
            return
        self._lock_cases()
        now = fields.Datetime.now()
        undeliverable = self.filtered(lambda task: not task.contact_id.email_normalized)
        undeliverable.write({'notice_state': 'failed', 'notice_held': False, 'reminder_id': False})
        letters, held = (self - undeliverable)._plan_letters(now)
        held.filtered(lambda task: not task.notice_held).write({'notice_held': True})
        sent = self.browse().union(*(tasks for _reader, tasks, _kind, _template in letters)) & self
        self._take_contacts(sent.contact_id, now)
        self.env['pem.notice']._deliver(letters, now, self._digest_texts(letters))
        self.env['pem.event']._append(
            [entry for letter in letters for entry in self._told_events(*letter)]
            + [(task.case_id, 'not_deliverable', {'step': task.step_id.name}) for task in undeliverable])
        sent.filtered('reminder_id')._count_reminder()
        sent.write({'notice_state': 'sent', 'notice_date': now, 'notice_held': False, 'reminder_id': False})

    def _plan_letters(self, now):
        """Decide what goes out now and what is held back.

        Corrections go out at once: they answer what the partner did. Of the rest each contact gets what the cap leaves;
        once several messages were held back, one digest of everything that is open takes their place.

        :return: ``(letters, held tasks)``; see ``pem.notice._deliver``
        """
        room = self.env['pem.notice']._room(self.contact_id, now)
        merges = self.env['res.config.settings']._pem_merges_messages()
        letters, held, merged = [], self.browse(), {}
        for contact, tasks in self.sorted('id').grouped('contact_id').items():
            urgent = tasks.filtered(lambda task: task.returned_submission_id and not task.reminder_id)
            rest = tasks - urgent
            left = len(rest) if room is None else max(room[contact.id] - len(urgent), 0)
            digest = len(rest) > 1 and (merges or len(rest.filtered('notice_held')) > 1)
            if digest and left:
                merged[contact] = rest
                rest = rest.browse()
            letters += [(contact, task, task._notice_kind(), task._notice_template()) for task in urgent | rest[:left]]
            held |= rest[left:]
        if merged:
            template = self._standard_template('digest')
            others = self.search([
                ('contact_id', 'in', [contact.id for contact in merged]), ('state', '=', 'open'), ('side', '=', 'partner'),
            ]).grouped('contact_id')
            letters += [
                (contact, tasks | others.get(contact, self.browse()), 'digest', template) for contact, tasks in merged.items()]
        return letters, held

    @api.model
    def _digest_texts(self, letters):
        """Return ``{task id: (subject, body)}`` of the messages that are no requests, for the digests among the letters."""
        texts = {}
        told = self.browse().union(*(tasks for _reader, tasks, kind, _template in letters if kind == 'digest'))
        for template, tasks in told.filtered(lambda task: task.kind == flow.MESSAGE).grouped(
                lambda task: task._notice_template()).items():
            subjects, bodies = (
                template.sudo()._render_field(name, tasks.ids, compute_lang=True) for name in ('subject', 'body_html'))
            texts |= {task.id: (subjects[task.id], bodies[task.id]) for task in tasks}
        return texts

    def _told_events(self, reader, tasks, kind, _template):
        """Return the lines of the audit trail for one letter: one for each task in ``self``, as far as it is told of."""
        return [(task.case_id, 'reminded' if task.reminder_id else 'notified', {
            'to': reader.email_normalized, 'step': task.step_id.name, **({'together': len(tasks)} if kind == 'digest' else {}),
        }) for task in tasks & self]

    def _count_reminder(self):
        for count, tasks in self.grouped('reminder_count').items():
            tasks.write({'reminder_count': count + 1})

    @api.model
    def _take_contacts(self, contacts, now):
        """Change the rows of contacts who are written to: a transaction that began before, and does not see the message
        among those that count, then fails to serialize and is repeated."""
        if contacts:
            self.env.cr.execute('UPDATE res_partner SET pem_notified_on = %s WHERE id = ANY(%s)', [now, contacts.ids])
            contacts.invalidate_recordset(['pem_notified_on'])

    def _drop_notices(self):
        """Forget the messages that are queued: nobody has to hear of these tasks any more."""
        for told, tasks in self.filtered(lambda task: task.notice_state == 'queued').grouped(
                lambda task: bool(task.notice_date)).items():
            tasks.write({'notice_state': 'sent' if told else 'none', 'notice_held': False, 'reminder_id': False})

    # To whom Odoo's templates write

    @api.model
    def _mail_get_partner_fields(self, introspect_fields=False):
        # Whoever is asked, not the company in general, is whom templates write to.
        return ['contact_id']

    def _mail_get_partners(self, introspect_fields=False):
        found = super()._mail_get_partners(introspect_fields=introspect_fields)
        return found | {
            task.id: task._notice_reader() for task in self if task.id in self.env.context.get('pem_readers', {})}

    def _mail_get_companies(self, default=None):
        return {task.id: task.company_id or default for task in self}


class PemTaskApprover(models.Model):
    """How colleagues are reminded: one message for each, however many of their tasks wait."""

    _inherit = 'pem.task.approver'

    reminder_id = fields.Many2one(
        'pem.process.step.reminder', string="Reminder to be sent", readonly=True, copy=False, ondelete='set null',
        index='btree_not_null')

    def _send_reminders(self):
        """Send the reminders that are still queued; one that cannot be written holds up no other."""
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                self._send_reminders_at_once()
        except NOTICE_ERRORS:
            for lines in self.grouped('user_id').values():
                try:
                    with self.env.cr.savepoint():
                        lines._send_reminders_at_once()
                except NOTICE_ERRORS as error:
                    lines.write({'reminder_id': False})
                    self.env['pem.event']._append([
                        (line.task_id.case_id, 'not_sent', {'step': line.task_id.step_id.name, 'reason': str(error)})
                        for line in lines])

    def _send_reminders_at_once(self):
        """Remind those who still have the turn, each by one message; a task that was decided meanwhile is left out."""
        self.task_id._lock_cases()
        now = fields.Datetime.now()
        waiting = self.filtered(lambda line: line.state == 'asked' and line.task_id.state == 'open')
        letters, entries = [], []
        standard = self.env['pem.task']._standard_template('colleague_reminder')
        for user, lines in waiting.filtered(lambda line: line.user_id.partner_id.email_normalized).grouped('user_id').items():
            template = lines.reminder_id.mail_template_id if len(lines) == 1 else standard
            letters.append((
                user.partner_id, lines.task_id.sorted('id'), 'digest' if len(lines) > 1 else 'reminder', template or standard))
            entries += [(line.task_id.case_id, 'reminded', {'to': user.name, 'step': line.task_id.step_id.name}) for line in lines]
        self.env['pem.task']._take_contacts(self.env['res.partner'].union(*(letter[0] for letter in letters)), now)
        self.env['pem.notice']._deliver(letters, now)
        self.env['pem.event']._append(entries)
        self.env['pem.task'].union(*(letter[1] for letter in letters))._count_reminder()
        self.write({'reminder_id': False})
