import { Component, onWillRender, onWillUnmount, useEffect, useState, xml } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { x2ManyCommands } from "@web/core/orm_service";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useOpenX2ManyRecord, useX2ManyCrud } from "@web/views/fields/relational_utils";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { FlowDialog } from "./flow_dialog";
import * as graphs from "./graph";
import { MapHistory } from "./history";
import { offeredKinds } from "./kinds";
import { ProcessMap } from "./process_map";

/** How long after the last change the drawing is looked at by the server. */
const CHECK_DELAY = 300;
/** What a copy of a step takes along from it, besides its kind and name. */
const COPIED = ["form_id", "end_state"];

const idOf = (record) => record.resId || record._virtualId;

/**
 * The steps of a process as a map. Steps and flows are the records of two x2many fields, so saving and discarding are those of
 * the form; new ones refer to each other by the names they have until they are saved.
 */
export class ProcessMapField extends Component {
    static template = "pem_campaigns.ProcessMapField";
    static components = { ProcessMap };
    static props = {
        ...standardFieldProps,
        views: { type: Object, optional: true },
        viewMode: { type: String, optional: true },
        relatedFields: { type: Object, optional: true },
        string: { type: String, optional: true },
        context: { type: Object, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.keepLast = new KeepLast();
        this.state = useState({ check: null, undoable: 0, redoable: 0 });
        const { saveRecord, updateRecord } = useX2ManyCrud(() => this.stepList, false);
        this.openRecord = useOpenX2ManyRecord({
            resModel: this.stepList.resModel,
            activeField: {
                fields: this.props.relatedFields, views: this.props.views || {}, viewMode: this.props.viewMode,
                string: this.props.string || _t("Step"),
            },
            activeActions: { type: "one2many", create: true, edit: true, write: true, delete: false },
            getList: () => this.completingList(),
            saveRecord,
            updateRecord,
            isMany2Many: false,
        });
        this.editing = Object.fromEntries([
            "insert", "addAfter", "move", "connect", "removeStep", "removeFlow", "duplicate", "undo", "redo", "begin", "openFlow", "editForm",
            "canMove",
        ].map((name) => [name, this[name].bind(this)]));
        onWillRender(() => this.read());
        // What is loaded anew, or discarded, has another history.
        useEffect(
            () => {
                this.history = new MapHistory(this.lists);
                this.countHistory();
                this.state.check = null;
                if (this.isDirty) {
                    this.check();
                }
            },
            () => [this.stepList.id, this.flowList.id]
        );
        useEffect(
            (isDirty) => {
                if (!isDirty && this.wasDirty) {
                    this.history = new MapHistory(this.lists);
                    this.countHistory();
                    this.state.check = null;
                }
                this.wasDirty = isDirty;
            },
            // Taking everything back is no discarding.
            () => [this.record.dirty]
        );
        onWillUnmount(() => browser.clearTimeout(this.checkTimer));
    }

    get record() {
        return this.props.record;
    }

    get stepList() {
        return this.record.data[this.props.name];
    }

    get flowList() {
        return this.record.data.flow_ids;
    }

    get lists() {
        return [this.stepList, this.flowList];
    }

    get isDirty() {
        return this.stepList._commands.length > 0 || this.flowList._commands.length > 0;
    }

    // What is shown

    /** Read the records into the graph that the map shows. */
    read() {
        const { check } = this.state;
        const sorted = (records) => records
            .map((record, index) => ({ record, index }))
            .sort((a, b) => a.record.data.sequence - b.record.data.sequence || a.index - b.index)
            .map(({ record }) => record);
        const problems = check ? check.problems : this.record.data.problems || [];
        const counts = this.record.data.step_counts || {};
        this.problems = this.props.readonly ? [] : problems;
        const byStep = new Map();
        for (const { step, text } of this.problems) {
            byStep.set(step, [...(byStep.get(step) || []), text]);
        }
        const steps = sorted(this.stepList.records).map((record) => {
            const id = idOf(record);
            const { kind, name, sequence, summary } = record.data;
            return {
                id, kind, name: name || "", sequence, text: check?.steps?.[id] ?? summary ?? "", problems: byStep.get(id),
                ...counts[id],
            };
        });
        const flows = sorted(this.flowList.records)
            .filter((record) => record.data.source_id && record.data.target_id)
            .map((record) => {
                const { source_id: source, target_id: target, outcome, condition, sequence, name } = record.data;
                return {
                    id: idOf(record), source: source.id, target: target.id, outcome: outcome || "", condition: condition || "[]",
                    sequence, name: name || "", words: check?.flows?.[idOf(record)] ?? record.data.condition_words ?? "",
                };
            });
        this.graph = { steps, flows };
        for (const flow of flows) {
            flow.isOpenQuestion = !this.props.readonly && graphs.isUndecided(this.graph, flow);
            flow.label = this.labelOf(flow);
        }
    }

    labelOf(flow) {
        if (flow.name) {
            return flow.name;
        }
        if (flow.isOpenQuestion) {
            return _t("When…?");
        }
        const outcome = flow.outcome && this.outcomeLabels[flow.outcome];
        const condition = graphs.isConditional(flow) ? flow.words || flow.condition : "";
        const isOtherwise = !outcome && !condition && this.graph.flows.some(
            (other) => other.source === flow.source && other !== flow && (graphs.isConditional(other) || graphs.isUndecided(this.graph, other)));
        return isOtherwise ? _t("Otherwise") : [outcome, condition].filter(Boolean).join(", ");
    }

    get outcomeLabels() {
        return Object.fromEntries(this.flowList.fields.outcome.selection);
    }

    get kindLabels() {
        return Object.fromEntries(this.stepList.fields.kind.selection);
    }

    get kinds() {
        return offeredKinds(this.stepList.fields.kind.selection, { isSystem: user.isSystem });
    }

    get mapProps() {
        return {
            steps: this.graph.steps,
            flows: this.graph.flows,
            kindLabels: this.kindLabels,
            kinds: this.kinds,
            actions: this.props.readonly ? undefined : this.editing,
            openStep: this.openStep.bind(this),
            openCases: this.openCases.bind(this),
            problems: this.problems,
            canUndo: this.state.undoable > 0,
            canRedo: this.state.redoable > 0,
        };
    }

    nameOf(id) {
        return this.graph.steps.find((step) => step.id === id)?.name || "";
    }

    // Editing

    canMove(stepId, flowId) {
        return graphs.canMove(this.graph, stepId, flowId);
    }

    async insert(flowId, kind) {
        const made = await this.apply(graphs.insertStep(this.graph, flowId, kind));
        return made && { ...made, said: _t("Added %s", this.kindLabels[kind]) };
    }

    async addAfter(stepId, kind) {
        const made = await this.apply(graphs.addAfter(this.graph, stepId, kind));
        return made ? { ...made, said: _t("Added %s", this.kindLabels[kind]) } : { said: _t("Nothing comes after an end.") };
    }

    async move(stepId, flowId) {
        const name = this.nameOf(stepId);
        const moved = await this.apply(graphs.moveStep(this.graph, stepId, flowId));
        return moved && { focus: { type: "step", id: stepId }, said: _t("Moved %s", name) };
    }

    async connect(source, target) {
        const change = graphs.connect(this.graph, source, target);
        if (!change) {
            return { said: _t("No flow can lead there.") };
        }
        await this.apply(change);
        const { said } = { said: _t("Flow from %(source)s to %(target)s", { source: this.nameOf(source), target: this.nameOf(target) }) };
        const id = idOf(this.flowList.records.at(-1));
        return { focus: { type: "flow", id }, said };
    }

    async removeStep(stepId) {
        const name = this.nameOf(stepId);
        const before = this.graph.flows.find((flow) => flow.target === stepId)?.source;
        const change = graphs.removeStep(this.graph, stepId);
        if (!change) {
            return { said: _t("The start stays.") };
        }
        await this.apply(change);
        return { focus: { type: "step", id: before }, said: _t("Removed %s", name) };
    }

    async removeFlow(flowId) {
        const { source } = this.graph.flows.find((flow) => flow.id === flowId) || {};
        await this.apply(graphs.removeFlow(this.graph, flowId));
        return { focus: { type: "step", id: source }, said: _t("Removed the flow") };
    }

    async duplicate(stepId) {
        const made = await this.apply(graphs.duplicateStep(this.graph, stepId));
        return made && { ...made, said: _t("Duplicated %s", this.nameOf(stepId)) };
    }

    begin() {
        return this.apply(graphs.beginMap());
    }

    undo() {
        return this.travel("undo", _t("Taken back"), _t("There is nothing to take back."));
    }

    redo() {
        return this.travel("redo", _t("Done again"), _t("There is nothing to do again."));
    }

    async travel(verb, done, nothing) {
        let isDone = false;
        await this.record.model.mutex.exec(async () => {
            isDone = this.history[verb](this.lists);
            if (isDone) {
                await this.notify();
            }
        });
        this.countHistory();
        this.check();
        return { said: isDone ? done : nothing };
    }

    /** Tell the form that its lists have changed. */
    notify() {
        return this.record._update({ [this.props.name]: [], flow_ids: [] });
    }

    countHistory() {
        this.state.undoable = this.history.past.length;
        this.state.redoable = this.history.future.length;
    }

    /** Name a new step after its kind, with a number when there is one already. */
    nameFor(kind, taken) {
        const label = this.kindLabels[kind];
        let name = label;
        for (let number = 2; taken.has(name); number++) {
            name = `${label} ${number}`;
        }
        taken.add(name);
        return name;
    }

    /**
     * Make changes to the records.
     *
     * @param {import("./graph").Changes | null} change
     * @returns {Promise<{ focus: { type: string, id: any } } | null>} the first step that is new
     */
    async apply(change) {
        if (!change) {
            return null;
        }
        const { CREATE, UPDATE, DELETE } = x2ManyCommands;
        const made = {};
        await this.record.model.mutex.exec(async () => {
            const taken = new Set(this.graph.steps.map((step) => step.name));
            const names = Object.fromEntries(this.graph.steps.map((step) => [step.id, step.name]));
            const known = this.stepList.records.length;
            this.stepList._applyCommands(change.addSteps.map((step) => [CREATE, false, this.stepValues(step, taken)]));
            change.addSteps.forEach(({ ref }, index) => {
                const record = this.stepList.records[known + index];
                made[ref] = idOf(record);
                names[made[ref]] = record.data.name;
            });
            const toStep = (id) => ({ id: made[id] ?? id, display_name: names[made[id] ?? id] || "" });
            const flowValues = ({ source, target, ...values }) => ({
                ...values,
                ...("outcome" in values ? { outcome: values.outcome || false } : {}),
                ...(source === undefined ? {} : { source_id: toStep(source) }),
                ...(target === undefined ? {} : { target_id: toStep(target) }),
            });
            const removed = new Set(change.removeFlows);
            this.flowList._applyCommands([
                ...[...change.updateFlows].filter(([id]) => !removed.has(id)).map(([id, values]) => [UPDATE, id, flowValues(values)]),
                ...change.removeFlows.map((id) => [DELETE, id]),
                ...change.addFlows.map((flow) => [CREATE, false, flowValues(flow)]),
            ]);
            this.stepList._applyCommands(change.removeSteps.map((id) => [DELETE, id]));
            await this.notify();
        });
        this.remember();
        return change.addSteps.length ? { focus: { type: "step", id: made[change.addSteps[0].ref] } } : {};
    }

    stepValues({ kind, sequence, from }, taken) {
        const original = from !== undefined && this.stepList.records.find((record) => idOf(record) === from);
        const values = { ...this.stepDefaults, end_state: "done", ...(original && this.copiedValues(original)) };
        return { ...values, name: this.nameFor(kind, taken), kind, sequence };
    }

    /** A copy has the settings of the original: on the server when that is saved, else as far as they are known here. */
    copiedValues(original) {
        const { data, fields, resId } = original;
        const known = Object.keys(data).filter(
            (name) => !["one2many", "many2many", "html"].includes(fields[name]?.type) && !["summary", "copied_from_id", "process_id", "id"].includes(name));
        return {
            ...Object.fromEntries((resId ? COPIED : known).map((name) => [name, data[name]])),
            summary: data.summary,
            copied_from_id: resId ? { id: resId, display_name: data.name } : data.copied_from_id,
        };
    }

    remember() {
        this.history.note(this.lists);
        this.countHistory();
        this.check();
    }

    /** Ask the server what it says to the drawing, a little after the last change. */
    check() {
        browser.clearTimeout(this.checkTimer);
        this.checkTimer = browser.setTimeout(async () => {
            if (this.props.readonly || !this.isDirty) {
                this.state.check = null;
                return;
            }
            const changes = this.record._getChanges();
            const vals = Object.fromEntries(
                ["name", "model_id", this.props.name, "flow_ids"].filter((name) => name in changes).map((name) => [name, changes[name]]));
            const found = await this.keepLast.add(
                this.orm.silent.call("pem.process", "check_drawing", [this.record.resId ? [this.record.resId] : [], vals]));
            this.state.check = found.error
                ? { ...this.state.check, problems: [{ step: false, text: found.error }] }
                : found;
        }, CHECK_DELAY);
    }

    // Dialogs

    /**
     * The list of steps, for the dialog that edits one. The dialog shows more of a step than the map, so new steps need the
     * defaults of that: the present one, and all that are made from now on, because the list knows these fields from now on.
     */
    completingList() {
        const list = this.stepList;
        const extendRecord = async (params, record) => {
            const missing = record?.isNew ? Object.keys(params.activeFields).filter((name) => !(name in record.data)) : [];
            const extended = await list.extendRecord(params, record);
            if (this.defaultsOf !== list.id) {
                const defaults = await list.model._loadNewRecord(
                    { resModel: list.resModel, activeFields: params.activeFields, fields: params.fields, context: list.context },
                    {
                        changes: { process_id: { model_id: this.record.data.model_id?.id, ...(this.record.resId && { id: this.record.resId }) } },
                        evalContext: list.evalContext,
                    });
                this.defaultsOf = list.id;
                this.stepDefaults = Object.fromEntries(Object.entries(defaults).filter(([name]) => !["name", "kind", "summary"].includes(name)));
            }
            const completed = missing.filter((name) => name in this.stepDefaults);
            if (completed.length) {
                extended._applyChanges({}, Object.fromEntries(completed.map((name) => [name, this.stepDefaults[name]])));
                extended._addSavePoint();
            }
            return extended;
        };
        return new Proxy(list, {
            get: (target, key) => {
                const value = key === "extendRecord" ? extendRecord : target[key];
                return typeof value === "function" && key !== "extendRecord" ? value.bind(target) : value;
            },
        });
    }

    /** Save, and return the id that a step has then; false when it could not be saved. */
    async saved(id) {
        const created = this.stepList._commands.filter(([command]) => command === x2ManyCommands.CREATE).map(([, name]) => name);
        const before = new Set(this.stepList.resIds);
        if (!(await this.record.save())) {
            return false;
        }
        const added = this.stepList.resIds.filter((one) => !before.has(one)).sort((a, b) => a - b);
        return typeof id === "string" ? added[created.indexOf(id)] : id;
    }

    async openStep(id) {
        let record = this.stepList.records.find((one) => idOf(one) === id);
        if (record.isNew && record.data.copied_from_id) {
            // Only the server knows what it was copied from.
            const stepId = await this.saved(id);
            record = stepId && this.stepList.records.find((one) => idOf(one) === stepId);
            if (!record) {
                return;
            }
        }
        return this.openRecord({
            record,
            title: [...new Set([this.kindLabels[record.data.kind], record.data.name])].join(": "),
            context: this.props.context,
            readonly: this.props.readonly,
            onClose: () => this.remember(),
        });
    }

    openFlow(id) {
        const flow = this.graph.flows.find((one) => one.id === id);
        const source = this.graph.steps.find((step) => step.id === flow.source);
        const siblings = this.graph.flows.filter((one) => one.source === flow.source);
        const offered = [...(graphs.OUTCOMES[source.kind] || []), ...(["form", "approval", "todo", "wait"].includes(source.kind) ? ["expired"] : [])];
        const update = (values) => this.apply({
            addSteps: [], removeSteps: [], addFlows: [], removeFlows: [],
            updateFlows: new Map([[id, values]]),
        });
        this.dialog.add(FlowDialog, {
            source: source.name,
            target: this.nameOf(flow.target),
            outcomes: offered.map((outcome) => [outcome, this.outcomeLabels[outcome]]),
            values: flow,
            resModel: this.record.data.model || "pem.case",
            loadQuestions: () => this.loadQuestions(),
            hasSiblings: siblings.length > 1,
            isFirst: siblings[0] === flow,
            isOpenQuestion: flow.isOpenQuestion,
            takesAll: source.kind === "split",
            save: update,
            remove: () => this.removeFlow(id),
            moveFirst: () => update({ sequence: siblings[0].sequence - 10 }),
        });
    }

    /** What the forms of the steps ask, as they are on the map. */
    loadQuestions() {
        const forms = this.stepList.records.filter((record) => record.data.kind === "form" && record.data.form_id);
        return this.orm.call("pem.process", "get_form_questions", [forms.map((record) => record.data.form_id.id)]);
    }

    /** Design the form of a step; what was drawn is saved before one leaves. */
    async editForm(id) {
        const stepId = await this.saved(id);
        if (!stepId) {
            return;
        }
        return this.action.doAction(await this.orm.call("pem.process.step", "action_design_form", [[stepId]]), {
            onClose: () => this.record.load(),
        });
    }

    async openCases(stepId, isProblem) {
        this.action.doAction(await this.orm.call("pem.process.step", "action_open_cases_here", [[stepId]], {
            context: { pem_problem: isProblem },
        }));
    }
}

export const processMapField = {
    component: ProcessMapField,
    displayName: _t("Process map"),
    supportedTypes: ["one2many"],
    useSubView: true,
    extractProps: ({ relatedFields, viewMode, views, string }, dynamicInfo) => ({
        context: dynamicInfo.context, relatedFields, viewMode, views, string,
    }),
};

registry.category("fields").add("pem_process_map", processMapField);

/** The flows of a process: loaded with it, and shown by the map of its steps. */
class ProcessFlowsField extends Component {
    static template = xml`<t/>`;
    static props = ["*"];
}

registry.category("fields").add("pem_process_flows", {
    component: ProcessFlowsField,
    supportedTypes: ["one2many"],
    useSubView: true,
});
