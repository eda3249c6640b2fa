import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Kinds of questions that are answered with files, and those of them that are looked at instead of opened. */
const FILES = ["file", "image", "signature"];
const PICTURES = ["image", "signature"];

/**
 * The answers an approver decides about: before and after, accept or send back each one with a comment.
 * A verdict is kept at once; the buttons of the form decide about the whole.
 */
export class ReviewAnswers extends Component {
    static template = "pem_campaigns.ReviewAnswers";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.root = useRef("root");
        this.state = useState({ focus: false });
        // Comments being written, by answer; they are kept when their field is left, or before a decision.
        this.unsaved = new Map();
        this.env.pemReview.flush = () => this.flush();
        useEffect(
            (id) => {
                if (id) {
                    this.root.el?.querySelector(`[data-answer="${id}"] textarea`)?.focus();
                    this.state.focus = false;
                }
            },
            () => [this.state.focus]
        );
    }

    get canDecide() {
        return this.props.record.data.can_decide;
    }

    get answers() {
        return this.props.record.data[this.props.name].records.map(({ resId, data }) => ({
            id: resId,
            ...data,
            open: this.canDecide && data.is_current,
            files: FILES.includes(data.value_type) && Array.isArray(data.value) ? data.value : [],
            hasPictures: PICTURES.includes(data.value_type),
            table: data.value_type === "table" && data.details ? data.details : null,
            stars: data.value_type === "rating" && data.value ? this.starsOf(data) : [],
            display: this.displayOf(data),
        }));
    }

    /** What was answered, in words; moments in the time zone of the reader, not of the partner. */
    displayOf({ value_type: type, value, display }) {
        return type === "datetime" && value ? toLocaleDateTimeString(deserializeDateTime(value)) : display;
    }

    starsOf({ value, details }) {
        return Array.from({ length: details?.stars || 5 }, (_, number) => number < value);
    }

    get changedCount() {
        return this.answers.filter((answer) => answer.is_changed).length;
    }

    get returnedCount() {
        return this.answers.filter((answer) => answer.open && answer.verdict === "returned").length;
    }

    get summary() {
        return this.changedCount === 1 ? _t("1 answer is new or changed.")
            : this.changedCount ? _t("%s answers are new or changed.", this.changedCount)
            : _t("Nothing is new or changed.");
    }

    get returnedText() {
        return this.returnedCount === 1 ? _t("1 answer goes back to the partner.") : _t("%s answers go back to the partner.", this.returnedCount);
    }

    async toggleReturn(answer) {
        const returned = answer.verdict !== "returned";
        await this.write(answer, returned ? { verdict: "returned" } : { verdict: "pending", comment: false });
        this.state.focus = returned && answer.id;
    }

    toggleAccept(answer) {
        return this.write(answer, { verdict: answer.verdict === "accepted" ? "pending" : "accepted", comment: false });
    }

    async flush() {
        for (const [id, text] of this.unsaved) {
            this.unsaved.delete(id);
            await this.write({ id }, { comment: text.trim() || false });
        }
    }

    write(answer, values) {
        return this.env.pemReview.mutex.exec(async () => {
            await this.orm.write("pem.submission.answer", [answer.id], values);
            await this.props.record.load();
        });
    }
}

registry.category("fields").add("pem_review_answers", {
    component: ReviewAnswers,
    displayName: _t("Answers to review"),
    supportedTypes: ["one2many"],
    useSubView: false,
    relatedFields: [
        { name: "label", type: "char" },
        { name: "value_type", type: "char" },
        { name: "value", type: "json" },
        { name: "details", type: "json" },
        { name: "display", type: "char" },
        { name: "old_display", type: "char" },
        { name: "attribute_id", type: "many2one", relation: "pem.attribute" },
        { name: "is_changed", type: "boolean" },
        { name: "is_current", type: "boolean" },
        { name: "verdict", type: "selection", selection: [] },
        { name: "comment", type: "char" },
    ],
});
