from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

#: What partners say about a request as a whole, beside the end customer's order; answers to questions may fill it.
FIELDS = ('type', 'end_customer', 'valid_from', 'valid_to', 'reason', 'competitor')


class PemSpecialPricing(models.Model):
    """How a special pricing request runs on the engine."""

    _inherit = 'pem.special.pricing'

    def _case_values(self):
        self.ensure_one()
        today = fields.Date.context_today(self)
        return {
            'partner_id': self.partner_id.id,
            'company_id': self.company_id.id,
            'user_id': self.user_id.id,
            'requested_by_id': self.requested_by_id.id,
            # A price is wanted on the day from which it is to hold.
            'date_deadline': self.valid_from if self.valid_from and self.valid_from > today else False,
        }

    def _case_answers(self):
        return {**(self.extra_answers or {}), **self._prepare_field_answers()}

    @api.model
    def _case_bindable_fields(self):
        return [*super()._case_bindable_fields(), *FIELDS]

    def _field_questions(self, form):
        """Return ``{question name: field}`` of the questions of a form that are fields here."""
        names = set(self._case_bindable_fields())
        bound = {question.name: question.document_field for question in form.field_ids if question.document_field in names}
        return {**{name: name for name in FIELDS if name not in bound.values()}, **bound}

    def _prepare_field_answers(self, form=None):
        """Return the typed answers to the questions that are fields here, ``{question name: value}``.

        :param form: of the request, when it is known
        """
        self.ensure_one()
        form = self._forms()[self] if form is None else form
        return {**self._prepare_standard_answers(), **self._case_present(form.field_ids)}

    def _prepare_standard_answers(self):
        """Return what the form as we deliver it asks."""
        return {
            'type': self.type,
            'end_customer': (self.end_customer or '').strip() or False,
            'valid_from': fields.Date.to_string(self.valid_from) or False,
            'valid_to': fields.Date.to_string(self.valid_to) or False,
            'reason': (self.reason or '').strip() or False,
            'competitor': (self.competitor or '').strip() or False,
            'end_customer_order': [
                {'id': file.id, 'name': file.name, 'size': file.file_size}
                for file in self.sudo().end_customer_order_ids] or False,
        }

    def _case_line_answers(self):
        """In a correction, what was corrected stands beside what was said before."""
        columns = self._line_columns()
        rows = [answer for line in self.line_ids for answer in line._prepare_answer_values(columns)]
        returned = self.sudo().case_id.open_task_ids.returned_submission_id
        before = {answer.name: answer for answer in returned.answer_ids}
        for row in rows:
            answer = before.get(row['name'])
            if answer and answer.value != row['value']:
                row.update(old_display=answer.display, is_changed=True)
        return rows

    def _line_columns(self):
        """Return ``{column name: (label, value type)}`` of what is asked about each part."""
        return {
            'part': (self.env._("part number"), 'char'),
            'quantity': (self.env._("quantity"), 'float'),
            'requested_cost': (self.env._("requested cost"), 'float'),
            'resale_price': (self.env._("resale price"), 'float'),
            'competitor_price': (self.env._("competitor's price"), 'float'),
        }

    def _submit_documents(self, contact=None):
        """Whoever sends a request in has asked for it, and so is not the one to approve it."""
        fresh = self.filtered(lambda request: not request.case_id and request.requested_by_id != self.env.user)
        if fresh and not self.env.user._is_public():
            fresh.sudo().with_context(tracking_disable=True).requested_by_id = self.env.user
        return super()._submit_documents(contact)

    # Before sending

    def _check_ready(self):
        """:raises UserError: with everything that keeps the requests from being sent in"""
        self._check_open()
        forms = self._forms()
        sentences = []
        for request in self:
            form = forms[request]
            values = request._prepare_field_answers(form)
            fields_by_name = {field.name: field for field in form.field_ids if field.name in values}
            errors = form._check_answers(values)[1] if form else {}
            errors = {name: error for name, error in errors.items() if name in values}
            errors |= request._check_values(values)
            if not request.line_ids:
                errors['lines'] = self.env._("Please add at least one part.")
            where = f'{request.display_name}: ' if len(self) > 1 else ''
            for name, error in errors.items():
                label = f'{fields_by_name[name].label}: ' if name in fields_by_name else ''
                sentences.append(f'• {where}{label}{error}')
        if sentences:
            raise UserError(self.env._("This cannot be sent yet:\n%s", '\n'.join(sentences)))

    def _check_values(self, values):
        """Return ``{question name: sentence}`` of what is wrong with typed answers beside what the form says."""
        first, last = values.get('valid_from'), values.get('valid_to')
        if last and first and last < first:
            return {'valid_to': self.env._("The last day cannot be before the first.")}
        if last and last < fields.Date.to_string(fields.Date.context_today(self)):
            return {'valid_to': self.env._("This day is over already.")}
        return {}

    def _forms(self):
        """Return ``{request: pem.form}``: the form each of them is asked by."""
        fresh = self.filtered(lambda request: not request.case_id)
        processes = {company: fresh.with_company(company)._case_process() for company in fresh.company_id}
        return {
            request: (request.sudo().case_id.process_id or processes[request.company_id]).step_ids.filtered(
                lambda step: step.kind == 'form' and step.form_id)[:1].form_id
            for request in self}

    # Hooks

    def _case_submitted(self):
        self._set_state('submitted')
        # What counts is what was sent: an older draft of the partner's must not come back in a correction.
        self.filtered('portal_draft').write({'portal_draft': False, 'portal_draft_date': False})
        self._match_end_customers()
        self._drop_refused_offers()
        super()._case_submitted()

    def _case_returned(self):
        self._set_state('returned')
        super()._case_returned()

    def _case_done(self):
        """The last approval authorizes: what was asked for holds, under a number of its own."""
        fresh = self.filtered(lambda request: not request.authorization_number)
        now = fields.Datetime.now()
        for company, requests in fresh.grouped('company_id').items():
            numbers = self.env['ir.sequence']._pem_next_numbers('pem.special.pricing.authorization', company.id, len(requests))
            for request, number in zip(requests, numbers, strict=True):
                request.with_context(tracking_disable=True).write({
                    'authorization_number': number, 'date_authorized': now})
        fresh.line_ids._authorize()
        fresh._set_state('active')
        fresh._replace_predecessors()
        fresh.case_id._log('authorized', {request.case_id: {'number': request.authorization_number} for request in fresh})
        fresh._tell_authorized()
        super()._case_done()

    def _case_rejected(self):
        self._set_state('rejected')
        super()._case_rejected()

    def _case_cancelled(self):
        # What the partner took back is in its end already.
        self.filtered(lambda request: request.state in ('submitted', 'returned'))._set_state('cancelled')
        super()._case_cancelled()

    def _tell_authorized(self):
        """Write into the history of each request under which number, and by whom, it was authorized."""
        decided = self.case_id.task_ids.filtered(lambda task: task.kind == 'approval' and task.outcome == 'approved')
        by_case = decided.grouped('case_id')
        bodies = {}
        for request in self:
            tasks = by_case.get(request.case_id)
            if tasks:
                how = self.env._("approved by %s", ', '.join(
                    tasks.approver_ids.filtered(lambda line: line.decision == 'approved').user_id.mapped('name')))
            else:
                how = self.env._("approved by rule")
            bodies[request.id] = Markup('<p>%s: <b>%s</b>, %s.</p>') % (
                self.env._("Authorization"), request.authorization_number, how)
        self._message_log_batch(bodies=bodies)

    def _match_end_customers(self):
        """Recognise the end customers whom we know as a contact of exactly this name."""
        unmatched = self.filtered(lambda request: request.end_customer and not request.end_customer_id)
        for company, requests in unmatched.grouped('company_id').items():
            names = [request.end_customer.strip() for request in requests]
            found = self.env['res.partner'].search([
                ('name', 'in', names), ('parent_id', '=', False), ('company_id', 'in', (False, company.id)),
            ]).grouped('name')
            for request, name in zip(requests, names, strict=True):
                if len(found.get(name, ())) == 1:
                    request.with_context(tracking_disable=True).end_customer_id = found[name]
