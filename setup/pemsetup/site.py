"""A site: a PostgreSQL cluster and a data folder, and Odoo running on them.

There are two. ``run`` holds what a person made and keeps it safe; ``test`` is fast and may be thrown away.
"""
import configparser
import contextlib
import os
import signal
import subprocess
import tempfile

from . import addons, files, postgres, source
from .commands import bound
from .paths import PYTHON, ROOT, STATE, VENV


class Site:
    def __init__(self, name, settings):
        self.name = name
        self.cluster = postgres.Cluster(name, settings)
        self._descriptors = ()

    @property
    def data(self):
        """The folder of the file stores; another server's databases, which may have the same names, have their own."""
        if not external():
            return STATE / self.name / 'data'
        server = self.database_server
        return STATE / self.name / f"data-{files.digest(server.get('PGHOST', ''), server.get('PGPORT', ''))}"

    @contextlib.contextmanager
    def running(self):
        """The database server is up inside this block; yields the descriptors a child keeps to keep it up. With PGHOST
        or an odoo.conf of the owner's (ODOO_RC) there is nothing to start."""
        self.data.mkdir(parents=True, exist_ok=True)
        if external():
            yield ()
        else:
            with self.cluster.running() as descriptor:
                self._descriptors = (descriptor,)
                yield self._descriptors

    @property
    def database_server(self):
        """Where the databases are, as libpq's variables."""
        if os.environ.get('PGHOST'):
            return {key: value for key, value in os.environ.items() if key in _OPTIONS}
        return _configured(os.environ['ODOO_RC']) if external() else self.cluster.environment

    @property
    def environment(self):
        """All of Odoo's settings travel in the environment, so any command line of Odoo's works unchanged."""
        folders = [*source.ensure().addons, *([ROOT] if addons.names() else [])]
        own = {} if os.environ.get('ODOO_RC') else {'ODOO_RC': str(STATE / self.name / 'odoo.conf'), 'ODOO_HTTP_INTERFACE': '127.0.0.1'}
        return {
            **os.environ, **own, **({} if external() else self.cluster.environment),
            'ODOO_ADDONS_PATH': ','.join(map(str, folders)),
            'ODOO_DATA_DIR': str(self.data),
            'PATH': f"{VENV / 'bin'}{os.pathsep}{postgres.programs()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }

    def run(self, *arguments):
        """Run ``odoo`` in the foreground, as if it were this process; returns its exit code."""
        with self.running():
            child = self.start(*arguments)
            # Ctrl+C reaches the child by itself; what is sent to us alone goes on to it.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda number, _frame: child.send_signal(number))
            return child.wait()

    def start(self, *arguments, log=None, text=None, descriptors=()):
        """Start ``odoo`` beside this process, inside `running`; with ``log`` what it says is added to that file and it
        reads ``text``, else it has the terminal."""
        with contextlib.ExitStack() as stack:
            streams = {}
            if log:
                log.parent.mkdir(parents=True, exist_ok=True)
                output = stack.enter_context(log.open('ab'))
                reading = stack.enter_context(tempfile.TemporaryFile())
                reading.write((text or '').encode())
                reading.seek(0)
                streams = {'stdin': reading, 'stdout': output, 'stderr': output}
            return subprocess.Popen([PYTHON, '-m', 'odoo', *map(str, arguments)], env=self.environment,
                                    pass_fds=(*self._descriptors, *descriptors), preexec_fn=bound, **streams)


def external():
    return bool(os.environ.get('PGHOST') or os.environ.get('ODOO_RC'))


# libpq's variable: the option of odoo.conf.
_OPTIONS = {'PGHOST': 'db_host', 'PGPORT': 'db_port', 'PGUSER': 'db_user', 'PGPASSWORD': 'db_password', 'PGSSLMODE': 'db_sslmode'}


def _configured(path):
    """The database server an ``odoo.conf`` names; an option that is missing, empty or False is libpq's default."""
    parser = configparser.RawConfigParser()
    parser.read(path)
    options = parser['options'] if parser.has_section('options') else {}
    named = {variable: options.get(option, '') for variable, option in _OPTIONS.items()}
    return {variable: value for variable, value in named.items() if value not in ('', 'False', 'None')}


RUN = Site('run', postgres.DURABLE)
TEST = Site('test', postgres.THROWAWAY)
