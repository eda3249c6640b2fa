"""Definitions travel from one database into another one as a file, and back."""
import base64
import json
from collections import Counter

import pytest

from .support import engine
from .support.foreign import ForeignRun, Record

engine.load()

from odoo.addons.pem_campaigns.engine import bpmn_read, conditions  # noqa: E402
from odoo.addons.pem_campaigns.tests.reference import Line, Process, Run  # noqa: E402

# The first test waits for the databases of all of them.
pytestmark = pytest.mark.timeout(900)

#: Where a case rests; the reference model knows of nobody but people.
RESTING = {'wait': 'todo', 'form': 'form', 'approval': 'approval', 'todo': 'todo'}
CLOSING = {'rejected': 'refusal', 'cancelled': 'withdrawal', 'done': 'end'}


def exported(server, model, name):
    """Return what a manager downloads when exporting the records of a model with a name."""
    admin = server.login('admin')
    ids = admin.call(model, 'search', [('name', '=', name)], limit=1)
    [action] = admin.call('ir.model.data', 'search_read', [
        ('module', '=', 'pem_campaigns'), ('name', '=', f'pem_exchange_export_action_{model.removeprefix("pem.").replace(".", "_")}')], ['res_id'])
    offered = admin.call('ir.actions.server', 'run', [action['res_id']], context={
        'active_model': model, 'active_ids': ids, 'active_id': ids[0]})
    [export] = admin.call(offered['res_model'], 'read', [offered['res_id']], ['file', 'file_name'])
    return base64.b64decode(export['file'])


def brought_in(server, content):
    """Bring in a file as a manager would; return ``{(kind, name): status}``, looked at before and done."""
    admin = server.login('admin')
    wizard = admin.call('pem.exchange.import', 'create', {'file': base64.b64encode(content).decode()})
    found = []
    for button in ('action_look', 'action_import'):
        admin.call('pem.exchange.import', button, [wizard])
        lines = admin.call('pem.exchange.import.line', 'search_read', [('import_id', '=', wizard)], ['kind', 'name', 'status', 'res_id'])
        found.append({(line['kind'], line['name']): line['status'] for line in lines})
    assert found[0] == found[1], "Looking says what importing does"
    return found[1]


def test_a_campaign_with_all_it_needs_moves_to_another_database_and_is_brought_up_to_date_there(demo_odoo, odoo):
    content = exported(demo_odoo, 'pem.campaign', "Security certificates, winter")
    first = brought_in(odoo, content)
    assert first['campaign', "Security certificates, winter"] == 'new'
    assert first['process', "Security certificate renewal"] == 'new'
    assert first['attribute', "Security certificate"] == 'new'
    assert set(brought_in(odoo, content).values()) == {'same'}

    # What left the second database is what the first one has, but for people who are not there.
    back = exported(odoo, 'pem.campaign', "Security certificates, winter")
    assert set(brought_in(demo_odoo, back).values()) == {'same'}

    # A newer file from the first one: the draft here is brought up to date, and no second one is made.
    newer = json.loads(content)
    for entry in newer['entries']:
        if entry['kind'] == 'campaign':
            entry['content']['name']['en_US'] = "Security certificates, spring"
    assert brought_in(odoo, json.dumps(newer).encode())['campaign', "Security certificates, winter"] == 'changed'
    admin = odoo.login('admin')
    assert [one['name'] for one in admin.call('pem.campaign', 'search_read', [], ['name'])] == ["Security certificates, spring"]
    assert admin.call('pem.case', 'search_count', []) == 0


def test_a_process_is_imported_in_the_browser_and_opens_as_a_draft(demo_odoo, browse, tmp_path):
    admin = demo_odoo.login('admin')
    [process] = admin.call('pem.process', 'search', [('name', '=', "Security certificate renewal"), ('state', '=', 'published')])
    drafts = [('name', '=', "Security certificate renewal"), ('state', '=', 'draft')]
    before = admin.call('pem.process', 'search_count', drafts)
    page = browse(demo_odoo, 'admin', path='/odoo/action-pem_campaigns.pem_process_action')
    with page.expect_download() as downloaded:
        page.evaluate(f"window.location.href = '/pem/process/{process}/bpmn'")
    path = tmp_path / downloaded.value.suggested_filename
    downloaded.value.save_as(path)
    page.locator('.o_cp_action_menus .dropdown-toggle').click()
    page.get_by_text("Import from a file").last.click()
    page.set_input_files('.modal input[type=file]', path)
    page.locator('.modal .o_field_binary input.o_input').wait_for()
    page.get_by_role('button', name="See what it does").click()
    page.get_by_text("steps and").wait_for()
    page.get_by_role('button', name="Import", exact=True).click()
    page.locator('.o_form_view .o_field_widget[name="name"]').first.wait_for()
    assert "Security certificate renewal" in page.locator('.o_control_panel').inner_text()
    assert admin.call('pem.process', 'search_count', drafts) == before + 1


class Unasked(Record):
    """What was never answered."""

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return self.get(name, 0)


def walked(content, outcomes):
    """Walk through a file with a foreign engine beside the reference model; return how the case was closed.

    :param outcomes: what the approvals decide, one after the other; then they approve
    """
    read = bpmn_read.read(content).process
    kinds = {step.id: RESTING.get(step.kind, CLOSING[step.end_state] if step.kind == 'end' else step.kind) for step in read.steps}
    run = Run(Process(kinds, tuple(
        Line(flow.source, flow.target, flow.outcome, flow.condition or None) for flow in read.flows if flow.outcome != 'expired')))
    answers = {}

    def holds(condition):
        return conditions.matches(conditions.parse(condition), {'answers': answers})

    foreign = ForeignRun(content, {'answers': Unasked(answers), 'partner_id': Unasked()})
    run.begin(holds)
    decisions = iter(outcomes)
    for _act in range(40):
        resting = foreign.open + [event for event in foreign.waiting if not event.endswith('_expiry')]
        assert Counter(resting) == Counter(run.open)
        assert foreign.closed == (run.state != 'running')
        if foreign.closed:
            return run.state
        step = sorted(resting)[0]
        outcome = next(decisions, 'approved') if kinds[step] == 'approval' else ''
        if step in foreign.open:
            foreign.act(step, outcome)
        else:
            foreign.happen(step)
        run.act(step, outcome, holds)
    return run.state


def test_every_process_of_the_library_opens_in_a_foreign_engine_with_the_same_steps_and_paths(odoo):
    admin = odoo.login('admin')
    library = admin.call('pem.process', 'search_read', [('is_template', '=', True), ('model', '=', 'pem.case')], ['name', 'step_ids'])
    assert library
    for process in library:
        content = admin.get(f'/pem/process/{process["id"]}/bpmn').content
        spec = ForeignRun(content, {'answers': Unasked(), 'partner_id': Unasked()}).spec
        named = {step.id: step.name for step in bpmn_read.read(content).process.steps}
        assert len(named) == len(process['step_ids'])
        assert {name: spec.task_specs[name].bpmn_name for name in named} == named
        assert walked(content, []) == 'done', process['name']
        assert walked(content, ['rejected'] * 30) in ('rejected', 'running'), process['name']
