import { Domain } from "@web/core/domain";
import { deserializeDate, deserializeDateTime, formatDate, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

/** Sentences for each operator; %(field)s and %(value)s stand for what is compared. */
const SENTENCES = {
    "=": _t("%(field)s is %(value)s"),
    "!=": _t("%(field)s is not %(value)s"),
    in: _t("%(field)s is %(value)s"),
    "not in": _t("%(field)s is not %(value)s"),
    "<": _t("%(field)s is less than %(value)s"),
    ">": _t("%(field)s is more than %(value)s"),
    "<=": _t("%(field)s is at most %(value)s"),
    ">=": _t("%(field)s is at least %(value)s"),
    ilike: _t("%(field)s contains %(value)s"),
    "not ilike": _t("%(field)s does not contain %(value)s"),
    like: _t("%(field)s contains %(value)s"),
    "not like": _t("%(field)s does not contain %(value)s"),
};
const DATES = {
    "<": _t("%(field)s is before %(value)s"),
    ">": _t("%(field)s is after %(value)s"),
    "<=": _t("%(field)s is not after %(value)s"),
    ">=": _t("%(field)s is not before %(value)s"),
};
const SYNONYMS = { "==": "=", "<>": "!=", "=?": "=" };

/**
 * Return a condition in words, such as "Has certificate is Yes and Country is France"; the text itself when it is none.
 *
 * @param {string} text a domain
 * @param {Object[]|Map} fields what can be compared, with `path`, `string`, `type` and `selection`; or by path
 * @param {Object} [names] names of records by id, for each model
 */
export function conditionWords(text, fields, names = {}) {
    const items = parsed(text);
    if (!items) {
        return text;
    }
    const byPath = fields instanceof Map ? fields : new Map(fields.map((field) => [field.path, field]));
    const rest = [...items];
    const read = (outer) => {
        const item = rest.shift();
        if (item === "!") {
            return _t("not (%s)", read());
        }
        if (item === "&" || item === "|") {
            // A chain of the same connective needs no brackets.
            const parts = [read(item), read(item)];
            const words = parts.join(item === "&" ? _t(" and ") : _t(" or "));
            return outer && outer !== item ? `(${words})` : words;
        }
        return leafWords(item, byPath, names);
    };
    return items.length ? String(read()) : "";
}

function parsed(text) {
    try {
        return new Domain(text || "[]").toList();
    } catch {
        return null;
    }
}

function leafWords([path, operator, value], byPath, names) {
    if (typeof path !== "string") {
        return path === operator || value === path ? _t("always") : _t("never");
    }
    const field = byPath.get(path) || { string: path };
    operator = SYNONYMS[operator] || operator;
    const params = { field: field.string };
    if (["=", "!="].includes(operator) && (value === false || (value === true && ["boolean", "given"].includes(field.type)))) {
        const isYes = (operator === "=") === value;
        if (field.type === "boolean") {
            return isYes ? _t("%(field)s is Yes", params) : _t("%(field)s is No", params);
        }
        return isYes ? _t("%(field)s is filled in", params) : _t("%(field)s is empty", params);
    }
    const isDate = ["date", "datetime"].includes(field.type);
    const sentence = (isDate && DATES[operator]) || SENTENCES[operator] || `%(field)s ${operator} %(value)s`;
    const values = (Array.isArray(value) ? value : [value]).map((one) => valueWords(one, field, names));
    // The texts above are translated lazily, so that they are in the reader's language.
    return String(sentence)
        .replace("%(field)s", () => field.string)
        .replace("%(value)s", () => values.join(_t(" or ")) || "…");
}

function valueWords(value, field, names) {
    const choice = field.selection?.find(([key]) => key === value);
    if (choice) {
        return choice[1];
    }
    if (field.relation && names[field.relation]?.[value]) {
        return names[field.relation][value];
    }
    try {
        if (field.type === "date") {
            return formatDate(deserializeDate(value));
        }
        if (field.type === "datetime") {
            return formatDateTime(deserializeDateTime(value));
        }
    } catch {
        // Not a date: as it stands.
    }
    if (value === true || value === false) {
        return value ? _t("Yes") : _t("No");
    }
    return typeof value === "string" ? `“${value}”` : String(value);
}

/** Return the condition with a question's name replaced. */
export function renamedCondition(text, former, name) {
    const items = parsed(text);
    if (!items) {
        return text;
    }
    let isChanged = false;
    const renamed = items.map((item) => {
        if (!Array.isArray(item) || typeof item[0] !== "string" || item[0].split(".")[0] !== former) {
            return item;
        }
        isChanged = true;
        return [[name, ...item[0].split(".").slice(1)].join("."), item[1], item[2]];
    });
    return isChanged ? new Domain(renamed).toString() : text;
}

/** Return the formula with a question's name replaced: `former` may be the name of a column, such as `lines.amount`. */
export function renamedFormula(text, former, name) {
    const escaped = former.replace(/\./g, "\\s*\\.\\s*");
    return text.replace(new RegExp(`(?<![\\w.])${escaped}(?!\\w)`, "g"), name);
}
