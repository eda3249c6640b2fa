"""Processes leave as BPMN 2.0 that a foreign engine opens: the same steps, and the same paths for the same decisions.

Needs no Odoo: the rules are pure, and so is the reference model that says what a process means.
"""
import doctest
import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from .support import engine
from .support.foreign import ForeignRun, Record

engine.load()

from odoo.addons.pem_campaigns.engine import bpmn, bpmn_read, bpmn_write, expressions, layout, xmlsafe  # noqa: E402
from odoo.addons.pem_campaigns.tests import processes  # noqa: E402
from odoo.addons.pem_campaigns.tests.reference import ENDS, Run  # noqa: E402

FILES = Path(__file__).parents[1] / 'pem_campaigns' / 'tests' / 'data'

some = settings(database=None, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize('module', [bpmn_write, expressions, layout, xmlsafe])
def test_the_examples_in_the_documentation_are_true(module):
    result = doctest.testmod(module)
    assert result.attempted and not result.failed


def exported(process):
    """Return a random process of the tests as what is written to BPMN, and the ids of its steps by their names."""
    ids = {name: f'S_{number}' for number, name in enumerate(process.steps)}
    steps = tuple(
        bpmn.Step(ids[name], 'end' if kind in ENDS else kind, name, end_state=ENDS.get(kind, 'done'))
        for name, kind in process.steps.items())
    flows = tuple(
        bpmn.Flow(f'F_{number}', ids[line.source], ids[line.target], outcome=line.outcome,
                  condition=repr([line.condition]) if line.condition else '')
        for number, line in enumerate(process.lines))
    return bpmn.Process('P', "Random", steps, flows), ids


@some
@given(processes.processes(kinds=('form', 'approval', 'todo', 'message'), changes=2))
def test_what_was_written_is_read_again_as_it_was(process):
    written, _ids = exported(process)
    reading = bpmn_read.read(bpmn_write.write(written))
    assert reading.process == written
    assert not reading.notes


@some
@given(processes.processes(kinds=('form', 'approval', 'todo', 'message'), forks=False), st.data())
def test_a_foreign_engine_takes_the_same_paths(process, data):
    definition = processes.definition(process)
    assume(not list(definition.problems()))
    # SpiffWorkflow counts what came to a join in the round before (3.2.0).
    assume(not any(kind == 'join' and step in definition.reach(line.target)
                   for step, kind in process.steps.items() for line in definition.outgoing(step)))
    written, ids = exported(process)
    city, amount = data.draw(st.sampled_from(("Boston", "Lyon"))), data.draw(st.sampled_from((5, 50)))
    truth = {processes.CONDITIONS[0]: city == "Boston", processes.CONDITIONS[1]: amount > 10}
    foreign = ForeignRun(bpmn_write.write(written), {'partner_id': Record(city=city), 'answers': Record(amount=amount)})
    run = Run(process)
    run.begin(truth.get)
    for _act in range(15):
        assert foreign.open == sorted(ids[step] for step in run.open)
        assert foreign.closed == (run.state != 'running')
        if run.state != 'running':
            break
        step = data.draw(st.sampled_from(sorted(run.open)))
        outcome = data.draw(st.sampled_from(process.outcomes(step)))
        run.act(step, outcome, truth.get)
        foreign.act(ids[step], outcome)


def everything():
    """A process with every kind of step, outcome and condition."""
    steps = (
        bpmn.Step('Enter', 'start', "Start"),
        bpmn.Step('Ask', 'form', "Answer", note="Two pages\nat most", expires='P5D', details={'deadline_days': 3, 'to': ["Zoë"]}),
        bpmn.Step('Check', 'approval', "Check & sign", details={'rule': "x > 3"}),
        bpmn.Step('Both', 'split', "Both"), bpmn.Step('Days', 'wait', "Some days", wait='duration', wait_for='P3D'),
        bpmn.Step('Tell', 'message', "Tell them"), bpmn.Step('Day', 'wait', "The day", wait='date', wait_for='answers.valid_until'),
        bpmn.Step('Report', 'wait', "A report", wait='message', wait_for="Report", expires='P10D'),
        bpmn.Step('Meet', 'join', ""), bpmn.Step('Size', 'decision', "How large?"),
        bpmn.Step('Sub', 'call', "Background check", calls='Process_check'), bpmn.Step('Run', 'action', "Compute"),
        bpmn.Step('Do', 'todo', "Call them"), bpmn.Step('Done', 'end', "Done"), bpmn.Step('No', 'end', "Refused", end_state='rejected'),
    )
    flows = (
        bpmn.Flow('F1', 'Enter', 'Ask'), bpmn.Flow('F2', 'Ask', 'Check'), bpmn.Flow('F3', 'Ask', 'Do', outcome='expired'),
        bpmn.Flow('F4', 'Do', 'Ask', "again", condition="[('answers.again', '=', True)]"), bpmn.Flow('F5', 'Do', 'No'),
        bpmn.Flow('F6', 'Check', 'Both', outcome='approved'), bpmn.Flow('F7', 'Check', 'Ask', outcome='rejected'),
        bpmn.Flow('F8', 'Both', 'Days'), bpmn.Flow('F9', 'Both', 'Tell'), bpmn.Flow('F10', 'Both', 'Report'),
        bpmn.Flow('F11', 'Tell', 'Day'), bpmn.Flow('F12', 'Days', 'Meet'), bpmn.Flow('F13', 'Day', 'Meet'),
        bpmn.Flow('F14', 'Report', 'Meet'), bpmn.Flow('F15', 'Meet', 'Size'),
        bpmn.Flow('F16', 'Size', 'Sub', "above 10,000", condition="[('answers.amount', '>', 10000)]"),
        bpmn.Flow('F17', 'Size', 'Run', "above 100", condition="[('answers.amount', '>', 100)]"),
        bpmn.Flow('F18', 'Size', 'Run', "friends", condition="[('partner_id.category_id', 'child_of', 7)]"),
        bpmn.Flow('F19', 'Size', 'Done'), bpmn.Flow('F20', 'Sub', 'Done', outcome='done'), bpmn.Flow('F21', 'Sub', 'Run', outcome='cancelled'),
        bpmn.Flow('F22', 'Run', 'Done'),
    )
    return bpmn.Process('Everything', "Every kind <of> \"step\"", steps, flows, note="For tests", details={'model': 'pem.case'})


def test_every_kind_of_step_is_read_again_as_it_was():
    reading = bpmn_read.read(bpmn_write.write(everything()))
    assert reading.process == everything()
    assert not reading.notes


CHECK = bpmn.Process(
    'Process_check', "Background check",
    (bpmn.Step('Begin', 'start'), bpmn.Step('Look', 'todo', "Look"), bpmn.Step('Over', 'end')),
    (bpmn.Flow('G1', 'Begin', 'Look'), bpmn.Flow('G2', 'Look', 'Over')))


def walk(amount):
    """Return a foreign run of the process with every kind of step, at the decision about its size."""
    run = ForeignRun(
        bpmn_write.write(everything()), {'answers': Record(amount=amount, valid_until='2099-01-01T00:00:00+00:00'), 'F18_holds': False},
        called=[bpmn_write.write(CHECK)])
    run.act('Ask')
    run.act('Check', 'rejected')
    run.act('Ask')
    run.act('Check', 'approved')
    assert not run.open
    for event in ('Days', 'Day', 'Report'):
        assert event in run.waiting
        assert not run.closed
        run.happen(event)
    return run


def test_a_foreign_engine_runs_every_kind_of_step():
    assert walk(10).closed
    assert walk(1000).closed
    large = walk(20_000)
    assert large.open == ['Look']
    large.act('Look', Sub_outcome='done')
    assert large.closed


def test_a_foreign_engine_lets_time_run_out():
    run = ForeignRun(bpmn_write.write(everything()), {'answers': Record(again=False)}, called=[bpmn_write.write(CHECK)])
    assert (run.open, run.waiting) == (['Ask'], ['Ask_expiry'])
    run.happen('Ask_expiry')
    assert run.open == ['Do']
    run.act('Do', answers=Record(again=True))
    assert run.open == ['Ask']


def test_a_foreign_engine_closes_what_no_flow_takes():
    process = bpmn.Process(
        'P', "Yes or no", (bpmn.Step('A', 'start'), bpmn.Step('B', 'approval'), bpmn.Step('C', 'end')),
        (bpmn.Flow('F', 'A', 'B'), bpmn.Flow('G', 'B', 'C', outcome='approved')))
    run = ForeignRun(bpmn_write.write(process))
    run.act('B', 'rejected')
    assert run.closed


@some
@given(st.one_of(st.just(everything()), processes.processes(kinds=('form', 'approval', 'message'), changes=2).map(lambda one: exported(one)[0])))
def test_every_step_and_flow_is_drawn_and_no_line_crosses_a_step(process):
    root = xmlsafe.read(bpmn_write.write(process))
    nodes = {node.get('id'): node for node in root.find('{*}process') if node.get('id')}
    boxes = {
        shape.get('bpmnElement'): [int(shape.find('{*}Bounds').get(name)) for name in ('x', 'y', 'width', 'height')]
        for shape in root.iter('{*}BPMNShape')}
    lines = {edge.get('bpmnElement'): [(int(point.get('x')), int(point.get('y'))) for point in edge.iter('{*}waypoint')]
             for edge in root.iter('{*}BPMNEdge')}
    assert boxes.keys() | lines.keys() == nodes.keys()
    solid = {node: box for node, box in boxes.items() if not nodes[node].get('attachedToRef')}

    def apart(one, other):
        return one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0] or one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1]

    places = list(solid.values())
    assert all(apart(one, other) for number, one in enumerate(places) for other in places[number + 1:])
    for points in lines.values():
        assert len(points) > 1
        for (x, y), (to_x, to_y) in itertools.pairwise(points):
            assert x == to_x or y == to_y
            segment = (min(x, to_x), min(y, to_y), abs(x - to_x), abs(y - to_y))
            assert all(apart(segment, box) for box in places)


# Files of other tools

def understood(name):
    reading = bpmn_read.read((FILES / f'{name}.bpmn').read_bytes())
    kinds = {step.name: step.kind for step in reading.process.steps if step.name}
    return reading, kinds, {(note.code, note.what, note.name or note.more) for note in reading.notes}


def test_a_file_of_camunda_modeler_is_understood_and_what_is_left_out_is_listed():
    reading, kinds, notes = understood('camunda')
    assert reading.process.name == "Supplier qualification"
    assert kinds == {
        "New supplier": 'start', "Fill in the questionnaire": 'form', "Large order?": 'decision', "Audit on site": 'todo',
        "Create in ERP": 'action', "Qualified": 'end', "Not qualified": 'end'}
    flows = {flow.id: flow for flow in reading.process.flows}
    assert flows['Flow_big'].condition == repr(['&', ('answers.amount', '>', 10000), ('answers.country', '!=', 'CH')])
    assert (flows['Flow_late'].source, flows['Flow_late'].outcome) == ('Activity_ask', 'expired')
    assert [flow.id for flow in reading.process.flows if flow.source == 'Gateway_big'][-1] == 'Flow_small'
    assert notes == {
        ('left_out', 'messageFlow', "Questionnaire"), ('left_out', 'lane', "Purchasing"),
        ('left_out', 'multiInstanceLoopCharacteristics', "Audit on site"), ('left_out', 'dataObjectReference', "Contract"),
        ('left_out', 'subProcess', "Supplier withdraws"), ('left_out', 'textAnnotation', "Ask Paul"),
        ('form', 'userTask', "Fill in the questionnaire"), ('code', 'serviceTask', "Create in ERP"),
        ('refuses', 'endEvent', "Not qualified"), ('understood', 'sequenceFlow', "yes"),
        ('condition', 'sequenceFlow', "${riskService.isSanctioned(supplier)}")}
    assert {note.name: note.line for note in reading.notes}["Purchasing"] == 10


def test_a_file_of_signavio_is_understood():
    reading, kinds, notes = understood('signavio')
    assert kinds["Check\nthe file"] == 'todo' and kinds["Remind the partner"] == 'message' and kinds["Three days"] == 'wait'
    assert [step.kind for step in reading.process.steps if not step.name] == ['split', 'join']
    assert {('left_out', 'task', "Undo"), ('stand_in', 'inclusiveGateway', "What is missing?"),
            ('stand_in', 'subProcess', "Ask the insurer"), ('terminates', 'endEvent', "Checked")} <= notes


def test_a_file_of_spiffarena_is_understood():
    reading, kinds, _notes = understood('spiffarena')
    assert kinds == {"Review invoice": 'todo', "Set paid": 'action', "Pay": 'call'}
    assert next(step for step in reading.process.steps if step.kind == 'call').calls == 'Process_pay'
    assert next(step for step in reading.process.steps if step.name == "Review invoice").note == "Look at the amount."


def test_what_another_tool_changed_in_our_file_counts():
    text = bpmn_write.write(everything()).decode()
    text = text.replace('name="Check &amp; sign"', 'name="Sign"').replace('answers.amount &gt; 10000<', 'answers.amount &gt; 20000<')
    reading = bpmn_read.read(text.encode())
    assert next(step for step in reading.process.steps if step.id == 'Check').name == "Sign"
    assert next(flow for flow in reading.process.flows if flow.id == 'F16').condition == "[('answers.amount', '>', 20000)]"


def test_a_task_that_leads_to_several_others_splits():
    reading = bpmn_read.read(b'''<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">
        <startEvent id="s"/><task id="a"/><task id="b"/><task id="c"/><endEvent id="e"/>
        <sequenceFlow id="f" sourceRef="s" targetRef="a"/><sequenceFlow id="g" sourceRef="a" targetRef="b"/>
        <sequenceFlow id="h" sourceRef="a" targetRef="c"/><sequenceFlow id="i" sourceRef="b" targetRef="e"/>
        <sequenceFlow id="j" sourceRef="c" targetRef="e"/><sequenceFlow id="k" sourceRef="c" targetRef="nowhere"/>
        </process></definitions>''')
    assert [(flow.source, flow.target) for flow in reading.process.flows if flow.target != 'e'] == [
        ('a', 'a_split'), ('s', 'a'), ('a_split', 'b'), ('a_split', 'c')]
    assert [note.code for note in reading.notes] == ['split', 'left_out']


# What could do harm

DEEP = 2000
OPEN = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"><startEvent id="s"/>'
CLOSE = '</process></definitions>'


@pytest.mark.parametrize(('text', 'code'), [
    ('<!DOCTYPE d [<!ENTITY a "b">]>' + OPEN + '<task name="&a;"/>' + CLOSE, 'doctype'),
    ('<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + OPEN + '<task>&a;</task>' + CLOSE, 'doctype'),
    ('<!DOCTYPE d SYSTEM "http://127.0.0.1:1/x.dtd">' + OPEN + CLOSE, 'doctype'),
    (OPEN + '<include xmlns="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>' + CLOSE, 'external'),
    (OPEN.replace('<process', '<import importType="x" location="http://127.0.0.1:1/" namespace="y"/><process') + CLOSE, 'external'),
    (OPEN + '<documentation>' * DEEP + '</documentation>' * DEEP + CLOSE, 'too_deep'),
    (OPEN + '<task/>' * 60_000 + CLOSE, 'too_many'),
    (OPEN + ' ' * 6_000_000 + CLOSE, 'too_big'),
    (OPEN, 'broken'), ('', 'broken'), ('process: bpmn', 'broken'), (OPEN + '&unknown;' + CLOSE, 'broken'),
    ('<html/>', 'not_bpmn'), (OPEN.replace('<startEvent id="s"/>', '') + CLOSE, 'no_process'),
])
def test_what_could_do_harm_is_refused(text, code):
    with pytest.raises(xmlsafe.Refused) as refused:
        bpmn_read.read(text.encode())
    assert refused.value.code == code


def test_a_bomb_of_entities_is_refused_in_any_encoding():
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">' + ''.join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip('abcdefgh', 'bcdefghi', strict=True)) + f']>{OPEN}&i;{CLOSE}'
    for encoding in ('utf-8', 'utf-16', 'latin-1'):
        with pytest.raises(xmlsafe.Refused, match='doctype'):
            bpmn_read.read((f'<?xml version="1.0" encoding="{encoding}"?>' + bomb).encode(encoding))


WRITTEN = [bpmn_write.write(everything()), *(path.read_bytes() for path in sorted(FILES.glob('*.bpmn')))]


@settings(some, max_examples=400)
@given(st.sampled_from(WRITTEN), st.data())
def test_whatever_is_done_to_a_file_it_is_read_or_refused(content, data):
    for _change in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(start + 60, len(content))))
        content = content[:start] + data.draw(st.one_of(
            st.binary(max_size=8), st.just(content[end:end + 40]), st.sampled_from([
                b'"', b'<', b'>', b'&amp;', b'Gateway', b'id="Ask"', b'role="merge" of="Both"', b'order="-1"', b'S', b'Task']))) + content[end:]
    try:
        process = bpmn_read.read(content).process
    except xmlsafe.Refused:
        return
    # What was understood can be written again, and is then the same.
    assert bpmn_read.read(bpmn_write.write(process)).process == process


@some
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content):
    with pytest.raises(xmlsafe.Refused):
        bpmn_read.read(content)
