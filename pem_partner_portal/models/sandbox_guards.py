"""Who would let something out of a sandbox, and keeps it in: see ``pem.sandbox``."""
from odoo import api, models


class MailMail(models.Model):
    _inherit = 'mail.mail'

    def send(self, *args, **kwargs):
        """What is written in a sandbox is looked at, and never sent."""
        if self.env.context.get('pem_sandbox'):
            return None
        return super().send(*args, **kwargs)


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    @api.model
    def _storage(self):
        # A file on disk would stay when the transaction is rolled back.
        return 'db' if self.env.context.get('pem_sandbox') else super()._storage()


class IrSequence(models.Model):
    _inherit = 'ir.sequence'

    def _next_do(self):
        """Numbers do not come back when a transaction is rolled back, so a sandbox looks at the next one and leaves it."""
        if self.env.context.get('pem_sandbox'):
            return self.get_next_char(self.sudo().number_next_actual)
        return super()._next_do()

    def _pem_next_batch(self, count):
        if self.env.context.get('pem_sandbox'):
            return [self._next_do()] * count
        return super()._pem_next_batch(count)


class IrSequenceDateRange(models.Model):
    _inherit = 'ir.sequence.date_range'

    def _next(self):
        if self.env.context.get('pem_sandbox'):
            return self.sequence_id.get_next_char(self.sudo().number_next_actual)
        return super()._next()


class ResPartner(models.Model):
    _inherit = 'res.partner'

    def _pem_find_contacts(self):
        """In a sandbox the person who was chosen to play is asked."""
        contacts = super()._pem_find_contacts()
        player_id = self.env.context.get('pem_player_id')
        if player_id:
            player = self.browse(player_id)
            contacts.update({
                partner: player for partner in contacts if partner.commercial_partner_id == player.commercial_partner_id})
        return contacts


class PemNotice(models.Model):
    _inherit = 'pem.notice'

    @api.model
    def _room(self, contacts, now):
        """A trial shows every message, whether or not the contact has had enough of them this week."""
        return None if self.env.context.get('pem_sandbox') else super()._room(contacts, now)


class PemTask(models.Model):
    _inherit = 'pem.task'

    @api.model
    def _take_contacts(self, contacts, now):
        # Nobody is written to, so nobody's row has to be locked.
        if not self.env.context.get('pem_sandbox'):
            super()._take_contacts(contacts, now)

    def _portal_path(self):
        """In a sandbox, pages lead to addresses that answer without storing anything."""
        if self.env.context.get('pem_sandbox') and self.step_id.form_id:
            return f'/pem/sandbox/{self.step_id.form_id.id}'
        return super()._portal_path()

    def _notice_link(self):
        # A message shows an address like the one that it would have.
        if self.env.context.get('pem_sandbox'):
            return f'{self.get_base_url()}/my/requests/{self.id}'
        return super()._notice_link()


class PemProcessStep(models.Model):
    _inherit = 'pem.process.step'

    def _enter_action(self, cases, arrived_by):
        """What a server action does outside of the database could not be taken back, so a trial only tells of it."""
        if not self.env.context.get('pem_sandbox'):
            return super()._enter_action(cases, arrived_by)
        cases._log('action_skipped', dict.fromkeys(cases, {'step': self.name, 'action': self.sudo().action_name}))
        return {'': cases}


class PemEvent(models.Model):
    _inherit = 'pem.event'

    @api.model
    def _sentences(self):
        return super()._sentences() | {
            'action_skipped': lambda c: self.env._(
                "“%(step)s” would run “%(action)s”; a trial runs no server actions", step=c.get('step'), action=c.get('action')),
        }
