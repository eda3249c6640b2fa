import { setupInteractionWhiteList, startInteractions } from "@web/../tests/public/helpers";

import { describe, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame, click, edit, queryFirst, select } from "@odoo/hoot-dom";
import { onRpc } from "@web/../tests/web_test_helpers";

setupInteractionWhiteList("pem_partner_portal.request_form");
describe.current.tags("interaction_dev");

const entry = (name, type, input, attributes = "") => `
    <div class="o_pem_entry" data-name="${name}" data-type="${type}" ${attributes}>
        <fieldset class="o_pem_field">${input}<div class="o_pem_error" hidden="hidden"></div></fieldset>
    </div>`;
const form = (...entries) => `
    <form class="o_pem_form" data-path="/my/requests/7" data-token="" data-facts='{"reader": {"role": "sales"}}'>
        <input type="hidden" name="zone" value="Europe/Paris"/>
        ${entries.join("")}
        <button type="submit" name="action" value="submit">Send</button>
        <span class="o_pem_saved"></span>
    </form>`;
const start = async (...entries) => {
    onRpc("/my/requests/7/draft", () => ({ saved: true }));
    const { core } = await startInteractions(form(...entries));
    return core.interactions[0].interaction;
};
const error = (name) => queryFirst(`[data-name=${name}] .o_pem_error`).textContent;
const send = async () => {
    queryFirst("form").addEventListener("submit", (ev) => ev.preventDefault());
    await click("button[value=submit]");
    await animationFrame();
};

test("a computed value follows what it is computed of, and hides others", async () => {
    await start(
        entry("price", "monetary", `<input type="number" step="any" name="answer.price"/>`),
        entry("pieces", "integer", `<input type="number" name="answer.pieces" value="4"/>`),
        entry("total", "computed", `<output data-formula='["*", ["name", "price"], ["name", "pieces"]]'>–</output>`),
        entry("why", "char", `<input name="answer.why"/>`, `data-visible-if='[["total", ">", 10000]]'`)
    );
    expect("[data-name=total] output").toHaveText("0");
    await click("[name='answer.price']");
    await edit("2501");
    expect("[data-name=total] output").toHaveText(/^10,?004$/);
    expect(queryFirst("[data-name=why]").hidden).toBe(false);
});

test("the states on offer are those of the country", async () => {
    await start(
        entry("country", "country", `<select name="answer.country"><option value=""/><option value="1">A</option><option value="2">B</option></select>`),
        entry(
            "state",
            "state",
            `<select name="answer.state"><option value=""/><option value="10" data-group="1">A1</option><option value="20" data-group="2">B1</option></select>`,
            `data-country-question="country"`
        )
    );
    const offered = () => [...queryFirst("[name='answer.state']").options].map((option) => option.value);
    expect(offered()).toEqual(["", "10", "20"]);
    await click("[name='answer.state']");
    await select("20");
    await click("[name='answer.country']");
    await select("1");
    expect(offered()).toEqual(["", "10"]);
    expect("[name='answer.state']").toHaveValue("");
    await click("[name='answer.country']");
    await select("");
    expect(offered()).toEqual(["", "10", "20"]);
});

test("what is closed shows what stands there, and what was typed comes back", async () => {
    await start(
        entry("own", "boolean", `<input type="checkbox" name="answer.own" value="1" checked="checked"/>`),
        entry("terms", "char", `<input name="answer.terms" value="30 days"/>`,
            `data-readonly-if='[["own", "=", false]]' data-standing='"30 days"'`)
    );
    await click("[name='answer.terms']");
    await edit("60 days");
    await click("[name='answer.own']");
    expect("[name='answer.terms']").toHaveValue("30 days");
    expect("[name='answer.terms']").not.toBeEnabled();
    await click("[name='answer.own']");
    expect("[name='answer.terms']").toHaveValue("60 days");
    expect("[name='answer.terms']").toBeEnabled();
});

const CONFIRM = `
    <div class="o_pem_confirm" data-standing='"+1 617"' data-entered='"+1 617"'>
        <input type="checkbox" name="confirm.phone" value="1"/><button type="button" class="o_pem_correct d-none">Correct it</button>
    </div>
    <div class="o_pem_correction"><input name="answer.phone" value="+1 617"/><div class="o_pem_error" hidden="hidden"></div></div>`;

test("what is on file is confirmed with one tap, or corrected", async () => {
    await start(`<div class="o_pem_entry" data-name="phone" data-type="char"><fieldset class="o_pem_field">${CONFIRM}</fieldset></div>`);
    expect("[name='answer.phone']").toHaveClass("d-none");
    await send();
    expect(error("phone")).toBe("Please confirm that this is still right, or correct it.");
    await click(".o_pem_correct");
    expect("[name='answer.phone']").toBeFocused();
    expect("[name='answer.phone']").not.toHaveClass("d-none");
    await edit("+1 618");
    await send();
    expect(error("phone")).toBe("");
    await click("[name='confirm.phone']");
    expect("[name='answer.phone']").toHaveClass("d-none");
    expect("[name='answer.phone']").toHaveValue("+1 617");
    await send();
    expect(error("phone")).toBe("");
});

test("what does not match is said in the designer's words", async () => {
    await start(entry("number", "char", `<input name="answer.number"/>`, `data-pattern="[A-Z]{2}-[0-9]+" data-pattern-message="Such as BX-17."`));
    await click("[name='answer.number']");
    await edit("bx", { confirm: "blur" });
    await advanceTime(10);
    expect(error("number")).toBe("Such as BX-17.");
});

test("a rating is a number, a moment is kept in UTC", async () => {
    const stars = [1, 2, 3].map((star) => `<input type="radio" name="answer.stars" value="${star}"/>`).join("");
    const interaction = await start(
        entry("stars", "rating", `<input type="hidden" name="answer.stars" value=""/>${stars}`, `data-required="1"`),
        entry("meeting", "datetime", `<input type="datetime-local" name="answer.meeting" value="2027-05-01T09:30"/>`)
    );
    await send();
    expect(error("stars")).toBe("Please answer this question.");
    await click("[name='answer.stars'][value='2']");
    expect(interaction.values.stars).toBe(2);
    expect(interaction.values.meeting).toBe("2027-05-01 07:30:00");
    await send();
    expect(error("stars")).toBe("");
});
