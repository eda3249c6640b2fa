from odoo import api, fields, models

#: Weekly messages a contact gets at most, unless the settings say otherwise.
DEFAULT_CONTACT_CAP = 5
#: Bytes another system may send at once, unless the settings say otherwise.
DEFAULT_HOOK_LIMIT = 65_536
#: Megabytes of a file with definitions, unless the settings say otherwise.
DEFAULT_INTERCHANGE_LIMIT = 10


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    pem_contact_cap = fields.Integer(
        string="Messages per contact and week", config_parameter='pem_campaigns.contact_cap', default=DEFAULT_CONTACT_CAP)
    pem_merge_messages = fields.Boolean(string="Merge messages of a contact", config_parameter='pem_campaigns.merge_messages')
    pem_rollout_batch = fields.Integer(
        string="Cases per batch", config_parameter='pem_campaigns.rollout_batch', default=500)
    pem_link_days = fields.Integer(
        string="Days a link without login works", config_parameter='pem_campaigns.link_days', default=30)
    pem_hook_limit = fields.Integer(
        string="Bytes another system may send at once", config_parameter='pem_campaigns.hook_limit', default=DEFAULT_HOOK_LIMIT)
    pem_interchange_limit = fields.Integer(
        string="Megabytes of a file with definitions", config_parameter='pem_campaigns.interchange_limit',
        default=DEFAULT_INTERCHANGE_LIMIT)

    @api.model
    def _pem_parameter(self, name, default):
        value = self.env['ir.config_parameter'].sudo().get_param(f'pem_campaigns.{name}')
        return int(value) if value and value.lstrip('-').isdigit() else default

    @api.model
    def _pem_contact_cap(self):
        """Return how many messages a contact gets in seven days at most; 0 for no limit."""
        return max(self._pem_parameter('contact_cap', DEFAULT_CONTACT_CAP), 0)

    @api.model
    def _pem_hook_limit(self):
        """Return how many bytes another system may send at once when it reports to a case."""
        return max(self._pem_parameter('hook_limit', DEFAULT_HOOK_LIMIT), 0)

    @api.model
    def _pem_interchange_limit(self):
        """Return how many bytes a file with definitions, or with a process of another tool, may have."""
        return max(self._pem_parameter('interchange_limit', DEFAULT_INTERCHANGE_LIMIT), 0) * 1_000_000

    @api.model
    def _pem_merges_messages(self):
        """Say whether several messages to one contact go out as one even when the cap leaves room for each."""
        return self.env['ir.config_parameter'].sudo().get_param('pem_campaigns.merge_messages') == 'True'

    def set_values(self):
        super().set_values()
        # Odoo forgets a number that is 0, and the default would come back.
        parameters = self.env['ir.config_parameter'].sudo()
        for name in ('pem_contact_cap', 'pem_rollout_batch', 'pem_link_days', 'pem_hook_limit', 'pem_interchange_limit'):
            parameters.set_param(self._fields[name].config_parameter, str(self[name]))
