from odoo import http
from odoo.http import request


class PemHook(http.Controller):
    """Where other systems report that something happened for which a case waits."""

    @http.route('/pem/hook/<string:token>', type='http', auth='public', methods=['POST'], csrf=False, save_session=False)
    def receive(self, token, **form):
        """Let a case go on. Sent twice, it counts once; the first and the second call get an answer of 200.

        What nothing waits for, and what we never handed out, look alike: 404.
        """
        Task = request.env['pem.task'].with_context(pem_guest=request.env._("Another system")).sudo()
        case, _step = Task._read_hook_token(token)
        if not case:
            return self._answer('not found', 404)
        limit = request.env['res.config.settings'].sudo()._pem_hook_limit()
        if (request.httprequest.content_length or 0) > limit:
            return self._answer('too large', 413, limit=limit)
        payload = Task._read_hook_payload(request.httprequest.get_data(cache=True), form)
        status = Task.with_company(case.company_id)._receive_hook(
            token, payload, request.httprequest.headers.get('Idempotency-Key'))
        return self._answer(status or 'not found', 200 if status else 404)

    def _answer(self, status, code, **further):
        return request.make_json_response({'status': status, **further}, status=code)
