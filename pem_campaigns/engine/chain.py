"""The hash chain of an audit trail: each line seals itself and the line before it.

>>> first = seal('', {'case': 1, 'sequence': 1, 'kind': 'started'})
>>> second = seal(first, {'case': 1, 'sequence': 2, 'kind': 'closed'})
>>> len(second), second == seal(first, {'kind': 'closed', 'sequence': 2, 'case': 1})
(64, True)
"""
import hashlib
import json
import sys

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(',', ':'), ensure_ascii=False)


def canonical(content):
    """Return the one text of a JSON value: sorted keys, no blanks, plain Unicode."""
    return _ENCODER.encode(content)


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


def verify(document):
    """Return the number of the first broken line of an exported trail, or None.

    :param document: ``{'length', 'seal', 'lines': [{'seal', 'content': [case, number, …]}]}``, as "Export audit trail" writes
        it; length and seal are what the case itself knows of its trail

    >>> content = [7, 1, 'started', '2026-11-24 10:00:00', 2, 'Anna', '{}']
    >>> head = seal('', content)
    >>> verify({'length': 1, 'seal': head, 'lines': [{'seal': head, 'content': content}]})
    >>> verify({'length': 2, 'seal': 'x', 'lines': [{'seal': head, 'content': content}]})
    2
    """
    lines = document['lines']
    index = first_broken((line['seal'], line['content']) for line in lines)
    broken = [number for number, line in enumerate(lines, start=1) if line['content'][1] != number]
    if index is not None:
        broken.append(index + 1)
    if broken:
        return min(broken)
    head = lines[-1]['seal'] if lines else ''
    return None if (len(lines), head) == (document['length'], document['seal']) else len(lines) + 1


def main(path):
    """Check an exported file without Odoo: ``python chain.py audit-trail.json``; the exit code tells as well."""
    with open(path, encoding='utf-8') as file:
        documents = json.load(file)
    results = [(document, verify(document)) for document in documents]
    for document, broken in results:
        verdict = f'broken at line {broken}' if broken else 'whole'
        sys.stdout.write(f"{document['case']}: {verdict}, {len(document['lines'])} lines, seal {document['seal']}\n")
    return 1 if any(broken for _document, broken in results) else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
