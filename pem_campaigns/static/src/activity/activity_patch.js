import { Activity } from "@mail/core/web/activity";
import { ActivityListPopoverItem } from "@mail/core/web/activity_list_popover_item";
import { rpc } from "@web/core/network/rpc";
import { user } from "@web/core/user";
import { patch } from "@web/core/utils/patch";

/**
 * Decide the task of an activity. Where the decision asks for words first, wait until they were given or the dialog was left.
 *
 * @param {Object} env
 * @param {import("models").Activity} activity
 * @param {string} method button of pem.task
 */
async function decide(env, activity, method) {
    // As the button would: the server completes the action it answers with.
    const action = await rpc(`/web/dataset/call_button/pem.task/${method}`, {
        model: "pem.task", method, args: [[activity.res_id]], kwargs: { context: user.context },
    });
    if (action?.target === "new") {
        await new Promise((resolve) => env.services.action.doAction(action, { onClose: resolve }));
    } else {
        activity.remove();
    }
}

patch(Activity.prototype, {
    async onClickDecide(method) {
        const thread = this.thread;
        await decide(this.env, this.props.activity, method);
        this.props.onActivityChanged(thread);
        this.props.reloadParentView?.();
    },
});

patch(ActivityListPopoverItem.prototype, {
    get isTurn() {
        return Boolean(this.props.activity.pem_decision);
    },

    get hasMarkDoneButton() {
        return super.hasMarkDoneButton && (!this.isTurn || this.props.activity.pem_decision === "todo");
    },

    get hasEditButton() {
        return super.hasEditButton && !this.isTurn;
    },

    get hasCancelButton() {
        return super.hasCancelButton && !this.isTurn;
    },

    async onClickDecide(method) {
        await decide(this.env, this.props.activity, method);
        this.props.onActivityChanged?.();
    },
});
