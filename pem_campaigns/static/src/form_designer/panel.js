import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { _t } from "@web/core/l10n/translation";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { FormRenderer } from "@web/views/form/form_renderer";
import { kindOf } from "./kinds";

/** What can be said about the selected element: the form view of the question, with Odoo's own fields. */
export class FormPanel extends Component {
    static template = "pem_campaigns.FormPanel";
    static components = { FormRenderer };
    static props = { record: { type: Object, optional: true }, archInfo: Object, readonly: Boolean, isColumn: Boolean, onClose: Function };

    setup() {
        this.design = this.env.formDesign;
        this.state = useState(this.design.state);
        this.root = useRef("root");
        this.pages = {};
        useEffect(
            (isNew) => {
                if (isNew) {
                    this.focusLabel();
                }
            },
            () => [this.state.focusLabel]
        );
    }

    get kind() {
        return kindOf(this.props.record.data.value_type);
    }

    get kindLabel() {
        return this.design.kindLabel(this.props.record.data.value_type);
    }

    get problems() {
        const { record } = this.props;
        return this.state.problems[record.resId || record._virtualId] || [];
    }

    get canStretch() {
        return !this.props.isColumn && !this.kind.line;
    }

    /** The label is what one writes first: what stands in it is replaced by typing. */
    focusLabel() {
        const input = this.root.el?.querySelector(".o_field_widget[name=label] input, .o_field_widget[name=label] textarea");
        input?.focus({ preventScroll: true });
        input?.select();
        this.state.focusLabel = false;
    }
}

/** Columns of a table in the panel: to be added, and to be selected. */
export class ColumnsField extends Component {
    static template = "pem_campaigns.ColumnsField";
    static props = { ...standardFieldProps };

    setup() {
        this.design = this.env.formDesign;
    }

    get columns() {
        return this.design?.columnsOf(this.props.record) || [];
    }

    icon(column) {
        return kindOf(column.data.value_type).icon;
    }

    async add() {
        const last = this.columns.at(-1);
        await this.design.add("char", { table: this.props.record.id, target: last?.id, side: "after" }, { isNew: true });
    }
}

registry.category("fields").add("pem_form_columns", {
    component: ColumnsField,
    displayName: _t("Columns of a table"),
    supportedTypes: ["one2many"],
    useSubView: true,
});
