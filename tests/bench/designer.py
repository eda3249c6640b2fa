"""The designers with a large form and a large process map, in a real browser: what a drop and a redraw take there."""
from support import designer_form
from support.designer_page import designer_pages

from .measurement import Measurement

#: Each has ``measure(env, open_page)``, which yields names, milliseconds and goals.
DESIGNERS = (designer_form,)


def measure(env, sizes, crowd):
    with designer_pages(env) as open_page:
        for designer in DESIGNERS:
            for name, milliseconds, goal in designer.measure(env, open_page):
                yield Measurement(name, milliseconds, goal, at_most=1, unit='ms')
