import { Component, onWillStart, useExternalListener, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { PlayerBar } from "./player_bar";

/** A form as partners see it: the portal's own page, of which nothing is stored. */
export class FormPreview extends Component {
    static template = "pem_partner_portal.FormPreview";
    static components = { Layout, PlayerBar };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.display = { controlPanel: {} };
        this.frame = useRef("frame");
        this.formId = this.props.action.params?.form_id || this.props.action.context?.active_id;
        this.state = useState({ players: null, lang: false, isPhone: this.env.isSmall, isLoading: true, round: 0 });
        useExternalListener(browser, "message", (ev) => this.onMessage(ev));
        onWillStart(() => this.load());
    }

    async load(partnerId = false, contactId = false) {
        const players = await this.orm.call("pem.sandbox", "get_preview", [this.formId, partnerId, contactId]);
        this.state.players = players;
        this.env.config.setDisplayName(_t("Preview of %s", players.name));
    }

    get address() {
        const { partner_id, contact_id } = this.state.players;
        const query = new URLSearchParams({ partner_id, contact_id, lang: this.lang, round: this.state.round });
        return `/pem/sandbox/${this.formId}/page?${query}`;
    }

    get lang() {
        return this.state.lang || this.state.players.lang;
    }

    async update({ partnerId = this.state.players.partner_id, contactId = this.state.players.contact_id, lang }) {
        this.state.isLoading = true;
        this.state.lang = lang || false;
        await this.load(partnerId, contactId);
    }

    onMessage(ev) {
        if (ev.source !== this.frame.el?.contentWindow || !ev.data?.pemSandbox) {
            return;
        }
        if (["send", "save", "forward"].includes(ev.data.kind)) {
            this.notification.add(_t("This is a preview: nothing is sent or stored."), { type: "info" });
            this.state.round++;
        }
    }

    tryIt() {
        return this.action.doActionButton({
            type: "object", name: "action_try", resModel: "pem.process", resId: this.state.players.process_id,
        });
    }
}

registry.category("actions").add("pem_form_preview", FormPreview);
