"""How fluid the form designer is with a large form."""
from statistics import median

from .designer_page import milliseconds, watch

#: Elements of the form; drops that are timed; milliseconds that may pass.
FIELDS = 200
DROPS = 9
DROP_GOAL = 50
REDRAW_GOAL = 100
KINDS = ('char', 'text', 'integer', 'selection', 'date', 'email', 'boolean', 'monetary', 'file', 'heading')


def measure(env, open_page):
    """Yields ``(name, milliseconds, goal)``."""
    page = open_page(f'/odoo/m-pem.form/{make_form(env).id}')
    page.locator('.o_pem_fd_el').nth(FIELDS - 1).wait_for(state='attached')
    watch(page, '.o_pem_fd')
    page.locator('.o_pem_fd_el').first.click()
    yield f'form of {FIELDS} elements: a new one dropped', median(_drop(page, '.o_pem_fd_kind[data-kind=char]', 3) for _ in range(DROPS)), DROP_GOAL
    yield (
        f'form of {FIELDS} elements: one dragged to another place',
        median(_drop(page, '.o_pem_fd_el >> nth=1', 4) for _ in range(DROPS)), DROP_GOAL)
    yield f'form of {FIELDS} elements: drawn anew', median(_redraw(page) for _ in range(DROPS)), REDRAW_GOAL


def make_form(env):
    form = env['pem.form'].create({'name': f"{FIELDS} questions", 'field_ids': [
        (0, 0, {
            'label': f"Question {number}", 'value_type': KINDS[number % len(KINDS)], 'sequence': 10 * number,
            'width': 'half' if number % 5 == 0 else 'full', 'help_text': "As on your last invoice",
            'visible_if': "[('question_2', '>', 1)]" if number % 10 == 7 else False,
            'option_ids': [(0, 0, {'name': "Yes"}), (0, 0, {'name': "No"})] if KINDS[number % len(KINDS)] == 'selection' else [],
        }) for number in range(FIELDS)]})
    env.cr.commit()
    return form


def _drop(page, selector, position):
    """Drag something to below the element at a position, with the mouse; returns what happened after letting go."""
    source = page.locator(selector).bounding_box()
    page.mouse.move(source['x'] + 30, source['y'] + 12)
    page.mouse.down()
    page.mouse.move(source['x'] + 60, source['y'] + 40, steps=3)
    goal = page.locator('.o_pem_fd_el').nth(position).bounding_box()
    page.mouse.move(goal['x'] + goal['width'] / 2, goal['y'] + goal['height'] - 6, steps=5)
    page.locator('.o_pem_fd_drop').wait_for(state='visible')
    page.mouse.up()
    return milliseconds(page)


def _redraw(page):
    """Draw every component of the designer again, whether it changed or not."""
    page.evaluate("""() => {
        dispatchEvent(new Event('pem-begin'));
        const find = (node) => node.component.constructor.name === 'FormDesigner' ? node : Object.values(node.children).map(find).find(Boolean);
        const designer = [...owl.App.apps].map((app) => find(app.root)).find(Boolean);
        window.pemDrawn = new Promise((resolve) => {
            designer.component.render(true);
            const ended = () => designer.fiber ? requestAnimationFrame(ended) : resolve();
            requestAnimationFrame(ended);
        }).then(() => {
            document.querySelector('.o_pem_fd').getBoundingClientRect();
            pemClock.end = performance.now();
        });
    }""")
    page.evaluate('pemDrawn')
    return milliseconds(page)
