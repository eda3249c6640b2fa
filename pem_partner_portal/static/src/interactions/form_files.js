import { createFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * The files of an answer: sent as soon as they are chosen or dropped, listed with a preview, and taken back by a button
 * that works without JavaScript as well.
 */
export class FormFiles extends Interaction {
    static selector = ".o_pem_form .o_pem_files";
    dynamicContent = {
        _root: {
            "t-on-dragover.prevent": () => (this.isOver = true),
            "t-on-dragleave": () => (this.isOver = false),
            "t-on-drop.prevent": this.onDrop,
            "t-on-pem-upload": (ev) => this.upload(ev.detail.files),
            "t-att-class": () => ({ o_pem_dragging: this.isOver }),
        },
        "input[type=file]": { "t-on-change": this.onChoose },
        ".o_pem_file_link": { "t-on-click": this.onOpen },
    };

    setup() {
        this.isOver = false;
        this.form = this.el.closest("form");
        this.entry = this.el.closest(".o_pem_entry");
        this.input = this.el.querySelector("input[type=file]");
        this.list = this.el.querySelector(".o_pem_file_list");
        this.viewer = createFileViewer();
        this.registerCleanup(() => this.viewer.close());
    }

    address(path) {
        const { path: base, token } = this.form.dataset;
        return `${base}/files/${path}${token ? `?access_token=${encodeURIComponent(token)}` : ""}`;
    }

    onChoose() {
        return this.upload([...this.input.files]);
    }

    onDrop(ev) {
        this.isOver = false;
        return this.upload([...ev.dataTransfer.files]);
    }

    async upload(files) {
        const messages = [];
        for (const file of files) {
            const answer = await this.send(file);
            if (answer.error) {
                messages.push(answer.error);
            } else {
                this.add(answer);
            }
        }
        this.input.value = "";
        const error = this.entry.querySelector(".o_pem_error");
        error.textContent = messages.join(" ");
        error.hidden = !messages.length;
        this.input.classList.toggle("is-invalid", messages.length > 0);
        this.el.dispatchEvent(new CustomEvent("pem-changed", { bubbles: true }));
        return messages;
    }

    async send(file) {
        const limit = this.input.dataset.limitMb;
        if (file.size > Number(limit) * 1024 * 1024) {
            return { error: _t("“%(name)s” is larger than %(limit)s MB.", { name: file.name, limit }) };
        }
        const content = new FormData();
        content.append("csrf_token", this.form.elements.csrf_token.value);
        content.append("file", file);
        if (this.form.dataset.token) {
            content.append("access_token", this.form.dataset.token);
        }
        const failed = { error: _t("“%s” could not be sent. Please try again.", file.name) };
        try {
            const { path } = this.form.dataset;
            const response = await this.waitFor(fetch(`${path}/files/${this.el.dataset.question}`, { method: "POST", body: content }));
            return response.ok ? await this.waitFor(response.json()) : failed;
        } catch {
            return failed;
        }
    }

    add(file) {
        if (Number(this.el.dataset.most) === 1) {
            // A single file takes the place of the one before.
            this.list.replaceChildren();
        }
        const item = document.createElement("li");
        item.className = "o_pem_file d-flex align-items-center gap-2 border rounded px-2 py-1 mb-1";
        const link = document.createElement("a");
        link.className = "flex-grow-1 text-truncate o_pem_file_link";
        link.href = this.address(file.id);
        link.dataset.mimetype = file.mimetype || "";
        link.textContent = file.name;
        const remove = document.createElement("button");
        remove.type = "submit";
        remove.className = "btn btn-sm btn-link text-danger px-1";
        remove.setAttribute("formaction", `${this.form.dataset.path}/files/${this.el.dataset.question}/${file.id}/remove`);
        remove.setAttribute("formnovalidate", "formnovalidate");
        remove.setAttribute("aria-label", _t("Remove %s", file.name));
        remove.append(icon("fa-trash-o"));
        item.append(this.picture(file), link, remove);
        this.insert(item, this.list, "beforeend", false);
    }

    picture(file) {
        if (!file.is_image) {
            return icon(file.is_pdf ? "fa-file-pdf-o" : "fa-paperclip");
        }
        const image = document.createElement("img");
        image.className = "o_pem_thumbnail rounded";
        image.alt = "";
        image.src = this.address(`${file.id}/preview`);
        return image;
    }

    /** Look at images and PDF files here, instead of downloading them. */
    onOpen(ev) {
        const files = [...this.list.querySelectorAll(".o_pem_file_link")].map((link) => viewable(link));
        const file = files.find(({ link }) => link === ev.currentTarget);
        if (file.isViewable) {
            ev.preventDefault();
            this.viewer.open(file, files);
        }
    }
}

function viewable(link) {
    const { mimetype } = link.dataset;
    const isPdf = mimetype === "application/pdf";
    const isImage = mimetype.startsWith("image/");
    const { pathname, search } = new URL(link.href);
    const source = pathname + search;
    return {
        link, mimetype, isPdf, isImage, isViewable: isPdf || isImage, name: link.textContent, displayName: link.textContent,
        downloadUrl: link.href,
        defaultSource: isPdf ? `/web/static/lib/pdfjs/web/viewer.html?file=${encodeURIComponent(source)}#pagemode=none` : source,
    };
}

function icon(name) {
    const node = document.createElement("i");
    node.className = `fa ${name}`;
    node.setAttribute("aria-hidden", "true");
    return node;
}

registry.category("public.interactions").add("pem_partner_portal.form_files", FormFiles);
