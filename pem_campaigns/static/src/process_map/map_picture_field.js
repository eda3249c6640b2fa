import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { lookOf } from "./kinds";
import { ProcessMap } from "./process_map";

/** A process that is only looked at, with the cases of a campaign at its steps. */
export class MapPictureField extends Component {
    static template = "pem_campaigns.MapPictureField";
    static components = { ProcessMap };
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get picture() {
        return this.props.record.data[this.props.name];
    }

    async openCases(stepId, isProblem) {
        const { resModel, resId } = this.props.record;
        this.action.doAction(await this.orm.call("pem.process.step", "action_open_cases_here", [[stepId]], {
            context: { pem_problem: isProblem, pem_campaign_id: resModel === "pem.campaign" && resId },
        }));
    }
}

registry.category("fields").add("pem_map_picture", {
    component: MapPictureField,
    displayName: _t("Process as a picture"),
    supportedTypes: ["jsonb", "json"],
});

/** Where a case stands: the steps it passed, the present one, and those that come next as a rule. */
export class CaseWayField extends Component {
    static template = "pem_campaigns.CaseWayField";
    static props = { ...standardFieldProps };

    get steps() {
        return this.props.record.data[this.props.name] || [];
    }

    icon(step) {
        return { done: "fa-check", problem: "fa-exclamation" }[step.state] || lookOf(step.kind).icon;
    }

    stateLabel(step) {
        return { done: _t("passed"), here: _t("stands here"), problem: _t("stopped here"), ahead: _t("comes next") }[step.state];
    }
}

registry.category("fields").add("pem_case_way", {
    component: CaseWayField,
    displayName: _t("Way of the case"),
    supportedTypes: ["jsonb", "json"],
});

/** Two versions beside each other, with what became of each step. */
export class MapComparisonField extends Component {
    static template = "pem_campaigns.MapComparisonField";
    static components = { ProcessMap };
    static props = { ...standardFieldProps };

    get comparison() {
        return this.props.record.data[this.props.name];
    }
}

registry.category("fields").add("pem_map_comparison", {
    component: MapComparisonField,
    displayName: _t("Comparison of two versions"),
    supportedTypes: ["jsonb", "json"],
});
