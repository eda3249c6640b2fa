from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tests import tagged

from .common import PemCase


@tagged('post_install', '-at_install')
class TestOversight(PemCase):
    """What managers see beyond single cases: who keeps others waiting, what runs out, and what hangs on what."""

    def setUp(self):
        super().setUp()
        self.case, self.other = self.launch().sorted('id')

    def control_room(self, user=None):
        return self.env['pem.campaign'].with_user(user or self.user).get_control_room()

    def opened(self, line):
        return self.env[line['model']].with_user(self.user).search(line['domain'])

    # Control room

    def test_the_control_room_names_who_keeps_others_waiting_and_opens_what_they_were_asked(self):
        self.submit(self.case)
        self.submit(self.other, user=self.brown_user)
        tasks = self.open_task(self.case, 'approval') | self.open_task(self.other, 'approval')
        now = fields.Datetime.now()
        tasks.date_open = now - relativedelta(days=4)
        self.decide(self.case)
        tasks.approver_ids.filtered('date').date = now - relativedelta(days=2)
        [line] = [line for line in self.control_room()['slow_approvers'] if line['id'] == self.approver.id]
        self.assertEqual((line['name'], line['number'], line['waiting']), ("Anna Approver", 3.0, 1))
        self.assertEqual(self.opened(line), tasks)

    def test_the_control_room_tells_which_questions_are_sent_back_most(self):
        for case, user in ((self.case, self.acme_user), (self.other, self.brown_user)):
            self.submit(case, user=user)
            self.mark(case, 'phone', "With country code, please")
            if case == self.case:
                self.mark(case, 'seats', "Really?")
            self.decide(case, 'send_back')
        lines = self.control_room()['returned_questions']
        self.assertEqual([(line['name'], line['number']) for line in lines][:2], [('Phone', 2), ('Seats', 1)])
        self.assertEqual(self.opened(lines[0]), (self.case | self.other).submission_ids)
        self.assertEqual(self.opened(lines[1]), self.case.submission_ids)

    def test_the_control_room_tells_what_runs_out(self):
        today = fields.Date.today()
        certificate = self.make_attribute("Certificate valid until", 'date')
        self.acme.properties = {certificate.technical_name: fields.Date.to_string(today + relativedelta(days=30))}
        self.brown.properties = {certificate.technical_name: fields.Date.to_string(today + relativedelta(days=300))}
        self.seats.revalidation_months = 2
        self.submit(self.case)
        self.decide(self.case)
        lines = {line['name']: line for line in self.control_room()['expiring']}
        self.assertEqual(self.opened(lines["Certificate valid until"]), self.acme)
        self.assertEqual(self.opened(lines["Seats"]).partner_id, self.acme)
        self.assertNotIn("Tier", lines)

    def test_readers_of_another_company_are_told_nothing(self):
        self.submit(self.case)
        company = self.env['res.company'].create({'name': "Elsewhere"})
        stranger = self.make_user('pem_elsewhere', 'pem_campaigns.group_pem_user', company_ids=company.ids, company_id=company.id)
        room = self.control_room(stranger)
        self.assertFalse(room['slow_approvers'] + room['returned_questions'])

    # Processes

    def test_whoever_retires_a_process_that_others_call_is_told_which(self):
        caller = self.make_process({
            'Start': {'kind': 'start'}, 'Check': {'kind': 'call', 'call_process_id': self.process.id}, 'Done': {'kind': 'end'},
        }, [('Start', 'Check'), ('Check', 'Done')], name="Onboarding")
        self.assertEqual(self.process.caller_names, "Onboarding")
        self.assertFalse(caller.caller_names)
        version = self.process._new_version()
        version._publish()
        self.assertEqual(version.caller_names, "Onboarding")
        warning = version.with_user(self.manager).action_retire()
        self.assertIn("Onboarding", warning['params']['message'])
        self.assertFalse(caller.with_user(self.manager).action_retire())

    def test_whoever_archives_a_process_that_others_call_is_told_which(self):
        self.make_process({
            'Start': {'kind': 'start'}, 'Check': {'kind': 'call', 'call_process_id': self.process.id}, 'Done': {'kind': 'end'},
        }, [('Start', 'Check'), ('Check', 'Done')], name="Onboarding")
        warning = self.process.with_user(self.manager).action_archive()
        self.assertEqual((self.process.active, warning['params']['type']), (False, 'warning'))
        self.assertIn("Onboarding", warning['params']['message'])

    def test_moves_of_cases_are_found_from_every_version_of_their_process(self):
        version = self.process._new_version()
        version._publish()
        action = version.with_user(self.manager).action_migrate_cases()
        self.assertEqual(version.with_user(self.manager).migration_count, 0)
        migration = self.env['pem.process.migration'].browse(action['res_id'])
        migration.with_user(self.manager).action_migrate()
        self.env.invalidate_all()
        for process in (self.process, version):
            process = process.with_user(self.manager)
            self.assertEqual(process.migration_count, 1)
            self.assertEqual(self.env['pem.process.migration'].search(process.action_open_migrations()['domain']), migration)
        self.assertEqual(version.with_user(self.user).migration_count, 0)

    # Facts about partners

    def written(self, partners):
        self.env.invalidate_all()
        return [(partner.phone, partner.phone_sanitized, (self.tier | self.seats)._read_values(partner)) for partner in partners]

    def test_partners_written_together_are_as_if_written_one_by_one(self):
        values = {self.acme.id: {'phone': '+1 617 555 0177', 'properties': {'tier': 'gold', 'seats': 3}},
                  self.brown.id: {'phone': '+1 502 555 0188', 'properties': {'tier': 'silver'}}}
        partners = (self.acme | self.brown).with_user(self.manager).sudo()
        with patch.object(type(partners), 'write', side_effect=AssertionError("written one by one")) as write:
            # As a `write` of Odoo's would be.
            write.__module__ = 'odoo.addons.base.models.res_partner'
            partners._pem_write_each(values)
        together = self.written(partners)
        self.assertEqual([(phone, bool(sanitized)) for phone, sanitized, _values in together], [
            ('+1 617 555 0177', True), ('+1 502 555 0188', True)])
        self.assertEqual(partners.write_uid, self.manager)
        partners.write({'phone': False, 'properties': False})
        for partner in partners:
            partner.write(values[partner.id])
        self.assertEqual(self.written(partners), together)

    def test_a_write_of_partners_that_we_do_not_know_is_called_for_each(self):
        seen, write = [], type(self.acme).write

        def watch(partners, vals):
            seen.append((partners.ids, vals))
            return write(partners, vals)

        values = {self.acme.id: {'phone': '1', 'properties': {'tier': 'gold'}}, self.brown.id: {'phone': '2', 'properties': {}}}
        with patch.object(type(self.acme), 'write', watch):
            (self.acme | self.brown)._pem_write_each(values)
        self.assertEqual([one for one in seen if one[1]], [([partner_id], given) for partner_id, given in values.items()])

    def test_addresses_are_passed_on_to_contacts_as_ever(self):
        contacts = self.acme_user.partner_id | self.brown_user.partner_id
        contacts.type = 'contact'
        (self.acme | self.brown)._pem_write_each({self.acme.id: {'city': "Salem"}, self.brown.id: {'city': "Lexington"}})
        self.assertEqual(contacts.mapped('city'), ["Salem", "Lexington"])
