/**
 * Dragging over a map with the mouse or a pen: begins after some pixels, scrolls near the edges, is given up with Escape.
 *
 * @param {PointerEvent} ev the press
 * @param {Object} options
 * @param {HTMLElement} options.viewport what scrolls
 * @param {() => HTMLElement | null} [options.ghost] makes what follows the pointer
 * @param {() => void} [options.start]
 * @param {(point: { x: number, y: number }) => void} options.move in the coordinates of the window
 * @param {(point: { x: number, y: number }) => void} options.drop
 * @param {() => void} [options.end] always called at the end of what was started
 */
export function startDrag(ev, { viewport, ghost, start, move, drop, end }) {
    const THRESHOLD = 6, EDGE = 48;
    const origin = { x: ev.clientX, y: ev.clientY };
    let isDragging = false;
    let follower = null;
    let point = origin;
    let timer = null;

    const scroll = () => {
        const box = viewport.getBoundingClientRect();
        const speed = (near, far, at) => (at < near + EDGE ? -12 : at > far - EDGE ? 12 : 0);
        const isInside = point.x > box.left && point.x < box.right && point.y > box.top && point.y < box.bottom;
        if (isInside) {
            const dx = speed(box.left, box.right, point.x), dy = speed(box.top, box.bottom, point.y);
            if (dx || dy) {
                viewport.scrollBy(dx, dy);
                move(point);
            }
        }
        timer = requestAnimationFrame(scroll);
    };
    const onMove = (moved) => {
        point = { x: moved.clientX, y: moved.clientY };
        if (!isDragging) {
            if (Math.hypot(point.x - origin.x, point.y - origin.y) < THRESHOLD) {
                return;
            }
            isDragging = true;
            start?.();
            follower = ghost?.();
            if (follower) {
                follower.classList.add("o_pem_map_ghost");
                document.body.append(follower);
            }
            timer = requestAnimationFrame(scroll);
        }
        moved.preventDefault();
        if (follower) {
            follower.style.transform = `translate(${point.x + 8}px, ${point.y + 8}px)`;
        }
        move(point);
    };
    const stop = (isDropped) => {
        window.removeEventListener("pointermove", onMove);
        window.removeEventListener("pointerup", onUp);
        window.removeEventListener("pointercancel", onCancel);
        window.removeEventListener("keydown", onKey, true);
        cancelAnimationFrame(timer);
        follower?.remove();
        if (isDragging) {
            // The click that follows is no click on what was dragged.
            const swallow = (click) => {
                click.preventDefault();
                click.stopPropagation();
            };
            window.addEventListener("click", swallow, { capture: true, once: true });
            setTimeout(() => window.removeEventListener("click", swallow, { capture: true }));
            if (isDropped) {
                drop(point);
            }
            end?.();
        }
    };
    const onUp = (up) => {
        point = { x: up.clientX, y: up.clientY };
        stop(true);
    };
    const onCancel = () => stop(false);
    const onKey = (key) => {
        if (key.key === "Escape" && isDragging) {
            key.preventDefault();
            key.stopPropagation();
            stop(false);
        }
    };
    window.addEventListener("pointermove", onMove);
    window.addEventListener("pointerup", onUp);
    window.addEventListener("pointercancel", onCancel);
    window.addEventListener("keydown", onKey, true);
}
