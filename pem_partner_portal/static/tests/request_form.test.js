import { setupInteractionWhiteList, startInteractions } from "@web/../tests/public/helpers";

import { describe, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame, click, edit, pointerDown, pointerUp, queryAll, queryFirst } from "@odoo/hoot-dom";
import { onRpc } from "@web/../tests/web_test_helpers";

setupInteractionWhiteList("pem_partner_portal.request_form");
describe.current.tags("interaction_dev");

const entry = (name, type, input, attributes = "") => `
    <div class="o_pem_entry" data-name="${name}" data-type="${type}" ${attributes}>
        ${input}<div class="o_pem_error" hidden="hidden"></div>
    </div>`;

const FORM = `
    <form class="o_pem_form" data-path="/my/requests/7" data-token="" data-facts='{"partner": {"country_code": "US"}}'>
        <input type="hidden" name="csrf_token" value="x"/>
        <div class="o_pem_progress progress d-none"><div class="progress-bar"></div></div>
        ${entry("phone", "phone", `<input name="answer.phone" value="+1 617 555 0100"/>`, `data-required="1"`)}
        ${entry(
            "reseller",
            "boolean",
            `<input type="hidden" name="answer.reseller" value=""/><input type="checkbox" name="answer.reseller" value="1"/>`
        )}
        ${entry(
            "seats",
            "integer",
            `<input type="number" name="answer.seats"/>`,
            `data-required="1" data-minimum="1" data-visible-if='[["reseller", "=", true]]'`
        )}
        ${entry("state", "char", `<input name="answer.state"/>`, `data-visible-if='[["partner.country_code", "=", "US"]]'`)}
        ${entry("county", "char", `<input name="answer.county"/>`, `data-visible-if='[["partner.country_code", "=", "GB"]]'`)}
        <button type="submit" name="action" value="submit">Send</button>
        <span class="o_pem_saved"></span>
    </form>`;

const shown = (name) => !queryFirst(`[data-name=${name}]`).hidden;

test("questions come and go with the answers before them and with who is looking", async () => {
    await startInteractions(FORM);
    expect([shown("seats"), shown("state"), shown("county")]).toEqual([false, true, false]);
    await click("[name='answer.reseller'][type=checkbox]");
    expect(shown("seats")).toBe(true);
    await click("[name='answer.reseller'][type=checkbox]");
    expect(shown("seats")).toBe(false);
});

test("what is missing is said beside its question, and nothing is sent", async () => {
    await startInteractions(FORM);
    await click("[name='answer.reseller'][type=checkbox]");
    await click("[name='answer.phone']");
    await edit("");
    await click("button[value=submit]");
    await animationFrame();
    const errors = queryAll(".o_pem_error:not([hidden])").map((node) => node.textContent);
    expect(errors).toEqual(["Please answer this question.", "Please answer this question."]);
    expect("[name='answer.phone']").toBeFocused();
    expect("[name='answer.phone']").toHaveAttribute("aria-invalid", "true");
    await edit("+1 617 555 0100", { confirm: "blur" });
    await advanceTime(10);
    expect("[name='answer.phone']").not.toHaveAttribute("aria-invalid");
});

test("what is wrong is said after the click with which its question is left, which would miss otherwise", async () => {
    await startInteractions(FORM);
    await click("[name='answer.phone']");
    await edit("call me");
    await pointerDown("[name='answer.reseller'][type=checkbox]");
    await advanceTime(10);
    expect("[data-name=phone] .o_pem_error").toHaveText("");
    await pointerUp("[name='answer.reseller'][type=checkbox]");
    await advanceTime(10);
    expect("[name='answer.reseller'][type=checkbox]").toBeChecked();
    expect("[data-name=phone] .o_pem_error").toHaveText(/^Please enter a phone number/);
});

test("a hidden question is not missed", async () => {
    await startInteractions(FORM);
    queryFirst("form").addEventListener("submit", (ev) => {
        expect.step(ev.defaultPrevented ? "stopped" : "sent");
        ev.preventDefault();
    });
    await click("button[value=submit]");
    await animationFrame();
    expect.verifySteps(["sent"]);
});

test("a draft is kept a moment after typing, once", async () => {
    onRpc("/my/requests/7/draft", async (request) => {
        const { params } = await request.json();
        expect.step(params.entries.find(([name]) => name === "answer.phone")[1]);
        return { saved: true };
    });
    await startInteractions(FORM);
    await click("[name='answer.phone']");
    await edit("+1 617 555 0199");
    await advanceTime(2000);
    await animationFrame();
    expect.verifySteps(["+1 617 555 0199"]);
    expect(".o_pem_saved").toHaveText("Draft saved");
});

test("how much is answered is shown", async () => {
    await startInteractions(FORM);
    expect(".o_pem_progress").not.toHaveClass("d-none");
    expect(queryFirst(".progress-bar").style.width).toBe("33%");
    expect(".o_pem_progress").toHaveAttribute("aria-valuenow", "33");
});
