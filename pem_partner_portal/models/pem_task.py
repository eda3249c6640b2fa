from datetime import UTC, datetime, timedelta

from werkzeug.urls import url_encode

from odoo import models
from odoo.tools.misc import hash_sign, verify_hash_signed

#: Days for which a personal link works, unless the settings say otherwise.
DEFAULT_LINK_DAYS = 30


class PemTask(models.Model):
    _inherit = 'pem.task'

    def _notice_link(self):
        """Return the address at which the asked contact answers.

        A contact without a login gets a personal link where the campaign allows so; everybody else logs in.
        """
        self.ensure_one()
        link = f'{self.get_base_url()}{self._portal_path()}'
        if self._allows_link():
            link += '?' + url_encode({'access_token': self._sign_link()})
        return link

    def _portal_path(self):
        """Return the path of the page on which the partner works on this task."""
        self.ensure_one()
        if self.is_ad_hoc or self.case_id.res_model == 'pem.case':
            return f'/my/requests/{self.id}'
        return self.case_id._subjects()._portal_path()

    # The link: one task, one contact, for some days

    def _allows_link(self):
        self.ensure_one()
        # What a case calls is part of its campaign, though the campaign does not count it.
        return bool(
            self.case_id._first_case().campaign_id.allow_guests and self.contact_id
            and not self.sudo().contact_id.user_ids.filtered('active'))

    def _sign_link(self):
        """Return a token that opens this task for its present contact; who forwards the task ends it."""
        self.ensure_one()
        days = self.env['res.config.settings']._pem_parameter('link_days', DEFAULT_LINK_DAYS)
        expires = datetime.now(UTC) + timedelta(days=days)
        return hash_sign(self.sudo().env, 'pem.task', [self.id, self.contact_id.id, int(expires.timestamp())])

    def _check_link(self, token):
        """Say what a token is worth: 'valid', 'expired' or 'unknown'."""
        self.ensure_one()
        try:
            signed = verify_hash_signed(self.sudo().env, 'pem.task', token or '')
        except (ValueError, IndexError):
            signed = None
        if not signed or signed[:2] != [self.id, self.contact_id.id] or not self._allows_link():
            return 'unknown'
        return 'valid' if signed[2] > datetime.now(UTC).timestamp() else 'expired'

    def _renew_link(self):
        """Send the message of an open task once more, with a fresh link."""
        self.ensure_one()
        if self.state == 'open' and self.notice_state != 'queued':
            self.notice_state = 'queued'
            self._trigger_notices()

    def _forward(self, contact):
        """Ask somebody else at the partner instead."""
        self.ensure_one()
        self._lock_cases()
        self._check_open('form')
        self.write({
            'contact_id': contact.id, 'notice_state': 'queued', 'notice_held': False, 'reminder_id': False, 'date_seen': False})
        self.case_id._log('forwarded', {self.case_id: {'step': self.step_id.name, 'to': contact.email_formatted}})
        self._trigger_notices()
