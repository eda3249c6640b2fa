import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { SelectionField, selectionField } from "@web/views/fields/selection/selection_field";

/** The field of a document that an answer fills: one of those that the form's processes have and that fits the question. */
export class DocumentField extends SelectionField {
    get options() {
        const { record, name } = this.props;
        const known = record.evalContext.parent?.document_fields || [];
        const options = known.filter(([, , kinds]) => kinds.includes(record.data.value_type)).map(([field, label]) => [field, label]);
        const chosen = record.data[name];
        return !chosen || options.some(([field]) => field === chosen) ? options : [...options, [chosen, chosen]];
    }

    get string() {
        return this.options.find(([field]) => field === this.value)?.[1] || "";
    }

    onChange(value) {
        this.props.record.update({ [this.props.name]: value || false });
    }
}

registry.category("fields").add("pem_document_field", {
    ...selectionField,
    component: DocumentField,
    displayName: _t("Field of the document"),
    supportedTypes: ["char"],
});
