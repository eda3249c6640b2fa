import { describe, expect, test } from "@odoo/hoot";
import { press, queryAllTexts, queryOne, queryRect } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { contains, defineModels, fields, models, mountView, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { user } from "@web/core/user";
import {
    addAfter, applied, beginMap, canMove, connect, duplicateStep, insertStep, isUndecided, moveStep, removeStep,
} from "@pem_campaigns/process_map/graph";
import { layoutMap } from "@pem_campaigns/process_map/layout";

describe.current.tags("desktop");

/** A graph from steps `{name: kind}` and flows `"from to"` or `"from to outcome"`, with names for ids. */
function graph(steps, flows) {
    return {
        steps: Object.entries(steps).map(([id, kind], index) => ({ id, kind, name: id, sequence: index * 10 })),
        flows: flows.map((text, index) => {
            const [source, target, outcome = "", condition = "[]"] = text.split(" ");
            return { id: `f${index}`, source, target, outcome, condition, sequence: index * 10 };
        }),
    };
}

function lines({ flows }) {
    return flows.map(({ source, target, outcome }) => [source, target, outcome].filter(Boolean).join(" ")).sort();
}

const STRAIGHT = graph({ start: "start", form: "form", check: "approval", end: "end" }, ["start form", "form check", "check end approved"]);

/** Numbers that look random and are always the same. */
function randomizer(seed) {
    return () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
}

function randomGraph(seed) {
    const random = randomizer(seed);
    const kinds = ["form", "approval", "decision", "split", "join", "end", "message"];
    const count = 2 + Math.floor(random() * 40);
    const steps = [{ id: 0, kind: "start", name: "Start" }];
    for (let id = 1; id < count; id++) {
        steps.push({ id, kind: kinds[Math.floor(random() * kinds.length)], name: `Step ${id}` });
    }
    const flows = [];
    for (let id = 0; id < count * 1.6; id++) {
        flows.push({
            id, source: Math.floor(random() * count), target: Math.floor(random() * count),
            outcome: ["", "approved", "rejected"][Math.floor(random() * 3)], label: random() < 0.3 ? "above" : "",
        });
    }
    return { steps, flows };
}

describe("layout", () => {
    test("cards of any process stay apart and inside, and every flow is drawn", () => {
        const faults = [];
        for (let seed = 1; seed <= 150; seed++) {
            const { steps, flows } = randomGraph(seed);
            const { places, lines: drawn, width, height } = layoutMap(steps, flows);
            const all = [...places.values()];
            if (places.size !== steps.length || drawn.size !== flows.length) {
                faults.push(`${seed}: something is missing`);
            }
            if ([...drawn.values()].some(({ path, x, y }) => /NaN|undefined/.test(path) || !Number.isFinite(x + y))) {
                faults.push(`${seed}: a line is nowhere`);
            }
            all.forEach((one, index) => {
                if (one.x < 0 || one.y < 0 || one.x + one.width > width || one.y + one.height > height) {
                    faults.push(`${seed}: outside`);
                }
                for (const other of all.slice(0, index)) {
                    const isBeside = one.x >= other.x + other.width + 10 || other.x >= one.x + one.width + 10;
                    const isBelow = one.y >= other.y + other.height + 10 || other.y >= one.y + one.height + 10;
                    if (!isBeside && !isBelow) {
                        faults.push(`${seed}: overlap`);
                    }
                }
            });
        }
        expect(faults).toEqual([]);
    });

    test("the same process gives the same picture", () => {
        const { steps, flows } = randomGraph(7);
        const picture = () => JSON.stringify([...layoutMap(steps, flows).places]);
        expect(picture()).toBe(picture());
    });

    test("what is taken as a rule goes straight down, the rest lies to its right, and loops at the side", () => {
        const { steps, flows } = graph(
            { start: "start", form: "form", check: "approval", done: "end", refused: "end" },
            ["start form", "form check", "check refused rejected", "check done approved", "check form rejected"]);
        const { places, lines: drawn } = layoutMap(steps, flows);
        const center = (id) => places.get(id).x + places.get(id).width / 2;
        expect(["form", "check", "done"].map((id) => Math.abs(center(id) - center("start")) < 2)).toEqual([true, true, true]);
        expect(center("refused")).toBeGreaterThan(center("done") + 100);
        expect(["f0", "f2", "f4"].map((id) => drawn.get(id).isBack)).toEqual([false, false, true]);
        expect(drawn.get("f4").x).toBeLessThan(places.get("check").x);
    });

    test("a step that is put in moves what comes after it down, and shuffles nothing", () => {
        for (let seed = 1; seed <= 40; seed++) {
            const random = randomizer(seed);
            const steps = { start: "start" };
            const flows = [];
            for (let number = 1; number <= 14; number++) {
                steps[`s${number}`] = number % 4 === 0 ? "decision" : "form";
                flows.push(`${number === 1 ? "start" : `s${number - 1}`} s${number}`);
                if (number % 4 === 1 && number > 4) {
                    steps[`e${number}`] = "end";
                    flows.push(`s${number - 1} e${number}`);
                }
            }
            const before = graph(steps, flows);
            const flow = before.flows[Math.floor(random() * before.flows.length)];
            const after = applied(before, insertStep(before, flow.id, "message"));
            const [was, is] = [layoutMap(before.steps, before.flows), layoutMap(after.steps, after.flows)];
            const shift = is.places.get("start").x - was.places.get("start").x;
            // A card is wider than an end, so what follows the one may stand a little beside where the other stood.
            const moved = before.steps.filter(({ id }) => Math.abs(is.places.get(id).x - shift - was.places.get(id).x) > 40);
            expect(moved.map(({ id }) => id)).toEqual([]);
            expect(before.steps.every(({ id }) => is.places.get(id).y >= was.places.get(id).y)).toBe(true);
        }
    });
});

describe("graph", () => {
    test("a step is put into a flow", () => {
        const after = applied(STRAIGHT, insertStep(STRAIGHT, "f2", "approval"));
        expect(lines(after)).toEqual(["check new approved", "form check", "new end approved", "start form"]);
        expect(insertStep(STRAIGHT, "f2", "start")).toBe(null);
    });

    test("a decision comes with two ways, a split with its join", () => {
        const decided = applied(STRAIGHT, insertStep(STRAIGHT, "f1", "decision"));
        expect(lines(decided).filter((line) => line.includes("new"))).toEqual(["form new", "new check", "new check"]);
        expect(decided.flows.filter((flow) => isUndecided(decided, flow)).length).toBe(1);
        const split = applied(STRAIGHT, insertStep(STRAIGHT, "f1", "split"));
        expect(lines(split).filter((line) => /new|join/.test(line))).toEqual(["form new", "join check", "new join", "new join"]);
    });

    test("what is removed leaves no hole, and takes along an end of its own", () => {
        const refusing = graph(
            { start: "start", form: "form", check: "approval", end: "end", refused: "end" },
            ["start form", "form check", "check end approved", "check refused rejected"]);
        const change = removeStep(refusing, "check");
        expect(change.removeSteps).toEqual(["check", "refused"]);
        expect(lines(applied(refusing, change))).toEqual(["form end", "start form"]);
        expect(removeStep(STRAIGHT, "start")).toBe(null);
    });

    test("a step that is removed from a loop leaves no flow to itself", () => {
        const loop = graph({ start: "start", form: "form", check: "approval", end: "end" },
            ["start form", "form check", "check end approved", "check form rejected"]);
        expect(lines(applied(loop, removeStep(loop, "check")))).toEqual(["form end", "start form"]);
    });

    test("a step is moved into another flow", () => {
        const four = graph({ start: "start", a: "form", b: "approval", c: "todo", end: "end" }, ["start a", "a b", "b c approved", "c end"]);
        expect(lines(applied(four, moveStep(four, "b", "f3")))).toEqual(["a c", "b end approved", "c b", "start a"]);
        expect(lines(applied(four, moveStep(four, "c", "f0")))).toEqual(["a b", "b end approved", "c a", "start c"]);
        expect(canMove(four, "b", "f1")).toBe(false);
        expect(canMove(four, "end", "f0")).toBe(false);
    });

    test("moving never loses a step, whatever the process", () => {
        for (let seed = 1; seed <= 60; seed++) {
            const { steps, flows } = randomGraph(seed);
            const whole = { steps, flows: flows.map((flow) => ({ condition: "[]", sequence: 10, ...flow })) };
            for (const { id } of steps) {
                const change = moveStep(whole, id, flows[seed % flows.length].id);
                if (change) {
                    const after = applied(whole, change);
                    expect(after.steps.length).toBe(steps.length);
                    expect(after.flows.filter((flow) => flow.target === id && flow.source !== id).length).toBe(1);
                }
            }
        }
    });

    test("a drawn flow is for the outcome that has none yet; what has no condition stays last", () => {
        expect(connect(STRAIGHT, "check", "form").addFlows[0].outcome).toBe("rejected");
        expect(connect(STRAIGHT, "end", "form")).toBe(null);
        expect(connect(STRAIGHT, "form", "start")).toBe(null);
        const decision = graph({ start: "start", d: "decision", a: "end", b: "end" }, ["start d", "d a", "d b"]);
        const after = applied(decision, connect(decision, "d", "start") || connect(decision, "d", "a"));
        expect(after.flows.at(-1).target).toBe("b");
    });

    test("adding after a decision opens a further way, after another step it goes into its flow", () => {
        const decision = graph({ start: "start", d: "decision", a: "end" }, ["start d", "d a"]);
        expect(lines(applied(decision, addAfter(decision, "d", "todo")))).toEqual(["d a", "d new", "new a", "start d"]);
        expect(lines(applied(decision, addAfter(decision, "start", "todo")))).toEqual(["d a", "new d", "start new"]);
        expect(addAfter(decision, "a", "todo")).toBe(null);
    });

    test("a copy stands behind its original", () => {
        const after = applied(STRAIGHT, duplicateStep(STRAIGHT, "check"));
        expect(lines(after)).toEqual(["check new approved", "form check", "new end approved", "start form"]);
        expect(lines(applied(graph({}, []), beginMap()))).toEqual(["start end"]);
    });
});

// The field

const KINDS = [
    ["start", "Start"], ["form", "Partner form"], ["approval", "Approval"], ["todo", "To-do"], ["message", "Message"], ["decision", "Decision"],
    ["split", "Split"], ["join", "Join"], ["wait", "Wait"], ["call", "Sub-process"], ["action", "Server action"], ["end", "End"],
];

class Process extends models.Model {
    _name = "pem.process";
    name = fields.Char();
    state = fields.Selection({ selection: [["draft", "Draft"], ["published", "Published"]], default: "draft" });
    problems = fields.Json();
    step_counts = fields.Json();
    step_ids = fields.One2many({ relation: "pem.process.step", relation_field: "process_id" });
    flow_ids = fields.One2many({ relation: "pem.process.flow", relation_field: "process_id" });
    _records = [
        { id: 1, name: "Drawn", state: "draft", step_ids: [1, 2, 3, 4], flow_ids: [1, 2, 3], problems: [{ step: 3, text: "Nobody has to act." }] },
        { id: 2, name: "Running", state: "published", step_ids: [5, 6], flow_ids: [4], step_counts: { 5: { open: 7, problem: 2 } } },
    ];
}

class Step extends models.Model {
    _name = "pem.process.step";
    name = fields.Char();
    kind = fields.Selection({ selection: KINDS });
    sequence = fields.Integer();
    process_id = fields.Many2one({ relation: "pem.process" });
    form_id = fields.Many2one({ relation: "pem.process" });
    end_state = fields.Selection({ selection: [["done", "Done"]] });
    summary = fields.Char();
    copied_from_id = fields.Many2one({ relation: "pem.process.step" });
    deadline_days = fields.Integer({ default: 3 });
    _records = [
        { id: 1, name: "Begin", kind: "start", sequence: 1 }, { id: 2, name: "Ask", kind: "form", sequence: 2, summary: "Contacts" },
        { id: 3, name: "Check", kind: "approval", sequence: 3 }, { id: 4, name: "Over", kind: "end", sequence: 4 },
        { id: 5, name: "Ask again", kind: "form", sequence: 1 }, { id: 6, name: "Finished", kind: "end", sequence: 2 },
    ];
    _views = { form: `<form><field name="name"/><field name="kind"/><field name="deadline_days"/></form>` };
}

class Flow extends models.Model {
    _name = "pem.process.flow";
    name = fields.Char();
    sequence = fields.Integer();
    process_id = fields.Many2one({ relation: "pem.process" });
    source_id = fields.Many2one({ relation: "pem.process.step" });
    target_id = fields.Many2one({ relation: "pem.process.step" });
    outcome = fields.Selection({ selection: [["approved", "Approved"], ["rejected", "Rejected"], ["done", "Done"], ["expired", "Expired"]] });
    condition = fields.Char({ default: "[]" });
    condition_words = fields.Char();
    _records = [
        { id: 1, source_id: 1, target_id: 2, sequence: 10 }, { id: 2, source_id: 2, target_id: 3, sequence: 10 },
        { id: 3, source_id: 3, target_id: 4, sequence: 10, outcome: "approved" }, { id: 4, source_id: 5, target_id: 6, sequence: 10 },
    ];
}

const ARCH = `<form>
    <field name="state" invisible="1"/><field name="problems" invisible="1"/><field name="step_counts" invisible="1"/><field name="name"/>
    <field name="step_ids" widget="pem_process_map" readonly="state != 'draft'">
        <list limit="10000"><field name="sequence"/><field name="name"/><field name="kind"/><field name="form_id"/><field name="end_state"/>
            <field name="summary" readonly="1"/><field name="copied_from_id"/></list>
    </field>
    <field name="flow_ids" widget="pem_process_flows" readonly="state != 'draft'">
        <list limit="10000"><field name="sequence"/><field name="source_id"/><field name="target_id"/><field name="outcome"/><field name="condition"/>
            <field name="condition_words" readonly="1"/><field name="name"/></list>
    </field>
</form>`;

defineMailModels();
defineModels([Process, Step, Flow]);

/** Open a process; what is saved comes as `saved`, `{steps, flows}`. */
async function open(resId = 1, { found } = {}) {
    const saved = [];
    onRpc("pem.process", "web_save", ({ args }) => {
        saved.push({ steps: args[1].step_ids || [], flows: args[1].flow_ids || [] });
        return [{ id: resId, name: "Drawn", state: "draft", problems: [], step_counts: {}, step_ids: [], flow_ids: [] }];
    });
    onRpc("pem.process", "check_drawing", () => {
        if (found) {
            expect.step("looked at");
        }
        return found || { problems: [], steps: {}, flows: {} };
    });
    patchWithCleanup(user, { isSystem: false });
    await mountView({ type: "form", resModel: "pem.process", resId, arch: ARCH });
    return saved;
}

const names = () => queryAllTexts(".o_pem_map_name");

async function choose(kind) {
    await animationFrame();
    await contains(`.o_pem_map_menu_item[data-kind=${kind}]`).click();
    await animationFrame();
}

test("a process is shown from its start to its end, with what is wrong and what each flow is for", async () => {
    await open();
    expect(names()).toEqual(["Begin", "Ask", "Check", "Over"]);
    expect(queryAllTexts(".o_pem_map_label")).toEqual(["Approved"]);
    expect(".o_pem_has_problem .o_pem_map_problem").toHaveText("Nobody has to act.");
    expect(".o_pem_map_problems").toHaveText("1 thing to do before publishing");
    expect(".o_pem_map_card[data-step-id='3'] .o_pem_map_main").toHaveAttribute(
        "aria-label", "Approval Check, after Ask, then Over, Nobody has to act.");
    expect(".o_pem_map_kind[data-kind=action]").toHaveCount(0);
});

test("the “+” on a flow puts in a step; saving sends it with its flows", async () => {
    const saved = await open();
    await contains(".o_pem_map_flow[data-flow-id='2'] .o_pem_map_plus").click();
    await choose("approval");
    expect(names()).toEqual(["Begin", "Ask", "Approval", "Check", "Over"]);
    expect(document.activeElement).toHaveAttribute("aria-label", "Approval, after Ask, then Check");
    await contains(".o_form_button_save").click();
    const [{ steps: [[command, ref, values]], flows: changed }] = saved;
    expect([command, values.name, values.kind]).toEqual([0, "Approval", "approval"]);
    expect(changed.find(([verb]) => verb === 1)).toEqual([1, 2, { target_id: ref }]);
    const made = changed.find(([verb]) => verb === 0)[2];
    expect([made.source_id, made.target_id, made.outcome]).toEqual([ref, 3, "approved"]);
});

test("with the keyboard: along the flows, adding, moving", async () => {
    await open();
    queryOne(".o_pem_map_card[data-step-id='1'] .o_pem_map_main").focus();
    await press("ArrowDown");
    await animationFrame();
    expect(document.activeElement).toHaveAttribute("aria-label", "Add a step: Flow from Begin to Ask");
    await press("ArrowDown");
    await animationFrame();
    expect(document.activeElement).toHaveAttribute("aria-label", "Partner form Ask, Contacts, after Begin, then Check");
    // It goes behind the approval
    await press("m");
    await animationFrame();
    expect(".o_pem_map_mode").toHaveText("Where should “Ask” go? Choose a flow, or press Escape.");
    for (let number = 0; number < 3; number++) {
        await press("ArrowDown");
        await animationFrame();
    }
    await press("Enter");
    await animationFrame();
    expect(names()).toEqual(["Begin", "Check", "Ask", "Over"]);
    expect("[aria-live]").toHaveText("Moved Ask");
    await press("Insert");
    await animationFrame();
    expect(".o_pem_map_menu").toHaveCount(1);
    await press("Escape");
    await animationFrame();
    expect(".o_pem_map_menu").toHaveCount(0);
    await advanceTime(400);
});

test("what the server finds while one draws is shown where it is solved", async () => {
    await open(1, { found: { problems: [{ step: 2, text: "The form asks nothing." }], steps: { 2: "Ask for money" }, flows: { 3: "" } } });
    await contains(".o_pem_map_flow[data-flow-id='1'] .o_pem_map_plus").click();
    await choose("wait");
    await advanceTime(400);
    expect.verifySteps(["looked at"]);
    await animationFrame();
    expect(".o_pem_map_card[data-step-id='2'] .o_pem_map_problem").toHaveText("The form asks nothing.");
    expect(".o_pem_map_card[data-step-id='3'] .o_pem_map_problem").toHaveCount(0);
});

test("a new step is opened with the defaults of what the map does not show", async () => {
    await open();
    await contains(".o_pem_map_flow[data-flow-id='1'] .o_pem_map_plus").click();
    await choose("todo");
    await contains(".o_pem_map_card[data-kind=todo] .o_pem_map_main").click();
    await animationFrame();
    expect(".modal .o_field_widget[name=deadline_days] input").toHaveValue("3");
    await contains(".modal .o_field_widget[name=name] input").edit("Pack");
    await contains(".modal .o_form_button_save").click();
    await animationFrame();
    expect(names()).toEqual(["Begin", "Pack", "Ask", "Check", "Over"]);
    await advanceTime(400);
});

test("a published version is looked at, and its counts open the cases", async () => {
    onRpc("pem.process.step", "action_open_cases_here", ({ args, kwargs }) => {
        expect.step([args[0][0], kwargs.context.pem_problem].join(" "));
        return { type: "ir.actions.act_window_close" };
    });
    await open(2);
    expect(queryAllTexts(".o_pem_map_count")).toEqual(["7", "2"]);
    expect(".o_pem_map_plus, .o_pem_map_palette, .o_pem_map_handle, .o_pem_map_actions").toHaveCount(0);
    await contains(".o_pem_map_count.o_pem_map_stopped").click();
    expect.verifySteps(["5 true"]);
    queryOne(".o_pem_map_card[data-step-id='5'] .o_pem_map_main").focus();
    await press("Delete");
    await press("ArrowDown");
    await animationFrame();
    expect(names()).toEqual(["Ask again", "Finished"]);
    expect(document.activeElement).toHaveAttribute("aria-label", "End Finished, after Ask again");
});

test("the map zooms, and fits into its window", async () => {
    await open();
    const width = () => queryRect(".o_pem_map_card[data-step-id='2']").width;
    const before = width();
    queryOne(".o_pem_map_card[data-step-id='2'] .o_pem_map_main").focus();
    await press(["ctrl", "+"]);
    await animationFrame();
    expect(width()).toBeGreaterThan(before);
    await press(["ctrl", "0"]);
    await animationFrame();
    const canvas = queryOne(".o_pem_map_sizer").getBoundingClientRect();
    expect(canvas.height).toBeLessThan(queryOne(".o_pem_map_viewport").clientHeight + 1);
});
