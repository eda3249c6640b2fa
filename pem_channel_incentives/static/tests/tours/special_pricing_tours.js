import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Type into the cell of the n-th line, counted from one. */
function cell(number, column, value) {
    return {
        content: `${column} of line ${number}`,
        trigger: `.o_pem_row:eq(${number - 1}) input[name$='.${column}']`,
        run: `edit ${value}`,
    };
}

const send = { content: "send it", trigger: ".o_pem_form button[value=submit]:visible", run: "click", expectUnloadPage: true };

tours.add("pem_special_pricing_ask", {
    steps: () => [
        { content: "ask for a price", trigger: "button:contains('Ask for a special price')", run: "click", expectUnloadPage: true },
        { content: "what kind", trigger: "select[name='answer.type']", run: "select meet_comp" },
        { content: "for whom", trigger: "input[name='answer.end_customer']", run: "edit Mercy Hospital" },
        {
            content: "until when",
            trigger: "input[name='answer.valid_to']",
            // The helper "edit" reads the date that is there before, and stumbles over none.
            run({ anchor }) {
                anchor.value = "2099-12-31";
                anchor.dispatchEvent(new Event("input", { bubbles: true }));
                anchor.dispatchEvent(new Event("change", { bubbles: true }));
            },
        },
        { content: "against whom", trigger: "input[name='answer.competitor']", run: "edit Medipump" },
        { content: "why", trigger: "textarea[name='answer.reason']", run: "edit A competitor offers 14." },
        cell(1, "part", "BX-99"),
        cell(1, "quantity", "100"),
        cell(1, "requested_cost", "15"),
        cell(1, "resale_price", "18"),
        send,
        {
            content: "nobody knows this part, and that is said beside it",
            trigger: ".o_pem_row:contains('We do not know a part “BX-99”') input[name$='.part'].is-invalid",
        },
        { content: "nothing is lost", trigger: "input[name='answer.end_customer']:value('Mercy Hospital')" },
        cell(1, "part", "bx-17"),
        send,
        { content: "it is sent", trigger: ".o_pem_thanks:contains('Thank you')" },
        { content: "the part is listed", trigger: "body:contains('Pump BX')" },
    ],
});

tours.add("pem_special_pricing_correct", {
    steps: () => [
        { content: "it was sent back", trigger: "a.o_pem_line:contains('Mercy Hospital'):contains('Correct')", run: "click", expectUnloadPage: true },
        { content: "with the reviewer's words", trigger: ".o_pem_row:contains('Is this with tax?')" },
        { content: "the other cells are closed", trigger: ".o_pem_row:not(:has(input[name$='.quantity']))" },
        { content: "and so are the other answers", trigger: ".o_pem_form:not(:has([name='answer.reason']))" },
        cell(1, "resale_price", "17"),
        send,
        { content: "it is sent", trigger: ".o_pem_thanks:contains('Thank you')" },
    ],
});

tours.add("pem_special_pricing_look", {
    steps: () => [
        { content: "open it", trigger: "a.o_pem_line:contains('Mercy Hospital')", run: "click", expectUnloadPage: true },
        { content: "it has a number", trigger: "body:contains('Authorization number'):contains('SPA-')" },
        { content: "and says what holds", trigger: "body:contains('100 Units at 16.00 USD, resale price 17.00 USD')" },
        { content: "more time can be asked for", trigger: "button:contains('Ask for more time')" },
    ],
});

tours.add("pem_special_pricing_counter", {
    steps: () => [
        { content: "open the request", trigger: ".o_data_row:contains('Mercy Hospital') .o_data_cell[name=summary]", run: "click" },
        { content: "offer another price", trigger: "button[name=action_offer]", run: "click" },
        { content: "for this part", trigger: ".modal .o_data_row:contains('BX-17') [name=offered_cost]", run: "click" },
        { content: "at this cost", trigger: ".modal .o_selected_row [name=offered_cost] input", run: "edit 16" },
        { content: "and say why", trigger: ".modal [name=comment] textarea", run: "edit If the order comes this month." },
        { content: "what it leaves us is shown", trigger: ".modal [name=offered_margin]:contains('800.00')" },
        { content: "send it", trigger: ".modal button[name=action_offer]", run: "click" },
        { content: "the partner is asked", trigger: "body:not(:has(.modal)) .o_form_view:contains('A counter-offer waits for the partner')" },
    ],
});

tours.add("pem_special_pricing_accept", {
    steps: () => [
        { content: "it was answered", trigger: "a.o_pem_line:contains('Mercy Hospital'):contains('Correct')", run: "click", expectUnloadPage: true },
        { content: "with an offer beside the part", trigger: ".o_pem_row:contains('We offer 100 Units at 16.00 USD')" },
        { content: "and in it", trigger: ".o_pem_row input[name$='.requested_cost']:value('16')" },
        send,
        { content: "it is sent", trigger: ".o_pem_thanks" },
    ],
});

tours.add("pem_special_pricing_desk", {
    steps: () => [
        { content: "open the request", trigger: ".o_data_row:contains('Mercy Hospital') .o_data_cell[name=summary]", run: "click" },
        { content: "the margin is shown", trigger: ".o_field_widget[name=line_ids] .o_data_row:contains('BX-17') [name=margin_rate]:contains('46.67%')" },
        { content: "decide", trigger: "button[name=action_review]", run: "click" },
        { content: "the book cost stands beside the cost that is asked for", trigger: ".o_pem_answer:contains('BX-17: requested cost') del:contains('20.00 USD')" },
        { content: "send one price back", trigger: ".o_pem_answer:contains('BX-17: resale price') .o_pem_return", run: "click" },
        { content: "and say why", trigger: ".o_pem_answer:contains('BX-17: resale price') textarea", run: "edit Is this with tax?" },
        { content: "send back", trigger: "button[name=action_send_back]", run: "click" },
        { content: "nothing is left", trigger: ".o_notification:contains('Nothing more waits for you.')" },
    ],
});

tours.add("pem_special_pricing_approve", {
    steps: () => [
        { content: "select it", trigger: ".o_data_row:contains('Mercy Hospital') .o_list_record_selector input", run: "click" },
        { content: "approve it", trigger: "button[name=action_approve]", run: "click" },
        { content: "it has a number", trigger: ".o_data_row:contains('Mercy Hospital'):contains('SPA-'):contains('Authorized')" },
    ],
});

tours.add("pem_special_pricing_enter", {
    steps: () => [
        { content: "enter one for a partner", trigger: ".o_list_button_add", run: "click" },
        { content: "which partner", trigger: ".o_field_widget[name=partner_id] input", run: "edit Acme" },
        { content: "this one", trigger: ".o-autocomplete--dropdown-item:contains('Acme – Örtlich')", run: "click" },
        { content: "submit too early", trigger: "button[name=action_submit]", run: "click" },
        {
            content: "everything that is missing is said",
            trigger: ".modal:contains('End customer: Please answer this question'):contains('Please add at least one part')",
        },
        { content: "close it", trigger: ".modal button:contains('Close'), .modal button:contains('Stay here')", run: "click" },
        { content: "the draft is kept under a number", trigger: "body:not(:has(.modal)) .o_form_view .o_field_widget[name=name]:contains('SPR/')" },
    ],
});
