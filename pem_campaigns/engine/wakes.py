"""When a wait is over: which moment is so many days before or after another one, where somebody works.

Pure rules without the ORM. A day keeps its time on the clock of the wall, so a wait that spans the change to summer time is an hour
shorter, and one back to winter time an hour longer.

>>> import pytz
>>> from datetime import date, datetime
>>> berlin = pytz.timezone('Europe/Berlin')
>>> before = datetime(2026, 3, 27, 9, 30)  # 10:30 on the Friday before summer time
>>> at_same_time(date(2026, 3, 30), before, berlin)
datetime.datetime(2026, 3, 30, 8, 30)
"""
from datetime import datetime, time, timedelta

from . import workdays


def at_same_time(day, moment, timezone):
    """Return the moment at which the clock shows on ``day`` what it shows at ``moment``; both naive UTC.

    A time that the clock skips on that day counts as if it did not.
    """
    local = timezone.localize(datetime.combine(day, timezone.fromutc(moment).time()))
    return (local - local.utcoffset()).replace(tzinfo=None)


def beginning(origin, timezone):
    """Return ``(date, moment or None)`` of what a field of type date or datetime holds."""
    if isinstance(origin, datetime):
        return workdays.local_date(origin, timezone), origin
    return origin, None


def shift(origins, count, timezone, working_days=None):
    """Return ``{origin: moment}``, so many days after each origin, or before it when ``count`` is negative.

    From a moment on, it is the same time of day; from a date on, the beginning of the day, or of work on it.

    :param origins: dates, and moments as Odoo stores them
    :param working_days: ``working_days({(date, count)}) -> {(date, count): (date, moment at which work begins, …)}``;
        without it every day counts
    """
    starts = {origin: beginning(origin, timezone) for origin in origins}
    answers = working_days({(day, count) for day, _moment in starts.values()}) if working_days and starts and count else {}
    found = {}
    for origin, (day, moment) in starts.items():
        to, begins = answers[day, count][:2] if answers else (day + timedelta(days=count), None)
        found[origin] = (at_same_time(to, moment, timezone) if moment and count
                         else moment or begins or workdays.midnight(to, timezone))
    return found


def rounded_up(moment, minutes=5):
    """Return the next moment of a grid of so many minutes.

    >>> rounded_up(datetime(2026, 3, 30, 8, 31, 2))
    datetime.datetime(2026, 3, 30, 8, 35)
    """
    midnight = datetime.combine(moment.date(), time.min)
    step = timedelta(minutes=minutes)
    return midnight - (midnight - moment) // step * step
