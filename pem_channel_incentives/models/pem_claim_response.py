from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.pem_partner_portal.engine import spreadsheet

from ..engine import x12_response

#: Formats of the answer, with the type of their content.
RESPONSES = {
    'x12': 'application/edi-x12', 'csv': 'text/csv; charset=utf-8',
    'xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}


class PemClaim(models.Model):
    """The answer to a claim as a file: for people, and for the partner's system."""

    _inherit = 'pem.claim'

    def action_response_x12(self):
        return self._response_action('x12')

    def action_response_csv(self):
        return self._response_action('csv')

    def action_response_xlsx(self):
        return self._response_action('xlsx')

    def _response_action(self, kind):
        self.ensure_one()
        self.check_access('read')
        self._check_decided()
        return {'type': 'ir.actions.act_url', 'url': f'/pem/claims/{self.id}/response/{kind}', 'target': 'download'}

    def _check_decided(self):
        for claim in self:
            if claim.state not in ('approved', 'partial', 'settled', 'closed', 'rejected'):
                raise UserError(self.env._("%s is not decided yet.", claim.display_name))

    def _response(self, kind):
        """Return ``(name, content, content type)`` of the answer to a decided claim.

        :param kind: a key of ``RESPONSES``
        :raises UserError: when the claim is not decided yet
        """
        self.ensure_one()
        self._check_decided()
        name = f'{self.name.replace("/", "-")}.{kind if kind != "x12" else "849.edi"}'
        if kind == 'x12':
            content = b''.join(x12_response.write_849(
                self.debit_number or self.name, (self.date_decided or fields.Datetime.now()).date(), self._response_lines(),
                currency=self.currency_id.name, sender=str(self.company_id.id), receiver=str(self.partner_id.id), control=self.id))
        else:
            write = spreadsheet.write_csv if kind == 'csv' else spreadsheet.write_xlsx
            content = write(*self._response_table())
        return name, content, RESPONSES[kind]

    def _response_lines(self):
        def exact(value):
            return Decimal(repr(value or 0.0))

        return [x12_response.ResponseLine(
            number=str(number), authorization=line.authorization_number or '', part=line.part or '', quantity=exact(line.quantity),
            approved_quantity=exact(abs(line.approved_quantity)), claimed=exact(line.amount_claimed), approved=exact(line.amount_approved),
            codes=tuple((line.codes or '').split(', ')) if line.codes and line.state != 'overridden' else (), invoice=line.invoice or '',
            is_return=line.is_return) for number, line in enumerate(self.line_ids, 1)]

    def _response_table(self):
        """Return ``(headings, rows)``."""
        Line = self.env['pem.claim.line']
        names = ('authorization_number', 'part', 'quantity', 'ship_date', 'invoice', 'end_customer', 'amount_claimed',
                 'amount_calculated', 'amount_approved', 'amount_rejected', 'codes', 'reason', 'state')
        described = Line.fields_get(names, ['string'])
        states = dict(Line._fields['state']._description_selection(self.env))
        return [described[name]['string'] for name in names], [
            [states[line.state] if name == 'state' else line[name] or (0 if Line._fields[name].type in ('float', 'monetary') else None)
             for name in names] for line in self.line_ids]

    def _portal_downloads(self):
        if self.state not in ('approved', 'partial', 'settled', 'closed', 'rejected'):
            return []
        return [
            {'kind': 'xlsx', 'label': self.env._("Answer as a spreadsheet")}, {'kind': 'x12', 'label': self.env._("Answer as X12 849")}]

    def _portal_download(self, kind):
        return self._response(kind)


class PemSpecialPricing(models.Model):
    """The status of authorizations as a file."""

    _inherit = 'pem.special.pricing'

    @api.model
    def _status_845(self, requests):
        """Return the X12 845 that tells a partner how these authorizations stand."""
        states = {'expired': 'expired', 'cancelled': 'cancelled', 'replaced': 'cancelled'}
        lines = [x12_response.StatusLine(
            authorization=request.authorization_number, part=line._part(), authorized_cost=Decimal(repr(line.authorized_cost)),
            authorized_resale=Decimal(repr(line.authorized_resale)) if line.authorized_resale else None,
            authorized_quantity=Decimal(repr(line.authorized_quantity)), remaining_quantity=Decimal(repr(line.remaining_quantity)),
            unit='EA', valid_from=request.valid_from or None, valid_to=request.valid_to or None,
            state=states.get(request.state, 'active'))
            for request in requests.filtered('authorization_number') for line in request.line_ids]
        return b''.join(x12_response.write_845(
            fields.Date.to_string(fields.Date.context_today(self)).replace('-', ''), fields.Date.context_today(self), lines,
            currency=requests[:1].currency_id.name or '', sender=str(requests[:1].company_id.id), receiver=str(requests[:1].partner_id.id)))

    def action_status_845(self):
        """Download how the selected authorizations stand, as X12 845, for one partner.

        :raises UserError: when there is none among them, or they are of several partners or currencies
        """
        self.check_access('read')
        authorized = self.filtered('authorization_number')
        if not authorized:
            raise UserError(self.env._("None of the requests is authorized."))
        if len(authorized.partner_id) > 1 or len(authorized.currency_id) > 1:
            raise UserError(self.env._("Choose authorizations of one partner in one currency: a message goes to one receiver."))
        return {
            'type': 'ir.actions.act_url', 'target': 'download',
            'url': f'/pem/special-pricing/status?ids={",".join(map(str, authorized.ids))}'}
