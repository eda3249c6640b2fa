import { onWillStart, useState, useSubEnv } from "@odoo/owl";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { Mutex } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/** Buttons after which the next task comes by itself. */
const DECISIONS = ["action_approve", "action_reject", "action_send_back", "action_complete", "action_hand_over"];
/** How much of the queue is shown. */
const QUEUE_LIMIT = 80;

/**
 * Where an approver works through what waits: the queue on the left, one task on the right, and the next one as soon as
 * this one is decided.
 */
export class ReviewController extends FormController {
    static template = "pem_campaigns.ReviewView";

    setup() {
        super.setup();
        this.notification = useService("notification");
        this.queue = useState({ tasks: [], count: 0 });
        // Verdicts on answers are written one after the other, and all of them before a decision.
        this.review = { mutex: new Mutex(), flush: () => {} };
        useSubEnv({ pemReview: this.review });
        onWillStart(() => this.loadQueue());
        useHotkey("j", () => this.step(1));
        useHotkey("k", () => this.step(-1));
        useHotkey("a", () => this.decideByKey("action_approve"));
        useHotkey("s", () => this.decideByKey("action_send_back"));
    }

    get queueDomain() {
        return [
            ["state", "=", "open"],
            ["approver_ids", "any", [["user_id", "=", user.userId], ["state", "=", "asked"]]],
        ];
    }

    async loadQueue() {
        const [tasks, count] = await Promise.all([
            this.orm.searchRead("pem.task", this.queueDomain, ["partner_id", "title"], { limit: QUEUE_LIMIT }),
            this.orm.searchCount("pem.task", this.queueDomain),
        ]);
        Object.assign(this.queue, { tasks, count });
    }

    async open(id) {
        await this.review.flush();
        if (id !== this.model.root.resId && (await this.model.root.save())) {
            await this.model.load({ resId: id, resIds: this.queue.tasks.map((task) => task.id) });
        }
    }

    step(offset) {
        const ids = this.queue.tasks.map((task) => task.id);
        const next = ids[ids.indexOf(this.model.root.resId) + offset];
        return next && this.open(next);
    }

    decideByKey(name) {
        const { can_decide, kind } = this.model.root.data;
        return can_decide && kind === "approval" && this.decide(name);
    }

    beforeExecuteActionButton(clickParams) {
        if (!DECISIONS.includes(clickParams.name)) {
            return super.beforeExecuteActionButton(...arguments);
        }
        this.decide(clickParams.name);
        return false;
    }

    /** Carry out a decision; when it asks for words first, go on after they were given. */
    async decide(name) {
        if (this.deciding) {
            return;
        }
        this.deciding = true;
        try {
            await this.review.flush();
            await this.review.mutex.getUnlockedDef();
            const { resId } = this.model.root;
            // As the button would: the server completes the action it answers with.
            const action = await rpc(`/web/dataset/call_button/pem.task/${name}`, {
                model: "pem.task", method: name, args: [[resId]], kwargs: { context: this.props.context },
            });
            if (action?.target === "new") {
                await this.actionService.doAction(action, { onClose: () => this.goOn(resId) });
            } else {
                await this.goOn(resId);
            }
        } finally {
            this.deciding = false;
        }
    }

    async goOn(decidedId) {
        const before = this.queue.tasks.findIndex((task) => task.id === decidedId);
        await this.loadQueue();
        if (this.queue.tasks.some((task) => task.id === decidedId)) {
            return;
        }
        const next = this.queue.tasks[before] || this.queue.tasks[0];
        const resIds = this.queue.tasks.map((task) => task.id);
        await this.model.load(next ? { resId: next.id, resIds } : { resId: decidedId, resIds: [decidedId] });
        if (!next) {
            this.notification.add(_t("Nothing more waits for you."), { type: "success" });
        }
    }
}

registry.category("views").add("pem_review", { ...formView, Controller: ReviewController });
