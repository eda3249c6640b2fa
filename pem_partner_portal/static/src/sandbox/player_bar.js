import { Component } from "@odoo/owl";
import { RecordSelector } from "@web/core/record_selectors/record_selector";

/** Who looks, and in which language. */
export class PlayerBar extends Component {
    static template = "pem_partner_portal.PlayerBar";
    static components = { RecordSelector };
    static props = {
        players: Object,
        lang: [String, { value: false }],
        update: Function,
        slots: { type: Object, optional: true },
    };

    onPartner(partnerId) {
        if (partnerId) {
            this.props.update({ partnerId, contactId: false, lang: false });
        }
    }

    onContact(ev) {
        this.props.update({ contactId: Number(ev.target.value), lang: false });
    }

    onLanguage(ev) {
        this.props.update({ lang: ev.target.value });
    }
}
