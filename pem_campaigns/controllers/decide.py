from werkzeug.exceptions import NotFound
from werkzeug.urls import url_encode

from odoo.http import Controller, request, route


class DecideController(Controller):
    """Where the link in an approver's e-mail leads."""

    @route('/pem/decide/<int:task_id>', type='http', auth='public', methods=['GET', 'POST'], website=True, sitemap=False)
    def decide(self, task_id, token=None, decision=None, comment='', done=None, **_kwargs):
        """Show what waits for a decision; only a confirmed form decides.

        The link tells who decides. Whoever opens it logs in as that person, unless the sponsor lets the link stand for that.
        """
        Task = request.env['pem.task']
        user, valid = Task._read_decision_token(task_id, token)
        if not user or not Task.sudo().browse(task_id).exists():
            raise NotFound()
        guest = request.env.user._is_public()
        if guest and not Task._allows_decisions_without_login():
            return request.redirect('/web/login?' + url_encode({'redirect': self._address(task_id, token)}))
        if not guest and request.env.user != user:
            return self._render({'refused': 'person'}, 403)
        if guest:
            request.update_context(lang=user.lang)
        if not valid:
            return self._render({'refused': 'expired', 'task_id': task_id}, 410)
        task = Task.with_user(user).browse(task_id)
        if not task.has_access('read'):
            raise NotFound()
        error = ''
        if request.httprequest.method == 'POST':
            comment = comment.strip()
            error = task._decide_by_page(decision, comment)
            if not error:
                return request.redirect(self._address(task_id, token, done=1))
        return self._render({**task._decision_page(), 'token': token, 'comment': comment, 'error': error, 'done': done})

    @staticmethod
    def _address(task_id, token, **further):
        return f'/pem/decide/{task_id}?' + url_encode({'token': token, **further})

    @staticmethod
    def _render(values, status=200):
        response = request.render('pem_campaigns.decision_page', values, status=status)
        # The address is a key: nobody else gets to see it.
        response.headers['Referrer-Policy'] = 'no-referrer'
        response.headers['Cache-Control'] = 'no-store'
        response.headers['X-Robots-Tag'] = 'noindex'
        return response
