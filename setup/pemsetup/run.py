"""setup/run: the demo database, made once, brought up to date, and served."""
import contextlib
import json
import signal
import sys

from . import addons, console, files, logins, mailbox, options, server
from .console import Stop, say, step
from .databases import Database, odoo, shell
from .paths import LOGS, STATE
from .site import RUN

NAME = 'pem'
# The demo database carries the digests of the addons it was made from; it is also how we know that it is ours.
PARAMETER = 'pem_setup.addons'
ADDRESS = STATE / 'run' / 'address'


def main():
    chosen = options.run(sys.argv[1:])
    with RUN.running(), files.lock('demo', wait=False) as held:
        if held is None:
            raise Stop(f"setup/run is at work in this folder already{ADDRESS.exists() and f' ({ADDRESS.read_text()})' or ''}; stop that one first")
        ADDRESS.unlink(missing_ok=True)
        if not chosen.no_serve and server.taken(chosen.port):
            raise Stop(f'port {chosen.port} is in use; choose another: setup/run --port {_next_free(chosen.port)}')
        database = ensure(fresh=chosen.fresh)
        return 0 if chosen.no_serve else serve(database, chosen.port, held)


def ensure(*, fresh=False):
    """The demo database as the addons in this folder want it: made when there is none, updated where they changed."""
    database = Database(RUN, NAME)
    installed = _installed(database)
    wanted = {name: addons.content(name) for name in addons.names()}
    if fresh or installed is None:
        return _make(database, wanted)
    changed = [name for name, content in wanted.items() if name in installed and installed[name] != content]
    missing = [name for name in wanted if name not in installed]
    if changed or missing:
        log = LOGS / 'run-update.log'
        log.unlink(missing_ok=True)
        with step(f"Updating {', '.join(changed + missing)} in the demo database"):
            odoo(database, *(['-u', ','.join(changed)] if changed else []), *(['-i', ','.join(missing), '--with-demo'] if missing else []), log=log)
            _remember(database, wanted)
    return database


def _make(database, wanted):
    """Made under another name: a database called ``pem`` is complete."""
    draft = Database(RUN, f'{NAME}_draft')
    draft.drop()
    log = LOGS / 'run-create.log'
    log.unlink(missing_ok=True)
    try:
        with step('Creating the demo database (about a minute)'):
            odoo(draft, '-i', ','.join(wanted), '--with-demo', log=log)
            shell(draft, "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()", log=log)
            _remember(draft, wanted)
    except BaseException:
        # Whatever stopped us, a full disk above all, is made no worse by what we leave.
        with contextlib.suppress(Stop):
            draft.drop()
        raise
    database.drop()
    return draft.rename(NAME)


def _installed(database):
    """The digests of the addons that are in the demo database; ``None`` when there is no database."""
    if not database.exists():
        return None
    tables = database.rows("SELECT to_regclass('ir_config_parameter')")
    rows = database.rows('SELECT value FROM ir_config_parameter WHERE key = %s', PARAMETER) if tables[0][0] else []
    if not rows:
        raise Stop(f'the database {NAME} on this PostgreSQL was not made by setup/run, so it stays untouched; rename it or use another server')
    return json.loads(rows[0][0])


def _remember(database, digests):
    _set(database, PARAMETER, json.dumps(digests))


def _set(database, key, value):
    database.rows('INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value', key, value)


def serve(database, port, lock):
    """Serve until told to stop; mail goes to a folder, never out."""
    log = LOGS / 'run.log'
    log.unlink(missing_ok=True)
    letters = STATE / 'run' / 'mail'
    with mailbox.Folder(letters) as box:
        odoo_server = server.Server(database, log, port, ['--smtp', server.HOST, '--smtp-port', box.port, '--email-from', 'odoo@sponsor.example'])
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(0))
        try:
            # The links in messages lead here, whatever the port.
            _set(database, 'web.base.url', odoo_server.url)
            odoo_server.start(descriptors=[lock])
            ADDRESS.write_text(odoo_server.url)
            say(f'\nPEM for Odoo: {odoo_server.url}   (Ctrl+C stops it)\n')
            say(logins.table(database))
            say(f'\nMail it sends is kept in {letters}, its log is {log}')
            odoo_server.process.wait()
            raise Stop(f'Odoo stopped: {odoo_server.log.reason()} (its log: {log})')
        except KeyboardInterrupt:
            say('Stopping …')
        finally:
            # A second Ctrl+C shall not leave the server behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            odoo_server.stop()
            ADDRESS.unlink(missing_ok=True)
    return 0


def _next_free(port):
    return next((other for other in range(port + 1, min(port + 50, 65536)) if not server.taken(other)), server.free_port())


if __name__ == '__main__':
    sys.exit(console.guard(main))
