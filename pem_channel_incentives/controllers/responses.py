from werkzeug.exceptions import BadRequest, NotFound

from odoo.exceptions import UserError
from odoo.http import Controller, content_disposition, request, route

from ..models.pem_claim_response import RESPONSES


def download(name, content, kind):
    return request.make_response(content, [
        ('Content-Type', kind), ('Content-Length', len(content)), ('X-Content-Type-Options', 'nosniff'),
        ('Content-Disposition', content_disposition(name))])


class ResponseController(Controller):
    """Answers to claims, and the status of authorizations, as files for our own users."""

    @route('/pem/claims/<int:claim_id>/response/<string:kind>', type='http', auth='user')
    def claim_response(self, claim_id, kind):
        claim = request.env['pem.claim'].browse(claim_id).exists()
        if kind not in RESPONSES or not claim or not claim.has_access('read'):
            raise NotFound()
        try:
            return download(*claim._response(kind))
        except UserError as error:
            raise BadRequest(str(error)) from error

    @route('/pem/special-pricing/status', type='http', auth='user')
    def authorization_status(self, ids=''):
        wanted = [int(one) for one in ids.split(',') if one.isascii() and one.isdigit() and len(one) < 10]
        Request = request.env['pem.special.pricing']
        requests = Request.search([('id', 'in', wanted), ('authorization_number', '!=', False)]) if Request.has_access('read') else Request
        if not requests:
            raise NotFound()
        return download('authorizations.845.edi', Request._status_845(requests), RESPONSES['x12'])
