import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";

function duration(days) {
    const hours = days * 24;
    return days >= 1 ? _t("%s days", formatFloat(days, { digits: [16, 1] })) : hours >= 1 ? _t("%s h", Math.round(hours)) : _t("< 1 h");
}

/**
 * What the control room tells besides numbers of cases: three short lists, of which each line opens what it counts.
 */
export class Insights extends Component {
    static template = "pem_campaigns.ControlRoomInsights";
    static props = { data: Object };

    setup() {
        this.action = useService("action");
    }

    get lists() {
        const { slow_approvers = [], returned_questions = [], expiring = [] } = this.props.data;
        return [
            {
                name: "slow_approvers", title: _t("Slowest approvers"), hint: _t("On average, over 90 days"), icon: "fa-hourglass-half",
                lines: slow_approvers.map((line) => ({
                    ...line,
                    value: duration(line.number),
                    words: duration(line.number),
                    note: line.waiting === 1 ? _t("1 waits now") : line.waiting ? _t("%s wait now", formatInteger(line.waiting)) : "",
                })),
            },
            {
                name: "returned_questions", title: _t("Questions sent back most"), hint: _t("Answers sent back in 90 days"), icon: "fa-undo",
                lines: returned_questions.map((line) => ({ ...line, value: formatInteger(line.number), words: formatInteger(line.number) })),
            },
            {
                name: "expiring", title: _t("Expiring dates"), hint: _t("Partners, in the next 90 days"), icon: "fa-calendar-times-o",
                lines: expiring.map((line) => ({
                    ...line, value: formatInteger(line.number), words: formatInteger(line.number),
                    note: line.again ? _t("to be verified again") : "",
                })),
            },
        ].filter((list) => list.lines.length);
    }

    open(list, line) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: `${list.title}: ${line.name}`,
            res_model: line.model,
            views: [[false, "list"], [false, "form"]],
            domain: line.domain,
            context: { create: false },
        });
    }
}
