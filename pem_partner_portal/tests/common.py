import io

from werkzeug.datastructures import FileStorage

from odoo.addons.pem_campaigns.tests.common import PemCase

PDF = b'%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n'


class PortalCase(PemCase):
    """The world of ``pem_campaigns`` with its campaign launched: one open task for each of two partners."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign.with_user(cls.manager).action_launch()
        cls.acme_case, cls.brown_case = (
            cls.campaign.case_ids.filtered(lambda case, partner=partner: case.partner_id == partner)
            for partner in (cls.acme, cls.brown))
        cls.acme_task, cls.brown_task = cls.acme_case.task_ids, cls.brown_case.task_ids

    def gateway(self, user=None):
        """Return the gateway as a user's request has it."""
        return self.env['pem.gateway'].with_user(user or self.acme_user)

    def sheet(self, task=None, user=None):
        """Return ``(gateway, actor, sheet)`` of a task, as its page has them."""
        gateway = self.gateway(user)
        actor = gateway._actor()
        return gateway, actor, gateway._task_sheet(actor, (task or self.acme_task).id)

    def send(self, answers=None, task=None, user=None):
        """Submit answers (texts, as a browser sends them); return the errors."""
        gateway, actor, sheet = self.sheet(task, user)
        return gateway._submit(actor, sheet, {'answers': answers or {
            'phone': '+1 617 555 0199', 'tier': 'gold', 'seats': '12', 'remark': 'Hello'}})

    def page(self, task=None, user=None):
        gateway, _actor, sheet = self.sheet(task, user)
        return gateway._page(sheet)

    def entry(self, name, task=None):
        return next(entry for entry in self.page(task)['entries'] if entry['name'] == name)


def upload(name, content=PDF):
    """Return a file as a request brings it."""
    return FileStorage(io.BytesIO(content), filename=name)
