import json

from odoo import api, fields, models
from odoo.tools import format_datetime, human_size
from odoo.tools.misc import format_date

from ..engine import flow

#: What a rule or the engine decided, without a line of its own among the approvers.
DECIDED_BY_RULE = ('auto_approved', 'auto_rejected')


class PemCaseAuditReport(models.AbstractModel):
    """Everything that an auditor has to know about a case, on paper: in the reader's language and time zone."""

    _name = 'report.pem_campaigns.report_case_audit'
    _description = "Audit Report of a Case"

    @api.model
    def _get_report_values(self, docids, data=None):
        cases = self.env['pem.case'].browse(docids).exists()
        cases.check_access('read')
        broken = self.env['pem.event']._first_broken(cases)
        now = fields.Datetime.now()
        cases._note_audit_report()
        return {
            'doc_ids': cases.ids,
            'doc_model': 'pem.case',
            'docs': cases,
            'audits': {case.id: self._audit(case, broken.get(case)) for case in cases},
            'printed': self._moment(now),
            'reader': self.env.user.name,
        }

    def _audit(self, case, broken):
        """Return the plain values that the report shows of one case.

        :param broken: number of the first line of its trail that does not fit, None when all do
        """
        labels = {
            name: dict(case._fields[name]._description_selection(self.env)) for name in ('state', 'waiting_on')}
        return {
            'state': labels['state'][case.state],
            'waiting_on': labels['waiting_on'].get(case.waiting_on, ''),
            'started': self._moment(case.date_start),
            'closed': self._moment(case.date_end),
            'due': format_date(self.env, case.date_deadline) if case.date_deadline else '',
            'clock': [
                (label, case._say_working_hours(case[f'clock_{holder}'] * case._working_hours_a_day()))
                for holder, label in case._fields['waiting_on']._description_selection(self.env)],
            'submissions': [self._submission(submission) for submission in case.submission_ids],
            'decisions': self._decisions(case),
            'lines': [self._line(event) for event in case.event_ids.sorted('sequence')],
            'broken': broken,
            'seal': case.trail_seal or '',
        }

    def _submission(self, submission):
        states = dict(submission._fields['state']._description_selection(self.env))
        verdicts = dict(submission.answer_ids._fields['verdict']._description_selection(self.env))
        return {
            'number': submission.number,
            'step': submission.step_id.name,
            'by': submission.contact_id.name or submission.submitted_by_id.name or '',
            'date': self._moment(submission.date),
            'state': states[submission.state],
            'comment': submission.comment or '',
            'answers': [{
                'label': answer.label,
                'before': answer.old_display or '',
                'text': answer.display or '',
                'table': answer.details if answer.value_type == 'table' and answer.details else None,
                'verdict': verdicts[answer.verdict],
                'comment': answer.comment or '',
                'files': [
                    {'name': file.name, 'size': human_size(file.file_size), 'digest': file.checksum}
                    for file in answer.sudo().attachment_ids],
            } for answer in submission.answer_ids],
        }

    def _decisions(self, case):
        """Return what people and rules decided, in its order."""
        lines = case.task_ids.approver_ids.filtered('decision')
        names = dict(lines._fields['decision']._description_selection(self.env))
        decided = [(line.date, line.id, {
            'step': line.task_id.step_id.name,
            'who': line.user_id.name,
            'instead_of': line.on_behalf_of_id.name or '',
            'what': self.env._("Done") if line.task_id.kind == flow.TODO else names[line.decision],
            'date': self._moment(line.date),
            'comment': line.comment or '',
        }) for line in lines]
        decided += [(event.date, event.sequence, {
            'step': json.loads(event.payload or '{}').get('step', ''),
            'who': self.env._("A rule"),
            'instead_of': '',
            'what': names['approved' if event.kind == 'auto_approved' else 'rejected'],
            'date': self._moment(event.date),
            'comment': event.description,
        }) for event in case.event_ids.filtered(lambda event: event.kind in DECIDED_BY_RULE)]
        return [decision for *_order, decision in sorted(decided, key=lambda one: one[:2])]

    def _line(self, event):
        return {
            'number': event.sequence,
            'text': event.description,
            'words': json.loads(event.payload or '{}').get('text') or '',
            'actor': event.actor or '',
            'date': self._moment(event.date),
            'seal': event.seal,
        }

    def _moment(self, moment):
        """Return ``(UTC, in the reader's time zone)``, as texts; empty for none."""
        if not moment:
            return ('', '')
        zone = self.env.context.get('tz') or self.env.user.tz or 'UTC'
        return (f'{fields.Datetime.to_string(moment)} UTC', f'{format_datetime(self.env, moment, tz=zone)} ({zone})')
