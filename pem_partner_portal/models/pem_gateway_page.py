import json

from odoo import api, models

from odoo.addons.pem_campaigns.engine import answers, conditions, flow


class PemGateway(models.AbstractModel):
    """Forms: what their pages show."""

    _inherit = 'pem.gateway'

    @api.model
    def _page(self, sheet, errors=None, notes=None):
        """Return the plain values a page shows of a sheet.

        :param errors: as ``_submit`` returns them
        :param notes: ``{table: [sentence]}`` of what is to be said about tables; under '#add' the one that gets a new row
        """
        errors, notes = errors or {}, notes or {}
        case, task = sheet.case, sheet.task
        company = (case or sheet.holder).company_id
        returned = task.returned_submission_id
        texts = sheet.holder._portal_texts() if sheet.is_document else {}
        title = texts.get('title') or case.title
        entries, table = self._entries(sheet, errors, notes), self._line_table(sheet, errors, notes)
        tables = [one for one in (table, *(entry['table'] for entry in entries)) if one]
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
            'conversation': self._case_view(case, sheet.facts) if sheet.is_document and case else None,
            'draft_date': sheet.holder.portal_draft_date if sheet.is_document else sheet.holder.draft_date,
            'comment': returned.comment or '',
            'is_correction': bool(returned),
            'reopened_count': len(sheet.reopened or ()),
            'facts': json.dumps(sheet.facts),
            'entries': entries,
            'pages': self._pages(entries),
            'table': table,
            'is_wide': any(len(one['columns']) > 4 for one in tables),
            'zone': sheet.zone,
            'reader': sheet.reader or '',
            'error_count': len(errors),
            'facts_shown': sheet.holder._portal_facts() if sheet.is_document and case else [],
        }

    def _entries(self, sheet, errors, notes):
        """Return the entries of the form in its order; in a correction only the questions."""
        entries = []
        values = self._values(sheet)
        for element in sheet.elements:
            name = element.name
            is_open = sheet.is_open(name) or not element.is_question
            hides, locks = conditions.parse(element.visible_if), conditions.parse(element.readonly_if)
            is_readonly = bool(locks) and conditions.matches(locks, values)
            raw = sheet.present.get(name, False) if is_readonly and is_open else sheet.raw.get(name, False)
            entry = element._portal_entry(
                raw, error=errors.get(name, ''), comment=(sheet.reopened or {}).get(name, ''), is_open=is_open,
                partner=sheet.partner)
            entry['is_hidden'] = bool(hides) and not conditions.matches(hides, values)
            entry['is_readonly'] = is_readonly
            if locks:
                entry['standing'] = self._entered(element, sheet.present.get(name, False))
            if element.value_type == 'computed':
                entry['display'] = element._display(values.get(name, False))
            entry['to_confirm'] = self._to_confirm(sheet, element) if is_open else None
            entry['table'] = None
            if element.value_type == 'table':
                entry['table'] = self._question_table(sheet, element, errors, notes, is_open, values.get(name))
            if entry['is_file']:
                self._add_files(sheet, element, entry)
            entries.append(entry)
        return entries if sheet.reopened is None else [entry for entry in entries if entry['is_question']]

    def _to_confirm(self, sheet, question):
        """Return what is on file and is to be confirmed or corrected, None when it is not: ``display`` for readers,
        ``standing`` as typed and ``entered`` as the inputs have it (both JSON), and ``is_confirmed``."""
        name, kind = question.name, question.value_type
        if not question.revalidate or name not in sheet.on_file or kind in (*answers.FILES, 'table', 'computed'):
            return None
        asked = question._question(sheet.partner)
        try:
            standing = answers.parse(asked, sheet.present[name])
        except answers.Refused:
            return None
        return {
            'display': question._display(standing), 'standing': json.dumps(standing),
            'entered': self._entered(question, standing), 'is_confirmed': name in (sheet.raw.get(answers.CONFIRMED) or ()),
        }

    @staticmethod
    def _entered(question, value):
        """Return a typed value as the inputs of a question have it, as JSON: a text, several texts, or true and false."""
        if isinstance(value, list):
            return json.dumps([str(one) for one in value if not isinstance(one, dict)])
        return json.dumps('' if value is False and question.value_type not in answers.TICKS else value if isinstance(value, bool)
                          else str(question._portal_text(value)))

    @staticmethod
    def _pages(entries):
        """Return ``[{'title', 'help', 'entries'}]``: the entries up to each page break."""
        pages = [{'title': '', 'help': '', 'entries': []}]
        for entry in entries:
            if entry['type'] != 'page':
                pages[-1]['entries'].append(entry)
                continue
            if pages[-1]['entries'] or pages[-1]['title']:
                pages.append({})
            pages[-1] = {'title': entry['label'], 'help': entry['help'], 'entries': []}
        return pages

    def _values(self, sheet):
        """Return the values conditions look at: what was entered, typed where it can be, what is computed, and the facts."""
        questions = sheet.form._questions(sheet.partner) if sheet.form else []
        values, _faults = answers.check(questions, sheet.raw, sheet.facts, sheet.present)
        return {**values, **sheet.facts}

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
            'answers': self._last_answers(sheet.task if by_hand else case, sheet.facts),
        }
