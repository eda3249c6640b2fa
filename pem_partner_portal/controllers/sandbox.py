from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from .requests import SheetController

#: A picture in the place of a file that was never stored.
PLACEHOLDER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" fill="#dee2e6"/>'
    '<path d="M30 20h24l14 14v42H30z" fill="#fff" stroke="#6c757d" stroke-width="3"/></svg>')


class SandboxController(SheetController):
    """Where the pages of a sandbox lead: for colleagues who may see the form, and nothing is stored."""

    @route('/pem/sandbox/<int:form_id>/page', type='http', auth='user', methods=['GET'], readonly=False)
    def page(self, form_id, partner_id=0, contact_id=0, lang=None, **_kwargs):
        """Show a form as a person of a partner would see it."""
        sandbox, form = self._form(form_id)
        try:
            partner, contact = sandbox._choose(_number(partner_id), _number(contact_id))
        except (AccessError, MissingError, UserError) as error:
            raise NotFound() from error
        installed = dict(request.env['res.lang'].get_installed())
        html = sandbox._preview_page(form, partner, contact, lang if lang in installed else None)
        return request.make_response(html, headers=[
            ('Content-Type', 'text/html; charset=utf-8'), ('Cache-Control', 'no-store'),
            ('X-Frame-Options', 'SAMEORIGIN'), ('Content-Security-Policy', "frame-ancestors 'self'; form-action 'none'")])

    @route('/pem/sandbox/<int:form_id>/draft', type='jsonrpc', auth='user')
    def draft(self, form_id, **_kwargs):
        """Keep nothing, and say so."""
        self._form(form_id)
        return {'saved': True}

    @route('/pem/sandbox/<int:form_id>/files/<string:question>', type='http', auth='user', methods=['POST'])
    def upload(self, form_id, question, **_kwargs):
        """Look at a file as the portal would, and forget it; the answer names it as the portal does."""
        sandbox, form = self._form(form_id)
        upload = request.httprequest.files.get('file')
        return request.make_json_response(sandbox._look_at_file(form, question, upload))

    @route('/pem/sandbox/<int:form_id>/rows/<string:table>', type='http', auth='user', methods=['POST'])
    def rows(self, form_id, table, text=None, start=None, **_kwargs):
        """Read the rows of a spreadsheet for the page."""
        sandbox, form = self._form(form_id)
        with sandbox._preview_sheet(form, *sandbox._choose()) as (_gateway, _actor, sheet):
            return self._answer_rows(sheet, table, text, start)

    @route('/pem/sandbox/<int:form_id>/rows/<string:table>/template.<string:kind>', type='http', auth='user', methods=['GET'])
    def row_template(self, form_id, table, kind, **_kwargs):
        """Hand out an empty spreadsheet."""
        sandbox, form = self._form(form_id)
        with sandbox._preview_sheet(form, *sandbox._choose()) as (_gateway, _actor, sheet):
            return self._answer_template(sheet, table, kind)

    @route(['/pem/sandbox/<int:form_id>/files/<int(signed=True):file_id>',
            '/pem/sandbox/<int:form_id>/files/<int(signed=True):file_id>/preview'], type='http', auth='user', methods=['GET'])
    def file(self, form_id, file_id, **_kwargs):
        """Show a picture instead of a file that was not kept."""
        self._form(form_id)
        return request.make_response(PLACEHOLDER, headers=[('Content-Type', 'image/svg+xml')])

    @staticmethod
    def _form(form_id):
        sandbox = request.env['pem.sandbox']
        try:
            return sandbox, sandbox._check_form(form_id)
        except (AccessError, MissingError, UserError) as error:
            raise NotFound() from error


def _number(text):
    return int(text) if str(text).isdecimal() else None
