import { Component, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { NameAndSignature } from "@web/core/signature/name_and_signature";
import { Interaction } from "@web/public/interaction";

/** Odoo's signature, whose buttons have names for those who hear the page. */
class NamedSignature extends NameAndSignature {
    static template = "pem_partner_portal.NamedSignature";
}

/** A button that opens a pad: draw, or type a name, then keep it. */
export class SignaturePad extends Component {
    static template = xml`
        <button t-if="!state.isOpen" type="button" class="btn btn-secondary" t-on-click="() => this.open()">
            <i class="fa fa-pencil me-1" aria-hidden="true"/><t t-out="openLabel"/>
        </button>
        <div t-else="" class="o_pem_signature_pad border rounded p-3" t-on-input.stop="" t-on-change.stop="" t-on-keydown="onKeydown">
            <NamedSignature signature="signature" fontColor="'Black'" onSignatureChange="() => this.state.count++"/>
            <div class="d-flex flex-wrap gap-2 mt-3">
                <button type="button" class="btn btn-primary" t-att-disabled="!canKeep" t-on-click="keep" t-out="keepLabel"/>
                <button type="button" class="btn btn-light" t-on-click="() => this.state.isOpen = false" t-out="cancelLabel"/>
            </div>
        </div>`;
    static components = { NamedSignature };
    static props = { name: String, onKeep: Function };

    setup() {
        this.state = useState({ isOpen: false, count: 0 });
        this.openLabel = _t("Sign here");
        this.keepLabel = _t("Use this signature");
        this.cancelLabel = _t("Cancel");
    }

    open() {
        this.signature = { name: this.props.name, isSignatureEmpty: true, getSignatureImage: () => "", resetSignature: () => {} };
        this.state.isOpen = true;
    }

    get canKeep() {
        return this.state.count >= 0 && !this.signature.isSignatureEmpty;
    }

    onKeydown(ev) {
        // Enter in the name is no reason to send the form.
        if (ev.key === "Enter" && ev.target.matches("input")) {
            ev.preventDefault();
        }
    }

    async keep() {
        const image = await fetch(this.signature.getSignatureImage());
        await this.props.onKeep(await image.blob());
        this.state.isOpen = false;
    }
}

export class FormSignature extends Interaction {
    static selector = ".o_pem_form .o_pem_signature";

    start() {
        const holder = this.el.closest(".o_pem_files");
        // A picture of a signature can be chosen in the pad as well.
        holder.querySelector(".o_pem_upload").classList.add("d-none");
        this.mountComponent(this.el, SignaturePad, {
            name: this.el.dataset.name || "",
            onKeep: (image) => {
                const files = [new File([image], _t("Signature") + ".png", { type: "image/png" })];
                holder.dispatchEvent(new CustomEvent("pem-upload", { detail: { files } }));
            },
        });
    }
}

registry.category("public.interactions").add("pem_partner_portal.form_signature", FormSignature);
