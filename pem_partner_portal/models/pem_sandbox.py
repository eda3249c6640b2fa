from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import MissingError, UserError
from odoo.http import request

from .pem_gateway import Actor

#: Attributes of a request that say how templates look to their reader.
SEEN_BY_TEMPLATES = ('env', 'is_frontend', 'is_frontend_multilang', 'lang')


class PemSandbox(models.AbstractModel):
    """A transaction that never ends well: whatever happens in it is seen there, and by nobody else.

    In it the engine and the gateway work as always, with records that are really created, until all is rolled back. What
    would get out of the transaction is held back by those who would let it out, see ``sandbox_guards``: they find
    ``pem_sandbox`` in the context.
    """

    _name = 'pem.sandbox'
    _description = "Sandbox"

    @contextmanager
    def _sandbox(self, **context):
        """Yield an environment of the current user in a transaction of its own, which is rolled back in any case.

        :param context: further keys, for everything that happens in it
        """
        cr = self.env.registry.cursor()
        cr.commit = _refuse_to_commit
        try:
            yield api.Environment(cr, self.env.uid, {**self.env.context, **context, 'pem_sandbox': True})
        finally:
            cr.rollback()
            cr.close()

    # Who plays

    @api.model
    def _check_partner(self, partner_id):
        """Return the chosen partner, as far as the reader may see it.

        :raises UserError: when there is none
        """
        partner = self.env['res.partner'].browse(partner_id).exists()
        if not partner:
            raise UserError(self.env._("Please choose a partner."))
        partner.check_access('read')
        return partner

    @api.model
    def _contacts(self, partner):
        """Return the people of a partner who may be asked, the one who is asked by itself first."""
        asked = partner._pem_find_contacts().get(partner, partner)
        people = self.env['res.partner'].search([
            ('commercial_partner_id', '=', partner.commercial_partner_id.id), ('type', '=', 'contact'),
            '|', ('is_company', '=', False), ('id', '=', partner.id)], limit=50)
        return asked | people

    @api.model
    def _choose(self, partner_id=None, contact_id=None):
        """Return ``(partner, contact)`` to play, somebody likely when none is chosen."""
        if partner_id:
            partner = self._check_partner(partner_id)
        else:
            login = self.env['res.users'].sudo().search(
                [('share', '=', True), ('partner_id.parent_id', '!=', False)], order='id', limit=1)
            company_partner = self.env['res.partner'].search([('id', '=', login.partner_id.commercial_partner_id.id)])
            partner = company_partner or self.env['res.partner'].search([('is_company', '=', True)], order='id', limit=1)
            partner = partner or self.env.user.partner_id
        contacts = self._contacts(partner)
        contact = contacts.filtered(lambda one: one.id == contact_id)
        if contact_id and not contact:
            raise MissingError(self.env._("This person does not belong to “%s” any more.", partner.display_name))
        return partner, contact or contacts[:1]

    @api.model
    def _describe_players(self, partner, contact):
        """Return what the choice of the player shows: ``{'partner_id', 'contact_id', 'contacts', 'languages', 'lang'}``."""
        languages = self.env['res.lang'].get_installed()
        lang = contact.lang or self.env.lang
        return {
            'partner_id': partner.id,
            'contact_id': contact.id,
            'contacts': [{'id': one.id, 'name': one.name or one.display_name} for one in self._contacts(partner)],
            'languages': languages,
            'lang': lang if lang in dict(languages) else languages[0][0],
        }

    @staticmethod
    def _play(env, task, lang=None):
        """Return ``(gateway, actor)`` of whoever is asked by a task, as a request of theirs would have them.

        :param env: that of the sandbox
        """
        contact = task.sudo().contact_id or task.sudo().partner_id
        user = contact.user_ids.filtered('active')[:1]
        gateway = env['pem.gateway'].with_user(user or env.ref('base.public_user')).with_context(
            lang=lang or contact.lang or env.lang, tz=user.tz or contact.tz or env.context.get('tz'))
        contact_sudo = gateway.env['res.partner'].sudo().browse(contact.id)
        if user:
            return gateway, Actor(contact_sudo, contact_sudo.commercial_partner_id)
        return gateway, Actor(contact_sudo, task.sudo().partner_id.with_env(contact_sudo.env), task.id)

    # Pages

    @staticmethod
    def _render_page(gateway, template, values):
        """Return the HTML of a page as a request of the player's would get it; '' when there is no request at all."""
        if not request:
            return ''
        before = {name: getattr(request, name) for name in SEEN_BY_TEMPLATES if hasattr(request, name)}
        env = gateway.env
        try:
            request.env = env
            request.is_frontend, request.is_frontend_multilang = True, False
            request.lang = env['res.lang']._get_data(code=env.lang or 'en_US')
            return str(env['ir.ui.view']._render_template(template, {
                'request': request, 'page_name': 'pem_sheet', 'is_sandbox': True, **values}))
        finally:
            for name in SEEN_BY_TEMPLATES:
                if name in before:
                    setattr(request, name, before[name])
                elif hasattr(request, name):
                    delattr(request, name)

    @classmethod
    def _render_sheet(cls, gateway, actor, sheet, errors=None, **values):
        """Return the HTML of the page with a form, or of the page after it was sent."""
        if sheet.is_editable:
            return cls._render_page(gateway, 'pem_partner_portal.sheet', {
                'page': gateway._page(sheet, errors), 'is_guest': actor.is_guest, **values})
        return cls._render_page(gateway, 'pem_partner_portal.sent', {
            'page': gateway._sent_page(sheet), 'is_guest': actor.is_guest, **values})


def _refuse_to_commit():
    raise RuntimeError("What happens in a sandbox is never committed.")
