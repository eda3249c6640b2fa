import json
from dataclasses import dataclass, field

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.pem_campaigns.engine import answers, conditions, flow

#: Under this key a draft keeps the rows of a document; no question can have this name.
ROWS = '#rows'
#: Characters of one answer that a draft keeps.
LONGEST_ANSWER = 20_000
DEFAULT_ROWS = 200


@dataclass
class Sheet:
    """What a partner fills in: the form of a task, or a document with its form and lines.

    :param holder: the record that keeps the draft and the files: ``pem.task`` or the document
    :param form: ``pem.form``
    :param case: ``pem.case``; empty for a document that was never sent
    :param raw: what is in the form at present: entered, else sent before, else what the partner record says
    :param carried: ``{name: value}`` of a submission that was sent back
    :param reopened: ``{name: comment}`` of the answers to correct; None when everything is open
    :param columns: ``pem.form.field`` of the lines of a document
    """

    holder: models.Model
    form: models.Model
    case: models.Model
    task: models.Model
    is_editable: bool
    facts: dict
    raw: dict
    carried: dict = field(default_factory=dict)
    reopened: dict | None = None
    unlocked: set = field(default_factory=set)
    columns: models.Model | None = None

    @property
    def questions(self):
        return self.form.field_ids.filtered('is_question')

    @property
    def is_document(self):
        return self.holder._name != 'pem.task'

    def question(self, name):
        return self.questions.filtered(lambda question: question.name == name)[:1]

    def file_questions(self):
        return self.questions.filtered(lambda question: question.value_type == 'file').mapped('name')

    def is_open(self, name):
        """Say whether the partner may change an answer, or a cell (``lines.<key>.<column>``)."""
        return self.is_editable and (self.reopened is None or name in self.reopened or name in self.unlocked)

    def sent_file_ids(self):
        sent = self.case.submission_ids.answer_ids.filtered(lambda answer: answer.value_type == 'file')
        return {file['id'] for answer in sent for file in answer.value or []}


class PemGateway(models.AbstractModel):
    """Forms: opening them, keeping drafts, and sending them in."""

    _inherit = 'pem.gateway'

    # Opening

    @api.model
    def _task_sheet(self, actor, task_id):
        """Return the :class:`Sheet` of a task of the actor's."""
        task = self._get_task(actor, task_id)
        case = task.case_id
        present = task.step_id.form_id.field_ids._portal_present(task.partner_id)
        return self._sheet(task, task.step_id.form_id, case, task, case._facts()[case], present, task.draft)

    @api.model
    def _document_sheet(self, actor, slug, document_id):
        """Return the :class:`Sheet` of a document of the actor's."""
        document = self._get_document(actor, slug, document_id)
        facts = self.env['pem.case'].sudo()._partner_facts(document.partner_id)[document.partner_id]
        present = {**document._portal_present(), ROWS: document._portal_rows()}
        sheet = self._sheet(
            document, document._portal_form(), document.case_id, document._portal_open_task(), facts, present,
            document.portal_draft)
        sheet.columns = document._portal_columns()
        sheet.is_editable = self._is_partners_turn(document)
        return sheet

    def _sheet(self, holder, form, case, task, facts, present, draft):
        returned = task.returned_submission_id
        carried = {answer.name: answer.value for answer in returned.answer_ids if answer.field_id}
        sheet = Sheet(
            holder=holder, form=form, case=case, task=task, is_editable=task.state == 'open', facts=facts,
            raw={**present, **carried, **(draft or {})}, carried=carried,
            reopened=task._returned_names() if returned else None)
        sheet.unlocked = self._newly_asked(sheet, sheet.raw)
        return sheet

    @api.model
    def _see(self, sheet):
        """Note that the partner looked at a task."""
        if sheet.task and sheet.is_editable:
            sheet.task._mark_seen()

    @api.model
    def _new_document(self, actor, slug):
        """Begin a document of one kind for the actor's partner.

        :return: the document, as superuser
        """
        document = self._document_model(slug)
        if actor.is_guest:
            raise self._missing()
        return document._portal_create(actor.partner, actor.contact)

    @api.model
    def _discard_document(self, sheet):
        """Throw away a document that was never sent.

        :raises UserError: when it was
        """
        if not sheet.is_document or sheet.case:
            raise UserError(self.env._("What was sent stays on file."))
        sheet.holder.unlink()

    # Entering

    @api.model
    def _merge(self, sheet, entered):
        """Return the sheet's raw content with what was entered; what may not be changed stays as it was.

        Nothing of a request gets further than here but answers to questions of this form and cells of its rows.

        :param entered: ``{'answers': {name: text or [text]}, 'rows': {key: {column: text}}}``
        """
        raw = self._merge_answers(sheet, sheet.raw, entered.get('answers') or {})
        newly_asked = self._newly_asked(sheet, raw)
        if newly_asked - sheet.unlocked:
            sheet.unlocked = newly_asked
            raw = self._merge_answers(sheet, raw, entered.get('answers') or {})
        if sheet.columns and 'rows' in entered:
            raw[ROWS] = self._merge_rows(sheet, entered['rows'])
        return raw

    def _merge_answers(self, sheet, raw, given):
        merged = dict(raw)
        for question in sheet.questions:
            name = question.name
            if name in given and question.value_type != 'file' and sheet.is_open(name):
                merged[name] = self._shorten(given[name])
        return merged

    def _newly_asked(self, sheet, raw):
        """Return the names of accepted questions that a correction makes incomplete.

        A corrected answer may bring up a question that was hidden when the form was sent: it has to open as well.
        """
        if sheet.reopened is None or not sheet.form:
            return set()
        settled = {name: value for name, value in sheet.carried.items() if name not in sheet.reopened}
        _values, errors = sheet.form._check_answers({**raw, **settled}, sheet.facts)
        return set(errors) - set(sheet.reopened)

    def _merge_rows(self, sheet, given):
        columns = sheet.columns.mapped('name')
        most = self.env['res.config.settings']._pem_portal_parameter('document_rows', DEFAULT_ROWS)
        if sheet.reopened is not None:
            # Single cells were sent back: rows stay, and of them only these cells are open.
            return [{
                **row, **{
                    column: self._shorten(given.get(row['key'], {}).get(column, row.get(column)))
                    for column in columns if sheet.is_open(f'lines.{row["key"]}.{column}')},
            } for row in sheet.raw.get(ROWS) or []]
        return [
            {'key': str(key)[:40], **{column: self._shorten(cells.get(column, '')) for column in columns}}
            for key, cells in list(given.items())[:most]
            if any(str(cells.get(column, '')).strip() for column in columns)]

    @staticmethod
    def _shorten(value):
        if isinstance(value, (list, tuple)):
            return [str(one)[:LONGEST_ANSWER] for one in value[:200]]
        return value[:LONGEST_ANSWER] if isinstance(value, str) else value

    @api.model
    def _save_draft(self, sheet, entered):
        """Keep what was entered so far; nothing is checked, so nothing is lost.

        :raises UserError: when it was sent already
        """
        self._store(sheet, self._merge(sheet, entered))

    def _store(self, sheet, raw):
        if not sheet.is_editable and sheet.task.outcome == flow.EXPIRED:
            raise UserError(self.env._("The time for this ran out, so it cannot be sent any more. What you had entered is kept."))
        if not sheet.is_editable:
            raise UserError(self.env._("This was sent already and cannot be changed any more."))
        sheet.raw = raw
        kept = {name: raw[name] for name in [*sheet.questions.mapped('name'), ROWS] if name in raw}
        if sheet.is_document:
            sheet.holder.write({'portal_draft': kept, 'portal_draft_date': fields.Datetime.now()})
        else:
            sheet.holder._save_draft(kept)

    # Sending

    @api.model
    def _submit(self, actor, sheet, entered):
        """Check what was entered and send it in. What is refused stays as a draft.

        :return: ``{name: sentence}`` of what has to be corrected first; empty when it was sent
        :raises UserError: when it was sent already
        """
        self._store(sheet, self._merge(sheet, entered))
        values, rows, errors = self._check(sheet)
        if errors:
            return errors
        contact = actor.contact if actor.is_guest else None
        if sheet.is_document:
            sheet.holder._portal_write(values, rows)
            sheet.holder.write({'portal_draft': False, 'portal_draft_date': False})
            sheet.holder._submit_documents(contact)
        else:
            task = sheet.task
            task._submit({task: self.env['pem.submission'].sudo()._prepare_answers(task, values)}, contact)
        return {}

    def _check(self, sheet):
        """Return ``(values, rows, errors)``, typed, of what is in a sheet. In a correction the accepted answers stand."""
        settled = {name: value for name, value in sheet.carried.items() if not sheet.is_open(name)}
        base = {**sheet.raw, **settled} if sheet.reopened is not None else sheet.raw
        values, errors = sheet.form._check_answers(base, sheet.facts) if sheet.form else ({}, {})
        rows = []
        for row in sheet.raw.get(ROWS) or [] if sheet.columns else []:
            cells, faults = self._check_row(sheet, row)
            rows.append({'key': row['key'], **cells})
            errors.update({f'{row["key"]}.{name}': message for name, message in faults.items()})
        if sheet.is_document:
            errors = {**sheet.holder._portal_check(values, rows), **errors}
        return values, rows, errors

    def _check_row(self, sheet, row):
        cells, faults = answers.check([column._question() for column in sheet.columns], row, sheet.facts)
        columns = {column.name: column for column in sheet.columns}
        return cells, {name: columns[name]._fault_message(fault) for name, fault in faults.items()}

    # Showing

    @api.model
    def _page(self, sheet, errors=None):
        """Return the plain values a page shows of a sheet.

        :param errors: as ``_submit`` returns them
        """
        errors = errors or {}
        case, task = sheet.case, sheet.task
        company = (case or sheet.holder).company_id
        known = {**sheet.facts, **sheet.raw}
        returned = task.returned_submission_id
        texts = sheet.holder._portal_texts() if sheet.is_document else {}
        title = texts.get('title') or case.title
        return {
            'id': sheet.holder.id,
            'path': sheet.holder._portal_path(),
            'title': title,
            'heading': (sheet.is_document and sheet.holder._portal_summary()) or (task.is_ad_hoc and task.step_id.name) or title,
            'answer_kind': task.answer_kind or '',
            'step': task.step_id.name or '',
            'number': case.name or sheet.holder.display_name,
            'introduction': sheet.form.introduction or '',
            'instructions': task.step_id.instructions or '',
            'sponsor': company.name,
            'due': task.date_deadline if sheet.is_editable else False,
            'is_editable': sheet.is_editable,
            'is_document': sheet.is_document,
            'slug': sheet.holder._portal_slug if sheet.is_document else '',
            'can_discard': sheet.is_document and not case,
            'conversation': self._case_view(case) if sheet.is_document and case else None,
            'draft_date': sheet.holder.portal_draft_date if sheet.is_document else sheet.holder.draft_date,
            'comment': returned.comment or '',
            'is_correction': bool(returned),
            'reopened_count': len(sheet.reopened or ()),
            'facts': json.dumps(sheet.facts),
            'entries': self._entries(sheet, known, errors),
            'columns': [column._portal_entry('') for column in sheet.columns or ()],
            'rows': self._row_entries(sheet, errors),
            'rows_title': texts.get('lines') or self.env._("Lines"),
            'can_change_rows': bool(sheet.columns) and sheet.is_editable and sheet.reopened is None,
            'error_count': len(errors),
            'rows_error': errors.get('lines', ''),
            'accept': ','.join(f'.{ending}' for ending in self._upload_types()),
            'limit_mb': self._upload_limits()[0] // 1024 // 1024,
            'facts_shown': sheet.holder._portal_facts() if sheet.is_document and case else [],
        }

    def _entries(self, sheet, known, errors):
        """Return the entries of the form in its order; in a correction only the questions."""
        entries = []
        for element in sheet.form.field_ids:
            entry = element._portal_entry(
                sheet.raw.get(element.name, False), error=errors.get(element.name, ''),
                comment=(sheet.reopened or {}).get(element.name, ''),
                is_open=sheet.is_open(element.name) or not element.is_question)
            condition = conditions.parse(element.visible_if)
            entry['is_hidden'] = bool(condition) and not conditions.matches(condition, self._typed(element.form_id, known))
            entries.append(entry)
        return entries if sheet.reopened is None else [entry for entry in entries if entry['is_question']]

    def _typed(self, form, known):
        """Return the values conditions look at: what was entered, typed where it can be."""
        typed = dict(known)
        for question in form._questions():
            try:
                typed[question.name] = answers.parse(question, known.get(question.name))
            except answers.Refused:
                typed[question.name] = False
        return typed

    def _row_entries(self, sheet, errors):
        return [{
            'key': row['key'],
            'cells': [column._portal_entry(
                row.get(column.name, ''), error=errors.get(f'{row["key"]}.{column.name}', ''),
                comment=(sheet.reopened or {}).get(f'lines.{row["key"]}.{column.name}', ''),
                is_open=sheet.is_open(f'lines.{row["key"]}.{column.name}')) for column in sheet.columns],
        } for row in sheet.raw.get(ROWS) or []] if sheet.columns else []

    @api.model
    def _sent_page(self, sheet):
        """Return what the page after sending says: what happens next, until when, and what comes next for the partner."""
        case = sheet.case
        following = case.open_task_ids.filtered(lambda task: task.state == 'open')
        mine = following.filtered(lambda task: task.side == 'partner')[:1]
        theirs = following.filtered(lambda task: task.side == 'sponsor')[:1]
        by_hand = sheet.task.is_ad_hoc
        return {
            **self._page(sheet),
            'state': case.state,
            'next_url': mine._portal_path() if mine and mine != sheet.task else '',
            'next_title': mine.step_id.name or '',
            'review_due': theirs.date_deadline if theirs else False,
            'waited': case._portal_waited() if case.waiting_on == 'sponsor' else '',
            'is_withdrawn': by_hand and sheet.task.state == 'cancelled',
            'case_id': case.id,
            'expired_on': sheet.task.outcome == flow.EXPIRED and sheet.task.date_done,
            'is_draft_kept': bool(sheet.task.draft),
            'answers': self._last_answers(sheet.task if by_hand else case),
        }
