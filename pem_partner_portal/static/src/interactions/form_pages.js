import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * A form of several pages, one at a time: Next and Back, progress on top, and a draft whenever a page is turned. What is
 * wrong leads to its page.
 */
export class FormPages extends Interaction {
    static selector = ".o_pem_form";
    static selectorHas = ".o_pem_steps";
    dynamicContent = {
        _root: {
            "t-on-submit.capture": this.onSubmit,
            "t-on-pem-reveal": this.onReveal,
            // What was answered may have emptied or filled a page.
            "t-on-change": () => {},
        },
        ".o_pem_steps": { "t-att-class": () => ({ "d-none": this.open.length < 2 }) },
        ".o_pem_page": { "t-att-hidden": (page) => page !== this.page },
        ".o_pem_step": {
            "t-on-click": this.onStep,
            "t-att-class": (step) => ({
                o_pem_step_current: this.pageOf(step) === this.page,
                o_pem_step_done: this.isBefore(step),
            }),
            "t-att-aria-current": (step) => (this.pageOf(step) === this.page ? "step" : null),
            "t-att-disabled": (step) => !this.reached.has(this.pageOf(step)),
            "t-att-hidden": (step) => !this.open.includes(this.pageOf(step)),
        },
        ".o_pem_step_text": { "t-out": () => this.text },
        ".o_pem_back": { "t-on-click": this.onBack, "t-att-class": () => ({ "d-none": this.page === this.open[0] }) },
        ".o_pem_next": { "t-on-click": this.onNext, "t-att-class": () => ({ "d-none": this.isLast }) },
        ".o_pem_send": { "t-att-class": () => ({ "d-none": !this.isLast }) },
    };

    setup() {
        this.pages = [...this.el.querySelectorAll(".o_pem_page")];
        this.key = `pem_page:${this.el.dataset.path}`;
        this.reached = new Set();
        const wrong = this.el.querySelector(".o_pem_error:not([hidden]), .o_pem_table_error:not([hidden])");
        const left = this.pages[Number(sessionStorage.getItem(this.key) || 0)];
        this.turn((wrong || this.el.querySelector(".o_pem_table_notes:not(:empty)"))?.closest(".o_pem_page") || left || this.pages[0]);
    }

    /** The pages on which there is something to see. */
    get open() {
        return this.pages.filter((page) => page === this.page || !page.querySelector(".o_pem_entry") || page.querySelector(".o_pem_entry:not([hidden])"));
    }

    get isLast() {
        return this.page === this.open.at(-1);
    }

    get text() {
        const { open } = this;
        const title = this.page.querySelector("h2")?.textContent || "";
        const place = _t("Page %(number)s of %(count)s", { number: open.indexOf(this.page) + 1, count: open.length });
        return title ? `${place}: ${title}` : place;
    }

    pageOf(step) {
        return this.pages[Number(step.dataset.page) - 1];
    }

    isBefore(step) {
        return this.pages.indexOf(this.pageOf(step)) < this.pages.indexOf(this.page);
    }

    turn(page) {
        this.page = page;
        for (const before of this.pages.slice(0, this.pages.indexOf(page) + 1)) {
            this.reached.add(before);
        }
        sessionStorage.setItem(this.key, String(this.pages.indexOf(page)));
    }

    /** Turn to a page, keep a draft, and begin to read at its top. */
    go(page) {
        this.turn(page);
        this.updateContent();
        this.el.dispatchEvent(new CustomEvent("pem-save"));
        const top = page.querySelector("h2[tabindex]") || page;
        page.setAttribute("tabindex", "-1");
        this.el.scrollIntoView({ block: "start" });
        top.focus({ preventScroll: true });
    }

    isRight() {
        const detail = { within: this.page };
        this.el.dispatchEvent(new CustomEvent("pem-judge", { detail }));
        return detail.isRight;
    }

    onNext() {
        if (this.isRight()) {
            const { open } = this;
            this.go(open[open.indexOf(this.page) + 1]);
        }
    }

    onBack() {
        const { open } = this;
        this.go(open[open.indexOf(this.page) - 1]);
    }

    onStep(ev) {
        const page = this.pageOf(ev.currentTarget);
        if (this.pages.indexOf(page) < this.pages.indexOf(this.page) || this.isRight()) {
            this.go(page);
        }
    }

    onReveal(ev) {
        const page = ev.target.closest(".o_pem_page");
        if (page && page !== this.page) {
            this.turn(page);
            this.updateContent();
        }
    }

    /** Enter on a page before the last turns it instead of sending the form. */
    onSubmit(ev) {
        const { submitter } = ev;
        if (submitter?.name === "action" && submitter.value === "submit" && !this.isLast) {
            ev.preventDefault();
            ev.stopImmediatePropagation();
            this.onNext();
        } else if (submitter?.value === "submit") {
            sessionStorage.removeItem(this.key);
        }
    }
}

registry.category("public.interactions").add("pem_partner_portal.form_pages", FormPages);
