"""Soundness: whether the tokens of a case can get stuck, found by looking at every way they can take.

A *marking* is where all the tokens of a case are at one moment. Tokens move independently of each other, except that a
join takes one from each of its lines, so it is enough to move one token at a time, in all the ways it can go: whatever
standstill can be reached is reached in this way too (a persistent set, in the words of model checking), and the number
of markings grows with the size of a process instead of with the number of its interleavings.

>>> from .flow import Definition, Flow, Step
>>> steps = [Step(1, 'start'), Step(2, 'decision'), Step(3, 'form'), Step(4, 'split'), Step(5, 'join'), Step(6, 'end')]
>>> flows = [Flow(1, 1, 4), Flow(2, 4, 2), Flow(3, 2, 3, conditional=True), Flow(4, 2, 6), Flow(5, 4, 5), Flow(6, 3, 5), Flow(7, 5, 6)]
>>> [stuck] = explore(Definition(steps, flows)).standstills
>>> stuck.join, stuck.lost_at, stuck.tokens
(5, 2, ((5, 5),))
"""
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations

#: How many markings are looked at before a process counts as too entangled to be judged.
MOST_MARKINGS = 20_000
#: Up to how many lines of joins are tried in every combination.
MOST_LINES = 6


@dataclass(frozen=True)
class Standstill:
    """A marking in which every token waits: at a join for one that never comes, or for a form that is never sent.

    :param join: the step that waits
    :param lost_at: the step at which the missing token went another way, None when there is no such step; of a wait for a
        form, the form
    :param tokens: ``((step, flow along which it arrived), …)``, the whole marking
    :param path: how it came about, ``((step, flows that were taken), …)``
    """

    join: object
    lost_at: object
    tokens: tuple
    path: tuple


@dataclass
class Findings:
    """What exploring found.

    :param endless: the split that doubles tokens without end, None when none does
    :param restless: a step of those among which a case goes on forever, whatever people do, None when there are none
    :param entangled: whether there were too many markings to look at all of them
    """

    standstills: list = field(default_factory=list)
    endless: object = None
    restless: object = None
    entangled: bool = False

    @property
    def is_sound(self):
        return not (self.standstills or self.entangled or self.endless is not None or self.restless is not None)


def explore(definition, tokens=None, limit=MOST_MARKINGS):
    """Look at every marking that can be reached from one.

    :param tokens: ``[(step, flow along which it arrived), …]``; the flow counts at joins only. The start when omitted.
        What was sent before is unknown then, so waits for forms count as answered
    :return: :class:`Findings`; of each join the first standstill
    """
    return _Explorer(definition, limit, follow_forms=tokens is None).run(
        [(definition.start, None)] if tokens is None else tokens)


@dataclass(frozen=True)
class Rewinding:
    """What it takes to let a case stand at earlier steps again.

    :param withdrawn: those of its tokens that go
    :param delivered: flows along which a token waits at a join again
    :param undone: the steps that come after the targets, these included
    """

    withdrawn: tuple
    delivered: tuple
    undone: frozenset


def rewind(definition, tokens, targets):
    """Say what it takes to let a case that stands at ``tokens`` stand at earlier steps again.

    What comes after the targets is undone; branches beside them stay where they are. At joins in between, which used up
    what these branches delivered, it has to be delivered again. Of the ways to do so, the first in which the case cannot
    get stuck is chosen.

    :param tokens: ``[(step, flow along which it arrived), …]``, the flow at joins only
    :param targets: steps of which none comes before another
    :return: :class:`Rewinding`, or None when nothing stands after the targets, or the case could get stuck whatever is done

    >>> from .flow import Definition, Flow, Step
    >>> steps = [Step(1, 'start'), Step(2, 'split'), Step(3, 'form'), Step(4, 'form'), Step(5, 'join'), Step(6, 'todo'), Step(7, 'end')]
    >>> flows = [Flow(1, 1, 2), Flow(2, 2, 3), Flow(3, 2, 4), Flow(4, 3, 5), Flow(5, 4, 5), Flow(6, 5, 6), Flow(7, 6, 7)]
    >>> back = rewind(Definition(steps, flows), [(6, None)], [3])
    >>> back.withdrawn, back.delivered, sorted(back.undone)
    (((6, None),), (5,), [3, 5, 6, 7])
    """
    targets = tuple(targets)
    # In a loop everything comes after everything, so what has to be passed before the targets counts as before them.
    before = set.intersection(*(definition.dominators(target) for target in targets)) - set(targets)
    near = set().union(*(definition.reach(target, avoid=before) for target in targets))
    far = set().union(*(definition.reach(target) for target in targets))
    for undone in (near, far):
        withdrawn = [(step, line) for step, line in tokens if (
            step in undone if line is None else definition.line(line).source in undone)]
        if not withdrawn:
            continue
        staying = list(tokens)
        for token in withdrawn:
            staying.remove(token)
        lines = [
            line for step in sorted(undone, key=str) if definition.steps[step].kind == 'join'
            for line in definition.incoming(step) if line.source not in undone and (step, line.id) not in staying]
        for count in range(len(lines) + 1 if len(lines) <= MOST_LINES else 1):
            for delivered in combinations(lines, count):
                again = [*staying, *((target, None) for target in targets), *((line.target, line.id) for line in delivered)]
                if explore(definition, again, limit=1000).is_sound:
                    return Rewinding(tuple(withdrawn), tuple(line.id for line in delivered), frozenset(undone))
    return None


class _Explorer:
    """Numbers the places of tokens so that the one to move comes first: upstream before downstream, and those that
    wait last. A token in a loop thus moves before those that left it, and what piles up is seen.

    That a form was sent, for which another step waits, is a mark at the end of the marking; it stays for good.
    """

    def __init__(self, definition, limit, follow_forms):
        self.definition = definition
        self.limit = limit
        steps = definition.steps
        order = sorted(steps, key=lambda step_id: -len(definition.reach(step_id)))
        self.place_of_step = {step_id: number for number, step_id in enumerate(order)}
        self.step_of_place = list(order)
        self.place_of_line = {}
        self.join_lines = []
        for step_id in steps:
            if steps[step_id].kind == 'join':
                lines = []
                for line in definition.incoming(step_id):
                    self.place_of_line[line.id] = len(order) + len(self.place_of_line)
                    lines.append(self.place_of_line[line.id])
                self.join_lines.append((step_id, tuple(lines)))
        self.joins = len(order)
        self.lines = {place: (line.target, line.id) for step_id, _lines in self.join_lines
                      for line in definition.incoming(step_id) for place in [self.place_of_line[line.id]]}
        self.awaited, self.sleeping = {}, {}
        after = len(order) + len(self.place_of_line)
        for step in steps.values():
            # Whatever its form does, time wakes a wait that can run out.
            if follow_forms and step.awaits in steps and not step.expires:
                self.sleeping[step.id] = after + len(self.sleeping)
                self.lines[self.sleeping[step.id]] = (step.id, None)
        self.marks = after + len(self.sleeping)
        for step_id in self.sleeping:
            self.awaited.setdefault(steps[step_id].awaits, self.marks + len(self.awaited))
        self._moves = {}

    def run(self, tokens):
        """Follow every way in depth; ``path`` are the markings that lead to the present one, ``taken`` the moves between them."""
        findings = Findings()
        first = self._settled([
            self.place_of_line[line] if step in dict(self.join_lines) else self.sleeping.get(step, self.place_of_step[step])
            for step, line in tokens])
        onward, path, taken = {first: []}, [], []
        stack = [iter([(None, first)])]
        while stack:
            move, marking = next(stack[-1], (None, None))
            if marking is None:
                stack.pop()
                if path:
                    path.pop()
                    taken.pop()
                continue
            if not marking:
                continue
            if marking[0] >= self.joins:
                self._note_standstill(findings, marking, [*taken, move])
                continue
            if len(onward) > self.limit:
                findings.entangled = True
                return findings
            if self._is_split(marking[0]) and self._has_grown(marking, path):
                findings.endless = self.step_of_place[marking[0]]
                return findings
            path.append(marking)
            taken.append(move)
            moves = list(self._onward(marking))
            onward[marking] = [after for _move, after in moves]
            fresh = {after: each for each, after in reversed(moves) if after not in onward}
            onward.update(dict.fromkeys(fresh, ()))
            stack.append(iter([(each, after) for after, each in fresh.items()]))
        if not findings.standstills:
            findings.restless = self._restless(onward)
        return findings

    def _restless(self, onward):
        """Return a step of a marking from which the case is never closed, None when there is no such marking."""
        back = {}
        for marking, following in onward.items():
            for after in following:
                back.setdefault(after, []).append(marking)
        closing, todo = {()}, [()]
        while todo:
            for marking in back.get(todo.pop(), ()):
                if marking not in closing:
                    closing.add(marking)
                    todo.append(marking)
        restless = next((marking for marking in onward if marking not in closing), None)
        return self.step_of_place[restless[0]] if restless else None

    def _onward(self, marking):
        """Yield ``((step, flows), marking)`` for each way in which the first token can go."""
        step_id = self.step_of_place[marking[0]]
        for flows, places in self._moves_from(step_id):
            yield (step_id, flows), self._settled([*marking[1:], *places]) if places is not None else ()

    def _moves_from(self, step_id):
        """Return ``[(flows, places)]``; places are None when the case is closed, empty when the token is used up."""
        if step_id not in self._moves:
            moves = []
            for flows in self.definition.moves(step_id):
                places = [] if flows is not None else None
                for line in flows or ():
                    target = self.definition.steps[line.target]
                    if target.kind == 'end':
                        if target.terminates:
                            places = None
                            break
                    else:
                        places.append(self.place_of_line.get(line.id, self.sleeping.get(target.id, self.place_of_step[target.id])))
                if places is not None and step_id in self.awaited:
                    places.append(self.awaited[step_id])
                moves.append((flows or (), places))
            self._moves[step_id] = moves
        return self._moves[step_id]

    def _settled(self, places):
        """Return the marking after whatever waits and need not wait any more has gone on."""
        places.sort()
        if places and places[-1] >= self.joins:
            for step_id, lines in self.join_lines:
                while lines and all(place in places for place in lines):
                    for place in lines:
                        places.remove(place)
                    places.append(self.place_of_step[step_id])
            marks = {place for place in places if place >= self.marks}
            for step_id, place in self.sleeping.items():
                if self.awaited[self.definition.steps[step_id].awaits] in marks:
                    places = [self.place_of_step[step_id] if one == place else one for one in places]
            places = sorted(place for place in places if place < self.marks)
            if places:
                places += sorted(marks)
        return tuple(places)

    def _is_split(self, place):
        return self.definition.steps[self.step_of_place[place]].kind == 'split'

    def _has_grown(self, marking, path):
        """Say whether the same split was reached before with less: then it can be reached with ever more."""
        return any(
            earlier[0] == marking[0] and len(earlier) < len(marking) and not Counter(earlier) - Counter(marking)
            and {place for place in marking if place >= self.marks} <= set(earlier) for earlier in path)

    def _note_standstill(self, findings, marking, taken):
        path = tuple(move for move in taken if move)
        tokens = tuple(self.lines[place] for place in marking if place < self.marks)
        waiting = {}
        for step_id, line in tokens:
            waiting.setdefault(step_id, set()).add(line)
        # One may wait because another one does; whichever lacks something that is nowhere is at fault.
        held_back = set().union(*(self.definition.reach(step_id) for step_id in waiting))
        lost_at, at_fault = {}, []
        for step_id, arrived in waiting.items():
            if step_id in self.sleeping:
                lost_at[step_id] = form = self.definition.steps[step_id].awaits
                is_nowhere = form not in held_back
            else:
                missing = [line for line in self.definition.incoming(step_id) if line.id not in arrived]
                lost_at[step_id] = self._lost_at(missing, path)
                is_nowhere = any(line.source not in held_back for line in missing)
            if is_nowhere:
                at_fault.append(step_id)
        for step_id in at_fault or list(waiting)[:1]:
            if all(step_id != known.join for known in findings.standstills):
                findings.standstills.append(Standstill(step_id, lost_at[step_id], tokens, path))

    def _lost_at(self, missing, path):
        """Return the last step at which a token left the ways that lead to a missing line."""
        before = set().union(*(self.definition.sources(line.source) for line in missing)) if missing else set()
        lines = {line.id for line in missing}
        for step_id, flows in reversed(path):
            if step_id in before and not any(line.target in before or line.id in lines for line in flows):
                return step_id
        return None
