from odoo import Command, api, models

#: What of a line partners enter, in this order: name and type of the value.
COLUMNS = (
    ('authorization_number', 'char'), ('part', 'char'), ('quantity', 'float'), ('is_return', 'boolean'), ('ship_date', 'date'),
    ('invoice', 'char'), ('end_customer', 'char'), ('resale_price', 'float'), ('book_cost', 'float'), ('claimed_cost', 'float'),
)


class PemClaim(models.Model):
    """What partners see of their claims; see ``pem.case.mixin`` of the portal for the contract."""

    _inherit = 'pem.claim'

    _portal_slug = 'claims'

    @api.model
    def _portal_texts(self):
        return {
            'title': self.env._("Claims"),
            'new': self.env._("Claim a price difference"),
            'help': self.env._("You sold at a special price? Claim the difference: line by line, or from a file."),
            'empty': self.env._("You have not claimed anything yet."),
            'lines': self.env._("What you sold"),
        }

    @api.model
    def _portal_create(self, partner, contact):
        company = partner.company_id or self.env.company
        untouched = self.sudo().search([
            ('contact_id', '=', contact.id), ('company_id', '=', company.id), ('state', '=', 'draft'), ('case_id', '=', False),
            ('requested_by_id', '=', self.env.uid), ('portal_draft_date', '=', False), ('line_ids', '=', False)], limit=1)
        return untouched or self.sudo().with_company(company).create({
            'partner_id': partner.id, 'contact_id': contact.id, 'company_id': company.id, 'requested_by_id': self.env.uid})

    def _portal_columns(self):
        Line, Field = self.env['pem.claim.line'], self.env['pem.form.field']
        texts = Line.fields_get([name for name, _type in COLUMNS], ['string', 'help'])
        required = ('authorization_number', 'part', 'quantity', 'ship_date', 'invoice')
        return Field.concat(*(Field.new({
            'name': name, 'value_type': value_type, 'label': texts[name]['string'], 'help_text': texts[name].get('help'),
            'required': name in required, 'minimum': 0,
        }) for name, value_type in COLUMNS))

    def _portal_rows(self):
        return [{'key': str(line.id), **line._prepare_row_values()} for line in self.line_ids]

    def _portal_present(self):
        return self._case_answers()

    def _portal_check(self, values, rows):
        """What the rules refuse is no mistake in the form: a line is sent in and answered with its reasons."""
        if not rows:
            return {'lines': self.env._("Please add at least one line.")}
        return {
            f'{row["key"]}.quantity': self.env._("Please enter more than 0.") for row in rows
            if row.get('quantity') is not False and row.get('quantity') is not None and row['quantity'] <= 0}

    def _portal_write(self, values, rows):
        given = dict(values)
        vals = {name: given.pop(name, False) for name in ('debit_number', 'note')}
        files = self.env['ir.attachment'].browse([file['id'] for file in given.pop('proof', False) or []])
        own = files.exists().filtered(lambda file: (file.res_model, file.res_id) == (self._name, self.id))
        present = {str(line.id): line for line in self.line_ids}
        kept = {row['key'] for row in rows}
        commands = [Command.delete(line.id) for key, line in present.items() if key not in kept]
        for number, row in enumerate(rows):
            cells = {name: row.get(name) or False for name, _type in COLUMNS}
            cells.update({name: cells[name] or 0 for name, kind in COLUMNS if kind == 'float'}, sequence=number)
            line = present.get(row['key'])
            commands.append(Command.update(line.id, cells) if line else Command.create(cells))
        self.with_context(tracking_disable=True).write({
            **vals, 'proof_ids': [Command.set(own.ids)], 'extra_answers': given or False, 'line_ids': commands})

    def _portal_can_check(self):
        return True

    def _portal_precheck(self):
        self._check_lines()
        money = self.currency_id.format
        return {'claim_lines': self._portal_lines(), 'claim_checked': self.env._(
            "%(approved)s of %(claimed)s would be approved now.",
            approved=money(self.amount_approved), claimed=money(self.amount_claimed))}

    def _portal_summary(self):
        self.ensure_one()
        if self.debit_number:
            return self.debit_number
        return ', '.join(dict.fromkeys(line.part for line in self.line_ids[:3] if line.part)) or self.display_name

    def _portal_facts(self):
        if not self:
            return []
        money = self.currency_id.format
        facts = [(self.env._("Claimed"), money(self.amount_claimed)), (self.env._("Approved"), money(self.amount_approved))]
        if self.amount_rejected:
            facts.append((self.env._("Refused"), money(self.amount_rejected)))
        if self.amount_pending:
            facts.append((self.env._("Being looked at"), money(self.amount_pending)))
        return facts

    def _portal_actions(self):
        actions = []
        if self.state in ('submitted', 'returned'):
            actions.append({
                'name': 'recall', 'label': self.env._("Take back"),
                'confirm': self.env._("We will not decide on it any more. You can claim again at any time.")})
        if self.state in ('approved', 'partial', 'rejected', 'settled', 'closed') and self.rejected_count:
            actions.append({'name': 'again', 'label': self.env._("Correct the refused lines and claim again"), 'confirm': ''})
        return actions

    def _portal_verbs(self):
        def recall():
            self._recall()
            return self

        return {'recall': recall, 'again': lambda: self.browse(self.action_claim_again()['res_id'])}

    def _portal_lines(self):
        """Return what was decided on each line and by which rules, for the partner's page."""
        states = dict(self.env['pem.claim.line']._fields['state']._description_selection(self.env))
        return [{
            'title': ' · '.join(filter(None, (line.part, line.invoice, line.authorization_number))),
            'state': line.state, 'label': states[line.state],
            'claimed': line.currency_id.format(line.amount_claimed), 'approved': line.currency_id.format(line.amount_approved),
            'reason': line.override_reason or '', 'findings': line._findings(),
        } for line in self.line_ids]


class PemClaimLine(models.Model):
    _inherit = 'pem.claim.line'

    def _prepare_row_values(self):
        """Return the typed cells of the line, as the portal shows them."""
        self.ensure_one()
        values = {name: self[name] for name, _type in COLUMNS}
        values['ship_date'] = values['ship_date'] and values['ship_date'].isoformat()
        # An empty price is no price, not zero.
        return {name: value or False for name, value in values.items()}


class PemGateway(models.AbstractModel):
    _inherit = 'pem.gateway'

    @api.model
    def _page(self, sheet, *args, **kwargs):
        page = super()._page(sheet, *args, **kwargs)
        is_sent = sheet.holder._name == 'pem.claim' and sheet.holder.case_id
        page['claim_lines'] = sheet.holder._portal_lines() if is_sent else []
        return page
