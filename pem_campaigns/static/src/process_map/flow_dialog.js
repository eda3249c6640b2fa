import { Component, onWillStart, useState, useSubEnv } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { DomainSelector } from "@web/core/domain_selector/domain_selector";
import { fieldService } from "@web/core/field_service";
import { _t } from "@web/core/l10n/translation";
import { treeProcessorService } from "@web/core/tree_editor/tree_processor";
import { useService } from "@web/core/utils/hooks";

/**
 * Odoo's domain selector over what a process runs on. A draft has no definition of its answers yet, so the selector is told
 * what its forms ask.
 */
export class SubjectSelector extends Component {
    static template = "pem_campaigns.SubjectSelector";
    static components = { DomainSelector };
    static props = { domain: String, resModel: String, questions: Array, update: Function };

    setup() {
        const { services } = this.env;
        const orm = useService("orm");
        const known = Object.assign(Object.create(orm), {
            webSearchRead: (model, domain, options) =>
                model === "pem.process"
                    ? { records: [{ id: 0, display_name: _t("this process"), answers_definition: this.props.questions }] }
                    : orm.webSearchRead(model, domain, options),
        });
        const field = fieldService.start(this.env, { orm: known });
        useSubEnv({
            services: Object.assign(Object.create(services), {
                field,
                tree_processor: treeProcessorService.start(this.env, { field, name: services.name }),
            }),
        });
    }
}

/** When a flow is taken: for which outcome, under which condition, and what it is called. */
export class FlowDialog extends Component {
    static template = "pem_campaigns.FlowDialog";
    static components = { Dialog, SubjectSelector };
    static props = {
        source: String,
        target: String,
        // `[[key, label]]`, empty when the step ends in one way only
        outcomes: Array,
        values: Object,
        resModel: String,
        loadQuestions: Function,
        hasSiblings: Boolean,
        isFirst: Boolean,
        // Nobody said yet when it is taken
        isOpenQuestion: Boolean,
        // All ways out of the step are taken, whatever their conditions
        takesAll: Boolean,
        save: Function,
        remove: Function,
        moveFirst: Function,
        close: Function,
    };

    setup() {
        const { outcome, condition, name } = this.props.values;
        this.state = useState({
            outcome: outcome || "", condition: condition || "[]", name: name || "", questions: [],
            isConditional: this.props.isOpenQuestion || (Boolean(condition) && condition !== "[]"),
        });
        onWillStart(async () => {
            this.state.questions = await this.props.loadQuestions();
        });
    }

    get title() {
        return _t("From “%(source)s” to “%(target)s”", this.props);
    }

    save() {
        const { outcome, condition, name, isConditional } = this.state;
        this.props.save({ outcome: outcome || false, condition: isConditional ? condition : "[]", name: name.trim() });
        this.props.close();
    }

    remove() {
        this.props.remove();
        this.props.close();
    }

    moveFirst() {
        this.props.moveFirst();
        this.save();
    }
}
