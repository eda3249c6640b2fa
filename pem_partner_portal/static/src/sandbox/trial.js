import { Component, markup, onWillStart, useEffect, useExternalListener, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { PlayerBar } from "./player_bar";

const LOOKS = {
    problem: "fa-exclamation-triangle text-danger",
    submitted: "fa-paper-plane text-info",
    approved: "fa-check text-success",
    auto_approved: "fa-check text-success",
    rejected: "fa-times text-danger",
    auto_rejected: "fa-times text-danger",
    returned: "fa-undo text-warning",
    partner_updated: "fa-pencil text-success",
    closed: "fa-flag-checkered",
};

/** A message that would have gone out; nothing in it can be followed. */
class LetterDialog extends Component {
    static template = "pem_partner_portal.LetterDialog";
    static components = { Dialog };
    static props = { mail: Object, close: Function };
}

/**
 * A process played by one person in every role. What was done so far is a list of moves; the server makes all of them
 * anew each time and tells where that leads, and nothing of it stays.
 */
export class ProcessTrial extends Component {
    static template = "pem_partner_portal.ProcessTrial";
    static components = { Layout, PlayerBar };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.display = { controlPanel: {} };
        this.frame = useRef("frame");
        this.storyEnd = useRef("storyEnd");
        this.processId = this.props.action.params?.process_id || this.props.action.context?.active_id;
        this.state = useState({
            told: null, moves: [], lang: false, isBusy: false, isPhone: false, comment: "", marks: {}, person: false,
        });
        useExternalListener(browser, "message", (ev) => this.onMessage(ev));
        onWillStart(() => this.play([]));
        useEffect(
            (page, frame) => {
                if (page && frame) {
                    // The page gets the address of this window, so that its scripts find an origin.
                    frame.contentDocument.open();
                    frame.contentDocument.write(page);
                    frame.contentDocument.close();
                }
            },
            () => [this.state.told?.page, this.frame.el, this.state.told]
        );
        useEffect(
            () => {
                this.storyEnd.el?.scrollIntoView({ block: "nearest" });
            },
            () => [this.state.told?.story.length]
        );
    }

    async play(moves, { partnerId, contactId, focus = false, lang = this.state.lang } = {}) {
        const { told } = this.state;
        this.state.isBusy = true;
        try {
            this.state.told = await this.orm.call("pem.sandbox", "play", [this.processId], {
                partner_id: partnerId ?? told?.partner_id ?? false,
                contact_id: contactId ?? told?.contact_id ?? false,
                moves,
                lang: lang || false,
                focus,
            });
        } finally {
            this.state.isBusy = false;
        }
        Object.assign(this.state, { moves: this.state.told.moves, lang, comment: "", marks: {}, person: false });
        this.env.config.setDisplayName(_t("Try %s", this.state.told.name));
    }

    // What is shown

    /** The task in focus. */
    get task() {
        return this.state.told.tasks.find((task) => task.number === this.state.told.focus);
    }

    get instructions() {
        // Sanitized by the server, as everywhere.
        return markup(this.task.instructions);
    }

    get isOver() {
        return !["running", "problem"].includes(this.state.told.state);
    }

    get outcome() {
        return {
            done: { text: _t("The process is done"), look: "alert-success", icon: "fa-check-circle" },
            rejected: { text: _t("The process ended with a refusal"), look: "alert-danger", icon: "fa-times-circle" },
            cancelled: { text: _t("The process was cancelled"), look: "alert-warning", icon: "fa-ban" },
        }[this.state.told.state];
    }

    get kinds() {
        return {
            form: { label: _t("Partner"), icon: "fa-user" },
            approval: { label: _t("Approval"), icon: "fa-gavel" },
            todo: { label: _t("To-do"), icon: "fa-check-square-o" },
            wait: { label: _t("Wait"), icon: "fa-hourglass-half" },
            call: { label: _t("Sub-process"), icon: "fa-sitemap" },
            problem: { label: _t("Stopped"), icon: "fa-exclamation-triangle" },
        };
    }

    kindOf(task) {
        return this.kinds[task.kind] || { label: "", icon: "fa-circle-o" };
    }

    look(event) {
        return LOOKS[event.kind] || "fa-circle-o text-muted";
    }

    whoActs(task) {
        return task.who || task.persons.map((person) => person.name).join(", ");
    }

    // What the reader does

    async update({ partnerId, contactId, lang }) {
        // Somebody else may be asked something else, but the language is only how it reads.
        const isOther = partnerId !== undefined || contactId !== undefined;
        await this.play(isOther ? [] : this.state.moves, { partnerId, contactId, lang });
    }

    async move(verb, values = {}) {
        if (this.state.isBusy || !this.task) {
            return;
        }
        await this.play([...this.state.moves, { do: verb, task: this.task.number, ...values }]);
    }

    onMessage(ev) {
        if (ev.source !== this.frame.el?.contentWindow || !ev.data?.pemSandbox) {
            return;
        }
        const { kind, entries, question, file } = ev.data;
        if (kind === "attach") {
            // The page shows the file already: it is played with the next move.
            this.state.moves.push({ do: "attach", task: this.task.number, question, file });
        } else {
            this.move(kind, { entries, question, file });
        }
    }

    focusOn(task) {
        return this.play(this.state.moves, { focus: task.number });
    }

    decide(verb) {
        return this.move(verb, {
            comment: this.state.comment,
            user: this.state.person || undefined,
            marks: verb === "return" ? { ...this.state.marks } : undefined,
        });
    }

    onMark(answer, ev) {
        if (ev.target.checked) {
            this.state.marks[answer.name] = "";
        } else {
            delete this.state.marks[answer.name];
        }
    }

    stepBack() {
        return this.play(this.state.moves.slice(0, -1));
    }

    restart() {
        return this.play([]);
    }

    openMail(mail) {
        this.dialog.add(LetterDialog, { mail });
    }
}

registry.category("actions").add("pem_process_trial", ProcessTrial);
