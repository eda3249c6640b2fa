"""Reading Odoo's log: what of it is a problem of ours, and how many tests it counts."""
import re
from collections import namedtuple

from . import addons

_HEAD = re.compile(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>[A-Z]+) (?P<database>\S+) (?P<logger>\S+?): ', re.MULTILINE)
LEVELS = ('WARNING', 'ERROR', 'CRITICAL')

Entry = namedtuple('Entry', 'level logger text')


class Log:
    """The log file of one Odoo process, or of several after each other."""

    def __init__(self, path):
        self.path = path

    @property
    def text(self):
        return self.path.read_text(errors='replace') if self.path.exists() else ''

    def entries(self):
        """Each with all its lines, a traceback among them."""
        text = self.text
        heads = [*_HEAD.finditer(text)]
        ends = [*(head.start() for head in heads[1:]), len(text)]
        return [Entry(head['level'], head['logger'], text[head.start():end].rstrip()) for head, end in zip(heads, ends)]

    def problems(self, everybody=False):
        """The entries at WARNING or above that come from our addons or pass through them; with ``everybody`` those of
        Odoo itself too, except a Python library's own warnings."""
        loud = [entry for entry in self.entries() if entry.level in LEVELS]
        return [entry for entry in loud if _ours(entry) or (everybody and entry.logger != 'py.warnings')]

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
