"""Running other programs."""
import subprocess

from .console import Stop
from .paths import LOGS


def quiet(command, what, **options):
    """Run ``command`` with its output in a log file; when it fails, say what failed, its last word, and the log."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f'{what.replace(" ", "-")}.log'
    with log.open('wb') as output:
        done = subprocess.run([*map(str, command)], stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False, **options)
    if done.returncode:
        raise Stop(f'{what} failed: {last_line(log)} (all of it: {log})')


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
