"""Working days: how far one day is from another when days off do not count.

Pure rules without the ORM: :class:`WorkingDays` is built once for a calendar and a span, and then answers any number of
questions by bisection.

>>> from datetime import date, datetime
>>> week = WorkingDays({date(2026, 11, 26): datetime(2026, 11, 26, 7), date(2026, 11, 27): datetime(2026, 11, 27, 7),
...                     date(2026, 11, 30): datetime(2026, 11, 30, 7)})
>>> week.shift(date(2026, 11, 26), 2), week.shift(date(2026, 11, 28), -1), week.shift(date(2026, 11, 28), 0)
(datetime.date(2026, 11, 30), datetime.date(2026, 11, 27), datetime.date(2026, 11, 30))
"""
from bisect import bisect_left, bisect_right
from datetime import datetime, time, timedelta


class WorkingDays:
    """The working days of a calendar within a span.

    :param beginnings: ``{date: moment at which work begins on it}``, for the working days alone
    """

    def __init__(self, beginnings):
        self._beginnings = beginnings
        self._days = sorted(beginnings)

    @classmethod
    def of_intervals(cls, intervals, timezone):
        """Build them from working time.

        :param intervals: ``(start, end)``, naive UTC
        :param timezone: tzinfo in which a day begins and ends
        """
        beginnings = {}
        for start, end in intervals:
            first, last = (local_date(moment, timezone) for moment in (start, end - timedelta(seconds=1)))
            beginnings[first] = min(beginnings.get(first, start), start)
            for number in range(1, (last - first).days + 1):
                day = first + timedelta(days=number)
                beginnings[day] = min(beginnings.get(day, midnight(day, timezone)), midnight(day, timezone))
        return cls(beginnings)

    def shift(self, day, count):
        """Return the working day that is ``count`` working days after a day, which does not count itself.

        Before it for a negative count; the day itself, or the next one that is worked, for 0.

        :return: a date, or None when the span does not reach so far
        """
        if count > 0:
            index = bisect_right(self._days, day) + count - 1
        else:
            index = bisect_left(self._days, day) + count
        return self._days[index] if 0 <= index < len(self._days) else None

    def beginning(self, day):
        """Return the moment at which work begins on a working day."""
        return self._beginnings[day]



def local_date(moment, timezone):
    """Return the date that a naive UTC moment has in a time zone of pytz."""
    return timezone.fromutc(moment).date()


def midnight(day, timezone):
    """Return the moment, as naive UTC, at which a day begins in a time zone of pytz."""
    local = timezone.localize(datetime.combine(day, time.min))
    return (local - local.utcoffset()).replace(tzinfo=None)
