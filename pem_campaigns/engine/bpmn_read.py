"""Reads a process from BPMN 2.0 XML: what :mod:`.bpmn_write` wrote, or what another tool did, as far as there is the same here.

Whatever is not taken over, or is taken for something else, is listed with its name and line; nothing is dropped in silence.
"""
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from lxml import etree

from . import conditions, expressions, flow, xmlsafe
from .bpmn import BPMN, DATE, DURATION, MESSAGE, PEM, Flow, Note, Process, Step, condition_variable, outcome_variable

_ID = re.compile(r'[A-Za-z][A-Za-z0-9_]*')
_FORMS = ('formKey', 'formRef', 'formId')
#: Elements that stand for a step without a doubt.
_KINDS = {
    'startEvent': flow.START, 'endEvent': flow.END, 'userTask': flow.TODO, 'manualTask': flow.TODO, 'task': flow.TODO,
    'sendTask': flow.MESSAGE, 'intermediateThrowEvent': flow.MESSAGE, 'receiveTask': flow.WAIT,
    'intermediateCatchEvent': flow.WAIT, 'exclusiveGateway': flow.DECISION, 'callActivity': flow.CALL,
    'serviceTask': flow.ACTION, 'scriptTask': flow.ACTION, 'businessRuleTask': flow.ACTION,
}
#: Elements that there is nothing like, and what stands in for them so that the flows hold together.
_STAND_INS = {
    'inclusiveGateway': flow.DECISION, 'complexGateway': flow.DECISION, 'eventBasedGateway': flow.DECISION,
    'subProcess': flow.CALL, 'transaction': flow.CALL, 'adHocSubProcess': flow.CALL,
}
#: Elements that say nothing more than is understood anyway.
_SILENT = {'documentation', 'extensionElements', 'incoming', 'outgoing', 'conditionExpression', 'sequenceFlow', 'association', 'dataObject'}


@dataclass(frozen=True)
class Reading:
    """The ``process`` that was understood, and the :class:`~.bpmn.Note` of each thing that is not as it was in the file."""

    process: Process
    notes: tuple = ()


def read(content, limits=xmlsafe.USUAL):
    """Return the :class:`Reading` of a BPMN file given as bytes.

    :raises Refused: see :func:`.xmlsafe.read`; further codes are not_bpmn, external, no_process
    """
    root = xmlsafe.read(content, limits)
    if root.tag != f'{{{BPMN}}}definitions':
        raise xmlsafe.Refused('not_bpmn', found=etree.QName(root).localname)
    for element in root.iter(f'{{{BPMN}}}import', '{http://www.w3.org/2001/XInclude}include'):
        raise xmlsafe.Refused('external', line=element.sourceline or 0)
    processes = root.findall(f'{{{BPMN}}}process')
    # Of several pools, the one that does something.
    chosen = next((one for one in processes if one.find(f'{{{BPMN}}}startEvent') is not None), None)
    if chosen is None:
        raise xmlsafe.Refused('no_process')
    return _Reader(root, chosen).reading([one for one in processes if one is not chosen])


def _name(element):
    return etree.QName(element).localname


def _text(element):
    return ''.join(element.itertext()).strip()


class _Reader:

    def __init__(self, root, box):
        self.root, self.box = root, box
        self.notes = []
        self.ids = {}
        #: Flows that leave a step itself, not a gateway behind it.
        self.direct = set()
        self.taken = Counter()
        self.messages = {one.get('id'): one.get('name') or '' for one in root.findall(f'{{{BPMN}}}message')}

    def reading(self, others):
        for element in [*filter(len, others), *self.root.iter(f'{{{BPMN}}}messageFlow')]:
            self._left_out(element)
        nodes, lines, borders = self._sort()
        helpers = self._helpers(nodes, borders, lines)
        steps = {element.get('id'): self._step(element) for element in nodes if element.get('id') not in helpers}
        expiring = {}
        for element in borders:
            if element.get('id') not in helpers:
                self._border(element, steps, expiring)
        for element_id, (role, of, element) in helpers.items():
            if role == 'expiry':
                expiring[element_id] = of
                steps[of] = replace(steps[of], expires=_text(next(element.iter(f'{{{BPMN}}}timeDuration'), element)))
        flows = self._flows(lines, steps, helpers, expiring)
        steps, flows = self._untangle(steps, flows)
        order = {step.id: number for number, step in enumerate(steps)}
        flows.sort(key=lambda one: (one[0], order[one[1].source]))
        process = Process(
            self._id(self.box, 'Process'), self.box.get('name') or self._pool() or '', tuple(steps),
            tuple(line for _order, line in flows), self._note(self.box), self._details(self._mark(self.box, 'process')))
        return Reading(process, tuple(sorted(self.notes, key=lambda note: note.line)))

    def _pool(self):
        for element in self.root.iter(f'{{{BPMN}}}participant'):
            if element.get('processRef') == self.box.get('id'):
                return element.get('name')
        return None

    def _left_out(self, element, code='left_out', more=''):
        self.notes.append(Note(code, _name(element), self._called(element), element.sourceline or 0, more))

    @staticmethod
    def _called(element):
        return element.get('name') or (_text(element) if _name(element) == 'textAnnotation' else '')

    def _sort(self):
        """Return ``(nodes, sequence flows, boundary events)`` of the process."""
        nodes, lines, borders = [], [], []
        for element in self.box:
            if not isinstance(element.tag, str) or etree.QName(element).namespace != BPMN:
                continue
            tag = _name(element)
            if element.get('isForCompensation') == 'true' or element.get('triggeredByEvent') == 'true':
                self._left_out(element)
            elif tag == 'sequenceFlow':
                lines.append(element)
            elif tag == 'boundaryEvent':
                borders.append(element)
            elif tag in _KINDS or tag in _STAND_INS or tag == 'parallelGateway':
                nodes.append(element)
            elif tag == 'laneSet':
                for lane in element.iter(f'{{{BPMN}}}lane'):
                    self._left_out(lane)
            elif tag not in _SILENT:
                self._left_out(element)
        places = {element: number for number, element in enumerate(nodes)}
        nodes.sort(key=lambda element: self._order(self._mark(element, 'step'), places[element]))
        for element in nodes + borders + lines:
            if element.get('id') is None or element.get('id') in self.ids:
                element.set('id', f'{element.get("id") or ""} {len(self.ids)}')
            self._id(element, _name(element))
        return nodes, lines, borders

    @staticmethod
    def _mark(element, name):
        """Return what was written about an element here, None where it is from elsewhere."""
        return element.find(f'./{{{BPMN}}}extensionElements/{{{PEM}}}{name}')

    @staticmethod
    def _order(mark, otherwise):
        text = '' if mark is None else mark.get('order') or ''
        return int(text) if re.fullmatch('[0-9]{1,8}', text) else otherwise

    def _id(self, element, fallback):
        """Return the id by which an element goes here."""
        given = element.get('id') or fallback
        if given not in self.ids:
            wanted = given if _ID.fullmatch(given) else re.sub(r'\W', '_', f'{fallback}_{given}', flags=re.ASCII)
            self.taken[wanted] += 1
            while self.taken[wanted] > 1:
                wanted = f'{wanted}_{self.taken[wanted]}'
                self.taken[wanted] += 1
            self.ids[given] = wanted
        return self.ids[given]

    # Steps

    def _helpers(self, nodes, borders, lines):
        """Return ``{id: (role, id of the step, element)}`` of what was added to say in BPMN what is one step here.

        What another tool connected otherwise has become a step of its own.
        """
        found = {}
        for element in nodes + borders:
            mark = self._mark(element, 'helper')
            if mark is not None:
                found[element.get('id')] = (mark.get('role') or '', mark.get('of') or '', element)
        steps = {element.get('id') for element in nodes} - found.keys()
        arriving = defaultdict(list)
        for line in lines:
            arriving[line.get('targetRef')].append(line.get('sourceRef'))
        while strangers := [one for one, helper in found.items() if not self._still_helps(one, *helper, found, steps, arriving)]:
            for element_id in strangers:
                del found[element_id]
            steps = {element.get('id') for element in nodes} - found.keys()
        return found

    @staticmethod
    def _still_helps(element_id, role, of, element, helpers, steps, arriving):
        before = arriving[element_id]
        if of not in steps:
            return False
        if role == 'expiry':
            return element.get('attachedToRef') == of
        if role == 'merge':
            return arriving[of] == [element_id]
        if role == 'gateway':
            return before == [of]
        return role in ('closing', 'expiryGateway') and len(before) == 1 and (
            before[0] in helpers or (before[0] == of and role == 'closing'))

    def _step(self, element):
        mark = self._mark(element, 'step')
        tag = _name(element)
        kind = self._kind(element, tag, mark)
        step = Step(
            self.ids[element.get('id')], kind, self._called(element), self._note(element), details=self._details(mark))
        for child in element:
            if isinstance(child.tag, str) and _name(child) in (
                    'multiInstanceLoopCharacteristics', 'standardLoopCharacteristics', 'ioSpecification', 'dataInputAssociation',
                    'dataOutputAssociation', 'property'):
                self._left_out(child, more=self._called(element))
        events = [child for child in element if isinstance(child.tag, str) and _name(child).endswith('EventDefinition')]
        if kind == flow.END:
            return replace(step, end_state=self._end_state(element, mark, events))
        if kind == flow.START:
            for event in events:
                self._left_out(event, more=self._called(element))
        elif kind == flow.WAIT:
            wait, wait_for = self._waiting(element, events)
            return replace(step, wait=wait, wait_for=wait_for)
        elif kind == flow.CALL:
            return replace(step, calls=element.get('calledElement') or '')
        elif kind == flow.ACTION and mark is None:
            self._left_out(element, 'code')
        return step

    def _kind(self, element, tag, mark):
        if tag in _STAND_INS:
            self._left_out(element, 'stand_in')
            return _STAND_INS[tag]
        if tag == 'parallelGateway':
            return mark.get('kind') if mark is not None and mark.get('kind') in (flow.SPLIT, flow.JOIN) else 'parallel'
        kind = _KINDS[tag]
        if mark is not None and kind == flow.TODO and mark.get('kind') in flow.HUMAN_KINDS:
            return mark.get('kind')
        if kind == flow.TODO and (
                any(etree.QName(name).localname in _FORMS for name in element.attrib)
                or any(isinstance(child.tag, str) and _name(child) in ('formData', 'formDefinition', 'formField') for child in element.iter())):
            self._left_out(element, 'form')
            return flow.FORM
        if tag == 'intermediateThrowEvent' and not any(True for _event in element.iter(f'{{{BPMN}}}messageEventDefinition')):
            self._left_out(element, 'stand_in')
        return kind

    def _end_state(self, element, mark, events):
        kinds = [_name(event).removesuffix('EventDefinition') for event in events]
        state = mark.get('endState') if mark is not None else None
        if 'terminate' in kinds:
            if state in ('rejected', 'cancelled'):
                return state
            self._left_out(element, 'terminates')
            return 'done'
        if 'error' in kinds or 'cancel' in kinds:
            self._left_out(element, 'refuses')
            return 'rejected'
        for event in events:
            self._left_out(event, more=self._called(element))
        return 'done'

    def _waiting(self, element, events):
        for event in events:
            if _name(event) == 'timerEventDefinition':
                for tag, wait in (('timeDuration', DURATION), ('timeDate', DATE), ('timeCycle', DURATION)):
                    for value in event.iter(f'{{{BPMN}}}{tag}'):
                        return wait, _text(value)
                return '', ''
            if _name(event) != 'messageEventDefinition':
                self._left_out(event, 'stand_in', self._called(element))
            return MESSAGE, self.messages.get(event.get('messageRef'), '') or self._called(element)
        if _name(element) == 'receiveTask':
            return MESSAGE, self.messages.get(element.get('messageRef'), '') or self._called(element)
        return '', ''

    def _border(self, element, steps, expiring):
        """Take an interrupting timer on a task for its expiry; nothing else on a border is known here."""
        host = steps.get(element.get('attachedToRef'))
        timer = next(element.iter(f'{{{BPMN}}}timeDuration'), None)
        if host is None or timer is None or element.get('cancelActivity') == 'false' or host.expires or (
                host.kind not in flow.HUMAN_KINDS and not (host.kind == flow.WAIT and host.wait == MESSAGE)):
            self._left_out(element)
            return
        steps[element.get('attachedToRef')] = replace(host, expires=_text(timer))
        expiring[element.get('id')] = element.get('attachedToRef')

    def _note(self, element):
        return '\n'.join(filter(None, (_text(one) for one in element.findall(f'{{{BPMN}}}documentation'))))

    @staticmethod
    def _details(mark):
        details = {}
        for detail in mark.findall(f'{{{PEM}}}detail') if mark is not None else ():
            try:
                details[detail.get('name') or ''] = json.loads(detail.text or 'null')
            except (ValueError, RecursionError):
                continue
        return details

    # Flows

    def _flows(self, lines, steps, helpers, expiring):
        """Return ``[(order, Flow)]`` between steps."""
        found = []
        defaults = {element.get('default') for element in self.box if isinstance(element.tag, str)}
        for number, line in enumerate(lines):
            source, target, outcome = line.get('sourceRef'), line.get('targetRef'), ''
            origin = source
            if target in helpers and (helpers[target][0] in ('gateway', 'expiryGateway', 'closing')):
                continue
            if source in helpers and helpers[source][0] == 'merge':
                continue
            if source in helpers and helpers[source][0] == 'expiryGateway':
                outcome, source = flow.EXPIRED, helpers[source][1]
            elif source in expiring:
                outcome, source = flow.EXPIRED, expiring[source]
            elif source in helpers:
                source = helpers[source][1]
            if target in helpers:
                target = helpers[target][1]
            if source not in steps or target not in steps:
                self._left_out(line)
                continue
            if source == origin:
                self.direct.add(self.ids[line.get('id')])
            found.append(self._flow(line, number, steps[source], steps[target], outcome, line.get('id') in defaults, origin in helpers))
        return found

    def _flow(self, line, number, source, target, outcome, is_default, behind_task):
        mark = self._mark(line, 'flow')
        written = '' if mark is None else mark.get('written') or ''
        expression = next((_text(one) for one in line.findall(f'{{{BPMN}}}conditionExpression')), '')
        flow_id, name = self.ids[line.get('id')], self._called(line)
        order = self._order(mark, number)
        if is_default:
            # Tried when nothing else holds.
            order = max(order, len(self.ids)) if mark is None else order
        if mark is not None and expression == written and self._is_ours(mark):
            return order, Flow(flow_id, source.id, target.id, name, outcome or mark.get('outcome') or '', mark.get('condition') or '')
        domain = expressions.from_expression(expression) if expression and not is_default else []
        if domain is None or (domain and any(
                str(item[0]) == f'answers.{condition_variable(flow_id)}' for item in domain if isinstance(item, tuple))):
            self._left_out(line, 'condition', expression)
            return order, Flow(flow_id, source.id, target.id, name or expression, outcome)
        if domain and behind_task:
            outcome, domain = self._outcome(source, domain, outcome)
        if domain:
            self._left_out(line, 'understood', repr(domain))
        return order, Flow(flow_id, source.id, target.id, name, outcome, repr(domain) if domain else '')

    @staticmethod
    def _is_ours(mark):
        try:
            conditions.parse(mark.get('condition'))
        except conditions.Unusable:
            return False
        return (mark.get('outcome') or '') in ('', 'approved', 'rejected', 'done', 'cancelled', flow.EXPIRED)

    @staticmethod
    def _outcome(source, domain, outcome):
        """Take a comparison with the outcome of the task before out of a condition."""
        variable = f'answers.{outcome_variable(source.id)}'
        first = next((item for item in domain if isinstance(item, tuple)), None)
        if first and first[0] == variable and first[1] == '=' and first[2] in flow.OUTCOMES.get(source.kind, ()):
            if len(domain) == 1:
                return first[2], []
            if domain[0] == '&' and domain[1] == first:
                return first[2], domain[2:]
        return outcome, domain

    def _untangle(self, steps, flows):
        """Say with splits and joins what BPMN says by several flows, and with one gateway for both."""
        leaving, arriving = defaultdict(list), defaultdict(list)
        for entry in flows:
            leaving[entry[1].source].append(entry)
            arriving[entry[1].target].append(entry)
        result = []
        for step in steps.values():
            result.append(step)
            out = [entry for entry in leaving[step.id] if entry[1].id in self.direct]
            if step.kind == 'parallel':
                result[-1] = replace(step, kind=flow.JOIN if len(arriving[step.id]) > 1 else flow.SPLIT)
                if len(arriving[step.id]) < 2 or len(out) < 2:
                    continue
            elif step.kind in (flow.DECISION, flow.SPLIT, flow.JOIN, flow.END) or len(out) < 2 or any(
                    line.outcome or line.condition or line.name for _order, line in out):
                continue
            split = self._insert(step, result, flows)
            for number, (order, line) in enumerate(flows):
                if line.source == step.id and line.target != split:
                    flows[number] = (order, replace(line, source=split))
        return result, flows

    def _insert(self, step, result, flows):
        """Put a split behind a step; return its id."""
        split, line = (self._id(etree.Element('new', id=f'{step.id}_{what}'), what) for what in ('split', 'to_split'))
        result.append(Step(split, flow.SPLIT, step.name))
        flows.append((-1, Flow(line, step.id, split)))
        self.notes.append(Note('split', 'parallelGateway', step.name))
        return split
