"""Debian's Chromium, driven by Playwright."""
import contextlib
import re
from urllib.parse import urlsplit

from pemsetup import system
from playwright.sync_api import sync_playwright

ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
             '--disable-component-update', '--disable-sync']
HEIGHTS = {1400: 900, 360: 740}


class Browser:
    """One browser process for all tests; each page has cookies of its own."""

    def __enter__(self):
        executable = system.browser()
        assert executable, 'Chrome executable not found: setup/test installs it'
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        return self

    def __exit__(self, *_error):
        self._browser.close()
        self._playwright.stop()

    @contextlib.contextmanager
    def pages(self, screenshot, failed):
        """Yields a factory of pages; afterwards looks for errors in their consoles. With ``failed()`` each page's
        picture is kept as ``screenshot``-N.png."""
        opened = []

        def open_page(server, login=None, password=None, *, width=1400, mobile=None, path=None, **options):
            """A page of that user at ``path`` (default: where a user lands)."""
            touch = mobile if mobile is not None else width < 600
            context = self._browser.new_context(
                base_url=server.url, viewport={'width': width, 'height': HEIGHTS.get(width, 900)}, has_touch=touch, is_mobile=touch, **options)
            context.set_default_timeout(20_000)
            if login:
                session = server.login(login, password)
                context.add_cookies([{'name': 'session_id', 'value': session.cookies['session_id'], 'domain': urlsplit(server.url).hostname,
                                      'path': '/', 'httpOnly': True}])
            page = context.new_page()
            page.expected_errors = []
            page.errors = []
            page.on('console', lambda message: message.type == 'error' and page.errors.append(f'{message.text} ({message.location.get("url", "")})'))
            page.on('pageerror', lambda error: page.errors.append(str(error)))
            opened.append(page)
            if path or login:
                page.goto(path or '/odoo')
            return page

        try:
            yield open_page
        finally:
            if failed():
                screenshot.parent.mkdir(parents=True, exist_ok=True)
                for number, page in enumerate(opened):
                    with contextlib.suppress(Exception):
                        page.screenshot(path=f'{screenshot}-{number}.png', full_page=True)
            for page in opened:
                with contextlib.suppress(Exception):
                    page.context.close()
        errors = [error for page in opened for error in page.errors if not any(re.search(pattern, error) for pattern in page.expected_errors)]
        assert not errors, 'errors in the console of the browser:\n' + '\n'.join(errors)
