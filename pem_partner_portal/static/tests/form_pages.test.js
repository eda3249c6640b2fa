import { setupInteractionWhiteList, startInteractions } from "@web/../tests/public/helpers";

import { describe, expect, test } from "@odoo/hoot";
import { animationFrame, click, edit, queryAll, queryFirst } from "@odoo/hoot-dom";
import { onRpc } from "@web/../tests/web_test_helpers";

setupInteractionWhiteList(["pem_partner_portal.request_form", "pem_partner_portal.form_pages"]);
describe.current.tags("interaction_dev");

const page = (number, title, name, attributes = "", input = "") => `
    <section class="o_pem_page" data-page="${number}"><h2 tabindex="-1">${title}</h2>
        <div class="o_pem_entry" data-name="${name}" data-type="char" ${attributes}>
            <input name="answer.${name}" value="${input}"/><div class="o_pem_error" hidden="hidden"></div>
        </div>
    </section>`;
const FORM = `
    <form class="o_pem_form" data-path="/my/requests/7" data-token="" data-facts="{}">
        <button type="submit" name="action" value="submit" class="d-none">Send</button>
        <nav class="o_pem_steps d-none">
            <button type="button" class="o_pem_step" data-page="1"></button><button type="button" class="o_pem_step" data-page="2"></button>
            <button type="button" class="o_pem_step" data-page="3"></button><div class="o_pem_step_text"></div>
        </nav>
        ${page(1, "You", "name", `data-required="1"`)}
        ${page(2, "Company", "company", `data-visible-if='[["name", "=", "Kim"]]'`)}
        ${page(3, "Last", "remark", `data-required="1"`)}
        <button type="button" class="o_pem_back d-none">Back</button><button type="button" class="o_pem_next d-none">Next</button>
        <button type="submit" name="action" value="submit" class="o_pem_send">Send</button>
        <span class="o_pem_saved"></span>
    </form>`;
const start = async (html = FORM) => {
    sessionStorage.clear();
    onRpc("/my/requests/7/draft", () => {
        expect.step("draft");
        return { saved: true };
    });
    await startInteractions(html);
    queryFirst("form").addEventListener("submit", (ev) => {
        expect.step(ev.defaultPrevented ? "stopped" : "sent");
        ev.preventDefault();
    });
};
/** What browsers do on Enter in a field: they press the first button of the form, seen or not. */
const enter = async () => {
    queryFirst("form").requestSubmit(queryFirst("form > button[value=submit].d-none"));
    await animationFrame();
};
const shown = () => queryAll(".o_pem_page").flatMap((one, index) => (one.hidden ? [] : [index + 1]));

test("one page after the other, with a draft each time, and pages without questions are passed over", async () => {
    await start();
    expect(shown()).toEqual([1]);
    expect(".o_pem_step_text").toHaveText("Page 1 of 2: You");
    expect(".o_pem_back").toHaveClass("d-none");
    expect(".o_pem_send").toHaveClass("d-none");
    await click("[name='answer.name']");
    await edit("Lou");
    await click(".o_pem_next");
    await animationFrame();
    expect(shown()).toEqual([3]);
    expect(".o_pem_page:not([hidden]) h2").toBeFocused();
    expect(".o_pem_send").not.toHaveClass("d-none");
    await click(".o_pem_back");
    await animationFrame();
    expect(shown()).toEqual([1]);
    expect.verifySteps(["draft", "draft"]);
    await click("[name='answer.name']");
    await edit("Kim");
    await click(".o_pem_next");
    await animationFrame();
    expect(".o_pem_step_text").toHaveText("Page 2 of 3: Company");
    expect.verifySteps(["draft"]);
});

test("what is wrong keeps the page from being turned", async () => {
    await start();
    await click(".o_pem_next");
    await animationFrame();
    expect(shown()).toEqual([1]);
    expect("[data-name=name] .o_pem_error").toHaveText("Please answer this question.");
    expect("[name='answer.name']").toBeFocused();
    expect.verifySteps([]);
});

test("Enter turns the page before the last, and sends on the last", async () => {
    await start();
    await click("[name='answer.name']");
    await edit("Lou");
    await enter();
    expect(shown()).toEqual([3]);
    expect.verifySteps(["draft"]);
    await click("[name='answer.remark']");
    await edit("x");
    await enter();
    expect.verifySteps(["sent"]);
});

test("an error leads to its page", async () => {
    await start();
    await click("[name='answer.name']");
    await edit("Lou");
    await click(".o_pem_next");
    await animationFrame();
    queryFirst("[name='answer.name']").value = "";
    await click("[name='answer.remark']");
    await edit("x");
    await click(".o_pem_send");
    await animationFrame();
    expect(shown()).toEqual([1]);
    expect("[name='answer.name']").toBeFocused();
    expect.verifySteps(["draft", "stopped"]);
});

test("what the server refused is shown at once", async () => {
    const refused = FORM.replace(/(name="answer.remark" value=""\/><div class="o_pem_error") hidden="hidden"/, "$1");
    await start(refused);
    expect(shown()).toEqual([3]);
});
