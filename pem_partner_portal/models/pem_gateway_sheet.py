from dataclasses import dataclass, field

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.pem_campaigns.engine import answers, conditions, flow

from ..engine import moments

#: Under this key a draft keeps the rows of a document; no question can have such a name.
ROWS = '#rows'
#: Characters of one answer that a draft keeps.
LONGEST_ANSWER = 20_000


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
    :param zone: the time zone in which moments are shown and typed
    :param partner: ``res.partner`` who is asked
    :param present: what is on file, by the names of the questions, else their defaults
    :param on_file: names of the questions about which something is on file
    :param reader: the name of who looks
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
    zone: str = 'UTC'
    present: dict = field(default_factory=dict)
    on_file: set = field(default_factory=set)
    partner: models.Model | None = None
    reader: str = ''

    @property
    def elements(self):
        """What of the form this reader may see."""
        return self.form.field_ids.filtered(lambda element: conditions.matches(conditions.parse(element.role_domain), self.facts))

    @property
    def questions(self):
        return self.elements.filtered('is_question')

    @property
    def is_document(self):
        return self.holder._name != 'pem.task'

    def question(self, name):
        return self.questions.filtered(lambda question: question.name == name)[:1]

    def file_questions(self):
        return self.questions.filtered(lambda question: question.value_type in answers.FILES).mapped('name')

    def is_open(self, name):
        """Say whether the partner may change an answer, or a cell (``lines.<key>.<column>``)."""
        return self.is_editable and (self.reopened is None or name in self.reopened or name in self.unlocked)

    def sent_file_ids(self):
        return {file['id'] for file in self.sent_files()}

    def sent_files(self, *names):
        """Return what was ever sent as a file, as answer to some questions or to any."""
        sent = self.case.submission_ids.answer_ids.filtered(
            lambda answer: answer.value_type in answers.FILES and (not names or answer.name in names))
        return [file for answer in sent._seen_by(self.facts) for file in answer.value or []]


class PemGateway(models.AbstractModel):
    """Forms: opening them, keeping drafts, and sending them in."""

    _inherit = 'pem.gateway'

    # Opening

    @api.model
    def _task_sheet(self, actor, task_id):
        """Return the :class:`Sheet` of a task of the actor's."""
        self = self.with_context(tz=self._zone(actor))
        task = self._get_task(actor, task_id)
        case = task.case_id
        form = task.step_id.form_id
        return self._sheet(actor, task, form, case, task, case._facts()[case], form.field_ids._portal_present(task.partner_id), task.draft)

    @api.model
    def _document_sheet(self, actor, slug, document_id):
        """Return the :class:`Sheet` of a document of the actor's."""
        self = self.with_context(tz=self._zone(actor))
        document = self._get_document(actor, slug, document_id)
        facts = self.env['pem.case'].sudo()._partner_facts(document.partner_id)[document.partner_id]
        present = {**document._portal_present(), ROWS: document._portal_rows()}
        sheet = self._sheet(
            actor, document, document._portal_form(), document.case_id, document._portal_open_task(), facts, present,
            document.portal_draft)
        sheet.columns = document._portal_columns()
        sheet.is_editable = self._is_partners_turn(document)
        return sheet

    def _zone(self, actor):
        """Return the name of the time zone an actor lives in: their own, else that of their browser, else the sponsor's."""
        cookie = request.cookies.get('tz') if request else None
        company = self.env.company.sudo().partner_id.tz
        return next(filter(moments.is_zone, (actor.contact.tz, cookie, company)), 'UTC')

    def _sheet(self, actor, holder, form, case, task, facts, present, draft):
        returned = task.returned_submission_id
        carried = {answer.name: answer.value for answer in returned.answer_ids if answer.field_id}
        known = {name: value for name, value in present.items() if not answers.empty(value)}
        standing = {**(form._defaults() if form else {}), **known}
        sheet = Sheet(
            holder=holder, form=form, case=case, task=task, is_editable=task.state == 'open',
            facts={**facts, **self.env['pem.case'].sudo()._reader_facts(actor.contact, actor.is_guest)},
            raw={**present, **standing, **carried, **(draft or {})}, carried=carried,
            reopened=task._returned_names() if returned else None, zone=holder.env.context.get('tz') or 'UTC',
            partner=holder.partner_id, present=standing, on_file=set(known), reader=actor.contact.name or '')
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
        raw = self._merge_answers(sheet, sheet.raw, entered)
        newly_asked = self._newly_asked(sheet, raw)
        if newly_asked - sheet.unlocked:
            sheet.unlocked = newly_asked
            raw = self._merge_answers(sheet, raw, entered)
        if sheet.columns and 'rows' in entered:
            raw[ROWS] = self._merge_lines(sheet, entered['rows'])
        return raw

    def _merge_answers(self, sheet, raw, entered):
        given, tables = entered.get('answers') or {}, entered.get('tables') or {}
        zone = entered.get('zone') if moments.is_zone(entered.get('zone')) else sheet.zone
        merged = dict(raw)
        for question in sheet.questions:
            name, kind = question.name, question.value_type
            if not sheet.is_open(name) or kind in answers.FILES or kind == 'computed':
                continue
            if kind == 'table' and name in tables:
                merged[name] = self._merge_table(question, tables[name], zone)
            elif kind != 'table' and name in given:
                merged[name] = self._take(kind, given[name], zone)
        if 'confirmed' in entered:
            asked = set(sheet.questions.filtered('revalidate').mapped('name'))
            merged[answers.CONFIRMED] = sorted(asked.intersection(entered['confirmed']))
        return merged

    def _take(self, kind, value, zone):
        """Return one entered value as a draft keeps it: short enough, and moments in UTC."""
        if kind == 'datetime' and isinstance(value, str):
            value = moments.to_utc(value, zone) or value
        return self._shorten(value)

    def _newly_asked(self, sheet, raw):
        """Return the names of accepted questions that a correction makes incomplete.

        A corrected answer may bring up a question that was hidden when the form was sent: it has to open as well.
        """
        if sheet.reopened is None or not sheet.form:
            return set()
        settled = {name: value for name, value in sheet.carried.items() if name not in sheet.reopened}
        _values, errors = self._check_form(sheet, self._accept(raw, settled))
        return set(errors) - set(sheet.reopened)

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
        kept = {name: raw[name] for name in [*sheet.form.field_ids.mapped('name'), ROWS, answers.CONFIRMED] if name in raw}
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
            task._submit({task: task.env['pem.submission']._prepare_answers(task, values, sheet.facts)}, contact)
        return {}

    def _check_form(self, sheet, raw):
        return sheet.form._check_answers(raw, sheet.facts, sheet.present, sheet.case)

    @staticmethod
    def _accept(raw, settled):
        """Return what is entered with the accepted answers in it, which need not be confirmed again."""
        return {**raw, **settled, answers.CONFIRMED: [*(raw.get(answers.CONFIRMED) or ()), *settled]}

    def _check(self, sheet):
        """Return ``(values, rows, errors)``, typed, of what is in a sheet. In a correction the accepted answers stand."""
        settled = {name: value for name, value in sheet.carried.items() if not sheet.is_open(name)}
        base = self._accept(sheet.raw, settled) if sheet.reopened is not None else sheet.raw
        values, errors = self._check_form(sheet, base) if sheet.form else ({}, {})
        rows = []
        for row in sheet.raw.get(ROWS) or [] if sheet.columns else []:
            cells, faults = self._check_line(sheet, row)
            rows.append({'key': row['key'], **cells})
            errors.update({f'{row["key"]}.{name}': message for name, message in faults.items()})
        if sheet.is_document:
            errors = {**sheet.holder._portal_check(values, rows), **errors}
        return values, rows, errors
