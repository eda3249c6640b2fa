from odoo import api, fields, models
from odoo.fields import Domain

#: Lines of one tab that a page shows.
PAGE_SIZE = 20


class PemGateway(models.AbstractModel):
    """The InTray: everything that a partner has to do or to know, in one place."""

    _inherit = 'pem.gateway'

    @api.model
    def _in_tray(self, actor, tab='waiting', page=1):
        """Return one page of the InTray.

        :param tab: 'waiting' (for the partner), 'sponsor' (waiting for us) or 'done'; anything else is the first
        :return: ``{'tab', 'counts': {tab: int}, 'lines': [line], 'drafts': [line], 'kinds': [{'slug', 'title', 'new', 'help'}]}``;
            a line has ``title``, ``text``, ``comment``, ``due``, ``is_overdue``, ``since``, ``state``, ``url`` and ``action``
        """
        tabs = self._in_tray_tabs(actor)
        tab = tab if tab in tabs else 'waiting'
        counts = {name: model.search_count(domain) for name, (model, domain, _order) in tabs.items()}
        model, domain, order = tabs[tab]
        last_page = max(1, -(-counts[tab] // PAGE_SIZE))
        page = min(max(page, 1), last_page)
        records = model.search(domain, order=order, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
        lines = self._task_lines(records) if model._name == 'pem.task' else self._case_lines(records)
        return {
            'tab': tab, 'counts': counts, 'lines': lines, 'page': page, 'page_size': PAGE_SIZE,
            'drafts': self._draft_lines(actor) if tab == 'waiting' and page == 1 else [],
            'kinds': self._document_kinds(), 'sponsor': self.env.company.sudo().name,
        }

    @api.model
    def _in_tray_count(self, actor):
        """Return how many things wait for the partner."""
        model, domain, _order = self._in_tray_tabs(actor)['waiting']
        return model.search_count(domain)

    @api.model
    def _in_tray_tabs(self, actor):
        """Return ``{tab: (model as superuser, domain, order)}``."""
        gateway = self._acting(actor)
        cases = self._get_case_domain(actor)
        return {
            'waiting': (
                gateway.env['pem.task'], self._get_task_domain(actor) & Domain('state', '=', 'open'),
                'date_deadline, id'),
            'sponsor': (
                gateway.env['pem.case'],
                cases & Domain('state', 'in', ('running', 'problem')) & Domain('waiting_on', '!=', 'partner'),
                'waiting_since desc, id desc'),
            'done': (
                gateway.env['pem.case'], cases & Domain('state', 'in', ('done', 'rejected', 'cancelled')),
                'date_end desc, id desc'),
        }

    @api.model
    def _document_kinds(self):
        return [
            {'slug': slug, **self.env[name].sudo()._portal_texts()}
            for slug, name in sorted(self._document_models().items())]

    def _task_lines(self, tasks):
        today = fields.Date.context_today(self)
        summaries = self._document_summaries(tasks.case_id)
        lines = []
        for task in tasks:
            returned = task.returned_submission_id
            names = task._returned_names() or {}
            questions = task.step_id.form_id.question_count
            if returned:
                text = (self.env._("Sent back: 1 answer") if len(names) == 1
                        else self.env._("Sent back: %s answers", len(names)) if names else self.env._("Sent back"))
            elif task.draft:
                text = self.env._("You have begun: your draft is kept")
            elif questions:
                text = self.env._("%(questions)s questions, about %(minutes)s minutes",
                                  questions=questions, minutes=max(1, round(questions / 2)))
            else:
                text = task.step_id.name
            if task.is_ad_hoc:
                text = {
                    'none': self.env._("For your information"), 'confirm': self.env._("Please tell us when it is done"),
                }.get(task.answer_kind, text if questions and task.answer_kind == 'form' else self.env._("Please answer"))
            lines.append({
                'title': task.step_id.name if task.is_ad_hoc else task.case_id.title,
                'summary': task.case_id.title if task.is_ad_hoc else summaries.get(task.case_id, ''),
                'text': text,
                'comment': returned.comment or next((comment for comment in names.values() if comment), ''),
                'due': task.date_deadline,
                'is_overdue': bool(task.date_deadline) and task.date_deadline < today,
                'since': False,
                'state': 'returned' if returned else 'waiting',
                'sponsor': task.company_id.name,
                'url': task._portal_path(),
                'action': (self.env._("Correct") if returned else self.env._("Continue") if task.draft
                           else self._ad_hoc_action(task) or self.env._("Start")),
            })
        return lines

    def _ad_hoc_action(self, task):
        return task.is_ad_hoc and {'none': self.env._("Read"), 'confirm': self.env._("Look")}.get(
            task.answer_kind, self.env._("Answer"))

    def _case_lines(self, cases):
        summaries = self._document_summaries(cases)
        outcomes = {
            'done': self.env._("Done"), 'rejected': self.env._("Declined"), 'cancelled': self.env._("Cancelled")}
        return [{
            'title': case.title,
            'summary': summaries.get(case, ''),
            'text': outcomes.get(case.state) or self.env._(
                "Waiting for %(sponsor)s, %(time)s", sponsor=case.company_id.name, time=case._portal_waited()),
            'comment': '',
            'due': False,
            'is_overdue': False,
            'since': case.date_end or case.waiting_since,
            'state': case.state,
            'sponsor': case.company_id.name,
            'url': case._portal_path(),
            'action': self.env._("Look"),
        } for case in cases]

    def _document_summaries(self, cases):
        """Return ``{case: one line about its document}`` of those cases that have one."""
        return {
            case: case._subjects()._portal_summary()
            for case in cases if case.res_model in self._document_models().values() and case.res_id}

    # Lists of documents

    @api.model
    def _document_list(self, actor, slug, page=1):
        """Return one page of a partner's documents of one kind, as ``_in_tray`` does."""
        Document = self._document_model(slug)
        domain = self._get_partner_domain(actor) if not actor.is_guest else Domain.FALSE
        count = Document.search_count(domain)
        page = min(max(page, 1), max(1, -(-count // PAGE_SIZE)))
        documents = Document.search(domain, order='id desc', limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
        return {
            'slug': slug, **Document._portal_texts(), 'count': count, 'page': page, 'page_size': PAGE_SIZE,
            'lines': self._document_lines(documents),
        }

    def _draft_lines(self, actor):
        """Return what the partner began of their own accord and did not send, the newest first."""
        lines = []
        for slug in self._document_models():
            begun = Domain('case_id', '=', False) & Domain('portal_draft_date', '!=', False)
            documents = self._find_documents(actor, slug, begun, order='portal_draft_date desc', limit=PAGE_SIZE)
            lines += self._document_lines(documents)
        return lines

    def _document_lines(self, documents):
        return [{
            'title': document._portal_summary() or document.display_name,
            'summary': document.display_name,
            'text': self._document_state(document),
            'comment': '', 'due': False, 'is_overdue': False,
            'since': document.waiting_since or document.write_date,
            'state': document.case_state or 'draft',
            'url': document._portal_path(),
            'action': self.env._("Continue") if self._is_partners_turn(document) else self.env._("Look"),
        } for document in documents]

    def _is_partners_turn(self, document):
        return not document.case_id or bool(document._portal_open_task())

    def _document_state(self, document):
        if not document.case_id:
            return self.env._("Draft, not sent yet")
        if document._portal_open_task():
            return self.env._("Sent back to you")
        case = document.case_id
        return {
            'done': self.env._("Approved"), 'rejected': self.env._("Declined"), 'cancelled': self.env._("Cancelled"),
        }.get(case.state) or self.env._("Waiting for %s", case.company_id.name)
