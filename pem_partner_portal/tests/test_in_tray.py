from odoo.exceptions import MissingError
from odoo.tests import tagged

from .common import PortalCase


@tagged('post_install', '-at_install')
class TestInTray(PortalCase):

    def lines(self, tab='waiting', user=None):
        gateway = self.gateway(user)
        return gateway._in_tray(gateway._actor(), tab)['lines']

    def counts(self, user=None):
        gateway = self.gateway(user)
        return gateway._in_tray(gateway._actor())['counts']

    def test_it_lists_what_waits_for_the_own_company_and_nothing_else(self):
        [line] = self.lines()
        self.assertEqual(line['url'], f'/my/requests/{self.acme_task.id}')
        self.assertEqual(line['title'], self.campaign.name)
        self.assertEqual(self.counts(), {'waiting': 1, 'sponsor': 0, 'done': 0})

    def test_a_request_moves_from_tab_to_tab_as_it_is_answered_and_approved(self):
        self.assertFalse(self.send())
        self.assertEqual(self.counts(), {'waiting': 0, 'sponsor': 1, 'done': 0})
        self.assertIn(self.company.name, self.lines('sponsor')[0]['text'])
        self.decide(self.acme_case)
        self.assertEqual(self.counts(), {'waiting': 0, 'sponsor': 0, 'done': 1})
        self.assertEqual(self.lines('done')[0]['state'], 'done')

    def test_a_draft_and_a_returned_answer_say_so(self):
        gateway, _actor, sheet = self.sheet()
        gateway._save_draft(sheet, {'answers': {'remark': 'not yet'}})
        self.assertEqual(self.lines()[0]['action'], "Continue")
        self.send()
        self.mark(self.acme_case, 'seats', "Really twelve?")
        self.decide(self.acme_case, 'send_back')
        [line] = self.lines()
        self.assertEqual((line['state'], line['comment']), ('returned', "Really twelve?"))

    def test_a_personal_request_is_seen_by_that_person_only(self):
        colleague = self.make_portal_user(self.acme, 'acme_colleague', "Carl Colleague")
        personal = self.make_campaign(self.process, self.acme_user.partner_id, name="Personal")
        personal.target_group_ids.companies_only = False
        personal.with_user(self.manager).action_launch()
        self.assertEqual(len(self.lines()), 2)
        self.assertEqual(len(self.lines(user=colleague)), 1)
        with self.assertRaises(MissingError):
            self.sheet(personal.case_ids.task_ids, colleague)

    def test_a_list_of_many_takes_as_many_queries_as_a_list_of_few(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.lines()
            return self.env.cr.sql_log_count - before

        self.lines()
        few = queries()
        for number in range(15):
            campaign = self.make_campaign(self.process, self.acme, name=f"More {number}")
            campaign.with_user(self.manager).action_launch()
        self.assertEqual(len(self.lines()), 16)
        self.assertLessEqual(queries(), few)

    def test_an_unknown_tab_or_page_shows_the_first(self):
        gateway = self.gateway()
        tray = gateway._in_tray(gateway._actor(), "'; DROP TABLE", 99)
        self.assertEqual((tray['tab'], tray['page'], len(tray['lines'])), ('waiting', 1, 1))
