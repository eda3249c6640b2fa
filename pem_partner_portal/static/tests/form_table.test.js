import { setupInteractionWhiteList, startInteractions } from "@web/../tests/public/helpers";

import { describe, expect, test } from "@odoo/hoot";
import { animationFrame, click, edit, queryAll, queryFirst } from "@odoo/hoot-dom";
import { onRpc } from "@web/../tests/web_test_helpers";

setupInteractionWhiteList(["pem_partner_portal.request_form", "pem_partner_portal.form_table"]);
describe.current.tags("interaction_dev");

const cell = (key, name, type, input, attributes = "") => `
    <div class="o_pem_cell" data-name="${name}" data-type="${type}" ${attributes}>
        ${input}<div id="t_${key}_${name}_error" class="o_pem_error" hidden="hidden"></div>
    </div>`;
const row = (key, values = {}) => `
    <div class="o_pem_row">
        ${cell(key, "part", "char", `<input id="t_${key}_part" name="row.lines.${key}.part" value="${values.part || ""}"/>`, `data-required="1"`)}
        ${cell(key, "days", "integer", `<input type="number" name="row.lines.${key}.days" value="${values.days || ""}"/>`, `data-maximum="30"`)}
        ${cell(key, "twice", "computed", `<output data-formula='["*", ["name", "days"], 2]'></output>`)}
        <button type="button" class="o_pem_copy_row">Copy</button><button type="button" class="o_pem_remove_row">Remove</button>
    </div>`;
const FORM = `
    <form class="o_pem_form" data-path="/my/requests/7" data-token="" data-facts="{}">
        <input type="hidden" name="csrf_token" value="x"/>
        <div class="o_pem_entry" data-name="lines" data-type="table"><fieldset class="o_pem_field">
            <div class="o_pem_table" data-table="lines" data-path="rows/lines" data-least="1" data-most="4">
                <input type="hidden" name="row.lines" value=""/>
                <div class="o_pem_table_error" hidden="hidden"></div>
                ${row("0", { part: "BX-17", days: "3" })}
                <template class="o_pem_row_template">${row("KEY")}</template>
                <dl><dd data-total="days">3</dd></dl>
                <button type="submit" class="o_pem_add_row">Add</button>
                <input type="file" class="o_pem_import_file"/>
                <div class="o_pem_table_notes"></div>
            </div>
        </fieldset></div>
        <div class="o_pem_entry" data-name="sum" data-type="computed"><output data-formula='["sum", ["column", "lines", "twice"]]'></output></div>
        <button type="submit" name="action" value="submit">Send</button>
        <span class="o_pem_saved"></span>
    </form>`;
const start = () => {
    onRpc("/my/requests/7/draft", () => ({ saved: true }));
    return startInteractions(FORM);
};
const rows = () => queryAll(".o_pem_row");
const input = (number, column) => rows()[number].querySelector(`input[name$=".${column}"]`);
const paste = async (target, text) => {
    const event = new Event("paste", { bubbles: true, cancelable: true });
    event.clipboardData = { getData: () => text };
    target.dispatchEvent(event);
    await animationFrame();
    await animationFrame();
    await animationFrame();
};

test("rows are added, duplicated and removed, and the focus goes along", async () => {
    await start();
    await click(".o_pem_add_row");
    expect(rows()).toHaveLength(2);
    expect(input(1, "part")).toBeFocused();
    expect(input(1, "part").id).not.toBe("t_KEY_part");
    expect(input(1, "part").name).toMatch(/^row\.lines\.new\w+\.part$/);
    await click(rows()[0].querySelector(".o_pem_copy_row"));
    expect(rows().map((one) => one.querySelector("input").value)).toEqual(["BX-17", "BX-17", ""]);
    expect(rows()[2]).toHaveAttribute("aria-label", "Line 3");
    await click(rows()[1].querySelector(".o_pem_remove_row"));
    expect(rows()).toHaveLength(2);
    expect(rows()[1].querySelector(".o_pem_remove_row")).toBeFocused();
    await click(rows()[1].querySelector(".o_pem_remove_row"));
    expect(".o_pem_add_row").toBeFocused();
});

test("totals and computed values follow the rows", async () => {
    await start();
    await click(".o_pem_add_row");
    await click(input(1, "days"));
    await edit("4");
    expect("[data-total=days]").toHaveText("7");
    expect(rows()[1].querySelector("output")).toHaveText("8");
    expect("[data-name=sum] output").toHaveText("14");
});

test("what is wrong is said beside its cell; rows in which nothing is entered do not count", async () => {
    await start();
    queryFirst("form").addEventListener("submit", (ev) => {
        expect.step(ev.defaultPrevented ? "stopped" : "sent");
        ev.preventDefault();
    });
    await click(".o_pem_add_row");
    await click(".o_pem_add_row");
    await click(input(2, "days"));
    await edit("31");
    await click("button[value=submit]");
    await animationFrame();
    const errors = rows().map((one) => [...one.querySelectorAll(".o_pem_error:not([hidden])")].map((node) => node.textContent));
    expect(errors).toEqual([[], [], ["Please answer this question.", "Please enter 30 or less."]]);
    expect(input(2, "part")).toBeFocused();
    expect.verifySteps(["stopped"]);
});

test("no more rows than allowed, and no fewer than needed", async () => {
    await start();
    for (let number = 0; number < 3; number++) {
        await click(".o_pem_add_row");
    }
    expect(".o_pem_add_row").not.toBeEnabled();
    await click(rows()[0].querySelector(".o_pem_remove_row"));
    expect(".o_pem_add_row").toBeEnabled();
    await click("button[value=submit]");
    await animationFrame();
    expect(".o_pem_table_error").toHaveText("Please enter at least one row.");
});

test("what is pasted from a spreadsheet fills rows, and what did not fit is told", async () => {
    onRpc(
        "/my/requests/7/rows/lines",
        async (request) => {
            const body = await request.formData();
            expect.step([body.get("start"), body.get("text")]);
            return { rows: [1, 2, 3, 4].map((number) => ({ part: `P${number}`, days: `${number}` })), notes: ["Row 5: gone."] };
        },
        { pure: true }
    );
    await start();
    await paste(input(0, "part"), "P1\t1\nP2\t2");
    expect.verifySteps([["part", "P1\t1\nP2\t2"]]);
    expect(rows().map((one) => one.querySelector("input").value)).toEqual(["P1", "P2", "P3", "P4"]);
    expect("[data-total=days]").toHaveText("10");
    expect(".o_pem_table_notes").toHaveText("4 lines were filled.\nRow 5: gone.");
    await paste(input(2, "part"), "P1\t1\nP2\t2");
    expect.verifySteps([["part", "P1\t1\nP2\t2"]]);
    expect(".o_pem_table_notes").toHaveText("2 lines were filled.\n2 lines did not fit and were left out.\nRow 5: gone.");
});

test("one word is pasted as ever", async () => {
    onRpc("/my/requests/7/rows/lines", () => expect.step("asked"), { pure: true });
    await start();
    await paste(input(0, "part"), "BX-18\n");
    expect.verifySteps([]);
});
