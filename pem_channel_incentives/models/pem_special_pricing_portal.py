from odoo import Command, api, models
from odoo.fields import Domain
from odoo.tools.sql import escape_psql


class PemSpecialPricing(models.Model):
    """What partners see of their special pricing requests; see ``pem.case.mixin`` of the portal for the contract."""

    _inherit = 'pem.special.pricing'

    _portal_slug = 'special-pricing'
    _portal_report = 'pem_channel_incentives.action_report_special_pricing'

    @api.model
    def _portal_texts(self):
        return {
            'title': self.env._("Special prices"),
            'new': self.env._("Ask for a special price"),
            'help': self.env._("A customer needs a better price? Tell us for whom and for which parts."),
            'empty': self.env._("You have not asked for a special price yet."),
            'lines': self.env._("Parts and prices"),
        }

    @api.model
    def _portal_create(self, partner, contact):
        company = partner.company_id or self.env.company
        untouched = self.sudo().search([
            ('contact_id', '=', contact.id), ('company_id', '=', company.id), ('state', '=', 'draft'), ('case_id', '=', False),
            ('requested_by_id', '=', self.env.uid), ('portal_draft_date', '=', False), ('line_ids', '=', False)], limit=1)
        if untouched:
            # Whoever asks twice without having written anything gets the same empty page.
            return untouched
        return self.sudo().with_company(company).create({
            'partner_id': partner.id,
            'contact_id': contact.id,
            'company_id': company.id,
            'requested_by_id': self.env.uid,
        })

    def _portal_columns(self):
        currency = (self.currency_id or self.env.company.currency_id).name
        texts = {
            'part': {'help_text': self.env._("Our part number, or the number of the barcode.")},
            'requested_cost': {'help_text': self.env._("The price at which you want to buy one from us.")},
            'resale_price': {'help_text': self.env._("The price at which you are going to sell one.")},
            'competitor_price': {'required': False, 'help_text': self.env._("The price somebody else offers, if you know it.")},
        }
        prices = ('requested_cost', 'resale_price', 'competitor_price')
        Field = self.env['pem.form.field']
        return Field.concat(*(Field.new({
            'name': name, 'value_type': value_type, 'required': True, 'minimum': 0,
            'label': f'{label[:1].upper()}{label[1:]}' + (f' ({currency})' if name in prices else ''),
            **texts.get(name, {}),
        }) for name, (label, value_type) in self._line_columns().items()))

    def _portal_rows(self):
        offered = self.state == 'returned' and self.date_offered
        return [{'key': str(line.id), **line._prepare_row_values(), **(line._prepare_offered_values() if offered else {})}
                for line in self.line_ids]

    def _portal_present(self):
        return self._case_answers()

    def _portal_check(self, values, rows):
        errors = self._check_values(values)
        if not rows:
            errors['lines'] = self.env._("Please add at least one part.")
        _products, faults = self._find_products(rows)
        errors.update({f'{key}.part': sentence for key, sentence in faults.items()})
        for row in rows:
            # What could not be read as a number is refused by the form already, and is False here.
            quantity = row.get('quantity')
            if quantity is not False and quantity is not None and quantity <= 0:
                errors[f'{row["key"]}.quantity'] = self.env._("Please enter more than 0.")
            for name in ('requested_cost', 'resale_price', 'competitor_price'):
                if (row.get(name) or 0) < 0:
                    errors[f'{row["key"]}.{name}'] = self.env._("Please enter 0 or more.")
        return errors

    def _portal_write(self, values, rows):
        products, _faults = self._find_products(rows)
        given = dict(values)
        vals = {field: given.pop(name, False) for name, field in self._field_questions(self._portal_form()).items()}
        vals['type'] = vals['type'] or self.type
        files = self.env['ir.attachment'].browse([file['id'] for file in given.pop('end_customer_order', False) or []])
        own = files.exists().filtered(lambda file: (file.res_model, file.res_id) == (self._name, self.id))
        self.with_context(tracking_disable=True).write({
            **vals,
            'end_customer_order_ids': [Command.set(own.ids)],
            'extra_answers': given or False,
            'line_ids': self.env['pem.special.pricing.line']._row_commands(self.line_ids, rows, products),
        })

    def _portal_facts(self):
        if not self.authorization_number:
            return []
        facts = [
            (self.env._("Authorization number"), self.authorization_number),
            (self.env._("Valid"), self._format_validity()),
        ]
        for line in self.line_ids:
            facts.append((line._part(), self.env._(
                "%(quantity)s at %(cost)s, resale price %(resale)s; %(remaining)s left",
                quantity=line._format_quantity(line.authorized_quantity), cost=line._format_price(line.authorized_cost),
                resale=line._format_price(line.authorized_resale),
                remaining=line._format_quantity(line.remaining_quantity))))
        return facts

    def _portal_summary(self):
        return self._summary()

    def _portal_can_print(self):
        return bool(self.authorization_number)

    def _portal_actions(self):
        actions = []
        if self.state in ('submitted', 'returned'):
            actions.append({
                'name': 'recall', 'label': self.env._("Take back"),
                'confirm': self.env._("We will not decide on it any more. You can ask again at any time.")})
        going_on = self.successor_ids.filtered(lambda request: request.state not in ('draft', 'rejected', 'cancelled', 'recalled'))
        if self.state in ('active', 'exhausted', 'expired') and not going_on:
            actions += [
                {'name': 'extension', 'label': self.env._("Ask for more time"), 'confirm': ''},
                {'name': 'requote', 'label': self.env._("Ask for another price"), 'confirm': ''}]
        return actions

    def _portal_verbs(self):
        def recall():
            self._recall()
            return self
        return {
            'recall': recall, 'extension': lambda: self._succeed('extension'), 'requote': lambda: self._succeed('requote')}

    # Parts

    def _find_products(self, rows):
        """Find the products that rows name: by part number, else barcode, else exact name.

        A part number may be written in capitals or not. A line keeps its product as long as its part number stays.

        :return: ``({row key: product}, {row key: sentence for the partner})``
        """
        present = {str(line.id): line for line in self.line_ids}
        products, faults, wanted = {}, {}, {}
        for row in rows:
            line, part = present.get(row['key']), row.get('part') or ''
            if line and line._part() == part:
                products[row['key']] = line.product_id
            elif part:
                wanted[row['key']] = part
        matches = self._match_parts(set(wanted.values()))
        for key, part in wanted.items():
            found = matches[part]
            if len(found) == 1:
                products[key] = found
            elif found:
                faults[key] = self.env._("“%s” is more than one part. Please give the full part number.", part)
            else:
                faults[key] = self.env._("We do not know a part “%s”. Please check the part number.", part)
        taken = {}
        for row in rows:
            product = products.get(row['key'])
            if product and taken.setdefault(product, row['key']) != row['key']:
                faults[row['key']] = self.env._("This part is listed above already. Please put the quantities together.")
        return products, faults

    def _match_parts(self, parts):
        """Return ``{part: products}`` among the products that this company sells."""
        if not parts:
            return {}
        ours = Domain('sale_ok', '=', True) & Domain('company_id', 'in', (False, (self.company_id or self.env.company).id))
        Product = self.env['product.product'].sudo()
        names = Domain.OR(
            Domain('default_code', '=ilike', escape_psql(part)) | Domain('barcode', '=', part) | Domain('name', '=', part)
            for part in parts)
        candidates = Product.search(ours & names)

        def tiers(part):
            yield lambda product: product.default_code == part
            yield lambda product: (product.default_code or '').lower() == part.lower()
            yield lambda product: product.barcode == part
            yield lambda product: product.name == part

        return {part: next(filter(None, map(candidates.filtered, tiers(part))), Product) for part in parts}
