import { Component, onMounted, onWillRender, useEffect, useRef, useState } from "@odoo/owl";
import { hasTouch } from "@web/core/browser/feature_detection";
import { _t } from "@web/core/l10n/translation";
import { usePopover } from "@web/core/popover/popover_hook";
import { startDrag } from "./drag";
import { InsertMenu } from "./insert_menu";
import { lookOf } from "./kinds";
import { inOrder, layoutMap } from "./layout";

const ZOOM = { min: 0.25, max: 1.5, step: 1.2 };
/** How near to a flow a card has to be dropped, in pixels of the screen. */
const NEAR = 56;
const MINIMAP = { width: 150, height: 130 };
let mapNumber = 0;

/**
 * A process as a picture, from top to bottom. It draws, walks and zooms; what editing means is up to its owner.
 */
export class ProcessMap extends Component {
    static template = "pem_campaigns.ProcessMap";
    static props = {
        // `[{ id, kind, name, text, problems?, open?, problem?, mark?, canEditForm? }]`
        steps: Array,
        // `[{ id, source, target, outcome, label, isOpenQuestion?, mark? }]` in the order in which they are tried
        flows: Array,
        kindLabels: Object,
        kinds: { type: Array, optional: true },
        // What can be done, absent in a picture that is only looked at; see the field of the map
        actions: { type: Object, optional: true },
        openStep: { type: Function, optional: true },
        openCases: { type: Function, optional: true },
        problems: { type: Array, optional: true },
        canUndo: { type: Boolean, optional: true },
        canRedo: { type: Boolean, optional: true },
        label: { type: String, optional: true },
        slots: { type: Object, optional: true },
    };

    setup() {
        this.root = useRef("root");
        this.viewport = useRef("viewport");
        this.minimap = useRef("minimapView");
        this.markerId = `o_pem_map_arrow_${++mapNumber}`;
        this.state = useState({
            zoom: 1, focus: null, said: "", isFull: false, mode: null, viewWidth: 0, viewHeight: 0, showProblems: false,
        });
        this.menu = usePopover(InsertMenu, { position: "right-start", popoverClass: "o_pem_map_menu_popover" });
        this.hasTouch = hasTouch();
        onWillRender(() => this.arrange());
        onMounted(() => {
            this.measure();
            this.fit({ onlyShrink: true });
        });
        useEffect(
            (viewport) => {
                if (!viewport) {
                    return;
                }
                const observer = new ResizeObserver(() => this.measure());
                observer.observe(viewport);
                const wheel = (ev) => this.onWheel(ev);
                viewport.addEventListener("wheel", wheel, { passive: false });
                return () => {
                    observer.disconnect();
                    viewport.removeEventListener("wheel", wheel);
                };
            },
            () => [this.viewport.el]
        );
        useEffect(
            () => {
                const { activeElement } = document;
                if (this.wantsFocus && (activeElement === document.body || this.root.el.contains(activeElement))) {
                    this.focusElement();
                }
            },
            () => [this.state.focus?.type, this.state.focus?.id, this.layoutKey]
        );
        useEffect(() => this.drawMinimapView());
    }

    // What is drawn

    arrange() {
        const { steps, flows } = this.props;
        const key = JSON.stringify([
            steps.map((step) => [step.id, step.kind]),
            flows.map((flow) => [flow.id, flow.source, flow.target, flow.outcome, Boolean(flow.label)]),
        ]);
        if (key !== this.layoutKey) {
            this.layoutKey = key;
            this.layout = layoutMap(steps, flows);
        }
        this.byId = new Map(steps.map((step) => [step.id, step]));
        const leaving = new Map(), arriving = new Map();
        for (const flow of flows) {
            leaving.set(flow.source, [...(leaving.get(flow.source) || []), flow]);
            arriving.set(flow.target, [...(arriving.get(flow.target) || []), flow]);
        }
        this.leaving = leaving;
        this.arriving = arriving;
        // In the order in which one reads
        this.cards = this.layout.layers.flat().map((id) => this.byId.get(id)).filter(Boolean);
        const { focus } = this.state;
        const isThere = focus && (focus.type === "step" ? this.byId.has(focus.id) : flows.some((flow) => flow.id === focus.id));
        this.current = isThere ? focus : { type: "step", id: this.cards[0]?.id };
    }

    get isEditable() {
        return Boolean(this.props.actions);
    }

    get sizerStyle() {
        const { width, height } = this.layout;
        return `width:${width * this.state.zoom}px;height:${height * this.state.zoom}px`;
    }

    get canvasStyle() {
        const { width, height } = this.layout;
        return `width:${width}px;height:${height}px;transform:scale(${this.state.zoom})`;
    }

    get percent() {
        return `${Math.round(this.state.zoom * 100)} %`;
    }

    placeStyle(step) {
        const place = this.layout.places.get(step.id);
        return `left:${place.x}px;top:${place.y}px;width:${place.width}px;height:${place.height}px`;
    }

    flowStyle(flow) {
        const line = this.layout.lines.get(flow.id);
        return `left:${line.x}px;top:${line.y}px`;
    }

    cardClass(step) {
        return {
            [`o_pem_kind_${step.kind}`]: true,
            o_pem_has_problem: Boolean(step.problems?.length || step.problem),
            o_pem_is_moving: this.state.mode?.id === step.id,
            [`o_pem_mark_${step.mark}`]: Boolean(step.mark),
        };
    }

    icon(kind) {
        return lookOf(kind).icon;
    }

    tabindex(type, id) {
        return this.current.type === type && this.current.id === id ? 0 : -1;
    }

    nameOf(id) {
        return this.byId.get(id)?.name || "";
    }

    markLabel(mark) {
        return { added: _t("New"), removed: _t("Removed"), changed: _t("Changed") }[mark];
    }

    /** What a screen reader says of a card. */
    cardLabel(step) {
        const names = (flows, end) => [...new Set(flows.map((flow) => this.nameOf(flow[end])))].join(", ");
        const before = names(this.arriving.get(step.id) || [], "source");
        const after = names(inOrder(this.leaving.get(step.id) || []), "target");
        return [
            step.name === this.props.kindLabels[step.kind] ? step.name : `${this.props.kindLabels[step.kind]} ${step.name}`,
            step.text,
            before && _t("after %s", before),
            after && _t("then %s", after),
            step.mark && this.markLabel(step.mark),
            ...(step.problems || []),
        ].filter(Boolean).join(", ");
    }

    flowLabel(flow) {
        const ends = _t("Flow from %(source)s to %(target)s", { source: this.nameOf(flow.source), target: this.nameOf(flow.target) });
        return flow.label ? `${ends}, ${flow.label}` : ends;
    }

    plusLabel(flow) {
        return _t("Add a step: %s", this.flowLabel(flow));
    }

    actionLabel(action, { name }) {
        return {
            form: _t("Edit the form of %s", name),
            duplicate: _t("Duplicate %s", name),
            remove: _t("Remove %s", name),
        }[action];
    }

    get fullLabel() {
        return this.state.isFull ? _t("Back to the page") : _t("Whole window");
    }

    get listLabel() {
        return this.props.label || _t("Steps of the process");
    }

    openLabel(step) {
        return step.open === 1 ? _t("1 case at %s", step.name) : _t("%(count)s cases at %(step)s", { count: step.open, step: step.name });
    }

    problemLabel(step) {
        return step.problem === 1
            ? _t("1 stopped case at %s", step.name)
            : _t("%(count)s stopped cases at %(step)s", { count: step.problem, step: step.name });
    }

    get problemTitle() {
        const count = this.props.problems.length;
        return count === 1 ? _t("1 thing to do before publishing") : _t("%s things to do before publishing", count);
    }

    get needsMinimap() {
        const { width, height } = this.layout;
        const { zoom, viewWidth, viewHeight } = this.state;
        return Boolean(viewWidth) && (width * zoom > viewWidth * 1.4 || height * zoom > viewHeight * 1.8);
    }

    get minimapScale() {
        return Math.min(MINIMAP.width / this.layout.width, MINIMAP.height / this.layout.height);
    }

    say(text) {
        // The same words again are said again.
        this.state.said = this.state.said === text ? `${text}\u00A0` : text;
    }

    // Zoom and scrolling

    measure() {
        const { el } = this.viewport;
        if (el && (el.clientWidth !== this.state.viewWidth || el.clientHeight !== this.state.viewHeight)) {
            this.state.viewWidth = el.clientWidth;
            this.state.viewHeight = el.clientHeight;
        }
    }

    /** Zoom, keeping what is at a point of the window, by default the middle, where it is. */
    zoomTo(zoom, point) {
        const { el } = this.viewport;
        const next = Math.min(ZOOM.max, Math.max(ZOOM.min, zoom));
        const box = el.getBoundingClientRect();
        const x = point ? point.x - box.left : box.width / 2;
        const y = point ? point.y - box.top : box.height / 2;
        const [mapX, mapY] = [(el.scrollLeft + x) / this.state.zoom, (el.scrollTop + y) / this.state.zoom];
        this.state.zoom = next;
        // The canvas has its new size at once, so that there is room to scroll to.
        const canvas = el.querySelector(".o_pem_map_canvas");
        canvas.style.transform = `scale(${next})`;
        Object.assign(canvas.parentElement.style, { width: `${this.layout.width * next}px`, height: `${this.layout.height * next}px` });
        el.scrollLeft = mapX * next - x;
        el.scrollTop = mapY * next - y;
    }

    zoomIn() {
        this.zoomTo(this.state.zoom * ZOOM.step);
    }

    zoomOut() {
        this.zoomTo(this.state.zoom / ZOOM.step);
    }

    /** Let the whole map be seen; with `onlyShrink` its width at least, not larger than life, and never too small to read. */
    fit({ onlyShrink } = {}) {
        const { el } = this.viewport;
        const { width, height } = this.layout;
        if (!el || !width || !el.clientWidth) {
            return;
        }
        const across = el.clientWidth / width;
        this.zoomTo(onlyShrink ? Math.min(1, Math.max(0.6, across)) : Math.min(1, across, el.clientHeight / height));
        if (onlyShrink) {
            const start = this.cards[0] && this.layout.places.get(this.cards[0].id);
            el.scrollLeft = start ? (start.x + start.width / 2) * this.state.zoom - el.clientWidth / 2 : 0;
            el.scrollTop = 0;
        }
    }

    toggleFull() {
        this.state.isFull = !this.state.isFull;
    }

    onWheel(ev) {
        if (ev.ctrlKey || ev.metaKey) {
            ev.preventDefault();
            this.zoomTo(this.state.zoom * Math.exp(-ev.deltaY / 400), { x: ev.clientX, y: ev.clientY });
        }
    }

    drawMinimapView() {
        const { el } = this.viewport;
        const view = this.minimap.el;
        if (view && el) {
            const scale = this.minimapScale / this.state.zoom;
            view.setAttribute("x", el.scrollLeft * scale);
            view.setAttribute("y", el.scrollTop * scale);
            view.setAttribute("width", el.clientWidth * scale);
            view.setAttribute("height", el.clientHeight * scale);
        }
    }

    onMinimapPress(ev) {
        const box = ev.currentTarget.getBoundingClientRect();
        const go = (point) => {
            const { el } = this.viewport;
            const scale = this.state.zoom / this.minimapScale;
            el.scrollLeft = (point.clientX - box.left) * scale - el.clientWidth / 2;
            el.scrollTop = (point.clientY - box.top) * scale - el.clientHeight / 2;
        };
        go(ev);
        const stop = () => {
            window.removeEventListener("pointermove", go);
            window.removeEventListener("pointerup", stop);
        };
        window.addEventListener("pointermove", go);
        window.addEventListener("pointerup", stop);
    }

    // Pointer

    /** A point of the window in the coordinates of the map. */
    toMap({ x, y }) {
        const box = this.viewport.el.getBoundingClientRect();
        const isInside = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
        return {
            isInside,
            x: (x - box.left + this.viewport.el.scrollLeft) / this.state.zoom,
            y: (y - box.top + this.viewport.el.scrollTop) / this.state.zoom,
        };
    }

    /** The flow that is nearest to a point of the window, if it is near and `accepts` it. */
    flowAt(point, accepts = () => true) {
        const at = this.toMap(point);
        let nearest = null;
        let distance = NEAR / this.state.zoom;
        for (const flow of at.isInside ? this.props.flows : []) {
            const line = this.layout.lines.get(flow.id);
            for (const [x, y] of line && accepts(flow) ? [...line.points, [line.x, line.y]] : []) {
                const away = Math.hypot(x - at.x, y - at.y);
                if (away < distance) {
                    distance = away;
                    nearest = flow;
                }
            }
        }
        return nearest;
    }

    stepAt(point) {
        const at = this.toMap(point);
        return at.isInside && this.cards.find((step) => {
            const place = this.layout.places.get(step.id);
            return at.x >= place.x - 6 && at.x <= place.x + place.width + 6 && at.y >= place.y - 10 && at.y <= place.y + place.height + 6;
        });
    }

    /** Show where something would be dropped. Done without drawing everything again. */
    showTarget(selector) {
        for (const el of this.root.el.querySelectorAll(".o_pem_is_target")) {
            el.classList.remove("o_pem_is_target");
        }
        for (const el of selector ? this.root.el.querySelectorAll(selector) : []) {
            el.classList.add("o_pem_is_target");
        }
    }

    dragOnto(ev, { ghost, accepts, drop }) {
        let flow = null;
        startDrag(ev, {
            viewport: this.viewport.el,
            ghost,
            start: () => this.root.el.classList.add("o_pem_is_dragging"),
            move: (point) => {
                flow = this.flowAt(point, accepts);
                this.showTarget(flow && `[data-flow-id="${CSS.escape(flow.id)}"]`);
            },
            drop: (point) => {
                flow = this.flowAt(point, accepts);
                if (flow) {
                    drop(flow);
                }
            },
            end: () => {
                this.root.el.classList.remove("o_pem_is_dragging");
                this.showTarget(null);
            },
        });
    }

    onPalettePress(ev, kind) {
        if (ev.button || !this.isEditable) {
            return;
        }
        const { currentTarget } = ev;
        this.dragOnto(ev, {
            ghost: () => currentTarget.cloneNode(true),
            drop: (flow) => this.insert(flow.id, kind),
        });
    }

    onCardPress(ev, step) {
        if (ev.button || !this.isEditable || ev.pointerType === "touch" || ["start", "end"].includes(step.kind)) {
            return;
        }
        const card = ev.currentTarget.closest(".o_pem_map_card");
        const { width, height } = this.layout.places.get(step.id);
        this.dragOnto(ev, {
            ghost: () => {
                const copy = card.cloneNode(true);
                copy.style.cssText = `width:${width}px;height:${height}px`;
                card.classList.add("o_pem_is_moving");
                return copy;
            },
            accepts: (flow) => this.props.actions.canMove(step.id, flow.id),
            drop: (flow) => this.move(step.id, flow.id),
        });
        window.addEventListener("pointerup", () => card.classList.remove("o_pem_is_moving"), { once: true });
    }

    onHandlePress(ev, step) {
        if (ev.button || !this.isEditable) {
            return;
        }
        ev.stopPropagation();
        const place = this.layout.places.get(step.id);
        const line = this.root.el.querySelector(".o_pem_map_drawn");
        startDrag(ev, {
            viewport: this.viewport.el,
            start: () => this.root.el.classList.add("o_pem_is_dragging"),
            move: (point) => {
                const at = this.toMap(point);
                const [x, y] = [place.x + place.width / 2, place.y + place.height];
                line.setAttribute("d", `M${x} ${y}C${x} ${y + 40} ${at.x} ${at.y - 40} ${at.x} ${at.y}`);
                const target = this.stepAt(point);
                this.showTarget(target && `.o_pem_map_card[data-step-id="${CSS.escape(target.id)}"]`);
            },
            drop: (point) => {
                const target = this.stepAt(point);
                if (target) {
                    this.connect(step.id, target.id);
                }
            },
            end: () => {
                line.setAttribute("d", "");
                this.root.el.classList.remove("o_pem_is_dragging");
                this.showTarget(null);
            },
        });
    }

    /** Pull the map by its background. */
    onBackgroundPress(ev) {
        const isBackground = !ev.target.closest(".o_pem_map_card, .o_pem_map_flow, .o_pem_map_hit, .o_pem_map_minimap");
        if (ev.button || ev.pointerType === "touch" || !isBackground) {
            return;
        }
        const { el } = this.viewport;
        const origin = { x: ev.clientX, y: ev.clientY, left: el.scrollLeft, top: el.scrollTop };
        startDrag(ev, {
            viewport: { getBoundingClientRect: () => new DOMRect() },
            move: ({ x, y }) => {
                el.scrollLeft = origin.left - (x - origin.x);
                el.scrollTop = origin.top - (y - origin.y);
            },
            drop: () => {},
        });
    }

    // Doing

    /** Carry out something that returns what should have the focus afterwards. */
    async run(action, ...args) {
        // What has the focus may be gone afterwards.
        this.wantsFocus ||= this.root.el.contains(document.activeElement);
        const done = await this.props.actions[action](...args);
        if (done?.focus) {
            this.focus(done.focus.type, done.focus.id);
        }
        if (done?.said) {
            this.say(done.said);
        }
        return done;
    }

    insert(flowId, kind) {
        return this.run("insert", flowId, kind);
    }

    move(stepId, flowId) {
        return this.run("move", stepId, flowId);
    }

    connect(source, target) {
        return this.run("connect", source, target);
    }

    onOpenStep(step) {
        const { mode } = this.state;
        if (mode) {
            return this.finishMode({ type: "step", id: step.id });
        }
        this.state.focus = { type: "step", id: step.id };
        this.props.openStep?.(step.id);
    }

    onOpenFlow(flow) {
        if (this.state.mode) {
            return this.finishMode({ type: "flow", id: flow.id });
        }
        this.state.focus = { type: "flow", id: flow.id };
        this.props.actions?.openFlow(flow.id);
    }

    onPlus(ev, flow) {
        if (this.state.mode) {
            return this.finishMode({ type: "flow", id: flow.id });
        }
        this.state.focus = { type: "flow", id: flow.id };
        this.openFlowMenu(flow, ev.currentTarget);
    }

    openFlowMenu(flow, target) {
        const step = this.byId.get(flow.source);
        this.menu.open(target, {
            title: _t("Add a step here"),
            kinds: this.props.kinds,
            select: (kind) => this.insert(flow.id, kind),
            entries: [
                { label: ["decision", "split"].includes(step?.kind) ? _t("Condition of this way…") : _t("When this way is taken…"),
                  icon: "fa-pencil", run: () => this.props.actions.openFlow(flow.id) },
                { label: _t("Remove this flow"), icon: "fa-trash-o", isDanger: true, run: () => this.run("removeFlow", flow.id) },
            ],
        });
    }

    openStepMenu(step, target) {
        if (step.kind === "end") {
            return this.say(_t("Nothing comes after an end."));
        }
        this.menu.open(target, {
            title: _t("Add a step after “%s”", step.name),
            kinds: this.props.kinds,
            select: (kind) => this.run("addAfter", step.id, kind),
        });
    }

    onChooseKind(kind) {
        const { type, id } = this.current;
        return type === "flow" ? this.insert(id, kind) : this.run("addAfter", id, kind);
    }

    // Keyboard

    focus(type, id) {
        this.wantsFocus = true;
        const isSame = this.state.focus?.type === type && this.state.focus?.id === id;
        this.state.focus = { type, id };
        if (isSame) {
            this.focusElement();
        }
    }

    focusElement() {
        const { type, id } = this.current;
        const el = this.elementOf(type, id);
        if (el) {
            this.wantsFocus = false;
            el.focus({ preventScroll: true });
            el.closest(".o_pem_map_card, .o_pem_map_flow").scrollIntoView({ block: "nearest", inline: "nearest" });
        }
    }

    elementOf(type, id) {
        const name = CSS.escape(id);
        return type === "step"
            ? this.root.el.querySelector(`.o_pem_map_card[data-step-id="${name}"] .o_pem_map_main`)
            : this.root.el.querySelector(`.o_pem_map_flow[data-flow-id="${name}"] button`);
    }

    onFocusin(ev) {
        const card = ev.target.closest(".o_pem_map_card");
        const flow = ev.target.closest(".o_pem_map_flow");
        const id = (card || flow)?.dataset[card ? "stepId" : "flowId"];
        const item = id && (card ? this.props.steps : this.props.flows).find((one) => String(one.id) === id);
        if (item && (this.state.focus?.id !== item.id || this.state.focus.type !== (card ? "step" : "flow"))) {
            this.state.focus = { type: card ? "step" : "flow", id: item.id };
        }
    }

    /** Where an arrow key leads from the card or flow that has the focus. */
    neighbour(key) {
        const { type, id } = this.current;
        if (type === "flow") {
            const flow = this.props.flows.find((one) => one.id === id);
            const siblings = inOrder(this.leaving.get(flow.source) || []);
            const index = siblings.indexOf(flow);
            return {
                ArrowDown: { type: "step", id: flow.target },
                ArrowUp: { type: "step", id: flow.source },
                ArrowLeft: siblings[index - 1] && { type: "flow", id: siblings[index - 1].id },
                ArrowRight: siblings[index + 1] && { type: "flow", id: siblings[index + 1].id },
            }[key];
        }
        const along = (flow, end) => flow && (this.isEditable ? { type: "flow", id: flow.id } : { type: "step", id: flow[end] });
        const place = this.layout.places.get(id);
        const row = this.layout.layers[place.layer];
        const index = row.indexOf(id);
        const beside = (other) => row[other] !== undefined && { type: "step", id: row[other] };
        return {
            ArrowDown: along(inOrder(this.leaving.get(id) || [])[0], "target"),
            ArrowUp: along((this.arriving.get(id) || []).find((flow) => !this.layout.lines.get(flow.id)?.isBack) || (this.arriving.get(id) || [])[0], "source"),
            ArrowLeft: beside(index - 1),
            ArrowRight: beside(index + 1),
        }[key];
    }

    finishMode(target) {
        const { kind, id } = this.state.mode;
        this.state.mode = null;
        if (kind === "connect" && target.type === "step") {
            return this.connect(id, target.id);
        }
        if (kind === "move") {
            const flow = target.type === "flow" ? target.id : inOrder(this.leaving.get(target.id) || [])[0]?.id;
            if (flow !== undefined && this.props.actions.canMove(id, flow)) {
                return this.move(id, flow);
            }
        }
        this.say(_t("That is not possible there."));
    }

    startMode(kind) {
        const { type, id } = this.current;
        const step = type === "step" && this.byId.get(id);
        if (!step || (kind === "move" && ["start", "end"].includes(step.kind)) || (kind === "connect" && step.kind === "end")) {
            return this.say(_t("That is not possible here."));
        }
        this.state.mode = { kind, id };
        this.say(kind === "move"
            ? _t("Moving %s: go to a flow with the arrow keys, Enter puts it there, Escape leaves it.", step.name)
            : _t("A flow from %s: go to a step with the arrow keys, Enter draws it, Escape gives up.", step.name));
    }

    onKeydown(ev) {
        if (ev.target.closest(".o_pem_map_palette, .o_pem_map_tools")) {
            return this.onHistoryKey(ev);
        }
        const isPlain = !ev.ctrlKey && !ev.metaKey && !ev.altKey;
        const isCommand = ev.ctrlKey || ev.metaKey;
        const handled = () => {
            ev.preventDefault();
            ev.stopPropagation();
        };
        if (this.onHistoryKey(ev)) {
            return;
        }
        if (isCommand && ["=", "+", "-", "0"].includes(ev.key)) {
            handled();
            return ev.key === "-" ? this.zoomOut() : ev.key === "0" ? this.fit() : this.zoomIn();
        }
        if (!this.cards.length) {
            return;
        }
        if (isPlain && ev.key.startsWith("Arrow")) {
            handled();
            const next = this.neighbour(ev.key);
            return next && this.focus(next.type, next.id);
        }
        if (isPlain && (ev.key === "Home" || ev.key === "End")) {
            handled();
            return this.focus("step", this.cards.at(ev.key === "Home" ? 0 : -1).id);
        }
        if (!this.isEditable) {
            return;
        }
        const { type, id } = this.current;
        if (ev.key === "Escape" && this.state.mode) {
            handled();
            this.state.mode = null;
            this.say(_t("Left as it was."));
        } else if (isPlain && (ev.key === "Insert" || ev.key === "+")) {
            handled();
            const target = this.elementOf(type, id);
            if (type === "flow") {
                this.openFlowMenu(this.props.flows.find((flow) => flow.id === id), target);
            } else {
                this.openStepMenu(this.byId.get(id), target);
            }
        } else if (isPlain && (ev.key === "Delete" || ev.key === "Backspace")) {
            handled();
            this.run(type === "flow" ? "removeFlow" : "removeStep", id);
        } else if (isPlain && ev.key === "m") {
            handled();
            this.startMode("move");
        } else if (isPlain && ev.key === "c") {
            handled();
            this.startMode("connect");
        } else if (isCommand && ev.key === "d" && type === "step") {
            handled();
            this.run("duplicate", id);
        }
    }

    onHistoryKey(ev) {
        if (!this.isEditable || !(ev.ctrlKey || ev.metaKey) || !["z", "y"].includes(ev.key.toLowerCase())) {
            return false;
        }
        ev.preventDefault();
        ev.stopPropagation();
        this.run(ev.key.toLowerCase() === "y" || ev.shiftKey ? "redo" : "undo");
        return true;
    }

    get modeText() {
        const { mode } = this.state;
        const name = mode && this.nameOf(mode.id);
        return mode && (mode.kind === "move"
            ? _t("Where should “%s” go? Choose a flow, or press Escape.", name)
            : _t("Where does a flow from “%s” lead? Choose a step, or press Escape.", name));
    }

    toProblem(problem) {
        if (problem.step) {
            this.focus("step", problem.step);
        }
    }
}
