from odoo import api, fields, models

from .pem_gateway_files import DEFAULT_FILES, DEFAULT_MEGABYTES, DEFAULT_TYPES
from .pem_gateway_table import DEFAULT_ROWS


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    pem_upload_types = fields.Char(
        string="Kinds of files", config_parameter='pem_partner_portal.upload_types', default=DEFAULT_TYPES)
    pem_upload_megabytes = fields.Integer(
        string="Size of a file (MB)", config_parameter='pem_partner_portal.upload_megabytes', default=DEFAULT_MEGABYTES)
    pem_upload_files = fields.Integer(
        string="Files per question", config_parameter='pem_partner_portal.upload_files', default=DEFAULT_FILES)
    pem_document_rows = fields.Integer(
        string="Lines per request", config_parameter='pem_partner_portal.document_rows', default=DEFAULT_ROWS)

    @api.model
    def _pem_portal_parameter(self, name, default):
        """Return a positive whole number of the settings; ``default`` when none is set."""
        value = self.env['ir.config_parameter'].sudo().get_param(f'pem_partner_portal.{name}')
        return int(value) if value and value.isdigit() and int(value) else default
