"""A running Odoo server on a database."""
import socket
import subprocess
import time
import urllib.request

from .commands import failure
from .console import Stop
from .logs import Log

HOST = '127.0.0.1'


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def taken(port, host=HOST):
    """Does somebody listen there already?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise Stop(f'port {port} needs root; choose one above 1023 with --port') from error
        except OSError:
            return True
    return False


class Server:
    """Odoo serving ``database`` (a `databases.Database`) on ``port`` of the loopback address; ``arguments`` are Odoo's."""

    def __init__(self, database, log, port=None, arguments=()):
        self.database = database
        self.log = Log(log)
        self.port = port or free_port()
        self.arguments = arguments
        self.process = None

    @property
    def url(self):
        return f'http://{HOST}:{self.port}'

    def start(self, timeout=120, descriptors=()):
        """Start it and wait until it answers."""
        self.process = self.database.site.start(
            '-d', self.database.name, '--db-filter', f'^{self.database.name}$', '--http-interface', HOST, '--http-port', self.port,
            *self.arguments, log=self.log.path, descriptors=descriptors)
        end = time.monotonic() + timeout
        while not self.answers():
            if self.process.poll() is not None:
                raise failure('Odoo stopped', self.log.reason(), self.log.path)
            if time.monotonic() > end:
                self.kill()
                raise Stop(f'Odoo does not answer on {self.url} after {timeout} s (its log: {self.log.path})')
            time.sleep(0.1)
        return self

    def answers(self):
        try:
            with urllib.request.urlopen(f'{self.url}/web/login', timeout=30) as response:
                return response.status == 200
        except OSError:
            return False

    def stop(self):
        """Let it finish what it does, then end."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self):
        """End it at once, as a power cut would."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
