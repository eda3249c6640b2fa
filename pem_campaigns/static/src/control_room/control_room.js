import { Component, onWillStart, useExternalListener, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Domain } from "@web/core/domain";
import { deserializeDate, formatDate, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Insights } from "./insights";

const { DateTime } = luxon;

/** How old numbers may be before coming back to the window asks for new ones. */
const STALE_MS = 10_000;

/**
 * The first screen: how all running campaigns stand. Every number opens the cases it counts.
 */
export class ControlRoom extends Component {
    static template = "pem_campaigns.ControlRoom";
    static components = { Insights, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.state = useState({ data: null, loading: false, updated: null, isManager: false });
        onWillStart(async () => {
            [this.state.isManager] = await Promise.all([
                user.hasGroup("pem_campaigns.group_pem_manager"),
                this.load(),
            ]);
        });
        useExternalListener(browser, "focus", () => this.refreshIfStale());
        useExternalListener(document, "visibilitychange", () => this.refreshIfStale());
    }

    async load() {
        this.state.loading = true;
        try {
            this.state.data = await this.orm.call("pem.campaign", "get_control_room", []);
            this.state.updated = DateTime.now();
        } finally {
            this.state.loading = false;
        }
    }

    async refreshIfStale() {
        const age = DateTime.now() - this.state.updated;
        if (document.visibilityState !== "hidden" && !this.state.loading && age > STALE_MS) {
            await this.load();
        }
    }

    // What is shown

    /** Whether there is, or ever was, something to count. */
    get hasAnything() {
        return Boolean(this.state.data.campaigns.length || Object.values(this.state.data.totals).some(Boolean));
    }

    get tiles() {
        const { totals } = this.state.data;
        const closed = totals.closed_count;
        return [
            { name: "case_count", label: _t("Asked"), icon: "fa-paper-plane-o", value: formatInteger(totals.case_count) },
            {
                name: "done_count", label: _t("Done"), icon: "fa-check",
                tone: "success", value: this.percent(closed, totals.case_count),
                hint: totals.case_count && _t("%(done)s of %(asked)s", {
                    done: formatInteger(closed), asked: formatInteger(totals.case_count),
                }),
            },
            { name: "partner_count", label: _t("Waiting on partners"), icon: "fa-hourglass-half", tone: "info", value: formatInteger(totals.partner_count) },
            { name: "sponsor_count", label: _t("Waiting on us"), icon: "fa-inbox", tone: totals.sponsor_count && "warning", value: formatInteger(totals.sponsor_count) },
            { name: "overdue_count", label: _t("Overdue"), icon: "fa-clock-o", tone: totals.overdue_count && "danger", value: formatInteger(totals.overdue_count) },
            { name: "problem_count", label: _t("Problems"), icon: "fa-exclamation-triangle", tone: totals.problem_count && "danger", value: formatInteger(totals.problem_count) },
        ];
    }

    /** The parts of a progress bar; together they are everybody who was asked. */
    get parts() {
        return [
            { name: "done_count", label: _t("Done") },
            { name: "sponsor_count", label: _t("In review") },
            { name: "seen_count", label: _t("With the partner") },
            { name: "unseen_count", label: _t("Not opened") },
            { name: "held_count", label: _t("Waits") },
            { name: "stopped_count", label: _t("Stopped") },
            { name: "refused_count", label: _t("Rejected or cancelled") },
        ];
    }

    /** The parts that occur at all, for the legend. */
    get legend() {
        const rare = ["held_count", "stopped_count", "refused_count"];
        return this.parts.filter(
            (part) => !rare.includes(part.name) || this.state.data.campaigns.some((campaign) => campaign[part.name])
        );
    }

    segments(campaign) {
        return this.parts
            .filter((part) => campaign[part.name])
            .map((part) => ({
                ...part,
                count: formatInteger(campaign[part.name]),
                share: (100 * campaign[part.name]) / campaign.case_count,
                title: `${part.label}: ${formatInteger(campaign[part.name])}`,
            }));
    }

    percent(count, total) {
        // Never "100 %" while somebody is missing, never "0 %" once somebody is done.
        const share = total ? (100 * count) / total : 0;
        const rounded = count && count < total ? Math.min(Math.max(Math.round(share), 1), 99) : Math.round(share);
        return `${rounded} %`;
    }

    due(campaign) {
        if (!campaign.deadline) {
            return { text: _t("No deadline"), class: "text-muted" };
        }
        const text = formatDate(deserializeDate(campaign.deadline));
        const days = campaign.days_left;
        if (days < 0) {
            return { text, hint: days === -1 ? _t("1 day late") : _t("%s days late", -days), class: "text-danger" };
        }
        if (days === 0) {
            return { text, hint: _t("today"), class: "text-warning" };
        }
        return { text, hint: days === 1 ? _t("tomorrow") : _t("in %s days", days), class: "" };
    }

    get heldText() {
        const count = this.state.data.held_messages;
        return count === 1
            ? _t("1 message is held back: its contact had enough this week.")
            : _t("%s messages are held back: their contacts had enough this week.", formatInteger(count));
    }

    openHeldMessages() {
        this.action.doAction("pem_campaigns.pem_task_action", { additionalContext: { search_default_open: 0, search_default_held: 1 } });
    }

    get updatedText() {
        return _t("As of %s", formatDateTime(this.state.updated, { format: "t" }));
    }

    get steps() {
        const { setup } = this.state.data;
        const steps = [
            { name: "attribute", action: "pem_campaigns.pem_attribute_action", label: _t("Say what you want to know"),
              text: _t("Add attributes such as sector or certificate date; every contact then has them.") },
            { name: "group", action: "pem_campaigns.pem_target_group_action", label: _t("Say whom to ask"),
              text: _t("A target group is a condition over your contacts, counted live.") },
            { name: "process", action: "pem_campaigns.pem_process_action_library", label: _t("Take a process from the library"),
              text: _t("Change its questions to your needs, and publish it.") },
            { name: "campaign", action: "pem_campaigns.pem_campaign_action", label: _t("Launch a campaign"),
              text: _t("See who will be asked and who not, and why; then launch.") },
        ];
        const next = steps.find((step) => !setup[step.name]) || steps.at(-1);
        return steps.map((step, index) => ({ ...step, number: index + 1, done: setup[step.name], next: step === next }));
    }

    // What can be opened

    /** The words for a number. */
    label(name) {
        return this.tiles.find((tile) => tile.name === name).label;
    }

    /**
     * @param {string} name of a number
     * @param {string} label
     * @param {Object} [campaign] the one whose number it is; of all without
     */
    openCases(name, label, campaign) {
        const domain = new Domain(this.state.data.domains[name]);
        const own = campaign ? [["campaign_id", "=", campaign.id]] : [];
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: campaign ? `${campaign.name}: ${label}` : label,
            res_model: "pem.case",
            views: [[false, "list"], [false, "kanban"], [false, "form"], [false, "pivot"], [false, "graph"]],
            domain: Domain.and([domain, own]).toList(),
            context: { create: false },
        });
    }

    openCampaign(campaign) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "pem.campaign",
            res_id: campaign.id,
            views: [[false, "form"]],
        });
    }

    openStep(step) {
        return this.action.doAction(step.action);
    }

    newCampaign() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("New campaign"),
            res_model: "pem.campaign",
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("pem_control_room", ControlRoom);
