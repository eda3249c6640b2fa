import { Domain } from "@web/core/domain";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";
import { checkAnswer, typedAnswer } from "../answers";

/** Milliseconds after the last change until the draft is kept. */
const SAVE_AFTER = 1500;

/**
 * A partner's form: questions come and go with the answers before them, what cannot be right is said at once, and a
 * draft is kept while one types. Everything works without it as well; the server has the last word.
 */
export class RequestForm extends Interaction {
    static selector = ".o_pem_form";
    dynamicContent = {
        _root: {
            "t-on-input": this.onInput,
            "t-on-change": this.onChange,
            "t-on-submit": this.onSubmit,
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
        ".o_pem_add_row": { "t-on-click.prevent": this.onAddRow },
        ".o_pem_remove_row": { "t-on-click": this.onRemoveRow },
    };

    setup() {
        this.facts = JSON.parse(this.el.dataset.facts || "{}");
        this.saveSoon = this.debounced(this.saveDraft, SAVE_AFTER);
        this.isSent = false;
        this.isPressed = false;
        this.leftEntries = new Set();
        this.progress = 0;
        this.questionCount = 0;
        this.react();
        const summary = document.querySelector(".o_pem_summary");
        summary?.focus();
    }

    get entries() {
        return [...this.el.querySelectorAll(".o_pem_entry[data-name]")];
    }

    /** The typed answer of an entry, as conditions see it; undefined for what is not open. */
    answerOf(entry) {
        const inputs = [...entry.querySelectorAll("[name^='answer.'], .o_pem_file_list")];
        if (!inputs.length) {
            return undefined;
        }
        if (entry.dataset.type === "file") {
            return entry.querySelectorAll(".o_pem_file_list li").length > 0;
        }
        const filled = inputs.filter((input) => input.type !== "hidden");
        if (entry.dataset.type === "boolean") {
            return filled[0].checked;
        }
        if (entry.dataset.type === "tags") {
            const chosen = filled.filter((input) => input.checked).map((input) => input.value);
            return chosen.length ? chosen : false;
        }
        return typedAnswer(entry.dataset.type, filled[0].value);
    }

    /** Show and hide questions in the order of the form: one may hide another, which hides a third. */
    react() {
        const values = { ...this.facts };
        let answered = 0;
        let asked = 0;
        for (const entry of this.entries) {
            values[entry.dataset.name] = this.answerOf(entry) ?? false;
        }
        for (const entry of this.entries) {
            const { name, visibleIf } = entry.dataset;
            if (visibleIf) {
                entry.hidden = !new Domain(JSON.parse(visibleIf)).contains(values);
                if (entry.hidden) {
                    values[name] = false;
                }
            }
            if (!entry.hidden && this.answerOf(entry) !== undefined) {
                asked++;
                answered += values[name] !== false ? 1 : 0;
            }
        }
        this.values = values;
        this.questionCount = asked;
        this.progress = asked ? Math.round((100 * answered) / asked) : 0;
    }

    isRequired(entry) {
        const { required, requiredIf } = entry.dataset;
        return Boolean(required) || (Boolean(requiredIf) && new Domain(JSON.parse(requiredIf)).contains(this.values));
    }

    /** Say what is wrong with an answer beside it; return whether it is right. */
    judge(entry) {
        const message = this.answerOf(entry) === undefined || entry.hidden
            ? ""
            : checkAnswer(entry.dataset, this.values[entry.dataset.name], this.isRequired(entry));
        const error = entry.querySelector(".o_pem_error");
        if (error) {
            error.textContent = message;
            error.hidden = !message;
            for (const input of entry.querySelectorAll("[name^='answer.']:not([type=hidden]), input[type=file]")) {
                this.markInput(input, message);
            }
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

    onInput() {
        this.react();
        this.saveSoon();
    }

    onChange(ev) {
        if (ev.target.type === "file") {
            this.uploadFiles(ev.target);
            return;
        }
        this.react();
        const entry = ev.target.closest(".o_pem_entry");
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
                this.leftEntries.forEach((entry) => this.judge(entry));
                this.leftEntries.clear();
            }
        }, 0);
    }

    onSubmit(ev) {
        const { submitter } = ev;
        if (submitter?.name !== "action" || submitter.value !== "submit") {
            return;
        }
        this.react();
        const wrong = this.entries.filter((entry) => !this.judge(entry));
        if (wrong.length) {
            ev.preventDefault();
            const input = wrong[0].querySelector("[name^='answer.']:not([type=hidden]), input[type=file]");
            wrong[0].scrollIntoView({ block: "center" });
            input?.focus({ preventScroll: true });
        } else if (this.isSent) {
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

    // Files

    async uploadFiles(input) {
        const holder = input.closest(".o_pem_files");
        const entry = input.closest(".o_pem_entry");
        const error = entry.querySelector(".o_pem_error");
        const messages = [];
        for (const file of input.files) {
            if (file.size > Number(input.dataset.limitMb) * 1024 * 1024) {
                messages.push(_t("“%(name)s” is larger than %(limit)s MB.", { name: file.name, limit: input.dataset.limitMb }));
                continue;
            }
            const form = new FormData();
            form.append("csrf_token", this.el.elements.csrf_token.value);
            form.append("file", file);
            if (this.el.dataset.token) {
                form.append("access_token", this.el.dataset.token);
            }
            let answer;
            try {
                const response = await this.waitFor(
                    fetch(`${this.el.dataset.path}/files/${holder.dataset.question}`, { method: "POST", body: form })
                );
                answer = response.ok ? await this.waitFor(response.json()) : { error: _t("“%s” could not be sent. Please try again.", file.name) };
            } catch {
                answer = { error: _t("“%s” could not be sent. Please try again.", file.name) };
            }
            if (answer.error) {
                messages.push(answer.error);
            } else {
                this.addFile(holder, answer);
            }
        }
        input.value = "";
        error.textContent = messages.join(" ");
        error.hidden = !messages.length;
        this.markInput(input, messages.length);
        this.react();
        this.updateContent();
    }

    addFile(holder, { id, name }) {
        const { path, token } = this.el.dataset;
        const item = document.createElement("li");
        item.className = "d-flex align-items-center gap-2 border rounded px-2 py-1 mb-1";
        const icon = document.createElement("i");
        icon.className = "fa fa-paperclip";
        icon.setAttribute("aria-hidden", "true");
        const link = document.createElement("a");
        link.className = "flex-grow-1 text-truncate";
        link.href = `${path}/files/${id}${token ? `?access_token=${encodeURIComponent(token)}` : ""}`;
        link.textContent = name;
        const remove = document.createElement("button");
        remove.type = "submit";
        remove.className = "btn btn-sm btn-link text-danger px-1";
        remove.setAttribute("formaction", `${path}/files/${holder.dataset.question}/${id}/remove`);
        remove.setAttribute("formnovalidate", "formnovalidate");
        remove.setAttribute("aria-label", _t("Remove %s", name));
        const bin = document.createElement("i");
        bin.className = "fa fa-trash-o";
        bin.setAttribute("aria-hidden", "true");
        remove.append(bin);
        item.append(icon, link, remove);
        holder.querySelector(".o_pem_file_list").append(item);
    }

    // Lines of a document

    onAddRow() {
        const template = this.el.querySelector(".o_pem_row_template");
        const key = `new${Date.now()}`;
        const row = template.content.firstElementChild.cloneNode(true);
        for (const node of row.querySelectorAll("[id], [name], [for], [aria-describedby]")) {
            for (const attribute of ["id", "name", "for", "aria-describedby"]) {
                if (node.hasAttribute(attribute)) {
                    node.setAttribute(attribute, node.getAttribute(attribute).replace("KEY", key));
                }
            }
        }
        this.insert(row, template, "beforebegin");
        row.querySelector("input")?.focus();
    }

    onRemoveRow(ev) {
        ev.currentTarget.closest(".o_pem_row").remove();
        // Who came by keyboard goes on from here, not from the top of the page.
        this.el.querySelector(".o_pem_add_row").focus();
        this.saveSoon();
    }
}

registry.category("public.interactions").add("pem_partner_portal.request_form", RequestForm);
