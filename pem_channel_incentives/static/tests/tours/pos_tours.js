import { inputFiles } from "@web/../tests/utils";
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const FILE = [
    "Datum;Rechnung;Pos;Artikelnummer;Menge;VK-Preis;Endkunde",
    "03.05.2026;R1;1;BX-17;2;19,50;Mercy Hospital",
    "03.05.2026;R1;2;OLD-17;1;19,50;Mercy Hospital",
    "04.05.2026;R2;1;BX-17;zwei;19,50;Mercy Hospital",
    "05.05.2026;R3;1;BX-17;-1;19,50;Mercy Clinic",
].join("\r\n");

function open(text) {
    return { content: `open ${text}`, trigger: `.o_data_row:contains('${text}') button[name=action_fix]`, run: "click" };
}

const back = { content: "what it resolved is seen at once", trigger: "body:not(:has(.modal)) .o_list_view" };

tours.add("pem_pos_report", {
    steps: () => [
        { content: "a new report", trigger: ".o_list_button_add", run: "click" },
        { content: "of which partner", trigger: ".o_field_widget[name=partner_id] input", run: "edit Acme" },
        { content: "this one", trigger: ".o-autocomplete--dropdown-item:contains('Acme – Örtlich')", run: "click" },
        {
            content: "its file",
            trigger: ".o_field_widget[name=file]",
            async run() {
                await inputFiles(".o_field_widget[name=file] input.o_input_file", [
                    new File([FILE], "may.csv", { type: "text/csv" }),
                ]);
            },
        },
        { content: "it is there", trigger: ".o_field_widget[name=file] input:value('may.csv')" },
        { content: "save", trigger: ".o_form_button_save", run: "click" },
        { content: "the first rows are understood", trigger: ".o_field_widget[name=preview] tr:contains('BX-17'):contains('05/03/2026'):contains('19.50')" },
        { content: "a value that is not understood is marked", trigger: ".o_field_widget[name=preview] td.text-danger:contains('zwei')" },
        { content: "read it", trigger: "button[name=action_read]", run: "click" },
        { content: "three lines have to be fixed", trigger: ".alert:contains('3 of 4 lines have to be fixed.')" },
        { content: "fix them", trigger: ".o_form_statusbar button[name=action_open_exceptions], .o_statusbar_buttons button[name=action_open_exceptions]", run: "click" },
        open("OLD-17"),
        { content: "the sender means", trigger: ".modal .o_field_widget[name=product_id] input", run: "edit BX-17" },
        { content: "this part", trigger: ".o-autocomplete--dropdown-item:contains('BX-17')", run: "click" },
        { content: "remember it", trigger: ".modal button[name=action_match]", run: "click" },
        back,
        open("Quantity: zwei"),
        { content: "the right value", trigger: ".modal .o_field_widget[name=value] input", run: "edit 2" },
        { content: "for all lines alike", trigger: ".modal button[name=action_set_value]", run: "click" },
        back,
        open("Mercy Clinic"),
        { content: "they are new to us", trigger: ".modal button[name=action_accept]", run: "click" },
        { content: "nothing is left", trigger: "body:not(:has(.modal)) .o_view_nocontent:contains('Nothing has to be fixed')" },
        { content: "back to the report", trigger: ".breadcrumb-item a:contains('may.csv'), .o_back_button a:contains('may.csv')", run: "click" },
        { content: "it is released", trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Released')" },
    ],
});
