"""Flow semantics: what a process definition means.

Pure rules without the ORM: a definition is steps joined by flows, a *token* is one place where a case stands.
The ORM (``pem.case``) keeps the tokens as tasks and asks here where they go next and whether a definition is sound.

>>> steps = [Step(1, 'start'), Step(2, 'approval'), Step(3, 'end'), Step(4, 'end')]
>>> flows = [Flow(10, 1, 2), Flow(11, 2, 3, outcome='approved'), Flow(12, 2, 4, outcome='rejected')]
>>> definition = Definition(steps, flows)
>>> [flow.target for flow in definition.candidates(2, 'rejected')]
[4]
>>> list(definition.problems())
[]
"""
import math
from collections import defaultdict
from dataclasses import dataclass

from . import soundness

START, END = 'start', 'end'
FORM, APPROVAL, TODO = 'form', 'approval', 'todo'
MESSAGE, DECISION, SPLIT, JOIN = 'message', 'decision', 'split', 'join'
WAIT, CALL, ACTION = 'wait', 'call', 'action'

#: Kinds at which a token rests until somebody acts.
HUMAN_KINDS = frozenset((FORM, APPROVAL, TODO))
#: Kinds a token passes in the transaction in which it arrives (a join may hold it back).
PASSING_KINDS = frozenset((START, MESSAGE, DECISION, SPLIT, JOIN, ACTION))
KINDS = (START, FORM, APPROVAL, TODO, MESSAGE, DECISION, SPLIT, JOIN, WAIT, CALL, ACTION, END)

#: Outcomes a step may end with besides :data:`EXPIRED`; a flow without an outcome takes any of them.
OUTCOMES = {APPROVAL: ('approved', 'rejected'), CALL: ('done', 'rejected', 'cancelled')}
#: The outcome of a step whose time ran out. Silence is no answer: only a flow that names it takes it.
EXPIRED = 'expired'
#: How a case closes when its step ends with an outcome that no flow takes.
CLOSING_OUTCOMES = {'rejected': 'rejected', 'cancelled': 'cancelled', EXPIRED: 'cancelled'}


@dataclass(frozen=True)
class Step:
    """One step: ``id`` is any hashable, ``kind`` one of :data:`KINDS`.

    :param expires: whether its time can run out
    :param terminates: of an end, whether it closes the case at once, whatever else is open
    :param awaits: of a wait, the form step that has to be sent before the token goes on
    :param passes: whether a token may pass it at once, though tokens rest at its kind as a rule
    """

    id: object
    kind: str
    expires: bool = False
    terminates: bool = False
    awaits: object = None
    passes: bool = False

    @property
    def outcomes(self):
        """Return everything this step may end with."""
        return (*OUTCOMES.get(self.kind, ('',)), *((EXPIRED,) if self.expires else ()))


@dataclass(frozen=True)
class Flow:
    """A directed line between two steps.

    :param outcome: the flow is open only for this outcome of its source; empty for any
    :param conditional: whether a condition on the subject decides as well
    """

    id: object
    source: object
    target: object
    outcome: str = ''
    conditional: bool = False
    sequence: int = 0


@dataclass(frozen=True)
class Problem:
    """A reason why a definition cannot be published: a ``code`` and the ``step`` it points at (or None).

    :param other: a further step that helps to understand it, if there is one
    """

    code: str
    step: object = None
    other: object = None


class Definition:
    """A process definition, immutable once built.

    :param steps: iterable of :class:`Step`
    :param flows: iterable of :class:`Flow`; of one source they are tried by ``sequence``, then ``id``
    """

    def __init__(self, steps, flows):
        self.steps = {step.id: step for step in steps}
        self._outgoing = defaultdict(list)
        self._incoming = defaultdict(list)
        self._lines = {}
        for flow in sorted(flows, key=lambda f: (f.sequence, f.id)):
            self._outgoing[flow.source].append(flow)
            self._incoming[flow.target].append(flow)
            self._lines[flow.id] = flow

    @property
    def start(self):
        """Return the id of the start step, or None."""
        return next((step.id for step in self.steps.values() if step.kind == START), None)

    def outgoing(self, step_id):
        return tuple(self._outgoing[step_id])

    def incoming(self, step_id):
        return tuple(self._incoming[step_id])

    def candidates(self, step_id, outcome=''):
        """Return the flows that are open for ``outcome``, in the order in which they are tried.

        A flow that names the outcome comes before one that takes any; expiry is taken by name alone.
        """
        flows = self._outgoing[step_id]
        named = [flow for flow in flows if flow.outcome and flow.outcome == outcome]
        if outcome == EXPIRED:
            return tuple(named)
        return tuple(named or [flow for flow in flows if not flow.outcome])

    def route(self, step_id, outcome, tokens, holds):
        """Say along which flows the tokens that complete a step leave it.

        A split sends every token along all of its flows; any other step sends it along the first open flow
        whose condition holds.

        :param tokens: iterable of hashables, all standing at ``step_id``
        :param holds: ``holds(flow, tokens) -> set``: of these tokens, those for which the condition of a
            conditional flow holds; called once a flow, with all the tokens still undecided
        :return: ``({flow: [token, …]}, [tokens that no flow takes])``
        """
        rest = list(tokens)
        flows = self.candidates(step_id, outcome)
        if self.steps[step_id].kind == SPLIT:
            return {flow: list(rest) for flow in flows}, [] if flows else rest
        routed = {}
        for flow in flows:
            if not rest:
                break
            taken = set(holds(flow, rest)) if flow.conditional else set(rest)
            if taken:
                routed[flow] = [token for token in rest if token in taken]
                rest = [token for token in rest if token not in taken]
        return routed, rest

    def moves(self, step_id):
        """Return every way in which a token may leave a step: tuples of the flows it takes, None for closing the case.

        Flows behind the first that needs no condition are never taken.
        """
        ways = []
        for outcome in self.steps[step_id].outcomes:
            flows = self.candidates(step_id, outcome)
            if not flows and outcome in CLOSING_OUTCOMES:
                ways.append(None)
            elif self.steps[step_id].kind == SPLIT:
                ways.append(flows)
            else:
                default = next((number for number, line in enumerate(flows, 1) if not line.conditional), len(flows))
                ways += [(line,) for line in flows[:default]]
        return list(dict.fromkeys(ways))

    def line(self, flow_id):
        """Return the :class:`Flow` with an id."""
        return self._lines[flow_id]

    def reach(self, step_id, stop=None, avoid=()):
        """Return the steps that can be reached from a step, itself included; nothing is followed beyond ``stop``.

        :param avoid: steps that are not entered
        """
        return self._closure(step_id, self._outgoing, lambda flow: flow.target, stop, avoid)

    def dominators(self, step_id):
        """Return the steps that a case has passed whenever it comes to a step, itself included."""
        return {other for other in self.sources(step_id)
                if other in (step_id, self.start) or step_id not in self.reach(self.start, avoid=(other,))}

    def sources(self, step_id):
        """Return the steps from which a step can be reached, itself included."""
        return self._closure(step_id, self._incoming, lambda flow: flow.source)

    def first_of(self, step_ids):
        """Return those of some steps that a token passes before it gets to the others.

        In a loop, where each comes before the other, nearness to the start decides.

        >>> steps = [Step(1, 'start'), Step(2, 'form'), Step(3, 'form'), Step(4, 'end')]
        >>> loop = Definition(steps, [Flow(1, 1, 2), Flow(2, 2, 3), Flow(3, 3, 2, conditional=True), Flow(4, 3, 4)])
        >>> loop.first_of([3, 2])
        [2]
        """
        distance, todo = {self.start: 0}, [self.start]
        for step_id in todo:
            for flow in self._outgoing[step_id]:
                if flow.target not in distance:
                    distance[flow.target] = distance[step_id] + 1
                    todo.append(flow.target)
        ordered = sorted(step_ids, key=lambda step_id: (distance.get(step_id, math.inf), step_id))
        return [step_id for index, step_id in enumerate(ordered)
                if not any(step_id in self.reach(earlier) for earlier in ordered[:index]
                           if distance.get(earlier, math.inf) < distance.get(step_id, math.inf))]

    def problems(self):
        """Yield every :class:`Problem` that forbids publishing, in the order of the steps."""
        starts = [step for step in self.steps.values() if step.kind == START]
        if not starts:
            yield Problem('no_start')
            return
        for step in starts[1:]:
            yield Problem('second_start', step.id)
        reachable = self._closure(starts[0].id, self._outgoing, lambda flow: flow.target)
        ending = self._ending()
        splits = any(step.kind == SPLIT for step in self.steps.values())
        found = []
        for step in self.steps.values():
            if step.id not in reachable:
                found.append(Problem('unreachable', step.id))
            elif step.id not in ending:
                found.append(Problem('no_way_out', step.id))
            elif step.kind == JOIN and not splits:
                found.append(Problem('join_without_split', step.id))
            else:
                found += self._exit_problems(step)
        found += self._restless_loops(reachable)
        yield from found
        if not found and len(starts) == 1 and (splits or any(step.awaits is not None for step in self.steps.values())):
            yield from self._soundness_problems()

    def _soundness_problems(self):
        findings = soundness.explore(self)
        if findings.endless is not None:
            yield Problem('endless_split', findings.endless)
        elif findings.entangled:
            yield Problem('entangled', next(step.id for step in self.steps.values() if step.kind in (SPLIT, WAIT)))
        elif findings.restless is not None:
            yield Problem('never_closed', findings.restless)
        for standstill in findings.standstills:
            code = 'unsent' if self.steps[standstill.join].kind == WAIT else 'deadlock'
            yield Problem(code, standstill.join, standstill.lost_at)

    def _ending(self):
        """Return the steps from which an end can be reached along flows that are ever taken."""
        incoming = defaultdict(list)
        for step_id in self.steps:
            for line in {line for flows in self.moves(step_id) for line in flows or ()}:
                incoming[line.target].append(line)
        return set().union(*(
            self._closure(step.id, incoming, lambda flow: flow.source) for step in self.steps.values() if step.kind == END))

    def _exit_problems(self, step):
        if step.kind == END:
            if self._outgoing[step.id]:
                yield Problem('leaves_end', step.id)
            return
        if step.kind == START and self._incoming[step.id]:
            yield Problem('enters_start', step.id)
        for outcome in step.outcomes:
            flows = self.candidates(step.id, outcome)
            if not flows:
                # A rejection, for example, without a flow of its own ends the case as rejected.
                if outcome not in CLOSING_OUTCOMES:
                    yield Problem('no_exit', step.id)
            elif step.kind != SPLIT and all(flow.conditional for flow in flows):
                yield Problem('no_default', step.id)

    def _may_pass(self, step_id):
        return self.steps[step_id].kind in PASSING_KINDS or self.steps[step_id].passes

    def runs_through(self):
        """Say whether a token may get from the start to an end without resting anywhere.

        >>> Definition([Step(1, 'start'), Step(2, 'wait', passes=True), Step(3, 'end')], [Flow(1, 1, 2), Flow(2, 2, 3)]).runs_through()
        True
        """
        seen, todo = set(), [self.start]
        while todo:
            step_id = todo.pop()
            if step_id in seen or step_id is None:
                continue
            seen.add(step_id)
            if self.steps[step_id].kind == END:
                return True
            if self._may_pass(step_id):
                todo.extend(line.target for line in self._outgoing[step_id])
        return False

    def _restless_loops(self, reachable):
        """A loop in which no step rests would spin forever."""
        passing = {i for i in reachable if self._may_pass(i)}
        for step_id in passing:
            seen, todo = set(), [f.target for f in self._outgoing[step_id]]
            while todo:
                current = todo.pop()
                if current == step_id:
                    yield Problem('restless_loop', step_id)
                    break
                if current in passing and current not in seen:
                    seen.add(current)
                    todo.extend(f.target for f in self._outgoing[current])

    @staticmethod
    def _closure(origin, edges, end, stop=None, avoid=()):
        seen, todo = {origin}, [origin]
        while todo:
            current = todo.pop()
            for flow in edges[current] if current != stop else ():
                if end(flow) not in seen and end(flow) not in avoid:
                    seen.add(end(flow))
                    todo.append(end(flow))
        return seen
