"""Migration: where a case that stands somewhere in one version of a process stands in another version.

>>> from .flow import Definition, Flow, Step
>>> old = Definition([Step(1, 'start'), Step(2, 'form'), Step(3, 'todo'), Step(4, 'end')], [Flow(1, 1, 2), Flow(2, 2, 3), Flow(3, 3, 4)])
>>> new = Definition([Step(11, 'start'), Step(12, 'form'), Step(14, 'end')], [Flow(11, 11, 12), Flow(12, 12, 14)])
>>> same = {1: 11, 2: 12, 4: 14}
>>> plan(old, new, [(2, None)], same).kept
(((2, None), (12, None)),)
>>> plan(old, new, [(3, None)], same).obstacles
(('gone', 3),)
>>> plan(old, new, [(3, None)], same, {3: 12}).entered
(((3, None), 12),)
"""
from dataclasses import dataclass

from . import flow, soundness


@dataclass(frozen=True)
class Plan:
    """What a migration does with the tokens of a case.

    :param kept: ``((token, token in the new version), …)``: what is open stays open
    :param entered: ``((token, step of the new version), …)``: what is open is withdrawn, and the step asked anew
    :param obstacles: ``((code, old step), …)``, why the case cannot move: ``gone`` (the step has no counterpart), ``kind`` (its
        counterpart is of another kind), ``called`` (the case waits for a sub-process), ``line`` (the branch that waits at a join
        does not lead to it any more), ``stuck`` (in the new version the case could wait forever)
    """

    kept: tuple = ()
    entered: tuple = ()
    obstacles: tuple = ()


def plan(old, new, tokens, counterparts, chosen=None):
    """Say where the tokens of a case stand in another version.

    :param old: :class:`~.flow.Definition` of the version on which the case is
    :param new: that of the other version
    :param tokens: ``[(step, flow along which it arrived), …]``, the flow at joins only
    :param counterparts: ``{old step: new step}`` of the steps that were copied from each other
    :param chosen: ``{old step: new step}`` for steps without a fitting counterpart
    """
    chosen = chosen or {}
    kept, entered, obstacles = [], [], []
    for token in tokens:
        step, line = token
        target = counterparts.get(step)
        fits = target in new.steps and new.steps[target].kind == old.steps[step].kind
        if old.steps[step].kind == flow.CALL:
            obstacles.append(('called', step))
        elif line is not None:
            line_there = fits and _counterpart(old, new, line, target, counterparts)
            if line_there:
                kept.append((token, (target, line_there)))
            else:
                obstacles.append(('line', step))
        elif fits:
            kept.append((token, (target, None)))
        elif step in chosen:
            there = chosen[step]
            if new.steps[there].kind == old.steps[step].kind and old.steps[step].kind != flow.FORM:
                kept.append((token, (there, None)))
            else:
                entered.append((token, there))
        else:
            obstacles.append(('kind' if target in new.steps else 'gone', step))
    if not obstacles:
        standing = [*(after for _token, after in kept), *((step, None) for _token, step in entered)]
        if not soundness.explore(new, standing, limit=2000).is_sound:
            obstacles.append(('stuck', tokens[0][0] if tokens else old.start))
    return Plan(tuple(kept), tuple(entered), tuple(obstacles))


def _counterpart(old, new, line_id, join, counterparts):
    """Return the flow to ``join`` in the new version that leaves the counterpart of the step which a flow leaves, None if none
    does; of several the one in the same place."""
    line = old.line(line_id)
    same = [one.id for one in old.incoming(line.target) if one.source == line.source]
    there = [one.id for one in new.incoming(join) if one.source == counterparts.get(line.source)]
    index = same.index(line_id)
    return there[index] if index < len(there) else None
