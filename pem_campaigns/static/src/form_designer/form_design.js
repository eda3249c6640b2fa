import { reactive, toRaw } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { x2ManyCommands } from "@web/core/orm_service";
import { conditionWords, renamedCondition, renamedFormula } from "../conditions/condition_words";
import { questionsOf, questionsOfForm } from "../conditions/questions";
import { History } from "./history";
import { freeName, kindOf, newValues, RESERVED } from "./kinds";
import { placed, sequencesFor, WIDTHS } from "./layout";

/** Values of an element that a copy has as well. */
const NOT_COPIED = new Set(["id", "name", "sequence", "table_id", "form_id", "display_name", "is_question"]);
const CONDITIONS = ["visible_if", "required_if", "readonly_if"];
const X2MANY = ["one2many", "many2many"];

/**
 * The form while it is designed: what can be done to its elements. Every change goes through the list of the form's
 * record, so that saving, discarding and translating are Odoo's own.
 */
export class FormDesign {
    /**
     * @param {() => Object} getList the elements' `StaticList`
     * @param {Object} options `isReadonly()`, and `onChanged()` after each change
     */
    constructor(getList, { isReadonly, onChanged }) {
        this.getList = getList;
        this.isReadonly = isReadonly;
        this.onChanged = onChanged;
        this.facts = [];
        /** selected: id of the element, announced: what a screen reader says, revision: counts changes. */
        this.state = reactive({
            selected: false, announced: "", revision: 0, past: 0, future: 0, problems: {}, isPanelOpen: false, focusLabel: false,
        });
    }

    // Looking

    get list() {
        return this.getList();
    }

    // What follows reads without being told of changes: components that draw something read by themselves.

    /** Elements of the form, in order. */
    get elements() {
        return inOrder(toRaw(this.list).records);
    }

    /** Columns of a table, in order. */
    columnsOf(table) {
        return inOrder(toRaw(dataOf(table).column_ids)?.records || []);
    }

    /** All that can be selected, in the order of the page: elements, and the columns of each table after it. */
    get everything() {
        return this.elements.flatMap((element) => [
            element,
            ...(dataOf(element).value_type === "table" ? this.columnsOf(element) : []),
        ]);
    }

    find(id) {
        return this.everything.find((record) => record.id === id);
    }

    get selected() {
        return this.find(this.state.selected);
    }

    /** The table a column belongs to; undefined for elements of the form. */
    tableOf(record) {
        return toRaw(this.list).records.find((table) =>
            dataOf(table).value_type === "table" && this.columnsOf(table).some((column) => column.id === record.id));
    }

    kindLabel(valueType) {
        return this.list.fields.value_type.selection.find(([value]) => value === valueType)?.[1] || valueType;
    }

    labelOf(record) {
        return record.data.label || this.kindLabel(record.data.value_type);
    }

    /** A condition of an element in words, such as "Has certificate is Yes"; made once after each change. */
    words(text, record) {
        const { revision } = toRaw(this.state);
        if (this.said?.revision !== revision) {
            const fields = [...questionsOfForm(toRaw(this.list).records), ...this.facts];
            this.said = { revision, fields: new Map(fields.map((field) => [field.path, field])), words: {} };
        }
        if (record.resModel === record._parentRecord?.resModel) {
            return conditionWords(text, [...questionsOf(toRaw(record)), ...this.facts]);
        }
        return (this.said.words[text] ??= conditionWords(text, this.said.fields));
    }

    /** Select an element; it can be edited then. `isNew` when its label is to be written next. */
    select(id, { isNew } = {}) {
        const record = id && this.find(id);
        if (record && !this.isReadonly() && !record.isInEdition) {
            record._switchMode("edit");
        }
        this.state.selected = id;
        this.state.focusLabel = Boolean(isNew);
    }

    // Changing

    /** Call with each list there is, the first time and after saving: from then on its changes can be undone. */
    watch(list) {
        const raw = toRaw(list);
        this.history = new History(list);
        this.countHistory();
        this.namedAfter = new WeakMap(this.everything.map((record) => {
            const { label, name } = dataOf(record);
            return [toRaw(record), { label, name }];
        }));
        if (raw._pemWatched) {
            return;
        }
        raw._pemWatched = true;
        // All changes, of elements, of columns and of choices, are told to the list's parent by this function.
        const tell = raw._onUpdate;
        raw._onUpdate = async (...args) => {
            await tell(...args);
            await this.afterChange();
        };
        // After each change the form tells all its elements the context again, which is most of what a drop takes.
        const updateContext = raw._updateContext;
        let known;
        raw._updateContext = (context) => {
            const told = JSON.stringify(context);
            if (told !== known) {
                known = told;
                updateContext.call(this.list, context);
            }
        };
    }

    async afterChange() {
        if (this.isFollowing) {
            return;
        }
        this.isFollowing = true;
        try {
            await this.nameAfterLabels();
        } finally {
            this.isFollowing = false;
        }
        if (this.history.note(this.list)) {
            this.countHistory();
            this.state.revision++;
            this.onChanged();
        }
    }

    countHistory() {
        this.state.past = this.history.past.length;
        this.state.future = this.history.future.length;
    }

    /** While an element is new its name follows its label; conditions and formulas follow the name. */
    async nameAfterLabels() {
        const { elements } = this;
        for (const scope of [elements, ...elements.map((element) => this.columnsOf(element))]) {
            for (const record of scope) {
                const key = toRaw(record);
                const { label, name } = dataOf(record);
                const known = this.namedAfter.get(key);
                this.namedAfter.set(key, { label, name });
                if (!record.isNew || !known || known.label === label || name !== known.name || !label) {
                    if (known && known.name !== name && name && known.name) {
                        await this.follow(record, known.name, name);
                    }
                    continue;
                }
                const taken = new Set([...RESERVED, ...scope.filter((one) => one.id !== record.id).map((one) => one.data.name)]);
                const next = freeName(label, taken);
                if (next !== name) {
                    this.namedAfter.set(key, { label, name: next });
                    await this.adapt(record, { name: next });
                    await this.follow(record, name, next);
                }
            }
        }
    }

    /** Bring conditions and formulas in line with the new name of a question. */
    async follow(record, former, name) {
        const table = this.tableOf(record);
        const formula = table ? `${table.data.name}.${former}` : former;
        const next = table ? `${table.data.name}.${name}` : name;
        for (const one of this.everything) {
            const values = {};
            for (const field of CONDITIONS) {
                const text = one.data[field];
                const isInScope = !table || this.tableOf(one)?.id === table.id;
                if (text && isInScope) {
                    values[field] = renamedCondition(text, former, name);
                }
            }
            if (one.data.formula) {
                values.formula = renamedFormula(one.data.formula, formula, next);
                if (table && this.tableOf(one)?.id === table.id) {
                    values.formula = renamedFormula(values.formula, former, name);
                }
            }
            if (!table && one.data.country_question === former) {
                values.country_question = name;
            }
            const changed = Object.entries(values).filter(([field, value]) => value !== one.data[field]);
            if (changed.length) {
                await this.adapt(one, Object.fromEntries(changed));
            }
        }
    }

    /** Change an element as part of the change that is just being made: the model is locked until it is done. */
    async adapt(record, values) {
        const list = this.tableOf(record)?.data.column_ids || this.list;
        await list._applyCommands([x2ManyCommands.update(idOf(record), values)]);
        await list._onUpdate({ withoutOnchange: true });
    }

    /**
     * Add an element of a kind.
     *
     * @param {string} valueType
     * @param {{ target, side, table? }} [place] as `placed` takes it; `table` to add a column to it; after the selected
     *     element when not given
     * @param {{ isNew? }} [options] as `select` takes them
     */
    async add(valueType, place = this.placeAfterSelected(valueType), options = {}) {
        const label = String(this.kindLabel(valueType));
        const values = { width: "full", prefill: "none", ...newValues(valueType), label, value_type: valueType };
        const record = await this.insert(values, place, options);
        this.announce(_t("%s added.", label));
        return record;
    }

    placeAfterSelected(valueType) {
        const record = this.selected;
        const table = record && this.tableOf(record);
        if (table && kindOf(valueType).column) {
            return { table: table.id, target: record.id, side: "after" };
        }
        return { target: (table || record)?.id, side: "after" };
    }

    /** Add what has these values at a place; returns its record, which is then selected. */
    async insert(values, place, options) {
        const table = place.table && this.find(place.table);
        const list = table ? table.data.column_ids : this.list;
        const scope = table ? this.columnsOf(table) : this.elements;
        const taken = new Set([...RESERVED, ...scope.map((record) => record.data.name)]);
        values.name = values.name && !taken.has(values.name) ? values.name : freeName(values.label, taken);
        const moved = { id: "new", width: values.width || "full", line: kindOf(values.value_type).line };
        const plan = table ? placedInTable(scope, moved, place) : placed(this.places, moved, place);
        const sequences = sequencesFor(plan.order, this.sequences(scope));
        const commands = this.updates(scope, plan.widths, sequences);
        const known = new Set(list.records.map((record) => record.id));
        await list.applyCommands([
            ...commands,
            [x2ManyCommands.CREATE, false, {
                ...values,
                width: table ? "full" : plan.widths.new || moved.width,
                sequence: sequences.new ?? 10,
            }],
        ]);
        const record = list.records.find((one) => !known.has(one.id));
        this.select(record.id, options);
        return record;
    }

    /** Move an element or column to a place; columns and questions change into each other on the way. */
    async move(id, place) {
        const record = this.find(id);
        const from = this.tableOf(record);
        if ((from?.id || false) !== (place.table || false)) {
            if (place.table && (!kindOf(record.data.value_type).column || place.table === id)) {
                this.announce(_t("“%s” cannot stand in a table.", this.labelOf(record)));
                return;
            }
            const values = { ...copiedValues(record, ["name"]), width: "full" };
            await this.merged(async () => {
                await this.drop(record);
                await this.insert(values, place);
            });
            this.announce(place.table ? _t("%s is a column now.", values.label) : _t("%s is a question of its own now.", values.label));
            return;
        }
        const scope = from ? this.columnsOf(from) : this.elements;
        const moved = { id, width: record.data.width, line: kindOf(record.data.value_type).line };
        const plan = from ? placedInTable(scope, moved, place) : placed(this.places, moved, place);
        const commands = this.updates(scope, plan.widths, sequencesFor(plan.order, this.sequences(scope)));
        if (commands.length) {
            await (from ? from.data.column_ids : this.list).applyCommands(commands);
        }
        this.select(id);
        this.announcePosition(record);
    }

    /** Move the selected one a place up or down among its like. */
    async shift(step) {
        const record = this.selected;
        const table = record && this.tableOf(record);
        const scope = table ? this.columnsOf(table) : this.elements;
        const neighbour = record && scope[scope.findIndex((one) => one.id === record.id) + step];
        if (!neighbour || this.isReadonly()) {
            return;
        }
        const order = scope.map((one) => one.id).filter((id) => id !== record.id);
        order.splice(scope.indexOf(neighbour), 0, record.id);
        const commands = this.updates(scope, {}, sequencesFor(order, this.sequences(scope)));
        await (table ? table.data.column_ids : this.list).applyCommands(commands);
        this.announcePosition(record);
    }

    /** Make the selected one wider or narrower. */
    async stretch(step) {
        const record = this.selected;
        if (!record || this.tableOf(record) || kindOf(record.data.value_type).line || this.isReadonly()) {
            return;
        }
        const width = WIDTHS[WIDTHS.indexOf(record.data.width) + step];
        if (width) {
            await this.list.applyCommands([x2ManyCommands.update(idOf(record), { width })]);
            const names = Object.fromEntries(this.list.fields.width?.selection || []);
            this.announce(_t("%(label)s: %(width)s.", { label: this.labelOf(record), width: names[width] || width }));
        }
    }

    /** Move the selected question into the nearest table above or below it, or the selected column out of its table. */
    async moveAcross() {
        const record = this.selected;
        const table = record && this.tableOf(record);
        if (!record || this.isReadonly()) {
            return;
        }
        if (table) {
            return this.move(record.id, { target: table.id, side: "after" });
        }
        const index = this.elements.findIndex((one) => one.id === record.id);
        const [nearest] = this.elements
            .map((one, at) => [one, Math.abs(at - index)])
            .filter(([one]) => one.data.value_type === "table" && one.id !== record.id)
            .sort((one, other) => one[1] - other[1]);
        if (nearest) {
            return this.move(record.id, { table: nearest[0].id, side: "after" });
        }
        this.announce(_t("The form has no table."));
    }

    async duplicate(record = this.selected) {
        if (!record || this.isReadonly()) {
            return;
        }
        const table = this.tableOf(record);
        const values = { ...copiedValues(record), label: String(_t("%s (copy)", this.labelOf(record))) };
        if (table) {
            await this.insert(values, { table: table.id, target: record.id, side: "after" });
        } else {
            const place = { target: record.id, side: "after" };
            await this.insert(values, place);
        }
        this.announce(_t("%s added.", values.label));
    }

    async remove(record = this.selected) {
        if (!record || this.isReadonly()) {
            return;
        }
        const everything = this.everything.filter((one) => this.tableOf(one)?.id !== record.id || one.id === record.id);
        const index = everything.findIndex((one) => one.id === record.id);
        const next = everything[index + 1] || everything[index - 1];
        const label = this.labelOf(record);
        await this.drop(record);
        this.select(next?.id || false);
        this.announce(_t("%s deleted. Ctrl+Z brings it back.", label));
    }

    drop(record) {
        return (this.tableOf(record)?.data.column_ids || this.list).delete(record);
    }

    undo() {
        return this.travel("undo", _t("Undone."));
    }

    redo() {
        return this.travel("redo", _t("Done again."));
    }

    async travel(way, said) {
        await this.list.model.mutex.exec(async () => {
            if (this.isReadonly() || !this.history[way](this.list)) {
                return;
            }
            this.countHistory();
            this.state.revision++;
            if (!this.selected) {
                this.select(this.elements[0]?.id || false);
            }
            this.announce(said);
            this.onChanged();
        });
    }

    // Parts of changes

    /** Let several changes be undone as one. */
    async merged(change) {
        const before = this.history.past.length;
        await change();
        this.history.past.splice(before + 1, Infinity);
        this.countHistory();
    }


    /** What `placed` has to know of the elements. */
    get places() {
        return this.elements.map((record) => {
            const { value_type: valueType, width } = dataOf(record);
            const { line } = kindOf(valueType);
            return { id: record.id, width: line ? "full" : width || "full", line };
        });
    }

    sequences(scope) {
        return Object.fromEntries(scope.map((record) => [record.id, dataOf(record).sequence]));
    }

    updates(scope, widths, sequences) {
        return scope.flatMap((record) => {
            const values = {};
            if (record.id in widths) {
                values.width = widths[record.id];
            }
            if (record.id in sequences) {
                values.sequence = sequences[record.id];
            }
            return Object.keys(values).length ? [x2ManyCommands.update(idOf(record), values)] : [];
        });
    }

    // Telling

    announce(text) {
        // The same text twice in a row is said twice.
        this.state.announced = this.state.announced === String(text) ? `${text}\u00a0` : String(text);
    }

    announcePosition(record) {
        const table = this.tableOf(record);
        const scope = table ? this.columnsOf(table) : this.elements;
        this.announce(_t("%(label)s is number %(number)s of %(count)s.", {
            label: this.labelOf(record), number: scope.findIndex((one) => one.id === record.id) + 1, count: scope.length,
        }));
    }
}

function idOf(record) {
    return record.resId || record._virtualId;
}

function dataOf(record) {
    return toRaw(toRaw(record).data);
}

function inOrder(records) {
    return [...toRaw(records)].sort((one, other) => dataOf(one).sequence - dataOf(other).sequence);
}

/** Columns of a table stand in one line. */
function placedInTable(columns, moved, { target, side }) {
    const order = columns.map((record) => record.id).filter((id) => id !== moved.id);
    const index = order.indexOf(target);
    order.splice(index < 0 ? order.length : index + (["before", "left"].includes(side) ? 0 : 1), 0, moved.id);
    return { order, widths: {} };
}

/** Values with which to create a record like this one, with its choices and columns. */
function copiedValues(record, kept = []) {
    const values = {};
    for (const [name, value] of Object.entries(dataOf(record))) {
        if (NOT_COPIED.has(name) && !kept.includes(name)) {
            continue;
        }
        if (X2MANY.includes(record.fields[name].type)) {
            values[name] = inOrder(toRaw(value).records).map((one) => [
                x2ManyCommands.CREATE, false, copiedValues(one, ["name", "sequence"]),
            ]);
        } else {
            values[name] = value;
        }
    }
    return values;
}
