import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { animationFrame, press, queryAll, queryAllTexts, queryFirst, queryOne } from "@odoo/hoot-dom";
import { advanceTime } from "@odoo/hoot-mock";
import { allowTranslations, clickSave, contains, defineModels, fields, models, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { conditionWords, renamedCondition, renamedFormula } from "@pem_campaigns/conditions/condition_words";
import { freeName, slug } from "@pem_campaigns/form_designer/kinds";
import { linesOf, placed, sequencesFor } from "@pem_campaigns/form_designer/layout";

describe.current.tags("desktop");

class PemForm extends models.Model {
    _name = "pem.form";
    name = fields.Char();
    is_locked = fields.Boolean();
    field_ids = fields.One2many({ relation: "pem.form.field", relation_field: "form_id" });
    _records = [{ id: 1, name: "Certificate renewal", field_ids: [1, 2, 3, 4] }];
}

class PemFormField extends models.Model {
    _name = "pem.form.field";
    form_id = fields.Many2one({ relation: "pem.form" });
    table_id = fields.Many2one({ relation: "pem.form.field" });
    sequence = fields.Integer();
    label = fields.Char();
    name = fields.Char();
    value_type = fields.Selection({
        selection: [
            ["char", "Text"], ["integer", "Whole number"], ["boolean", "Yes/No"], ["date", "Date"], ["selection", "Choice"],
            ["table", "Table"], ["computed", "Computed value"], ["heading", "Heading"], ["page", "Page break"],
        ],
    });
    width = fields.Selection({ selection: [["full", "Whole line"], ["half", "Half a line"], ["third", "A third of a line"]] });
    prefill = fields.Selection({ selection: [["none", "Empty"], ["value", "The default"]] });
    required = fields.Boolean();
    visible_if = fields.Char({ string: "Visible when" });
    formula = fields.Char();
    option_ids = fields.One2many({ relation: "pem.form.field.option", relation_field: "field_id" });
    column_ids = fields.One2many({ relation: "pem.form.field", relation_field: "table_id" });
    _records = [
        { id: 1, form_id: 1, sequence: 10, label: "Has certificate", name: "has_certificate", value_type: "boolean", width: "full" },
        { id: 2, form_id: 1, sequence: 20, label: "Number", name: "number", value_type: "char", width: "full", required: true },
        {
            id: 3, form_id: 1, sequence: 30, label: "Valid until", name: "valid_until", value_type: "date", width: "full",
            visible_if: "[('has_certificate', '=', True)]",
        },
        { id: 4, form_id: 1, sequence: 40, label: "Parts", name: "parts", value_type: "table", width: "full", column_ids: [5] },
        { id: 5, table_id: 4, sequence: 10, label: "Quantity", name: "quantity", value_type: "integer", width: "full" },
    ];
}

class PemFormFieldOption extends models.Model {
    _name = "pem.form.field.option";
    field_id = fields.Many2one({ relation: "pem.form.field" });
    sequence = fields.Integer();
    name = fields.Char();
    key = fields.Char();
}

defineMailModels();
defineModels([PemForm, PemFormField, PemFormFieldOption]);

const OPTIONS = `
    <field name="option_ids" invisible="value_type != 'selection'">
        <list editable="bottom"><field name="sequence" widget="handle"/><field name="name"/><field name="key"/></list>
    </field>`;
const ARCH = `
    <form>
        <field name="name"/>
        <field name="is_locked" invisible="1"/>
        <field name="field_ids" widget="pem_form_designer" mode="form" readonly="is_locked">
            <form disable_autofocus="1">
                <field name="sequence" invisible="1"/>
                <field name="label"/>
                <field name="value_type"/>
                <field name="width"/>
                <field name="prefill" invisible="1"/>
                <field name="name" id="question_name"/>
                <field name="required"/>
                <field name="visible_if" widget="pem_condition" options="{'only_above': True}" placeholder="Always shown."/>
                <field name="formula" widget="pem_formula" invisible="value_type != 'computed'"/>
                ${OPTIONS}
                <field name="column_ids" widget="pem_form_columns" mode="form" invisible="value_type != 'table'">
                    <form disable_autofocus="1">
                        <field name="sequence" invisible="1"/>
                        <field name="label"/>
                        <field name="value_type"/>
                        <field name="width" invisible="1"/>
                        <field name="name" id="column_name"/>
                        <field name="required"/>
                        ${OPTIONS}
                    </form>
                </field>
            </form>
        </field>
    </form>`;

const labels = () => queryAll(".o_pem_fd_el").map((element) => element.getAttribute("aria-label").split(",")[0]);
const columns = () => queryAll(".o_pem_fd_column").map((element) => element.getAttribute("aria-label").split(",")[0]);
const element = (label) => `.o_pem_fd_el[aria-label^="${label},"]`;
const column = (label) => `.o_pem_fd_column[aria-label^="${label},"]`;
const kind = (name) => `.o_pem_fd_kind[data-kind="${name}"]`;
const panelInput = (name) => `.o_pem_fd_panel .o_field_widget[name="${name}"] input`;
const announced = () => queryFirst(".o_pem_fd [aria-live]").textContent.trim();
let problems = [];
let saved;

beforeEach(() => {
    problems = [];
    saved = undefined;
    onRpc("pem.form", "get_condition_facts", () => [
        { path: "partner.city", string: "City of the partner", type: "char" },
        { path: "reader.is_guest", string: "Reader is a guest", type: "boolean" },
    ]);
    onRpc("pem.form", "get_designer_problems", () => problems);
    onRpc("pem.form", "web_save", ({ args }) => {
        saved = args[1];
    });
});

async function design(resId = 1) {
    await mountView({ type: "form", resModel: "pem.form", resId, arch: ARCH });
}

/** @param {"top"|"bottom"|"left"|"right"} position the edge of what it is dragged to */
async function dragTo(from, to, position) {
    const { moveTo, drop } = await contains(from).drag();
    await moveTo(to, { position });
    await animationFrame();
    await drop();
    await animationFrame();
    await animationFrame();
}

async function choose(label) {
    await contains(element(label)).click();
    await animationFrame();
}

async function key(name) {
    await press(name.split("+"));
    await animationFrame();
    await animationFrame();
}

describe("Page", () => {
    test("the page shows elements in order, with what is required, and conditions in words", async () => {
        await design();
        expect(labels()).toEqual(["Has certificate", "Number", "Valid until", "Parts"]);
        expect(columns()).toEqual(["Quantity"]);
        expect(`${element("Number")} .text-danger`).toHaveText("*");
        expect(`${element("Valid until")} .o_pem_fd_notes`).toHaveText("Shown when Has certificate is Yes");
    });

    test("the palette finds kinds by what they are called", async () => {
        await design();
        expect(kind("date")).toHaveCount(1);
        await contains(".o_pem_fd_search").edit("whole", { confirm: false });
        await animationFrame();
        expect(queryAllTexts(".o_pem_fd_kind")).toEqual(["Whole number"]);
    });

    test("problems stand at the element that has them", async () => {
        problems = [[2, ["“Number” depends on “size”, but no question has this name."]]];
        await design();
        await animationFrame();
        expect(`${element("Number")} .o_pem_fd_problem`).toHaveText(/depends on “size”/);
        expect(element("Number")).toHaveClass("o_pem_fd_faulty");
        expect(".o_pem_fd_bar").toHaveText(/1 problem to solve/);
        expect(element("Valid until")).not.toHaveClass("o_pem_fd_faulty");
    });

    test("problems are asked for again after a change, of what is not saved", async () => {
        await design();
        onRpc("pem.form", "get_designer_problems", ({ args }) => {
            expect.step(args[1].field_ids[0][2].required);
            return [];
        });
        await choose("Number");
        await contains(panelInput("required")).click();
        await advanceTime(1000);
        expect.verifySteps([false]);
    });
});

describe("Drag and drop", () => {
    test("a kind dropped on the page becomes a question there; its label is written next", async () => {
        await design();
        await dragTo(kind("char"), element("Has certificate"), "bottom");
        expect(labels()).toEqual(["Has certificate", "Text", "Number", "Valid until", "Parts"]);
        expect(panelInput("label")).toBeFocused();
        await contains(panelInput("label")).edit("Who issued it?");
        await animationFrame();
        await animationFrame();
        expect(labels()[1]).toBe("Who issued it?");
        await clickSave();
        const [created] = saved.field_ids.filter(([command]) => command === 0);
        expect(created[2]).toInclude(["label", "Who issued it?"]);
        expect(created[2]).toInclude(["name", "who_issued_it"]);
        expect(created[2]).toInclude(["value_type", "char"]);
    });

    test("an element is dragged to another place", async () => {
        await design();
        await dragTo(element("Valid until"), element("Has certificate"), "top");
        expect(labels()).toEqual(["Valid until", "Has certificate", "Number", "Parts"]);
        await clickSave();
        expect(saved.field_ids).toEqual([[1, 3, { sequence: 0 }]]);
    });

    test("dropped at the side of another it stands beside it, and both share the line", async () => {
        await design();
        await dragTo(element("Valid until"), element("Number"), "right");
        expect(labels()).toEqual(["Has certificate", "Number", "Valid until", "Parts"]);
        await clickSave();
        expect(saved.field_ids).toEqual([[1, 2, { width: "half" }], [1, 3, { width: "half" }]]);
    });

    test("dropped into a table it becomes a column", async () => {
        await design();
        await dragTo(kind("date"), column("Quantity"), "right");
        expect(columns()).toEqual(["Quantity", "Date"]);
        expect(labels()).toHaveLength(4);
        await dragTo(element("Number"), column("Quantity"), "left");
        expect(columns()).toEqual(["Number", "Quantity", "Date"]);
        expect(labels()).toEqual(["Has certificate", "Valid until", "Parts"]);
        await clickSave();
        expect(saved.field_ids.find(([command]) => command === 2)).toEqual([2, 2]);
        const made = saved.field_ids.find(([, id]) => id === 4)[2].column_ids.filter(([command]) => command === 0);
        expect(made.map(([, , values]) => values.name).sort()).toEqual(["date", "number"]);
    });

    test("a heading does not go into a table", async () => {
        await design();
        await dragTo(kind("heading"), ".o_pem_fd_columns", "bottom");
        expect(columns()).toEqual(["Quantity"]);
        expect(labels().at(-1)).toBe("Heading");
    });
});

describe("Undo", () => {
    test("what was dropped, written and deleted is undone and done again, in one save", async () => {
        await design();
        await dragTo(kind("char"), element("Parts"), "top");
        await contains(panelInput("label")).edit("Remark");
        await animationFrame();
        await choose("Number");
        await key("Delete");
        expect(labels()).toEqual(["Has certificate", "Valid until", "Remark", "Parts"]);
        await contains(".o_pem_fd_undo").click();
        expect(labels()).toEqual(["Has certificate", "Number", "Valid until", "Remark", "Parts"]);
        await contains(".o_pem_fd_undo").click();
        expect(labels()).toEqual(["Has certificate", "Number", "Valid until", "Text", "Parts"]);
        await contains(".o_pem_fd_undo").click();
        expect(labels()).toEqual(["Has certificate", "Number", "Valid until", "Parts"]);
        expect(".o_pem_fd_undo").not.toBeEnabled();
        await contains(".o_pem_fd_redo").click();
        await contains(".o_pem_fd_redo").click();
        expect(labels()).toEqual(["Has certificate", "Number", "Valid until", "Remark", "Parts"]);
        await clickSave();
        expect(saved.field_ids.map(([command]) => command)).toEqual([0]);
        expect(saved.field_ids[0][2].label).toBe("Remark");
        await animationFrame();
        expect(".o_pem_fd_undo").not.toBeEnabled();
    });

    test("a question that went into a table comes back with one undo", async () => {
        await design();
        await dragTo(element("Number"), column("Quantity"), "left");
        expect(columns()).toEqual(["Number", "Quantity"]);
        await contains(".o_pem_fd_undo").click();
        expect(columns()).toEqual(["Quantity"]);
        expect(labels()).toEqual(["Has certificate", "Number", "Valid until", "Parts"]);
    });

    test("changes of choices are undone as well", async () => {
        await design();
        await dragTo(kind("selection"), element("Has certificate"), "bottom");
        expect(queryAllTexts(".o_pem_fd_panel .o_data_cell[name=name]")).toEqual(["First choice", "Second choice"]);
        await contains(".o_pem_fd_panel .o_data_row:eq(0) .o_data_cell[name=name]").click();
        await contains(".o_pem_fd_panel .o_data_row:eq(0) [name=name] input").edit("Gold");
        await choose("Number");
        expect(`${element("Choice")} .o_pem_fd_fake`).toHaveText(/Gold/);
        await contains(".o_pem_fd_undo").click();
        expect(`${element("Choice")} .o_pem_fd_fake`).toHaveText(/First choice/);
    });

    test("Ctrl+Z undoes on the page, and leaves texts that are being written alone", async () => {
        await design();
        await choose("Number");
        await key("Delete");
        await key("Control+z");
        expect(labels()).toHaveLength(4);
        await key("Control+Shift+Z");
        expect(labels()).toHaveLength(3);
        await choose("Valid until");
        await contains(panelInput("label")).click();
        await key("Control+z");
        expect(labels()).toHaveLength(3);
    });

    test("discarding is Odoo's own", async () => {
        await design();
        await choose("Number");
        await key("Delete");
        await contains(".o_form_button_cancel").click();
        await animationFrame();
        expect(labels()).toEqual(["Has certificate", "Number", "Valid until", "Parts"]);
        expect(".o_pem_fd_undo").not.toBeEnabled();
    });
});

describe("Keyboard", () => {
    test("arrows go from element to element, and into tables", async () => {
        await design();
        await choose("Valid until");
        await key("ArrowDown");
        expect(element("Parts")).toBeFocused();
        await key("ArrowDown");
        expect(column("Quantity")).toBeFocused();
        expect(column("Quantity")).toHaveAttribute("aria-selected", "true");
        await key("Home");
        expect(element("Has certificate")).toBeFocused();
        expect("[role=option][tabindex='0']").toHaveCount(1);
    });

    test("Alt and arrows move and widen, and say so", async () => {
        await design();
        await choose("Number");
        await key("Alt+ArrowDown");
        expect(labels()).toEqual(["Has certificate", "Valid until", "Number", "Parts"]);
        expect(announced()).toBe("Number is number 3 of 4.");
        await key("Alt+ArrowLeft");
        expect(announced()).toBe("Number: Half a line.");
        expect(queryOne(element("Number")).parentElement).toHaveClass("col-md-6");
        await key("Alt+ArrowRight");
        expect(announced()).toBe("Number: Whole line.");
    });

    test("Alt, Shift and an arrow take a question into a table and out of it", async () => {
        await design();
        await choose("Number");
        await key("Alt+Shift+ArrowRight");
        expect(columns()).toEqual(["Quantity", "Number"]);
        expect(column("Number")).toBeFocused();
        await key("Alt+Shift+ArrowLeft");
        expect(columns()).toEqual(["Quantity"]);
        expect(labels()).toEqual(["Has certificate", "Valid until", "Parts", "Number"]);
    });

    test("Enter on a kind adds it after what is selected, Enter on an element goes to its label", async () => {
        await design();
        await choose("Has certificate");
        queryOne(kind("char")).focus();
        await key("ArrowDown");
        expect(kind("integer")).toBeFocused();
        await contains(kind("integer")).click();
        await animationFrame();
        expect(labels().slice(0, 3)).toEqual(["Has certificate", "Whole number", "Number"]);
        expect(announced()).toBe("Whole number added.");
        queryOne(element("Whole number")).focus();
        await key("Enter");
        expect(panelInput("label")).toBeFocused();
        await key("Escape");
        await animationFrame();
        expect(element("Whole number")).toBeFocused();
    });

    test("Delete deletes and what follows is selected, Ctrl+D duplicates", async () => {
        await design();
        await choose("Number");
        await key("Delete");
        expect(announced()).toBe("Number deleted. Ctrl+Z brings it back.");
        expect(element("Valid until")).toHaveAttribute("aria-selected", "true");
        await choose("Parts");
        await key("Control+d");
        expect(labels()).toEqual(["Has certificate", "Valid until", "Parts", "Parts (copy)"]);
        expect(columns()).toEqual(["Quantity", "Quantity"]);
        await clickSave();
        const copy = saved.field_ids.find(([command]) => command === 0)[2];
        expect(copy.name).toBe("parts_copy");
        expect(copy.column_ids[0][2].name).toBe("quantity");
    });
});

describe("Conditions and formulas", () => {
    test("a condition is built from the questions above and the facts", async () => {
        await design();
        await choose("Number");
        await contains(".o_pem_fd_panel .o_pem_condition_edit").click();
        await contains(".modal .o_tree_editor a:contains(New Rule)").click();
        expect(queryAllTexts(".modal .o_tree_editor_editor:eq(0) option")).toEqual([
            "Has certificate", "City of the partner", "Reader is a guest",
        ]);
        expect(queryAllTexts(".modal .o_tree_editor_editor:eq(1) option")).toEqual(["is Yes", "is No"]);
        expect(".modal .o_pem_condition_words").toHaveText("When Has certificate is Yes.");
        await contains(".modal .btn-primary").click();
        await animationFrame();
        expect(`${element("Number")} .o_pem_fd_notes`).toHaveText("Shown when Has certificate is Yes");
        await clickSave();
        const { visible_if: condition } = saved.field_ids[0][2];
        expect(condition).toMatch(/has_certificate/);
        expect(conditionWords(condition, [{ path: "has_certificate", string: "It", type: "boolean" }])).toBe("It is Yes");
    });

    test("a present condition is opened as it is, and removed", async () => {
        await design();
        await choose("Valid until");
        expect(".o_pem_fd_panel .o_pem_condition_edit").toHaveText("Has certificate is Yes");
        await contains(".o_pem_fd_panel .o_pem_condition_edit").click();
        expect(".modal .o_tree_editor_condition").toHaveCount(1);
        await contains(".modal .btn-secondary").click();
        await contains(".o_pem_fd_panel [aria-label='Remove the condition']").click();
        expect(`${element("Valid until")} .o_pem_fd_notes`).toHaveCount(0);
    });

    test("conditions follow the name of a question", async () => {
        await design();
        await choose("Has certificate");
        await contains(panelInput("name")).edit("certified");
        await animationFrame();
        expect(`${element("Valid until")} .o_pem_fd_notes`).toHaveText("Shown when Has certificate is Yes");
        await clickSave();
        const changed = Object.fromEntries(saved.field_ids.map(([, id, values]) => [id, values]));
        expect(changed[3].visible_if).toMatch(/certified/);
    });

    test("names are clicked into a formula", async () => {
        await design();
        await dragTo(kind("computed"), element("Has certificate"), "top");
        expect(queryAllTexts(".o_pem_formula_names button")).toEqual(["Has certificate", "total of Quantity"]);
        await contains(panelInput("formula")).edit("2 *", { confirm: "blur" });
        await contains(".o_pem_formula_names button:contains(total)").click();
        await animationFrame();
        expect(panelInput("formula")).toHaveValue("2 * sum(parts.quantity)");
        expect(`${element("Computed value")} code`).toHaveText("2 * sum(parts.quantity)");
    });
});

test("a published form is shown and not changed", async () => {
    PemForm._records[0].is_locked = true;
    await design();
    expect(".o_pem_fd_palette").toHaveCount(0);
    expect(".o_pem_fd_undo").toHaveCount(0);
    await choose("Number");
    expect(".o_pem_fd_panel .o_field_widget[name=label]").toHaveText("Number");
    expect(panelInput("label")).toHaveCount(0);
    await key("Delete");
    await key("Alt+ArrowUp");
    expect(labels()).toEqual(["Has certificate", "Number", "Valid until", "Parts"]);
});

test("an empty form says what to do", async () => {
    await design(false);
    expect(".o_pem_fd_empty").toHaveText(/Drag your first question here/);
    await contains(kind("char")).click();
    expect(labels()).toEqual(["Text"]);
    expect(".o_pem_fd_empty").toHaveCount(0);
});

describe("Rules", () => {
    const at = (...widths) => widths.map((width, index) => ({ id: "abcdef"[index], width }));

    test("narrow elements share lines", () => {
        const lines = linesOf(at("half", "half", "full", "third", "third", "half")).map((line) => line.map(({ id }) => id).join(""));
        expect(lines).toEqual(["ab", "c", "de", "f"]);
    });

    test("who leaves a line leaves its room to the others", () => {
        expect(placed(at("half", "half", "full"), { id: "a", width: "half" }, { target: "c", side: "after" })).toEqual({
            order: ["b", "c", "a"], widths: { a: "full", b: "full" },
        });
        expect(placed(at("half", "half", "full"), { id: "c", width: "full" }, { target: "b", side: "left" })).toEqual({
            order: ["a", "c", "b"], widths: { a: "third", b: "third", c: "third" },
        });
    });

    test("a fourth in a line, and what takes a whole line, stand below", () => {
        const four = at("third", "third", "third", "full");
        expect(placed(four, { id: "d", width: "full" }, { target: "a", side: "right" }).widths).toEqual({});
        expect(placed(at("full"), { id: "new", width: "full", line: true }, { target: "a", side: "right" })).toEqual({
            order: ["a", "new"], widths: {},
        });
    });

    test("as few sequences as possible change", () => {
        expect(sequencesFor(["b", "a", "c"], { a: 10, b: 20, c: 30 })).toEqual({ b: 0 });
        expect(sequencesFor(["a", "new", "b"], { a: 10, b: 20 })).toEqual({ new: 15 });
        expect(sequencesFor(["a", "b", "new"], { a: 10, b: 20 })).toEqual({ new: 30 });
        expect(sequencesFor(["new"], {})).toEqual({ new: 10 });
        expect(sequencesFor(["a", "new", "b"], { a: 10, b: 10 })).toEqual({ new: 20, b: 30 });
    });

    test("names are made of labels", () => {
        expect(slug("Größe (cm)?")).toBe("gro_e_cm");
        expect(slug("2nd name")).toBe("nd_name");
        expect(freeName("Phone", new Set(["phone", "phone_2"]))).toBe("phone_3");
    });

    test("conditions are said in words", () => {
        allowTranslations();
        const known = [
            { path: "size", string: "Size", type: "integer" },
            { path: "tier", string: "Tier", type: "selection", selection: [["gold", "Gold"], ["iron", "Iron"]] },
            { path: "until", string: "Valid until", type: "date" },
            { path: "partner.city", string: "City", type: "char" },
        ];
        expect(conditionWords("[('size', '>', 5), ('tier', 'in', ['gold', 'iron'])]", known)).toBe("Size is more than 5 and Tier is Gold or Iron");
        expect(conditionWords("['|', ('size', '=', 1), '&', ('size', '>=', 5), ('partner.city', 'ilike', 'bos')]", known)).toBe(
            "Size is 1 or (Size is at least 5 and City contains “bos”)");
        expect(conditionWords("['!', ('tier', '=', 'gold')]", known)).toBe("not (Tier is Gold)");
        expect(conditionWords("[('until', '=', False)]", known)).toBe("Valid until is empty");
        expect(conditionWords("no condition", known)).toBe("no condition");
    });

    test("names are replaced where they are names", () => {
        expect(renamedCondition("[('size', '>', 5), ('sizes', '=', 'size')]", "size", "length")).toBe('["&", ("length", ">", 5), ("sizes", "=", "size")]');
        expect(renamedFormula("size * sizes + sum(lines.size)", "size", "length")).toBe("length * sizes + sum(lines.size)");
        expect(renamedFormula("size + sum(lines.size)", "lines.size", "lines.length")).toBe("size + sum(lines.length)");
    });
});
