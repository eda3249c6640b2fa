"""Random processes for hypothesis, and what the engine makes of them."""
from hypothesis import strategies as st

from odoo.addons.pem_campaigns.engine import flow

from .reference import ENDS, Line, Process, Run

#: Conditions, as domains on the case.
CONDITIONS = (('partner_id.city', '=', 'Boston'), ('answers.amount', '>', 10))


class Drawing:
    """Draws a process of nested blocks. A block has an entry and open ends, ``(source, outcome)``, to be joined to what follows."""

    def __init__(self, draw, kinds, shapes):
        self.draw, self.kinds, self.shapes = draw, kinds, shapes
        self.steps, self.lines = {}, []

    def step(self, kind):
        name = f'{kind} {len(self.steps)}'
        self.steps[name] = kind
        return name

    def connect(self, ends, target):
        self.lines += [Line(source, target, outcome) for source, outcome in ends]

    def block(self, depth):
        shape = self.draw(st.sampled_from(self.shapes if depth else ('step',)))
        return getattr(self, f'_{shape}')(depth - 1)

    def _step(self, _depth):
        step = self.step(self.draw(st.sampled_from(self.kinds)))
        if self.steps[step] != 'approval':
            return step, [(step, '')]
        refused = self.draw(st.sampled_from(('closes', 'goes on', 'ends', 'again')))
        if refused == 'goes on':
            return step, [(step, '')]
        if refused == 'ends':
            self.connect([(step, 'rejected')], self.step(self.draw(st.sampled_from(('refusal', 'withdrawal')))))
        elif refused == 'again':
            self.connect([(step, 'rejected')], step)
        return step, [(step, 'approved')]

    def _sequence(self, depth):
        first, ends = self.block(depth)
        second, last = self.block(depth)
        self.connect(ends, second)
        return first, last

    def _choice(self, depth):
        step = self.step('decision')
        ends = []
        for condition in (self.draw(st.sampled_from(CONDITIONS)), None):
            entry, some = self.block(depth)
            self.lines.append(Line(step, entry, condition=condition))
            ends += some
        return step, ends

    def _parallel(self, depth):
        split, join = self.step('split'), self.step('join')
        for _branch in range(self.draw(st.integers(2, 3))):
            entry, ends = self.block(depth)
            self.connect([(split, '')], entry)
            # Several ways out of one branch meet before the join, for a join waits for each of its lines.
            if len(ends) > 1:
                meet = self.step('decision')
                self.connect(ends, meet)
                ends = [(meet, '')]
            self.connect(ends, join)
        return split, [(join, '')]

    def _fork(self, depth):
        """Branches that are never joined: what follows happens once for each."""
        split = self.step('split')
        open_ends = []
        for _branch in range(2):
            entry, ends = self.block(depth)
            self.connect([(split, '')], entry)
            open_ends += ends
        return split, open_ends

    def _loop(self, depth):
        entry, ends = self.block(depth)
        check = self.step('approval')
        self.connect(ends, check)
        self.connect([(check, 'rejected')], entry)
        return entry, [(check, 'approved')]


SHAPES = ('parallel', 'sequence', 'choice', 'loop', 'step')


@st.composite
def processes(draw, kinds=('form', 'approval', 'todo', 'message'), depth=2, changes=0, forks=True):
    """Return a process of nested blocks, with up to so many of its lines led elsewhere or added.

    :param forks: whether branches may go on without a join, so that a case comes to the same step several times at once
    """
    drawing = Drawing(draw, kinds, ('fork', *SHAPES, 'fork') if forks else SHAPES)
    start = drawing.step('start')
    ends = [(start, '')]
    for _block in range(draw(st.integers(1, 3))):
        entry, following = drawing.block(draw(st.integers(1, depth)))
        drawing.connect(ends, entry)
        ends = following
    drawing.connect(ends, drawing.step('end'))
    lines, names = drawing.lines, [*drawing.steps, drawing.step('end')][1:]
    for _change in range(draw(st.integers(0, changes))):
        target = draw(st.sampled_from(names))
        if draw(st.booleans()):
            number = draw(st.integers(0, len(lines) - 1))
            lines[number] = Line(lines[number].source, target, lines[number].outcome, lines[number].condition)
        else:
            source = draw(st.sampled_from([name for name in names if drawing.steps[name] not in ENDS]))
            lines.insert(0, Line(source, target, condition=draw(st.sampled_from((None, *CONDITIONS)))))
    lines = list(dict.fromkeys(lines))
    used = {line.target for line in lines} | {start}
    steps = {name: kind for name, kind in drawing.steps.items() if name in used or kind not in ENDS}
    return Process(steps, tuple(lines))


def definition(process):
    """Return the process as the engine has it."""
    return flow.Definition(
        [flow.Step(name, 'end' if kind in ENDS else kind, terminates=ENDS.get(kind, 'done') != 'done')
         for name, kind in process.steps.items()],
        [flow.Flow(number, line.source, line.target, outcome=line.outcome, conditional=line.condition is not None, sequence=number)
         for number, line in enumerate(process.lines)])


class Undecided(Exception):
    """A condition was asked for that no answer was prepared for."""


def standing(run):
    return tuple(sorted(run.open)), tuple(sorted(run.waiting, key=run.process.lines.index)), run.state


def read_out(script):
    """Return a ``holds`` that gives the answers of a script, one after the other."""
    answers = list(script)

    def holds(_condition):
        if not answers:
            raise Undecided
        return answers.pop(0)

    return holds


def futures(run, action):
    """Yield what a run can become by ``action(run, holds)``, for all answers that conditions can give."""
    scripts = [()]
    while scripts:
        script = scripts.pop()
        after = run.clone()
        try:
            action(after, read_out(script))
        except Undecided:
            scripts += [(*script, True), (*script, False)]
        else:
            yield after


def everything(process, limit=1500, most=12):
    """Return ``(onward, whether this is all)``: every standing of every run, in any order of events, and those it leads to.

    :param most: runs with more tokens are not followed
    """
    runs = list(futures(Run(process), Run.begin))
    onward, complete = {standing(run): None for run in runs}, True
    while runs:
        # Those with the most tokens first, so that what grows without end does so soon.
        run = max(runs, key=lambda one: len(one.places))
        runs.remove(run)
        if len(onward) > limit or len(run.places) > most:
            complete = False
            continue
        after = [
            future for step in set(run.open) for outcome in process.outcomes(step)
            for future in futures(run, lambda one, holds, step=step, outcome=outcome: one.act(step, outcome, holds))]
        onward[standing(run)] = {standing(one) for one in after}
        for one in after:
            if standing(one) not in onward:
                onward[standing(one)] = None
                runs.append(one)
    return onward, complete
