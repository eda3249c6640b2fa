"""Running other programs."""
import ctypes
import re
import shutil
import signal
import subprocess
import sys

from .console import Stop
from .paths import LOGS, STATE

# A disk with fewer bytes free is full.
FULL = 16 << 20


def quiet(command, what, **options):
    """Run ``command`` with its output in a log file; when it fails, say what failed, its last word, and the log."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f'{what.replace(" ", "-")}.log'
    with log.open('wb') as output:
        done = subprocess.run([*map(str, command)], stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False,
                              preexec_fn=bound, **options)
    if done.returncode:
        raise failure(f'{what} failed', last_line(log), log)


def failure(what, why, log):
    """The `Stop` for a program that failed; a full disk and a missing network are named, for then
    programs say all sorts of things."""
    if shutil.disk_usage(log.parent).free < FULL or 'No space left on device' in log.read_text(errors='replace'):
        why = f'no space left on the disk that holds {STATE}'
    elif _UNREACHABLE.search(log.read_text(errors='replace')):
        why = 'the network, or what should be fetched from it, cannot be reached'
    return Stop(f'{what}: {why} (all of it: {log})')


_UNREACHABLE = re.compile(
    'Temporary failure in name resolution|Temporary failure resolving|Could not resolve|Name or service not known|'
    'Network is unreachable|Failed to establish a new connection')


def bound():
    """For ``preexec_fn``: the program ends with the process that started it, however that one ends (on Linux)."""
    if sys.platform == 'linux':
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def answer(command, **options):
    """What ``command`` prints, or an empty text when it cannot be run or fails."""
    try:
        done = subprocess.run([*map(str, command)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)
    except OSError:
        return ''
    return done.stdout.strip() if not done.returncode else ''


def last_line(log):
    """The last line that says something, an error rather than a hint when there is one."""
    lines = [line.strip() for line in log.read_text(errors='replace').splitlines() if line.strip()]
    errors = [line for line in lines if line.upper().startswith(('E:', 'ERROR', 'FATAL'))]
    return (errors or lines or ['no output'])[-1]
