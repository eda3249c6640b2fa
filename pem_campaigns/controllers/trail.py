import json

from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError, MissingError
from odoo.http import Controller, content_disposition, request, route


class TrailController(Controller):
    """Audit trails for auditors outside Odoo."""

    @route('/pem/trail/<string:case_ids>', type='http', auth='user', readonly=True)
    def trail(self, case_ids, **_kwargs):
        """Hand out the trails of cases that the reader may see; what is not theirs looks as if it did not exist."""
        ids = [int(one) for one in case_ids.split(',') if one.isdecimal()]
        cases = request.env['pem.case'].browse(ids)
        try:
            cases.check_access('read')
            documents = cases.exists()._trail_documents()
        except (AccessError, MissingError) as error:
            raise NotFound() from error
        if not documents:
            raise NotFound()
        name = documents[0]['case'].replace('/', '-') if len(documents) == 1 else 'cases'
        return request.make_response(json.dumps(documents, ensure_ascii=False, indent=1), headers=[
            ('Content-Type', 'application/json; charset=utf-8'),
            ('Content-Disposition', content_disposition(f'audit-trail-{name}.json')),
        ])
