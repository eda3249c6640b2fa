import { markRaw, toRaw } from "@odoo/owl";

const X2MANY = ["one2many", "many2many"];
const DEPTH = 100;

/**
 * Return what a list of unsaved and saved records is like: its commands, and the changes of each record, down to lists
 * in its records. It is what `StaticList` itself remembers to be able to discard a dialog, kept by us so that there can
 * be many of them.
 */
function take(list) {
    list = toRaw(list);
    const records = new Map();
    for (const id of list._currentIds) {
        const record = toRaw(list._cache[id]);
        if (record) {
            records.set(id, takeRecord(record));
        }
    }
    return { list, commands: [...list._commands], ids: [...list._currentIds], count: list.count, records };
}

function takeRecord(record) {
    const data = { ...toRaw(record.data) };
    const lists = [];
    for (const name in data) {
        if (X2MANY.includes(record.fields[name]?.type)) {
            lists.push(take(data[name]));
        }
    }
    return { data, lists, changes: { ...record._changes }, textValues: { ...record._textValues } };
}

/** Make a list as it was; only what differs is touched, so that only that is drawn again. */
function restore(list, snapshot) {
    const raw = toRaw(list);
    raw._commands = [...snapshot.commands];
    raw._currentIds = [...snapshot.ids];
    for (const [id, kept] of snapshot.records) {
        const record = list._cache[id];
        const data = toRaw(record.data);
        toRaw(record)._changes = markRaw({ ...kept.changes });
        Object.assign(toRaw(record)._textValues, kept.textValues);
        if (Object.keys(kept.data).some((name) => data[name] !== kept.data[name])) {
            Object.assign(record.data, kept.data);
            record._setEvalContext();
        }
        for (const inner of kept.lists) {
            restore(innerList(record, inner), inner);
        }
    }
    list.count = snapshot.count;
    list.records = snapshot.ids.map((id) => list._cache[id]).filter(Boolean);
}

function innerList(record, snapshot) {
    const name = Object.keys(record.data).find((key) => toRaw(record.data[key]) === snapshot.list);
    return record.data[name];
}

function isSame(one, other) {
    const sameIds = one.ids.length === other.ids.length && one.ids.every((id, index) => id === other.ids[index]);
    return sameIds && one.ids.every((id) => {
        const [kept, present] = [one.records.get(id), other.records.get(id)];
        return !kept === !present && (!kept || (
            Object.keys(present.data).every((name) => kept.data[name] === present.data[name]) &&
            kept.lists.length === present.lists.length &&
            kept.lists.every((list, index) => isSame(list, present.lists[index]))
        ));
    });
}

/** What was done to a list since it was loaded, to be undone and done again. */
export class History {
    constructor(list) {
        this.past = [];
        this.future = [];
        this.present = take(list);
    }

    /** Remember a change that was just made; says whether there was one. */
    note(list) {
        const present = take(list);
        if (isSame(present, this.present)) {
            return false;
        }
        this.past.push(this.present);
        this.past.splice(0, this.past.length - DEPTH);
        this.future = [];
        this.present = present;
        return true;
    }

    undo(list) {
        return this._go(list, this.past, this.future);
    }

    redo(list) {
        return this._go(list, this.future, this.past);
    }

    _go(list, from, to) {
        if (!from.length) {
            return false;
        }
        to.push(this.present);
        this.present = from.pop();
        restore(list, this.present);
        return true;
    }
}
