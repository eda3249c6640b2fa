"""Locks, stamps and digests: what makes every step safe to interrupt, to repeat and to run twice at once."""
import contextlib
import fcntl
import hashlib
import os

from .paths import STATE


@contextlib.contextmanager
def lock(name, *, shared=False, wait=True):
    """Hold the lock ``name`` of this project; yields its file descriptor, or ``None`` when somebody else holds it
    and ``wait`` is off. A lock ends with the last process that has the descriptor, however that process dies."""
    folder = STATE / 'lock'
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(descriptor, mode)
        except BlockingIOError:
            yield None
            return
        yield descriptor
    finally:
        os.close(descriptor)


def write(path, text):
    """Write ``text`` so that a reader sees the old content or the new, never half of it."""
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f'.{path.name}.{os.getpid()}')
    draft.write_text(text)
    draft.replace(path)


def once(name, key, build):
    """Call ``build()`` unless it already succeeded for the same ``key``; a failure leaves it to be done again."""
    stamp = STATE / 'stamp' / name
    if _read(stamp) == key:
        return
    with lock(name):
        if _read(stamp) != key:
            stamp.unlink(missing_ok=True)
            build()
            write(stamp, key)


def digest(*parts):
    """A short hash over texts and the content of files (given as paths)."""
    total = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if hasattr(part, 'read_bytes') else str(part).encode()
        total.update(b'%d:' % len(content) + content)
    return total.hexdigest()[:12]


def _read(path):
    try:
        return path.read_text()
    except FileNotFoundError:
        return None
