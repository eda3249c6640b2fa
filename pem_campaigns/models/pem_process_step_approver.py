from odoo import models

from ..engine import flow


class PemProcessStep(models.Model):
    """Who has to act at an approval or a to-do, and how many of them."""

    _inherit = 'pem.process.step'

    def _find_approvers(self, cases):
        """Return ``{case: users}``: who may decide this step of each case, among those who work with Partner Engagement
        in the company of the case.

        Whoever asked for a thing, or sent it in, does not approve it, unless the process allows so.
        """
        self.ensure_one()
        finders = {
            'user': lambda: dict.fromkeys(cases, self.sudo().approver_user_ids),
            'group': lambda: dict.fromkeys(cases, self.sudo().approver_group_id.all_user_ids),
            'owner': lambda: {case: case.user_id for case in cases},
            'path': lambda: cases._follow_path(self.approver_path),
        }
        found = finders[self.approver_kind]()
        able = self.env['res.users'].union(*found.values()).sudo().filtered(
            lambda user: user.active and not user.share and user.has_group('pem_campaigns.group_pem_user'))
        companies = {user.id: user.company_ids for user in able}
        own = self.kind == flow.APPROVAL and not self.process_id.allow_self_approval
        submitters = cases.sudo().submission_ids.grouped('case_id') if own else {}
        result = {}
        for case, users in found.items():
            case_sudo = case.sudo()
            if own:
                users -= case_sudo.requested_by_id
                if case_sudo in submitters:
                    users -= submitters[case_sudo].submitted_by_id
            result[case] = users.filtered(
                lambda user, company=case_sudo.company_id: user.id in companies and company in companies[user.id])
        return result

    def _approvals_needed(self, approver_count):
        """Return how many of the approvers have to approve."""
        self.ensure_one()
        if self.kind != flow.APPROVAL:
            return 1
        return {'one': 1, 'all': approver_count, 'some': self.approval_minimum}[self.approval_rule]
