"""Speaking to the person at the terminal: progress, and failures as one clear line."""
import contextlib
import os
import sys
import time


class Stop(Exception):
    """The work cannot go on; the message says why and what to do, in words for the person who typed the command."""


def say(text):
    print(text, flush=True)


@contextlib.contextmanager
def step(text):
    """Announce a piece of work that takes more than a moment, and say how long it took."""
    say(f'{text} …')
    start = time.monotonic()
    yield
    say(f'{text}: {time.monotonic() - start:.0f} s')


def guard(main):
    """Run ``main()`` as a command: its result is the exit code, and no traceback reaches the terminal for what a
    user can meet (no network, a full disk, Ctrl+C)."""
    try:
        code = main()
    except Stop as stop:
        print(f'setup: {stop}', file=sys.stderr)
        code = 1
    except OSError as error:
        if os.environ.get('PEM_TRACEBACK'):
            raise
        print(f'setup: {error.strerror or error} {error.filename or ""}'.rstrip(), file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.stdout.flush()
    return code or 0
