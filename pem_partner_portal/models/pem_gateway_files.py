import re
from pathlib import PurePath

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools.mimetypes import guess_mimetype

#: What an upload may hold, by the ending of its name. Both have to agree.
FILE_TYPES = {
    'pdf': {'application/pdf'},
    'png': {'image/png'},
    'jpg': {'image/jpeg'},
    'jpeg': {'image/jpeg'},
    'webp': {'image/webp'},
    'txt': {'text/plain'},
    'csv': {'text/plain', 'text/csv', 'application/csv'},
    'docx': {'application/vnd.openxmlformats-officedocument.wordprocessingml.document'},
    'xlsx': {'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'},
    'pptx': {'application/vnd.openxmlformats-officedocument.presentationml.presentation'},
    'odt': {'application/vnd.oasis.opendocument.text'},
    'ods': {'application/vnd.oasis.opendocument.spreadsheet'},
}
DEFAULT_TYPES = 'pdf, png, jpg, jpeg, webp, txt, csv, docx, xlsx, pptx, odt, ods'
DEFAULT_MEGABYTES = 10
DEFAULT_FILES = 10


class PemGateway(models.AbstractModel):
    """Files: checked by their content, kept with what they answer, and handed out to nobody else."""

    _inherit = 'pem.gateway'

    @api.model
    def _upload_types(self):
        """Return the endings a file may have: those of the settings that we can check the content of."""
        wanted = self.env['ir.config_parameter'].sudo().get_param('pem_partner_portal.upload_types') or DEFAULT_TYPES
        return [ending for ending in re.findall(r'[a-z0-9]+', wanted.lower()) if ending in FILE_TYPES]

    @api.model
    def _upload_limits(self):
        """Return ``(bytes of one file, files of one question)``."""
        Settings = self.env['res.config.settings']
        megabytes = Settings._pem_portal_parameter('upload_megabytes', DEFAULT_MEGABYTES)
        return megabytes * 1024 * 1024, Settings._pem_portal_parameter('upload_files', DEFAULT_FILES)

    @api.model
    def _check_upload(self, upload):
        """Read an upload and make sure that it is what it says.

        :param upload: werkzeug's ``FileStorage``
        :return: ``(name, bytes, mimetype)``
        :raises ValidationError: in words for the reader
        """
        name = re.sub(r'[\x00-\x1f\x7f<>:"|?*]', '', PurePath((upload.filename or '').replace('\\', '/')).name).strip()
        name = name[-120:] or 'file'
        limit, _files = self._upload_limits()
        content = upload.stream.read(limit + 1)
        if len(content) > limit:
            raise ValidationError(self.env._(
                "“%(name)s” is larger than %(limit)s MB.", name=name, limit=limit // 1024 // 1024))
        if not content:
            raise ValidationError(self.env._("“%s” is empty.", name))
        ending = PurePath(name).suffix.lower().lstrip('.')
        allowed = self._upload_types()
        if ending not in allowed:
            raise ValidationError(self.env._(
                "“%(name)s” is of a kind we cannot take. Please send one of: %(kinds)s.",
                name=name, kinds=', '.join(allowed)))
        mimetype = guess_mimetype(content, default='application/octet-stream')
        if mimetype not in FILE_TYPES[ending]:
            raise ValidationError(self.env._(
                "“%(name)s” does not hold what its name says. Please save it again as %(kind)s.",
                name=name, kind=ending.upper()))
        return name, content, mimetype

    @api.model
    def _upload(self, sheet, question_name, upload):
        """Keep a file as (part of) the answer to a question.

        :param sheet: an open :class:`~.pem_gateway_sheet.Sheet`
        :return: ``{'id', 'name', 'size'}``
        :raises ValidationError: in words for the reader
        """
        question = sheet.question(question_name)
        if question.value_type != 'file' or not sheet.is_open(question_name):
            raise self._missing()
        files = list(sheet.raw.get(question_name) or [])
        _bytes, most = self._upload_limits()
        if len(files) >= most:
            raise ValidationError(self.env._("At most %s files can be attached here.", most))
        name, content, mimetype = self._check_upload(upload)
        holder = sheet.holder
        attachment = holder.env['ir.attachment'].create({
            'name': name, 'raw': content, 'mimetype': mimetype, 'res_model': holder._name, 'res_id': holder.id})
        file = {'id': attachment.id, 'name': name, 'size': len(content)}
        self._store(sheet, {**sheet.raw, question_name: [*files, file]})
        if sheet.case:
            sheet.case._log('file_added', {sheet.case: {'name': name}})
        return file

    @api.model
    def _remove_file(self, sheet, question_name, attachment_id):
        """Take a file back. What was sent before stays with the submission it was sent in."""
        question = sheet.question(question_name)
        files = list(sheet.raw.get(question_name) or [])
        removed = next((file for file in files if file['id'] == attachment_id), None)
        if question.value_type != 'file' or not removed or not sheet.is_open(question_name):
            raise self._missing()
        self._store(sheet, {**sheet.raw, question_name: [file for file in files if file is not removed]})
        if attachment_id not in sheet.sent_file_ids():
            sheet.holder.env['ir.attachment'].browse(attachment_id).unlink()
        if sheet.case:
            sheet.case._log('file_removed', {sheet.case: {'name': removed['name']}})

    @api.model
    def _get_file(self, sheet, attachment_id):
        """Return (as superuser) a file that was attached to a sheet or sent with it."""
        attached = {
            file['id'] for name in sheet.file_questions() for file in sheet.raw.get(name) or []} | sheet.sent_file_ids()
        return self._one(sheet.holder.env['ir.attachment'].browse(attachment_id if attachment_id in attached else []))
