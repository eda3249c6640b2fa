import json
from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL

from odoo.addons.pem_campaigns.tests.common import PemCase, PemWorld

#: What a trial makes, and must not leave.
TABLES = ('pem.case', 'pem.task', 'pem.event', 'pem.submission', 'pem.submission.answer', 'pem.notice', 'pem.campaign', 'pem.process',
          'pem.task.approver', 'mail.mail', 'mail.message', 'mail.activity', 'ir.attachment', 'ir.cron.trigger', 'res.partner',
          'pem.attribute.verification')
ANSWERS = [['answer.phone', '+1 617 555 0199'], ['answer.tier', 'gold'], ['answer.seats', '12'], ['answer.remark', "Hello"]]


class TestTrial(PemCase):
    """Try it: what happens in a trial is told, and nothing of it stays."""

    def play(self, *moves, user=None, process=None, **options):
        """Play a process as the manager, in the one transaction of the test."""
        with self.enter_registry_test_mode():
            sandbox = self.env['pem.sandbox'].with_user(user or self.manager)
            return sandbox.play((process or self.process).id, self.acme.id, moves=list(moves), **options)

    def draft(self, *steps):
        """Return a draft with a form and what comes after it."""
        made = {'Start': {'kind': 'start'}, 'Answer': {'kind': 'form', 'form_id': self.form.copy().id}}
        made.update({f'Step {number}': values for number, values in enumerate(steps)})
        made['End'] = {'kind': 'end', 'end_outcome': "All is well"}
        names = list(made)
        return self.make_process(made, [
            (source, target, {'outcome': 'approved'} if made[source]['kind'] == 'approval' else {})
            for source, target in zip(names, names[1:], strict=False)], publish=False)

    @contextmanager
    def assert_nothing_stays(self):
        def rows():
            self.env.flush_all()
            found = {'numbers': self.env['ir.sequence'].search([('code', '=', 'pem.case')]).mapped('number_next_actual')}
            for model in TABLES:
                self.env.cr.execute(SQL('SELECT * FROM %s ORDER BY id', SQL.identifier(self.env[model]._table)))
                found[model] = self.env.cr.dictfetchall()
            return found

        before = rows()
        yield
        self.env.invalidate_all()
        self.assertEqual(rows(), before)

    def test_a_person_plays_every_role_until_the_end(self):
        with self.assert_nothing_stays():
            told = self.play()
            [form] = told['tasks']
            self.assertEqual((form['kind'], form['step'], form['who']), ('form', "Answer", "Paula Acme"))
            [begin] = told['story']
            self.assertEqual([event['text'] for event in begin['events']], ["Started"])
            [mail] = begin['mails']
            self.assertIn("Paula Acme", mail['to'])
            self.assertTrue(mail['subject'])

            sent = {'do': 'send', 'task': form['number'], 'entries': ANSWERS}
            told = self.play(sent)
            self.assertEqual(told['story'][1]['title'], "Paula Acme sends “Answer”")
            [approval] = told['tasks']
            self.assertEqual([person['name'] for person in approval['persons']], ["Anna Approver"])
            phone = approval['answers'][0]
            self.assertEqual((phone['old'], phone['new'], phone['changed']), ('+1 617 555 0100', '+1 617 555 0199', True))

            returned = {'do': 'return', 'task': approval['number'], 'marks': {'phone': "Which extension?"}}
            told = self.play(sent, returned)
            [again] = told['tasks']
            self.assertEqual(again['kind'], 'form')
            self.assertIn("Which extension?", told['story'][2]['mails'][0]['body'])

            corrected = {'do': 'send', 'task': again['number'], 'entries': [['answer.phone', '+1 617 555 0188']]}
            told = self.play(sent, returned, corrected)
            approved = {'do': 'approve', 'task': told['tasks'][0]['number'], 'comment': "Thank you"}
            told = self.play(sent, returned, corrected, approved)
            self.assertEqual((told['state'], told['tasks'], told['problem']), ('done', [], ''))
            kinds = [event['kind'] for event in told['story'][4]['events']]
            self.assertEqual(kinds, ['approved', 'partner_updated', 'closed'])
        self.assertEqual(self.acme.phone, '+1 617 555 0100')

    def test_a_draft_is_tried_without_being_published(self):
        process = self.draft({'kind': 'wait', 'wait_days': 5}, {'kind': 'todo', 'approver_kind': 'owner'})
        with self.assert_nothing_stays():
            told = self.play({'do': 'send', 'task': 0, 'entries': ANSWERS}, process=process)
            [wait] = told['tasks']
            self.assertEqual(wait['kind'], 'wait')
            self.assertTrue(wait['text'].startswith("until"))
            moves = [{'do': 'send', 'task': 0, 'entries': ANSWERS}, {'do': 'go_on', 'task': wait['number']}]
            told = self.play(*moves, process=process)
            [todo] = told['tasks']
            self.assertEqual(todo['persons'], [{'id': self.manager.id, 'name': "Mara Manager"}])
            told = self.play(*moves, {'do': 'complete', 'task': todo['number']}, process=process)
            self.assertEqual((told['state'], told['outcome']), ('done', "All is well"))
        self.assertEqual(process.state, 'draft')

    def test_what_a_draft_lacks_is_said_in_words(self):
        process = self.draft({'kind': 'approval', 'approver_kind': 'user'})
        with self.assert_nothing_stays():
            told = self.play(process=process)
        self.assertIn("“Step 0” does not say who has to act.", told['problem'])
        self.assertEqual(told['tasks'], [])

    def test_nothing_stays_when_something_fails_in_the_middle(self):
        process = self.draft({'kind': 'approval', 'approver_kind': 'owner'})
        Task = self.env.registry['pem.task']
        with self.assert_nothing_stays(), patch.object(Task, '_carry_out_submission', side_effect=UserError("Out of paper")):
            told = self.play({'do': 'send', 'task': 0, 'entries': ANSWERS}, process=process)
        self.assertEqual(told['problem'], "Out of paper")
        self.assertEqual(told['moves'], [])
        with self.assert_nothing_stays(), self.assertRaises(ZeroDivisionError), patch.object(
                self.env.registry['pem.sandbox'], '_tell_trial', side_effect=ZeroDivisionError):
            self.play(process=process)

    def test_what_a_form_refuses_is_shown_and_kept(self):
        told = self.play({'do': 'send', 'task': 0, 'entries': [['answer.phone', ''], ['answer.seats', '12']]})
        self.assertEqual(told['story'][1]['title'], "Paula Acme cannot send “Answer” yet")
        self.assertEqual(told['tasks'][0]['kind'], 'form')

    def test_a_stopped_case_says_why(self):
        process = self.draft({'kind': 'approval', 'approver_kind': 'path', 'approver_path': 'partner_id.user_id'})
        told = self.play({'do': 'send', 'task': 0, 'entries': ANSWERS}, process=process)
        [problem] = told['tasks']
        self.assertEqual((problem['kind'], told['state']), ('problem', 'problem'))
        self.assertIn("Nobody was found to approve", problem['text'])

    def test_a_server_action_is_told_and_not_run(self):
        action = self.env['ir.actions.server'].create({
            'name': "Order a cake", 'model_id': self.env.ref('pem_campaigns.model_pem_case').id, 'state': 'code',
            'code': "raise UserError('baked')"})
        process = self.draft({'kind': 'action', 'action_server_id': action.id})
        told = self.play({'do': 'send', 'task': 0, 'entries': ANSWERS}, process=process)
        self.assertEqual(told['state'], 'done')
        self.assertIn("“Step 0” would run “Order a cake”; a trial runs no server actions",
                      [event['text'] for event in told['story'][1]['events']])

    def test_a_file_counts_by_its_name(self):
        form = self.make_form(("Proof", 'file', {'required': True}))
        process = self.make_process({
            'Start': {'kind': 'start'}, 'Prove': {'kind': 'form', 'form_id': form.id}, 'Check': {'kind': 'approval'},
            'End': {'kind': 'end'}}, [('Start', 'Prove'), ('Prove', 'Check'), ('Check', 'End', {'outcome': 'approved'})], publish=False)
        with self.assert_nothing_stays():
            attach = {'do': 'attach', 'task': 0, 'question': 'proof', 'file': {'id': -7, 'name': 'proof.pdf', 'size': 9}}
            told = self.play(attach, {'do': 'send', 'task': 0, 'entries': []}, process=process)
            self.assertEqual(told['tasks'][0]['answers'][0]['new'], 'proof.pdf')
            told = self.play(
                attach, {'do': 'remove', 'task': 0, 'question': 'proof', 'file': -7}, {'do': 'send', 'task': 0, 'entries': []},
                process=process)
            self.assertEqual(told['tasks'][0]['kind'], 'form')

    def test_a_chosen_person_is_asked(self):
        colleague = self.env['res.partner'].create({'name': "Nina New", 'parent_id': self.acme.id, 'email': 'nina@acme.example.com'})
        told = self.play(contact_id=colleague.id)
        self.assertEqual(told['tasks'][0]['who'], "Nina New")
        self.assertIn('nina@acme.example.com', told['story'][0]['mails'][0]['to'])
        with self.assertRaisesRegex(UserError, "does not belong to"):
            self.play(contact_id=self.brown_user.partner_id.id)

    def test_every_message_is_shown_even_when_the_contact_had_enough(self):
        self.env['ir.config_parameter'].sudo().set_param('pem_campaigns.contact_cap', '1')
        self.launch()
        self.env['pem.task'].search([('notice_state', '=', 'queued')])._send_queued_notices()
        self.assertEqual(len(self.play()['story'][0]['mails']), 1)

    def test_moves_that_do_not_fit_any_more_are_refused_in_words(self):
        told = self.play({'do': 'approve', 'task': 0})
        self.assertTrue(told['problem'])
        self.assertEqual((told['moves'], told['tasks'][0]['kind']), ([], 'form'))
        for move in ({'do': '__class__', 'task': 0}, {'do': 'send', 'task': 9}, {'do': None, 'task': 0}):
            self.assertIn("goes another way", self.play(move)['problem'])

    def test_a_trial_is_bounded(self):
        with self.assertRaisesRegex(UserError, "too long"):
            self.play(*[{'do': 'save', 'task': 0}] * 101)
        with self.assertRaisesRegex(UserError, "cannot be continued"):
            self.play({'do': 'save'})

    def test_only_designers_try_and_only_with_partners_they_see(self):
        for user in (self.user, self.acme_user, self.outsider):
            with self.assertRaises(AccessError):
                self.play(user=user)

    def test_nothing_can_be_committed_in_a_sandbox(self):
        with self.enter_registry_test_mode(), self.env['pem.sandbox']._sandbox() as env, self.assertRaisesRegex(
                RuntimeError, "never committed"):
            env.cr.commit()


@tagged('-at_install', 'post_install')
class TestPreview(PemWorld, HttpCase):
    """Preview: the portal's own page, for colleagues alone, and nothing is stored."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_world()
        cls.lonely = cls.make_form(("How is it?", 'char', {'name': 'mood', 'visible_if': "[('partner.city', '=', 'Boston')]"}))

    def page(self, form, login='pem_user', partner=None, **arguments):
        self.authenticate(login, login)
        query = '&'.join(f'{name}={value}' for name, value in {'partner_id': (partner or self.acme).id, **arguments}.items())
        return self.url_open(f'/pem/sandbox/{form.id}/page?{query}', allow_redirects=False)

    def test_the_page_is_the_one_partners_see(self):
        response = self.page(self.form)
        self.assertEqual(response.status_code, 200)
        self.assertIn('+1 617 555 0100', response.text)
        self.assertIn("Paula Acme", response.text)
        self.assertIn(f'data-path="/pem/sandbox/{self.form.id}"', response.text)
        self.assertIn('/pem_partner_portal/static/lib/sandbox.js', response.text)

    def test_a_form_without_a_process_and_with_conditions_about_the_partner(self):
        self.assertNotIn('hidden="hidden" data-name="mood"', self.page(self.lonely).text)
        self.assertRegex(self.page(self.lonely).text, r'data-name="mood"')
        shown, hidden = (
            'hidden="hidden"' in self.page(self.lonely, partner=partner).text.partition('data-name="mood"')[2].partition('>')[0]
            for partner in (self.acme, self.brown))
        self.assertEqual((shown, hidden), (False, True))

    def test_it_is_read_in_any_installed_language(self):
        self.env['res.lang']._activate_lang('de_DE')
        self.lonely.field_ids.with_context(lang='de_DE').label = "Wie geht es?"
        german = self.page(self.lonely, lang='de_DE').text
        self.assertIn("Wie geht es?", german)
        self.assertIn('lang="de-DE"', german)
        self.assertNotIn("Wie geht es?", self.page(self.lonely, lang='xx_XX').text)

    def test_nothing_is_stored(self):
        counts = {model: self.env[model].search_count([]) for model in ('pem.case', 'pem.task', 'pem.event', 'pem.process', 'mail.mail')}
        for form in (self.form, self.lonely):
            self.assertEqual(self.page(form).status_code, 200)
        self.env.invalidate_all()
        self.assertEqual({model: self.env[model].search_count([]) for model in counts}, counts)

    def test_partners_and_strangers_find_nothing(self):
        for login in ('acme_portal', 'pem_outsider'):
            self.assertEqual(self.page(self.form, login).status_code, 404)
        self.authenticate(None, None)
        response = self.url_open(f'/pem/sandbox/{self.form.id}/page', allow_redirects=False)
        self.assertEqual(response.status_code, 303)

    def test_a_file_is_looked_at_and_forgotten(self):
        form = self.make_form(("Proof", 'file'))
        self.authenticate('pem_user', 'pem_user')
        files = self.env['ir.attachment'].search_count([])
        for name, content, expected in (('a.pdf', b'%PDF-1.4\n1 0 obj<<>>endobj\n', 'id'), ('a.exe', b'MZ', 'error')):
            answer = self.url_open(
                f'/pem/sandbox/{form.id}/files/proof', data={'csrf_token': Request.csrf_token(self)}, files={'file': (name, content)})
            self.assertIn(expected, json.loads(answer.text))
        self.assertEqual(self.env['ir.attachment'].search_count([]), files)

    def test_the_preview_offers_people_and_languages(self):
        told = self.env['pem.sandbox'].with_user(self.user).get_preview(self.form.id, self.acme.id)
        self.assertEqual([contact['name'] for contact in told['contacts']][:1], ["Paula Acme"])
        self.assertFalse(told['process_id'])
        self.assertTrue(self.env['pem.sandbox'].with_user(self.manager).get_preview(self.form.id, self.acme.id)['process_id'])
        for user in (self.acme_user, self.outsider):
            with self.assertRaises(AccessError):
                self.env['pem.sandbox'].with_user(user).get_preview(self.form.id)
