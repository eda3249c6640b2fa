"""What a benchmark yields, and how it takes the time."""
import gc
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Measurement:
    """Two numbers of one run, and how they should compare: so many times as fast as the yardstick, at least
    (``times_faster``), or so many times the yardstick, at most (``at_most``)."""

    name: str
    ours: float
    yardstick: float
    times_faster: float = 0
    at_most: float = 0
    unit: str = 's'

    @property
    def ratio(self):
        return self.yardstick / self.ours if self.times_faster else self.ours / self.yardstick

    @property
    def ok(self):
        return self.ratio >= self.times_faster if self.times_faster else self.ratio <= self.at_most

    def row(self):
        return {
            'name': self.name,
            'ours': self._amount(self.ours),
            'yardstick': self._amount(self.yardstick),
            'ratio': f'{self.ratio:.2f}',
            'goal': f'≥ {self.times_faster:g}' if self.times_faster else f'≤ {self.at_most:g}',
            'ok': self.ok,
        }

    def _amount(self, number):
        digits = 0 if self.unit == 'queries' else 2
        return f'{number:,.{digits}f} {self.unit}'


class Clock:
    """``seconds`` and ``queries`` of the block it was made for."""

    seconds = queries = 0


@contextmanager
def timed(env):
    """Time a block as a request would run it: nothing cached before, everything committed after; yields a `Clock`."""
    env.cr.commit()
    env.invalidate_all()
    gc.collect()
    clock, queries, start = Clock(), env.cr.sql_log_count, time.perf_counter()
    yield clock
    env.flush_all()
    env.cr.commit()
    clock.seconds, clock.queries = time.perf_counter() - start, env.cr.sql_log_count - queries


def write(path, measurements):
    with open(path, 'w', encoding='utf-8') as file:
        json.dump([one.row() for one in measurements], file)
