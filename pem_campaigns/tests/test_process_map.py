from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PemCase


@tagged('post_install', '-at_install')
class TestProcessMap(PemCase):
    """A process is drawn as a map, and its cases are followed on it."""

    def make_draft(self):
        return self.make_simple_process(self.make_form(("Amount", 'integer'), name="Ask for money"), name="Drawn", publish=False)

    def between(self, process, source, target):
        return process.flow_ids.filtered(lambda line: (line.source_id.name, line.target_id.name) == (source, target))

    def insertion(self, process, name="Second look", kind='approval', **values):
        """Return what the map writes when a step is put onto the flow from the check to the end."""
        check = process.step_ids.filtered(lambda step: step.name == 'Check')
        done = process.step_ids.filtered(lambda step: step.kind == 'end')
        return {
            'step_ids': [(0, 'virtual_1', {'name': name, 'kind': kind, 'sequence': 25, **values})],
            'flow_ids': [
                (1, self.between(process, 'Check', 'Done').id, {'target_id': 'virtual_1'}),
                (0, 'virtual_2', {'source_id': 'virtual_1', 'target_id': done.id, 'outcome': 'approved'}),
            ],
        }, check, done

    def test_a_step_and_its_flows_are_saved_together(self):
        process = self.make_draft()
        drawn, check, done = self.insertion(process)
        process.with_user(self.manager).write(drawn)
        second = process.step_ids.filtered(lambda step: step.name == "Second look")
        self.assertEqual(self.between(process, 'Check', 'Second look').outcome, 'approved')
        self.assertEqual(second.outgoing_ids.target_id, done)
        self.assertEqual(check.outgoing_ids.target_id, second)
        process.action_publish()

    def test_a_process_is_drawn_before_it_was_ever_saved(self):
        process = self.env['pem.process'].with_user(self.manager).create({
            'name': "From nothing",
            'step_ids': [(0, 'virtual_1', {'name': "Start", 'kind': 'start'}), (0, 'virtual_2', {'name': "End", 'kind': 'end'})],
            'flow_ids': [(0, 'virtual_3', {'source_id': 'virtual_1', 'target_id': 'virtual_2'})],
        })
        self.assertEqual(process.flow_ids.source_id.name, "Start")
        self.assertEqual(process.flow_ids.target_id.name, "End")

    def test_a_step_that_goes_does_not_take_along_the_flow_that_leads_past_it(self):
        process = self.make_draft()
        check = process.step_ids.filtered(lambda step: step.name == 'Check')
        past, onward = self.between(process, 'Answer', 'Check'), self.between(process, 'Check', 'Done')
        process.with_user(self.manager).write({
            'step_ids': [(2, check.id, False)],
            'flow_ids': [(1, past.id, {'target_id': onward.target_id.id}), (2, onward.id, False)],
        })
        self.assertFalse(check.exists())
        self.assertTrue(self.between(process, 'Answer', 'Done'))

    def test_a_flow_to_a_step_that_is_not_there_is_refused(self):
        process = self.make_draft()
        drawn = self.insertion(process)[0]
        drawn['flow_ids'][1][2]['source_id'] = 'virtual_99'
        with self.assertRaisesRegex(UserError, "not there any more"):
            process.write(drawn)

    def test_looking_at_a_drawing_says_what_is_wrong_at_which_step_and_saves_nothing(self):
        process = self.make_draft().with_user(self.manager)
        drawn = self.insertion(process, name="Who?", approver_kind='user')[0]
        found = process.check_drawing(drawn)
        self.assertEqual(found['problems'], [{'step': 'virtual_1', 'text': "“Who?” does not say who has to act."}])
        self.assertEqual(found['steps']['virtual_1'], "nobody yet")
        self.assertIn('virtual_2', found['flows'])
        self.assertNotIn("Who?", process.step_ids.mapped('name'))
        self.assertEqual(len(process.flow_ids), 3)
        self.assertFalse(process.problems)
        # A process that was never saved
        found = self.env['pem.process'].with_user(self.manager).check_drawing(
            {'step_ids': [(0, 'virtual_1', {'name': "Start", 'kind': 'start'})], 'flow_ids': []})
        self.assertEqual(found['problems'][0]['step'], 'virtual_1')
        # What cannot be saved
        drawn['flow_ids'][1][2]['condition'] = 'nonsense'
        self.assertIn("cannot be used", process.check_drawing(drawn)['error'])
        with self.assertRaises(AccessError):
            process.with_user(self.user).check_drawing(drawn)
        with self.assertRaises(UserError):
            self.process.with_user(self.manager).check_drawing(drawn)

    def test_problems_say_at_which_step_they_are_solved(self):
        process = self.make_draft()
        check = process.step_ids.filtered(lambda step: step.name == 'Check')
        self.assertFalse(process.problems)
        check.approver_user_ids = False
        process.invalidate_recordset()
        self.assertEqual(process.problems, [{'step': check.id, 'text': "“Check” does not say who has to act."}])
        self.assertIn("“Check” does not say who has to act.", process.problem_summary)

    def test_a_card_says_what_its_step_does(self):
        def said(**values):
            process = self.make_process({'Step': values}, [], publish=False)
            return process.step_ids.summary
        both = [Command.set((self.approver | self.second_approver).ids)]
        people = {'kind': 'approval', 'approver_kind': 'user', 'approver_user_ids': both}
        self.assertEqual(said(**people, approval_rule='all', deadline_days=3), "Anna Approver and 1 more, both, within 3 working days")
        self.assertEqual(said(**people), "Anna Approver and 1 more, one of them")
        self.assertEqual(said(**people, approval_rule='all', approval_order='sequential'), "Anna Approver and 1 more, both, one after the other")
        self.assertEqual(said(kind='todo', approver_kind='owner'), "the owner")
        self.assertEqual(said(kind='form', form_id=self.form.id, deadline_days=1), f"{self.form.name}, within 1 working day")
        self.assertEqual(said(kind='wait', wait_days=5), "5 working days")
        self.assertEqual(said(kind='wait', wait_for='date', wait_path='date_deadline', wait_when='before', wait_unit='calendar', wait_days=2),
                         "until 2 days before Due")
        self.assertEqual(said(kind='end', end_outcome="Certificate renewed"), "Certificate renewed")
        self.assertEqual(said(kind='approval', approver_kind='band', amount_path='answers.amount', band_ids=[
            Command.create({'amount_from': 0, 'approver_user_ids': [Command.set(self.approver.ids)]}),
            Command.create({'amount_from': 10000, 'approver_user_ids': [Command.set(self.second_approver.ids)]}),
        ]), "Anna Approver, from $\xa010,000.00: Sven Second")

    def test_a_flow_says_when_it_is_taken(self):
        process = self.make_process(
            {'Start': {'kind': 'start'}, 'Choose': {'kind': 'decision'}, 'A': {'kind': 'end'}, 'B': {'kind': 'end'}},
            [('Start', 'Choose'), ('Choose', 'A', {'condition': "[('partner_id.city', '=', 'Boston')]"}), ('Choose', 'B')], publish=False)
        picture = process._get_map()
        labels = {(line['source'], line['target']): line['label'] for line in picture['flows']}
        start, choose, first, second = process.step_ids.ids
        self.assertEqual(labels[choose, first], "City = Boston")
        self.assertEqual(labels[choose, second], "Otherwise")
        self.assertEqual(labels[start, choose], "")

    def test_cases_are_counted_at_the_step_where_they_stand(self):
        acme, _brown = self.launch().sorted('id')
        answer = self.process.step_ids.filtered(lambda step: step.kind == 'form')
        check = self.process.step_ids.filtered(lambda step: step.kind == 'approval')
        self.submit(acme)
        process = self.process.with_user(self.user)
        self.assertEqual(process.step_counts, {
            str(answer.id): {'open': 1, 'problem': 0}, str(check.id): {'open': 1, 'problem': 0}})
        action = check.with_user(self.user).action_open_cases_here()
        self.assertEqual(self.env['pem.case'].with_user(self.user).search(action['domain']), acme)
        counts = {step['name']: step.get('open') for step in self.campaign.with_user(self.user).process_map['steps']}
        self.assertEqual((counts['Answer'], counts['Check'], counts['Done']), (1, 1, None))

    def test_counting_cases_takes_one_query_however_many_steps_there_are(self):
        self.launch()
        processes = self.process | self.make_draft()
        processes.step_ids.mapped('process_id')
        self.env.flush_all()
        with self.assertQueryCount(1):
            processes._count_at_steps()

    def test_a_case_shows_its_way_in_one_line(self):
        acme = self.launch().sorted('id')[0]

        def way():
            acme.invalidate_recordset(['process_line'])
            return [(step['name'], step['state']) for step in acme.with_user(self.user).process_line]
        self.assertEqual(way(), [('Answer', 'here'), ('Check', 'ahead'), ('Done', 'ahead')])
        self.submit(acme)
        self.assertEqual(way(), [('Answer', 'done'), ('Check', 'here'), ('Done', 'ahead')])
        self.decide(acme, user=self.approver)
        self.assertEqual(way()[:2], [('Answer', 'done'), ('Check', 'done')])
        self.assertEqual(way()[-1][1], 'done')


@tagged('post_install', '-at_install')
class TestProcessComparison(PemCase):
    """Two versions of a process are compared."""

    def test_what_changed_is_marked_on_both_maps_and_said_in_words(self):
        version = self.process._new_version()
        step = {one.name: one for one in version.step_ids}
        new = self.env['pem.process.step'].create({'process_id': version.id, 'name': "Second look", 'kind': 'approval', 'sequence': 20})
        done = version.flow_ids.filtered(lambda line: line.target_id == step['Done'])
        done.target_id = new
        self.env['pem.process.flow'].create(
            {'process_id': version.id, 'source_id': new.id, 'target_id': step['Done'].id, 'outcome': 'approved'})
        step['Check'].write({'deadline_days': 3, 'name': "First look"})
        step['Answer'].form_id.field_ids.filtered(lambda field: field.name == 'remark').unlink()
        action = version.with_user(self.user).action_compare()
        wizard = self.env['pem.process.comparison'].with_user(self.user).browse(action['res_id'])
        self.assertEqual(wizard.other_id, self.process)
        found = wizard.comparison
        before = {one['name']: one['mark'] for one in found['before']['steps']}
        after = {one['name']: one['mark'] for one in found['after']['steps']}
        self.assertEqual(before, {'Start': '', 'Answer': '', 'Check': 'changed', 'Done': ''} | {'Answer': 'changed'})
        self.assertEqual(after, {'Start': '', 'Answer': 'changed', 'First look': 'changed', 'Second look': 'added', 'Done': ''})
        self.assertIn("“Check” is called “First look”.", found['changes'])
        self.assertIn("“First look”: Anna Approver, within 3 working days, instead of Anna Approver.", found['changes'])
        self.assertIn("“Answer” does not ask for “Remark” any more.", found['changes'])
        self.assertIn("“Second look” is new.", found['changes'])
        self.assertIn("The flow Check → Done (Approved) is gone.", found['changes'])
        # From the other side it is the same, in the same order
        other = self.env['pem.process.comparison'].create({'process_id': self.process.id, 'other_id': version.id})
        self.assertEqual(other.comparison, found)

    def test_a_copy_that_nobody_changed_is_the_same(self):
        version = self.process._new_version()
        self.assertEqual(self.process._compare_with(version)['changes'], [])

    def test_a_copy_of_a_step_has_its_settings(self):
        version = self.process._new_version()
        check = version.step_ids.filtered(lambda one: one.kind == 'approval')
        check.write({'deadline_days': 4, 'reminder_ids': [Command.create({'days': 2})]})
        copy = self.env['pem.process.step'].with_user(self.manager).create(
            {'process_id': version.id, 'kind': 'approval', 'name': "Once more", 'copied_from_id': check.id})
        self.assertEqual((copy.name, copy.deadline_days, copy.approver_user_ids, len(copy.reminder_ids)), (
            "Once more", 4, self.approver, 1))
