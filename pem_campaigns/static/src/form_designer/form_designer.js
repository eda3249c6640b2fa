import { Component, onWillStart, onWillUnmount, toRaw, useEffect, useRef, useState, useSubEnv } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { FormCanvas } from "./canvas";
import { useFormDrag } from "./drag";
import { FormDesign } from "./form_design";
import { FormPalette } from "./palette";
import { FormPanel } from "./panel";

/** Elements of a form are all loaded at once. */
const LIMIT = 10_000;
/** Milliseconds after a change until the server is asked what is wrong. */
const CHECK_AFTER = 600;

/** Designs a form by drag and drop: palette, page as the partner will see it, and what can be said of an element. */
export class FormDesigner extends Component {
    static template = "pem_campaigns.FormDesigner";
    static components = { FormPalette, FormCanvas, FormPanel };
    static props = { ...standardFieldProps, views: Object };

    setup() {
        this.orm = useService("orm");
        this.conditions = useService("pem_conditions");
        this.root = useRef("root");
        this.check = useDebounced(() => this.askProblems(), CHECK_AFTER);
        this.design = new FormDesign(() => this.list, {
            isReadonly: () => this.props.readonly,
            onChanged: () => this.check(),
        });
        this.state = useState(this.design.state);
        useSubEnv({ formDesign: this.design });
        this.drag = useFormDrag(this.root, this.design);

        onWillStart(async () => {
            const { activeFields } = this.props.record;
            activeFields[this.props.name].limit = LIMIT;
            const facts = this.conditions.loadFacts();
            if (this.list.count > this.list.records.length) {
                await this.list.load({ limit: LIMIT });
            }
            this.design.facts = await facts;
        });
        // A list of its own after loading, saving and discarding.
        useEffect(
            (list, dirty) => {
                if (this.watched !== list) {
                    this.watched = list;
                    this.design.watch(this.list);
                    this.reselect();
                    this.askProblems();
                } else if (!dirty) {
                    this.design.watch(this.list);
                    this.reselect();
                }
            },
            () => [toRaw(this.list), this.props.record.dirty]
        );
        useEffect(
            (id) => {
                this.selectedIndex = id ? this.design.everything.findIndex((one) => one.id === id) : undefined;
            },
            () => [this.state.selected]
        );
        this.isGone = false;
        onWillUnmount(() => (this.isGone = true));
    }

    get list() {
        return this.props.record.data[this.props.name];
    }

    get selected() {
        return this.state.selected ? this.design.selected : undefined;
    }

    get isColumn() {
        const record = this.selected;
        return Boolean(record && this.design.tableOf(record));
    }

    /** The form view of a question, or that of a column. */
    get panelArch() {
        const form = this.props.views.form;
        if (!this.isColumn) {
            return form;
        }
        const node = Object.values(form.fieldNodes).find((one) => one.name === "column_ids");
        return node.views.form;
    }

    /** Records are others after saving: what stands in the same place is selected. */
    reselect() {
        if (this.state.selected && !this.design.selected) {
            const { everything } = this.design;
            this.design.select(everything[Math.min(this.selectedIndex ?? 0, everything.length - 1)]?.id || false);
        }
    }

    async askProblems() {
        const { record } = this.props;
        const asked = (this.asked = (this.asked || 0) + 1);
        const changes = await record.getChanges({ withReadonly: true });
        let found;
        try {
            found = await this.orm.silent.call("pem.form", "get_designer_problems", [record.resId ? [record.resId] : [], changes]);
        } catch {
            // What is half written cannot be judged yet; saving says what is wrong.
            return;
        }
        if (this.isGone || asked !== this.asked) {
            return;
        }
        const { problems } = this.state;
        const next = Object.fromEntries(found);
        for (const id of new Set([...Object.keys(problems), ...Object.keys(next)])) {
            if (String(problems[id]) !== String(next[id])) {
                problems[id] = next[id];
            }
        }
    }

    get problemCount() {
        return Object.values(this.state.problems).filter(Boolean).flat().length;
    }

    // Events

    onCanvasClick(ev) {
        const element = ev.target.closest(".o_pem_fd_el, .o_pem_fd_column");
        if (element) {
            this.design.select(element.dataset.id);
            this.state.isPanelOpen = true;
        }
    }

    /** Shortcuts of the whole designer; those of a text that is being written stay its own. */
    onKeydown(ev) {
        const isWriting = ev.target.closest("input, textarea, select, [contenteditable=true]");
        const key = ev.key.toLowerCase();
        if ((ev.ctrlKey || ev.metaKey) && !ev.altKey && ["z", "y"].includes(key) && !isWriting) {
            this.handled(ev, key === "y" || ev.shiftKey ? this.design.redo() : this.design.undo());
        }
    }

    onCanvasKeydown(ev) {
        const element = ev.target.closest("[role=option]");
        if (!element) {
            return;
        }
        const step = { ArrowUp: -1, ArrowDown: 1 }[ev.key];
        const side = { ArrowLeft: -1, ArrowRight: 1 }[ev.key];
        if (ev.altKey && ev.shiftKey && (side || step)) {
            this.handled(ev, this.design.moveAcross());
        } else if (ev.altKey && step) {
            this.handled(ev, this.design.shift(step));
        } else if (ev.altKey && side) {
            this.handled(ev, this.isColumn ? this.design.shift(side) : this.design.stretch(side));
        } else if (ev.ctrlKey && ev.key.toLowerCase() === "d") {
            this.handled(ev, this.design.duplicate());
        } else if (["Delete", "Backspace"].includes(ev.key) && !ev.altKey && !ev.ctrlKey) {
            this.handled(ev, this.design.remove());
        } else if (["Enter", "F2"].includes(ev.key) && !ev.altKey && !ev.ctrlKey) {
            ev.preventDefault();
            ev.stopPropagation();
            this.state.isPanelOpen = true;
            this.state.focusLabel = true;
        } else if (!ev.altKey && !ev.ctrlKey && (step || side || ["Home", "End", " "].includes(ev.key))) {
            const { everything } = this.design;
            const index = everything.findIndex((record) => record.id === element.dataset.id);
            const goal = { Home: 0, End: everything.length - 1, " ": index }[ev.key] ?? index + (step || side);
            const record = everything[Math.max(0, Math.min(goal, everything.length - 1))];
            this.design.select(record.id);
            this.handled(ev);
        }
    }

    /** Keep a key for ourselves; afterwards the focus is on what is selected. */
    async handled(ev, done) {
        ev.preventDefault();
        ev.stopPropagation();
        await done;
        this.focusSelected();
    }

    focusSelected() {
        // After the drawing that the change leads to.
        requestAnimationFrame(() => {
            const element = this.root.el?.querySelector(`[role=option][data-id="${this.state.selected}"]`);
            element?.focus({ preventScroll: true });
            element?.scrollIntoView({ block: "nearest" });
        });
    }

    /** Arriving by Tab selects. */
    onCanvasFocus(ev) {
        const id = ev.target.closest("[role=option]")?.dataset.id;
        if (id && !this.state.selected) {
            this.design.select(id);
        }
    }

    closePanel() {
        this.state.isPanelOpen = false;
        this.focusSelected();
    }

    onPanelKeydown(ev) {
        if (ev.key === "Escape" && !ev.target.closest(".o-autocomplete, .dropdown-menu, .o_select_menu")) {
            ev.stopPropagation();
            this.closePanel();
        }
    }
}

registry.category("fields").add("pem_form_designer", {
    component: FormDesigner,
    displayName: _t("Form designer"),
    supportedTypes: ["one2many"],
    useSubView: true,
    extractProps: ({ views }) => ({ views }),
});
