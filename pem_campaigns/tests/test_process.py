from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PemCase


@tagged('post_install', '-at_install')
class TestProcess(PemCase):
    """A process is drawn as a draft and fixed by publishing."""

    def refused(self, steps, flows):
        process = self.make_process(steps, flows, publish=False)
        with self.assertRaises(UserError) as caught:
            process.with_user(self.manager).action_publish()
        self.assertEqual(process.state, 'draft')
        self.assertEqual(str(caught.exception).split('\n', 1)[1], process.problem_summary)
        return process.problem_summary

    def test_publishing_refuses_each_problem_with_a_sentence_that_names_the_step(self):
        form, ask = {'kind': 'form', 'form_id': self.form.id}, {'kind': 'approval', 'approver_kind': 'owner'}
        start, end = {'kind': 'start'}, {'kind': 'end'}
        straight = [('Start', 'Ask'), ('Ask', 'End')]
        for steps, flows, sentence in (
            ({'Ask': form, 'End': end}, [('Ask', 'End')], "A process needs a start."),
            ({'Start': start, 'Again': start, 'Ask': form, 'End': end}, [*straight, ('Again', 'Ask')], "“Again” is a second start"),
            ({'Start': start, 'Ask': form, 'End': end, 'Lost': form}, [*straight, ('Lost', 'End')], "“Lost” is never reached"),
            ({'Start': start, 'Ask': form, 'Stuck': form, 'End': end}, [*straight, ('Ask', 'Stuck'), ('Stuck', 'Stuck')],
             "From “Stuck” no end can be reached"),
            ({'Start': start, 'Ask': form, 'Join': {'kind': 'join'}, 'End': end},
             [('Start', 'Ask'), ('Ask', 'Join'), ('Join', 'End')], "“Join” joins branches, but nothing splits"),
            ({'Start': start, 'Ask': form, 'End': end}, [*straight, ('End', 'Ask')], "“End” is an end, so no flow can leave it"),
            ({'Start': start, 'Ask': form, 'End': end}, [*straight, ('Ask', 'Start', {'condition': "[('id', '=', 1)]", 'sequence': 0})],
             "“Start” is the start, so no flow can lead back"),
            ({'Start': start, 'Approve': ask, 'End': end}, [('Start', 'Approve'), ('Approve', 'End', {'outcome': 'rejected'})],
             "“Approve” needs a flow for every way in which it can end"),
            ({'Start': start, 'Choose': {'kind': 'decision'}, 'End': end},
             [('Start', 'Choose'), ('Choose', 'End', {'condition': "[('id', '=', 1)]"})],
             "“Choose” needs a flow without a condition"),
            ({'Start': start, 'Choose': {'kind': 'decision'}, 'End': end},
             [('Start', 'Choose'), ('Choose', 'Choose', {'condition': "[('id', '=', 1)]"}), ('Choose', 'End')],
             "“Choose” is part of a loop in which a case may never rest"),
            ({'Start': start, 'Ask': {'kind': 'form'}, 'End': end}, straight, "“Ask” asks the partner, but has no form."),
            ({'Start': start, 'Ask': {'kind': 'form', 'form_id': self.make_form(("Title", 'heading')).id}, 'End': end}, straight,
             "The form of “Ask” asks nothing."),
            ({'Start': start, 'Ask': {'kind': 'message'}, 'End': end}, straight, "“Ask” has no message to send."),
            ({'Start': start, 'Ask': {'kind': 'todo', 'approver_kind': 'user'}, 'End': end}, straight, "“Ask” does not say who has to act."),
            ({'Start': start, 'Ask': {**ask, 'approver_kind': 'group'}, 'End': end}, straight, "“Ask” does not say who has to act."),
            ({'Start': start, 'Ask': {**ask, 'approver_kind': 'path', 'approver_path': 'partner_id.name'}, 'End': end}, straight,
             "“Ask” looks for a user in “partner_id.name”, which leads to none."),
            ({'Start': start, 'Ask': {**ask, 'approver_kind': 'user', 'approver_user_ids': [Command.set(self.approver.ids)],
                                      'approval_rule': 'some', 'approval_minimum': 2}, 'End': end}, straight,
             "“Ask” needs 2 approvals, but names 1 persons."),
            ({'Start': start, 'Ask': {**ask, 'auto_approve_if': "[('no_such_field', '=', 1)]"}, 'End': end}, straight,
             "A rule of “Ask” cannot be used"),
            ({'Start': start, 'Ask': form, 'End': end}, [('Start', 'Ask'), ('Ask', 'End', {'condition': "[('nope', '=', 1)]"}), ('Ask', 'End')],
             "The condition of “Ask → End” cannot be used"),
        ):
            with self.subTest(sentence):
                self.assertIn(sentence, self.refused(steps, flows))

    def test_two_forms_that_use_the_same_name_are_refused(self):
        first, second = (self.make_form(("Phone", 'phone')) for _number in range(2))
        self.assertIn("Two forms of the process ask for “phone”", self.refused({
            'Start': {'kind': 'start'}, 'A': {'kind': 'form', 'form_id': first.id}, 'B': {'kind': 'form', 'form_id': second.id},
            'End': {'kind': 'end'}}, [('Start', 'A'), ('A', 'B'), ('B', 'End')]))

    def test_nothing_of_a_published_version_can_be_changed_by_anybody(self):
        step, line = self.process.step_ids[1], self.process.flow_ids[0]
        question, option = self.form.field_ids[1], self.form.field_ids.option_ids[0]
        draft = self.make_simple_process(self.make_form(("Other", 'char')), name="Draft", publish=False)
        for change in (
            lambda: step.write({'name': "Other"}), lambda: step.unlink(), lambda: line.write({'condition': '[]'}),
            lambda: line.unlink(), lambda: question.write({'label': "Other"}), lambda: question.unlink(),
            lambda: option.write({'name': "Other"}), lambda: option.unlink(), lambda: self.form.write({'name': "Other"}),
            lambda: self.form.unlink(),
            lambda: self.process.write({'allow_self_approval': True}),
            lambda: self.process.write({'step_ids': [Command.create({'name': "New"})]}),
            lambda: self.env['pem.process.step'].create({'process_id': self.process.id, 'name': "New"}),
            lambda: self.env['pem.form.field'].create({'form_id': self.form.id, 'label': "New"}),
            lambda: self.env['pem.form.field.option'].create({'field_id': question.id, 'name': "New"}),
            lambda: draft.step_ids[0].write({'process_id': self.process.id}),
            lambda: draft.flow_ids[0].write({'process_id': self.process.id}),
            lambda: draft.step_ids.form_id.field_ids.write({'form_id': self.form.id}),
        ):
            for env in (self.env(user=self.manager), self.env(context={'install_mode': True})):
                for records in (step, line, question, option, self.form, self.process, draft):
                    records.invalidate_recordset()
                with self.subTest(env=env.context), self.assertRaisesRegex(UserError, "published"), self.env.cr.savepoint():
                    change()

    def test_a_manager_cannot_turn_a_published_version_into_a_draft(self):
        for values in ({'state': 'draft'}, {'version': 7}, {'answers_definition': []}):
            with self.subTest(values), self.assertRaises(UserError):
                self.process.with_user(self.manager).write(values)

    def test_a_new_version_is_a_copy_with_forms_of_its_own_and_replaces_the_old_one(self):
        case = self.launch()[0]
        action = self.process.with_user(self.manager).action_new_version()
        second = self.env['pem.process'].browse(action['res_id'])
        self.assertEqual((second.version, second.state, second.name), (2, 'draft', self.process.name))
        self.assertEqual(second.step_ids.mapped('name'), self.process.step_ids.mapped('name'))
        self.assertEqual(second.flow_ids.mapped('display_name'), self.process.flow_ids.mapped('display_name'))
        self.assertFalse(second.step_ids.form_id & self.form)
        self.assertFalse(second.flow_ids.source_id & self.process.step_ids)
        self.assertEqual(second.step_ids.approver_user_ids, self.approver)
        second.step_ids.form_id.field_ids[0].label = "Telephone"
        second.with_user(self.manager).action_publish()
        self.assertEqual((self.process.state, second.state), ('retired', 'published'))
        self.assertEqual(case.process_id, self.process)
        self.submit(case)
        self.decide(case)
        self.assertEqual(case.state, 'done')
        third = self.process._new_version()
        self.assertEqual((third.version, third.root_id), (3, self.process))

    def test_only_one_version_is_published_and_the_database_sees_to_it(self):
        second = self.process._new_version()
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            second.state = 'published'
            self.env.flush_all()
        self.process.active = False
        second._publish()
        self.assertEqual(self.process.state, 'retired')

    def test_a_library_process_is_used_as_a_copy(self):
        library = self.env.ref('pem_campaigns.pem_process_contact_revalidation')
        action = library.with_user(self.manager).action_use_template()
        copy = self.env['pem.process'].browse(action['res_id'])
        self.assertEqual((copy.name, copy.version, copy.is_template, copy.root_id.id), (library.name, 1, False, False))
        copy.with_user(self.manager).action_publish()
        self.assertEqual(copy.state, 'published')

    def test_a_retired_process_starts_nothing_new_but_its_cases_go_on(self):
        case = self.launch()[0]
        self.process.with_user(self.manager).action_retire()
        with self.assertRaisesRegex(UserError, "Publish"):
            self.make_campaign(self.process, self.brown, name="Late").with_user(self.manager).action_launch()
        with self.assertRaisesRegex(UserError, "not published"):
            self.process.with_user(self.manager).action_retire()
        self.submit(case)
        self.decide(case)
        self.assertEqual(case.state, 'done')

    def test_a_process_with_cases_is_not_deleted(self):
        self.launch()
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            self.process.unlink()

    def test_a_flow_does_not_lead_into_another_process(self):
        other = self.make_simple_process(self.make_form(("Other", 'char')), name="Other", publish=False)
        with self.assertRaisesRegex(ValidationError, "same process"):
            other.flow_ids[0].target_id = self.process.step_ids[1]

    def test_answers_of_cases_can_be_searched_and_grouped_like_fields(self):
        first, second = self.launch().sorted('id')
        self.submit(first)
        self.submit(second, {**self.answers, 'tier': 'silver', 'seats': '0'}, user=self.brown_user)
        Case = self.env['pem.case'].with_user(self.user)
        self.assertEqual(Case.search([('answers.tier', '=', 'gold')]), first)
        self.assertEqual(Case.search([('answers.seats', '<', 5), ('campaign_id', '=', self.campaign.id)]), second)
        groups = Case._read_group([('campaign_id', '=', self.campaign.id)], ['answers.tier'], ['__count'])
        self.assertEqual(sorted(groups), [('gold', 1), ('silver', 1)])
