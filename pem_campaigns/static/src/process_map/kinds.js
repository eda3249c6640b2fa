import { _t } from "@web/core/l10n/translation";

/** How each kind of step looks, in the order in which kinds are offered; further kinds look like the last. */
const LOOKS = {
    form: { icon: "fa-wpforms", hint: _t("The partner fills in a form") },
    approval: { icon: "fa-check-square-o", hint: _t("Colleagues approve or reject") },
    todo: { icon: "fa-tasks", hint: _t("A colleague does something") },
    message: { icon: "fa-envelope-o", hint: _t("The partner gets a message") },
    decision: { icon: "fa-random", hint: _t("Conditions decide which way to go") },
    split: { icon: "fa-code-fork", hint: _t("Several things happen at the same time") },
    join: { icon: "fa-compress", hint: _t("Waits until all branches have arrived") },
    wait: { icon: "fa-hourglass-half", hint: _t("Some days, a date, or an answer") },
    call: { icon: "fa-sitemap", hint: _t("Another process runs first") },
    action: { icon: "fa-cogs", hint: _t("Odoo does something by itself") },
    end: { icon: "fa-flag-checkered", hint: _t("The case is closed") },
    start: { icon: "fa-play", hint: _t("The case begins") },
};

export function lookOf(kind) {
    return LOOKS[kind] || { icon: "fa-square-o", hint: "" };
}

/**
 * The kinds of steps that can be added, as `[{ kind, label, icon, hint }]`.
 *
 * @param {[string, string][]} selection
 * @param {{ isSystem?: boolean }} [user]
 */
export function offeredKinds(selection, { isSystem } = {}) {
    const order = Object.keys(LOOKS);
    return selection
        .filter(([kind]) => kind !== "start" && (kind !== "action" || isSystem))
        .sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))
        .map(([kind, label]) => ({ kind, label, ...lookOf(kind) }));
}
