import { Component } from "@odoo/owl";
import { formatDate, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime } = luxon;

/** Looks of an event by its kind; others are plain. */
const LOOKS = {
    started: "fa-flag-o",
    notified: "fa-envelope-o",
    reminded: "fa-bell-o",
    escalated: "fa-level-up text-warning",
    not_escalated: "fa-level-up text-danger",
    expired: "fa-hourglass-end text-danger",
    not_deliverable: "fa-envelope-o text-danger",
    seen: "fa-eye",
    draft_saved: "fa-pencil",
    file_added: "fa-paperclip",
    file_removed: "fa-paperclip",
    submitted: "fa-paper-plane-o text-info",
    returned: "fa-undo text-warning",
    approved: "fa-check text-success",
    auto_approved: "fa-check text-success",
    rejected: "fa-times text-danger",
    auto_rejected: "fa-times text-danger",
    todo_done: "fa-check text-success",
    partner_updated: "fa-address-book-o text-success",
    forwarded: "fa-share",
    handed_over: "fa-exchange",
    approver_left: "fa-user-times",
    replied: "fa-comment-o",
    reached_out: "fa-bullhorn",
    task_added: "fa-plus-square-o",
    answered: "fa-paper-plane-o text-info",
    withdrawn: "fa-undo",
    problem: "fa-exclamation-triangle text-danger",
    retried: "fa-refresh",
    rolled_back: "fa-history text-warning",
    migrated: "fa-forward",
    woke: "fa-bell-o",
    not_waited: "fa-bell-slash-o",
    gave_up: "fa-hourglass-end text-warning",
    woken_by_hand: "fa-hand-o-right",
    hook_received: "fa-plug",
    action_run: "fa-cog",
    called: "fa-sitemap",
    called_by: "fa-level-up",
    call_returned: "fa-level-down",
    cancelled: "fa-ban",
    closed: "fa-flag-checkered",
};

/** What happened to a case, the latest first, by day. */
export class TimelineField extends Component {
    static template = "pem_campaigns.TimelineField";
    static props = { ...standardFieldProps };

    get days() {
        const days = [];
        const events = this.props.record.data[this.props.name].records.toReversed();
        for (const { id, data } of events) {
            const day = this.dayName(data.date);
            if (days.at(-1)?.name !== day) {
                days.push({ name: day, events: [] });
            }
            days.at(-1).events.push({
                id,
                look: LOOKS[data.kind] || "fa-circle-o",
                text: data.description,
                actor: data.actor,
                time: formatDateTime(data.date, { format: "t" }),
                moment: formatDateTime(data.date),
            });
        }
        return days;
    }

    dayName(moment) {
        const days = DateTime.now().startOf("day").diff(moment.startOf("day"), "days").days;
        return days === 0 ? _t("Today") : days === 1 ? _t("Yesterday") : formatDate(moment);
    }
}

registry.category("fields").add("pem_timeline", {
    component: TimelineField,
    displayName: _t("Timeline"),
    supportedTypes: ["one2many"],
    useSubView: false,
    relatedFields: [
        { name: "sequence", type: "integer" },
        { name: "kind", type: "char" },
        { name: "date", type: "datetime" },
        { name: "description", type: "char" },
        { name: "actor", type: "char" },
    ],
});
