import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("pem_approver_tour", {
    steps: () => [
        { content: "open what waits", trigger: ".o_list_view .o_data_row:contains('Acme') .o_data_cell[name=partner_id]", run: "click" },
        { content: "two wait", trigger: ".o_pem_queue_title:contains('(2)')" },
        { content: "before and after", trigger: ".o_pem_answer:contains('Phone').o_pem_changed del:contains('+1 617 555 0100')" },
        { content: "accept one", trigger: ".o_pem_answer:contains('Tier') .o_pem_accept", run: "click" },
        { content: "it is accepted", trigger: ".o_pem_answer:contains('Tier') .o_pem_accept.btn-success" },
        { content: "send one back", trigger: ".o_pem_answer:contains('Phone') .o_pem_return", run: "click" },
        { content: "and say why", trigger: ".o_pem_answer:contains('Phone') textarea", run: "edit Please add the extension." },
        { content: "send back", trigger: "button[name=action_send_back]", run: "click" },
        { content: "the next one comes by itself", trigger: ".o_pem_queue_title:contains('(1)')" },
        { content: "it is Brown", trigger: ".oe_title:contains('Brown–Forman')" },
        { content: "approve", trigger: "button[name=action_approve]", run: "click" },
        { content: "nothing is left", trigger: ".o_notification:contains('Nothing more waits for you.')" },
    ],
});
