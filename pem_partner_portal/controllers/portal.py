from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal, pager


class PemCustomerPortal(CustomerPortal):
    """The entry on /my, and the InTray."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if 'pem_waiting_count' in counters:
            gateway = request.env['pem.gateway']
            values['pem_waiting_count'] = gateway._in_tray_count(gateway._actor())
        return values

    @route(['/my/requests', '/my/requests/page/<int:page>'], type='http', auth='user', website=True)
    def pem_in_tray(self, tab='waiting', page=1, **_kwargs):
        gateway = request.env['pem.gateway']
        tray = gateway._in_tray(gateway._actor(), tab, page)
        return request.render('pem_partner_portal.in_tray', {
            **self._prepare_portal_layout_values(),
            'page_name': 'pem_in_tray',
            'tray': tray,
            'pager': pager(
                '/my/requests', tray['counts'][tray['tab']], tray['page'], tray['page_size'], url_args={'tab': tray['tab']}),
        })
