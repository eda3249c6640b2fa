"""Writes a :class:`~.bpmn.Process` as BPMN 2.0 XML with its diagram; :mod:`.bpmn` says what becomes what."""
import json
import re

from lxml import etree

from . import conditions, expressions, flow, layout
from .bpmn import BPMN, BPMNDI, DATE, DC, DI, DURATION, MESSAGE, PEM, TAGS, XSI, condition_variable, outcome_variable

_SIZES = {'startEvent': (36, 36), 'endEvent': (36, 36), 'intermediateCatchEvent': (36, 36), 'boundaryEvent': (36, 36),
          'exclusiveGateway': (50, 50), 'parallelGateway': (50, 50)}
_TASK = (120, 80)
_UNWRITABLE = re.compile('[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]')


def write(process):
    """Return the bytes of a BPMN file.

    >>> from .bpmn import Flow, Process, Step
    >>> steps = Step('A', 'start', "Start"), Step('B', 'approval', "Check"), Step('C', 'end', "Done")
    >>> flows = Flow('F', 'A', 'B'), Flow('G', 'B', 'C', outcome='approved')
    >>> text = write(Process('P', "Check it", steps, flows)).decode()
    >>> text.count('<bpmn:userTask'), text.count('<bpmn:endEvent'), 'B_outcome == "approved"' in text
    (1, 2, True)
    """
    return _Writer(process).document()


def clean(text):
    """Return a text without what XML cannot hold."""
    return _UNWRITABLE.sub('', text or '')


def _ours(name):
    return f'{{{PEM}}}{name}'


class _Writer:

    def __init__(self, process):
        self.process = process
        self.steps = {step.id: step for step in process.steps}
        self.nodes, self.edges, self.hosts = {}, [], {}
        self.root = etree.Element(
            f'{{{BPMN}}}definitions',
            nsmap={'bpmn': BPMN, 'bpmndi': BPMNDI, 'dc': DC, 'di': DI, 'xsi': XSI, 'pem': PEM}, id=f'{process.id}_definitions',
            targetNamespace=PEM, expressionLanguage='https://www.python.org/', exporter="PEM for Odoo")
        self.box = etree.SubElement(
            self.root, f'{{{BPMN}}}process', id=process.id, name=clean(process.name), isExecutable='true')

    def document(self):
        process, numbers = self.process, {line.id: number for number, line in enumerate(self.process.flows)}
        self._note(self.box, process.note)
        if process.details:
            self._details(etree.SubElement(self._extensions(self.box), _ours('process')), process.details)
        leaving = {step.id: [line for line in process.flows if line.source == step.id] for step in process.steps}
        for number, step in enumerate(process.steps):
            self._write_step(step, number)
        entrances = {step.id: self._entrance(step) for step in process.steps}
        self.lines = {}
        for step in process.steps:
            self._leave(step, leaving[step.id], entrances)
        for line in sorted(process.flows, key=lambda line: numbers[line.id]):
            source, expression, is_default = self.lines[line.id]
            self._write_flow(line, source, entrances[line.target], expression, is_default, numbers[line.id])
        self._link()
        self._draw()
        return etree.tostring(self.root, xml_declaration=True, encoding='UTF-8', pretty_print=True)

    # Steps

    def _write_step(self, step, number):
        # Only on an activity time can run out.
        reports = step.kind == flow.WAIT and step.wait == MESSAGE and step.expires
        node = self._node(step.id, 'receiveTask' if reports else TAGS[step.kind], step.name)
        self._note(node, step.note)
        mark = etree.SubElement(self._extensions(node), _ours('step'), kind=step.kind, order=str(number))
        if step.kind == flow.END and step.end_state != 'done':
            mark.set('endState', step.end_state)
        self._details(mark, step.details)
        if step.kind == flow.END and step.end_state != 'done':
            etree.SubElement(node, f'{{{BPMN}}}terminateEventDefinition', id=f'{step.id}_terminates')
        if step.kind == flow.CALL and step.calls:
            node.set('calledElement', step.calls)
        if step.kind == flow.MESSAGE:
            node.set('messageRef', self._message(step.id, step.name))
        if reports:
            node.set('messageRef', self._message(step.id, step.wait_for))
        elif step.kind == flow.WAIT and step.wait == MESSAGE:
            etree.SubElement(node, f'{{{BPMN}}}messageEventDefinition', id=f'{step.id}_event',
                             messageRef=self._message(step.id, step.wait_for))
        elif step.kind == flow.WAIT and step.wait in (DURATION, DATE):
            self._timer(node, f'{step.id}_event', {DURATION: 'timeDuration', DATE: 'timeDate'}[step.wait], step.wait_for)

    def _entrance(self, step):
        """Return the id of the node to which flows to a step lead."""
        arriving = [line for line in self.process.flows if line.target == step.id]
        if step.kind != flow.SPLIT or len(arriving) < 2:
            return step.id
        merge = self._helper(f'{step.id}_merge', 'exclusiveGateway', 'merge', step.id)
        self._helper_flow(merge, step.id)
        return merge

    def _leave(self, step, lines, entrances):
        """Decide for each flow out of a step from which node it starts, under which expression."""
        if step.kind in (flow.SPLIT, flow.END):
            self.lines.update({line.id: (step.id, '', False) for line in lines})
            return
        expired = [line for line in lines if step.expires and line.outcome == flow.EXPIRED]
        usual = [line for line in lines if line not in expired]
        named, closing = self._outcomes(step, usual)
        exits = self._expressions(step, usual, named)
        source = step.id
        if step.kind != flow.DECISION and (len(exits) + len(closing) > 1 or any(expression for expression, _default in exits.values())):
            source = self._helper(f'{step.id}_gateway', 'exclusiveGateway', 'gateway', step.id)
            self._helper_flow(step.id, source)
        for outcome in closing:
            self._close(source, f'{step.id}_{outcome}', step.id, f'{outcome_variable(step.id)} == "{outcome}"')
        self.lines.update({line_id: (source, *exit_) for line_id, exit_ in exits.items()})
        if step.expires:
            self._expire(step, expired)

    def _outcomes(self, step, lines):
        """Return ``(named, closing)``: the outcomes that flows name, and those that close the case for want of a flow."""
        outcomes = flow.OUTCOMES.get(step.kind, ())
        named = [outcome for outcome in outcomes if any(line.outcome == outcome for line in lines)]
        if any(not line.outcome for line in lines):
            return named, []
        return named, [outcome for outcome in outcomes if outcome in flow.CLOSING_OUTCOMES and outcome not in named]

    def _expressions(self, step, lines, named):
        """Return ``{flow id: (expression, whether it is the default)}``; expressions exclude each other."""
        variable, found = outcome_variable(step.id), {}
        outcomes = flow.OUTCOMES.get(step.kind, ())
        for outcome in ('', *named):
            prefix = f'{variable} == "{outcome}"' if outcome else ' and '.join(f'{variable} != "{other}"' for other in named)
            found.update(self._sequence([line for line in lines if line.outcome == outcome], prefix, default=not outcome))
        # A flow for an outcome that the step never has is never taken.
        found.update({line.id: ('False', False) for line in lines if line.outcome and line.outcome not in outcomes})
        return found

    def _sequence(self, lines, prefix, default):
        found, before, settled = {}, [], False
        for line in lines:
            own = self._expression(line)
            guarded = expressions.only_if(own, unless=before)
            if settled:
                found[line.id] = ('False', False)
            elif not own and default:
                found[line.id] = ('', True)
            else:
                found[line.id] = (f'{prefix} and ({guarded})' if prefix and guarded else prefix or guarded, False)
            settled = settled or not own
            before.append(own)
        if not prefix and len(found) == 1 and lines and not before[0]:
            found = {lines[0].id: ('', False)}
        return found

    def _expression(self, line):
        domain = conditions.parse(line.condition)
        if not domain:
            return ''
        return expressions.to_expression(domain) or condition_variable(line.id)

    def _expire(self, step, lines):
        timer = self._helper(f'{step.id}_expiry', 'boundaryEvent', 'expiry', step.id)
        self.nodes[timer].set('attachedToRef', step.id)
        self._timer(self.nodes[timer], f'{step.id}_expiry_event', 'timeDuration', step.expires)
        self.hosts[timer] = step.id
        exits = self._sequence(lines, '', default=True)
        if not lines:
            self._close(timer, f'{step.id}_expired', step.id, '')
        source = timer
        if len(lines) > 1 or any(expression for expression, _default in exits.values()):
            source = self._helper(f'{step.id}_expiry_gateway', 'exclusiveGateway', 'expiryGateway', step.id)
            self._helper_flow(timer, source)
        self.lines.update({line_id: (source, *exit_) for line_id, exit_ in exits.items()})

    def _close(self, source, name, step_id, expression):
        end = self._helper(f'{name}_end', 'endEvent', 'closing', step_id)
        etree.SubElement(self.nodes[end], f'{{{BPMN}}}terminateEventDefinition', id=f'{end}_terminates')
        self._helper_flow(source, end, expression)

    # Elements

    def _node(self, node_id, tag, name=''):
        node = self.nodes[node_id] = etree.SubElement(self.box, f'{{{BPMN}}}{tag}', id=node_id)
        if name:
            node.set('name', clean(name))
        return node

    def _helper(self, node_id, tag, role, step_id):
        node = self._node(node_id, tag)
        etree.SubElement(self._extensions(node), _ours('helper'), role=role, of=step_id)
        return node_id

    def _helper_flow(self, source, target, expression=''):
        line = etree.SubElement(
            self.box, f'{{{BPMN}}}sequenceFlow', id=f'{source}_to_{target}', sourceRef=source, targetRef=target)
        etree.SubElement(self._extensions(line), _ours('helper'), role='flow')
        self._condition(line, expression)
        self.edges.append((line.get('id'), source, target))

    def _write_flow(self, line, source, target, expression, is_default, number):
        element = etree.SubElement(self.box, f'{{{BPMN}}}sequenceFlow', id=line.id, sourceRef=source, targetRef=target)
        if line.name:
            element.set('name', clean(line.name))
        mark = etree.SubElement(self._extensions(element), _ours('flow'), order=str(number))
        for name, value in (('outcome', line.outcome), ('condition', line.condition), ('written', expression)):
            if value:
                mark.set(name, clean(value))
        self._condition(element, expression)
        if is_default and self.nodes[source].tag.endswith('Gateway'):
            self.nodes[source].set('default', line.id)
        self.edges.append((line.id, source, target))

    def _condition(self, line, expression):
        if expression:
            element = etree.SubElement(line, f'{{{BPMN}}}conditionExpression', {f'{{{XSI}}}type': 'bpmn:tFormalExpression'})
            element.text = clean(expression)

    def _timer(self, node, event_id, tag, value):
        event = etree.SubElement(node, f'{{{BPMN}}}timerEventDefinition', id=event_id)
        element = etree.SubElement(event, f'{{{BPMN}}}{tag}', {f'{{{XSI}}}type': 'bpmn:tFormalExpression'})
        element.text = clean(value)

    def _message(self, step_id, name):
        message = etree.Element(f'{{{BPMN}}}message', id=f'{step_id}_message', name=clean(name))
        self.root.insert(self.root.index(self.box), message)
        return message.get('id')

    def _note(self, node, text):
        if text:
            etree.SubElement(node, f'{{{BPMN}}}documentation').text = clean(text)

    def _extensions(self, node):
        found = node.find(f'{{{BPMN}}}extensionElements')
        return etree.SubElement(node, f'{{{BPMN}}}extensionElements') if found is None else found

    def _details(self, mark, details):
        for name, value in sorted(details.items()):
            etree.SubElement(mark, _ours('detail'), name=name).text = json.dumps(value, sort_keys=True)

    def _link(self):
        """Let each node name its flows, before what else it holds."""
        for node_id, node in self.nodes.items():
            place = sum(1 for child in node if child.tag in (f'{{{BPMN}}}documentation', f'{{{BPMN}}}extensionElements'))
            named = [('incoming', edge) for edge, _source, target in self.edges if target == node_id]
            named += [('outgoing', edge) for edge, source, _target in self.edges if source == node_id]
            for offset, (tag, edge) in enumerate(named):
                element = etree.Element(f'{{{BPMN}}}{tag}')
                element.text = edge
                node.insert(place + offset, element)

    # Diagram

    def _draw(self):
        sizes = {
            node_id: _SIZES.get(etree.QName(node).localname, _TASK)
            for node_id, node in self.nodes.items() if node_id not in self.hosts}
        picture = layout.layered(sizes, [
            (edge, self.hosts.get(source, source), target) for edge, source, target in self.edges])
        boxes, lines = dict(picture.boxes), dict(picture.lines)
        for event, host in self.hosts.items():
            box = boxes[host]
            boxes[event] = layout.Box(box.x + box.width - 44, box.y + box.height - 18, 36, 36)
        for edge, source, _target in self.edges:
            if source in self.hosts:
                lines[edge] = _from_border(boxes[source], lines[edge])
        diagram = etree.SubElement(self.root, f'{{{BPMNDI}}}BPMNDiagram', id=f'{self.process.id}_diagram')
        plane = etree.SubElement(diagram, f'{{{BPMNDI}}}BPMNPlane', id=f'{self.process.id}_plane', bpmnElement=self.process.id)
        for node_id, box in boxes.items():
            shape = etree.SubElement(plane, f'{{{BPMNDI}}}BPMNShape', id=f'{node_id}_shape', bpmnElement=node_id)
            if self.nodes[node_id].tag.endswith('exclusiveGateway'):
                shape.set('isMarkerVisible', 'true')
            etree.SubElement(shape, f'{{{DC}}}Bounds', x=str(box.x), y=str(box.y), width=str(box.width), height=str(box.height))
        for edge, _source, _target in self.edges:
            element = etree.SubElement(plane, f'{{{BPMNDI}}}BPMNEdge', id=f'{edge}_edge', bpmnElement=edge)
            for x, y in lines[edge]:
                etree.SubElement(element, f'{{{DI}}}waypoint', x=str(x), y=str(y))


def _from_border(box, points):
    """Let a line that was drawn from a task, downwards, begin at the event on its border."""
    _start, *rest = points
    begin = (box.middle, box.y + box.height)
    if len(rest) == 1:
        # Straight down: aside to where it goes.
        middle = begin[1] + 10
        return (begin, (box.middle, middle), (rest[0][0], middle), rest[0])
    return (begin, (box.middle, rest[0][1]), *rest[1:])
