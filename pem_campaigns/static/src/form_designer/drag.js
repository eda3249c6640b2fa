import { makeDraggableHook } from "@web/core/utils/draggable_hook_builder_owl";
import { pick } from "@web/core/utils/objects";
import { kindOf } from "./kinds";

/** Share of an element's width, at either side, where what is dropped comes to stand beside it. */
const EDGE = 0.22;
const WIDEST_EDGE = 110;

/** Odoo's draggable, without moving the element itself: a label follows the pointer, so that nothing else moves. */
const useLabelDrag = makeDraggableHook({
    name: "useFormDrag",
    onComputeParams: ({ ctx }) => {
        ctx.followCursor = false;
        ctx.cursor = "grabbing";
    },
    onDragStart: ({ ctx }) => pick(ctx.current, "element"),
    onDrag: ({ ctx }) => pick(ctx.current, "element"),
    onDragEnd: ({ ctx }) => pick(ctx.current, "element"),
    onDrop: ({ ctx }) => pick(ctx.current, "element"),
});

/** Lets kinds be dragged from the palette, and elements and columns on the page. */
export function useFormDrag(root, design) {
    let drag;

    function begin({ element, x, y }) {
        const page = root.el.querySelector(".o_pem_fd_page");
        const label = document.createElement("div");
        label.className = "o_pem_fd_label";
        const kind = element.dataset.kind;
        const record = kind ? undefined : design.find(element.dataset.id);
        const icon = document.createElement("i");
        icon.className = `fa ${kindOf(kind || record.data.value_type).icon} me-2`;
        label.append(icon, kind ? String(design.kindLabel(kind)) : String(design.labelOf(record)));
        document.body.append(label);
        drag = { kind, record, page, label, marker: page.querySelector(".o_pem_fd_drop"), boxes: boxesOf(page) };
        follow({ x, y });
    }

    /** Positions within the page: they stay as they are while it scrolls. */
    function boxesOf(page) {
        const origin = page.getBoundingClientRect();
        const boxOf = (element) => {
            const { left, top, width, height } = element.getBoundingClientRect();
            return { left: left - origin.left, top: top - origin.top, width, height };
        };
        const columns = [...page.querySelectorAll(".o_pem_fd_columns")].map((element) => ({
            table: element.dataset.table,
            ...boxOf(element),
            columns: [...element.querySelectorAll(".o_pem_fd_column")].map((one) => ({ id: one.dataset.id, ...boxOf(one) })),
        }));
        const elements = [...page.querySelectorAll(".o_pem_fd_item")].map((element) => {
            const { id, type } = element.querySelector(".o_pem_fd_el").dataset;
            return { id, line: kindOf(type).line, ...boxOf(element) };
        });
        return { columns, elements };
    }

    function follow({ x, y }) {
        drag.label.style.transform = `translate(${x + 12}px, ${y + 8}px)`;
        const origin = drag.page.getBoundingClientRect();
        drag.place = placeAt(x - origin.left, y - origin.top, origin);
        const { marker } = drag;
        marker.style.display = drag.place ? "block" : "none";
        if (drag.place) {
            const { left, top, width, height } = drag.place.mark;
            Object.assign(marker.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
        }
    }

    function placeAt(x, y, page) {
        if (x < -40 || x > page.width + 40 || y < -60) {
            return undefined;
        }
        const valueType = drag.kind || drag.record.data.value_type;
        if (kindOf(valueType).column) {
            const table = drag.boxes.columns.find((box) => isInside(box, x, y));
            if (table && table.table !== drag.record?.id) {
                return placeInTable(table, x);
            }
        }
        let nearest;
        let distance = Infinity;
        for (const box of drag.boxes.elements) {
            const dx = Math.max(box.left - x, 0, x - box.left - box.width);
            const dy = Math.max(box.top - y, 0, y - box.top - box.height);
            const away = dx * dx + 4 * dy * dy;
            if (away < distance) {
                [nearest, distance] = [box, away];
            }
        }
        if (!nearest) {
            return { target: undefined, side: "after", mark: { left: 16, top: 24, width: page.width - 32, height: 4 } };
        }
        return placeBeside(nearest, x, y, kindOf(valueType).line, page);
    }

    function placeInTable(table, x) {
        const next = table.columns.find((column) => x < column.left + column.width / 2);
        const edge = next ? next.left - 3 : (table.columns.at(-1) ? table.columns.at(-1).left + table.columns.at(-1).width : table.left + 4);
        const target = next?.id || table.columns.at(-1)?.id;
        return {
            table: table.table, target, side: next ? "before" : "after",
            mark: { left: edge, top: table.top, width: 4, height: table.height },
        };
    }

    function placeBeside(box, x, y, isLine, page) {
        const edge = Math.min(box.width * EDGE, WIDEST_EDGE);
        const isOnRight = x > box.left + box.width - edge;
        if (!isLine && !box.line && page.width > 480 && (x < box.left + edge || isOnRight) && isInside(box, x, y)) {
            return {
                target: box.id, side: isOnRight ? "right" : "left",
                mark: { left: isOnRight ? box.left + box.width - 2 : box.left - 2, top: box.top, width: 4, height: box.height },
            };
        }
        const isBelow = y > box.top + box.height / 2;
        return {
            target: box.id, side: isBelow ? "after" : "before",
            mark: { left: 12, top: isBelow ? box.top + box.height - 2 : box.top - 2, width: page.width - 24, height: 4 },
        };
    }

    function drop() {
        if (!drag?.place) {
            return;
        }
        const { mark: _mark, ...place } = drag.place;
        if (drag.kind) {
            design.add(drag.kind, place, { isNew: true });
        } else if (place.target !== drag.record.id || place.table) {
            design.move(drag.record.id, place);
        }
    }

    function end() {
        drag?.label.remove();
        if (drag) {
            drag.marker.style.display = "none";
        }
        drag = undefined;
    }

    return useLabelDrag({
        ref: root,
        elements: ".o_pem_fd_drag",
        enable: () => !design.isReadonly(),
        ignore: ".o_pem_fd_tools",
        edgeScrolling: { speed: 20, threshold: 60 },
        onDragStart: begin,
        onDrag: (params) => drag && follow(params),
        onDrop: drop,
        onDragEnd: end,
    });
}

function isInside({ left, top, width, height }, x, y) {
    return x >= left && x <= left + width && y >= top && y <= top + height;
}
