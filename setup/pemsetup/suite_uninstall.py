"""Each addon leaves the database as it found it: tables, columns, records, nothing of it stays."""
from . import addons, templates
from .console import step
from .logs import Log
from .paths import LOGS
from .site import TEST

# Rows come and go there for reasons of their own.
_RESTLESS = ('ir_attachment', 'ir_cron_trigger', 'ir_cron_progress', 'ir_module_module', 'bus_bus', 'bus_presence', 'ir_logging',
             'res_users_log', 'ir_profile', 'ir_model_data')

# Odoo itself forgets the XML ids that its modules have for selections and inheritance of a removed model.
_OBJECTS = """
    SELECT 'column', table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'
    UNION SELECT 'index', indexname FROM pg_indexes WHERE schemaname = 'public'
    UNION SELECT 'sequence', sequencename FROM pg_sequences WHERE schemaname = 'public'
    UNION SELECT 'constraint', conrelid::regclass || '.' || conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION SELECT 'trigger', tgrelid::regclass || '.' || tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION SELECT 'XML id', module || '.' || name FROM ir_model_data WHERE name !~ '^(model_inherit|selection)__pem_'"""

_NO_CONTACTS = " AND model NOT IN ('res.partner', 'res.users')"


def run(report):
    """Install our addons one after the other, then remove them the other way round; after each removal the database is
    what it was before the installation. Once on an empty database, to the last row; once with demo data, as somebody
    does who tries the addons: Odoo then keeps contacts and users that were used, but nothing of ours."""
    for demo in (False, True):
        _there_and_back(report, demo)


def _there_and_back(report, demo):
    ours = addons.names()
    words = ' with demo data' if demo else ''
    database = templates.foreign(TEST, ours, demo=demo).copy(f"{templates.run_prefix()}uninstall{'_demo' if demo else ''}")
    before = {}
    try:
        with step(f'installation of one after the other{words}'):
            for name in ours:
                before[name] = _snapshot(database, demo)
                problems = _odoo(database, f'{name}-one{words}', '-i', name, '--with-demo' if demo else '--without-demo')
                report.check(f'{name}: installation{words}', problems)
        with step(f'uninstallation of one after the other{words}'):
            for name in reversed(ours):
                problems = _odoo(database, f'{name}-uninstall{words}', 'module', 'uninstall', name)
                report.check(f'{name}: uninstallation{words}', problems or _left(before[name], _snapshot(database, demo)))
    finally:
        database.drop()


def _odoo(database, what, *arguments):
    log = LOGS / 'suite' / f"{what.replace(' ', '-')}.log"
    log.unlink(missing_ok=True)
    if arguments[0] == 'module':
        process = TEST.start(*arguments[:2], '-d', database.name, *arguments[2:], log=log)
    else:
        process = TEST.start('-d', database.name, '--stop-after-init', '--no-http', '--max-cron-threads=0', *arguments, log=log)
    code = process.wait()
    # While it uninstalls, Odoo finds out in which order records can be deleted by trying; each refusal is logged as an error.
    tried = 'odoo.sql_db: bad query: b\'DELETE' if arguments[0] == 'module' else None
    problems = [entry.text for entry in Log(log).problems(everybody=True) if not (tried and tried in entry.text)]
    return problems or ([Log(log).reason()] if code else [])


def _snapshot(database, demo):
    """(kind, name) of every object, and how many rows each table has (none with ``demo``)."""
    objects = set(database.rows(_OBJECTS + (_NO_CONTACTS if demo else '')))
    if demo:
        return objects, {}
    tables = [name for name, in database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT tablename ~ '^orm_signaling'")
              if name not in _RESTLESS]
    counts = database.rows(' UNION ALL '.join(f"SELECT '{table}', count(*) FROM \"{table}\"" for table in tables))
    return objects, dict(counts)


def _left(before, after):
    """What was not there before, in words."""
    objects = sorted(after[0] - before[0])
    lost = sorted(before[0] - after[0])
    rows = {table: count - before[1].get(table, 0) for table, count in after[1].items()}
    return [
        *(f'{kind} {name} is left over' for kind, name in objects),
        *(f'{kind} {name} was there before the installation and is gone' for kind, name in lost),
        *(f'{table} has {abs(more)} rows {"more" if more > 0 else "fewer"} than before the installation'
          for table, more in sorted(rows.items()) if more and (('column', f'{table}.id') not in objects)),
    ]
