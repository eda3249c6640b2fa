"""Databases and their file stores: made, copied, renamed and dropped together."""
import contextlib
import os
import shutil

import psycopg2
from psycopg2 import sql

from .commands import failure
from .console import Stop
from .logs import Log


class Database:
    """The database ``name`` on a `site.Site` whose database server is up."""

    def __init__(self, site, name):
        self.site = site
        self.name = name

    def __repr__(self):
        return f'{self.site.name}:{self.name}'

    @property
    def filestore(self):
        return self.site.data / 'filestore' / self.name

    def exists(self):
        return bool(_maintain(self.site, 'SELECT 1 FROM pg_database WHERE datname = %s', self.name))

    def drop(self):
        """Gone, whoever is connected."""
        _maintain(self.site, 'DROP DATABASE IF EXISTS {} WITH (FORCE)', names=[self.name])
        shutil.rmtree(self.filestore, ignore_errors=True)

    def copy(self, name):
        """A copy called ``name``; its files are hard links, which is safe because Odoo never writes into a file twice."""
        copy = Database(self.site, name)
        copy.drop()
        _maintain(self.site, 'CREATE DATABASE {} TEMPLATE {}', names=[name, self.name])
        if self.filestore.exists():
            shutil.copytree(self.filestore, copy.filestore, copy_function=os.link)
        return copy

    def rename(self, name):
        """Becomes ``name``, which must not exist. The files go first: until the last moment the old database is there."""
        renamed = Database(self.site, name)
        shutil.rmtree(renamed.filestore, ignore_errors=True)
        if self.filestore.exists():
            self.filestore.rename(renamed.filestore)
        _maintain(self.site, 'ALTER DATABASE {} RENAME TO {}', names=[self.name, name])
        return renamed

    def rows(self, query, *values):
        """Run one statement and commit it; what it returns, as a list of tuples."""
        with contextlib.closing(_connect(self.site, self.name)) as connection:
            return _execute(connection, query, values)


def named_like(site, prefix):
    """The names of the databases that start with ``prefix``."""
    return [name for name, in _maintain(site, 'SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1', prefix)]


def _maintain(site, query, *values, names=()):
    with contextlib.closing(_connect(site, 'postgres')) as connection:
        return _execute(connection, sql.SQL(query).format(*map(sql.Identifier, names)) if names else query, values)


def _connect(site, name):
    server = {_PARAMETERS[variable]: value for variable, value in site.database_server.items()}
    try:
        connection = psycopg2.connect(dbname=name, connect_timeout=10, **server)
    except psycopg2.OperationalError as error:
        raise Stop(f"PostgreSQL does not let us in: {' '.join(str(error).split())}") from error
    connection.autocommit = True
    return connection


def _execute(connection, query, values):
    with connection.cursor() as cursor:
        try:
            cursor.execute(query, values or None)
        except (psycopg2.OperationalError, psycopg2.errors.InsufficientPrivilege) as error:
            raise Stop(f"PostgreSQL: {' '.join(str(error).split())}") from error
        return cursor.fetchall() if cursor.description else []


_PARAMETERS = {'PGHOST': 'host', 'PGPORT': 'port', 'PGUSER': 'user', 'PGPASSWORD': 'password', 'PGSSLMODE': 'sslmode'}


def odoo(database, *arguments, log):
    """Run Odoo once on ``database``, without serving; it must succeed, with demo data where that is asked for."""
    _finish(database, database.site.start('-d', database.name, '--stop-after-init', '--no-http', '--max-cron-threads=0', *arguments, log=log), log)
    if 'demo data failed to install' in Log(log).text:
        raise failure(f'the demo data does not install on {database.name}', Log(log).reason(), log)


def shell(database, script, *, log):
    """Run the Python text ``script`` in Odoo's shell, where ``env`` is the superuser's; it must succeed."""
    _finish(database, database.site.start('shell', '-d', database.name, '--no-http', log=log, text=script), log)


def _finish(database, process, log):
    if process.wait():
        raise failure(f'Odoo failed on {database.name}', Log(log).reason(), log)
