from odoo import fields, models
from odoo.exceptions import UserError


class PemClaim(models.Model):
    """How a claim runs on the engine."""

    _inherit = 'pem.claim'

    def _case_values(self):
        self.ensure_one()
        return {
            'partner_id': self.partner_id.id,
            'company_id': self.company_id.id,
            'user_id': self.user_id.id,
            'requested_by_id': self.requested_by_id.id,
        }

    def _case_answers(self):
        return {**(self.extra_answers or {}), **self._prepare_field_answers()}

    def _prepare_field_answers(self):
        """Return the typed answers to the questions that are fields here, ``{question name: value}``."""
        self.ensure_one()
        return {
            'debit_number': (self.debit_number or '').strip() or False,
            'note': (self.note or '').strip() or False,
            'proof': [{'id': file.id, 'name': file.name, 'size': file.file_size} for file in self.sudo().proof_ids] or False,
        }

    def _submit_documents(self, contact=None):
        """Whoever sends a claim in has claimed it, and so is not the one to approve it."""
        fresh = self.filtered(lambda claim: not claim.case_id and claim.requested_by_id != self.env.user)
        if fresh and not self.env.user._is_public():
            fresh.sudo().with_context(tracking_disable=True).requested_by_id = self.env.user
        return super()._submit_documents(contact)

    def _check_ready(self):
        """:raises UserError: with everything that keeps the claims from being sent in"""
        self._check_open()
        sentences = []
        for claim in self:
            form = (claim.sudo().case_id.process_id or claim.with_company(claim.company_id)._case_process()).step_ids.form_id[:1]
            values = claim._prepare_field_answers()
            errors = {name: error for name, error in form._check_answers(values)[1].items() if name in values} if form else {}
            if not claim.line_ids:
                errors['lines'] = self.env._("Please add at least one line.")
            labels = {question.name: question.label for question in form.field_ids}
            sentences += [f'• {labels[name]}: {error}' if name in labels else f'• {error}' for name, error in errors.items()]
        if sentences:
            raise UserError(self.env._("This cannot be sent yet:\n%s", '\n'.join(sentences)))

    # Hooks

    def _case_submitted(self):
        self._set_state('submitted')
        self.filtered('portal_draft').write({'portal_draft': False, 'portal_draft_date': False})
        self.filtered(lambda claim: not claim.date_claimed).date_claimed = fields.Date.context_today(self)
        self._settle_lines()
        self.case_id._log('claim_validated', {claim.case_id: {
            'lines': claim.line_count, 'exceptions': claim.exception_count, 'rejected': claim.rejected_count,
            'claimed': claim.amount_claimed, 'approved': claim.amount_approved, 'currency': claim.currency_id.name} for claim in self})
        super()._case_submitted()

    def _case_returned(self):
        self._set_state('returned')
        self.line_ids._give_back()
        super()._case_returned()

    def _case_before_approval(self):
        """Nobody approves what they decided otherwise than the rules, and nothing is approved that nobody decided."""
        for claim in self:
            if claim.line_ids.filtered(lambda line: line.state == 'exception'):
                raise UserError(self.env._("Lines of %s still wait for a decision. Decide on each of them first.", claim.display_name))
            own = claim.line_ids.filtered(lambda line: line.state == 'overridden' and line.override_user_id == self.env.user)
            if own:
                raise UserError(self.env._(
                    "You decided “%(line)s” of %(claim)s by hand. Somebody else has to approve it.",
                    line=own[0].display_name, claim=claim.display_name))
        super()._case_before_approval()

    def _case_done(self):
        for claim in self:
            claim._set_state(
                'rejected' if not claim.amount_approved and claim.amount_claimed else 'partial' if claim.rejected_count
                or claim.currency_id.compare_amounts(claim.amount_approved, claim.amount_claimed) else 'approved')
        self.date_decided = fields.Datetime.now()
        super()._case_done()

    def _case_rejected(self):
        self._set_state('rejected')
        self.date_decided = fields.Datetime.now()
        self.line_ids._give_back()
        for line in self.line_ids:
            line.write({'state': 'rejected', 'amount_approved': 0, 'amount_pending': 0, 'amount_rejected': line.amount_claimed,
                        'approved_quantity': 0})
        super()._case_rejected()

    def _case_cancelled(self):
        # What the partner took back is in its end already.
        cancelled = self.filtered(lambda claim: claim.state in ('submitted', 'returned'))
        cancelled._set_state('cancelled')
        cancelled.line_ids._give_back()
        super()._case_cancelled()
