from odoo import api, models

from ..engine import flow


class PemProcessStep(models.Model):
    """Who has to act at an approval or a to-do, and how many of them."""

    _inherit = 'pem.process.step'

    def _find_approvers(self, cases):
        """Return ``{case: users}``: who may decide this step of each case, in the order in which they would be asked."""
        self.ensure_one()
        return self._permitted(self._name_approvers(cases))

    def _name_approvers(self, cases):
        """Return ``{case: users}`` whom the step names, whether or not they may decide."""
        self.ensure_one()
        step_sudo = self.sudo()
        return self._look_up(
            cases, self.approver_kind, step_sudo.approver_user_ids, step_sudo.approver_group_id, self.approver_path)

    @api.model
    def _look_up(self, cases, kind, users, group, path):
        """Return ``{case: users}`` for one way of naming people.

        :param kind: 'user', 'group', 'path' or 'owner', which tells which of the others counts
        """
        return {
            'user': lambda: dict.fromkeys(cases, users),
            'group': lambda: dict.fromkeys(cases, group.all_user_ids),
            'owner': lambda: {case: case.user_id for case in cases},
            'path': lambda: cases._follow_path(path),
        }[kind]()

    def _group_members(self):
        """Return who belongs to the group that this step asks, None when it asks no group."""
        self.ensure_one()
        return self.sudo().approver_group_id.all_user_ids if self.approver_kind == 'group' else None

    def _permitted(self, found):
        """Leave those of ``{case: users}`` who work with Partner Engagement in the company of the case, and who may
        decide about it: see ``_barred``."""
        barred = self._barred(self.env['pem.case'].union(*found))
        able = self.env['res.users'].union(*found.values())._pem_able()
        companies = {user.id: user.sudo().company_ids.ids for user in able}
        permitted = {}
        for case, users in found.items():
            company_id = case.sudo().company_id.id
            permitted[case] = (users - barred[case]).filtered(
                lambda user, company_id=company_id: company_id in companies.get(user.id, ()))
        return permitted

    def _barred(self, cases):
        """Return ``{case: users}`` who may not decide: whoever asked for a thing, or sent it in, does not approve it,
        unless the process allows so."""
        self.ensure_one()
        nobody = self.env['res.users']
        if self.kind != flow.APPROVAL or self.process_id.allow_self_approval:
            return dict.fromkeys(cases, nobody)
        return {
            case: (case_sudo.requested_by_id | case_sudo.submission_ids.submitted_by_id).with_env(self.env)
            for case, case_sudo in zip(cases, cases.sudo(), strict=True)}

    def _approvals_needed(self, approver_count):
        """Return how many of the approvers have to approve."""
        self.ensure_one()
        if self.kind != flow.APPROVAL:
            return 1
        return {'one': 1, 'all': approver_count, 'some': self.approval_minimum}[self.approval_rule]

    def _stop_for_want_of_approvers(self, cases, nobody, where):
        """Stop the cases for which nobody was found.

        :param nobody: the reason, unless there is a closer one
        :param where: see ``pem.case._stop``
        """
        cases._stop(self, nobody, where)
