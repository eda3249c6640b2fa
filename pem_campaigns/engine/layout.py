"""Where the steps of a process stand on its map: layers from top to bottom, the same for the same process every time.

>>> picture = layered({'a': (36, 36), 'b': (100, 80), 'c': (36, 36)}, [('1', 'a', 'b'), ('2', 'b', 'c')])
>>> [picture.boxes[node].y for node in 'abc']
[40, 136, 276]
>>> picture.lines['1']
((90, 76), (90, 136))
"""
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

MARGIN = 40
#: Room between neighbours in a layer, between layers, and between lines that lead back.
ASIDE, BELOW, LANE = 60, 60, 16
#: Times that the layers are put in order, down and up.
SWEEPS = 4


@dataclass(frozen=True)
class Box:
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self):
        return self.x + self.width // 2


@dataclass(frozen=True)
class Picture:
    """``boxes`` is ``{node: Box}``, ``lines`` ``{edge: ((x, y), …)}`` with at least two points each."""

    boxes: dict
    lines: dict


def layered(sizes, edges):
    """Lay out a graph.

    :param sizes: ``{node: (width, height)}``, in the order in which they should stand where nothing else decides
    :param edges: list of ``(edge, source, target)`` between these nodes
    :return: :class:`Picture`
    """
    backward = _backward(sizes, edges)
    forward = [(edge, source, target) for edge, source, target in edges if edge not in backward and source != target]
    rank = _rank(sizes, forward)
    layers, chains = _fill(sizes, forward, rank)
    _order(layers, chains)
    boxes, bends, spans = _place(sizes, layers, chains)
    lines = {}
    for edge, source, target in forward:
        lines[edge] = _down(boxes[source], boxes[target], [bends[bend] for bend in chains[edge][1:-1]])
    right = max((box.x + box.width for box in boxes.values()), default=MARGIN)
    right = max([right, *(x for x, _top, _bottom in bends.values())])
    for number, (edge, source, target) in enumerate(
            (edge, source, target) for edge, source, target in edges if edge in backward or source == target):
        x = right + ASIDE // 2 + number * LANE
        lines[edge] = _back(boxes[source], spans[source][1] + 24, boxes[target], spans[target][0] - 45, x)
    return Picture(boxes, lines)


def _backward(sizes, edges):
    """Return the edges that close a loop, found from the first nodes on."""
    outgoing = defaultdict(list)
    for edge, source, target in edges:
        outgoing[source].append((edge, target))
    found, state = set(), {}
    for origin in sizes:
        if origin in state:
            continue
        state[origin] = 'open'
        stack = [(origin, iter(outgoing[origin]))]
        while stack:
            node, rest = stack[-1]
            for edge, target in rest:
                if state.get(target) == 'open':
                    found.add(edge)
                elif target not in state:
                    state[target] = 'open'
                    stack.append((target, iter(outgoing[target])))
                    break
            else:
                state[node] = 'done'
                stack.pop()
    return found


def _rank(sizes, forward):
    """Return ``{node: layer}``, each below everything that leads to it."""
    outgoing, missing = defaultdict(list), dict.fromkeys(sizes, 0)
    for _edge, source, target in forward:
        outgoing[source].append(target)
        missing[target] += 1
    rank = dict.fromkeys(sizes, 0)
    todo = [node for node in sizes if not missing[node]]
    for node in todo:
        for target in outgoing[node]:
            rank[target] = max(rank[target], rank[node] + 1)
            missing[target] -= 1
            if not missing[target]:
                todo.append(target)
    return rank


def _fill(sizes, forward, rank):
    """Return ``(layers, chains)``: lists of nodes and bends, and ``{edge: [source, bend, …, target]}``."""
    layers = [[] for _layer in range(max(rank.values(), default=-1) + 1)]
    for node in sizes:
        layers[rank[node]].append(('node', node))
    chains = {}
    for edge, source, target in forward:
        chain = [('node', source)]
        for layer in range(rank[source] + 1, rank[target]):
            bend = ('bend', edge, layer)
            layers[layer].append(bend)
            chain.append(bend)
        chains[edge] = [*chain, ('node', target)]
    return layers, chains


def _order(layers, chains):
    above, below = defaultdict(list), defaultdict(list)
    for chain in chains.values():
        for upper, lower in pairwise(chain):
            below[upper].append(lower)
            above[lower].append(upper)
    for sweep in range(SWEEPS):
        neighbours = below if sweep % 2 else above
        for layer in reversed(layers) if sweep % 2 else layers:
            place = {one: number for others in layers for number, one in enumerate(others)}
            weights = {one: _mean([place[other] for other in neighbours[one]], place[one]) for one in layer}
            layer.sort(key=weights.__getitem__)


def _mean(numbers, otherwise):
    return sum(numbers) / len(numbers) if numbers else otherwise


def _place(sizes, layers, chains):
    """Return ``({node: Box}, {bend: (x, top, bottom)}, {node: (top, bottom) of its layer})``."""
    def size(one):
        return sizes[one[1]] if one[0] == 'node' else (0, 0)

    above = defaultdict(list)
    for chain in chains.values():
        for upper, lower in pairwise(chain):
            above[lower].append(upper)
    left = {}
    for layer in layers:
        wanted = {}
        for one in layer:
            near = [left[other] + size(other)[0] / 2 for other in above[one]]
            wanted[one] = sum(near) / len(near) - size(one)[0] / 2 if near else None
        edge = None
        for one in layer:
            least = edge if edge is not None else None
            x = wanted[one] if wanted[one] is not None else (least if least is not None else 0)
            left[one] = x if least is None else max(x, least)
            edge = left[one] + size(one)[0] + ASIDE
        # Pushed to the right by their neighbours: the layer as a whole moves back to where it belongs.
        pushed = [left[one] - wanted[one] for one in layer if wanted[one] is not None]
        if pushed:
            shift = sum(pushed) / len(pushed)
            for one in layer:
                left[one] -= shift
    leftmost = min(left.values(), default=0)
    boxes, bends, spans, y = {}, {}, {}, MARGIN
    for layer in layers:
        height = max((size(one)[1] for one in layer), default=0)
        for one in layer:
            x = round(left[one] - leftmost) + MARGIN
            if one[0] == 'node':
                width, own = size(one)
                boxes[one[1]] = Box(x, y + (height - own) // 2, width, own)
                spans[one[1]] = (y, y + height)
            else:
                bends[one] = (x, y, y + height)
        y += height + BELOW
    return boxes, bends, spans


def _down(source, target, bends):
    points = [(source.middle, source.y + source.height)]
    for x, top, bottom in bends:
        points += _step(points[-1], (x, top))[1:]
        points.append((x, bottom))
    points += _step(points[-1], (target.middle, target.y))[1:]
    return tuple(dict.fromkeys(points)) if len(set(points)) > 1 else tuple(points[:2])


def _step(start, end):
    """Go down from one point to another, around one corner where they do not stand above each other."""
    if start[0] == end[0]:
        return [start, end]
    middle = end[1] - BELOW // 2
    return [start, (start[0], middle), (end[0], middle), end]


def _back(source, below, target, above, x):
    """Lead back between the layers and beside all of them, so that no step is crossed."""
    return ((source.middle, source.y + source.height), (source.middle, below), (x, below), (x, above), (target.middle, above),
            (target.middle, target.y))
