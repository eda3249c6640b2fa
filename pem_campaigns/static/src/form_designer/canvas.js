import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { kindOf } from "./kinds";

const CONDITIONS = [
    ["visible_if", "fa-eye", _t("Shown when %s")],
    ["required_if", "fa-asterisk", _t("Required when %s")],
    ["readonly_if", "fa-lock", _t("Read-only when %s")],
    ["role_domain", "fa-user-secret", _t("Only for those for whom %s")],
];

/** One element of the form as the partner will see it, with what the designer has to know beside it. */
export class FormElement extends Component {
    static template = "pem_campaigns.FormElement";
    static props = { record: Object, isSelected: Boolean, isReached: Boolean, selectedColumn: [String, Boolean], page: Number };

    setup() {
        this.design = this.env.formDesign;
        // Words of conditions follow the questions they name.
        this.state = useState(this.design.state);
    }

    get data() {
        const { record } = this.props;
        // New elements are drawn after each change: theirs are not told to who draws them before they are saved.
        return record.isNew && this.state.revision < 0 ? {} : record.data;
    }

    get kind() {
        return kindOf(this.data.value_type);
    }

    get kindLabel() {
        return this.design.kindLabel(this.data.value_type);
    }

    get choices() {
        return (this.data.option_ids?.records || []).map((option) => option.data.name || "…");
    }

    get columns() {
        return inOrder(this.data.column_ids.records);
    }

    get stars() {
        return Array.from({ length: Math.min(this.data.maximum || 5, 10) }, (_, index) => index);
    }

    get problems() {
        return this.state.problems[this.props.record.resId || this.props.record._virtualId];
    }

    columnProblems(column) {
        return this.state.problems[column.resId || column._virtualId];
    }

    /** What is true of the element and does not show on the page: `{ icon, text }`. */
    notes() {
        const notes = [];
        for (const [name, icon, sentence] of CONDITIONS) {
            if (this.data[name] && this.data[name] !== "[]" && this.state.revision >= 0) {
                notes.push({ icon, text: String(sentence).replace("%s", () => this.design.words(this.data[name], this.props.record)) });
            }
        }
        const { attribute_id: attribute, document_field: field, revalidate, is_unique: isUnique } = this.data;
        if (attribute) {
            notes.push({ icon: "fa-arrow-right", text: _t("Fills “%s”", attribute.display_name) });
        }
        if (field) {
            notes.push({ icon: "fa-arrow-right", text: _t("Fills the field “%s” of the document", field) });
        }
        if (revalidate) {
            notes.push({ icon: "fa-refresh", text: _t("Confirm or correct what is on file") });
        }
        if (isUnique) {
            notes.push({ icon: "fa-snowflake-o", text: _t("Unique among all cases") });
        }
        return notes;
    }

    get widthClass() {
        return this.kind.line ? "col-12" : { half: "col-12 col-md-6", third: "col-12 col-md-4" }[this.data.width] || "col-12";
    }

    nameOf(record) {
        const { label, required, width, value_type: valueType } = record.data;
        const parts = [label || this.design.kindLabel(valueType), this.design.kindLabel(valueType)];
        if (required) {
            parts.push(_t("required"));
        }
        if (width && width !== "full") {
            parts.push(Object.fromEntries(this.design.list.fields.width.selection)[width]);
        }
        const problems = this.state.problems[record.resId || record._virtualId];
        return [...parts, ...(problems || [])].join(", ");
    }

    accessibleName(notes) {
        return [this.nameOf(this.props.record), ...notes.map((note) => note.text)].join(", ");
    }
}

/** The page as the partner will see it. */
export class FormCanvas extends Component {
    static template = "pem_campaigns.FormCanvas";
    static components = { FormElement };
    static props = { list: Object, introduction: { type: [String, Object, Boolean], optional: true } };

    setup() {
        this.design = this.env.formDesign;
        this.state = useState(this.design.state);
    }

    /** Elements with the page they begin, for page breaks, and whether they, or a column of theirs, are selected. */
    get entries() {
        const { selected } = this.state;
        let page = 1;
        const entries = inOrder(this.props.list.records).map((record) => {
            page += record.data.value_type === "page" ? 1 : 0;
            const column = record.data.value_type === "table" && record.data.column_ids.records.find((one) => one.id === selected);
            return { record, isSelected: record.id === selected, selectedColumn: column ? selected : false, page };
        });
        // Something is reached by Tab even when nothing is selected.
        const isAny = entries.some((entry) => entry.isSelected || entry.selectedColumn);
        return entries.map((entry, index) => ({ ...entry, isReached: entry.isSelected || (!isAny && index === 0) }));
    }
}

function inOrder(records) {
    return records
        .map((record) => [record, record.data.sequence])
        .sort((one, other) => one[1] - other[1])
        .map(([record]) => record);
}
