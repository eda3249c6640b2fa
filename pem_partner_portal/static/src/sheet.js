import { Domain } from "@web/core/domain";
import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/core/utils/numbers";
import { FILES, isEmpty, TICKS, typedAnswer } from "./answers";
import { evaluateFormula } from "./formula";

/** Inputs in which answers are entered. */
export const INPUTS = ":is([name^='answer.'], [name^='row.'], [name^='line.'], [name^='file.']):not([type=hidden])";
/** Questions of the form, and cells of its tables. */
export const ENTRIES = ".o_pem_entry[data-name]";
export const CELLS = ".o_pem_cell[data-name]";

const parsed = new WeakMap();

/** Return what an attribute of an element says, parsed once. */
function read(node, name, parse) {
    const known = parsed.get(node) || parsed.set(node, {}).get(node);
    if (!(name in known)) {
        known[name] = node.dataset[name] ? parse(JSON.parse(node.dataset[name])) : null;
    }
    return known[name];
}

export function condition(node, name) {
    return read(node, name, (domain) => new Domain(domain));
}

function inputsOf(node) {
    return [...node.querySelectorAll(INPUTS)].filter((input) => input.closest(`${ENTRIES}, ${CELLS}`) === node);
}

/**
 * The typed answer that is entered in a question or cell, as conditions see it; undefined for what is not open. A table
 * and a computed value are nobody's to enter.
 *
 * @param {string} zone the time zone in which moments are entered
 */
export function answerOf(node, zone) {
    const { type } = node.dataset;
    if (FILES.includes(type)) {
        const list = node.querySelector(".o_pem_file_list");
        return list ? list.children.length > 0 : undefined;
    }
    const inputs = inputsOf(node);
    if (!inputs.length) {
        return undefined;
    }
    if (TICKS.includes(type)) {
        return inputs[0].checked;
    }
    if (type === "rating") {
        return typedAnswer(type, inputs.find((input) => input.checked)?.value || "");
    }
    if (type === "tags") {
        const chosen = inputs.filter((input) => input.checked).map((input) => input.value);
        return chosen.length ? chosen : false;
    }
    return inputs[0].validity?.badInput ? "?" : typedAnswer(type, inputs[0].value, zone);
}

/** Enter an answer, as text (several choices: a list), into the inputs of a question or cell. */
export function enterAnswer(node, value) {
    const { type } = node.dataset;
    const texts = (Array.isArray(value) ? value : [value]).map((one) => (one === false ? "" : String(one)));
    for (const input of inputsOf(node)) {
        if (input.type === "radio" || (input.type === "checkbox" && type === "tags")) {
            input.checked = texts.includes(input.value);
        } else if (input.type === "checkbox") {
            input.checked = ["1", "true"].includes(texts[0]);
        } else {
            input.value = texts[0];
        }
    }
}

/** What is entered in a question or cell, as texts. */
export function inputText(node) {
    const isTicking = (input) => ["checkbox", "radio"].includes(input.type);
    const chosen = inputsOf(node).filter((input) => !isTicking(input) || input.checked).map((input) => input.value);
    return chosen.length > 1 ? chosen : chosen[0] ?? "";
}

/** A computed value as a reader would write it. */
function display(value) {
    if (value === true) {
        return _t("Yes");
    }
    if (typeof value !== "number") {
        return value || "–";
    }
    const decimals = (String(value).split(".")[1] || "").length;
    return formatFloat(value, { digits: [16, Number.isInteger(value) ? 0 : Math.max(2, decimals)] });
}

/** Show a total beside its name. */
export function showTotal(node, rows) {
    const sum = rows.reduce((total, row) => total + (Number(row[node.dataset.total]) || 0), 0);
    node.textContent = display(Math.round(sum * 1e10) / 1e10);
}

/**
 * Show and hide, open and close, and compute until nothing changes any more: one question may hide another, which hides
 * a third.
 *
 * @param {HTMLElement[]} nodes questions of a form, or cells of a row
 * @param {Object} facts what conditions may read beside the answers
 * @param {string} zone the time zone in which moments are entered
 * @param {Function} [rowsOf] the rows of a table question, given what is known around it
 * @returns {Object} the answers by name, with the facts
 */
export function settle(nodes, facts, zone, rowsOf = () => false) {
    const entered = new Map(nodes.map((node) => [node, answerOf(node, zone)]));
    const known = { ...facts };
    for (const node of nodes) {
        known[node.dataset.name] = entered.get(node) ?? false;
    }
    let isChanged = true;
    for (let pass = 0; isChanged && pass < nodes.length + 1; pass++) {
        isChanged = false;
        for (const node of nodes) {
            const { name, type } = node.dataset;
            const visible = condition(node, "visibleIf");
            const isHidden = Boolean(visible) && !visible.contains(known);
            let value = entered.get(node) ?? false;
            const formula = type === "computed" && node.querySelector("[data-formula]");
            if (formula) {
                value = evaluateFormula(read(formula, "formula", (one) => one), known);
            } else if (type === "table") {
                value = rowsOf(node, known);
            }
            if (isHidden) {
                value = false;
            }
            if (node.hidden !== isHidden || JSON.stringify(value) !== JSON.stringify(known[name])) {
                isChanged = true;
                node.hidden = isHidden;
                known[name] = value;
            }
        }
    }
    for (const node of nodes) {
        const output = node.querySelector("output[data-formula]");
        if (output && node.dataset.type === "computed") {
            output.textContent = display(known[node.dataset.name]);
        }
        const closed = condition(node, "readonlyIf");
        const field = closed && node.querySelector(".o_pem_field");
        if (field && field.disabled !== closed.contains(known)) {
            field.disabled = !field.disabled;
            swapStanding(node, field.disabled);
            return settle(nodes, facts, zone, rowsOf);
        }
        offerStates(node, known);
    }
    return known;
}

const typed = new WeakMap();

/** What cannot be changed is what stands in the question without the partner; what was typed comes back with the question. */
function swapStanding(node, isClosed) {
    if (!node.dataset.standing || node.dataset.type === "table" || FILES.includes(node.dataset.type)) {
        return;
    }
    if (isClosed) {
        typed.set(node, inputText(node));
        enterAnswer(node, JSON.parse(node.dataset.standing));
    } else if (typed.has(node)) {
        enterAnswer(node, typed.get(node));
    }
}

const states = new WeakMap();

/** Offer the states of the country that was answered; all of them as long as there is none. */
function offerStates(node, known) {
    const select = node.dataset.countryQuestion && node.querySelector("select");
    if (!select) {
        return;
    }
    const country = String(known[node.dataset.countryQuestion] || "");
    if (!states.has(select)) {
        states.set(select, { all: [...select.options], country: "" });
    }
    const offered = states.get(select);
    if (offered.country === country) {
        return;
    }
    offered.country = country;
    const { value } = select;
    select.replaceChildren(...offered.all.filter(({ dataset, value: key }) => !key || !country || dataset.group === country));
    select.value = value;
    if (select.selectedIndex < 0) {
        select.value = "";
    }
}

/**
 * The rows of a table in which something is entered.
 *
 * @param {HTMLElement} table
 * @param {Object} known what conditions and formulas of the cells may read beside the row
 * @returns {{row: HTMLElement, cells: HTMLElement[], values: Object}[]}
 */
export function filledRows(table, known, zone) {
    const rows = [];
    for (const row of table.querySelectorAll(".o_pem_row")) {
        const cells = [...row.querySelectorAll(CELLS)];
        const values = {};
        const settled = settle(cells, known, zone);
        for (const cell of cells) {
            values[cell.dataset.name] = settled[cell.dataset.name];
        }
        if (cells.some((cell) => !isEmpty(answerOf(cell, zone)))) {
            rows.push({ row, cells, values });
        }
    }
    return rows;
}
