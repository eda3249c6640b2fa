"""Moments as partners write them, in their own zone, and as answers keep them: UTC text.

>>> to_utc('2027-05-01T09:30', 'Europe/Paris'), to_local('2027-05-01 07:30:00', 'Europe/Paris')
('2027-05-01 07:30:00', '2027-05-01T09:30')
>>> to_utc('soon', 'Europe/Paris'), to_utc('2027-05-01T09:30', 'Atlantis')
(None, '2027-05-01 09:30:00')
"""
from datetime import datetime

import pytz

STORED = '%Y-%m-%d %H:%M:%S'
TYPED = '%Y-%m-%dT%H:%M'


def is_zone(name):
    """Say whether there is a zone of this name.

    >>> is_zone('Europe/Paris'), is_zone('../../etc/passwd'), is_zone('')
    (True, False, False)
    """
    return name in pytz.all_timezones_set


def _zone(name):
    return pytz.timezone(name) if is_zone(name) else pytz.UTC


def to_utc(text, name):
    """Return what was typed in a zone (``2027-05-01T09:30``) as it is kept, None when it is no moment."""
    for form in (TYPED, TYPED + ':%S'):
        try:
            return _zone(name).localize(datetime.strptime(text.strip(), form)).astimezone(pytz.UTC).strftime(STORED)
        except (ValueError, OverflowError):
            continue
    return None


def to_local(text, name):
    """Return what is kept as an input in a zone shows it, None when it is no moment."""
    try:
        return pytz.UTC.localize(datetime.strptime(text.strip(), STORED)).astimezone(_zone(name)).strftime(TYPED)
    except (ValueError, OverflowError):
        return None
