"""The waiting-on clock: how long a case waited on whom, in working time.

Pure rules without the ORM: a :class:`WorkingTime` is built once for a calendar and a span, and then measures any number of
periods in it by bisection.

>>> from datetime import datetime
>>> monday = WorkingTime([(datetime(2026, 11, 23, 8), datetime(2026, 11, 23, 12)),
...                       (datetime(2026, 11, 23, 13), datetime(2026, 11, 23, 17))])
>>> monday.hours(datetime(2026, 11, 23, 10), datetime(2026, 11, 23, 14))
3.0
"""
from bisect import bisect_right
from datetime import datetime

#: Whom a case can wait on.
HOLDERS = ('partner', 'sponsor', 'system')


class WorkingTime:
    """Working time of one calendar within a span, measured between any two moments of it.

    :param intervals: ``(start, end)`` in UTC, naive, in any order; what overlaps counts once. None counts every hour.
    """

    def __init__(self, intervals=None):
        self._always = intervals is None
        self._starts, self._ends, self._before = [], [], []
        worked = 0.0
        for start, end in sorted(intervals or ()):
            if self._ends and start <= self._ends[-1]:
                if end > self._ends[-1]:
                    worked += (end - self._ends[-1]).total_seconds()
                    self._ends[-1] = end
            elif end > start:
                self._starts.append(start)
                self._ends.append(end)
                self._before.append(worked)
                worked += (end - start).total_seconds()

    def hours(self, start, end):
        """Return the working hours between two moments; none when the second is before the first."""
        return max(0.0, self._worked(end) - self._worked(start)) / 3600

    def _worked(self, moment):
        """Return the seconds worked until a moment, from some fixed moment on."""
        if self._always:
            return (moment - datetime.min).total_seconds()
        index = bisect_right(self._starts, moment) - 1
        if index < 0:
            return 0.0
        return self._before[index] + (min(moment, self._ends[index]) - self._starts[index]).total_seconds()


def hand_over(since, now):
    """Return from when on the next one has the ball: now, but never before the last hand-over.

    When the clock of the server was set back, the hours in between are counted once, not twice.
    """
    return max(since, now)
