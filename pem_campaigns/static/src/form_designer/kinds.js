import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** Groups of the palette, in order. */
export const GROUPS = [
    ["text", _t("Text")],
    ["numbers", _t("Numbers")],
    ["choice", _t("Choice")],
    ["dates", _t("Dates")],
    ["people", _t("People & places")],
    ["files", _t("Files")],
    ["layout", _t("Layout")],
    ["other", _t("More")],
];

/**
 * How the form designer shows the kinds of elements, by `value_type`; an addon that adds a kind adds it here as well.
 *
 * group: where in the palette; icon: its picture; control: what stands for the input on the canvas;
 * type: type of field as which conditions compare the answer, none when they cannot;
 * asks: false for what asks nothing; column: whether a table can have such a column.
 */
export const kinds = registry.category("pem_form_kinds");
const ADDED = [
    ["char", { group: "text", icon: "fa-font", control: "input", type: "char", column: true }],
    ["text", { group: "text", icon: "fa-align-left", control: "textarea", type: "char", column: true }],
    ["email", { group: "text", icon: "fa-envelope-o", control: "input", type: "char", column: true }],
    ["phone", { group: "text", icon: "fa-phone", control: "input", type: "char", column: true }],
    ["url", { group: "text", icon: "fa-link", control: "input", type: "char", column: true }],
    ["integer", { group: "numbers", icon: "fa-hashtag", control: "input", type: "integer", column: true }],
    ["float", { group: "numbers", icon: "fa-percent", control: "input", type: "float", column: true }],
    ["monetary", { group: "numbers", icon: "fa-money", control: "money", type: "float", column: true }],
    ["rating", { group: "numbers", icon: "fa-star-o", control: "rating", type: "integer", column: true }],
    ["computed", { group: "numbers", icon: "fa-calculator", control: "computed", type: "float", column: true }],
    ["boolean", { group: "choice", icon: "fa-check-square-o", control: "tick", type: "boolean", column: true }],
    ["selection", { group: "choice", icon: "fa-caret-square-o-down", control: "select", type: "selection", choices: true, column: true }],
    ["tags", { group: "choice", icon: "fa-list-ul", control: "ticks", type: "tags", choices: true, column: true }],
    ["consent", { group: "choice", icon: "fa-handshake-o", control: "tick", type: "boolean" }],
    ["product", { group: "choice", icon: "fa-cube", control: "select", column: true }],
    ["date", { group: "dates", icon: "fa-calendar", control: "date", type: "date", column: true }],
    ["datetime", { group: "dates", icon: "fa-clock-o", control: "date", type: "datetime", column: true }],
    ["contact", { group: "people", icon: "fa-user-o", control: "select", column: true }],
    ["country", { group: "people", icon: "fa-globe", control: "select", type: "many2one", relation: "res.country", column: true }],
    ["state", { group: "people", icon: "fa-map-marker", control: "select", type: "many2one", relation: "res.country.state", column: true }],
    ["file", { group: "files", icon: "fa-paperclip", control: "file", type: "given" }],
    ["image", { group: "files", icon: "fa-picture-o", control: "file", type: "given" }],
    ["signature", { group: "files", icon: "fa-pencil", control: "signature", type: "given" }],
    ["table", { group: "layout", icon: "fa-table", control: "table", line: true }],
    ["heading", { group: "layout", icon: "fa-header", asks: false, line: true }],
    ["note", { group: "layout", icon: "fa-info-circle", asks: false, line: true }],
    ["page", { group: "layout", icon: "fa-file-o", asks: false, line: true }],
];
for (const [name, kind] of ADDED) {
    kinds.add(name, kind);
}

const UNKNOWN = { group: "other", icon: "fa-question", control: "input" };

/** Return how elements of a kind are shown. */
export function kindOf(valueType) {
    return kinds.get(valueType, UNKNOWN);
}

/** Return what a new element of a kind is called, and what stands in it, beside its label. */
export function newValues(valueType) {
    if (kindOf(valueType).choices) {
        const names = [_t("First choice"), _t("Second choice")].map(String);
        return { option_ids: names.map((name, index) => [0, 0, { name, key: slug(name), sequence: 10 * (index + 1) }]) };
    }
    return valueType === "rating" ? { maximum: 5 } : {};
}

/** Return the name made from a label: lowercase letters, digits and underscores, as the server makes it. */
export function slug(label) {
    const base = (label || "")
        .normalize("NFD")
        .replace(/[\u0300-\u036f]/g, "")
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "_")
        .replace(/^[_0-9]+|_+$/g, "")
        .slice(0, 40);
    return base || "question";
}

/** Return a name made from a label that is none of those taken. */
export function freeName(label, taken) {
    const base = slug(label);
    let candidate = base;
    for (let number = 2; taken.has(candidate); number++) {
        candidate = `${base}_${number}`;
    }
    return candidate;
}

/** Names that conditions use for something else. */
export const RESERVED = ["partner", "reader"];
