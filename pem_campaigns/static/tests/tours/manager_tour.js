import { registry } from "@web/core/registry";

/** Open an entry of the app's menu. */
function menu(section, entry) {
    const open = {
        content: `open the menu ${section}`,
        trigger: `.o_menu_sections ${entry ? "button" : "a"}:contains('${section}')`,
        run: "click",
    };
    return entry
        ? [open, { content: `choose ${entry}`, trigger: `.o-dropdown--menu a:contains('${entry}')`, run: "click" }]
        : [open];
}

function save() {
    return [
        { content: "save", trigger: ".o_form_button_save:visible", run: "click" },
        { content: "it is saved", trigger: "body:not(:has(.o_form_button_save:visible)) .o_form_saved, body:has(.o_form_status_indicator_buttons.invisible)" },
    ];
}

registry.category("web_tour.tours").add("pem_manager_tour", {
    steps: () => [
        // An attribute, from the first thing the control room proposes
        { content: "take the first step", trigger: ".o_pem_step.o_pem_next[data-step='attribute']", run: "click" },
        { content: "add an attribute", trigger: ".o_list_view .o_list_button_add", run: "click" },
        { content: "name it", trigger: ".o_field_widget[name=name] input", run: "edit Region" },
        ...save(),
        // By hand on a contact
        ...menu("Partners", "Contacts"),
        { content: "search the partner", trigger: ".o_searchview_input", run: "fill Tour Partner" },
        { content: "confirm the search", trigger: ".o_searchview_input", run: "press Enter" },
        { content: "open the partner", trigger: ".o_data_row td.o_data_cell:contains('Tour Partner')", run: "click" },
        {
            content: "fill the attribute by hand",
            trigger: ".o_property_field:contains('Region') .o_property_field_value input",
            run: "edit North && click body",
        },
        ...save(),
        // A target group on the attribute, counted while it is edited
        ...menu("Partners", "Target groups"),
        { content: "new group", trigger: ".o_list_view:has(.o_breadcrumb:contains('Target groups')) .o_list_button_add, .o_list_button_add", run: "click" },
        { content: "name it", trigger: ".o_field_widget[name=name] input", run: "edit Partners in the north" },
        { content: "add a rule", trigger: ".o_field_widget[name=domain] a:contains('New Rule')", run: "click" },
        { content: "change what it looks at", trigger: ".o_field_widget[name=domain] .o_model_field_selector", run: "click" },
        {
            content: "into the attributes",
            trigger: ".o_model_field_selector_popover_item:contains('Attributes') .o_model_field_selector_popover_item_relation",
            run: "click",
        },
        { content: "choose Region", trigger: ".o_model_field_selector_popover_item_name:contains('Region')", run: "click" },
        { content: "it is chosen", trigger: "body:not(:has(.o_model_field_selector_popover)) .o_tree_editor_condition:contains('Region')" },
        { content: "it is counted", trigger: ".o_domain_show_selection_button:contains('0 record')" },
        { content: "the region looked for", trigger: ".o_tree_editor_condition:contains('Region') .o_tree_editor_editor:last input", run: "edit North && click body" },
        { content: "one partner", trigger: ".o_domain_show_selection_button:contains('1 record')" },
        ...save(),
        // A process of one's own from the library
        ...menu("Configuration", "Library"),
        { content: "use it", trigger: ".o_kanban_record:contains('Contact revalidation') button:contains('Use this process')", run: "click" },
        { content: "go to the card of its form", trigger: ".o_pem_map_card[data-kind=form] .o_pem_map_main", run() { this.anchor.focus(); } },
        { content: "edit its form", trigger: ".o_pem_map_card[data-kind=form] .o_pem_map_edit_form", run: "click" },
        { content: "choose a question", trigger: ".o_pem_fd_el:contains('Phone')", run: "click" },
        { content: "rename it", trigger: ".o_pem_fd_panel .o_field_widget[name=label] input", run: "edit Phone number && press Tab" },
        { content: "renamed", trigger: ".o_pem_fd_el:contains('Phone number')" },
        { content: "add a question", trigger: ".o_pem_fd_palette .o_pem_fd_kind[data-kind=text]", run: "click" },
        { content: "it is chosen", trigger: ".o_pem_fd_el.o_pem_fd_selected[data-type=text]" },
        { content: "its text", trigger: ".o_pem_fd_panel .o_field_widget[name=label] input", run: "edit When is the best time to call you? && press Tab" },
        { content: "added", trigger: ".o_pem_fd_el:contains('best time to call')" },
        ...save(),
        { content: "back to the process", trigger: ".o_back_button, .breadcrumb-item.o_back_button a", run: "click" },
        { content: "publish", trigger: "button[name=action_publish]", run: "click" },
        { content: "published", trigger: ".o_arrow_button_current:contains('Published')" },
        // A campaign
        ...menu("Campaigns"),
        { content: "new campaign", trigger: ".o_list_button_add", run: "click" },
        { content: "name it", trigger: ".o_field_widget[name=name] input", run: "edit Tour campaign" },
        { content: "look for the process", trigger: ".o_field_widget[name=process_id] input", run: "edit Contact" },
        { content: "choose it", trigger: ".o-autocomplete--dropdown-item:contains('Contact revalidation')", run: "click" },
        { content: "look for the group", trigger: ".o_field_widget[name=target_group_ids] input", run: "edit north" },
        { content: "choose it", trigger: ".o-autocomplete--dropdown-item:contains('Partners in the north')", run: "click" },
        { content: "check", trigger: "button[name=action_preflight]:contains('Check the audience')", run: "click" },
        { content: "one partner will be asked", trigger: ".alert-info:contains('1 will be asked')" },
        { content: "launch", trigger: "button[name=action_launch]", run: "click" },
        { content: "yes", trigger: ".modal-footer .btn-primary", run: "click" },
        { content: "it runs", trigger: ".o_arrow_button_current:contains('Running')" },
        // The control room tells the truth, and leads to the case in two clicks
        ...menu("Control room"),
        { content: "one asked", trigger: ".o_pem_tile[data-count='case_count'] .o_pem_tile_value:contains('1')" },
        {
            content: "who did not open it yet",
            trigger: ".o_pem_campaign:contains('Tour campaign') .o_pem_segment[data-part='unseen_count']",
            run: "click",
        },
        { content: "the case", trigger: ".o_list_view .o_data_row:contains('Tour Partner') .o_data_cell[name=partner_id]", run: "click" },
        { content: "its timeline", trigger: ".o_pem_timeline .o_pem_event:contains('Started')" },
    ],
});
