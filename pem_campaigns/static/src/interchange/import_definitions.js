import { Component } from "@odoo/owl";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { STATIC_ACTIONS_GROUP_NUMBER } from "@web/search/action_menus/action_menus";

const MODELS = ["pem.process", "pem.form", "pem.target.group", "pem.campaign"];

/** Menu item in the lists of what travels between databases: brings in a file. */
export class ImportDefinitions extends Component {
    static template = "pem_campaigns.ImportDefinitions";
    static components = { DropdownItem };
    static props = {};

    setup() {
        this.action = useService("action");
    }

    open() {
        this.action.doAction("pem_campaigns.pem_exchange_import_action");
    }
}

registry.category("cogMenu").add("pem-import-definitions", {
    Component: ImportDefinitions,
    groupNumber: STATIC_ACTIONS_GROUP_NUMBER,
    isDisplayed: async ({ config, searchModel }) =>
        config.actionType === "ir.actions.act_window" &&
        ["kanban", "list"].includes(config.viewType) &&
        MODELS.includes(searchModel.resModel) &&
        (await user.hasGroup("pem_campaigns.group_pem_manager")),
}, { sequence: 2 });
