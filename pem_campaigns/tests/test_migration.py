from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_soundness import END, JOIN, SPLIT, START, SoundnessCase


@tagged('post_install', '-at_install')
class TestMigration(SoundnessCase):
    """Running cases are moved to a newer version: looked at first, case by case, and then done."""

    def setUp(self):
        super().setUp()
        self.cases = self.launch().sorted('id')

    def new_version(self, process=None, change=None):
        """Publish a new version; ``change(version, {name: step})`` edits it before."""
        version = (process or self.process)._new_version()
        if change:
            change(version, {step.name: step for step in version.step_ids})
        version._publish()
        return version

    def look(self, version, **chosen):
        """Return what is said before moving, as a manager sees it."""
        action = version.with_user(self.manager).action_migrate_cases()
        migration = self.env['pem.process.migration'].with_user(self.manager).browse(action['res_id'])
        for name, target in chosen.items():
            migration.choice_ids.filtered(lambda choice, name=name: choice.step_id.name == name).target_id = target
        if chosen:
            migration.action_look()
        return migration

    def said(self, migration):
        return [(line.stands, line.will_stand, line.note, line.state)
                for line in migration.line_ids.sorted(lambda line: line.case_id.id)]

    def drop_check(self, version, steps):
        version.flow_ids.filtered(lambda line: steps['Check'] in (line.source_id, line.target_id)).unlink()
        steps['Check'].unlink()
        sign = self.env['pem.process.step'].create({'process_id': version.id, 'name': "Sign", **self.check})
        self.env['pem.process.flow'].create([
            {'process_id': version.id, 'source_id': steps['Answer'].id, 'target_id': sign.id},
            {'process_id': version.id, 'source_id': sign.id, 'target_id': steps['Done'].id, 'outcome': 'approved'}])

    def test_looking_changes_nothing_and_says_for_each_case_what_would_change(self):
        self.submit(self.cases[0])
        self.open_task(self.cases[1])._save_draft({'phone': '+1'})

        def change(version, steps):
            questions = {question.name: question for question in steps['Answer'].form_id.field_ids}
            questions['remark'].unlink()
            questions['seats'].write({'label': "Seats in total", 'maximum': 50})
            self.env['pem.form.field'].create({'form_id': steps['Answer'].form_id.id, 'label': "Bank"})
            steps['Check'].name = "Examine"
        version = self.new_version(change=change)
        self.assertEqual(version.older_case_count, 2)
        migration = self.look(version)
        self.assertEqual(self.said(migration), [
            ("Check", "Examine", "What is open stays as it is.", 'ready'),
            ("Answer", "Answer", '\n'.join([
                "“Answer” asks in addition: Bank.", "“Answer” no longer asks: Remark.", "“Answer” asks differently: Seats in total.",
                "What was entered and not sent yet is kept."]), 'ready')])
        self.assertEqual(self.cases.process_id, self.process)
        self.assertNotIn('migrated', self.story(self.cases[0]))

    def test_moved_cases_keep_tasks_drafts_answers_and_submissions_and_go_on_by_the_new_version(self):
        self.submit(self.cases[0])
        asked, drafted = self.open_task(self.cases[0], 'approval'), self.open_task(self.cases[1])
        drafted._save_draft({'phone': '+1', 'remark': "Almost"})

        def change(version, steps):
            steps['Answer'].form_id.field_ids.filtered(lambda question: question.name == 'remark').write(
                {'label': "Comment", 'name': 'comment'})
            sign = self.env['pem.process.step'].create({'process_id': version.id, 'name': "Sign", **self.todo})
            version.flow_ids.filtered(lambda line: line.source_id == steps['Check']).target_id = sign
            self.env['pem.process.flow'].create({'process_id': version.id, 'source_id': sign.id, 'target_id': steps['Done'].id})
        version = self.new_version(change=change)
        self.look(version).action_migrate()
        self.assertEqual((self.cases.process_id, version.older_case_count), (version, 0))
        self.assertEqual(asked | drafted, self.cases.open_task_ids)
        self.assertEqual((asked | drafted).step_id.process_id, version)
        self.assertEqual(drafted.draft, {'phone': '+1', 'comment': "Almost"})
        self.assertEqual(self.cases[0].with_context(property_selection_get_key=True).answers['tier'], 'gold')
        self.assertEqual(self.env['pem.case'].search([('answers.comment', '=', "Hello")]), self.cases[0])
        self.assertEqual(self.env['pem.case'].search([('answers.seats', '=', 12)]), self.cases[0])
        self.assertEqual([answer.name for answer in asked.review_answer_ids], ['phone', 'tier', 'seats', 'remark'])
        self.decide(self.cases[0])
        self.assertEqual(self.standing(self.cases[0]), ["Sign"])
        self.act(self.cases[0], "Sign")
        self.submit(self.cases[1], {'phone': '+1 617 555 0199', 'comment': "New"}, user=self.brown_user)
        self.assertEqual((self.cases[0].state, self.acme.phone), ('done', '+1 617 555 0199'))
        event = self.cases[0].event_ids.filtered(lambda one: one.kind == 'migrated')
        self.assertEqual(event.description, f"Moved from {self.process.display_name} to {version.display_name}")
        self.assertEqual(event.user_id, self.manager)
        self.assertFalse(self.env['pem.event']._first_broken(self.cases))

    def test_where_a_step_is_gone_the_manager_chooses_or_the_case_stays(self):
        self.submit(self.cases[0])
        version = self.new_version(change=self.drop_check)
        migration = self.look(version)
        self.assertEqual(self.said(migration), [
            ("Check", False, "“Check” is not part of this version. Choose where its cases go on.", 'blocked'),
            ("Answer", "Answer", "What is open stays as it is.", 'ready')])
        self.assertEqual([(choice.step_id.name, choice.case_count) for choice in migration.choice_ids], [("Check", 1)])
        sign = version.step_ids.filtered(lambda step: step.name == "Sign")
        task = self.open_task(self.cases[0], 'approval')
        migration = self.look(version, Check=sign)
        self.assertEqual(self.said(migration)[0], ("Check", "Sign", "What is open stays as it is.", 'ready'))
        migration.action_migrate()
        self.assertEqual((migration.state, migration.moved_count), ('done', 2))
        self.assertEqual((task.step_id, task.state), (sign, 'open'))
        self.decide(self.cases[0])
        self.assertEqual(self.cases[0].state, 'done')

    def test_a_step_of_another_kind_is_asked_anew(self):
        self.submit(self.cases[0])
        version = self.new_version(change=self.drop_check)
        answer = version.step_ids.filtered(lambda step: step.name == "Answer")
        migration = self.look(version, Check=answer)
        self.assertEqual(self.said(migration)[0], ("Check", "Answer", "“Check” is withdrawn and “Answer” asked instead.", 'ready'))
        migration.action_migrate()
        self.assertEqual((self.standing(self.cases[0]), self.cases[0].waiting_on), (["Answer"], 'partner'))

    def test_a_case_that_could_wait_forever_in_the_new_version_stays(self):
        steps = {'Start': START, 'Split': SPLIT, 'A': self.todo, 'B': self.todo, 'Both': JOIN, 'After': self.todo, 'Done': END}
        case = self.start(steps, [('Start', 'Split'), ('Split', 'A'), ('Split', 'B'), ('A', 'Both'), ('B', 'Both'), ('Both', 'After'),
                                  ('After', 'Done')])
        self.act(case, 'A')

        def one_after_the_other(version, made):
            version.flow_ids.unlink()
            (made['Split'] | made['Both']).unlink()
            for source, target in (('Start', 'A'), ('A', 'B'), ('B', 'After'), ('After', 'Done')):
                self.env['pem.process.flow'].create({'process_id': version.id, 'source_id': made[source].id, 'target_id': made[target].id})
        migration = self.look(self.new_version(case.process_id, one_after_the_other))
        self.assertEqual((migration.ready_count, migration.line_ids.note), (
            0, "The branch that waits at “Both” does not lead there any more."))
        with self.assertRaisesRegex(UserError, "None of the cases"):
            migration.action_migrate()
        # Unchanged branches move, and the join knows what has arrived.
        same = self.new_version(case.process_id)
        self.look(same).action_migrate()
        self.act(case, 'B')
        self.assertEqual((case.process_id, self.standing(case)), (same, ['After']))

    def test_a_correction_under_way_goes_on_in_the_new_version(self):
        self.submit(self.cases[0])
        self.mark(self.cases[0], 'phone', "Country code?")
        self.decide(self.cases[0], 'send_back')
        self.look(self.new_version()).action_migrate()
        task = self.open_task(self.cases[0])
        self.assertEqual(task._returned_names(), {'phone': "Country code?"})
        self.submit(self.cases[0])
        self.decide(self.cases[0])
        self.assertEqual(self.cases[0].state, 'done')

    def test_a_correction_for_a_step_that_is_gone_waits_for_a_choice(self):
        self.submit(self.cases[0])
        self.mark(self.cases[0], 'phone', "Country code?")
        self.decide(self.cases[0], 'send_back')
        version = self.new_version(change=self.drop_check)
        self.assertIn("“Check” sent back are being corrected", self.said(self.look(version))[0][2])
        sign = version.step_ids.filtered(lambda step: step.name == "Sign")
        self.look(version, Check=sign).action_migrate()
        self.assertEqual((self.cases[0].process_id, self.cases[0].correcting_step_id), (version, sign))
        self.submit(self.cases[0])
        self.assertEqual((self.standing(self.cases[0]), self.cases[0].correcting_step_id.id), (["Sign"], False))

    def test_a_moved_case_can_be_moved_back_to_where_it_was_before(self):
        self.submit(self.cases[0])
        version = self.new_version()
        self.look(version).action_migrate()
        answer = version.step_ids.filtered(lambda step: step.name == "Answer")
        self.assertEqual(self.cases[0]._earlier_steps(), answer)
        self.cases[0].with_user(self.manager)._roll_back(answer, "Again")
        self.assertTrue(self.open_task(self.cases[0]).returned_submission_id)

    def test_an_answer_of_another_type_is_kept_in_the_submission_only(self):
        self.submit(self.cases[0])

        def change(_version, steps):
            steps['Answer'].form_id.field_ids.filtered(lambda question: question.name == 'remark').value_type = 'integer'
        self.look(self.new_version(change=change)).action_migrate()
        self.assertFalse(self.cases[0].answers['remark'])
        self.assertFalse(self.env['pem.case'].search([('answers.remark', '>', 0), ('campaign_id', '=', self.campaign.id)]))
        self.assertIn("Hello", self.cases[0].submission_ids.answer_ids.mapped('value'))

    def test_a_copy_of_a_process_is_another_process_and_a_name_is_no_relation(self):
        copy = self.process.copy({'name': self.process.name})
        self.assertFalse(copy.step_ids._counterparts(self.process.step_ids))
        version = self.process._new_version()
        self.assertEqual(len(self.process.step_ids._counterparts(version.step_ids)), 4)
        third = version._new_version()
        self.assertEqual(len(self.process.step_ids._counterparts(third.step_ids)), 4)
        self.assertEqual(len(self.form.field_ids._counterparts(third.step_ids.form_id.field_ids)), 4)

    def test_many_cases_are_moved_in_the_background_in_batches_and_go_on_after_an_interruption(self):
        partners = [self.make_partner(f"Partner {number}") for number in range(5)]
        cases = self.launch(self.make_campaign(self.process, *partners, name="More")) | self.cases
        version = self.new_version()
        Migration = type(self.env['pem.process.migration'])
        with patch.object(Migration, '_at_once', lambda _self: 3), self.enter_registry_test_mode():
            migration = self.look(version)
            migration.action_migrate()
            self.assertEqual((migration.state, migration.moved_count), ('running', 0))
            self.env.ref('pem_campaigns.ir_cron_migrate').method_direct_trigger()
            migration.invalidate_recordset()
            self.assertEqual((migration.state, migration.moved_count), ('done', 7))
        self.assertEqual(cases.process_id, version)
        self.assertEqual(cases.event_ids.filtered(lambda one: one.kind == 'migrated').user_id, self.manager)

    def test_moving_many_cases_costs_no_more_statements_than_moving_two(self):
        def cost(process, count):
            cases = self.launch(self.make_campaign(
                process, *(self.make_partner(f"Partner {count}.{number}") for number in range(count)), name=f"More {count}"))
            version = self.new_version(process)
            migration = self.look(version)
            with self.statements() as statements:
                migration.action_migrate()
            self.assertEqual(cases.process_id, version)
            return statements
        few = cost(self.process, 2)
        many = cost(self.cases.process_id, 14)
        self.assertFalse({text: count for text, count in (many - few).items() if count > 1})

    def test_only_managers_move_cases_to_another_version(self):
        version = self.new_version()
        for user in (self.user, self.outsider, self.acme_user):
            with self.subTest(user.name), self.assertRaises(AccessError):
                version.with_user(user).action_migrate_cases()
        with self.assertRaisesRegex(UserError, "not published"):
            self.process.with_user(self.manager).action_migrate_cases()
