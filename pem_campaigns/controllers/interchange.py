import re

from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError, MissingError
from odoo.http import Controller, content_disposition, request, route


class InterchangeController(Controller):
    """Processes for other BPM tools."""

    @route('/pem/process/<int:process_id>/bpmn', type='http', auth='user')
    def bpmn(self, process_id, **_kwargs):
        """Hand out a process that the reader may see; what is not theirs looks as if it did not exist."""
        process = request.env['pem.process'].browse(process_id)
        try:
            process.check_access('read')
            content = process._bpmn()
        except (AccessError, MissingError) as error:
            raise NotFound() from error
        name = re.sub(r'[\\/:*?"<>|]+', '-', f'{process.name} v{process.version}')
        return request.make_response(content, headers=[
            ('Content-Type', 'application/bpmn+xml; charset=utf-8'),
            ('Content-Disposition', content_disposition(f'{name}.bpmn')),
        ])
