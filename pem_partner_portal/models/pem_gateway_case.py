import json

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import email_normalize, plaintext2html

#: What a partner may read of the timeline; the rest is the sponsor's business.
TOLD = ('started', 'notified', 'reminded', 'expired', 'submitted', 'returned', 'approved', 'auto_approved', 'rejected', 'auto_rejected',
        'forwarded', 'replied', 'reached_out', 'answered', 'withdrawn', 'cancelled', 'closed')
#: Characters of one message.
LONGEST_MESSAGE = 10_000
#: How often one task may be handed on.
MOST_FORWARDS = 5


class PemGateway(models.AbstractModel):
    """Cases as partners see them: where they stand, what happened, and the conversation."""

    _inherit = 'pem.gateway'

    @api.model
    def _open_case(self, actor, case_id):
        """Return what the partner's page of a case shows, see ``_case_view``."""
        case = self._get_case(actor, case_id)
        return self._case_view(case, {**case._facts()[case], **case._reader_facts(actor.contact, actor.is_guest)})

    def _case_view(self, case, facts):
        """Return what is shown of a case to the reader whom ``facts`` tell about."""
        open_task = case.open_task_ids.filtered(lambda task: task.side == 'partner' and task.state == 'open')[:1]
        return {
            'id': case.id,
            'number': case.name,
            'title': case.title,
            'state': case.state,
            'waiting_on': case.waiting_on,
            'holder': case._portal_holder(),
            'since': case.waiting_since,
            'waited': case._portal_waited(),
            'sponsor': case.company_id.name,
            'task_url': open_task._portal_path() if open_task else '',
            'answers': self._last_answers(case, facts),
            'timeline': self._timeline(case),
            'messages': self._messages(case),
        }

    def _last_answers(self, holder, facts):
        """Return ``[(label, text)]`` of what was last sent at each step of a case, or at a task, and the reader may see."""
        latest = {submission.step_id: submission for submission in holder.submission_ids.sorted('id')}
        return [
            (answer.label, answer.display or '–')
            for submission in latest.values() for answer in submission.answer_ids._seen_by(facts)]

    def _timeline(self, case):
        """Return ``[{'date', 'text', 'by'}]``, newest first, in words that give nothing internal away."""
        sponsor = case.company_id.name
        people = case.partner_id.commercial_partner_id
        lines = []
        for event in case.event_ids.filtered(lambda event: event.kind in TOLD).sorted('sequence', reverse=True):
            is_partner = event.user_id.partner_id.commercial_partner_id == people or event.user_id._is_public()
            lines.append({
                'date': event.date,
                'text': self._told(event.kind, json.loads(event.payload or '{}')),
                'by': event.actor if is_partner else sponsor,
            })
        return lines

    def _told(self, kind, content):
        returned = ', '.join(f'“{comment}”' for comment in (content.get('answers') or {}).values() if comment)
        return {
            'started': lambda: self.env._("Opened"),
            'notified': lambda: self.env._("Message sent to %s", content.get('to')),
            'reminded': lambda: self.env._("Reminder sent to %s", content.get('to')),
            'expired': lambda: self.env._("Time for “%s” ran out", content.get('step')),
            'submitted': lambda: self.env._("“%s” sent", content.get('step')),
            'returned': lambda: ' '.join(filter(None, (
                self.env._("Sent back for correction"), content.get('comment'), returned))),
            'approved': lambda: self.env._("Approved: %s", content.get('step')),
            'auto_approved': lambda: self.env._("Approved: %s", content.get('step')),
            'rejected': lambda: ' '.join(filter(None, (self.env._("Declined"), content.get('comment')))),
            'auto_rejected': lambda: self.env._("Declined"),
            'forwarded': lambda: self.env._("Handed on to %s", content.get('to')),
            'replied': lambda: self.env._("Message written"),
            'reached_out': lambda: ': '.join(filter(None, (content.get('step'), content.get('text')))),
            'answered': lambda: {
                'none': lambda: self.env._("“%s” read and understood", content.get('step')),
                'confirm': lambda: self.env._("“%s” done", content.get('step')),
            }.get(content.get('kind'), lambda: self.env._("“%s” answered", content.get('step')))(),
            'withdrawn': lambda: self.env._("“%s” withdrawn", content.get('step')),
            'cancelled': lambda: self.env._("Cancelled"),
            'closed': lambda: self.env._("Closed"),
        }[kind]()

    def _messages(self, case):
        """Return ``[{'date', 'author', 'is_partner', 'body': Markup, 'files'}]`` of the conversation, oldest first.

        Notes among colleagues are no part of it.
        """
        people = case.partner_id.commercial_partner_id
        messages = case.env['mail.message'].search([
            ('model', '=', 'pem.case'), ('res_id', '=', case.id), ('message_type', 'in', ('comment', 'email')),
            ('is_internal', '=', False), ('subtype_id.internal', '=', False), ('subtype_id', '!=', False),
        ], order='id')
        return [{
            'date': message.date,
            'author': message.author_id.name or message.email_from or '',
            'is_partner': message.author_id.commercial_partner_id == people,
            'body': message.body,
            'files': [{'id': file.id, 'name': file.name, 'url': f'/my/requests/case/{case.id}/files/{file.id}'}
                      for file in message.attachment_ids],
        } for message in messages]

    @api.model
    def _reply(self, actor, case_id, text, uploads=()):
        """Write a message to the sponsor on a case.

        :param uploads: files, as werkzeug's ``FileStorage``
        :raises ValidationError: in words for the writer, when there is nothing to send or a file is refused
        """
        case = self._get_case(actor, case_id)
        text = (text or '').strip()
        uploads = [upload for upload in uploads if upload.filename]
        if not text and not uploads:
            raise ValidationError(self.env._("Please write a message first."))
        if len(text) > LONGEST_MESSAGE:
            raise ValidationError(self.env._("Please use at most %s characters.", LONGEST_MESSAGE))
        _bytes, most = self._upload_limits()
        if len(uploads) > most:
            raise ValidationError(self.env._("At most %s files can be attached here.", most))
        files = [self._check_upload(upload) for upload in uploads]
        owner = case.user_id.partner_id
        case.message_post(
            body=plaintext2html(text), author_id=actor.contact.id, email_from=actor.contact.email_formatted,
            message_type='comment', subtype_xmlid='mail.mt_comment', partner_ids=owner.ids,
            attachments=[(name, content) for name, content, _mimetype in files])
        case._log('replied', {case: {'files': [name for name, _content, _mimetype in files]}})

    @api.model
    def _get_case_file(self, actor, case_id, attachment_id):
        """Return (as superuser) a file of the conversation of a case."""
        case = self._get_case(actor, case_id)
        shown = {file['id'] for message in self._messages(case) for file in message['files']}
        return self._one(case.env['ir.attachment'].browse(attachment_id if attachment_id in shown else []))

    # "Not the right person?"

    @api.model
    def _forward(self, actor, task_id, name, email, comment=''):
        """Hand a task on to a colleague, who gets the message with a link of their own.

        A colleague who is not known yet becomes a contact of the same company.

        :raises ValidationError: in words for the reader
        """
        task = self._get_task(actor, task_id)
        normalized = email_normalize(email or '')
        if not (name or '').strip() or not normalized:
            raise ValidationError(self.env._("Please give the name and one e-mail address of your colleague."))
        handed_on = self.env['pem.event'].sudo().search_count(
            [('case_id', '=', task.case_id.id), ('kind', '=', 'forwarded')])
        if handed_on >= MOST_FORWARDS:
            raise UserError(self.env._("This was handed on often enough. Please write to us instead."))
        company = task.partner_id.commercial_partner_id
        colleague = task.env['res.partner'].search(
            [('id', 'child_of', company.id), ('email_normalized', '=', normalized)], limit=1)
        if not colleague:
            colleague = task.env['res.partner'].create({
                'name': name.strip()[:120], 'email': normalized, 'parent_id': company.id, 'type': 'contact',
                'lang': actor.contact.lang, 'company_id': company.company_id.id})
        task._forward(colleague)
        if (comment or '').strip():
            task.case_id.message_post(
                body=plaintext2html(comment.strip()[:LONGEST_MESSAGE]), author_id=actor.contact.id,
                email_from=actor.contact.email_formatted, message_type='comment', subtype_xmlid='mail.mt_comment')
