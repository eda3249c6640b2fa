"""Fixtures for tests that span addons: a real Odoo server on a fresh database, a real mail server, a real browser.

See README.md in this folder for how a test uses them.
"""
import re

import pytest
from pemsetup import server, site, source, templates
from pemsetup.paths import LOGS

from .support.browser import Browser
from .support.mail import Mailbox
from .support.server import TestServer


@pytest.fixture(scope='session')
def odoo_site():
    """The throwaway PostgreSQL cluster and data folder, up while the tests run."""
    source.ensure()
    with site.TEST.running():
        templates.sweep(site.TEST)
        yield site.TEST


@pytest.fixture(scope='session')
def template(odoo_site):
    """All our addons, installed without demo data. Copy it, never change it."""
    return templates.ours(odoo_site)


@pytest.fixture(scope='session')
def demo_template(odoo_site):
    """All our addons, installed with demo data. Copy it, never change it."""
    return templates.ours(odoo_site, demo=True)


@pytest.fixture
def copy(request):
    """``copy(template)`` is a fresh database, dropped after the test."""
    made = []

    def make(original):
        name = f'{templates.run_prefix()}{_slug(request)}_{len(made)}'[:63]
        made.append(original.copy(name))
        return made[-1]

    yield make
    for database in made:
        database.drop()


@pytest.fixture
def database(copy, template):
    return copy(template)


@pytest.fixture
def demo_database(copy, demo_template):
    return copy(demo_template)


@pytest.fixture
def mailbox():
    """A mail server on the loopback address; servers made by `serve` send to it."""
    with Mailbox() as box:
        yield box


@pytest.fixture
def serve(request, copy, mailbox):
    """``serve(database, *arguments)`` starts a real Odoo on a free port; the test fails on what our addons log at
    WARNING or above (``server.expected`` lists patterns of what the test provokes). Servers stop before ``copy`` drops
    the databases, in which a job may be at work."""
    started = []

    def start(database, *arguments):
        log = LOGS / 'tests' / f'{_slug(request)}_{len(started)}.log'
        log.unlink(missing_ok=True)
        arguments = ('--smtp', server.HOST, '--smtp-port', mailbox.port, '--email-from', 'odoo@sponsor.example', *arguments)
        started.append(TestServer(database, log, arguments=arguments).start())
        return started[-1]

    yield start
    for each in started:
        each.stop()
    problems = [problem.text for each in started for problem in each.unexpected()]
    assert not problems, 'the server logged:\n' + '\n'.join(problems)


@pytest.fixture
def odoo(serve, database):
    """A server on a fresh database without demo data."""
    return serve(database)


@pytest.fixture
def demo_odoo(serve, demo_database):
    """A server on a fresh database with demo data."""
    return serve(demo_database)


@pytest.fixture(scope='session')
def chromium():
    with Browser() as browser:
        yield browser


@pytest.fixture
def browse(request, chromium):
    """``browse(server, 'admin', width=360)`` is a Playwright page of that user (None: of a visitor); the test fails on
    errors in the browser's console (``page.expected_errors`` lists patterns of what the test provokes)."""
    with chromium.pages(LOGS / 'tests' / _slug(request), lambda: getattr(request.node, 'failed', False)) as open_page:
        yield open_page


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    item.failed = getattr(item, 'failed', False) or outcome.get_result().failed


def _slug(request):
    return re.sub(r'\W+', '_', request.node.name).strip('_')[:30].lower()


