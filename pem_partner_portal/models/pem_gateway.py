from dataclasses import dataclass

from odoo import api, models
from odoo.exceptions import AccessDenied, MissingError
from odoo.fields import Domain


@dataclass(frozen=True)
class Actor:
    """Who knocks at the door: a person, the partner they act for, and for a guest the one task their link opens."""

    contact: models.Model
    partner: models.Model
    task_id: int | None = None

    @property
    def is_guest(self):
        return self.task_id is not None


class PemGateway(models.AbstractModel):
    """The only door between partners and the engine.

    Portal and public users have no access right on any PEM model. Every verb here finds out who asks and for which
    partner, looks the wanted record up *within* what that partner may reach, and only then works as superuser on it.
    What does not exist and what belongs to somebody else look the same: :class:`~odoo.exceptions.MissingError`.

    Verbs are private methods, so none can be called over RPC; controllers parse a request, call one verb and render the
    plain values it returns.
    """

    _name = 'pem.gateway'
    _description = "Partner Gateway"

    # Who asks

    @api.model
    def _actor(self, task_id=None, token=None):
        """Return the :class:`Actor` behind the current request.

        A login counts before a link: who is logged in and may reach the task acts under their own name.

        :param task_id: the task that is asked for, if it is one
        :param token: what came with the link of a message
        :raises AccessDenied: when nobody is logged in and no link says who asks
        """
        user = self.env.user
        if not user._is_public():
            contact = user.partner_id
            actor = Actor(contact.sudo(), contact.sudo().commercial_partner_id)
            if not token or not task_id or self._find_tasks(actor, Domain('id', '=', task_id)):
                return actor
        task_sudo = self.env['pem.task'].sudo().browse(task_id).exists() if task_id else None
        if task_sudo and task_sudo._check_link(token) == 'valid':
            return Actor(task_sudo.contact_id, task_sudo.partner_id, task_sudo.id)
        if user._is_public():
            raise AccessDenied()
        return actor

    def _acting(self, actor):
        """Return the gateway that works for ``actor``: as superuser, and naming a guest in the timeline."""
        gateway = self.sudo()
        return gateway.with_context(pem_guest=actor.contact.name) if actor.is_guest else gateway

    # What they may reach

    @api.model
    def _get_partner_domain(self, actor, path='partner_id'):
        """Return the domain of what concerns the actor's partner: the company's own, and the actor's personal things."""
        return Domain(path, 'in', (actor.partner | actor.contact).ids)

    @api.model
    def _get_task_domain(self, actor):
        """Return the domain of the tasks an actor may reach: the partner's side of their cases, a guest's one task."""
        domain = Domain('side', '=', 'partner') & Domain('kind', '=', 'form')
        if actor.is_guest:
            return domain & Domain('id', '=', actor.task_id)
        return domain & self._get_partner_domain(actor)

    @api.model
    def _find_tasks(self, actor, domain=Domain.TRUE, **options):
        return self._acting(actor).env['pem.task'].search(self._get_task_domain(actor) & domain, **options)

    @api.model
    def _get_case_domain(self, actor):
        """Return the domain of the cases an actor may reach; a guest reaches none beside their task."""
        return Domain.FALSE if actor.is_guest else self._get_partner_domain(actor)

    @api.model
    def _find_cases(self, actor, domain=Domain.TRUE, **options):
        return self._acting(actor).env['pem.case'].search(self._get_case_domain(actor) & domain, **options)

    @api.model
    def _document_models(self):
        """Return ``{slug: model name}`` of the documents partners may work on in the portal."""
        mixin = self.env.registry['pem.case.mixin']
        return {
            model._portal_slug: name for name, model in self.env.registry.items()
            if issubclass(model, mixin) and not model._abstract and model._portal_slug}

    @api.model
    def _document_model(self, slug):
        """Return the (empty) document model of a slug.

        :raises MissingError: when there is none
        """
        name = self._document_models().get(slug)
        if not name:
            raise self._missing()
        return self.env[name].sudo()

    @api.model
    def _find_documents(self, actor, slug, domain=Domain.TRUE, **options):
        Document = self._document_model(slug)
        if actor.is_guest:
            return Document.browse()
        return Document.search(self._get_partner_domain(actor) & domain, **options)

    # One of them, or the same answer for "no such thing" and "not yours"

    @api.model
    def _get_task(self, actor, task_id):
        return self._one(self._find_tasks(actor, Domain('id', '=', task_id)))

    @api.model
    def _get_case(self, actor, case_id):
        return self._one(self._find_cases(actor, Domain('id', '=', case_id)))

    @api.model
    def _get_document(self, actor, slug, document_id):
        return self._one(self._find_documents(actor, slug, Domain('id', '=', document_id)))

    @api.model
    def _one(self, record):
        if not record:
            raise self._missing()
        return record

    @api.model
    def _missing(self):
        return MissingError(self.env._("This page does not exist, or it is not meant for you."))
