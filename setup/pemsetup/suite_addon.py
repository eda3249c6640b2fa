"""One addon on a fresh database: it installs and updates in silence, its tests pass, its translation template is current."""
import difflib
import re

from . import server, templates
from .console import step
from .logs import WORTHLESS, Log
from .paths import LOGS, ROOT
from .site import TEST

# Reasons for which a test may be skipped: what it needs does not exist on every system.
_EXPECTED_SKIPS = ('wkhtmltopdf',)


def expected_skip(text):
    return any(word in text for word in _EXPECTED_SKIPS)


def run(name, report):
    database = templates.foreign(TEST, [name]).copy(f'{templates.run_prefix()}{name}'[:63])
    try:
        with step(f'{name}: installation'):
            log = _odoo(database, name, 'install', '-i', name, '--without-demo', '--no-http')
        if not _silent(report, f'{name}: installation', log, log.problems(everybody=True)):
            return
        with step(f'{name}: update, Python tests and tours'):
            log = _odoo(database, name, 'tests', '-u', name, '--test-tags', f'/{name}')
        _silent(report, f'{name}: update', log, log.before_tests(name).problems(everybody=True))
        _judge(report, f'{name}: tests', log)
        if [*(ROOT / name / 'static' / 'tests').rglob('*.test.js')]:
            with step(f'{name}: JavaScript tests'):
                log = _odoo(database, name, 'hoot', '--test-tags', f'/web:WebSuite.test_unit_desktop[@{name}]')
            _judge(report, f'{name}: JavaScript tests', log)
        report.check(f'{name}: translation template', _translations(database, name))
    finally:
        database.drop()


def _odoo(database, name, what, *arguments):
    """Run Odoo once; its log, which ends with the exit code."""
    log = LOGS / 'suite' / f'{name}-{what}.log'
    log.unlink(missing_ok=True)
    process = TEST.start('-d', database.name, '--stop-after-init', '--max-cron-threads=0', '--http-port', server.free_port(), *arguments, log=log)
    return Log(log, code=process.wait())


def _silent(report, title, log, problems):
    """Nobody complained and Odoo ended well."""
    texts = [problem.text for problem in problems]
    if log.code and not texts:
        texts = [log.reason()]
    report.check(title, texts)
    return not log.code


def _judge(report, title, log):
    """Count the tests in ``log`` and tell what is wrong with them."""
    counts = log.tests()
    expected = [skip for skip in counts.skips if expected_skip(skip)]
    report.add(passed=counts.passed, skipped=len(expected))
    if counts.failed:
        report.fail(title, '\n'.join(entry.text for entry in log.failures()), count=counts.failed)
    others = [f'skipped although nobody expects it: {skip}' for skip in counts.skips if skip not in expected]
    others += [f'{text}: {meaning}' for text, meaning in WORTHLESS.items() if text in log.text]
    others += [entry.text for entry in log.problems() if entry not in log.failures()]
    if not counts.passed and not counts.failed:
        others.append('no test was executed')
    if log.code and not counts.failed and not others:
        others.append(log.reason())
    if others:
        report.fail(f'{title}: beside the tests', '\n'.join(others))


def _translations(database, name):
    """What is wrong with the addon's translation template, compared with what Odoo exports now."""
    path = ROOT / name / 'i18n' / f'{name}.pot'
    exported = LOGS / 'suite' / f'{name}.pot'
    exported.unlink(missing_ok=True)
    log = LOGS / 'suite' / f'{name}-pot.log'
    log.unlink(missing_ok=True)
    if TEST.start('i18n', 'export', '-d', database.name, '-l', 'pot', '-o', exported, name, log=log).wait():
        return [Log(log).reason()]
    mend = f'cp {exported.relative_to(ROOT)} {path.relative_to(ROOT)}'
    if not path.exists():
        return [f'{path.relative_to(ROOT)} is missing: {mend}']
    old, new = _undated(path), _undated(exported)
    return [] if old == new else [*list(difflib.unified_diff(old, new, 'in the addon', 'in the code', lineterm='', n=0))[:20], f'to mend it: {mend}']


def _undated(path):
    return [line for line in path.read_text().splitlines() if not re.match(r'"(POT-Creation-Date|PO-Revision-Date|Project-Id-Version)', line)]
