import { describe, expect, globals, test } from "@odoo/hoot";
import { checkAnswer, faultOf, typedAnswer } from "@pem_partner_portal/answers";
import { allowTranslations } from "@web/../tests/web_test_helpers";

describe.current.tags("headless");

test("the browser refuses what the server refuses", async () => {
    const response = await globals.fetch("/pem_partner_portal/static/tests/answer_vectors.json");
    const vectors = await response.json();
    expect(vectors.length).toBeGreaterThan(25);
    for (const { question, entered, ticked, required, fault } of vectors) {
        const value = ticked === undefined ? typedAnswer(question.type, entered) : ticked;
        expect(faultOf(question, value, Boolean(required))).toBe(fault, {
            message: `${JSON.stringify(question)} ${entered}`,
        });
    }
});

test("a refusal is a sentence with the limit in it", () => {
    allowTranslations();
    expect(checkAnswer({ type: "integer", minimum: "1" }, 0, true)).toInclude("1");
    expect(checkAnswer({ type: "char" }, "fine", true)).toBe("");
});
