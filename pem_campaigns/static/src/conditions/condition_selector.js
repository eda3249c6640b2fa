import { Component, useSubEnv } from "@odoo/owl";
import { DomainSelector } from "@web/core/domain_selector/domain_selector";
import { fieldService } from "@web/core/field_service";
import { _t } from "@web/core/l10n/translation";
import { condition } from "@web/core/tree_editor/condition_tree";
import { Select } from "@web/core/tree_editor/tree_editor_components";
import { getOperatorEditorInfo } from "@web/core/tree_editor/tree_editor_operator_editor";
import { getDefaultValue } from "@web/core/tree_editor/tree_editor_value_editors";
import { treeProcessorService } from "@web/core/tree_editor/tree_processor";

/** The name under which the questions pass for a model. */
const QUESTIONS = "pem.questions";

/** Operators that mean the same in the browser, on the server and in the database, by type of field. */
const OPERATORS = {
    boolean: ["set", "not set"],
    given: ["set", "not set"],
    char: ["=", "!=", "ilike", "not ilike", "set", "not set"],
    selection: ["=", "!=", "in", "not in", "set", "not set"],
    tags: ["in", "not in", "set", "not set"],
    date: ["=", "<", ">", "set", "not set"],
    datetime: ["<", ">", "set", "not set"],
    integer: ["=", "!=", "<", ">", "between"],
    float: ["=", "!=", "<", ">", "between"],
    many2one: ["=", "!=", "set", "not set"],
};
/** As which type of Odoo's own a field is compared. */
const EDITED_AS = { tags: "selection", given: "binary" };

/** Odoo's domain selector over the questions of a form instead of the fields of a model. */
class QuestionSelector extends DomainSelector {
    static props = { ...DomainSelector.props, fields: Array };

    fieldOf(fieldDef) {
        return this.props.fields.find((field) => field.path === fieldDef?.path);
    }

    getDefaultCondition() {
        const [field] = this.props.fields;
        const [operator] = OPERATORS[field.type];
        return condition(field.path, operator, defaultValue(field, operator));
    }

    getDefaultOperator(fieldDef) {
        return OPERATORS[this.fieldOf(fieldDef)?.type]?.[0] || "=";
    }

    getOperatorEditorInfo(fieldDef) {
        const { type } = this.fieldOf(fieldDef) || {};
        const info = getOperatorEditorInfo(OPERATORS[type] || ["="], fieldDef);
        const words = type === "boolean"
            ? { set: _t("is Yes"), "not set": _t("is No") }
            : { set: _t("is filled in"), "not set": _t("is empty") };
        return {
            ...info,
            extractProps: (params) => {
                const props = info.extractProps(params);
                return { ...props, options: props.options.map(([key, label]) => [key, words[key] || label]) };
            },
        };
    }

    getPathEditorInfo() {
        const options = this.props.fields.map((field) => [field.path, field.string]);
        return {
            component: Select,
            extractProps: ({ update, value }) => ({ value, update, options }),
            isSupported: (path) => options.some(([known]) => known === path),
            defaultValue: () => options[0][0],
            stringify: String,
            message: _t("There is no such question any more."),
        };
    }
}

function asFieldDef(field) {
    const fieldDef = { ...field, type: EDITED_AS[field.type] || field.type };
    // Without a choice yet the editor still needs something to offer.
    return fieldDef.type === "selection" ? { ...fieldDef, selection: field.selection || [] } : fieldDef;
}

function defaultValue(field, operator) {
    return getDefaultValue(asFieldDef(field), operator);
}

/**
 * Builds a condition over questions and facts: the fields are given, not those of a model. Odoo's services for fields
 * and trees are started once more, over them.
 */
export class ConditionSelector extends Component {
    static template = "pem_campaigns.ConditionSelector";
    static components = { QuestionSelector };
    static props = { domain: String, fields: Array, update: Function };

    setup() {
        this.QUESTIONS = QUESTIONS;
        const { services } = this.env;
        const field = { ...fieldService.start(this.env, { orm: this.orm }), loadFieldInfo: this.loadFieldInfo.bind(this) };
        useSubEnv({
            services: Object.assign(Object.create(services), {
                field,
                tree_processor: treeProcessorService.start(this.env, { field, name: services.name }),
            }),
        });
    }

    /** The part of the ORM that the service for fields calls. */
    get orm() {
        const orm = {
            cache: () => orm,
            call: async () => Object.fromEntries(this.props.fields.map((field) => [field.path, asFieldDef(field)])),
        };
        return orm;
    }

    /** Paths of facts have dots in their names, and lead nowhere else. */
    async loadFieldInfo(resModel, path) {
        const field = this.props.fields.find((one) => one.path === path);
        return { resModel, fieldDef: field ? asFieldDef(field) : null };
    }
}
