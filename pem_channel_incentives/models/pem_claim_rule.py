from datetime import date
from decimal import Decimal

from markupsafe import Markup

from odoo import api, models
from odoo.tools.misc import format_date, formatLang

from ..engine import claim_replay


class PemClaimLine(models.Model):
    """What each rule found, in the words of the reader."""

    _inherit = 'pem.claim.line'

    @api.depends('facts')
    @api.depends_context('lang')
    def _compute_findings_html(self):
        for line in self:
            line.findings_html = Markup('').join(
                Markup('<div class="d-flex gap-2 py-1"><i class="fa %s mt-1" title="%s"></i><div><div>%s</div>'
                       '<div class="text-muted small">%s</div></div></div>') % (
                    'fa-check text-success' if found['holds'] else 'fa-times text-danger', found['result'], found['text'], found['detail'])
                for found in line._findings()) or False

    @api.depends('facts', 'state', 'override_reason')
    @api.depends_context('lang')
    def _compute_reason(self):
        for line in self:
            failed = [found['text'] for found in line._findings() if not found['holds']]
            line.reason = line.override_reason or '; '.join(failed) or False

    def _findings(self):
        """Return ``[{'holds', 'code', 'rule', 'text', 'detail', 'result'}]`` of the rules that looked at something.

        The decision is taken again on the facts that were kept, by the version of the rules that took it.
        """
        self.ensure_one()
        if not self.facts:
            return []
        try:
            decision = claim_replay.replay(self.facts)
        except claim_replay.UnknownVersion:
            return []
        sentences, labels = self._rule_sentences(), self._rule_labels()
        found = []
        # What does not hold is what the reader looks for.
        for finding in sorted(decision.findings, key=lambda finding: finding.holds):
            values = {name: self._told(value) for name, value in finding.inputs.items()}
            text = labels.get(finding.rule, finding.rule)
            detail = sentences[finding.rule](values) if finding.rule in sentences else finding.formula
            found.append({
                'holds': finding.holds, 'rule': finding.rule, 'code': finding.code,
                'text': text if finding.holds else self.env._("Not so: %(rule)s (reason %(code)s)", rule=text, code=finding.code),
                'detail': detail, 'result': self.env._("Holds") if finding.holds else self.env._("Does not hold")})
        return found

    def _told(self, value):
        if isinstance(value, Decimal):
            least = 2 if value != value.to_integral_value() else 0
            return formatLang(self.env, float(value), digits=max(least, -value.normalize().as_tuple().exponent))
        if isinstance(value, date):
            return format_date(self.env, value)
        if isinstance(value, (list, tuple)):
            names = self._fact_names()
            return ', '.join(names.get(one, str(one)) for one in value)
        return str(value) if value not in (None, False, '') else '–'

    @api.model
    def _fact_names(self):
        """Return what people call the facts that can be missing."""
        return {
            'authorization': self.env._("authorization"), 'part': self.env._("part"), 'quantity': self.env._("quantity"),
            'ship_date': self.env._("day of shipment"), 'invoice': self.env._("invoice"), 'book_cost': self.env._("book cost"),
        }

    @api.model
    def _rule_labels(self):
        """Return ``{rule: what it asks}``."""
        return {
            'data_complete': self.env._("Everything needed is there"),
            'currency_matches': self.env._("Same currency as the authorization"),
            'unit_matches': self.env._("Same unit as the authorization"),
            'authorization_exists': self.env._("The authorization exists"),
            'authorization_not_withdrawn': self.env._("The authorization was not withdrawn"),
            'authorization_not_expired': self.env._("Shipped before the authorization ended"),
            'shipped_after_issue': self.env._("Shipped after the authorization began"),
            'rebilled_after_authorization': self.env._("Billed again after it was authorized"),
            'not_on_sales_order': self.env._("Not used on a sales order of ours"),
            'not_pending': self.env._("The authorization is not in review"),
            'ship_date_valid': self.env._("The day of shipment is a date"),
            'ship_date_not_in_future': self.env._("Shipped already"),
            'inside_window': self.env._("Claimed in time"),
            'part_known': self.env._("We know the part"),
            'part_authorized': self.env._("The part is on the authorization"),
            'customer_matches': self.env._("Sold to the authorized end customer"),
            'party_matches': self.env._("Claimed by the authorized partner"),
            'balance_left': self.env._("Something is left of the authorized quantity"),
            'quantity_covered': self.env._("The quantity is covered"),
            'resale_price': self.env._("Sold for no more than authorized"),
            'authorized_cost': self.env._("The cost claimed is the authorized cost"),
            'book_cost': self.env._("The book cost is ours"),
            'authorized_below_basis': self.env._("The authorized cost is below the cost it starts from"),
            'meet_comp_cost': self.env._("Not below the competitor's price"),
            'invoice_not_claimed': self.env._("The invoice was not claimed before"),
            'sequence_not_claimed': self.env._("The line was not claimed before"),
            'no_price_protection': self.env._("No price protection paid for it"),
            'debit_number': self.env._("The debit number has the agreed form"),
            'price_known': self.env._("There is a price to start from"),
            'amount': self.env._("The amount claimed is what we calculate"),
        }

    @api.model
    def _rule_sentences(self):
        """Return ``{rule: function of the values}``: what was compared, with the numbers."""
        return {
            'data_complete': lambda v: self.env._("missing: %s", v['missing']) if v['missing'] else '',
            'currency_matches': lambda v: self.env._("%(currency)s, authorized in %(authorized_currency)s", **v),
            'unit_matches': lambda v: self.env._("%(unit)s, authorized in %(authorized_unit)s", **v),
            'authorization_exists': lambda v: v['authorization'],
            'authorization_not_withdrawn': lambda v: v['authorization'],
            'authorization_not_expired': lambda v: self.env._("shipped %(ship_date)s, valid until %(valid_to)s", **v),
            'shipped_after_issue': lambda v: self.env._("shipped %(ship_date)s, valid from %(valid_from)s", **v),
            'rebilled_after_authorization': lambda v: self.env._("billed again %(rebill_date)s, authorized %(issued)s", **v),
            'not_on_sales_order': lambda v: v['sales_order'],
            'not_pending': lambda v: v['authorization'],
            'ship_date_valid': lambda v: v['ship_date'],
            'ship_date_not_in_future': lambda v: self.env._("shipped %(ship_date)s, today is %(today)s", **v),
            'inside_window': lambda v: self.env._("shipped %(ship_date)s, claimed %(claim_date)s; the last day was %(last)s", **v),
            'part_known': lambda v: v['part'],
            'part_authorized': lambda v: self.env._("%(part)s on %(authorization)s", **v),
            'customer_matches': lambda v: self.env._("sold to “%(customer)s”, authorized for “%(authorized_customer)s”", **v),
            'party_matches': lambda v: '',
            'balance_left': lambda v: self.env._("%s left", v['remaining']),
            'quantity_covered': lambda v: self.env._("claimed %(quantity)s, left %(remaining)s", **v),
            'resale_price': lambda v: self.env._(
                "sold at %(resale_price)s; authorized %(authorized_resale)s + %(tolerance)s %% = %(limit)s", **v),
            'authorized_cost': lambda v: self.env._("claimed %(claimed_cost)s, authorized %(authorized_cost)s", **v),
            'book_cost': lambda v: self.env._("claimed %(book_cost)s, ours %(our_book_cost)s", **v),
            'authorized_below_basis': lambda v: self.env._("authorized %(authorized_cost)s, starting from %(basis)s", **v),
            'meet_comp_cost': lambda v: self.env._("authorized %(authorized_cost)s, competitor %(competitor_price)s", **v),
            'invoice_not_claimed': lambda v: self.env._("invoice %(invoice)s; earlier claim: %(earlier)s", **v),
            'sequence_not_claimed': lambda v: v['earlier'],
            'no_price_protection': lambda v: v['price_protection'],
            'debit_number': lambda v: v['debit_number'],
            'price_known': lambda v: self.env._("missing: %s", v['missing']),
            'amount': lambda v: self.env._("claimed %(claimed)s, calculated %(calculated)s; %(difference)s apart, %(tolerance)s agreed", **v),
        }
