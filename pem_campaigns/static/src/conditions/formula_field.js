import { Component, useEffect, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/views/fields/input_field_hook";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { questionsOf } from "./questions";

const NUMBERS = ["integer", "float"];

/** A formula, with the names it may read to be clicked. */
export class FormulaField extends Component {
    static template = "pem_campaigns.FormulaField";
    static props = { ...standardFieldProps, placeholder: { type: String, optional: true } };

    setup() {
        this.input = useRef("formula");
        useInputField({ getValue: () => this.props.record.data[this.props.name] || "", refName: "formula" });
        // Where the cursor was when the input lost the focus to a name.
        useEffect(
            (input) => {
                const keep = () => (this.cursor = [input.selectionStart, input.selectionEnd]);
                input?.addEventListener("blur", keep);
                return () => input?.removeEventListener("blur", keep);
            },
            () => [this.input.el]
        );
    }

    /** What can be inserted: `{ label, text }`. */
    get names() {
        const { record } = this.props;
        const found = [];
        for (const { name, string, type } of questionsOf(record)) {
            if (NUMBERS.includes(type) || type === "boolean" || type === "selection") {
                found.push({ label: string, text: name });
            }
        }
        for (const table of record._parentRecord?.data.field_ids?.records || []) {
            for (const column of table.data.column_ids?.records || []) {
                if (["integer", "float", "monetary", "computed"].includes(column.data.value_type)) {
                    const label = _t("total of %s", column.data.label);
                    found.push({ label, text: `sum(${table.data.name}.${column.data.name})` });
                }
            }
        }
        return found;
    }

    insert(text) {
        const input = this.input.el;
        const [start, end] = this.cursor || [input.value.length, input.value.length];
        const before = input.value.slice(0, start);
        const gap = before && !/[\s(]$/.test(before) ? " " : "";
        const value = `${before}${gap}${text}${input.value.slice(end)}`;
        input.value = value;
        input.focus();
        const cursor = before.length + gap.length + text.length;
        input.setSelectionRange(cursor, cursor);
        this.cursor = [cursor, cursor];
        return this.props.record.update({ [this.props.name]: value });
    }
}

registry.category("fields").add("pem_formula", {
    component: FormulaField,
    displayName: _t("Formula"),
    supportedTypes: ["char", "text"],
    extractProps: ({ placeholder, attrs }) => ({ placeholder: placeholder || attrs.placeholder }),
});
