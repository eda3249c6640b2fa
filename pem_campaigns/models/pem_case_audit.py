from markupsafe import Markup

from odoo import models

#: Cases that a message about broken trails names.
MOST_NAMED = 5


class PemCase(models.Model):
    """What an auditor asks for: whether the trail is whole, and the trail itself, on paper and as a file."""

    _inherit = 'pem.case'

    def action_verify_trail(self):
        """Recompute the hash chains and say whether they are whole; name each case and its first broken line."""
        self.check_access('read')
        broken = self.env['pem.event']._first_broken(self)
        if not broken:
            return self._notify_user('success', self.env._("The audit trail is whole: every line fits its seal."))
        sentences = [
            self.env._("The audit trail of %(case)s was tampered with at line %(line)s.", case=case.name, line=line)
            for case, line in list(broken.items())[:MOST_NAMED]]
        if len(broken) > MOST_NAMED:
            sentences.append(self.env._("%s more are broken, too.", len(broken) - MOST_NAMED))
        return self._notify_user('danger', ' '.join(sentences), sticky=True)

    def action_export_trail(self):
        """Download the trails as a file that an auditor checks without Odoo, with ``engine/chain.py``."""
        self.check_access('read')
        ids = ','.join(map(str, self.ids))
        return {'type': 'ir.actions.act_url', 'url': f'/pem/trail/{ids}', 'target': 'download'}

    def _trail_documents(self):
        """Return the trails of these cases as JSON values, see :func:`~..engine.chain.verify`."""
        lines = self.env['pem.event']._sealed_lines(self)
        return [{
            'case': case.name,
            'partner': case.partner_id.display_name,
            'length': case.trail_length,
            'seal': case.trail_seal or '',
            'lines': lines[case.id],
        } for case in self]

    def _note_audit_report(self):
        """Note on each case who took an audit report of it, and what its seal was then."""
        if self:
            self.sudo()._message_log_batch(bodies={
                case.id: Markup('<p>%s</p>') % self.env._(
                    "Audit report made by %(user)s, seal %(seal)s", user=self.env.user.name, seal=case.trail_seal or '–')
                for case in self}, author_id=self.env.user.partner_id.id)
