/**
 * What editing a process map does to its steps and flows: pure functions that return changes to a graph, or null when they make
 * no sense.
 *
 * @typedef {{ id: any, kind: string, name: string, sequence?: number }} GraphStep
 * @typedef {{ id: any, source: any, target: any, outcome: string, condition: string, sequence: number, name?: string }} GraphFlow
 * @typedef {{ steps: GraphStep[], flows: GraphFlow[] }} Graph
 * @typedef {{ ref: string, kind: string, from?: any, sequence: number }} NewStep `from`: the step that it is a copy of
 * @typedef {Object} Changes new steps go by their `ref` in flows
 * @property {NewStep[]} addSteps
 * @property {any[]} removeSteps
 * @property {Omit<GraphFlow, "id">[]} addFlows
 * @property {Map<any, Partial<GraphFlow>>} updateFlows
 * @property {any[]} removeFlows
 */
import { inOrder } from "./layout";

/** What a step ends with when all goes well; other kinds end in one way only. */
const SUCCESS = { approval: "approved", call: "done" };
/** What a step may end with, in the order in which it is offered. */
export const OUTCOMES = { approval: ["approved", "rejected"], call: ["done", "rejected", "cancelled"] };

function changes() {
    return { addSteps: [], removeSteps: [], addFlows: [], updateFlows: new Map(), removeFlows: [] };
}

function find(items, id) {
    return items.find((item) => item.id === id);
}

export function isConditional(flow) {
    return Boolean(flow.condition) && flow.condition.trim() !== "[]";
}

/** Whether what a flow says was never decided: it leaves a decision beside another one, has no condition, and is not the last. */
export function isUndecided(graph, flow) {
    if (find(graph.steps, flow.source)?.kind !== "decision" || isConditional(flow)) {
        return false;
    }
    const siblings = graph.flows.filter((other) => other.source === flow.source);
    return siblings.length > 1 && siblings.at(-1) !== flow;
}

/** The flow along which a step goes on as a rule. */
export function mainFlow(graph, stepId) {
    return inOrder(graph.flows.filter((flow) => flow.source === stepId))[0];
}

function newFlow(source, target, kind, values = {}) {
    return { source, target, outcome: SUCCESS[kind] || "", condition: "[]", sequence: 10, ...values };
}

/** Between the sequence of a step and of what comes after it there is always room: the order of steps is that of the lists only. */
function after(step) {
    return (step?.sequence || 0) + 1;
}

/** Add a step of a kind, and what belongs to it, that goes on to a target; return the name of its entry. */
function makeSteps(result, kind, target, sequence, from) {
    result.addSteps.push({ ref: "new", kind, sequence, from });
    if (kind === "end") {
        return "new";
    }
    if (kind === "split") {
        result.addSteps.push({ ref: "join", kind: "join", sequence: sequence + 1 });
        result.addFlows.push(newFlow("new", "join", kind), newFlow("new", "join", kind, { sequence: 20 }), newFlow("join", target, "join"));
    } else if (kind === "decision") {
        // The first way is for a condition, the second for all others.
        result.addFlows.push(newFlow("new", target, kind), newFlow("new", target, kind, { sequence: 20 }));
    } else {
        result.addFlows.push(newFlow("new", target, kind));
    }
    return "new";
}

/** Put a step of a kind into a flow: the flow leads to it, and it goes on to where the flow led. */
export function insertStep(graph, flowId, kind) {
    const flow = find(graph.flows, flowId);
    if (!flow || kind === "start") {
        return null;
    }
    const result = changes();
    const entry = makeSteps(result, kind, flow.target, after(find(graph.steps, flow.source)));
    result.updateFlows.set(flow.id, { target: entry });
    return result;
}

/** Add a step of a kind after another: into the flow by which that one goes on, or as its first. */
export function addAfter(graph, stepId, kind) {
    const step = find(graph.steps, stepId);
    if (!step || step.kind === "end") {
        return null;
    }
    const main = mainFlow(graph, stepId);
    if (main && !["decision", "split"].includes(step.kind)) {
        return insertStep(graph, main.id, kind);
    }
    return main ? addBranch(graph, stepId, kind, main.target) : addBranch(graph, stepId, kind, null);
}

/** Add a way out of a step with a new step on it. */
function addBranch(graph, stepId, kind, target) {
    const step = find(graph.steps, stepId);
    const result = changes();
    if (target === null || kind === "end") {
        result.addSteps.push({ ref: "new", kind, sequence: after(step) });
    } else {
        makeSteps(result, kind, target, after(step));
    }
    addFlow(result, graph, stepId, "new");
    return result;
}

/** Draw a flow from one step to another. */
export function connect(graph, source, target) {
    const from = find(graph.steps, source);
    const to = find(graph.steps, target);
    if (!from || !to || from.kind === "end" || to.kind === "start" || (source === target && from.kind !== "form")) {
        return null;
    }
    const result = changes();
    addFlow(result, graph, source, target);
    return result;
}

function addFlow(result, graph, source, target) {
    const { kind } = find(graph.steps, source);
    const siblings = graph.flows.filter((flow) => flow.source === source);
    const used = new Set(siblings.map((flow) => flow.outcome));
    const outcome = (OUTCOMES[kind] || []).find((one) => !used.has(one)) || "";
    let sequence = Math.max(0, ...siblings.map((flow) => flow.sequence)) + 10;
    const rest = siblings.at(-1);
    if (kind === "decision" && rest && !isConditional(rest)) {
        // Whatever has no condition is tried last.
        result.updateFlows.set(rest.id, { sequence: sequence + 10 });
    } else if (kind === "decision") {
        sequence += 0;
    }
    result.addFlows.push(newFlow(source, target, "", { outcome, sequence }));
}

/** Join what led to a step with what it goes on to. */
function heal(result, graph, stepId) {
    const main = mainFlow(graph, stepId);
    const target = main && main.target !== stepId ? main.target : null;
    for (const flow of graph.flows.filter((one) => one.target === stepId && one.source !== stepId)) {
        const isDouble = graph.flows.some((other) => other.source === flow.source && other.target === target
            && (other.outcome || "") === (flow.outcome || "") && (other.condition || "[]") === (flow.condition || "[]"));
        if (target === null || flow.source === target || isDouble) {
            result.removeFlows.push(flow.id);
        } else {
            result.updateFlows.set(flow.id, { target });
        }
    }
    return main;
}

/** Remove a step: what led to it leads to what came after it, and ends that nothing leads to any more go, too. */
export function removeStep(graph, stepId) {
    const step = find(graph.steps, stepId);
    if (!step || step.kind === "start") {
        return null;
    }
    const result = changes();
    result.removeSteps.push(stepId);
    heal(result, graph, stepId);
    const gone = graph.flows.filter((flow) => flow.source === stepId);
    result.removeFlows.push(...gone.map((flow) => flow.id).filter((id) => !result.removeFlows.includes(id)));
    for (const { target } of gone) {
        const isEnd = find(graph.steps, target)?.kind === "end";
        const isReached = graph.flows.some((flow) => {
            const leadsTo = result.updateFlows.get(flow.id)?.target ?? flow.target;
            return leadsTo === target && !result.removeFlows.includes(flow.id);
        });
        if (isEnd && !isReached && !result.removeSteps.includes(target)) {
            result.removeSteps.push(target);
        }
    }
    return result;
}

/** Whether a step can be put into another flow. */
export function canMove(graph, stepId, flowId) {
    const step = find(graph.steps, stepId);
    const flow = find(graph.flows, flowId);
    return Boolean(step && flow && !["start", "end"].includes(step.kind) && flow.source !== stepId && flow.target !== stepId);
}

/** Take a step out of its place and put it into another flow; its other ways out stay. */
export function moveStep(graph, stepId, flowId) {
    if (!canMove(graph, stepId, flowId)) {
        return null;
    }
    const result = changes();
    const step = find(graph.steps, stepId);
    const flow = find(graph.flows, flowId);
    const main = heal(result, graph, stepId);
    if (main) {
        result.updateFlows.set(main.id, { target: flow.target });
    } else {
        result.addFlows.push(newFlow(stepId, flow.target, step.kind));
    }
    // When the flow led to the step that now follows, healing has nothing more to say about it.
    result.removeFlows = result.removeFlows.filter((id) => id !== flow.id);
    result.updateFlows.set(flow.id, { target: stepId });
    return result;
}

/** Put a copy of a step behind it. */
export function duplicateStep(graph, stepId) {
    const step = find(graph.steps, stepId);
    if (!step || step.kind === "start") {
        return null;
    }
    const result = changes();
    const main = mainFlow(graph, stepId);
    result.addSteps.push({ ref: "new", kind: step.kind, sequence: after(step), from: stepId });
    if (main && step.kind !== "end") {
        result.updateFlows.set(main.id, { target: "new" });
        result.addFlows.push(newFlow("new", main.target, step.kind));
    }
    return result;
}

export function removeFlow(graph, flowId) {
    if (!find(graph.flows, flowId)) {
        return null;
    }
    const result = changes();
    result.removeFlows.push(flowId);
    return result;
}

/** What an empty map begins with. */
export function beginMap() {
    const result = changes();
    result.addSteps.push({ ref: "start", kind: "start", sequence: 1 }, { ref: "end", kind: "end", sequence: 100 });
    result.addFlows.push(newFlow("start", "end", "start"));
    return result;
}

/** The graph after changes; new flows get ids of their own. For what wants to look before it is done, and for tests. */
export function applied(graph, change) {
    let number = 0;
    return {
        steps: [
            ...graph.steps.filter((step) => !change.removeSteps.includes(step.id)),
            ...change.addSteps.map((step) => ({ id: step.ref, name: step.kind, ...step })),
        ],
        flows: [
            ...graph.flows
                .filter((flow) => !change.removeFlows.includes(flow.id))
                .map((flow) => ({ ...flow, ...change.updateFlows.get(flow.id) })),
            ...change.addFlows.map((flow) => ({ id: `flow${++number}`, ...flow })),
        ].sort((a, b) => a.sequence - b.sequence),
    };
}
