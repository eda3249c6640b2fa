/**
 * Where the cards and lines of a process map are: a layered drawing from top to bottom.
 *
 * A pure function of the steps and flows, in their order: the same input gives the same picture, and what is put into a
 * flow moves what comes after it down, without shuffling the rest. The way that is taken as a rule goes straight down; other
 * ways lie to its right in the order of their flows; what leads back is drawn at the side.
 *
 * @typedef {{ id: any, kind: string }} MapStep
 * @typedef {{ id: any, source: any, target: any, outcome?: string, label?: string }} MapFlow
 * @typedef {{ x: number, y: number, width: number, height: number, layer: number, column: number }} Place
 * @typedef {{ path: string, x: number, y: number, points: [number, number][], isBack: boolean }} Line
 */

export const CARD = { width: 236, height: 78 };
export const PILL = { width: 168, height: 50 };
const GAP = 44;
const ROW_GAP = 60;
const LABEL_ROW_GAP = 92;
const LABEL_WIDTH = 150;
const PADDING = 36;
const LANE = 30;
/** Outcomes that lead away from what is meant to happen. */
const AWAY = new Set(["rejected", "cancelled", "expired"]);
/** How much straighter the way taken as a rule is than the others. */
const STRAIGHT = 1000;

/** The size of the card of a kind of step. */
export function sizeOf(kind) {
    return kind === "start" || kind === "end" ? PILL : CARD;
}

/** The flows that leave a step in the order of the picture: what leads away comes last. */
export function inOrder(flows) {
    return [...flows.filter((flow) => !AWAY.has(flow.outcome)), ...flows.filter((flow) => AWAY.has(flow.outcome))];
}

/**
 * @param {MapStep[]} steps
 * @param {MapFlow[]} flows in the order in which they are tried; those from or to unknown steps are left out
 * @returns {{ places: Map<any, Place>, lines: Map<any, Line>, width: number, height: number, layers: any[][] }}
 */
export function layoutMap(steps, flows) {
    const graph = prepare(steps, flows);
    rank(graph);
    const rows = makeRows(graph);
    uncross(rows);
    placeColumns(graph, rows);
    return draw(graph, rows);
}

function grouped(items, keyOf) {
    const groups = new Map();
    for (const item of items) {
        const key = keyOf(item);
        if (!groups.has(key)) {
            groups.set(key, []);
        }
        groups.get(key).push(item);
    }
    return groups;
}

/** Number the nodes along the flows, and tell the edges that lead back. */
function prepare(steps, flows) {
    const nodes = new Map(steps.map((step) => [step.id, { id: step.id, step, ...sizeOf(step.kind), out: [], in: [], real: true }]));
    const edges = [];
    const bySource = grouped(
        flows.filter((flow) => nodes.has(flow.source) && nodes.has(flow.target)), (flow) => flow.source);
    for (const step of steps) {
        const seen = new Set();
        for (const flow of inOrder(bySource.get(step.id) || [])) {
            const edge = { flow, source: nodes.get(flow.source), target: nodes.get(flow.target), isBack: false, length: 1 };
            // Two flows between the same steps get columns of their own.
            edge.isTwin = seen.has(flow.target);
            seen.add(flow.target);
            edges.push(edge);
            edge.source.out.push(edge);
            edge.target.in.push(edge);
        }
    }
    for (const edge of edges) {
        if (edge.isTwin) {
            for (const other of edge.source.out) {
                other.length = other.target === edge.target ? 2 : other.length;
            }
        }
    }
    const order = [];
    const state = new Map();
    const visit = (root) => {
        const stack = [[root, 0]];
        state.set(root, "open");
        root.number = state.size;
        while (stack.length) {
            const top = stack.at(-1);
            const edge = top[0].out[top[1]++];
            if (!edge) {
                state.set(top[0], "done");
                order.unshift(top[0]);
                stack.pop();
            } else if (state.get(edge.target) === "open") {
                edge.isBack = true;
            } else if (!state.has(edge.target)) {
                state.set(edge.target, "open");
                edge.target.number = state.size;
                stack.push([edge.target, 0]);
            }
        }
    };
    const all = [...nodes.values()];
    const roots = [
        ...all.filter((node) => node.step.kind === "start"),
        ...all.filter((node) => node.step.kind !== "start" && !node.in.length),
        ...all,
    ];
    const first = [];
    for (const node of roots) {
        if (!state.has(node)) {
            visit(node);
            first.push(node);
        }
    }
    // Each walk puts its nodes before those of the walks before it, which is as good an order from top to bottom.
    return { nodes, edges, order, roots: first };
}

/** Give each node its layer: one below the lowest of those that lead to it. */
function rank({ order, roots }) {
    for (const node of order) {
        node.layer = 0;
    }
    for (const node of order) {
        for (const edge of node.out) {
            if (!edge.isBack) {
                edge.target.layer = Math.max(edge.target.layer, node.layer + edge.length);
            }
        }
    }
    for (const node of roots.slice(1)) {
        // What nothing leads to stands above what it leads to.
        const below = node.out.filter((edge) => !edge.isBack).map((edge) => edge.target.layer - edge.length);
        node.layer = Math.max(0, below.length ? Math.min(...below) : 0);
    }
}

/** Put nodes into rows in the order in which they are found along the flows; long edges get a knot in each row they pass. */
function makeRows({ roots, edges }) {
    const rows = [];
    const seen = new Set();
    const stack = [...roots].reverse();
    while (stack.length) {
        const node = stack.pop();
        if (seen.has(node)) {
            continue;
        }
        seen.add(node);
        (rows[node.layer] ||= []).push(node);
        const ahead = [];
        for (const edge of node.out || []) {
            if (!edge.isBack) {
                const knots = [];
                for (let layer = node.layer + 1; layer < edge.target.layer; layer++) {
                    const isFirst = !knots.length;
                    knots.push({ layer, real: false, width: isFirst && edge.flow.label ? LABEL_WIDTH : 20, height: 0 });
                }
                edge.chain = [node, ...knots, edge.target];
                ahead.push(...knots, edge.target);
            }
        }
        // The first way is followed to its end before the next.
        stack.push(...ahead.reverse());
    }
    for (let layer = 0; layer < rows.length; layer++) {
        rows[layer] ||= [];
    }
    for (const row of rows) {
        for (const node of row) {
            node.ups = [];
            node.downs = [];
        }
    }
    for (const edge of edges) {
        for (let index = 1; edge.chain && index < edge.chain.length; index++) {
            const [upper, lower] = [edge.chain[index - 1], edge.chain[index]];
            upper.downs.push(lower);
            lower.ups.push(upper);
        }
    }
    renumber(rows);
    return rows;
}

function renumber(rows) {
    for (const row of rows) {
        row.forEach((node, index) => (node.index = index));
    }
}

function crossings(left, right, side) {
    let count = 0;
    for (const one of left[side]) {
        for (const other of right[side]) {
            count += one.index > other.index;
        }
    }
    return count;
}

/** Exchange neighbours as long as that leaves fewer crossings. */
function uncross(rows) {
    for (let round = 0; round < 12; round++) {
        let better = false;
        for (const row of rows) {
            for (let index = 0; index + 1 < row.length; index++) {
                const [left, right] = [row[index], row[index + 1]];
                const now = crossings(left, right, "ups") + crossings(left, right, "downs");
                const then = crossings(right, left, "ups") + crossings(right, left, "downs");
                if (then < now) {
                    [row[index], row[index + 1]] = [right, left];
                    right.index = index;
                    left.index = index + 1;
                    better = true;
                }
            }
        }
        if (!better) {
            return;
        }
    }
}

/** Find the columns: neighbours keep their distance, and lines, above all those of the main way, are as straight as can be. */
function placeColumns({ nodes, edges }, rows) {
    // Of the ways out of a node, the first is the main one; of those that meet, the one that was found first goes on.
    const mainInto = new Map();
    for (const node of nodes.values()) {
        const main = node.out.find((edge) => !edge.isBack);
        const known = main && mainInto.get(main.target);
        if (main && (!known || node.number < known.source.number)) {
            mainInto.set(main.target, main);
        }
    }
    const links = [];
    for (const edge of edges) {
        for (let index = 1; edge.chain && index < edge.chain.length; index++) {
            const [upper, lower] = [edge.chain[index - 1], edge.chain[index]];
            const isMain = mainInto.get(edge.target) === edge;
            links.push({ upper, lower, weight: isMain || (!upper.real && !lower.real) ? STRAIGHT : 1 });
        }
    }
    const above = grouped(links, (link) => link.lower);
    const below = grouped(links, (link) => link.upper);
    for (const row of rows) {
        let x = 0;
        for (const node of row) {
            node.center = x + node.width / 2;
            x += node.width + GAP;
        }
    }
    const wishes = (node, linksOf, side) => {
        let sum = 0, weight = 0;
        for (const link of linksOf.get(node) || []) {
            sum += link[side].center * link.weight;
            weight += link.weight;
        }
        return weight ? [sum / weight, weight] : [node.center, 0.01];
    };
    for (let round = 0; round < 6; round++) {
        for (const row of rows) {
            settle(row, (node) => wishes(node, above, "upper"));
        }
        for (const row of [...rows].reverse()) {
            settle(row, (node) => wishes(node, below, "lower"));
        }
    }
    for (const row of rows) {
        settle(row, (node) => wishes(node, above, "upper"));
    }
    for (const row of rows) {
        let edge = -Infinity;
        for (const node of row) {
            node.center = Math.max(Math.round(node.center), edge + node.width / 2);
            edge = node.center + node.width / 2 + GAP;
        }
    }
}

/** Place a row as near to what its nodes wish as their distances allow: pool adjacent violators. */
function settle(row, wish) {
    const blocks = [];
    let offset = 0;
    row.forEach((node, index) => {
        if (index) {
            offset += (row[index - 1].width + node.width) / 2 + GAP;
        }
        node.offset = offset;
        const [center, weight] = wish(node);
        let block = { sum: (center - offset) * weight, weight, nodes: [node] };
        while (blocks.length && blocks.at(-1).sum / blocks.at(-1).weight > block.sum / block.weight) {
            const last = blocks.pop();
            block = { sum: last.sum + block.sum, weight: last.weight + block.weight, nodes: [...last.nodes, ...block.nodes] };
        }
        blocks.push(block);
    });
    for (const block of blocks) {
        for (const node of block.nodes) {
            node.center = block.sum / block.weight + node.offset;
        }
    }
}

function draw({ nodes, edges }, rows) {
    // Rows from top to bottom; there is room for what stands on the lines.
    let y = PADDING;
    const tops = [], bottoms = [];
    rows.forEach((row, layer) => {
        const height = Math.max(...row.map((node) => node.height), PILL.height);
        tops[layer] = y;
        bottoms[layer] = y + height;
        for (const node of row) {
            node.y = y + (height - node.height) / 2;
        }
        const isLabelled = edges.some((edge) => !edge.isBack && edge.source.layer === layer && edge.flow.label);
        y += height + (isLabelled ? LABEL_ROW_GAP : ROW_GAP);
    });
    const lines = new Map();
    for (const edge of edges) {
        if (!edge.isBack) {
            lines.set(edge.flow.id, drawDown(edge, tops, bottoms));
        }
    }
    const lanes = drawBacks(edges.filter((edge) => edge.isBack), rows, tops, bottoms, lines);

    let left = Infinity, right = -Infinity;
    for (const row of rows) {
        for (const node of row) {
            left = Math.min(left, node.center - node.width / 2);
            right = Math.max(right, node.center + node.width / 2);
        }
    }
    left = Math.min(left, lanes.left) - PADDING;
    right = Math.max(right, lanes.right) + PADDING;
    if (!nodes.size) {
        return { places: new Map(), lines, width: 0, height: 0, layers: [] };
    }
    const places = new Map();
    for (const node of nodes.values()) {
        places.set(node.id, {
            x: Math.round(node.center - node.width / 2 - left), y: Math.round(node.y), width: node.width, height: node.height,
            layer: node.layer, column: node.index,
        });
    }
    for (const [id, line] of lines) {
        line.x = Math.round(line.x - left);
        line.points = line.points.map(([across, down]) => [across - left, down]);
        line.path = toPath(line.segments, left);
        delete line.segments;
        lines.set(id, line);
    }
    const layers = rows.map((row) => row.filter((node) => node.real).map((node) => node.id));
    return { places, lines, width: Math.round(right - left), height: Math.round(bottoms.at(-1) + PADDING), layers };
}

/** A line down through its knots: straight where it can be, else an S from row to row. */
function drawDown(edge, tops, bottoms) {
    const segments = [["M", edge.source.center, edge.source.y + edge.source.height]];
    const points = [[edge.source.center, edge.source.y + edge.source.height]];
    const { chain } = edge;
    let at;
    for (let index = 1; index < chain.length; index++) {
        const [upper, lower] = [chain[index - 1], chain[index]];
        const [x1, x2] = [upper.center, lower.center];
        const [y1, y2] = [bottoms[upper.layer], lower.real ? lower.y : tops[lower.layer]];
        segments.push(["L", x1, y1]);
        if (Math.abs(x2 - x1) < 3) {
            segments.push(["L", x2, y2]);
        } else {
            const bend = (y2 - y1) * 0.55;
            segments.push(["C", x1, y1 + bend, x2, y2 - bend, x2, y2]);
        }
        for (const t of [0, 0.25, 0.5, 0.75, 1]) {
            points.push([x1 + (x2 - x1) * (3 - 2 * t) * t * t, y1 + (y2 - y1) * t]);
        }
        if (index === 1) {
            const isFan = edge.source.out.filter((other) => !other.isBack).length > 1;
            const isMeeting = edge.target.in.filter((other) => !other.isBack).length > 1;
            const t = lower.real && isFan && !isMeeting ? 0.64 : lower.real && isMeeting && !isFan ? 0.36 : 0.5;
            at = lower.real
                ? [x1 + (x2 - x1) * (3 - 2 * t) * t * t, y1 + (y2 - y1) * t]
                : [lower.center, (tops[lower.layer] + bottoms[lower.layer]) / 2];
        }
    }
    return { segments, points, x: at[0], y: Math.round(at[1]), isBack: false };
}

/** Lines that lead back: out to the nearer side, up in a lane of their own, and in again. */
function drawBacks(backs, rows, tops, bottoms, lines) {
    const bounds = { left: Infinity, right: -Infinity };
    const taken = { left: [], right: [] };
    const outermost = (node, side) => rows[node.layer].indexOf(node) === (side === "left" ? 0 : rows[node.layer].length - 1);
    const short = [...backs].sort((a, b) => a.source.layer - a.target.layer - (b.source.layer - b.target.layer));
    for (const edge of short) {
        const { source, target } = edge;
        const [first, last] = [target.layer, source.layer];
        const spanned = rows.slice(first, last + 1).flat();
        const left = Math.min(...spanned.map((node) => node.center - node.width / 2));
        const right = Math.max(...spanned.map((node) => node.center + node.width / 2));
        const toLeft = source.center + target.center - 2 * left;
        const toRight = 2 * right - source.center - target.center;
        const isBlocked = (side) => (outermost(source, side) ? 0 : 400) + (outermost(target, side) ? 0 : 400);
        const side = toLeft + isBlocked("left") <= toRight + isBlocked("right") ? "left" : "right";
        const sign = side === "left" ? -1 : 1;
        const room = edge.flow.label ? LABEL_WIDTH / 2 + 12 : LANE;
        let lane = (side === "left" ? left : right) + sign * room;
        for (const other of taken[side]) {
            if (other.first <= last && other.last >= first) {
                const apart = other.lane + sign * (room + (other.label ? LABEL_WIDTH / 2 : 8));
                lane = side === "left" ? Math.min(lane, apart) : Math.max(lane, apart);
            }
        }
        taken[side].push({ first, last, lane, label: edge.flow.label });
        bounds[side] = side === "left"
            ? Math.min(bounds.left, lane - (edge.flow.label ? LABEL_WIDTH / 2 : 12))
            : Math.max(bounds.right, lane + (edge.flow.label ? LABEL_WIDTH / 2 : 12));
        const corners = [];
        if (source === target) {
            const edgeX = source.center + sign * source.width / 2;
            corners.push([edgeX, source.y + source.height - 18], [lane, source.y + source.height - 18], [lane, source.y + 18], [edgeX, source.y + 18]);
        } else {
            if (outermost(source, side)) {
                corners.push([source.center + sign * source.width / 2, source.y + source.height / 2]);
            } else {
                corners.push([source.center, source.y + source.height], [source.center, bottoms[source.layer] + 16]);
            }
            corners.push([lane, corners.at(-1)[1]]);
            if (outermost(target, side)) {
                const entry = target.y + target.height / 2;
                corners.push([lane, entry], [target.center + sign * target.width / 2, entry]);
            } else {
                corners.push([lane, tops[target.layer] - 16], [target.center, tops[target.layer] - 16], [target.center, target.y]);
            }
        }
        const rise = corners.findIndex(([x], index) => index && x === lane && corners[index - 1]?.[0] === lane);
        const middle = rise > 0 ? (corners[rise][1] + corners[rise - 1][1]) / 2 : corners[1][1];
        const points = corners.flatMap(([x, y], index) => {
            const [nx, ny] = corners[index + 1] || [x, y];
            return [0, 0.34, 0.67].map((t) => [x + (nx - x) * t, y + (ny - y) * t]);
        });
        lines.set(edge.flow.id, { segments: rounded(corners), points, x: lane, y: Math.round(middle), isBack: true });
    }
    return bounds;
}

/** Turn corners into a line with rounded ones. */
function rounded(corners, radius = 12) {
    const segments = [["M", ...corners[0]]];
    for (let index = 1; index < corners.length - 1; index++) {
        const [before, corner, after] = corners.slice(index - 1, index + 2);
        const towards = (other) => {
            const distance = Math.hypot(other[0] - corner[0], other[1] - corner[1]) || 1;
            const part = Math.min(radius, distance / 2) / distance;
            return [corner[0] + (other[0] - corner[0]) * part, corner[1] + (other[1] - corner[1]) * part];
        };
        segments.push(["L", ...towards(before)], ["Q", ...corner, ...towards(after)]);
    }
    segments.push(["L", ...corners.at(-1)]);
    return segments;
}

function toPath(segments, left) {
    return segments
        .map(([letter, ...numbers]) =>
            letter + numbers.map((number, index) => Math.round((index % 2 ? number : number - left) * 10) / 10).join(" "))
        .join("");
}
