from odoo.exceptions import AccessError

from .common import PemCase


class TestActions(PemCase):
    """A step runs a server action that an administrator chose."""

    def make_action(self, code, model='pem.case', **values):
        return self.env['ir.actions.server'].create({
            'name': "Tell the ERP", 'model_id': self.env['ir.model']._get(model).id, 'state': 'code', 'code': code, **values})

    def make_runner(self, action, name="Runs", publish=True):
        return self.make_process({
            'Start': {'kind': 'start'}, 'Run': {'kind': 'action', 'action_server_id': action.id}, 'Check': {'kind': 'todo'},
            'Done': {'kind': 'end'},
        }, [('Start', 'Run'), ('Run', 'Check'), ('Check', 'Done')], name=name, publish=publish)

    def run_it(self, code, *partners, name="Runs", **values):
        return self.launch(self.make_campaign(
            self.make_runner(self.make_action(code, **values), name), *(partners or [self.acme]), name=name))

    def test_the_action_gets_the_case_as_superuser_in_the_name_of_who_moved_it(self):
        case = self.run_it(
            "record.partner_id.write({'city': '%s by %s as %s in %s' % (record.name, env.user.login, env.su, env.company.id)})")
        self.assertIn(f"{case.name} by pem_manager as True in {case.company_id.id}", self.acme.city)
        self.assertTrue(self.open_task(case, 'todo'))
        self.assertEqual(self.story(case), ['started', 'action_run'])

    def test_the_action_runs_in_the_company_of_the_case(self):
        branch = self.env['res.company'].create({'name': "Branch"})
        process = self.make_runner(self.make_action("record.partner_id.write({'city': env.company.name})"))
        case = self.env['pem.case'].create({'process_id': process.id, 'partner_id': self.acme.id, 'company_id': branch.id})
        case._start()
        self.assertIn("Branch", self.acme.city)

    def test_one_run_serves_all_cases(self):
        cases = self.run_it("records.partner_id.write({'city': str(len(records))})", self.acme, self.brown)
        self.assertIn("2", self.acme.city)
        self.assertEqual(len(cases.open_task_ids.filtered(lambda task: task.kind == 'todo')), 2)

    def test_actions_of_other_kinds_run_for_each_case(self):
        field = self.env['ir.model.fields']._get('pem.case', 'date_deadline')
        cases = self.run_it(
            False, self.acme, self.brown, state='object_write', update_path='date_deadline', update_field_id=field.id, value='2030-01-01')
        self.assertEqual({str(date) for date in cases.mapped('date_deadline')}, {'2030-01-01'})

    def test_a_case_for_which_it_fails_stops_alone_and_trying_again_repeats_nothing(self):
        code = """
for case in records:
    if case.partner_id.ref == 'bad':
        1 / 0
    case.partner_id.write({'function': (case.partner_id.function or '') + 'x'})
"""
        self.brown.ref = 'bad'
        partners = self.env['res.partner'].create([{'name': f"P{n}", 'email': f'p{n}@example.com'} for n in range(4)])
        cases = self.run_it(code, self.acme, self.brown, *partners)
        stuck = cases.filtered(lambda case: case.partner_id == self.brown)
        self.assertEqual(stuck.problem, "“Run” could not be carried out: the server action failed with “division by zero”")
        self.assertEqual(set((cases - stuck).mapped('state')), {'running'})
        self.brown.ref = False
        cases.with_user(self.manager).action_retry()
        self.assertEqual({str(text) for text in cases.partner_id.mapped('function')}, {'x'})
        self.assertEqual(set(cases.mapped('state')), {'running'})
        self.assertEqual(len(self.env['pem.task'].search([('case_id', 'in', cases.ids), ('kind', '=', 'todo')])), 6)

    def test_a_refusal_in_the_words_of_the_action_is_the_reason(self):
        case = self.run_it("raise UserError('The ERP is closed.')")
        self.assertEqual(case.problem, "“Run” could not be carried out: The ERP is closed.")

    def test_an_action_may_cancel_the_case(self):
        case = self.run_it("records.action_cancel()")
        self.assertEqual(case.state, 'cancelled')
        self.assertFalse(case.open_task_ids)

    def test_it_runs_in_the_name_of_a_partner_who_moves_the_case(self):
        form = self.make_form(("Remark", 'char'))
        action = self.make_action("record.partner_id.write({'city': env.user.login})")
        process = self.make_process({
            'Start': {'kind': 'start'}, 'Ask': {'kind': 'form', 'form_id': form.id},
            'Run': {'kind': 'action', 'action_server_id': action.id}, 'Done': {'kind': 'end'},
        }, [('Start', 'Ask'), ('Ask', 'Run'), ('Run', 'Done')])
        case = self.launch(self.make_campaign(process, self.acme))
        self.submit(case, {'remark': "Hello"})
        self.assertEqual((case.state, self.acme.city), ('done', 'acme_portal'))

    def test_many_cases_run_it_with_the_statements_of_a_few(self):
        process, counts = self.make_runner(self.make_action("records.partner_id.write({'ref': 'told'})")), []
        for number in (3, 10, 300):
            partners = self.env['res.partner'].create([
                {'name': f"Of {number}: {one}", 'email': f'p{one}.{number}@example.com'} for one in range(number)])
            campaign = self.make_campaign(process, *partners, name=f"Run {number}")
            with self.statements() as counter:
                campaign.with_user(self.manager)._rollout(partners)
            self.assertEqual(set(partners.mapped('ref')), {'told'})
            counts.append(counter)
        self.assert_batched(*counts[1:], factor=8)

    # Who may

    def test_only_administrators_make_or_change_such_a_step(self):
        action = self.make_action("pass")
        process = self.make_runner(action, publish=False)
        step = process.step_ids.filtered(lambda one: one.kind == 'action')
        Step = self.env['pem.process.step'].with_user(self.manager)
        todo = process.step_ids.filtered(lambda one: one.kind == 'todo').with_user(self.manager)
        for attempt in (
            lambda: Step.create({'process_id': process.id, 'name': "Run", 'kind': 'action'}),
            lambda: Step.create({'process_id': process.id, 'name': "Run", 'kind': 'todo', 'action_server_id': action.id}),
            lambda: todo.write({'kind': 'action'}),
            lambda: todo.write({'action_server_id': action.id}),
            lambda: step.with_user(self.manager).write({'name': "Another"}),
            lambda: step.with_user(self.manager).write({'kind': 'todo'}),
            lambda: step.with_user(self.manager).copy(),
            lambda: process.with_user(self.manager).write({'step_ids': [(1, todo.id, {'kind': 'action'})]}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                attempt()
        step.with_user(self.manager).write({'sequence': 50})
        step.with_user(self.make_user('root', 'base.group_system,pem_campaigns.group_pem_manager')).write({'name': "Another"})

    def test_a_manager_sees_what_runs_and_makes_a_version_that_runs_the_same(self):
        action = self.make_action("pass")
        process = self.make_runner(action)
        copy = process.with_user(self.manager)._new_version()
        step = copy.step_ids.filtered(lambda one: one.kind == 'action')
        self.assertEqual((step.action_name, step.sudo().action_server_id), ("Tell the ERP", action))
        copy._publish()

    def test_a_step_without_a_fitting_action_is_refused(self):
        process = self.make_runner(self.make_action("pass", 'res.partner'), publish=False)
        self.assertEqual(process._problems(), ["“Run” runs “Tell the ERP”, which is made for other records."])
        step = process.step_ids.filtered(lambda one: one.kind == 'action')
        step.action_server_id = self.make_action("pass", group_ids=[(4, self.env.ref('base.group_system').id)])
        self.assertIn("which only some groups may run", process._problems()[0])
        step.action_server_id = False
        self.assertEqual(process._problems(), ["“Run” has no server action to run."])
