import { describe, expect, globals, test } from "@odoo/hoot";
import { evaluateFormula } from "@pem_partner_portal/formula";

describe.current.tags("headless");

test("the browser computes what the server computes", async () => {
    const response = await globals.fetch("/pem_campaigns/static/tests/formula_vectors.json");
    const vectors = await response.json();
    expect(vectors.length).toBeGreaterThan(30);
    for (const { why, formula, parsed, values, result } of vectors) {
        expect(evaluateFormula(parsed, values)).toBe(result, { message: `${why}: ${formula}` });
    }
});
