import base64

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.models import MAGIC_COLUMNS
from odoo.tests import HttpCase, new_test_user, tagged, users
from odoo.tools import file_path

from odoo.addons.pem_campaigns.engine import bpmn_read

from .common import PemCase


class BpmnCase(PemCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rich = cls.make_process({
            'Start': {'kind': 'start'},
            'Ask': {'kind': 'form', 'form_id': cls.make_form(("Amount", 'float'), ("Valid until", 'date'), name="Amount").id,
                    'expire_days': 5, 'expire_from': 'opened', 'deadline_days': 3, 'instructions': "<p>Two <b>numbers</b></p>",
                    'reminder_ids': [Command.create({'days': 2, 'when': 'after'})]},
            'Check': {'kind': 'approval', 'approver_kind': 'user', 'approval_rule': 'some', 'approval_minimum': 2,
                      'approver_user_ids': [Command.set((cls.approver | cls.second_approver).ids)],
                      'auto_approve_if': "[('answers.amount', '<', 10)]", 'auto_approve_name': "below 10"},
            'Both': {'kind': 'split'},
            'Days': {'kind': 'wait', 'wait_for': 'days', 'wait_days': 3, 'wait_unit': 'working'},
            'Date': {'kind': 'wait', 'wait_for': 'date', 'wait_path': 'answers.valid_until', 'wait_when': 'before', 'wait_days': 30},
            'Meet': {'kind': 'join'},
            'Size': {'kind': 'decision'},
            'Call': {'kind': 'call', 'call_root_id': cls.process.id},
            'Do': {'kind': 'todo', 'approver_kind': 'group', 'approver_group_id': cls.env.ref('pem_campaigns.group_pem_manager').id},
            'Hook': {'kind': 'wait', 'wait_for': 'hook', 'expire_days': 9},
            'Sent': {'kind': 'wait', 'wait_for': 'submission'},
            'Done': {'kind': 'end', 'end_outcome': "Certified"},
            'No': {'kind': 'end', 'end_state': 'rejected'},
        }, [
            ('Start', 'Ask'), ('Ask', 'Check'), ('Ask', 'No', {'outcome': 'expired'}), ('Check', 'Both', {'outcome': 'approved'}),
            ('Check', 'Ask', {'outcome': 'rejected'}), ('Both', 'Days'), ('Both', 'Date'), ('Days', 'Meet'), ('Date', 'Meet'),
            ('Meet', 'Size'), ('Size', 'Call', {'condition': "[('answers.amount', '>', 10000)]", 'name': "above 10,000"}), ('Size', 'Do'),
            ('Call', 'Done'), ('Do', 'Hook'), ('Hook', 'Sent'), ('Hook', 'No', {'outcome': 'expired'}), ('Sent', 'Done'),
        ], name="Rich", publish=False, description="All of it")
        step = {step.name: step for step in cls.rich.step_ids}
        step['Sent'].wait_step_id = step['Ask']

    def bring_in(self, content, user=None, look=False):
        wizard = self.env['pem.exchange.import'].with_user(user or self.manager).create({
            'file': base64.b64encode(content), 'file_name': 'file'})
        (wizard.action_look if look else wizard.action_import)()
        return wizard

    def told(self, wizard, status):
        return [line.notes for line in wizard.line_ids if line.status == status]


@tagged('post_install', '-at_install')
class TestBpmn(BpmnCase):
    """Processes leave for other BPM tools, and come from there."""

    def describe(self, process):
        """Return what a process says, without what is its own in each copy."""
        def say(value):
            return [(person.user_id.login) for person in value] if value._name == 'pem.process.step.person' else len(value)
        names = [name for name, field in self.env['pem.process.step']._fields.items()
                 if field.store and field.copy and field.type not in ('one2many', 'many2one')
                 and name not in MAGIC_COLUMNS] + ['person_ids', 'reminder_ids']
        steps = [[(name, say(step[name]) if name.endswith('_ids') else step[name]) for name in names if name != 'sequence'] + [
            step.form_id.name, step.call_root_id, step.approver_group_id, step.wait_step_id.name] for step in process.step_ids.sorted()]
        flows = [(line.source_id.name, line.target_id.name, line.outcome, line.condition, line.name)
                 for line in process.flow_ids.sorted(lambda line: (line.sequence, line.id))]
        return process.name, process.description, steps, flows

    @users('pem_manager')
    def test_a_process_that_went_out_as_bpmn_comes_in_the_same(self):
        wizard = self.bring_in(self.rich.with_env(self.env)._bpmn())
        process = self.env['pem.process'].browse(wizard.line_ids.filtered('res_id').res_id)
        self.assertEqual(self.describe(process), self.describe(self.rich))
        self.assertFalse(self.told(wizard, 'note'))
        self.assertEqual(process.state, 'draft')
        form = process.step_ids.form_id
        self.assertEqual(form.field_ids.mapped('label'), ["Amount", "Valid until"])
        self.assertNotEqual(form, self.rich.step_ids.form_id, "Each process has a form of its own")

    def test_looking_changes_nothing(self):
        before = self.env['pem.process'].search_count([]), self.env['pem.form'].search_count([])
        wizard = self.bring_in(self.rich._bpmn(), look=True)
        self.assertEqual(wizard.state, 'tried')
        self.assertEqual(wizard.line_ids[0].notes, "“Rich”: 14 steps and 17 flows were understood.")
        self.assertEqual(before, (self.env['pem.process'].search_count([]), self.env['pem.form'].search_count([])))

    def test_what_a_foreign_file_has_and_we_have_not_is_listed_beside_the_problems_of_the_draft(self):
        with open(file_path('pem_campaigns/tests/data/camunda.bpmn'), 'rb') as file:
            content = file.read()
        wizard = self.bring_in(content)
        notes = self.told(wizard, 'note')
        self.assertIn("lane “Purchasing” (line 10): left out.", notes)
        self.assertIn(
            "sequence flow “yes” (line 53): its condition reads “answers.amount > 10000, answers.country ≠ CH” here. Please check it.", notes)
        self.assertIn("“Create in ERP” ran code and has become a to-do: only administrators may add server actions.", notes)
        self.assertIn(
            "sequence flow (line 56): its condition “${riskService.isSanctioned(supplier)}” is not understood and left out.", notes)
        self.assertIn("“Fill in the questionnaire” asks the partner, but has no form.", self.told(wizard, 'problem'))
        process = self.env['pem.process'].browse(wizard.line_ids.filtered('res_id').res_id)
        self.assertEqual(process.name, "Supplier qualification")
        steps = {step.name: step for step in process.step_ids}
        self.assertEqual(steps["Create in ERP"].kind, 'todo')
        self.assertEqual((steps["Fill in the questionnaire"].kind, steps["Fill in the questionnaire"].expire_days), ('form', 14))
        self.assertEqual(steps["Not qualified"].end_state, 'rejected')

    def test_an_administrator_gets_server_actions_as_such_but_without_code(self):
        admin = self.make_user('pem_admin', 'pem_campaigns.group_pem_manager,base.group_system')
        with open(file_path('pem_campaigns/tests/data/camunda.bpmn'), 'rb') as file:
            wizard = self.bring_in(file.read(), user=admin)
        process = self.env['pem.process'].browse(wizard.line_ids.filtered('res_id').res_id)
        action = process.step_ids.filtered(lambda step: step.name == "Create in ERP")
        self.assertEqual(action.kind, 'action')
        self.assertFalse(action.action_server_id)

    def test_what_cannot_be_read_is_refused_in_plain_words_and_nothing_is_left(self):
        count = self.env['pem.process'].search_count([])
        for content, sentence in (
                (b'<!DOCTYPE d [<!ENTITY x "y">]><d/>', "document type or entities"),
                (b'<definitions', "line 1"),
                (b'<html/>', "begins with “html”"),
                (b'{"format": "x"}', "no file of definitions"),
                (b'\x00\x01', "cannot be read"),
                (b'<a>' * 200 + b'</a>' * 200, "nested more than 100 levels")):
            with self.assertRaisesRegex(UserError, sentence):
                self.bring_in(content)
        self.env['ir.config_parameter'].set_param('pem_campaigns.interchange_limit', '1')
        with self.assertRaisesRegex(UserError, "larger than the 1.0 megabytes"):
            self.bring_in(b'<' + b' ' * 1_000_001)
        self.assertEqual(self.env['pem.process'].search_count([]), count)

    def test_a_file_that_was_tampered_with_gives_no_more_than_its_reader_may_do(self):
        action = self.env['ir.actions.server'].create({
            'name': "Code", 'model_id': self.env['ir.model']._get('pem.case').id, 'state': 'code', 'code': "1"})
        self.env['ir.model.data'].create({'module': 'pem_campaigns', 'name': 'code', 'model': action._name, 'res_id': action.id})
        self.rich.step_ids.filtered(lambda step: step.name == 'Do').write({'kind': 'action', 'action_server_id': action.id})
        content = self.rich._bpmn()
        self.assertIn(b'action_server_id', content)
        for changed in (content, content.replace(b'serviceTask', b'userTask').replace(b'kind="action"', b'kind="todo"')):
            wizard = self.bring_in(changed)
            process = self.env['pem.process'].browse(wizard.line_ids.filtered('res_id').res_id)
            self.assertFalse(process.step_ids.action_server_id)
            self.assertNotIn('action', process.step_ids.mapped('kind'))

    def test_only_managers_bring_processes_in(self):
        with self.assertRaises(AccessError):
            self.bring_in(self.rich._bpmn(), user=self.user)

    def test_every_process_of_the_library_goes_out_and_comes_in_without_a_note(self):
        for process in self.env['pem.process'].search([('is_template', '=', True), ('model', '=', 'pem.case')]):
            with self.subTest(process=process.name):
                reading = bpmn_read.read(process._bpmn())
                self.assertFalse(reading.notes)
                self.assertEqual(reading.process, process._to_bpmn())
                draft, notes = self.env['pem.process']._from_bpmn(reading)
                self.assertFalse(notes)
                self.assertEqual(draft._problems(), process._problems())


@tagged('post_install', '-at_install')
class TestBpmnDownload(HttpCase):

    def test_a_process_is_downloaded_by_whoever_may_see_it(self):
        process = self.env.ref('pem_campaigns.pem_process_contact_revalidation')
        self.authenticate('admin', 'admin')
        response = self.url_open(f'/pem/process/{process.id}/bpmn')
        self.assertEqual(response.status_code, 200)
        self.assertIn('.bpmn', response.headers['Content-Disposition'])
        self.assertEqual(bpmn_read.read(response.content).process.name, process.name)
        self.assertEqual(self.url_open('/pem/process/999999999/bpmn').status_code, 404)
        new_test_user(self.env, login='bpmn_portal', groups='base.group_portal')
        self.authenticate('bpmn_portal', 'bpmn_portal')
        self.assertEqual(self.url_open(f'/pem/process/{process.id}/bpmn').status_code, 404)
