"""A site: a PostgreSQL cluster and a data folder, and Odoo running on them.

There are two. ``run`` holds what a person made and keeps it safe; ``test`` is fast and may be thrown away.
"""
import contextlib
import os
import signal
import subprocess

from . import addons, postgres, source
from .paths import PYTHON, ROOT, STATE, VENV


class Site:
    def __init__(self, name, settings):
        self.name = name
        self.data = STATE / name / 'data'
        self.cluster = postgres.Cluster(name, settings)

    @contextlib.contextmanager
    def running(self):
        """The database server is up inside this block; yields the descriptors a child keeps to keep it up. With PGHOST
        or an odoo.conf of the owner's (ODOO_RC) there is nothing to start."""
        self.data.mkdir(parents=True, exist_ok=True)
        if external():
            yield ()
        else:
            with self.cluster.running() as descriptor:
                yield (descriptor,)

    @property
    def environment(self):
        """All of Odoo's settings travel in the environment, so any command line of Odoo's works unchanged."""
        folders = [*source.ensure().addons, *([ROOT] if addons.names() else [])]
        own = {} if external() else {**self.cluster.environment, 'ODOO_RC': str(STATE / self.name / 'odoo.conf')}
        return {
            **os.environ, **own,
            'ODOO_ADDONS_PATH': ','.join(map(str, folders)),
            'ODOO_DATA_DIR': str(self.data),
            'PATH': f"{VENV / 'bin'}{os.pathsep}{postgres.programs()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }

    def run(self, *arguments):
        """Run ``odoo`` in the foreground, as if it were this process; returns its exit code."""
        with self.running() as descriptors:
            child = subprocess.Popen([PYTHON, '-m', 'odoo', *arguments], env=self.environment, pass_fds=descriptors)
            # Ctrl+C reaches the child by itself; what is sent to us alone goes on to it.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda number, _frame: child.send_signal(number))
            return child.wait()


def external():
    return bool(os.environ.get('PGHOST') or os.environ.get('ODOO_RC'))


RUN = Site('run', postgres.DURABLE)
TEST = Site('test', postgres.THROWAWAY)
