import re
from pathlib import PurePath

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools.mimetypes import guess_mimetype

from odoo.addons.pem_campaigns.engine import answers

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
#: Endings of images, and what browsers show of them.
IMAGE_TYPES = ['png', 'jpg', 'jpeg', 'webp']
IMAGES = {mimetype for ending in IMAGE_TYPES for mimetype in FILE_TYPES[ending]}
#: Points to each side of a preview.
PREVIEW = 512
DEFAULT_TYPES = 'pdf, png, jpg, jpeg, webp, txt, csv, docx, xlsx, pptx, odt, ods'
DEFAULT_MEGABYTES = 10
DEFAULT_FILES = 10


class PemGateway(models.AbstractModel):
    """Files: checked by their content, kept with what they answer, and handed out to nobody else."""

    _inherit = 'pem.gateway'

    @api.model
    def _upload_types(self, question=None):
        """Return the endings a file may have: those of the settings that we can check the content of, or fewer."""
        wanted = self.env['ir.config_parameter'].sudo().get_param('pem_partner_portal.upload_types') or DEFAULT_TYPES
        types = self._endings(wanted)
        own = [ending for ending in question._file_endings() if ending in FILE_TYPES] if question else []
        if question and question.value_type != 'file':
            # What an image or a signature is does not depend on the settings.
            return [ending for ending in own if ending in IMAGE_TYPES]
        return [ending for ending in own if ending in types] or types

    @staticmethod
    def _endings(text):
        return [ending for ending in re.findall(r'[a-z0-9]+', text.lower()) if ending in FILE_TYPES]

    @api.model
    def _upload_limits(self, question=None):
        """Return ``(bytes of one file, files of one question)``; a question may set narrower ones than the settings."""
        Settings = self.env['res.config.settings']
        megabytes = Settings._pem_portal_parameter('upload_megabytes', DEFAULT_MEGABYTES)
        most = Settings._pem_portal_parameter('upload_files', DEFAULT_FILES)
        if question:
            megabytes = min(megabytes, question.max_megabytes or megabytes)
            most = 1 if question.value_type == 'signature' else min(most, question.max_files or most)
        return megabytes * 1024 * 1024, most

    def _add_files(self, sheet, question, entry):
        """Add to an entry what its page says about files: limits, kinds, what was sent before and is not attached now."""
        limit, most = self._upload_limits(question)
        types = self._upload_types(question)
        entry['limits'] = {
            'megabytes': limit // 1024 // 1024, 'most': most, 'types': ', '.join(types),
            'accept': ','.join(f'.{ending}' for ending in types)}
        attached = {file['id'] for file in entry['files']}
        entry['files'] = [self._file_view(file) for file in entry['files']]
        entry['earlier'] = [
            file for file in {file['id']: file for file in sheet.sent_files(question.name)}.values()
            if file['id'] not in attached] if entry['is_open'] else []

    @staticmethod
    def _file_view(file):
        """Return a file of an answer with what a page needs to show it."""
        mimetype = next(iter(sorted(FILE_TYPES.get(PurePath(file['name']).suffix.lower().lstrip('.'), ()))), '')
        return {**file, 'mimetype': mimetype, 'is_image': mimetype in IMAGES, 'is_pdf': mimetype == 'application/pdf'}

    @api.model
    def _check_upload(self, upload, question=None, endings=None):
        """Read an upload and make sure that it is what it says.

        :param upload: werkzeug's ``FileStorage``
        :param question: the question it answers, which may have limits of its own
        :param endings: what it may be, whatever the settings say
        :return: ``(name, bytes, mimetype)``
        :raises ValidationError: in words for the reader
        """
        name = re.sub(r'[\x00-\x1f\x7f<>:"|?*]', '', PurePath((upload.filename or '').replace('\\', '/')).name).strip()
        name = name[-120:] or 'file'
        limit, _files = self._upload_limits(question)
        content = upload.stream.read(limit + 1)
        if len(content) > limit:
            raise ValidationError(self.env._(
                "“%(name)s” is larger than %(limit)s MB.", name=name, limit=limit // 1024 // 1024))
        if not content:
            raise ValidationError(self.env._("“%s” is empty.", name))
        ending = PurePath(name).suffix.lower().lstrip('.')
        allowed = endings or self._upload_types(question)
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
        :return: as ``_file_view``
        :raises ValidationError: in words for the reader
        """
        question = self._file_question(sheet, question_name)
        files = list(sheet.raw.get(question_name) or [])
        _bytes, most = self._upload_limits(question)
        replaced = files if most == 1 else []
        if len(files) >= most and not replaced:
            raise ValidationError(self.env._("At most %s files can be attached here.", most))
        name, content, mimetype = self._check_upload(upload, question)
        holder = sheet.holder
        attachment = holder.env['ir.attachment'].create({
            'name': name, 'raw': content, 'mimetype': mimetype, 'res_model': holder._name, 'res_id': holder.id})
        file = {'id': attachment.id, 'name': name, 'size': len(content)}
        self._store(sheet, {**sheet.raw, question_name: [*([] if replaced else files), file]})
        self._forget_files(sheet, replaced)
        if sheet.case:
            sheet.case._log('file_added', {sheet.case: {'name': name}})
        return self._file_view(file)

    def _file_question(self, sheet, name):
        """Return the open question for files of a name."""
        question = sheet.question(name)
        if question.value_type not in answers.FILES or not sheet.is_open(name):
            raise self._missing()
        return question

    def _forget_files(self, sheet, files):
        """Remove files that nothing refers to any more. What was sent before stays with the submission it was sent in."""
        gone = {file['id'] for file in files} - sheet.sent_file_ids()
        sheet.holder.env['ir.attachment'].browse(gone).unlink()

    @api.model
    def _remove_file(self, sheet, question_name, attachment_id):
        """Take a file back. What was sent before stays with the submission it was sent in."""
        self._file_question(sheet, question_name)
        files = list(sheet.raw.get(question_name) or [])
        removed = next((file for file in files if file['id'] == attachment_id), None)
        if not removed:
            raise self._missing()
        self._store(sheet, {**sheet.raw, question_name: [file for file in files if file is not removed]})
        self._forget_files(sheet, [removed])
        if sheet.case:
            sheet.case._log('file_removed', {sheet.case: {'name': removed['name']}})

    @api.model
    def _restore_file(self, sheet, question_name, attachment_id):
        """Attach a file once more that was sent before as answer to the same question."""
        question = self._file_question(sheet, question_name)
        files = list(sheet.raw.get(question_name) or [])
        sent = next((file for file in sheet.sent_files(question_name) if file['id'] == attachment_id), None)
        if not sent:
            raise self._missing()
        _bytes, most = self._upload_limits(question)
        if attachment_id in {file['id'] for file in files}:
            return
        replaced = files if most == 1 else []
        if len(files) >= most and not replaced:
            raise ValidationError(self.env._("At most %s files can be attached here.", most))
        self._store(sheet, {**sheet.raw, question_name: [*([] if replaced else files), sent]})
        self._forget_files(sheet, replaced)
        if sheet.case:
            sheet.case._log('file_added', {sheet.case: {'name': sent['name']}})

    @api.model
    def _get_file(self, sheet, attachment_id):
        """Return (as superuser) a file that was attached to a sheet or sent with it."""
        attached = {
            file['id'] for name in sheet.file_questions() for file in sheet.raw.get(name) or []} | sheet.sent_file_ids()
        return self._one(sheet.holder.env['ir.attachment'].browse(attachment_id if attachment_id in attached else []))
