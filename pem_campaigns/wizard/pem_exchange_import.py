import base64
import binascii

from odoo import Command, fields, models
from odoo.exceptions import UserError

from ..engine import bpmn_read, exchange, xmlsafe
from ..interchange.schema import MODELS
from ..interchange.unpack import unpack
from ..models.pem_process_bpmn import check_readable, sentences


class _Undo(Exception):
    """Ends a trial, of which nothing stays."""


class PemExchangeImport(models.TransientModel):
    """Brings in a file: definitions from another database, or a process from another BPM tool.

    It is tried first, and everything that would happen is listed; only then it is done, all of it or nothing.
    """

    _name = 'pem.exchange.import'
    _description = "Import of Definitions"

    file = fields.Binary(attachment=False)
    file_name = fields.Char()
    state = fields.Selection([('file', "File"), ('tried', "Preview"), ('done', "Done")], default='file', required=True, readonly=True)
    is_bpmn = fields.Boolean(readonly=True)
    line_ids = fields.One2many('pem.exchange.import.line', 'import_id', readonly=True)
    change_count = fields.Integer(readonly=True)
    refused_count = fields.Integer(readonly=True)

    def action_look(self):
        """List what bringing in the file would do, without doing it."""
        self.ensure_one()
        content = self._read()
        try:
            with self.env.cr.savepoint():
                lines = self._bring_in(content)
                raise _Undo
        except _Undo:
            self.env.invalidate_all()
        for line in lines:
            line.pop('res_id', None)
        self._tell('tried', lines)
        return self._reopen()

    def action_import(self):
        """Bring in the file, all of it or nothing."""
        self.ensure_one()
        content = self._read()
        with self.env.cr.savepoint():
            lines = self._bring_in(content)
        self._tell('done', lines)
        opened = [line for line in lines if line['res_id'] and line['status'] in ('new', 'changed', 'version')]
        if len(opened) == 1 and opened[0]['kind'] != 'attribute':
            return {
                'type': 'ir.actions.act_window', 'res_model': MODELS[opened[0]['kind']], 'res_id': opened[0]['res_id'], 'view_mode': 'form',
                'target': 'current'}
        return self._reopen()

    def action_back(self):
        self.ensure_one()
        self.state = 'file'
        return self._reopen()

    def action_close(self):
        """Go back to where the import was asked for, which shows what came in."""
        self.check_access('write')
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    def _reopen(self):
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Import from a file"), 'res_model': self._name, 'res_id': self.id,
            'view_mode': 'form', 'target': 'new'}

    def _tell(self, state, lines):
        self.write({
            'state': state,
            'line_ids': [Command.clear(), *(Command.create(line) for line in lines)],
            'change_count': sum(line['status'] in ('new', 'changed', 'version') for line in lines),
            'refused_count': sum(line['status'] == 'refused' for line in lines),
        })

    def _read(self):
        """Return the bytes of the file, and remember what it is."""
        self.check_access('write')
        if not self.file:
            raise UserError(self.env._("Please choose a file."))
        try:
            content = base64.b64decode(self.file or b'')
        except binascii.Error as error:
            raise UserError(self.env._("The file did not arrive as a whole. Please choose it again.")) from error
        self.is_bpmn = content.lstrip(b'\xef\xbb\xbf\xff\xfe\x00 \t\r\n')[:1] == b'<'
        return content

    def _bring_in(self, content):
        """Return the values of the lines that say what became of a file.

        :raises UserError: when it cannot be read, or contradicts what is here
        """
        size = self.env['res.config.settings']._pem_interchange_limit()
        try:
            if self.is_bpmn:
                return self._bring_in_bpmn(bpmn_read.read(content, xmlsafe.Limits(size=size)))
            lines = unpack(self.env, exchange.parse(content, exchange.Limits(size=size)))
        except xmlsafe.Refused as refused:
            check_readable(self.env, refused)
        return [{
            'kind': line.kind, 'name': line.name, 'status': line.status, 'notes': '\n'.join(line.notes + self._problems(line.record)),
            'res_id': line.record.id if line.record else 0} for line in lines]

    def _problems(self, record):
        """Return what a draft lacks before it can be published."""
        if record is None or record._name != 'pem.process' or record.state != 'draft':
            return []
        return [self.env._("To be solved before publishing: %s", problem) for problem in record.with_env(self.env)._problems()]

    def _bring_in_bpmn(self, reading):
        process, notes = self.env['pem.process']._from_bpmn(reading)
        said = [
            ('new', self.env._("“%(process)s”: %(steps)s steps and %(flows)s flows were understood.", process=process.name,
                               steps=len(process.step_ids), flows=len(process.flow_ids))),
            *(('note', sentence) for sentence in [*sentences(process, reading.notes), *notes]),
            *(('problem', problem) for problem in process._problems()),
        ]
        return [{'kind': 'process', 'name': process.name, 'status': status, 'notes': sentence,
                 'res_id': process.id if status == 'new' else 0} for status, sentence in said]


class PemExchangeImportLine(models.TransientModel):
    _name = 'pem.exchange.import.line'
    _description = "Imported Definition"

    import_id = fields.Many2one('pem.exchange.import', required=True, ondelete='cascade')
    kind = fields.Selection([
        ('attribute', "Attribute"), ('form', "Form"), ('process', "Process"), ('group', "Target group"), ('campaign', "Campaign"),
    ], string="What", readonly=True)
    name = fields.Char(readonly=True)
    status = fields.Selection([
        ('new', "New"), ('changed', "Changed"), ('version', "New version"), ('same', "Same"), ('kept', "Stays as it is here"),
        ('refused', "Not brought in"), ('note', "Not as it was"), ('problem', "Before publishing"),
    ], readonly=True)
    notes = fields.Text(readonly=True)
    res_id = fields.Integer(readonly=True)

    def action_open(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window', 'res_model': MODELS[self.kind], 'res_id': self.res_id, 'view_mode': 'form', 'target': 'current'}
