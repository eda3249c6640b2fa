"""A designer of the web client in a real browser, and how long it takes there: for benchmarks, inside Odoo's shell."""
import contextlib
import resource
import socket
import subprocess
import sys
import time
import urllib.request

from playwright.sync_api import sync_playwright

from .browser import ARGUMENTS

HOST = '127.0.0.1'
#: Milliseconds without a change after which everything is drawn.
QUIET = 250
#: Notes when the pointer, or a key, was let go, and when something in the element changed for the last time, laid out.
WATCH = """selector => {
    const clock = window.pemClock = { start: 0, end: 0 };
    const element = document.querySelector(selector);
    const begin = () => { clock.start = performance.now(); clock.end = 0; };
    addEventListener('pointerup', begin, { capture: true });
    addEventListener('pem-begin', begin, { capture: true });
    new MutationObserver(() => {
        element.getBoundingClientRect();
        clock.end = performance.now();
    }).observe(element, { attributes: true, characterData: true, childList: true, subtree: true });
}"""


@contextlib.contextmanager
def designer_pages(env):
    """Yields ``open_page(path)``: a page of the administrator's on a server of its own on this database."""
    env.cr.commit()
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([
        sys.executable, '-m', 'odoo', '-d', env.cr.dbname, '--db-filter', f'^{env.cr.dbname}$', '--http-interface', HOST,
        '--http-port', str(port), '--max-cron-threads', '0'], stdin=subprocess.DEVNULL)
    try:
        _wait(f'http://{HOST}:{port}/web/login', server)
        with _unlimited(), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_executable(), args=ARGUMENTS)
            context = browser.new_context(base_url=f'http://{HOST}:{port}', viewport={'width': 1400, 'height': 900})
            context.set_default_timeout(60_000)
            page = context.new_page()
            page.goto('/web/login')
            page.fill('#login', 'admin')
            page.fill('#password', 'admin')
            page.click('button[type=submit]')
            page.wait_for_url('**/odoo**')
            page.close()

            def open_page(path):
                page = context.new_page()
                page.goto(path)
                return page

            yield open_page
            browser.close()
    finally:
        server.terminate()
        server.wait(timeout=30)


@contextlib.contextmanager
def _unlimited():
    """The browser takes more addresses than Odoo's shell leaves to itself, and to what it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def watch(page, selector):
    """From now on `milliseconds` says how long what is in the element takes to be drawn."""
    page.evaluate(WATCH, selector)


def milliseconds(page):
    """How long it took from the last release of the pointer to the last change, with the layout that it leads to."""
    page.wait_for_function(f'pemClock.end && performance.now() - pemClock.end > {QUIET}')
    return page.evaluate('pemClock.end - pemClock.start')


def _executable():
    from pemsetup import system
    return system.browser()


def _wait(url, server):
    end = time.monotonic() + 120
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=30):
            return
        time.sleep(0.1)
    raise RuntimeError(f'Odoo does not answer on {url}')
