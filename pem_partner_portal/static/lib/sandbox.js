/*
 * Runs in the pages of a sandbox, ahead of everything else: nothing leads out of them, and what the reader sends or
 * attaches is told to the window around them, which plays it.
 */
(function () {
    const tell = (message) => window.parent.postMessage({ pemSandbox: true, ...message }, window.location.origin);
    const files = /\/pem\/sandbox\/\d+\/files\/([a-z][a-z0-9_]*)(?:\/(-?\d+)\/(remove|restore))?(?:\?|$)/;
    const entriesOf = (form, submitter) =>
        [...new FormData(form, submitter).entries()].filter(([, value]) => typeof value === "string");

    const send = window.fetch;
    window.fetch = async function (resource, options) {
        const response = await send.call(window, resource, options);
        const match = options?.method === "POST" && files.exec(String(resource.url || resource));
        if (match && response.ok && !match[2]) {
            const file = await response.clone().json();
            if (!file.error) {
                tell({ kind: "attach", question: match[1], file });
            }
        }
        return response;
    };

    window.addEventListener("click", (ev) => {
        const link = ev.target.closest?.("a[href]");
        // An empty spreadsheet may be had; nothing else leads anywhere.
        if (link && !/^#|\/pem\/sandbox\/\d+\/rows\//.test(link.getAttribute("href"))) {
            ev.preventDefault();
        }
    });

    // Last of all who listen: what the page itself refuses to send is not sent here either.
    window.addEventListener("submit", (ev) => {
        if (ev.defaultPrevented) {
            return;
        }
        ev.preventDefault();
        const { target: form, submitter } = ev;
        const action = submitter?.getAttribute("formaction") || form.getAttribute("action") || "";
        const match = files.exec(action);
        const entries = entriesOf(form, submitter);
        if (match && match[2]) {
            tell({ kind: match[3], question: match[1], file: Number(match[2]), entries });
        } else if (action.endsWith("/forward")) {
            tell({ kind: "forward", entries });
        } else if (form.classList.contains("o_pem_form")) {
            tell({ kind: submitter?.value === "submit" ? "send" : "save", entries });
        }
    });
})();
