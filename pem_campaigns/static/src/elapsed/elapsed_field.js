import { Component } from "@odoo/owl";
import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime, Duration } = luxon;

/**
 * @param {luxon.DateTime} since
 * @param {luxon.DateTime} [now]
 * @returns {string} the time in between in its largest unit, such as "3 days"
 */
export function elapsed(since, now = DateTime.now()) {
    const passed = now.diff(since, ["days", "hours", "minutes"]).toObject();
    const unit = ["days", "hours"].find((name) => passed[name] >= 1) || "minutes";
    return Duration.fromObject({ [unit]: Math.max(Math.floor(passed[unit]), unit === "minutes" ? 1 : 0) }).toHuman();
}

/** Says how long ago a moment was: "3 days", with the moment itself as a tooltip. */
export class ElapsedField extends Component {
    static template = "pem_campaigns.ElapsedField";
    static props = { ...standardFieldProps };

    get value() {
        return this.props.record.data[this.props.name];
    }

    get text() {
        return this.value ? elapsed(this.value) : "";
    }

    get moment() {
        return this.value ? formatDateTime(this.value) : "";
    }
}

registry.category("fields").add("pem_elapsed", {
    component: ElapsedField,
    displayName: _t("Time since"),
    supportedTypes: ["datetime"],
});
