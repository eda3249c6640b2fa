from psycopg2.errors import InsufficientPrivilege

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.pem_campaigns import uninstall_hook

from .common import PemCase


@tagged('post_install', '-at_install')
class TestEvents(PemCase):
    """The audit trail can only be added to, and shows whether anybody did otherwise."""

    def setUp(self):
        super().setUp()
        self.case = self.launch()[0]
        self.submit(self.case)
        self.decide(self.case)
        self.event = self.case.event_ids[1]

    def test_nobody_changes_a_line_through_odoo_the_superuser_included(self):
        for env in (self.env(user=self.manager), self.env(su=True)):
            event = self.event.with_env(env)
            line = {'case_id': self.case.id, 'kind': 'approved', 'sequence': 99, 'date': '2026-01-01', 'seal': 'x'}
            for method, args in (('create', [line]), ('write', [{'actor': "Somebody"}]), ('unlink', []), ('copy', [])):
                with self.subTest(method, su=env.su), self.assertRaises(AccessError):
                    getattr(event, method)(*args)

    def test_the_database_refuses_to_change_delete_or_empty_the_trail(self):
        for statement in (
            "UPDATE pem_event SET actor = 'Somebody'",
            "DELETE FROM pem_event",
            "TRUNCATE pem_event",
            "TRUNCATE pem_case CASCADE",
        ):
            with self.subTest(statement), mute_logger('odoo.sql_db'), self.assertRaises(InsufficientPrivilege), \
                    self.env.cr.savepoint():
                self.env.cr.execute(statement)

    def test_a_whole_trail_verifies(self):
        self.assertEqual(self.env['pem.event']._first_broken(self.campaign.case_ids), {})
        action = self.case.with_user(self.user).action_verify_trail()
        self.assertEqual(action['params']['type'], 'success')
        self.assertEqual(self.case.trail_length, len(self.case.event_ids))
        self.assertEqual(self.case.trail_seal, self.case.event_ids[-1].seal)

    def test_whoever_gets_around_the_guard_is_found_and_the_line_is_named(self):
        length = len(self.case.event_ids)
        for statement, line in (
            ("UPDATE pem_event SET actor = 'Somebody' WHERE case_id = %s AND sequence = 2", 2),
            ("UPDATE pem_event SET actor = NULL WHERE case_id = %s AND sequence = 2", 2),
            ("UPDATE pem_event SET kind = 'rejected' WHERE case_id = %s AND sequence = 3", 3),
            ("UPDATE pem_event SET user_id = 1 WHERE case_id = %s AND sequence = 4", 4),
            ("UPDATE pem_event SET user_id = NULL WHERE case_id = %s AND sequence = 4", 4),
            ("UPDATE pem_event SET sequence = 900 WHERE case_id = %s AND sequence = 2", 2),
            ("UPDATE pem_event SET sequence = -sequence WHERE case_id = %s", 1),
            ("UPDATE pem_event SET date = date + interval '1 millisecond' WHERE case_id = %s AND sequence = 2", 2),
            ("UPDATE pem_event SET payload = '{}' WHERE case_id = %s AND sequence = 3", 3),
            ("UPDATE pem_event SET date = date - interval '1 day' WHERE case_id = %s AND sequence = 1", 1),
            ("UPDATE pem_event SET seal = repeat('0', 64) WHERE case_id = %s AND sequence = 2", 2),
            ("DELETE FROM pem_event WHERE case_id = %s AND sequence = 2", 2),
            ("DELETE FROM pem_event WHERE case_id = %s AND sequence >= 4", 4),
            ("DELETE FROM pem_event WHERE case_id = %s", 1),
            (f"INSERT INTO pem_event (case_id, sequence, kind, date, seal) SELECT %s, {length + 1}, 'closed', now(), 'x'",
             length + 1),
        ):
            with self.subTest(statement), self.env.cr.savepoint() as savepoint:
                self.env.cr.execute("ALTER TABLE pem_event DISABLE TRIGGER USER")
                self.env.cr.execute(statement, [self.case.id])
                self.assertEqual(self.env['pem.event']._first_broken(self.campaign.case_ids), {self.case: line})
                action = self.case.with_user(self.user).action_verify_trail()
                self.assertEqual(action['params']['type'], 'danger')
                self.assertIn(f"{self.case.name} was tampered with at line {line}.", action['params']['message'])
                savepoint.rollback()

    def test_lines_of_one_case_cannot_be_given_to_another_and_the_case_cannot_lie_about_its_trail(self):
        other = self.campaign.case_ids - self.case
        length, others = len(self.case.event_ids), len(other.event_ids)
        for statement, params, broken in (
            ("UPDATE pem_event SET case_id = %s, sequence = %s WHERE case_id = %s AND sequence = 2", [other.id, others + 1, self.case.id],
             {self.case: 2, other: others + 1}),
            ("UPDATE pem_case SET trail_length = trail_length - 1 WHERE id = %s", [self.case.id], {self.case: length + 1}),
            ("UPDATE pem_case SET trail_seal = repeat('0', 64) WHERE id = %s", [self.case.id], {self.case: length + 1}),
            ("UPDATE pem_case SET trail_length = NULL, trail_seal = NULL WHERE id = %s", [self.case.id], {self.case: length + 1}),
        ):
            with self.subTest(statement), self.env.cr.savepoint() as savepoint:
                self.env.cr.execute("ALTER TABLE pem_event DISABLE TRIGGER USER")
                self.env.cr.execute(statement, params)
                self.env['pem.case'].invalidate_model()
                self.assertEqual(self.env['pem.event']._first_broken(self.campaign.case_ids), broken)
                message = self.campaign.case_ids.with_user(self.user).action_verify_trail()['params']['message']
                for case, line in broken.items():
                    self.assertIn(f"{case.name} was tampered with at line {line}.", message)
                savepoint.rollback()
        self.env['pem.case'].invalidate_model()

    def test_every_column_of_the_trail_is_sealed(self):
        self.env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'pem_event'")
        columns = {name for name, in self.env.cr.fetchall()}
        # The next test, and the one before, change each of them.
        self.assertEqual(columns, {'id', 'case_id', 'sequence', 'kind', 'date', 'user_id', 'actor', 'payload', 'seal'})

    def test_a_person_with_odd_letters_in_the_name_does_not_break_the_chain(self):
        self.approver.name = "Zoë \"O'Neil\" 😀 \\ <b>"
        case = self.campaign.case_ids[1]
        self.submit(case)
        self.decide(case, comment="Ünï\ncode 🎉")
        self.assertEqual(self.env['pem.event']._first_broken(case), {})
        self.assertIn("🎉", case.event_ids.filtered(lambda event: event.kind == 'approved').description)

    def test_cases_and_submissions_are_not_deleted_or_rewritten(self):
        submission = self.case.submission_ids
        for change in (
            lambda: self.case.unlink(), lambda: submission.unlink(), lambda: submission.answer_ids.unlink(),
            lambda: submission.write({'number': 7}), lambda: submission.answer_ids[0].write({'value': "other"}),
            lambda: submission.answer_ids[0].with_user(self.approver).write({'verdict': 'returned'}),
            lambda: submission.answer_ids[0].with_user(self.approver).write({'mark': 'accepted'}),
        ):
            with self.assertRaises(UserError):
                change()

    def test_every_kind_of_event_says_something_in_words(self):
        self.assertFalse({event.kind for event in self.env['pem.event'].search([])} - set(self.env['pem.event']._sentences()))
        self.assertTrue(all(event.description for event in self.env['pem.event'].search([])))

    def test_uninstalling_takes_the_guard_away(self):
        lines = len(self.case.event_ids)
        uninstall_hook(self.env)
        self.env.cr.execute("DELETE FROM pem_event WHERE case_id = %s", [self.case.id])
        self.assertEqual(self.env.cr.rowcount, lines)
