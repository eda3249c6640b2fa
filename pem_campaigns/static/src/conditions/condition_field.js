import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { ConditionSelector } from "./condition_selector";
import { conditionWords } from "./condition_words";
import { questionsOf } from "./questions";

/** Builds one condition; shows it in words while it is built. */
export class ConditionDialog extends Component {
    static template = "pem_campaigns.ConditionDialog";
    static components = { Dialog, ConditionSelector };
    static props = { title: String, domain: String, fields: Array, names: Object, save: Function, close: Function };

    setup() {
        this.state = useState({ domain: this.props.domain });
    }

    get words() {
        return conditionWords(this.state.domain, this.props.fields, this.props.names);
    }

    update(domain) {
        this.state.domain = domain;
    }

    save() {
        this.props.save(this.state.domain === "[]" ? false : this.state.domain);
        this.props.close();
    }
}

/** A condition over the questions of a form and over facts: shown in words, built in a dialog. */
export class ConditionField extends Component {
    static template = "pem_campaigns.ConditionField";
    static props = {
        ...standardFieldProps,
        // What stands there without a condition
        otherwise: { type: String, optional: true },
        onlyAbove: { type: Boolean, optional: true },
        facts: { type: String, optional: true },
    };

    setup() {
        this.dialog = useService("dialog");
        this.conditions = useService("pem_conditions");
        onWillStart(async () => {
            const facts = await this.conditions.loadFacts();
            const { facts: scope } = this.props;
            this.facts = scope ? facts.filter((fact) => fact.path.startsWith(`${scope}.`)) : facts;
            this.names = {};
            await this.loadNames();
        });
    }

    get label() {
        return this.props.record.fields[this.props.name].string;
    }

    get value() {
        const value = this.props.record.data[this.props.name];
        return value && value !== "[]" ? value : "";
    }

    /** Conditions that decide who sees it are about the reader alone. */
    get fields() {
        const { record, onlyAbove, facts } = this.props;
        return [...(facts ? [] : questionsOf(record, { onlyAbove })), ...this.facts];
    }

    get words() {
        const { record, facts } = this.props;
        const known = [...(facts ? [] : questionsOf(record)), ...this.facts];
        return conditionWords(this.value, known, this.names);
    }

    async loadNames() {
        for (const { relation } of this.fields) {
            if (relation) {
                this.names[relation] = await this.conditions.loadNames(relation);
            }
        }
    }

    async edit() {
        await this.loadNames();
        this.dialog.add(ConditionDialog, {
            title: String(this.label),
            domain: this.value || "[]",
            fields: this.fields,
            names: this.names,
            save: (value) => this.props.record.update({ [this.props.name]: value }),
        });
    }

    clear() {
        return this.props.record.update({ [this.props.name]: false });
    }
}

export const conditionField = {
    component: ConditionField,
    displayName: _t("Condition"),
    supportedTypes: ["char", "text"],
    extractProps: ({ options, placeholder, attrs }) => ({
        otherwise: placeholder || attrs.placeholder,
        onlyAbove: Boolean(options.only_above),
        facts: options.facts,
    }),
};

registry.category("fields").add("pem_condition", conditionField);
