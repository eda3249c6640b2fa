import datetime
from collections import defaultdict

from odoo import api, fields, models

#: The time in which a contact gets no more messages than the cap.
CAP_WINDOW = datetime.timedelta(days=7)


class PemNotice(models.Model):
    """One message that went out to one contact, whatever it was about: what the weekly cap counts.

    What is still to be sent waits on the tasks themselves (``notice_state``), and of colleagues on ``pem.task.approver``.
    """

    _name = 'pem.notice'
    _description = "Message Sent"
    _order = 'date desc, id desc'
    _rec_name = 'contact_id'
    _log_access = False

    contact_id = fields.Many2one('res.partner', string="To", required=True, readonly=True, ondelete='cascade')
    date = fields.Datetime(string="Sent", required=True, readonly=True)
    kind = fields.Selection([
        ('request', "Request"), ('returned', "Sent back"), ('message', "Message"), ('reminder', "Reminder"), ('digest', "Digest"),
    ], required=True, readonly=True)
    task_id = fields.Many2one('pem.task', required=True, readonly=True, ondelete='cascade', index=True)
    task_count = fields.Integer(string="Tasks", required=True, readonly=True, help="How many tasks it told of.")
    company_id = fields.Many2one(related='task_id.company_id', store=True, precompute=True)

    _by_contact = models.Index("(contact_id, date)")

    @api.model
    def _room(self, contacts, now):
        """Return ``{contact id: how many more messages it may get now}``; None when there is no cap.

        A message counts for seven days; one that is dated later than now, because the clock was set back, counts as well.
        """
        cap = self.env['res.config.settings']._pem_contact_cap()
        if not cap:
            return None
        counts = self.sudo()._read_group(
            [('contact_id', 'in', contacts.ids), ('date', '>', now - CAP_WINDOW)], ['contact_id'], ['__count'])
        return defaultdict(lambda: cap, {contact.id: max(cap - count, 0) for contact, count in counts})

    @api.model
    def _deliver(self, letters, now, texts=None):
        """Hand letters to the mail queue, and remember them.

        :param letters: each ``(reader, tasks, kind, template)``: a contact, what it is told of, and how; the first task is the
            one to which the mail belongs
        :param texts: ``{task id: (subject, body)}`` of messages to be read in a digest
        """
        for template, some in self._by_template(letters).items():
            for batch in self._rounds(some):
                context = {
                    'pem_texts': texts or {},
                    'pem_readers': {tasks[0].id: reader.id for reader, tasks, _kind, _template in batch},
                    'pem_listed': {tasks[0].id: tasks.ids for _reader, tasks, _kind, _template in batch},
                }
                template.with_context(**context).sudo().send_mail_batch(
                    list(context['pem_readers']), email_layout_xmlid='pem_campaigns.mail_layout_partner')
        self.sudo().create([{
            'contact_id': reader.id, 'date': now, 'kind': kind, 'task_id': tasks[0].id, 'task_count': len(tasks),
        } for reader, tasks, kind, _template in letters])
        if letters:
            self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger()

    @staticmethod
    def _by_template(letters):
        groups = defaultdict(list)
        for letter in letters:
            groups[letter[-1]].append(letter)
        return groups

    @staticmethod
    def _rounds(letters):
        """Yield the letters as lists in which no task comes first twice: Odoo writes one mail a record at a time."""
        rounds = []
        count = defaultdict(int)
        for letter in letters:
            number = count[letter[1][0].id]
            count[letter[1][0].id] += 1
            if number == len(rounds):
                rounds.append([])
            rounds[number].append(letter)
        return rounds
