"""The few packages only the machine's own package manager can bring."""
import ctypes
import os
import shutil

from .commands import quiet
from .console import Stop, step
from .files import lock


def require(packages, purpose):
    """Install Debian ``packages`` when we are root, else say the exact command and stop."""
    command = ['apt-get', 'install', '-y', '--no-install-recommends', *packages]
    if not shutil.which('apt-get'):
        raise Stop(f"{purpose} is missing; install your system's counterpart of the Debian packages {' '.join(packages)}")
    if os.geteuid():
        raise Stop(f"{purpose} is missing; run this, then try again: sudo apt-get update && sudo {' '.join(command)}")
    environment = {**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'}
    with lock('apt'), step(f"Installing {' '.join(packages)}"):
        quiet(['apt-get', 'update'], 'apt-get update', env=environment)
        quiet(command, 'apt-get install', env=environment)


def require_browser():
    """What tests drive: Chromium, and the library that Playwright's own program is linked against."""
    packages = [] if browser() else ['chromium']
    try:
        ctypes.CDLL('libatomic.so.1')
    except OSError:
        packages.append('libatomic1')
    if packages:
        require(packages, "What tests need of the system (Chromium and Playwright's library)")


def browser():
    """The path of a Chromium that tests can drive, or ``None``; the names are those Odoo looks for."""
    return next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'))), None)
