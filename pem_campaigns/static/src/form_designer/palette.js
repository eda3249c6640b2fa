import { Component, useState } from "@odoo/owl";
import { GROUPS, kindOf } from "./kinds";

/** The kinds of elements, to be dragged onto the form, or clicked. */
export class FormPalette extends Component {
    static template = "pem_campaigns.FormPalette";
    static props = {};

    setup() {
        this.design = this.env.formDesign;
        this.state = useState({ filter: "", current: "" });
    }

    get groups() {
        const filter = this.state.filter.trim().toLowerCase();
        const entries = this.design.list.fields.value_type.selection.map(([value, label]) => ({ value, label, ...kindOf(value) }));
        return GROUPS.map(([group, label]) => ({
            group,
            label: String(label),
            entries: entries.filter((entry) => entry.group === group &&
                (!filter || `${entry.label} ${label}`.toLowerCase().includes(filter))),
        })).filter((group) => group.entries.length);
    }

    /** One of the kinds is reached by Tab, the others by the arrows. */
    get current() {
        const values = this.groups.flatMap((group) => group.entries.map((entry) => entry.value));
        return values.includes(this.state.current) ? this.state.current : values[0];
    }

    onKeydown(ev) {
        const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[ev.key];
        const buttons = [...ev.currentTarget.querySelectorAll("button")];
        const index = buttons.indexOf(ev.target);
        const goal = { Home: 0, End: buttons.length - 1 }[ev.key] ?? (step ? index + step : undefined);
        if (goal !== undefined && !ev.altKey && !ev.ctrlKey) {
            ev.preventDefault();
            buttons[Math.max(0, Math.min(goal, buttons.length - 1))].focus();
        }
    }

    /** With Shift a column of the selected table. */
    add(ev, valueType) {
        const { selected } = this.design;
        if (ev.shiftKey && selected?.data.value_type === "table" && kindOf(valueType).column) {
            return this.design.add(valueType, { table: selected.id, side: "after" });
        }
        return this.design.add(valueType);
    }
}
