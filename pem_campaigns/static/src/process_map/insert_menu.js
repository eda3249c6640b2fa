import { Component, useEffect, useRef } from "@odoo/owl";

/** The small menu behind a “+”: kinds of steps to add, and what else can be done there. */
export class InsertMenu extends Component {
    static template = "pem_campaigns.InsertMenu";
    static props = {
        kinds: Array,
        // `[{ label, icon, run, isDanger }]`
        entries: { type: Array, optional: true },
        title: String,
        select: Function,
        close: { type: Function, optional: true },
    };

    setup() {
        this.root = useRef("root");
        useEffect(
            (root) => root?.querySelector("button")?.focus(),
            () => [this.root.el]
        );
    }

    get entries() {
        return this.props.entries || [];
    }

    choose(kind) {
        this.props.close?.();
        this.props.select(kind);
    }

    run(entry) {
        this.props.close?.();
        entry.run();
    }

    onKeydown(ev) {
        const buttons = [...this.root.el.querySelectorAll("button")];
        const index = buttons.indexOf(document.activeElement);
        const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: buttons.length - 1 }[ev.key];
        if (next !== undefined) {
            ev.preventDefault();
            ev.stopPropagation();
            buttons.at(next % buttons.length)?.focus();
        } else if (ev.key === "Escape" || ev.key === "Tab") {
            ev.preventDefault();
            ev.stopPropagation();
            this.props.close?.();
        } else if (ev.key.length === 1 && /\p{L}/u.test(ev.key)) {
            const matching = buttons.filter((button) => button.textContent.trim().toLowerCase().startsWith(ev.key.toLowerCase()));
            (matching.find((button) => buttons.indexOf(button) > index) || matching[0])?.focus();
        }
    }
}
