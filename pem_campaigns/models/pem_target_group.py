from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine import conditions


class PemTargetGroup(models.Model):
    """A saved audience: a condition over partners and their attributes, other groups, and hand-picked exceptions."""

    _name = 'pem.target.group'
    _description = "Target Group"
    _inherit = ['mail.thread']
    _order = 'name, id'

    name = fields.Char(required=True, tracking=True)
    description = fields.Text()
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', default=lambda self: self.env.company, index='btree_not_null')

    # Audience
    domain = fields.Char(string="Condition", default='[]', required=True, tracking=True)
    companies_only = fields.Boolean(
        default=True, help="Ask companies and independent persons, not the contacts inside a company.")
    source_group_ids = fields.Many2many(
        'pem.target.group', 'pem_target_group_source_rel', 'group_id', 'source_id', string="Other groups",
        # An archived group is chosen no more, but whoever was built on it stays as it is.
        context={'active_test': False})
    source_operator = fields.Selection([
        ('union', "Condition or any of the groups"),
        ('intersection', "Condition and all of the groups"),
        ('difference', "Condition without the groups"),
    ], string="Combine as", required=True, default='union')
    include_partner_ids = fields.Many2many(
        'res.partner', 'pem_target_group_include_rel', 'group_id', 'partner_id', string="Always include")
    exclude_partner_ids = fields.Many2many(
        'res.partner', 'pem_target_group_exclude_rel', 'group_id', 'partner_id', string="Never include")
    partner_count = fields.Integer(string="Partners", compute='_compute_partner_count')

    @api.depends('domain', 'companies_only', 'source_group_ids', 'source_operator', 'include_partner_ids',
                 'exclude_partner_ids')
    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_partner_count(self):
        for group in self:
            try:
                group.partner_count = self.env['res.partner'].search_count(group._get_partner_domain())
            except (ValueError, UserError):
                group.partner_count = 0

    @api.constrains('domain')
    def _check_domain(self):
        for group in self:
            try:
                self.env['res.partner'].search_count(group._get_own_domain(), limit=1)
            except (ValueError, KeyError, TypeError) as error:
                raise ValidationError(
                    self.env._("The condition of “%(group)s” cannot be used: %(reason)s", group=group.name, reason=error)
                ) from error

    @api.constrains('source_group_ids')
    def _check_source_group_ids(self):
        if self._has_cycle('source_group_ids'):
            raise ValidationError(self.env._("A target group cannot be made of itself."))

    def copy_data(self, default=None):
        return [
            dict(vals, name=self.env._("%s (copy)", group.name)) if 'name' not in (default or {}) else vals
            for group, vals in zip(self, super().copy_data(default=default), strict=True)
        ]

    def action_open_partners(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.name,
            'res_model': 'res.partner',
            'view_mode': 'list,form,kanban',
            'domain': list(self._get_partner_domain()),
            'context': {'create': False},
        }

    def _get_own_domain(self):
        """Return the domain of the condition alone.

        :raises ValueError: when the condition is not a domain
        """
        self.ensure_one()
        return Domain(conditions.parse(self.domain))

    def _get_partner_domain(self):
        """Return the domain on ``res.partner`` of everybody in any of the groups; empty ``self`` matches nobody.

        :raises ValueError: when a condition is not a domain
        """
        return Domain.OR(group._get_single_partner_domain() for group in self)

    def _get_single_partner_domain(self):
        self.ensure_one()
        domain = self._get_own_domain()
        if self.companies_only:
            domain &= Domain('parent_id', '=', False)
        sources = self.source_group_ids
        if sources and self.source_operator == 'union':
            # An empty condition beside other groups means "just these groups", not "everybody".
            own = domain if conditions.parse(self.domain) else Domain.FALSE
            domain = own | sources._get_partner_domain()
        elif sources and self.source_operator == 'intersection':
            domain &= Domain.AND(source._get_single_partner_domain() for source in sources)
        elif sources:
            domain &= ~sources._get_partner_domain()
        if self.include_partner_ids:
            domain |= Domain('id', 'in', self.include_partner_ids.ids)
        if self.exclude_partner_ids:
            domain &= Domain('id', 'not in', self.exclude_partner_ids.ids)
        return domain
