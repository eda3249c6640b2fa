from odoo.exceptions import UserError
from odoo.http import content_disposition, request, route

from odoo.addons.portal.controllers.portal import pager

from .requests import SheetController, page_or_404


class DocumentController(SheetController):
    """Requests that partners make of their own accord: any model that has a ``_portal_slug``."""

    def _document(self, slug, document_id):
        gateway = request.env['pem.gateway']
        actor = gateway._actor()
        return gateway, actor, gateway._document_sheet(actor, slug, document_id)

    @route(['/my/requests/<string:slug>', '/my/requests/<string:slug>/page/<int:page>'], type='http', auth='user',
           website=True)
    @page_or_404
    def documents(self, slug, page=1, **_kwargs):
        gateway = request.env['pem.gateway']
        listing = gateway._document_list(gateway._actor(), slug, page)
        return request.render('pem_partner_portal.documents', {
            'page_name': 'pem_documents',
            'listing': listing,
            'pager': pager(f'/my/requests/{slug}', listing['count'], listing['page'], listing['page_size']),
        })

    @route('/my/requests/<string:slug>/new', type='http', auth='user', website=True, methods=['POST'])
    @page_or_404
    def document_new(self, slug, **_kwargs):
        gateway = request.env['pem.gateway']
        return request.redirect(gateway._new_document(gateway._actor(), slug)._portal_path())

    @route('/my/requests/<string:slug>/<int:document_id>', type='http', auth='user', website=True,
           methods=['GET', 'POST'])
    @page_or_404
    def document(self, slug, document_id, action=None, **kwargs):
        gateway, actor, sheet = self._document(slug, document_id)
        if request.httprequest.method == 'POST':
            if sheet.is_editable:
                return self._handle_sheet(actor, sheet, None, action)
            return request.redirect(self._address(sheet, None))
        if not sheet.is_editable:
            return request.render('pem_partner_portal.sent', {
                'page_name': 'pem_sheet', 'page': gateway._sent_page(sheet), 'just_sent': bool(kwargs.get('sent'))})
        gateway._see(sheet)
        errors, found = gateway._precheck(sheet) if kwargs.get('checked') else ({}, {})
        page = {**gateway._page(sheet, errors, {'#add': kwargs.get('add')}), **found}
        return self._render_sheet(page, just_saved=bool(kwargs.get('saved')))

    @route('/my/requests/<string:slug>/<int:document_id>/discard', type='http', auth='user', website=True,
           methods=['POST'])
    @page_or_404
    def document_discard(self, slug, document_id, **_kwargs):
        gateway, _actor, sheet = self._document(slug, document_id)
        gateway._discard_document(sheet)
        return request.redirect(f'/my/requests/{slug}')

    @route('/my/requests/<string:slug>/<int:document_id>/do/<string:action>', type='http', auth='user', website=True,
           methods=['POST'])
    @page_or_404
    def document_do(self, slug, document_id, action, **_kwargs):
        gateway = request.env['pem.gateway']
        return request.redirect(gateway._act_on_document(gateway._actor(), slug, document_id, action)._portal_path())

    @route('/my/requests/<string:slug>/<int:document_id>/print', type='http', auth='user', website=True)
    @page_or_404
    def document_print(self, slug, document_id, **_kwargs):
        gateway = request.env['pem.gateway']
        content, ending = gateway._print_document(gateway._actor(), slug, document_id)
        kind = 'application/pdf' if ending == 'pdf' else 'text/html; charset=utf-8'
        return request.make_response(content, [('Content-Type', kind), ('Content-Length', len(content))])

    @route('/my/requests/<string:slug>/<int:document_id>/download/<string:kind>', type='http', auth='user', website=True)
    @page_or_404
    def document_download(self, slug, document_id, kind, **_kwargs):
        gateway = request.env['pem.gateway']
        name, content, content_type = gateway._download_document(gateway._actor(), slug, document_id, kind)
        return request.make_response(content, [
            ('Content-Type', content_type), ('Content-Length', len(content)), ('X-Content-Type-Options', 'nosniff'),
            ('Content-Disposition', content_disposition(name))])

    @route('/my/requests/<string:slug>/<int:document_id>/draft', type='jsonrpc', auth='user', website=True)
    def document_draft(self, slug, document_id, entries, access_token=None):
        try:
            _gateway, _actor, sheet = self._document(slug, document_id)
        except UserError as error:
            return {'error': str(error)}
        return self._keep_draft(sheet, entries)

    @route('/my/requests/<string:slug>/<int:document_id>/files/<string:question>', type='http', auth='user',
           website=True, methods=['POST'])
    @page_or_404
    def document_upload(self, slug, document_id, question, **_kwargs):
        _gateway, _actor, sheet = self._document(slug, document_id)
        return self._answer_upload(sheet, question)

    @route('/my/requests/<string:slug>/<int:document_id>/files/<string:question>/<int:file_id>/remove', type='http',
           auth='user', website=True, methods=['POST'])
    @page_or_404
    def document_remove_file(self, slug, document_id, question, file_id, **_kwargs):
        gateway, _actor, sheet = self._document(slug, document_id)
        gateway._remove_file(sheet, question, file_id)
        return request.redirect(self._address(sheet, None))

    @route('/my/requests/<string:slug>/<int:document_id>/files/<string:question>/<int:file_id>/restore', type='http',
           auth='user', website=True, methods=['POST'])
    @page_or_404
    def document_restore_file(self, slug, document_id, question, file_id, **_kwargs):
        gateway, _actor, sheet = self._document(slug, document_id)
        gateway._restore_file(sheet, question, file_id)
        return request.redirect(self._address(sheet, None))

    @route('/my/requests/<string:slug>/<int:document_id>/files/<int:file_id>/preview', type='http', auth='user', website=True)
    @page_or_404
    def document_preview(self, slug, document_id, file_id, **_kwargs):
        gateway, _actor, sheet = self._document(slug, document_id)
        return self._answer_preview(gateway._get_file(sheet, file_id))

    @route('/my/requests/<string:slug>/<int:document_id>/rows/<string:table>', type='http', auth='user', website=True,
           methods=['POST'])
    @page_or_404
    def document_rows(self, slug, document_id, table, text=None, start=None, **_kwargs):
        _gateway, _actor, sheet = self._document(slug, document_id)
        return self._answer_rows(sheet, table, text, start)

    @route('/my/requests/<string:slug>/<int:document_id>/rows/<string:table>/template.<string:kind>', type='http', auth='user',
           website=True)
    @page_or_404
    def document_row_template(self, slug, document_id, table, kind, **_kwargs):
        _gateway, _actor, sheet = self._document(slug, document_id)
        return self._answer_template(sheet, table, kind)

    @route('/my/requests/<string:slug>/<int:document_id>/files/<int:file_id>', type='http', auth='user', website=True)
    @page_or_404
    def document_file(self, slug, document_id, file_id, **_kwargs):
        gateway, _actor, sheet = self._document(slug, document_id)
        return self._answer_file(gateway._get_file(sheet, file_id))
