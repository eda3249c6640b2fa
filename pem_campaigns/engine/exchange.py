"""The file in which definitions travel between databases: JSON, versioned, the same for the same content.

``{"format": "pem-exchange", "version": 1, "entries": [{"kind", "id", "name", "content"}, …]}``; what an entry refers to comes
before it. The content is what :mod:`odoo.addons.pem_campaigns.models.pem_exchange` makes of records: names of fields to values,
lists of parts, and references, which are objects with a ``"model"``.

>>> entry = {'kind': 'form', 'id': '__pem_exchange__.a', 'name': "A", 'content': {'name': {'en_US': "A"}}}
>>> parse(write([entry])) == [entry]
True
>>> try:
...     parse(b'{"format": "other"}')
... except Refused as refused:
...     print(refused.code)
not_ours
"""
import json
import math
import re
from dataclasses import dataclass

from .xmlsafe import Refused

FORMAT, VERSION = 'pem-exchange', 1
#: What may be in a file, in the order in which it comes in.
KINDS = ('attribute', 'form', 'process', 'group', 'campaign')

_ID = re.compile(r'[A-Za-z0-9_]{1,64}\.[A-Za-z0-9_.-]{1,160}')
_HALF = re.compile('[\ud800-\udfff\x00]')


@dataclass(frozen=True)
class Limits:
    """How much is read at most."""

    size: int = 20_000_000
    values: int = 1_000_000
    depth: int = 40


USUAL = Limits()


def write(entries):
    """Return the bytes of a file with these entries."""
    file = {'format': FORMAT, 'version': VERSION, 'entries': list(entries)}
    return json.dumps(file, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False).encode() + b'\n'


def parse(content, limits=USUAL):
    """Return the entries of a file given as bytes.

    :raises Refused: with codes too_big, too_deep, too_many, broken, not_ours, newer, damaged
    """
    if len(content) > limits.size:
        raise Refused('too_big', limit=limits.size)
    try:
        file = json.loads(content.decode('utf-8-sig'), parse_constant=_refuse_constant)
    except RecursionError as error:
        raise Refused('too_deep', limit=limits.depth) from error
    except ValueError as error:
        if isinstance(error, Refused):
            raise
        raise Refused('broken', line=getattr(error, 'lineno', 1), reason=getattr(error, 'msg', None) or str(error)) from error
    if not isinstance(file, dict) or file.get('format') != FORMAT:
        raise Refused('not_ours')
    if not isinstance(file.get('version'), int) or isinstance(file.get('version'), bool) or file['version'] < 1:
        raise Refused('damaged', where='version')
    if file['version'] > VERSION:
        raise Refused('newer', version=file['version'])
    _count(file, limits)
    return _entries(file.get('entries'))


def _refuse_constant(constant):
    raise Refused('broken', line=1, reason=constant)


def _count(file, limits):
    """Look at every value of a file, without recursion."""
    todo, seen = [(file, 1)], 0
    while todo:
        value, depth = todo.pop()
        seen += 1
        if seen > limits.values:
            raise Refused('too_many', limit=limits.values)
        if depth > limits.depth:
            raise Refused('too_deep', limit=limits.depth)
        if isinstance(value, dict):
            todo += [(one, depth + 1) for one in value.values()]
            value = '\n'.join(value)
        elif isinstance(value, list):
            todo += [(one, depth + 1) for one in value]
        if isinstance(value, str) and _HALF.search(value):
            raise Refused('damaged', where='text')
        if isinstance(value, float) and not math.isfinite(value):
            raise Refused('damaged', where='number')


def _entries(entries):
    if not isinstance(entries, list):
        raise Refused('damaged', where='entries')
    seen = set()
    for number, entry in enumerate(entries, 1):
        sound = (
            isinstance(entry, dict) and entry.get('kind') in KINDS and isinstance(entry.get('id'), str)
            and _ID.fullmatch(entry['id']) and isinstance(entry.get('name'), str) and isinstance(entry.get('content'), dict)
            and (entry['kind'], entry['id']) not in seen)
        if not sound:
            raise Refused('damaged', where=f'entry {number}')
        seen.add((entry['kind'], entry['id']))
    return entries
