"""Template databases: what takes long to install is installed once and copied.

A template's name carries a digest of all it is made of, so a change makes a new one; it is built under another name,
so a template that exists is complete.
"""
import contextlib
import os
import socket

from . import addons, files, source, venv
from .console import step
from .databases import Database, named_like, odoo, shell
from .logs import Log
from .paths import LOGS, ROOT, STATE

# So many templates of one kind are kept: somebody else may be at work with other content.
KEPT = 3


def foreign(site, names, *, demo=False):
    """A database with the standard addons that our addons ``names`` need, its assets generated. It grows from the one
    with most of them that one of our other addons needs."""
    return _standard(site, _needed(names), demo)


def _needed(names):
    return frozenset({*set().union(*map(addons.foreign, names)), 'base_setup', 'web'})


def _standard(site, needed, demo):
    smaller = max((other for other in (_needed([name]) for name in addons.names()) if other < needed), key=len, default=None)
    key = files.digest(source.ensure().version, str(source.ensure().home), *venv.LOCKS.values(), *sorted(needed))
    kind = f"pemtpl_{'demo' if demo else 'bare'}_{files.digest(*sorted(needed))[:6]}"

    def build(draft, log):
        if smaller:
            _standard(site, smaller, demo).copy(draft.name)
        _install(draft, sorted(needed), demo, log)

    return _ensure(site, kind, key, f"{len(needed)} standard addons{' with demo data' if demo else ''}", build)


def ours(site, *, demo=False):
    """A database with all our addons."""
    base = foreign(site, addons.names(), demo=demo)
    key = files.digest(base.name, *map(addons.content, addons.names()))

    def build(draft, log):
        base.copy(draft.name)
        _install(draft, addons.names(), demo, log)

    return _ensure(site, f"pemtpl_{'demoall' if demo else 'all'}", key, f"our addons{' with demo data' if demo else ''}", build)


def log_of(template):
    """What Odoo said when the template was made."""
    return Log(LOGS / f'{template.name}.log')


def run_prefix():
    """Databases of this process start with it."""
    return f"{_folder_prefix()}{os.getpid()}_"


def sweep(site):
    """Drop what killed runs left behind."""
    for name in named_like(site, _folder_prefix()):
        process = name.removeprefix(_folder_prefix()).split('_')[0]
        if not os.path.exists(f'/proc/{process}'):
            Database(site, name).drop()


def _folder_prefix():
    return f'pemtest_{files.digest(socket.gethostname(), str(ROOT))[:6]}_'


def _install(draft, names, demo, log):
    odoo(draft, '-i', ','.join(names), '--with-demo' if demo else '--without-demo', log=log)
    shell(draft, "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()", log=log)


def _ensure(site, kind, key, what, build):
    template = Database(site, f'{kind}_{key}')
    stamp = STATE / site.name / 'templates' / template.name
    with files.lock(template.name):
        if not template.exists():
            draft = Database(site, f'{template.name}_new')
            draft.drop()
            log = log_of(template).path
            log.unlink(missing_ok=True)
            with step(f'Preparing a database with {what}'):
                build(draft, log)
                draft.rename(template.name)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    _forget(site, kind)
    return template


def _forget(site, kind):
    """Drop the templates of the same kind that were used longest ago."""
    folder = STATE / site.name / 'templates'
    stamps = sorted(folder.glob(f'{kind}_*'), key=lambda path: path.stat().st_mtime, reverse=True)
    for stamp in stamps[KEPT:]:
        with files.lock(stamp.name, wait=False) as free:
            if free is not None:
                with contextlib.suppress(FileNotFoundError):
                    Database(site, stamp.name).drop()
                    stamp.unlink()
