"""setup/test: lint, then each addon (install, update, Python tests, tours, hoot, uninstall), then the tests folder.

Two lanes work side by side, for two cores. Whatever goes wrong is one failure and the rest goes on.
"""
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

from . import addons, console, files, lint, options, suite_addon, suite_uninstall, templates
from .commands import bound
from .console import Stop, say, step
from .paths import LOGS, PYTHON, ROOT
from .report import Report
from .site import TEST

LANES = 2


def main():
    only = options.test(sys.argv[1:]).only
    started = time.monotonic()
    report = Report()
    jobs = _jobs(only)
    with TEST.running():
        templates.sweep(TEST)
        with ThreadPoolExecutor(LANES) as lanes:
            for title, done in [(title, lanes.submit(_alone, title, job, report)) for title, job in jobs]:
                _await(title, done, report)
    say(f'\nAll of it: {time.monotonic() - started:.0f} s')
    say(report.total)
    return 1 if report.failed or not report.passed else 0


def _alone(title, job, report):
    """Two setup/test in one folder wait for each other where they would write the same logs."""
    with files.lock(f'suite-{title}'):
        job(report)


def _await(title, done, report):
    try:
        done.result()
    except Stop as stop:
        report.fail(title, str(stop))


def _jobs(only):
    """(title, function of the report) of what ``only`` names, or of everything; what takes longest goes first."""
    known = {
        'lint': lint.run,
        'tests': lambda report: _pytest(report, ['tests']),
        **{name: lambda report, name=name: suite_addon.run(name, report) for name in addons.names()},
        'uninstall': suite_uninstall.run,
    }
    if not only:
        return [*known.items()]
    files = [part for part in only if part.startswith('tests/') and (ROOT / part.split('::')[0]).exists()]
    unknown = [part for part in only if part not in known and part not in files]
    if unknown:
        raise Stop(f"there is no {unknown[0]} to test; there are {', '.join(known)} and the files in tests/")
    named = [(part, known[part]) for part in known if part in only]
    return [*named, *([('tests', lambda report: _pytest(report, files))] if files else [])]


def _pytest(report, paths):
    """The tests that span addons. They run in a process of their own, which holds the cluster up by itself."""
    results, log = LOGS / 'suite' / 'tests.xml', LOGS / 'suite' / 'tests.log'
    results.parent.mkdir(parents=True, exist_ok=True)
    results.unlink(missing_ok=True)
    with step('tests'), log.open('wb') as output:
        done = subprocess.run([PYTHON, '-m', 'pytest', '-q', '--tb=short', '-o', 'junit_family=xunit1', f'--junitxml={results}', *paths],
                              cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False, preexec_fn=bound)
    if not results.exists():
        report.fail('tests', _tail(log))
        return
    totals = ElementTree.parse(results).getroot().find('testsuite').attrib
    tests, failed, skipped = int(totals['tests']), int(totals['failures']) + int(totals['errors']), int(totals['skipped'])
    reasons = [skip.get('message', '') for skip in ElementTree.parse(results).getroot().iter('skipped')]
    report.add(passed=max(tests - failed - skipped, 0), skipped=skipped)
    report.check('tests: skips nobody expects', [reason for reason in reasons if not suite_addon.expected_skip(reason)])
    if failed or done.returncode:
        report.fail('tests', _failures(log), count=max(failed, 1))


def _failures(log):
    text = log.read_text(errors='replace')
    return text[max(text.find('= ERRORS ='), text.find('= FAILURES ='), 0):].strip() + f'\n(all of it: {log})'


def _tail(log):
    return '\n'.join(Path(log).read_text(errors='replace').splitlines()[-40:])


if __name__ == '__main__':
    sys.exit(console.guard(main))
