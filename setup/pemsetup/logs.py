"""Reading Odoo's log: what of it is a problem of ours, and how many tests it counts."""
import re
from collections import namedtuple

from . import addons

_HEAD = re.compile(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>[A-Z]+) (?P<database>\S+) (?P<logger>\S+?): ', re.MULTILINE)
_FAILED = re.compile(r'(FAIL|ERROR): ')
# A Python library's own warnings, and Odoo's summary of tests, which is read elsewhere.
_OTHERS = ('py.warnings', 'odoo.tests.result')
LEVELS = ('WARNING', 'ERROR', 'CRITICAL')

Entry = namedtuple('Entry', 'level logger text')


class Log:
    """The log file of one Odoo process, or of several after each other."""

    def __init__(self, path=None, *, text=None, code=0):
        self.path = path
        self.code = code
        self._text = text

    @property
    def text(self):
        if self._text is not None:
            return self._text
        return self.path.read_text(errors='replace') if self.path.exists() else ''

    def entries(self):
        """Each with all its lines, a traceback among them."""
        text = self.text
        heads = [*_HEAD.finditer(text)]
        ends = [*(head.start() for head in heads[1:]), len(text)]
        return [Entry(head['level'], head['logger'], text[head.start():end].rstrip()) for head, end in zip(heads, ends, strict=True)]

    def problems(self, everybody=False):
        """The entries at WARNING or above that come from our addons or pass through them; with ``everybody`` those of
        Odoo itself too, except a Python library's own warnings."""
        loud = [entry for entry in self.entries() if entry.level in LEVELS]
        return [entry for entry in loud if _ours(entry) or (everybody and entry.logger not in _OTHERS)]

    def failures(self):
        """The entries by which Odoo tells of a failed test."""
        return [entry for entry in self.entries() if entry.level == 'ERROR' and _FAILED.match(entry.text.split(': ', 1)[1])]

    def before_tests(self, addon):
        """The part before the first test of ``addon`` says something."""
        return Log(text=self.text.partition(f'odoo.addons.{addon}.tests.')[0].rpartition('\n')[0])

    def reason(self):
        """The line that says best why Odoo failed: the last exception or error."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        telling = [line for line in lines if re.match(r'([\w.]*(Error|Exception|Stop)\b|.* (ERROR|CRITICAL) )', line)]
        return (telling or lines or ['it said nothing'])[-1]

    def tests(self):
        """``Counts`` of Odoo's Python tests and of the JavaScript tests run by hoot."""
        text = self.text
        failed = total = 0
        for failures, errors, tests in re.findall(r'odoo\.tests\.result: (\d+) failed, (\d+) error\(s\) of (\d+) tests', text):
            failed += int(failures) + int(errors)
            total += int(tests)
        skips = [entry.text.splitlines()[0] for entry in self.entries() if re.search(r': skipped \S+ : ', entry.text.splitlines()[0])]
        hoot = sum(int(number) for number in re.findall(r'\[HOOT\] Passed (\d+) tests?', text))
        return Counts(max(total - failed - len(skips), 0) + hoot, failed, skips)


Counts = namedtuple('Counts', 'passed failed skips')

# What makes a run worthless although Odoo counts no failure.
WORTHLESS = {
    'Chrome executable not found': 'there is no browser',
    'did not find job with ID': 'hoot does not know the suite, so it ran all of them',
}


def _ours(entry):
    return any(f'odoo.addons.{name}' in entry.text or f'/{name}/' in entry.text for name in addons.names())
