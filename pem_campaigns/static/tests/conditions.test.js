import { describe, expect, globals, test } from "@odoo/hoot";

import { Domain } from "@web/core/domain";

describe.current.tags("headless");

/**
 * A question hides in the browser by `Domain`, and on the server by `engine/conditions.py`. Both run the same file, so
 * that no answer is lost because one of them shows what the other hides.
 */
test("conditions hold in the browser for what they hold for on the server", async () => {
    const response = await globals.fetch("/pem_campaigns/static/tests/condition_vectors.json");
    const vectors = await response.json();
    expect(vectors.length).toBeGreaterThan(50);
    for (const { why, condition, values, holds } of vectors) {
        expect(new Domain(condition).contains(values)).toBe(holds, {
            message: `${why}: ${condition} for ${JSON.stringify(values)}`,
        });
    }
});
