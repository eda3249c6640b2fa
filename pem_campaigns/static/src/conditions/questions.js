import { toRaw } from "@odoo/owl";
import { kindOf } from "../form_designer/kinds";

/**
 * Return what conditions of a form's element may compare among its questions.
 *
 * @param {Object} record an element, or a column of a table
 * @param {Object} [options]
 * @param {boolean} [options.onlyAbove] those that stand above it: they decide whether it is shown
 * @returns {Object[]} descriptions of fields, as `fields_get` gives them, with their `path`
 */
export function questionsOf(record, { onlyAbove } = {}) {
    const found = [];
    for (let one = record; one?._parentRecord; one = one._parentRecord) {
        const parent = one._parentRecord;
        const list = parent.data[parent.resModel === one.resModel ? "column_ids" : "field_ids"];
        const place = one.data.sequence;
        found.unshift(...(list?.records || [])
            .filter((other) => other.id !== one.id && (!onlyAbove || other.data.sequence < place))
            .sort((a, b) => a.data.sequence - b.data.sequence)
            .map(asField)
            .filter(Boolean));
    }
    return found;
}

/** Return the same for a form as a whole; nobody is told when they change. */
export function questionsOfForm(elements) {
    return elements.map((record) => asField(toRaw(record))).filter(Boolean);
}

function asField(record) {
    const { name, label, value_type: valueType, option_ids: options } = record.data;
    const { type, relation, choices } = kindOf(valueType);
    if (!type || !name) {
        return undefined;
    }
    const field = { path: name, name, string: label || name, type, searchable: true };
    if (relation) {
        field.relation = relation;
    }
    if (choices) {
        field.selection = (options?.records || []).map((option) => [option.data.key, option.data.name]);
    }
    return field;
}
