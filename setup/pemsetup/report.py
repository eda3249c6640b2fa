"""What the lanes of setup/test found, counted and told as it comes."""
import threading

from .console import say


class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self._lock = threading.Lock()

    def add(self, passed=0, failed=0, skipped=0):
        with self._lock:
            self.passed += passed
            self.failed += failed
            self.skipped += skipped

    def fail(self, title, text, count=1):
        """``count`` failures, told with what a person needs to mend them."""
        self.add(failed=count)
        say(f'\n✗ {title}\n{_shortened(text)}\n')

    def check(self, title, problems):
        """A check of several things that counts as one: passed when ``problems`` (texts) is empty."""
        if problems:
            self.fail(title, '\n'.join(problems))
        else:
            self.add(passed=1)

    @property
    def total(self):
        """The last line of setup/test."""
        return f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped'


def _shortened(text, longest=6000):
    return text if len(text) <= longest else f'{text[:longest]}\n… ({len(text) - longest} characters more)'
