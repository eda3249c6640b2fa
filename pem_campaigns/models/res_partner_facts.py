from odoo import api, models

#: Whose ``write`` on partners, besides Odoo's own, was read: none does anything about `PLAIN_FIELDS`.
READ_WRITES = {
    'odoo.orm.models',
    *(f'odoo.addons.{path}' for path in (
        'account.models.partner', 'base.models.res_partner', 'base_geolocalize.models.res_partner', 'base_vat.models.res_partner',
        'mail.models.mail_thread', 'mail_plugin.models.res_partner', 'partnership.models.res_partner',
        'snailmail.models.res_partner', 'website_sale.models.res_partner')),
}
PLAIN_FIELDS = {'comment', 'email', 'function', 'phone', 'properties'}


class ResPartner(models.Model):
    """How partners get what campaigns learned about them."""

    _inherit = 'res.partner'

    def _pem_write_each(self, values_by_partner):
        """Write values of their own on many partners; what Odoo and other apps derive from them happens as with ``write``.

        Partners that get the same values share a ``write``. Where they differ, there would be one for each partner, of which
        nine tenths is looking for work that plain contact details do not cause (addresses to pass on to contacts,
        accounts to check). So fields which no ``write`` that we know reacts to are put where ``write`` puts them, and
        computed fields, constraints and the author of the change follow for all partners at once. As soon as an addon
        or an automation rule that we do not know has a ``write`` on partners, each partner is written by it.

        :param values_by_partner: ``{partner id: {field name: value}}``; ``properties`` has all the values of a partner
        """
        if not values_by_partner:
            return
        partners = self.browse(values_by_partner).with_context(tracking_disable=True)
        partners.fetch()
        by_values = partners.grouped(lambda partner: tuple(map(repr, values_by_partner[partner.id].items())))
        names = {name for values in values_by_partner.values() for name in values}
        if len(by_values) == 1 or not self._pem_plainly_written(names):
            for same in by_values.values():
                same.write(dict(values_by_partner[same[0].id]))
        else:
            partners._pem_write_plainly(values_by_partner, names)
        partners._recompute_recordset()
        if not self.env['pem.bulk.mixin']._send_changes(partners):
            partners.flush_recordset()

    @api.model
    def _pem_plainly_written(self, names):
        writers = {vars(owner)['write'].__module__ for owner in type(self).mro() if 'write' in vars(owner)}
        synced = {*self._address_fields(), *self._commercial_fields(), *self._synced_commercial_fields()}
        return writers <= READ_WRITES and names <= PLAIN_FIELDS - synced and not any(
            self._fields[name].inverse or self._fields[name].company_dependent or self._fields[name].translate for name in names)

    def _pem_write_plainly(self, values_by_partner, names):
        for name in sorted(names):
            field = self._fields[name]
            given = {partner_id: field.convert_to_cache(values[name], self)
                     for partner_id, values in values_by_partner.items() if name in values}
            self.env.remove_to_compute(field, self)
            field._get_cache(self.env).update(given)
            self.env._field_dirty[field].update(given)
        for name, value in (('write_uid', self.env.uid), ('write_date', self.env.cr.now())):
            self._fields[name].write(self, value)
        self.modified([*names, 'write_uid', 'write_date'])
        self._validate_fields(names)
