"""The hash chain of an audit trail: each line seals itself and the line before it.

>>> first = seal('', {'case': 1, 'sequence': 1, 'kind': 'started'})
>>> second = seal(first, {'case': 1, 'sequence': 2, 'kind': 'closed'})
>>> len(second), second == seal(first, {'kind': 'closed', 'sequence': 2, 'case': 1})
(64, True)
"""
import hashlib
import json


def canonical(content):
    """Return the one text of a JSON value: sorted keys, no blanks, plain Unicode."""
    return json.dumps(content, sort_keys=True, separators=(',', ':'), ensure_ascii=False)


def seal(previous, content):
    """Return the SHA-256 (hex) of a line.

    :param previous: seal of the line before, '' for the first
    :param content: JSON value of this line
    """
    return hashlib.sha256(f'{previous}\n{canonical(content)}'.encode()).hexdigest()


def first_broken(lines):
    """Return the index of the first line that does not fit the chain, or None.

    :param lines: iterable of ``(seal, content)`` from the first line on
    """
    previous = ''
    for index, (sealed, content) in enumerate(lines):
        if sealed != seal(previous, content):
            return index
        previous = sealed
    return None
