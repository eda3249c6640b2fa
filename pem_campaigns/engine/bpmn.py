"""Processes as BPMN 2.0 XML, which other BPM tools draw, check and run: what is exchanged.

:mod:`.bpmn_write` writes a :class:`Process`, :mod:`.bpmn_read` reads one, its own writing exactly and that of others as far as
there is the same here.

====================  =====================================================================================================
here                  in BPMN
====================  =====================================================================================================
form, approval,       user task; details that BPMN has no word for are kept in its extension elements, under :data:`PEM`
to-do
message               send task
decision              exclusive gateway
split, join           parallel gateway; a split to which several flows lead has an exclusive gateway before it
wait                  intermediate catch event with a timer (days, a date) or a message (a form that is sent, another system);
                      a receive task where the time for the message can run out
sub-process           call activity
server action         service task
end                   end event; one that refuses or cancels terminates
outcome               an exclusive gateway behind the task, which reads the variable ``<id of the task>_outcome``: approved,
                      rejected; of a call also done, cancelled
no flow for it        the gateway leads to an end event of its own, which terminates
expiry                an interrupting boundary timer event
condition             expression of the sequence flow, so written that it holds for one flow at most, in whatever order they are
                      tried; what no expression can say becomes the variable ``<id of the flow>_holds``
====================  =====================================================================================================
"""
from dataclasses import dataclass, field

from . import flow

BPMN = 'http://www.omg.org/spec/BPMN/20100524/MODEL'
BPMNDI = 'http://www.omg.org/spec/BPMN/20100524/DI'
DC = 'http://www.omg.org/spec/DD/20100524/DC'
DI = 'http://www.omg.org/spec/DD/20100524/DI'
XSI = 'http://www.w3.org/2001/XMLSchema-instance'
#: Ours: what only this program understands.
PEM = 'urn:pem-for-odoo:bpmn:1'

TAGS = {
    flow.START: 'startEvent', flow.END: 'endEvent', flow.FORM: 'userTask', flow.APPROVAL: 'userTask', flow.TODO: 'userTask',
    flow.MESSAGE: 'sendTask', flow.DECISION: 'exclusiveGateway', flow.SPLIT: 'parallelGateway', flow.JOIN: 'parallelGateway',
    flow.WAIT: 'intermediateCatchEvent', flow.CALL: 'callActivity', flow.ACTION: 'serviceTask',
}
#: What a wait waits for: the value is an ISO 8601 duration, an expression for a date, or the name of a message.
DURATION, DATE, MESSAGE = 'duration', 'date', 'message'


@dataclass(frozen=True)
class Step:
    """One step.

    :param id: letters, digits and "_", beginning with a letter; unique in the process, flows included
    :param kind: one of :data:`.flow.KINDS`
    :param note: what people are told about it
    :param end_state: of an end: done, rejected or cancelled
    :param expires: ISO 8601 duration after which its time runs out; "" for never
    :param wait: of a wait: what for; ``wait_for`` says more
    :param calls: of a sub-process: the id of the called process
    :param details: names to JSON values, kept as they are
    """

    id: str
    kind: str
    name: str = ''
    note: str = ''
    end_state: str = 'done'
    expires: str = ''
    wait: str = ''
    wait_for: str = ''
    calls: str = ''
    details: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Flow:
    """A line from step to step, open for an ``outcome`` ("" for any) under a ``condition``, a domain in text."""

    id: str
    source: str
    target: str
    name: str = ''
    outcome: str = ''
    condition: str = ''


@dataclass(frozen=True)
class Process:
    """``flows`` of one step are tried in their order."""

    id: str
    name: str
    steps: tuple
    flows: tuple
    note: str = ''
    details: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """Something in a file that is not here as it was there.

    :param code: ``left_out``; or how it was changed: ``stand_in`` (by the nearest step that there is), ``code`` (a server action
        to be chosen), ``form`` (a form to be chosen), ``terminates`` (an end that does not), ``refuses`` (an end of refused cases),
        ``condition`` (dropped), ``understood`` (a condition, now a domain), ``split`` (added)
    :param what: the BPMN name of the element
    :param name: what people call it
    :param line: where it stands in the file
    :param more: what else the sentence fills in
    """

    code: str
    what: str
    name: str = ''
    line: int = 0
    more: str = ''


def outcome_variable(step_id):
    """Return the name of the variable in which the outcome of a step is found."""
    return f'{step_id}_outcome'


def condition_variable(flow_id):
    """Return the name of the variable that says whether a condition holds which no expression can say."""
    return f'{flow_id}_holds'
