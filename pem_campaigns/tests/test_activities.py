from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from .common import PemWorld
from .test_approvals import ApprovalCase


@tagged('post_install', '-at_install')
class TestActivities(ApprovalCase):
    """A turn is an activity; deciding, and nothing else, ends it."""

    def activity(self, case, user=None):
        task = self.env['pem.task'].search([('case_id', '=', case.id), ('state', '=', 'open')])
        user = user or self.approver
        return task.activity_ids.filtered(lambda activity: activity.user_id == user).with_user(user)

    def todo(self):
        process = self.make_process(
            {'Start': {'kind': 'start'}, 'Call': {
                'kind': 'todo', 'approver_kind': 'user', 'approver_user_ids': [Command.set((self.approver | self.user).ids)]},
             'Done': {'kind': 'end'}}, [('Start', 'Call'), ('Call', 'Done')], name="Call")
        return self.launch(self.make_campaign(process, self.acme, name="Call"))

    def test_each_reader_is_offered_what_they_can_do(self):
        activity = self.activity(self.ask())
        self.assertEqual(activity.pem_decision, 'approval')
        self.assertEqual(activity.with_user(self.user).pem_decision, 'other')
        self.assertEqual(self.activity(self.todo()).pem_decision, 'todo')
        self.assertFalse(self.acme.activity_schedule('mail.mail_activity_data_todo', user_id=self.user.id).pem_decision)
        [told] = activity.activity_format()['mail.activity']
        self.assertEqual(told['pem_decision'], 'approval')

    def test_marking_an_approval_as_done_is_refused_and_loses_nothing(self):
        case = self.ask(approval_rule='one')
        activity = self.activity(case)
        for tick in (activity.action_feedback, activity.action_done, activity.action_feedback_schedule_next):
            with self.assertRaisesRegex(UserError, "approve it, send it back or reject it. It cannot just be marked as done"):
                tick()
        with self.assertRaisesRegex(UserError, "this activity stays until there is one"):
            activity.unlink()
        for change in ({'user_id': self.manager.id}, {'active': False}):
            with self.assertRaisesRegex(UserError, "press “Hand over”"):
                activity.write(change)
        activity.write({'date_deadline': '2030-01-01'})
        self.assertEqual(self.turn(case), self.persons)
        self.decide(case)
        self.assertFalse(activity.exists())

    def test_marking_a_to_do_as_done_does_it(self):
        case = self.todo()
        activity = self.activity(case)
        with self.assertRaisesRegex(UserError, "waits for Anna Approver"):
            activity.with_user(self.manager).action_feedback()
        activity.action_feedback("Called them")
        self.assertEqual(case.state, 'done')
        self.assertFalse(self.env['pem.task'].search([('case_id', '=', case.id)]).activity_ids)
        self.assertEqual(self.told(case)[0], ("Anna Approver", "“Call” done “Called them”"))
        case = self.make_campaign(case.process_id, self.brown, name="Again")
        again = self.launch(case)
        self.assertFalse(self.activity(again).action_feedback_schedule_next("Done"))
        self.assertEqual(again.state, 'done')

    def test_other_activities_are_as_ever(self):
        case = self.ask()
        own = case.activity_schedule('mail.mail_activity_data_todo', user_id=self.approver.id).with_user(self.approver)
        own.action_feedback("Read")
        self.assertFalse(own.active)


@tagged('post_install', '-at_install')
class TestActivityTour(PemWorld, HttpCase):

    def test_an_approver_decides_in_the_activity_view(self):
        self.make_world()
        acme, brown = self.launch().sorted('id')
        self.submit(acme)
        self.submit(brown, user=self.brown_user)
        self.start_tour(
            '/odoo/action-pem_campaigns.pem_task_action_mine?view_type=activity', 'pem_activity_tour', login='pem_approver', timeout=120)
        self.assertEqual(acme.submission_ids.mapped('state'), ['returned'])
        self.assertEqual(acme.submission_ids.comment, "Please add the extension.")
        self.assertEqual(brown.state, 'done')
