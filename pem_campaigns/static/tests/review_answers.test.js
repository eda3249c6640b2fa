import { describe, expect, test } from "@odoo/hoot";
import { queryAll, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { mockTimeZone } from "@odoo/hoot-mock";
import { Component, useSubEnv, xml } from "@odoo/owl";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { ReviewAnswers } from "@pem_campaigns/review/review_answers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");
defineMailModels();

/** Show answers as a reviewer sees them. */
async function show(...answers) {
    const records = answers.map((data, number) => ({
        resId: number + 1,
        data: { label: "Question", display: "", old_display: false, is_changed: false, is_current: true, verdict: "pending", comment: false, ...data },
    }));
    const props = { name: "review_answer_ids", readonly: true, record: { data: { can_decide: false, review_answer_ids: { records } } } };
    class Parent extends Component {
        static template = xml`<ReviewAnswers t-props="props"/>`;
        static components = { ReviewAnswers };
        static props = [];
        setup() {
            this.props = props;
            useSubEnv({ pemReview: {} });
        }
    }
    await mountWithCleanup(Parent);
}

test("a table is shown with its rows and totals", async () => {
    await show({
        value_type: "table",
        value: [{ part: "BX-17", pieces: 4 }],
        display: "1 row (Pieces: 4)",
        details: { columns: [{ label: "Part", is_number: false, total: "" }, { label: "Pieces", is_number: true, total: "4" }], rows: [["BX-17", "4"]] },
    });
    expect(queryAllTexts(".o_pem_answer_table thead th")).toEqual(["Part", "Pieces"]);
    expect(queryAllTexts(".o_pem_answer_table tbody td")).toEqual(["BX-17", "4"]);
    expect(queryAllTexts(".o_pem_answer_table tfoot td")).toEqual(["", "4"]);
    expect(".o_pem_answer_table tbody td:last-child").toHaveClass("text-end");
});

test("pictures are looked at, files are opened", async () => {
    const files = [{ id: 7, name: "logo.png" }];
    await show({ value_type: "image", value: files }, { value_type: "signature", value: files }, { value_type: "file", value: [{ id: 8, name: "terms.pdf" }] });
    expect(queryAll("a img.o_pem_answer_picture").map((image) => image.alt)).toEqual(["logo.png", "logo.png"]);
    expect(queryAllTexts("a")).toEqual(["", "", "terms.pdf"]);
    expect(queryFirst("a:last")).toHaveAttribute("href", "/web/content/8?download=true");
});

test("a rating is shown as stars that have a name", async () => {
    await show({ value_type: "rating", value: 3, display: "3 / 4", details: { stars: 4 } });
    expect(".fa-star").toHaveCount(3);
    expect(".fa-star-o").toHaveCount(1);
    expect("[role=img]").toHaveAttribute("aria-label", "3 / 4");
});

test("a moment is shown in the time zone of the reviewer", async () => {
    mockTimeZone(+2);
    await show({ value_type: "datetime", value: "2027-03-01 14:30:00", display: "3/1/27, 9:30 AM (America/New_York)", is_changed: true });
    expect(queryFirst("ins").textContent.replace(/\s/g, " ")).toBe("Mar 1, 2027, 4:30 PM");
});
