import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";
import { isEmpty } from "../answers";
import { answerOf, CELLS, enterAnswer, inputText } from "../sheet";

/**
 * Rows: of a question that is answered with a table, or of a document. They are added, duplicated and removed one by one,
 * or come from a spreadsheet, pasted or as a file; the server reads what comes from a spreadsheet.
 */
export class FormTable extends Interaction {
    static selector = ".o_pem_form .o_pem_table";
    dynamicContent = {
        _root: { "t-on-paste": this.onPaste },
        ".o_pem_add_row": { "t-on-click.prevent": this.onAdd, "t-att-disabled": () => this.rows.length >= this.most },
        ".o_pem_copy_row": { "t-on-click": this.onCopy, "t-att-disabled": () => this.rows.length >= this.most },
        ".o_pem_remove_row": { "t-on-click": this.onRemove },
        ".o_pem_import_file": { "t-on-change.stop": this.onChooseFile },
        ".o_pem_row": { "t-att-aria-label": (row) => _t("Line %s", this.rows.indexOf(row) + 1) },
    };

    setup() {
        this.form = this.el.closest("form");
        this.template = this.el.querySelector(".o_pem_row_template");
        this.notes = this.el.querySelector(".o_pem_table_notes");
        this.most = Number(this.el.dataset.most) || Infinity;
        this.added = 0;
    }

    start() {
        // As many as there have to be stand there from the start.
        const least = this.template ? Math.min(Number(this.el.dataset.least) || 0, this.most) : 0;
        while (this.rows.length < least) {
            this.addRow();
        }
    }

    get rows() {
        return [...this.el.querySelectorAll(":scope > .o_pem_row")];
    }

    addRow(after) {
        const key = `new${Date.now()}n${this.added++}`;
        const row = this.template.content.firstElementChild.cloneNode(true);
        for (const node of row.querySelectorAll("*")) {
            for (const { name, value } of Array.from(node.attributes)) {
                if (["id", "name", "for", "aria-describedby", "aria-labelledby"].includes(name)) {
                    node.setAttribute(name, value.replaceAll(/(^|[._])KEY([._])/g, `$1${key}$2`).replaceAll(/_KEY_/g, `_${key}_`));
                }
            }
        }
        this.insert(row, after || this.template, after ? "afterend" : "beforebegin", false);
        return row;
    }

    focus(row) {
        row?.querySelector(".o_pem_cell :is(input:not([type=hidden]), select, textarea)")?.focus();
    }

    tell(isChanged = true) {
        if (isChanged) {
            this.el.dispatchEvent(new CustomEvent("pem-changed", { bubbles: true }));
        }
        this.updateContent();
    }

    onAdd() {
        this.focus(this.addRow());
        this.tell(false);
    }

    onCopy(ev) {
        const original = ev.currentTarget.closest(".o_pem_row");
        const row = this.addRow(original);
        const cells = row.querySelectorAll(CELLS);
        original.querySelectorAll(CELLS).forEach((cell, index) => enterAnswer(cells[index], inputText(cell)));
        this.focus(row);
        this.tell();
    }

    onRemove(ev) {
        const row = ev.currentTarget.closest(".o_pem_row");
        const next = row.nextElementSibling?.matches(".o_pem_row") ? row.nextElementSibling : null;
        row.remove();
        // Who came by keyboard goes on from here, not from the top of the page.
        (next?.querySelector(".o_pem_remove_row") || this.el.querySelector(".o_pem_add_row")).focus();
        this.tell();
    }

    // Spreadsheets

    async onPaste(ev) {
        const text = ev.clipboardData?.getData("text/plain") || "";
        const cell = ev.target.closest(CELLS);
        const isMultiline = ev.target.matches("textarea") && !text.includes("\t");
        if (!cell || !this.template || isMultiline || !/[\t\n]/.test(text.trimEnd())) {
            return;
        }
        ev.preventDefault();
        const first = this.rows.indexOf(cell.closest(".o_pem_row"));
        const read = await this.ask({ text, start: cell.dataset.name });
        if (read) {
            this.fill(read, first);
        }
    }

    async onChooseFile(ev) {
        const input = ev.currentTarget;
        const read = await this.ask({ file: input.files[0] });
        input.value = "";
        if (read) {
            this.fill(read, this.rows.length);
        }
    }

    /** Let the server read rows; what it says is said here. */
    async ask(content) {
        const body = new FormData();
        body.append("csrf_token", this.form.elements.csrf_token.value);
        if (this.form.dataset.token) {
            body.append("access_token", this.form.dataset.token);
        }
        for (const [name, value] of Object.entries(content)) {
            body.append(name, value);
        }
        let answer;
        try {
            const response = await this.waitFor(fetch(`${this.form.dataset.path}/${this.el.dataset.path}`, { method: "POST", body }));
            answer = response.ok ? await this.waitFor(response.json()) : {};
        } catch {
            answer = {};
        }
        if (!answer.rows) {
            this.say([answer.error || _t("This could not be read. Please try again.")]);
            return null;
        }
        return answer;
    }

    /** Put rows into the table, from one of its rows on; rows in which nothing is entered are filled first. */
    fill({ rows, notes }, first) {
        const taken = this.rows;
        while (first > 0 && first === taken.length && this.isBlank(taken[first - 1])) {
            first--;
            taken.pop();
        }
        const room = Math.max(this.most - first, 0);
        const present = this.rows;
        let last;
        rows.slice(0, room).forEach((values, index) => {
            last = present[first + index] || this.addRow();
            for (const cell of last.querySelectorAll(CELLS)) {
                if (cell.dataset.name in values) {
                    enterAnswer(cell, values[cell.dataset.name]);
                }
            }
        });
        const done = Math.min(rows.length, room);
        const sentences = [done === 1 ? _t("1 line was filled.") : _t("%s lines were filled.", done)];
        if (rows.length > room) {
            sentences.push(_t("%s lines did not fit and were left out.", rows.length - room));
        }
        this.say([...sentences, ...notes]);
        this.tell();
        this.form.dispatchEvent(new CustomEvent("pem-judge", { detail: { within: this.el } }));
        this.focus(last);
    }

    isBlank(row) {
        return [...row.querySelectorAll(CELLS)].every((cell) => isEmpty(answerOf(cell)));
    }

    say(sentences) {
        this.notes.replaceChildren(
            ...sentences.map((sentence) => {
                const line = document.createElement("div");
                line.textContent = sentence;
                return line;
            })
        );
    }
}

registry.category("public.interactions").add("pem_partner_portal.form_table", FormTable);
