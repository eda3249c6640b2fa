/**
 * Where elements of a form stand: pure rules, without components.
 *
 * An element is `{ id, width }`; on the partner's page narrow elements that follow each other stand side by side, twelve
 * units to a line, and whole lines stand alone.
 */
export const UNITS = { full: 12, half: 6, third: 4 };
/** Widths from narrow to wide. */
export const WIDTHS = ["third", "half", "full"];
/** The width of each, when so many share a line. */
const SHARED = { 1: "full", 2: "half", 3: "third" };

/** Return the lines, lists of elements that stand side by side. */
export function linesOf(elements) {
    const lines = [];
    let room = 0;
    for (const element of elements) {
        const units = UNITS[element.width] || 12;
        if (units > room) {
            lines.push([]);
            room = 12;
        }
        lines.at(-1).push(element);
        room -= units;
    }
    return lines;
}

/**
 * Return where everything stands once an element is moved, or a new one added.
 *
 * @param {{ id, width }[]} elements in order; the moved one may be among them
 * @param {{ id, width, line? }} moved `line` when it always takes a whole line
 * @param {{ target, side: "before"|"after"|"left"|"right" }} place beside which element; without a target at the end
 * @returns {{ order: string[], widths: Object }} ids in their new order, and the widths that change
 */
export function placed(elements, moved, { target, side }) {
    const lines = linesOf(elements);
    const rest = elements.filter((element) => element.id !== moved.id);
    const widths = {};
    const former = lines.find((line) => line.some((element) => element.id === moved.id)) || [];
    const goal = lines.find((line) => line.some((element) => element.id === target));
    const beside = goal?.filter((element) => element.id !== moved.id) || [];
    let isBeside = ["left", "right"].includes(side) && target !== moved.id && !moved.line;
    isBeside = isBeside && beside.length + 1 <= 3 && !beside.some((element) => element.line);

    let index = rest.length;
    if (target === moved.id) {
        index = elements.findIndex((element) => element.id === moved.id);
    } else if (isBeside) {
        index = rest.findIndex((element) => element.id === target) + (side === "right" ? 1 : 0);
    } else if (beside.length) {
        // Above or below the line as a whole.
        const edge = ["before", "left"].includes(side) ? beside[0] : beside.at(-1);
        index = rest.indexOf(edge) + (edge === beside[0] && ["before", "left"].includes(side) ? 0 : 1);
    }
    if (isBeside) {
        for (const element of [...beside, moved]) {
            widths[element.id] = SHARED[beside.length + 1];
        }
    } else if (former.length > 1 && target !== moved.id) {
        widths[moved.id] = "full";
    }
    const left = former.filter((element) => element.id !== moved.id);
    if (left.length && target !== moved.id && !(isBeside && goal === former)) {
        for (const element of left) {
            widths[element.id] ??= SHARED[left.length];
        }
    }
    const order = rest.map((element) => element.id);
    order.splice(index, 0, moved.id);
    for (const element of [...elements, moved]) {
        if (widths[element.id] === element.width) {
            delete widths[element.id];
        }
    }
    return { order, widths };
}

/**
 * Return the sequences to write so that what follows the order stands in it, as few as possible.
 *
 * @param {string[]} order ids
 * @param {Object} sequences present sequence by id; none for new ones
 */
export function sequencesFor(order, sequences) {
    const changed = {};
    const moved = order.filter((id, index) => {
        const before = index ? sequences[order[index - 1]] : -Infinity;
        const after = index < order.length - 1 ? sequences[order[index + 1]] : Infinity;
        return !(sequences[id] > before && sequences[id] < after);
    });
    // One that left its place, or came: there is room between its neighbours, most of the time.
    for (const id of moved) {
        const index = order.indexOf(id);
        const others = order.filter((one) => one !== id);
        const isSorted = others.every((one, at) => !at || sequences[one] > sequences[others[at - 1]]);
        if (!isSorted) {
            continue;
        }
        const before = index ? sequences[order[index - 1]] : undefined;
        const after = index < order.length - 1 ? sequences[order[index + 1]] : undefined;
        const value = before === undefined ? (after ?? 20) - 10 : after === undefined ? before + 10 : Math.floor((before + after) / 2);
        if ((before === undefined || value > before) && (after === undefined || value < after)) {
            changed[id] = value;
            return changed;
        }
    }
    if (moved.length) {
        order.forEach((id, index) => {
            if (sequences[id] !== 10 * (index + 1)) {
                changed[id] = 10 * (index + 1);
            }
        });
    }
    return changed;
}
