import { History } from "../form_designer/history";

/** What was done to several lists together since they were loaded. */
export class MapHistory {
    constructor(lists) {
        this.each = lists.map((list) => new History(list));
        this.past = [];
        this.future = [];
    }

    /** Remember a change that was just made, if there was one. */
    note(lists) {
        const changed = this.each.filter((history, index) => history.note(lists[index]));
        if (changed.length) {
            this.past.push(changed);
            this.future = [];
        }
        return changed.length > 0;
    }

    undo(lists) {
        return this._go("undo", lists, this.past, this.future);
    }

    redo(lists) {
        return this._go("redo", lists, this.future, this.past);
    }

    _go(verb, lists, from, to) {
        const changed = from.pop();
        if (!changed) {
            return false;
        }
        for (const history of changed) {
            history[verb](lists[this.each.indexOf(history)]);
        }
        to.push(changed);
        return true;
    }
}
