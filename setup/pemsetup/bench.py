"""setup/bench: the benchmarks of tests/bench, each in an Odoo process of its own on a database of its own."""
import json
import sys
import tempfile
from pathlib import Path

from . import console, options, templates
from .console import Stop, say, step
from .databases import shell
from .paths import LOGS, ROOT
from .site import TEST

HEAD = ('name', 'ours', 'yardstick', 'ratio', 'goal', '')

# What Odoo's shell is given: a benchmark is a module whose `measure(env, sizes, crowd)` yields `Measurement`s.
SCRIPT = """
import sys
sys.path[:0] = [{tests!r}, {setup!r}]
from bench import {name} as benchmark
from bench.measurement import write
write({results!r}, benchmark.measure(env, {sizes!r}, {crowd!r}))
"""


def main():
    chosen = options.bench(sys.argv[1:])
    names = _names(chosen.only)
    with TEST.running(), tempfile.TemporaryDirectory() as folder:
        templates.sweep(TEST)
        template = templates.ours(TEST)
        measured = [row for name in names for row in _run(name, template, chosen, Path(folder) / f'{name}.json')]
    say(f'\n{_table(measured)}\n')
    short = sum(not row['ok'] for row in measured)
    say(f'BENCH ok {len(measured) - short} short {short}')


def _names(only):
    there = sorted(path.stem for path in (ROOT / 'tests' / 'bench').glob('*.py') if path.stem not in ('__init__', 'measurement'))
    unknown = [name for name in only if name not in there]
    if unknown:
        raise Stop(f"there is no benchmark {unknown[0]}; there are {', '.join(there)}")
    return only or there


def _run(name, template, chosen, results):
    """The measurements of one benchmark, as texts for the table."""
    database = template.copy(f'{templates.run_prefix()}bench_{name}')
    log = LOGS / 'bench' / f'{name}.log'
    log.unlink(missing_ok=True)
    try:
        with step(f'Measuring {name}'):
            shell(database, SCRIPT.format(
                tests=str(ROOT / 'tests'), setup=str(ROOT / 'setup'), name=name, results=str(results), sizes=chosen.sizes,
                crowd=chosen.crowd), log=log)
    finally:
        database.drop()
    return json.loads(results.read_text())


def _table(measured):
    rows = [HEAD, *([row[column] for column in HEAD[:-1]] + ['ok' if row['ok'] else 'short'] for row in measured)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return '\n'.join('   '.join([
        f'{row[0]:{widths[0]}}', *(f'{cell:>{width}}' for cell, width in zip(row[1:-1], widths[1:-1], strict=True)), row[-1]]).rstrip()
        for row in rows)


if __name__ == '__main__':
    sys.exit(console.guard(main))
