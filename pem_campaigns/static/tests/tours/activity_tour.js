import { registry } from "@web/core/registry";

const cell = "td.o_activity_summary_cell:not(.o_activity_empty_cell)";
const item = ".o-mail-ActivityListPopoverItem";

registry.category("web_tour.tours").add("pem_activity_tour", {
    steps: () => [
        { content: "the activities of Acme", trigger: `tr.o_data_row:contains('Acme') ${cell} .o-mail-ActivityCell-deadline`, run: "click" },
        { content: "nothing to tick off", trigger: `${item}:not(:has(${item}-markAsDone))` },
        { content: "nothing to cancel", trigger: `${item}:not(:has(${item}-cancel))` },
        { content: "send back", trigger: `${item} button[title='Send back']`, run: "click" },
        { content: "say why", trigger: ".modal [name=comment] textarea", run: "edit Please add the extension." },
        { content: "confirm", trigger: ".modal button[name=action_decide]:visible", run: "click" },
        { content: "Acme is gone", trigger: `.o_activity_view:not(:has(tr.o_data_row:contains('Acme') ${cell}))` },
        { content: "the activities of Brown", trigger: `tr.o_data_row:contains('Brown') ${cell} .o-mail-ActivityCell-deadline`, run: "click" },
        { content: "approve", trigger: ".o_pem_activity_approve", run: "click" },
        { content: "nothing is left", trigger: `.o_activity_view:not(:has(${cell}))` },
    ],
});
