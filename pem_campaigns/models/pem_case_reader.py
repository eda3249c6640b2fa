from odoo import api, models


class PemCase(models.Model):
    """Who looks at a form: what its conditions may read beside what the case is about."""

    _inherit = 'pem.case'

    @api.model
    def _partner_facts(self, partners):
        """With the id, by which a form finds the people of the partner."""
        facts = super()._partner_facts(partners)
        for partner, known in facts.items():
            known['partner']['id'] = partner.id
        return facts

    @api.model
    def _reader_facts(self, contact, is_guest=False):
        """Return ``{'reader': facts}`` about who looks at a form, to be joined with the facts about the partner.

        :param contact: ``res.partner`` of the person
        :param is_guest: whether they came by the link of a message, without logging in
        """
        contact_sudo = contact.sudo()
        return {'reader': {
            'role': contact_sudo.function or False,
            'is_guest': is_guest,
            'is_administrator': self._is_administrator(contact, is_guest),
            'country_code': (contact_sudo.country_id or contact_sudo.commercial_partner_id.country_id).code or False,
            'language': contact_sudo.lang or False,
        }}

    @api.model
    def _is_administrator(self, contact, is_guest=False):
        """Say whether a person acts for the whole of their company: who uses its own login does."""
        return not is_guest and contact == contact.sudo().commercial_partner_id
