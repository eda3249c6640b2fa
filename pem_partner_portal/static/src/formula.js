/**
 * Computed values, as ``pem_campaigns/engine/formula.py`` computes them. The server parses a formula once into JSON; both
 * sides evaluate that, and run ``formula_vectors.json``.
 */

const DECIMALS = 10;
const LARGEST = 1e15;
const COMPARE = {
    "==": (left, right) => left === right,
    "!=": (left, right) => left !== right,
    "<": (left, right) => left < right,
    "<=": (left, right) => left <= right,
    ">": (left, right) => left > right,
    ">=": (left, right) => left >= right,
};
const CALCULATE = {
    "+": (left, right) => left + right,
    "-": (left, right) => left - right,
    "*": (left, right) => left * right,
    "/": (left, right) => left / right,
    neg: (value) => -value,
    abs: Math.abs,
    min: Math.min,
    max: Math.max,
};

class NoValue extends Error {}

/**
 * @param formula a parsed formula
 * @param {Object} values names to typed answers; of a table a list of such
 * @returns {number|string|boolean} false when there is no value
 */
export function evaluateFormula(formula, values) {
    let result;
    try {
        result = evaluate(formula, values);
    } catch (error) {
        if (error instanceof NoValue) {
            return false;
        }
        throw error;
    }
    if (typeof result === "boolean" || typeof result === "string") {
        return result;
    }
    return typeof result === "number" && Math.abs(result) < LARGEST ? rounded(result, DECIMALS) : false;
}

function evaluate(formula, values) {
    if (!Array.isArray(formula)) {
        return formula;
    }
    const [operator, ...parts] = formula;
    if (operator === "name") {
        return values[parts[0]] ?? false;
    }
    if (operator === "if") {
        return evaluate(parts[isTrue(evaluate(parts[0], values)) ? 1 : 2], values);
    }
    if (operator === "and" || operator === "or") {
        let result = false;
        for (const part of parts) {
            result = evaluate(part, values);
            if (isTrue(result) === (operator === "or")) {
                break;
            }
        }
        return result;
    }
    if (operator === "not") {
        return !isTrue(evaluate(parts[0], values));
    }
    const isColumn = Array.isArray(parts[0]) && parts[0][0] === "column";
    if (operator === "count" || (isColumn && ["sum", "min", "max"].includes(operator))) {
        return over(operator, parts[0], values);
    }
    if (operator === "round") {
        return rounded(number(evaluate(parts[0], values)), parts[1]);
    }
    const operands = parts.map((part) => evaluate(part, values));
    return operator in COMPARE ? compare(operator, ...operands) : calculate(operator, operands.map(number));
}

/** What Python takes for true: an empty list is not. */
function isTrue(value) {
    return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function over(operator, [kind, table, column], values) {
    const rows = Array.isArray(values[table]) ? values[table].filter((row) => row && typeof row === "object") : [];
    if (kind === "name") {
        return rows.length;
    }
    const cells = rows.map((row) => row[column] ?? false).filter((cell) => cell !== false && cell !== "");
    if (operator === "count") {
        return cells.length;
    }
    const numbers = cells.map(number);
    if (operator === "sum") {
        return numbers.reduce((sum, cell) => sum + cell, 0);
    }
    return numbers.length ? Math[operator](...numbers) : 0;
}

function number(value) {
    if (value === false || value === null || value === "") {
        return 0;
    }
    if (value === true) {
        return 1;
    }
    if (typeof value !== "number") {
        throw new NoValue();
    }
    return value;
}

function compare(operator, left, right) {
    if (typeof left === "string" || typeof right === "string") {
        [left, right] = [left, right].map((one) => (one === false || one === null ? "" : one));
        if (typeof left !== typeof right) {
            if (operator === "==" || operator === "!=") {
                return operator === "!=";
            }
            throw new NoValue();
        }
        return byCharacters(operator, left, right);
    }
    if ([left, right].some((one) => one !== null && typeof one === "object")) {
        throw new NoValue();
    }
    return COMPARE[operator](number(left), number(right));
}

/** Texts are ordered by their characters, not by the halves of which JavaScript makes rare ones. */
function byCharacters(operator, left, right) {
    const [one, other] = [[...left], [...right]].map((text) => text.map((character) => character.codePointAt(0)));
    const place = one.findIndex((code, index) => code !== other[index]);
    const difference = place < 0 ? one.length - other.length : one[place] - (other[place] ?? -1);
    return COMPARE[operator](difference, 0);
}

function calculate(operator, numbers) {
    const result = CALCULATE[operator](...numbers);
    if (!Number.isFinite(result)) {
        throw new NoValue();
    }
    return result;
}

/** Round half away from zero, by the digits that are shown: 1.005 to 1.01. */
function rounded(value, places) {
    if (!Number.isFinite(value)) {
        throw new NoValue();
    }
    if (Math.abs(value) >= LARGEST) {
        return value;
    }
    const scaled = Math.round(shifted(Math.abs(value), places));
    return Math.sign(value) * shifted(scaled, -places) || 0;
}

/** A number with its decimal point moved, by its digits, which multiplying would blur. */
function shifted(value, places) {
    const [digits, exponent = "0"] = String(value).split("e");
    return Number(`${digits}e${Number(exponent) + places}`);
}
