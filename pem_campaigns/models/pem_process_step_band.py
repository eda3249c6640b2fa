import bisect

from odoo import api, fields, models
from odoo.tools import formatLang

from ..engine import flow

NUMBERS = ('integer', 'float', 'monetary')


class PemProcessStepBand(models.Model):
    """Who has to act from an amount on, up to where the next band begins."""

    _name = 'pem.process.step.band'
    _description = "Amount Band of a Process Step"
    _inherit = ['pem.process.step.part']
    _order = 'step_id, amount_from, id'

    amount_from = fields.Monetary(string="From", currency_field='currency_id', required=True)
    currency_id = fields.Many2one(related='step_id.band_currency_id')
    model = fields.Char(related='step_id.model')
    approver_kind = fields.Selection([
        ('user', "Persons"), ('group', "Members of a group"), ('path', "Person found on the record"),
    ], string="Who", required=True, default='user')
    approver_user_ids = fields.Many2many('res.users', string="Persons", domain="[('share', '=', False)]")
    approver_group_id = fields.Many2one('res.groups', string="Group", ondelete='restrict')
    approver_path = fields.Char(string="Field", help="Path to a user, such as partner_id.user_id.")

    _once = models.Constraint('UNIQUE (step_id, amount_from)', "Two bands begin at the same amount.")

    @api.depends('amount_from', 'currency_id')
    def _compute_display_name(self):
        for band in self:
            band.display_name = self.env._("from %s", band._format(band.amount_from))

    def _format(self, amount):
        currency = self.currency_id or self.env.company.currency_id
        return formatLang(self.env, amount, currency_obj=currency)

    def _name_approvers(self, cases):
        """Return ``{case: users}`` whom this band names."""
        self.ensure_one()
        band_sudo = self.sudo()
        return self.step_id._look_up(
            cases, self.approver_kind, band_sudo.approver_user_ids, band_sudo.approver_group_id, self.approver_path)

    def _problems(self):
        """Return the sentences that say what this band lacks before its process can be published."""
        self.ensure_one()
        step = self.step_id
        named = {'user': self.approver_user_ids, 'group': self.approver_group_id, 'path': self.approver_path}
        if not named[self.approver_kind]:
            return [self.env._("“%(step)s” does not say who has to act %(band)s.", step=step.name, band=self.display_name)]
        if self.approver_kind == 'path' and not step._path_is_user(self.approver_path):
            return [self.env._("“%(step)s” looks for a user in “%(path)s”, which leads to none.",
                               step=step.name, path=self.approver_path)]
        return []


class PemProcessStep(models.Model):
    """Who has to act depends on an amount."""

    _inherit = 'pem.process.step'

    approver_kind = fields.Selection(selection_add=[('band', "By amount")], ondelete={'band': 'set default'})
    amount_path = fields.Char(
        string="Amount", help="The number that decides: an answer, such as answers.amount, or a field of the record.")
    band_currency_id = fields.Many2one(
        'res.currency', string="Currency of the bands", default=lambda self: self.env.company.currency_id, ondelete='restrict',
        help="Amounts in another currency are converted at the date of the case.")
    band_scope = fields.Selection([
        ('band', "Those of the band it falls into"), ('up_to', "Everybody up to that band"),
    ], string="Asks", required=True, default='band')
    band_ids = fields.One2many('pem.process.step.band', 'step_id', string="Bands", copy=True)

    def _name_approvers(self, cases):
        if self.approver_kind != 'band':
            return super()._name_approvers(cases)
        named = dict.fromkeys(cases, self.env['res.users'])
        for band, some in self._sort_into_bands(cases).items():
            for case, users in band._name_approvers(some).items():
                named[case] += users - named[case]
        return named

    def _group_members(self):
        if self.approver_kind != 'band':
            return super()._group_members()
        kinds = set(self.band_ids.mapped('approver_kind'))
        if 'group' not in kinds or 'path' in kinds:
            # Whoever is found on a record need not be a member of anything.
            return None
        return self.sudo().band_ids.approver_user_ids | self.sudo().band_ids.approver_group_id.all_user_ids

    def _sort_into_bands(self, cases):
        """Return ``{band: cases}`` of the cases that a band asks about, from the lowest band on."""
        self.ensure_one()
        bands = self.band_ids.sorted(lambda band: (band.amount_from, band.id))
        starts = [band.amount_from for band in bands]
        sorted_in = dict.fromkeys(bands, cases.browse())
        for case, amount in self._read_amounts(cases).items():
            index = -1 if amount is None else bisect.bisect_right(starts, amount) - 1
            if index >= 0:
                for band in bands[:index + 1] if self.band_scope == 'up_to' else bands[index]:
                    sorted_in[band] |= case
        return sorted_in

    def _read_amounts(self, cases):
        """Return ``{case: amount}`` in the currency of the bands, None where there is none."""
        self.ensure_one()
        cases_sudo = cases.sudo()
        Subject = self.env[self.process_id.model].sudo()
        key = 'id' if Subject._name == 'pem.case' else 'res_id'
        by_id = {subject.id: subject for subject in Subject.browse([case[key] for case in cases_sudo if case[key]])}
        *way, last = (self.amount_path or '').split('.')
        owners = {}
        for case in cases_sudo:
            owner = by_id.get(case[key], Subject)
            for name in way:
                if owner._fields[name].type == 'properties':
                    break
                owner = owner[name][:1]
            owners[case] = owner
        if way and self._fields_along(way)[-1].type == 'properties':
            read = self._read_properties(owners, way[-1], last)
        else:
            read = self._read_field(owners, last)
        rates = {}
        amounts = {}
        for case, case_sudo in zip(cases, cases_sudo, strict=True):
            amount, currency = read[case_sudo]
            if amount is not None:
                currency = currency or case_sudo.company_id.currency_id
                change = (currency, case_sudo.company_id, fields.Date.to_date(case_sudo.date_start))
                if change not in rates:
                    rates[change] = 1 if currency == self.band_currency_id else currency._get_conversion_rate(
                        currency, self.band_currency_id, *change[1:])
                amount = self.band_currency_id.round(amount * rates[change])
            amounts[case] = amount
        return amounts

    @api.model
    def _read_field(self, owners, name):
        """Return ``{case: (number, currency)}`` of a field of the records that ``owners`` gives for each case."""
        read = {}
        for case, owner in owners.items():
            field = owner._fields[name]
            currency = owner[field.get_currency_field(owner)] if owner and field.type == 'monetary' else None
            read[case] = (owner[name] if owner else None, currency)
        return read

    @api.model
    def _read_properties(self, owners, field_name, name):
        """Return ``{case: (number, currency)}`` of a property; the properties of all records are read at once."""
        if not owners:
            return {}
        records = next(iter(owners.values())).union(*owners.values())
        values = {row['id']: {entry['name']: entry for entry in row[field_name]} for row in records.read([field_name])}
        read = {}
        for case, owner in owners.items():
            entry = values.get(owner.id, {}).get(name, {})
            value = entry.get('value')
            currency_field = entry.get('currency_field') if entry.get('type') == 'monetary' else None
            given = isinstance(value, (int, float)) and not isinstance(value, bool)
            read[case] = (value if given else None, owner[currency_field] if currency_field else None)
        return read

    def _stop_for_want_of_approvers(self, cases, nobody, where):
        if self.approver_kind != 'band':
            super()._stop_for_want_of_approvers(cases, nobody, where)
            return
        amounts = self._read_amounts(cases)
        bands = self.band_ids.sorted('amount_from')
        for reason, some in cases.grouped(lambda case: self._describe_gap(bands, amounts[case], nobody)).items():
            some._stop(self, reason, where)

    def _describe_gap(self, bands, amount, nobody):
        """Return why nobody was found for an amount."""
        if amount is None:
            return self.env._("“%(step)s” asks by amount, but “%(amount)s” is empty.",
                              step=self.name, amount=self._path_label(self.amount_path or ''))
        reached = bands.filtered(lambda band: band.amount_from <= amount)
        if not reached:
            return self.env._(
                "“%(step)s” asks nobody about %(amount)s: its bands begin at %(first)s.",
                step=self.name, amount=bands._format(amount), first=bands[:1]._format(bands[:1].amount_from))
        return self.env._("%(nobody)s Its amount, %(amount)s, is in the band %(band)s.",
                          nobody=nobody, amount=reached._format(amount), band=reached[-1].display_name)

    def _path_is_number(self):
        *way, last = (self.amount_path or '').split('.')
        before = self._fields_along(way)
        if before is None or not last:
            return False
        if before and before[-1].type == 'properties':
            if before[-1].name == 'answers' and before[-1].model_name == 'pem.case':
                # What a version's answers are is settled when it is published.
                return any(entry['name'] == last and entry['type'] in NUMBERS
                           for entry in self.process_id.step_ids.form_id._answers_definition())
            return self.env[before[-1].model_name].get_property_definition(f'{before[-1].name}.{last}').get('type') in NUMBERS
        found = self._fields_along([*way, last])
        return bool(found) and found[-1].type in NUMBERS and found[-1].name != 'id'

    def _problems(self):
        found = super()._problems()
        if self.kind not in (flow.APPROVAL, flow.TODO) or self.approver_kind != 'band':
            return found
        if not self._path_is_number():
            numbers = [f'answers.{entry["name"]}' for entry in self.process_id.step_ids.form_id._answers_definition()
                       if entry['type'] in NUMBERS]
            found.append(
                self.env._("“%(step)s” asks by amount, but “%(path)s” leads to no number. Numbers that are asked for: %(numbers)s.",
                           step=self.name, path=self.amount_path or '', numbers=', '.join(numbers)) if numbers
                else self.env._("“%(step)s” asks by amount, but “%(path)s” leads to no number.",
                                step=self.name, path=self.amount_path or ''))
        if not self.band_currency_id:
            found.append(self.env._("“%s” does not say in which currency its bands are.", self.name))
        first = self.band_ids.sorted('amount_from')[:1]
        if not first:
            found.append(self.env._("“%s” asks by amount, but has no bands.", self.name))
        elif first.amount_from:
            found.append(self.env._("The first band of “%s” has to begin at 0, so that no amount is left out.", self.name))
        for band in self.band_ids:
            found += band._problems()
        return found
