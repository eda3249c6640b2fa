"""What a process means, said a second time: one case, one token at a time, as plainly as can be.

Written from the documentation alone, without a line of the engine, so that the two can be compared:

* A case begins with a token at the start. A token rests at forms, approvals and to-dos until somebody acts; it passes
  everything else at once.
* A token leaves by the flows that name its outcome, or else by those that name none; of these by the first whose condition
  holds. A split sends a token along each of its flows, whatever their conditions.
* A join takes one token from each of the flows that lead to it, when there is one on each.
* A refusal without a flow closes the case as rejected. So does, at once, a token at a refusing end (a cancelling one
  closes it as cancelled), once whatever else moves has come to rest. A token at any other end is gone; when it was the
  last one, the case is done.
"""
from dataclasses import dataclass

RESTING = ('form', 'approval', 'todo')
ENDS = {'end': 'done', 'refusal': 'rejected', 'withdrawal': 'cancelled'}


@dataclass(frozen=True)
class Line:
    """A flow; ``condition`` is any hashable by which ``holds`` knows what to ask, None for no condition."""

    source: str
    target: str
    outcome: str = ''
    condition: object = None


@dataclass(frozen=True)
class Process:
    """``steps`` is ``{name: kind}``, a kind of the engine or one of :data:`ENDS`; ``lines`` are tried in their order."""

    steps: dict
    lines: tuple

    def outcomes(self, step):
        return ('approved', 'rejected') if self.steps[step] == 'approval' else ('',)


class Run:
    """One case on its way. ``open`` are the steps at which tokens rest, ``waiting`` the lines whose tokens wait at a join."""

    def __init__(self, process, open_=(), waiting=(), state='running'):
        self.process, self.open, self.waiting, self.state = process, list(open_), list(waiting), state

    def clone(self):
        return Run(self.process, self.open, self.waiting, self.state)

    def begin(self, holds):
        """Start. ``holds(condition)`` says whether a condition holds."""
        self._move([(name, None) for name, kind in self.process.steps.items() if kind == 'start'], holds)

    def act(self, step, outcome, holds):
        """Somebody ends what is open at a step with an outcome."""
        self.open.remove(step)
        self._move(self._leave(step, outcome, holds), holds)

    @property
    def places(self):
        return sorted(self.open + [line.target for line in self.waiting])

    @property
    def is_stuck(self):
        return self.state == 'running' and not self.open

    def _leave(self, step, outcome, holds):
        lines = [line for line in self.process.lines if line.source == step]
        lines = [line for line in lines if line.outcome and line.outcome == outcome] or [
            line for line in lines if not line.outcome]
        if outcome == 'rejected' and not lines:
            self._close('rejected')
        if self.process.steps[step] != 'split':
            lines = [next(line for line in lines if line.condition is None or holds(line.condition))] if lines else []
        return [(line.target, line) for line in lines]

    def _move(self, arriving, holds):
        ended = []
        while arriving and self.state == 'running':
            step, line = arriving.pop()
            kind = self.process.steps[step]
            if kind in RESTING:
                self.open.append(step)
            elif kind in ENDS:
                ended.append(ENDS[kind])
            elif kind == 'join':
                self.waiting.append(line)
                lines = [one for one in self.process.lines if one.target == step]
                if all(one in self.waiting for one in lines):
                    for one in lines:
                        self.waiting.remove(one)
                    arriving += self._leave(step, '', holds)
            else:
                arriving += self._leave(step, '', holds)
        if self.state == 'running':
            refusal = next((state for state in ('rejected', 'cancelled') if state in ended), None)
            if refusal:
                self._close(refusal)
            elif ended and not self.open and not self.waiting:
                self._close('done')

    def _close(self, state):
        self.open, self.waiting, self.state = [], [], state
