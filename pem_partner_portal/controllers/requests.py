import functools

from werkzeug.exceptions import NotFound
from werkzeug.urls import url_encode

from odoo.exceptions import AccessDenied, MissingError, UserError
from odoo.http import Controller, content_disposition, request, route

from ..models.pem_gateway_files import IMAGES, PREVIEW

XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'


def parse_entries(pairs):
    """Return what a form holds, from the names and values of its inputs, in their order.

    ``answer.<question>`` is an answer (several of one name are a list; the empty one in front of a tick box counts for
    nothing when the box is ticked), ``line.<key>.<column>`` a cell of a line, ``row.<question>.<key>.<column>`` a cell of
    an answer in rows, ``confirm.<question>`` whether what is on file is still right, and ``zone`` the time zone in which
    moments were typed. Anything else is ignored.

    >>> parse_entries([('answer.phone', '1'), ('answer.kinds', ''), ('answer.kinds', 'a'), ('line.7.part', 'BX-17')])
    {'answers': {'phone': '1', 'kinds': 'a'}, 'rows': {'7': {'part': 'BX-17'}}}
    >>> parse_entries([('row.staff', ''), ('row.staff.0.name', 'Kim'), ('confirm.phone', ''), ('confirm.phone', '1')])
    {'answers': {}, 'tables': {'staff': {'0': {'name': 'Kim'}}}, 'confirmed': ['phone']}
    """
    entered = {'answers': {}}
    given = []

    def note(rows, rest, value):
        key, _dot, column = rest.partition('.')
        if key and column:
            given.append((rows.setdefault(key, {}), column, value))

    for name, value in pairs:
        kind, _dot, rest = name.partition('.')
        if kind == 'answer' and rest:
            given.append((entered['answers'], rest, value))
        elif kind == 'line':
            note(entered.setdefault('rows', {}), rest, value)
        elif kind == 'row' and rest:
            table, _dot, rest = rest.partition('.')
            note(entered.setdefault('tables', {}).setdefault(table, {}), rest, value)
        elif kind == 'confirm' and rest:
            confirmed = entered.setdefault('confirmed', [])
            if value:
                confirmed.append(rest)
        elif name == 'zone':
            entered['zone'] = value
    for target, name, value in given:
        before = target.get(name, '')
        if before == '' or value == '':
            target[name] = before or value
        else:
            target[name] = before if isinstance(before, list) else [before]
            target[name].append(value)
    return entered


def page_or_404(method):
    """Answer with "not found" for what does not exist and for what belongs to somebody else, and with the page for
    outdated links to who comes without a login."""
    @functools.wraps(method)
    def guarded(self, *args, **kwargs):
        try:
            return method(self, *args, **kwargs)
        except MissingError as error:
            raise NotFound() from error
        except AccessDenied:
            return self._refuse(*args, **kwargs)
    return guarded


class SheetController(Controller):
    """What pages of tasks and pages of documents share: drafts, files, sending."""

    def _render_sheet(self, page, token=None, **values):
        return request.render('pem_partner_portal.sheet', {
            'page_name': 'pem_sheet', 'page': page, 'token': token, **values})

    def _handle_sheet(self, actor, sheet, token, action):
        """Carry out what was posted to a page with a form, then show it or send the browser on."""
        gateway = request.env['pem.gateway']
        entered = parse_entries(request.httprequest.form.items(multi=True))
        errors = self._take_files(sheet)
        notes = self._take_rows(sheet, entered)
        if action == 'submit' and not errors and not notes:
            errors = gateway._submit(actor, sheet, entered)
            done = {'sent': 1}
        elif not notes:
            gateway._save_draft(sheet, entered)
            kind, _dot, table = (action or '').partition('.')
            done = {'add': table} if kind == 'add' else {'checked': 1} if kind == 'check' else {'saved': 1}
        if not errors and not notes:
            return request.redirect(self._address(sheet, token, **done))
        return self._render_sheet(gateway._page(sheet, errors, notes), token, is_guest=actor.is_guest)

    @staticmethod
    def _keep_draft(sheet, entries):
        """Keep what is typed so far; the answer says whether it is kept, and why not."""
        try:
            request.env['pem.gateway']._save_draft(
                sheet, parse_entries([(str(name), value) for name, value in entries]))
        except UserError as error:
            return {'error': str(error)}
        return {'saved': True}

    def _take_files(self, sheet):
        """Keep the files that came with a posted form (a browser without JavaScript sends them so)."""
        errors = {}
        for name in request.httprequest.files:
            kind, _dot, question = name.partition('.')
            for upload in request.httprequest.files.getlist(name):
                if kind == 'file' and upload.filename:
                    try:
                        request.env['pem.gateway']._upload(sheet, question, upload)
                    except UserError as error:
                        errors[question] = str(error)
        return errors

    def _take_rows(self, sheet, entered):
        """Add the rows of spreadsheets that came with a posted form; return what is to be said about it, by table."""
        uploads = {
            name.partition('.')[2]: upload for name, upload in request.httprequest.files.items()
            if name.startswith('import.') and upload.filename}
        if not uploads:
            return {}
        gateway = request.env['pem.gateway']
        gateway._save_draft(sheet, entered)
        return {table: gateway._append_rows(sheet, table, upload) for table, upload in uploads.items()}

    def _answer_rows(self, sheet, table, text, start):
        """Return the rows of a spreadsheet, uploaded or pasted, as JSON; the page puts them into its table."""
        gateway = request.env['pem.gateway']
        upload = request.httprequest.files.get('file')
        try:
            if upload:
                return request.make_json_response(gateway._read_file(sheet, table, upload))
            return request.make_json_response(gateway._read_paste(sheet, table, text or '', start))
        except MissingError:
            raise
        except UserError as error:
            return request.make_json_response({'error': str(error)})

    def _answer_template(self, sheet, table, kind):
        """Hand out an empty spreadsheet with the headings of a table."""
        name, content = request.env['pem.gateway']._row_template(sheet, table, kind)
        return request.make_response(content, [
            ('Content-Type', {'csv': 'text/csv; charset=utf-8', 'xlsx': XLSX}[kind]),
            ('Content-Disposition', content_disposition(name)), ('X-Content-Type-Options', 'nosniff')])

    def _answer_preview(self, attachment_sudo):
        """Show an image that was attached, made small, and nothing else."""
        if attachment_sudo.mimetype not in IMAGES:
            raise NotFound()
        response = request.env['ir.binary'].sudo()._get_image_stream_from(
            attachment_sudo, 'raw', width=PREVIEW, height=PREVIEW).get_response(as_attachment=False)
        response.headers['Content-Security-Policy'] = "default-src 'none'; sandbox"
        response.headers['X-Content-Type-Options'] = 'nosniff'
        return response

    @staticmethod
    def _address(sheet, token, **arguments):
        if token:
            arguments['access_token'] = token
        return sheet.holder._portal_path() + (f'?{url_encode(arguments)}' if arguments else '')

    def _answer_upload(self, sheet, question):
        """Keep one uploaded file; the answer is JSON, with a sentence where the file is refused."""
        upload = request.httprequest.files.get('file')
        if not upload:
            return request.make_json_response({'error': request.env._("Please choose a file.")})
        try:
            return request.make_json_response(request.env['pem.gateway']._upload(sheet, question, upload))
        except MissingError:
            raise
        except UserError as error:
            return request.make_json_response({'error': str(error)})

    def _answer_file(self, attachment_sudo):
        """Hand out a file as a download, never to be shown inside our own pages."""
        return request.env['ir.binary'].sudo()._get_stream_from(attachment_sudo).get_response(as_attachment=True)


class RequestController(SheetController):
    """Tasks and cases of a partner."""

    def _task(self, task_id, token):
        actor = request.env['pem.gateway']._actor(task_id, token)
        if actor.is_guest and actor.contact.lang:
            # Who comes by a link reads the page in the language of the message.
            request.update_context(lang=actor.contact.lang)
        gateway = request.env['pem.gateway']
        return gateway, actor, gateway._task_sheet(actor, task_id)

    def _refuse(self, task_id, access_token=None, **_kwargs):
        """Somebody without a login came with no link, an outdated or a wrong one."""
        if not access_token:
            return request.redirect('/web/login?' + url_encode({'redirect': request.httprequest.path}))
        task_sudo = request.env['pem.task'].sudo().browse(task_id).exists()
        expired = bool(task_sudo) and task_sudo._check_link(access_token) == 'expired'
        return request.render('pem_partner_portal.link_refused', {
            'expired': expired, 'task_id': task_id, 'token': access_token}, status=403)

    @route('/my/requests/<int:task_id>', type='http', auth='public', website=True, methods=['GET', 'POST'])
    @page_or_404
    def task(self, task_id, access_token=None, action=None, **kwargs):
        gateway, actor, sheet = self._task(task_id, access_token)
        if request.httprequest.method == 'POST':
            if sheet.is_editable:
                return self._handle_sheet(actor, sheet, access_token, action)
            return request.redirect(self._address(sheet, access_token))
        if not sheet.is_editable:
            return request.render('pem_partner_portal.sent', {
                'page_name': 'pem_sheet', 'page': gateway._sent_page(sheet), 'token': access_token,
                'just_sent': bool(kwargs.get('sent')), 'is_guest': actor.is_guest})
        gateway._see(sheet)
        return self._render_sheet(
            gateway._page(sheet, notes={'#add': kwargs.get('add')}), access_token, just_saved=bool(kwargs.get('saved')),
            is_guest=actor.is_guest)

    @route('/my/requests/<int:task_id>/draft', type='jsonrpc', auth='public', website=True)
    def task_draft(self, task_id, entries, access_token=None):
        """Keep a draft while the partner types. ``entries`` are pairs of the names and values of the form's inputs."""
        try:
            _gateway, _actor, sheet = self._task(task_id, access_token)
        except UserError as error:
            return {'error': str(error)}
        return self._keep_draft(sheet, entries)

    @route('/my/requests/<int:task_id>/files/<string:question>', type='http', auth='public', website=True,
           methods=['POST'])
    @page_or_404
    def task_upload(self, task_id, question, access_token=None, **_kwargs):
        _gateway, _actor, sheet = self._task(task_id, access_token)
        return self._answer_upload(sheet, question)

    @route('/my/requests/<int:task_id>/files/<string:question>/<int:file_id>/remove', type='http', auth='public',
           website=True, methods=['POST'])
    @page_or_404
    def task_remove_file(self, task_id, question, file_id, access_token=None, **_kwargs):
        gateway, _actor, sheet = self._task(task_id, access_token)
        gateway._remove_file(sheet, question, file_id)
        return request.redirect(self._address(sheet, access_token))

    @route('/my/requests/<int:task_id>/files/<string:question>/<int:file_id>/restore', type='http', auth='public',
           website=True, methods=['POST'])
    @page_or_404
    def task_restore_file(self, task_id, question, file_id, access_token=None, **_kwargs):
        gateway, _actor, sheet = self._task(task_id, access_token)
        gateway._restore_file(sheet, question, file_id)
        return request.redirect(self._address(sheet, access_token))

    @route('/my/requests/<int:task_id>/files/<int:file_id>/preview', type='http', auth='public', website=True)
    @page_or_404
    def task_preview(self, task_id, file_id, access_token=None, **_kwargs):
        gateway, _actor, sheet = self._task(task_id, access_token)
        return self._answer_preview(gateway._get_file(sheet, file_id))

    @route('/my/requests/<int:task_id>/rows/<string:table>', type='http', auth='public', website=True, methods=['POST'])
    @page_or_404
    def task_rows(self, task_id, table, access_token=None, text=None, start=None, **_kwargs):
        _gateway, _actor, sheet = self._task(task_id, access_token)
        return self._answer_rows(sheet, table, text, start)

    @route('/my/requests/<int:task_id>/rows/<string:table>/template.<string:kind>', type='http', auth='public', website=True)
    @page_or_404
    def task_row_template(self, task_id, table, kind, access_token=None, **_kwargs):
        _gateway, _actor, sheet = self._task(task_id, access_token)
        return self._answer_template(sheet, table, kind)

    @route('/my/requests/<int:task_id>/files/<int:file_id>', type='http', auth='public', website=True)
    @page_or_404
    def task_file(self, task_id, file_id, access_token=None, **_kwargs):
        gateway, _actor, sheet = self._task(task_id, access_token)
        return self._answer_file(gateway._get_file(sheet, file_id))

    @route('/my/requests/<int:task_id>/forward', type='http', auth='public', website=True, methods=['POST'])
    @page_or_404
    def task_forward(self, task_id, access_token=None, name='', email='', comment='', **_kwargs):
        gateway, actor, sheet = self._task(task_id, access_token)
        try:
            gateway._forward(actor, task_id, name, email, comment)
        except MissingError:
            raise
        except UserError as error:
            return self._render_sheet(gateway._page(sheet), access_token, is_guest=actor.is_guest, forward_error=str(error), forward={
                'name': name, 'email': email, 'comment': comment})
        return request.render('pem_partner_portal.forwarded', {'page_name': 'pem_sheet', 'name': name, 'email': email})

    @route('/my/requests/<int:task_id>/renew', type='http', auth='public', website=True, methods=['POST'])
    def task_renew(self, task_id, access_token=None, **_kwargs):
        """Send an outdated link anew, to the address it was sent to before."""
        task_sudo = request.env['pem.task'].sudo().browse(task_id).exists()
        if task_sudo and task_sudo._check_link(access_token) == 'expired':
            task_sudo._renew_link()
        return request.render('pem_partner_portal.link_renewed', {})

    @route('/my/requests/case/<int:case_id>', type='http', auth='user', website=True)
    @page_or_404
    def case(self, case_id, **_kwargs):
        gateway = request.env['pem.gateway']
        return self._render_case(gateway._open_case(gateway._actor(), case_id))

    def _render_case(self, case, **values):
        return request.render('pem_partner_portal.case', {'page_name': 'pem_case', 'case': case, **values})

    @route('/my/requests/case/<int:case_id>/reply', type='http', auth='user', website=True, methods=['POST'])
    @page_or_404
    def case_reply(self, case_id, text='', **_kwargs):
        gateway = request.env['pem.gateway']
        actor = gateway._actor()
        case = gateway._open_case(actor, case_id)
        try:
            gateway._reply(actor, case_id, text, request.httprequest.files.getlist('files'))
        except MissingError:
            raise
        except UserError as error:
            return self._render_case(case, reply_error=str(error), reply_text=text)
        path = gateway._get_case(actor, case_id)._portal_path()
        return request.redirect(f'{path}#conversation')

    @route('/my/requests/case/<int:case_id>/files/<int:file_id>', type='http', auth='user', website=True)
    @page_or_404
    def case_file(self, case_id, file_id, **_kwargs):
        gateway = request.env['pem.gateway']
        return self._answer_file(gateway._get_case_file(gateway._actor(), case_id, file_id))
