import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";
import { checkAnswer, differ } from "../answers";
import { answerOf, CELLS, condition, ENTRIES, enterAnswer, filledRows, INPUTS, settle, showTotal } from "../sheet";

/** Milliseconds after the last change until the draft is kept. */
const SAVE_AFTER = 1500;

/**
 * A partner's form: questions come and go with the answers before them, what cannot be right is said at once, and a
 * draft is kept while one types. Everything works without it as well; the server has the last word.
 *
 * Tables, files, signatures and pages are interactions of their own. They tell the form of changes by the event
 * ``pem-changed``, ask it for a verdict by ``pem-judge`` and for a draft by ``pem-save``; it asks them to show an element
 * by ``pem-reveal``.
 */
export class RequestForm extends Interaction {
    static selector = ".o_pem_form";
    dynamicContent = {
        _root: {
            "t-on-input": this.onInput,
            "t-on-change": this.onChange,
            "t-on-submit": this.onSubmit,
            "t-on-pem-changed": this.onInput,
            "t-on-pem-judge": (ev) => (ev.detail.isRight = this.isRight(ev.detail.within)),
            "t-on-pem-save": () => this.saveDraft(),
        },
        _document: {
            "t-on-pointerdown": () => (this.isPressed = true),
            "t-on-pointerup": this.onRelease,
            "t-on-pointercancel": this.onRelease,
        },
        ".o_pem_progress": {
            "t-att-class": () => ({ "d-none": this.questionCount < 2 }),
            "t-att-aria-valuenow": () => `${this.progress}`,
        },
        ".o_pem_progress .progress-bar": { "t-att-style": () => ({ width: `${this.progress}%` }) },
        ".o_pem_saved": { "t-out": () => this.savedText ?? Interaction.INITIAL_VALUE },
        ".o_pem_correct": { "t-on-click": this.onCorrect },
        ".o_pem_confirm [type=checkbox]": { "t-on-change.stop": this.onConfirm },
        // The browser brings the first line of a text into view, and leaves the rest under the bar with the buttons.
        textarea: { "t-on-focus": (ev) => ev.target.scrollIntoView({ block: "nearest" }) },
    };

    setup() {
        this.facts = JSON.parse(this.el.dataset.facts || "{}");
        this.zone = this.el.elements.zone?.value;
        this.saveSoon = this.debounced(this.saveDraft, SAVE_AFTER);
        this.isSent = false;
        this.isPressed = false;
        this.leftEntries = new Set();
        this.progress = 0;
        this.questionCount = 0;
        this.react();
        this.el.querySelectorAll(".o_pem_confirm").forEach((confirm) => this.foldCorrection(confirm));
        const summary = document.querySelector(".o_pem_summary");
        summary?.focus();
    }

    get entries() {
        return [...this.el.querySelectorAll(ENTRIES)];
    }

    /** Show, hide and compute what depends on the answers, and count them. */
    react() {
        const entries = this.entries;
        this.rows = new Map();
        this.values = settle(entries, this.facts, this.zone, (entry, known) => this.rowsOf(entry.querySelector(".o_pem_table"), known));
        for (const table of this.el.querySelectorAll(".o_pem_table")) {
            if (!this.rows.has(table)) {
                this.rowsOf(table, this.values);
            }
            const rows = this.rows.get(table).map(({ values }) => values);
            table.querySelectorAll("[data-total]").forEach((total) => showTotal(total, rows));
        }
        const asked = entries.filter((entry) => !entry.hidden && this.isAsked(entry));
        const answered = asked.filter((entry) => this.values[entry.dataset.name] !== false);
        this.questionCount = asked.length;
        this.progress = asked.length ? Math.round((100 * answered.length) / asked.length) : 0;
    }

    rowsOf(table, known) {
        const rows = table ? filledRows(table, known, this.zone) : [];
        this.rows.set(table, rows);
        return rows.length ? rows.map(({ values }) => values) : false;
    }

    /** Whether the partner can answer a question at present. */
    isAsked(entry) {
        return entry.dataset.type === "table"
            ? Boolean(entry.querySelector(".o_pem_row_template"))
            : entry.dataset.type !== "computed" && answerOf(entry, this.zone) !== undefined;
    }

    // Verdicts

    /** Say what is wrong with an answer beside it; return whether it is right. */
    judge(entry) {
        if (entry.dataset.type === "table") {
            return this.judgeTable(entry.querySelector(".o_pem_table"), entry);
        }
        const isOpen = this.isAsked(entry) && !entry.hidden && !entry.querySelector(".o_pem_field:disabled");
        return this.say(entry, isOpen ? this.faultOf(entry, this.values) : "");
    }

    faultOf(node, values) {
        const required = node.dataset.required || condition(node, "requiredIf")?.contains(values);
        const value = values[node.dataset.name];
        const message = checkAnswer(node.dataset, value, Boolean(required));
        return message || (this.isUnconfirmed(node, value) ? _t("Please confirm that this is still right, or correct it.") : "");
    }

    isUnconfirmed(entry, value) {
        const confirm = entry.querySelector(":scope > .o_pem_field > .o_pem_confirm");
        return confirm && !confirm.querySelector("[type=checkbox]").checked && !differ(JSON.parse(confirm.dataset.standing), value);
    }

    judgeTable(table, entry) {
        if (!table?.querySelector(".o_pem_row_template") || entry?.hidden) {
            return true;
        }
        const rows = this.rows.get(table);
        let isRight = true;
        for (const { cells, values } of rows) {
            const known = { ...this.values, ...values };
            isRight = cells.filter((cell) => !this.say(cell, cell.hidden ? "" : this.faultOf(cell, known))).length === 0 && isRight;
        }
        const filled = new Set(rows.map(({ row }) => row));
        for (const row of table.querySelectorAll(".o_pem_row")) {
            if (!filled.has(row)) {
                row.querySelectorAll(CELLS).forEach((cell) => this.say(cell, ""));
            }
        }
        const { least, most } = table.dataset;
        const required = entry && (entry.dataset.required || condition(entry, "requiredIf")?.contains(this.values));
        const message = checkAnswer({ type: "table", least, most }, rows, Boolean(required));
        const error = table.querySelector(".o_pem_table_error");
        error.textContent = message;
        error.hidden = !message;
        return isRight && !message;
    }

    say(node, message) {
        const error = node.querySelector(".o_pem_error");
        if (error) {
            error.textContent = message;
            error.hidden = !message;
            node.querySelectorAll(INPUTS).forEach((input) => this.markInput(input, message));
        }
        return !message;
    }

    /** Show that an input is wrong to those who see it and to those who hear it. */
    markInput(input, isWrong) {
        input.classList.toggle("is-invalid", Boolean(isWrong));
        if (isWrong) {
            input.setAttribute("aria-invalid", "true");
        } else {
            input.removeAttribute("aria-invalid");
        }
    }

    /** Judge all questions within an element; lead to the first wrong one. */
    isRight(within) {
        this.react();
        this.entries.filter((entry) => within.contains(entry)).forEach((entry) => this.judge(entry));
        for (const table of within.querySelectorAll(".o_pem_table")) {
            if (!table.closest(ENTRIES)) {
                this.judgeTable(table);
            }
        }
        const [first] = [...within.querySelectorAll(".o_pem_error, .o_pem_table_error")].filter(
            (error) => !error.hidden && !error.closest("[hidden]:not(.o_pem_page)"));
        if (first) {
            const node = first.closest(`${CELLS}, ${ENTRIES}, .o_pem_table`);
            first.dispatchEvent(new CustomEvent("pem-reveal", { bubbles: true }));
            const input = [...node.querySelectorAll(`.o_pem_confirm [type=checkbox], ${INPUTS}, .o_pem_add_row`)].find(
                (one) => one.offsetParent !== null);
            node.scrollIntoView({ block: "center" });
            input?.focus({ preventScroll: true });
        }
        return !first;
    }

    onInput() {
        this.react();
        this.saveSoon();
    }

    onChange(ev) {
        if (ev.target.type === "file") {
            return;
        }
        this.react();
        const entry = ev.target.closest(`${CELLS}, ${ENTRIES}`);
        if (entry) {
            this.leftEntries.add(entry);
            this.judgeLeft();
        }
        this.saveSoon();
    }

    onRelease() {
        this.isPressed = false;
        this.judgeLeft();
    }

    /**
     * Judge what was left, but not in the middle of the click with which it was left: a sentence that comes or goes
     * moves what is below it, and the click would miss.
     */
    judgeLeft() {
        this.waitForTimeout(() => {
            if (!this.isPressed) {
                this.leftEntries.forEach((entry) => this.judgeOne(entry));
                this.leftEntries.clear();
            }
        }, 0);
    }

    judgeOne(node) {
        if (node.matches(ENTRIES)) {
            this.judge(node);
            return;
        }
        const filled = (this.rows.get(node.closest(".o_pem_table")) || []).find(({ row }) => row.contains(node));
        this.say(node, filled && !node.hidden ? this.faultOf(node, { ...this.values, ...filled.values }) : "");
    }

    // What is on file: still right, or corrected

    foldCorrection(confirm) {
        const input = confirm.querySelector("[type=checkbox]");
        const correction = confirm.parentElement.querySelector(".o_pem_correction");
        const isChanged = differ(JSON.parse(confirm.dataset.standing), this.values[confirm.closest(ENTRIES).dataset.name]);
        const button = confirm.querySelector(".o_pem_correct");
        button.classList.remove("d-none");
        this.openCorrection(button, correction, isChanged && !input.checked);
    }

    openCorrection(button, correction, isOpen) {
        button.setAttribute("aria-expanded", String(isOpen));
        for (const part of correction.querySelectorAll(":scope > :not(.o_pem_error)")) {
            part.classList.toggle("d-none", !isOpen);
        }
    }

    onCorrect(ev) {
        const entry = ev.currentTarget.closest(ENTRIES);
        entry.querySelector(".o_pem_confirm [type=checkbox]").checked = false;
        const correction = entry.querySelector(".o_pem_correction");
        this.openCorrection(ev.currentTarget, correction, true);
        correction.querySelector(INPUTS)?.focus();
        this.onInput();
    }

    onConfirm(ev) {
        const confirm = ev.currentTarget.closest(".o_pem_confirm");
        const entry = confirm.closest(ENTRIES);
        if (ev.currentTarget.checked) {
            enterAnswer(entry, JSON.parse(confirm.dataset.entered));
            this.openCorrection(confirm.querySelector(".o_pem_correct"), entry.querySelector(".o_pem_correction"), false);
            this.say(entry, "");
        }
        this.onInput();
    }

    // Sending and drafts

    onSubmit(ev) {
        const { submitter } = ev;
        if (submitter?.name !== "action" || submitter.value !== "submit") {
            return;
        }
        if (this.isSent || !this.isRight(this.el)) {
            ev.preventDefault();
        } else {
            this.isSent = true;
        }
    }

    async saveDraft() {
        if (this.isSent) {
            return;
        }
        const pairs = [...new FormData(this.el).entries()].filter(([, value]) => typeof value === "string");
        let text;
        try {
            const result = await this.waitFor(
                rpc(
                    `${this.el.dataset.path}/draft`,
                    { entries: pairs, access_token: this.el.dataset.token || undefined },
                    { silent: true }
                )
            );
            text = result.error || _t("Draft saved");
        } catch {
            text = _t("Not saved: no connection. What you typed is still here.");
        }
        this.savedText = text;
        this.updateContent();
    }
}

registry.category("public.interactions").add("pem_partner_portal.request_form", RequestForm);
