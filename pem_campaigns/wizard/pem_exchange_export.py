import base64

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..engine import exchange
from ..interchange.pack import Packer


class PemExchangeExport(models.TransientModel):
    """A file with definitions and all that they depend on, for another database."""

    _name = 'pem.exchange.export'
    _description = "Export of Definitions"

    file = fields.Binary(readonly=True, attachment=False)
    file_name = fields.Char(readonly=True)
    line_ids = fields.One2many('pem.exchange.export.line', 'export_id', string="In the file", readonly=True)

    @api.model
    def _open(self, records):
        """Return the action that offers the file with some records."""
        self.check_access('create')
        if not records:
            raise UserError(self.env._("Please choose what to export."))
        packer = Packer(self.env)
        entries = packer.entries(records)
        chosen = {(entry['kind'], entry['id']) for entry in map(packer.entry, records)}
        name = records.name if len(records) == 1 else self.env._("definitions")
        export = self.create({
            'file': base64.b64encode(exchange.write(entries)),
            'file_name': f'{name.replace("/", "-")}.pem.json',
            'line_ids': [Command.create({
                'kind': entry['kind'], 'name': entry['name'], 'is_dependency': (entry['kind'], entry['id']) not in chosen}) for entry in entries],
        })
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Export to a file"), 'res_model': self._name, 'res_id': export.id,
            'view_mode': 'form', 'target': 'new'}


class PemExchangeExportLine(models.TransientModel):
    _name = 'pem.exchange.export.line'
    _description = "Exported Definition"

    export_id = fields.Many2one('pem.exchange.export', required=True, ondelete='cascade')
    kind = fields.Selection([
        ('attribute', "Attribute"), ('form', "Form"), ('process', "Process"), ('group', "Target group"), ('campaign', "Campaign"),
    ], string="What", readonly=True)
    name = fields.Char(readonly=True)
    is_dependency = fields.Boolean(string="Goes along", readonly=True, help="What was chosen depends on it.")
