import { describe, expect, test } from "@odoo/hoot";
import { animationFrame, click, queryAll, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { mockDate } from "@odoo/hoot-mock";
import {
    getService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { user } from "@web/core/user";
import { WebClient } from "@web/webclient/webclient";
import { elapsed } from "@pem_campaigns/elapsed/elapsed_field";

const { DateTime } = luxon;

describe.current.tags("desktop");
defineMailModels();

const NOTHING = {
    case_count: 0, done_count: 0, refused_count: 0, partner_count: 0, sponsor_count: 0, unseen_count: 0,
    seen_count: 0, held_count: 0, stopped_count: 0, overdue_count: 0, problem_count: 0, closed_count: 0,
};
const DOMAINS = Object.fromEntries(Object.keys(NOTHING).map((name) => [name, [["counted_as", "=", name]]]));
const CAMPAIGN = {
    ...NOTHING, id: 7, name: "Certificates", state: "running", owner: "Marie", owner_id: 2,
    deadline: "2027-01-31", days_left: 12,
    case_count: 200, done_count: 1, closed_count: 1, sponsor_count: 40, partner_count: 159, seen_count: 59, unseen_count: 100,
    overdue_count: 3,
};

function data(campaigns, setup = {}) {
    const totals = { ...NOTHING };
    for (const campaign of campaigns) {
        for (const name in totals) {
            totals[name] += campaign[name];
        }
    }
    return {
        totals, domains: DOMAINS, campaigns,
        setup: { attribute: false, group: false, process: false, campaign: false, ...setup },
    };
}

async function open(...answers) {
    let asked = 0;
    onRpc("pem.campaign", "get_control_room", () => {
        expect.step("asked");
        return answers[Math.min(asked++, answers.length - 1)];
    });
    patchWithCleanup(user, { hasGroup: async () => true });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "pem_control_room" });
    const actions = [];
    patchWithCleanup(getService("action"), { doAction: (action) => actions.push(action) });
    expect.verifySteps(["asked"]);
    return actions;
}

test("tiles say how all campaigns stand", async () => {
    await open(data([CAMPAIGN]));
    expect(queryAllTexts(".o_pem_tile_value")).toEqual(["200", "1 %", "159", "40", "3", "0"]);
    expect(".o_pem_tile[data-count=overdue_count] .o_pem_tile_value").toHaveClass("text-danger");
    expect(".o_pem_tile[data-count=problem_count] .o_pem_tile_value").not.toHaveClass("text-danger");
});

test("the progress bar shows everybody who was asked, once", async () => {
    await open(data([CAMPAIGN]));
    const parts = queryAll(".o_pem_segment").map((segment) => segment.title);
    expect(parts).toEqual(["Done: 1", "In review: 40", "With the partner: 59", "Not opened: 100"]);
    // Half a percent is neither nothing nor everything.
    expect(".o_pem_cell_done").toHaveText("1 %\nof 200");
});

test("a number opens the cases it counts", async () => {
    const actions = await open(data([CAMPAIGN]));
    await click(".o_pem_tile[data-count=overdue_count]");
    await click(".o_pem_segment[data-part=unseen_count]");
    expect(actions[0].res_model).toBe("pem.case");
    expect(actions[0].domain).toEqual([["counted_as", "=", "overdue_count"]]);
    expect(actions[1].domain).toEqual(["&", ["counted_as", "=", "unseen_count"], ["campaign_id", "=", 7]]);
    expect(actions[1].name).toBe("Certificates: Not opened");
});

test("an empty control room teaches the next step", async () => {
    const actions = await open(data([], { attribute: true }));
    expect(".o_pem_tile").toHaveCount(0);
    expect(".o_pem_step").toHaveCount(4);
    expect(".o_pem_step[data-step=attribute] .fa-check").toHaveCount(1);
    expect(".o_pem_step.o_pem_next").toHaveAttribute("data-step", "group");
    await click(".o_pem_step.o_pem_next");
    expect(actions).toEqual(["pem_campaigns.pem_target_group_action"]);
});

test("lists tell who is slow, what is sent back and what runs out, and open it", async () => {
    const domain = [["id", "=", 1]];
    const actions = await open({
        ...data([CAMPAIGN]),
        slow_approvers: [{ id: 5, name: "Anna", number: 3.25, waiting: 2, model: "pem.task", domain }],
        returned_questions: [{ id: "Phone", name: "Phone", number: 7, model: "pem.submission", domain }],
        expiring: [],
    });
    expect(queryAllTexts(".o_pem_insight h2")).toEqual(["Slowest approvers", "Questions sent back most"]);
    expect(queryAllTexts(".o_pem_insight button")).toEqual(["Anna\n2 wait now\n3.3 days", "Phone\n7"]);
    await click("[data-insight=slow_approvers] button");
    expect(actions[0]).toMatchObject({ name: "Slowest approvers: Anna", res_model: "pem.task", domain });
});

test("there are no empty lists", async () => {
    await open(data([CAMPAIGN]));
    expect(".o_pem_insight").toHaveCount(0);
});

test("it is asked again by the button, and on coming back after a while", async () => {
    mockDate("2027-01-19 10:00:00");
    await open(data([CAMPAIGN]), data([{ ...CAMPAIGN, done_count: 2, closed_count: 100 }]));
    await click(".o_pem_refresh");
    await animationFrame();
    expect.verifySteps(["asked"]);
    expect(queryFirst(".o_pem_tile[data-count=done_count] .o_pem_tile_value").textContent).toBe("50 %");
    window.dispatchEvent(new Event("focus"));
    await animationFrame();
    expect.verifySteps([]);
    mockDate("2027-01-19 10:01:00");
    window.dispatchEvent(new Event("focus"));
    await animationFrame();
    expect.verifySteps(["asked"]);
});

test("elapsed time is told in its largest unit", () => {
    const now = DateTime.fromISO("2027-01-19T10:00:00");
    expect(elapsed(now.minus({ seconds: 5 }), now)).toBe("1 minute");
    expect(elapsed(now.minus({ minutes: 59 }), now)).toBe("59 minutes");
    expect(elapsed(now.minus({ hours: 23, minutes: 59 }), now)).toBe("23 hours");
    expect(elapsed(now.minus({ days: 3, hours: 20 }), now)).toBe("3 days");
});
