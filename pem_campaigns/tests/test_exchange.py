import base64
import doctest
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users

from odoo.addons.pem_campaigns.engine import exchange
from odoo.addons.pem_campaigns.interchange import sync
from odoo.addons.pem_campaigns.interchange.pack import pack
from odoo.addons.pem_campaigns.models import pem_process_bpmn

from .common import PemCase

rough = settings(database=None, deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))


class ExchangeCase(PemCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('de_DE')
        cls.process.sudo().state = 'draft'
        cls.form.with_context(lang='de_DE').name = "Formular"
        cls.form.field_ids[0].with_context(lang='de_DE').label = "Telefon"
        cls.process._publish()
        cls.check = cls.process.step_ids.filtered(lambda step: step.kind == 'approval')
        cls.condition = repr(['&', ('country_id', '=', cls.env.ref('base.fr').id), (f'properties.{cls.tier.technical_name}', '=', 'gold')])
        cls.audience = cls.make_group(name="French gold partners", domain=cls.condition)
        cls.audience.write({'include_partner_ids': [Command.set(cls.acme.ids)], 'source_group_ids': [
            Command.set(cls.make_group(name="Everybody", domain='[]').ids)]})
        cls.campaign.target_group_ids = cls.audience

    def bring_in(self, content, user=None, look=False):
        wizard = self.env['pem.exchange.import'].with_user(user or self.manager).create({
            'file': base64.b64encode(content if isinstance(content, bytes) else exchange.write(content))})
        (wizard.action_look if look else wizard.action_import)()
        return {(line.kind, line.name): line for line in wizard.line_ids}

    def statuses(self, lines):
        return {name: line.status for (_kind, name), line in lines.items()}

    def entries(self, records):
        return exchange.parse(pack(records))

    def remove(self):
        """Let the world be one that never had any of it, but the attributes."""
        groups = self.campaign.target_group_ids | self.campaign.target_group_ids.source_group_ids
        process, form = self.campaign.process_id, self.form
        self.campaign.unlink()
        process.sudo().state = 'draft'
        process.unlink()
        form.unlink()
        groups.unlink()


@tagged('post_install', '-at_install')
class TestExchange(ExchangeCase):
    """Definitions travel between databases as one file."""

    def test_the_examples_in_the_documentation_are_true(self):
        for module in (exchange, sync, pem_process_bpmn):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)

    def test_a_file_holds_all_that_something_depends_on_before_it(self):
        entries = self.entries(self.campaign)
        self.assertEqual([(entry['kind'], entry['name']) for entry in entries], [
            ('attribute', "Phone"), ('attribute', "Seats"), ('attribute', "Tier"), ('process', "Confirm your details"),
            ('group', "Everybody"), ('group', "French gold partners"), ('campaign', "Campaign")])
        text = json.dumps(entries)
        self.assertIn(self.approver.login, text)
        self.assertIn("Telefon", text)
        self.assertNotIn('case', {entry['kind'] for entry in entries})

    def test_of_several_versions_the_newest_that_was_chosen_travels(self):
        version = self.process._new_version()
        version.name = "Second version"
        for chosen in (self.process | version, version | self.process):
            self.assertEqual([entry['name'] for entry in self.entries(chosen) if entry['kind'] == 'process'], ["Second version"])
        entries = self.entries(self.process)
        self.assertEqual(entries[-1]['name'], self.process.name)

    def test_the_same_content_is_the_same_file(self):
        self.assertEqual(pack(self.campaign), pack(self.campaign))

    def test_what_went_out_comes_in_as_new_where_it_was_not(self):
        content = pack(self.campaign)
        before = json.loads(content)
        self.remove()
        lines = self.bring_in(content)
        self.assertEqual(self.statuses(lines), {
            "Phone": 'same', "Seats": 'same', "Tier": 'same', "Confirm your details": 'new', "Everybody": 'new',
            "French gold partners": 'new', "Campaign": 'new'})
        campaign = self.env['pem.campaign'].browse(lines['campaign', "Campaign"].res_id)
        self.assertEqual(json.loads(pack(campaign)), before)
        self.assertEqual(campaign.state, 'draft')
        process = campaign.process_id
        self.assertEqual(process.state, 'draft')
        self.assertEqual(process.step_ids.approver_user_ids, self.approver)
        self.assertEqual(process.step_ids.form_id.with_context(lang='de_DE').field_ids[0].label, "Telefon")
        self.assertEqual(process._problems(), [])
        group = campaign.target_group_ids
        self.assertEqual(group.domain, self.condition)
        self.assertEqual(group.include_partner_ids, self.acme)
        process._publish()
        self.assertIn(self.acme, self.launch(campaign).partner_id)

    def test_bringing_in_twice_changes_nothing(self):
        content = pack(self.campaign)
        self.remove()
        self.bring_in(content)
        counts = [self.env[model].search_count([]) for model in ('pem.form', 'pem.process', 'pem.target.group', 'pem.campaign', 'pem.form.field')]
        self.assertEqual(set(self.statuses(self.bring_in(content)).values()), {'same'})
        self.assertEqual(counts, [
            self.env[model].search_count([]) for model in ('pem.form', 'pem.process', 'pem.target.group', 'pem.campaign', 'pem.form.field')])

    def test_looking_changes_nothing(self):
        content = pack(self.campaign)
        self.remove()
        lines = self.bring_in(content, look=True)
        self.assertEqual(lines['campaign', "Campaign"].status, 'new')
        self.assertFalse(self.env['pem.campaign'].search([('name', '=', "Campaign")]))
        self.assertFalse(self.env['pem.process'].search([('name', '=', "Confirm your details")]))

    def test_a_newer_file_brings_a_draft_up_to_date_and_keeps_its_parts(self):
        draft = self.process.copy({'name': "Draft"})
        entries = self.entries(draft)
        process = entries[-1]['content']
        process['name']['de_DE'] = "Entwurf"
        step = next(part for part in process['step_ids'] if part['content']['kind'] == 'approval')
        step['content'].update({'auto_approve_if': "[('answers.seats', '<', 5)]", 'deadline_days': 7})
        process['forms'][0]['content']['field_ids'][1]['content']['option_ids'].append(
            {'key': 'bronze', 'content': {'key': 'bronze', 'name': {'en_US': "Bronze"}, 'sequence': 30}})
        process['forms'][0]['content']['field_ids'].pop()
        field = draft.step_ids.form_id.field_ids[0]
        lines = self.bring_in(entries)
        self.assertEqual(lines['process', "Draft"].status, 'changed')
        check = draft.step_ids.filtered(lambda one: one.kind == 'approval')
        self.assertEqual((check.auto_approve_if, check.deadline_days), ("[('answers.seats', '<', 5)]", 7))
        self.assertEqual(draft.with_context(lang='de_DE').name, "Entwurf")
        self.assertEqual(draft.step_ids.form_id.field_ids.mapped('label'), ["Phone", "Tier", "Seats"])
        self.assertEqual(draft.step_ids.form_id.field_ids[1].option_ids.mapped('key'), ['gold', 'silver', 'bronze'])
        self.assertEqual(draft.step_ids.form_id.field_ids[0], field)
        self.assertEqual(set(self.statuses(self.bring_in(entries)).values()), {'same'})

    def test_a_newer_file_makes_a_new_version_of_a_published_process_and_running_cases_notice_nothing(self):
        case = self.launch()[0]
        entries = self.entries(self.process)
        process = entries[-1]['content']
        step = next(part for part in process['step_ids'] if part['content']['kind'] == 'form')
        step['content']['name']['en_US'] = "Answer, please"
        before = self.process.step_ids.mapped('name')
        lines = self.bring_in(entries)
        line = lines['process', "Confirm your details"]
        self.assertEqual(line.status, 'version')
        version = self.env['pem.process'].browse(line.res_id)
        self.assertEqual((version.root_id, version.version, version.state), (self.process, 2, 'draft'))
        self.assertIn("Answer, please", version.step_ids.mapped('name'))
        self.assertEqual(self.process.step_ids.mapped('name'), before)
        self.assertEqual((case.process_id, self.process.state), (self.process, 'published'))
        self.assertEqual(set(self.statuses(self.bring_in(entries)).values()), {'same'})
        # A case can move on to the version that came in: its steps are known to be the same ones.
        version._publish()
        asked = self.process.step_ids.filtered(lambda one: one.kind == 'form')
        self.assertEqual(asked._counterparts(version.step_ids)[asked].name, "Answer, please")

    def test_a_launched_campaign_and_a_locked_form_stay_as_they_are(self):
        entries = self.entries(self.campaign) + self.entries(self.form)[-1:]
        self.launch()
        for entry in entries:
            if entry['kind'] in ('campaign', 'form'):
                entry['content']['name'] = {'en_US': "Changed"}
        lines = self.bring_in(entries)
        self.assertEqual(lines['campaign', "Campaign"].status, 'kept')
        self.assertEqual(lines['form', "Form"].status, 'kept')
        self.assertIn("was launched here", lines['campaign', "Campaign"].notes)
        self.assertEqual(self.campaign.name, "Campaign")

    def test_what_is_missing_here_is_listed_and_left_out(self):
        text = pack(self.campaign).decode()
        self.remove()
        text = text.replace(f'"{self.approver.login}"', '"nobody.here"').replace('"FR"', '"XX"').replace('de_DE', 'tlh_TLH')
        lines = self.bring_in(text.encode())
        notes = lines['process', "Confirm your details"].notes
        self.assertIn("“Anna Approver” (Person) is not here and is left out.", notes)
        self.assertIn("The language “tlh_TLH” is not installed here", notes)
        self.assertIn("To be solved before publishing: “Check” does not say who has to act.", notes)
        group = self.env['pem.target.group'].browse(lines['group', "French gold partners"].res_id)
        self.assertIn("“France” (Condition) is not here", lines['group', "French gold partners"].notes)
        self.assertTrue(group.domain.startswith("['&', ('country_id', '=', 0), "))
        self.assertEqual(set(self.statuses(self.bring_in(text.encode())).values()), {'same'})

    def test_an_attribute_comes_with_the_keys_of_its_choices(self):
        attribute = self.make_attribute("Region", 'selection', choices="North\nSouth", owner_id=self.manager.id)
        attribute.choices = "Upper\nSouth"
        attribute.choices = "Upper\nLower"
        form = self.make_form(("Region", 'selection', {'attribute_id': attribute.id, 'choices': [('north', "Upper"), ('south', "Lower")]}))
        entries = self.entries(form)
        form.unlink()
        attribute.unlink()
        lines = self.bring_in(entries)
        made = self.env['pem.attribute'].browse(lines['attribute', "Region"].res_id)
        self.assertEqual([choice[0] for choice in self.env['pem.form.field']._attribute_choices(made)], ['north', 'south'])
        self.assertFalse(self.env['pem.form'].browse(lines['form', "Form"].res_id)._problems())
        entries[0]['content']['choices'] += "\nMiddle"
        entries[0]['content']['value_type'] = 'selection'
        lines = self.bring_in(entries)
        self.assertEqual((lines['attribute', "Region"].status, lines['attribute', "Region"].notes), ('changed', "New choices: Middle."))
        entries[0]['content']['value_type'] = 'char'
        lines = self.bring_in(entries)
        self.assertEqual(lines['attribute', "Region"].status, 'kept')
        self.assertIn("of type “Choice” here", lines['attribute', "Region"].notes)

    def test_server_actions_come_in_with_administrators_alone(self):
        admin = self.make_user('pem_admin', 'pem_campaigns.group_pem_manager,base.group_system')
        action = self.env['ir.actions.server'].create({
            'name': "Code", 'model_id': self.env['ir.model']._get('pem.case').id, 'state': 'code', 'code': "1"})
        self.env['ir.model.data'].create({'module': 'pem_campaigns', 'name': 'code', 'model': action._name, 'res_id': action.id})
        process = self.make_process({
            'Start': {'kind': 'start'}, 'Run': {'kind': 'action', 'action_server_id': action.id}, 'End': {'kind': 'end'},
        }, [('Start', 'Run'), ('Run', 'End')], name="Runs code", publish=False)
        entries = self.entries(process)
        process.unlink()
        line = self.bring_in(entries)['process', "Runs code"]
        self.assertEqual((line.status, line.res_id), ('refused', 0))
        self.assertIn("only administrators", line.notes)
        line = self.bring_in(entries, user=admin)['process', "Runs code"]
        process = self.env['pem.process'].browse(line.res_id)
        self.assertEqual(process.step_ids.action_server_id, action)
        process.unlink()
        # Nor does a step that is called otherwise carry an action in.
        entries[-1]['content']['step_ids'][1]['content']['kind'] = 'todo'
        line = self.bring_in(entries)['process', "Runs code"]
        self.assertFalse(self.env['pem.process'].browse(line.res_id).step_ids.action_server_id)
        self.assertIn("Only administrators may set “Server action”", line.notes)

    def test_a_file_cannot_take_over_what_belongs_to_others(self):
        entries = self.entries(self.audience)
        for stolen in ('base.user_admin', 'pem_campaigns.group_pem_manager'):
            entries[-1]['id'] = stolen
            with self.assertRaisesRegex(UserError, "damaged"):
                self.bring_in(entries)
        entries[-1]['id'] = 'base.not_there'
        self.bring_in(entries)
        self.assertFalse(self.env.ref('base.not_there', raise_if_not_found=False))

    def test_what_contradicts_what_is_here_brings_in_nothing_at_all(self):
        entries = self.entries(self.campaign)
        self.remove()
        entries[-2]['content']['domain'] = "[('no_such_field', '=', 1)]"
        with self.assertRaisesRegex(UserError, "“French gold partners” cannot be brought in"):
            self.bring_in(entries)
        self.assertFalse(self.env['pem.process'].search([('name', '=', "Confirm your details")]))

    def test_called_processes_go_along_and_come_first(self):
        caller = self.make_process({
            'Start': {'kind': 'start'}, 'Call': {'kind': 'call', 'call_root_id': self.process.id}, 'End': {'kind': 'end'},
        }, [('Start', 'Call'), ('Call', 'End')], name="Another name", publish=False)
        entries = self.entries(caller)
        self.assertEqual([entry['name'] for entry in entries if entry['kind'] == 'process'], ["Confirm your details", "Another name"])
        caller.unlink()
        self.remove()
        lines = self.bring_in(entries)
        made = self.env['pem.process'].browse(lines['process', "Another name"].res_id)
        self.assertEqual(made.step_ids.call_root_id.id, lines['process', "Confirm your details"].res_id)

    def test_tables_with_columns_travel(self):
        form = self.make_form(("Lines", 'table', {'max_rows': 5}), ("Total", 'computed', {'formula': "sum(lines.amount)"}), name="Table")
        table = form.field_ids[0]
        for label, kind in (("Part", 'char'), ("Amount", 'float')):
            self.env['pem.form.field'].create({'form_id': form.id, 'table_id': table.id, 'label': label, 'value_type': kind})
        content = pack(form)
        form.unlink()
        made = self.env['pem.form'].browse(self.bring_in(content)['form', "Table"].res_id)
        self.assertEqual(pack(made), content)
        self.assertEqual(made.field_ids.mapped('label'), ["Lines", "Total"])
        self.assertEqual(made.field_ids[0].column_ids.mapped('name'), ['part', 'amount'])
        self.assertEqual(made.field_ids[0].column_ids.form_id, made)

    @users('pem_user')
    def test_only_managers_export_and_import(self):
        with self.assertRaises(AccessError):
            self.env['pem.exchange.export']._open(self.process.with_env(self.env))
        with self.assertRaises(AccessError):
            self.bring_in(b'{}', user=self.env.user)

    @users('pem_manager')
    def test_a_manager_gets_the_file_and_sees_what_goes_along(self):
        action = self.env['pem.exchange.export']._open(self.campaign.with_env(self.env))
        export = self.env[action['res_model']].browse(action['res_id'])
        self.assertEqual(export.file_name, "Campaign.pem.json")
        self.assertEqual(base64.b64decode(export.file), pack(self.campaign))
        self.assertEqual(export.line_ids.filtered(lambda line: not line.is_dependency).mapped('name'), ["Campaign"])

    # Whatever is done to a file

    def test_a_file_of_anything_is_refused_in_plain_words(self):
        @rough
        @given(st.binary(max_size=50) | st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(('format', 'version', 'entries', 'a')), inner),
            max_leaves=8).map(lambda value: json.dumps(value).encode()))
        def check(content):
            with self.assertRaises(UserError):
                self.bring_in(content)
        check()

    def test_a_file_that_was_changed_comes_in_or_is_refused_in_plain_words(self):
        """Any value anywhere in a file is replaced by any other one."""
        original = json.loads(pack(self.campaign | self.campaign.copy()))
        spots = list(self._spots(original['entries']))
        values = st.sampled_from([None, True, 0, -1, 2**40, 1.5, '', 'x', "a.b", '[]', [], {}, [[]], {'model': 'pem.form', 'part': 'x'},
                                  {'model': 'res.users', 'key': ['admin']}, {'model': 'pem.process', 'id': 'base.user_admin'},
                                  {'en_US': "X"}, {'domain': [['a', '=', {'refs': [{}]}]]}, {'key': 'a.b', 'content': {}}])

        @rough
        @given(st.lists(st.tuples(st.sampled_from(spots), values), min_size=1, max_size=3))
        def check(changes):
            file = json.loads(json.dumps(original))
            for path, value in changes:
                place = file['entries']
                try:
                    for key in path[:-1]:
                        place = place[key]
                    place[path[-1]] = value
                except (KeyError, IndexError, TypeError):
                    continue
            try:
                with self.env.cr.savepoint():
                    self.bring_in(json.dumps(file).encode(), look=True)
            except (UserError, AccessError):
                return
        check()

    def _spots(self, value, path=()):
        if path:
            yield path
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
            yield from self._spots(inner, (*path, key))
