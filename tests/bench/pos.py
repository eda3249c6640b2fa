"""Sell-through: a partner's file to stored, matched and judged lines, beside what Odoo's import and a bare COPY do."""
import base64
import io
import random
import tracemalloc
from itertools import islice

from odoo.tools import SQL

from odoo.addons.pem_channel_incentives.engine import csv_rows, mapping

from .measurement import Measurement, timed

#: Lines of the large and of the small file; distinct parts, customers, and rows given to Odoo's import.
LINES, FEW, PARTS, CUSTOMERS, LOADED = 1_000_000, 100_000, 5_000, 20_000, 1_000
HEAD = 'Invoice,Line,Date,Part Number,Qty,Unit Price,Book Cost,Currency,End Customer,City,Country,Authorization No\n'


def measure(env, sizes, _crowd):
    lines = LINES if sizes[-1] >= 1_000 else 20_000
    few = min(FEW, lines // 10)
    partner = env['res.partner'].create({'name': "Bench Distribution", 'is_company': True})
    make_world(env)
    env.cr.execute('ANALYZE')
    env.cr.commit()
    loads = {name: load(env, name) for name in ('product.product', 'res.partner')}

    read(env, partner, 1_000, 'W')
    small = read(env, partner, few, 'S')
    large = read(env, partner, lines, 'L')
    rate = lines / large.seconds
    for name, per_second in loads.items():
        yield Measurement(
            f'POS: a line of {lines:,} beside a row of load() of {name}', 1000 / rate, 1000 / per_second, times_faster=100, unit='ms')
    yield Measurement(f'POS: {lines:,} lines beside a bare COPY of them', large.seconds, bare_copy(env), at_most=10)
    yield Measurement(
        f'POS: a line of {lines:,} beside a line of {few:,}', large.seconds / lines * 1000, small.seconds / few * 1000, at_most=1.5, unit='ms')
    yield Measurement(
        f'POS: statements for {lines:,} lines beside those for {few:,}', large.queries, small.queries, at_most=1, unit='queries')
    yield Measurement(
        f'POS: memory of reading {few * 5:,} lines beside {few:,}', peak(few * 5), peak(few), at_most=1.1, unit='MB')


def make_world(env):
    """Parts and end customers that the file names; nine of ten, so that some lines are exceptions as in life."""
    env['product.product'].create([
        {'name': f'Part {number}', 'default_code': f'BX-{number}', 'is_storable': False} if 'is_storable' in env['product.product']._fields
        else {'name': f'Part {number}', 'default_code': f'BX-{number}'} for number in range(PARTS) if number % 1000])
    env['res.partner'].create([
        {'name': f'Customer {number}', 'is_company': True} for number in range(CUSTOMERS) if number % 1000])


def rows(count, invoice):
    chance = random.Random(count)
    for number in range(count):
        yield (
            f'{invoice}{number // 4},{number % 4 + 1},2026-{number % 9 + 1:02}-{number % 28 + 1:02},BX-{chance.randrange(PARTS)},'
            f'{number % 50 + 1},{number % 900}.{number % 100:02},{number % 700}.50,USD,Customer {chance.randrange(CUSTOMERS)},Town {number % 500},US,'
            f'SPA-{number % 1000}\n')


def load(env, model):
    """Rows a second that Odoo's import stores, of as many columns as a line has, three of them looked up by name."""
    country, unit = env.ref('base.us'), env.ref('uom.product_uom_unit')
    fields, row = {
        'product.product': (
            ['name', 'default_code', 'barcode', 'list_price', 'standard_price', 'weight', 'volume', 'description_sale', 'description_purchase',
             'uom_id', 'categ_id', 'responsible_id' if 'responsible_id' in env['product.product']._fields else 'type'],
            lambda number: [
                f'Loaded {number}', f'L-{number}', f'99{number:010}', '10.5', '7.25', '0.1', '0.2', f'Sold {number}', f'Bought {number}',
                unit.name, env.ref('product.product_category_goods').name, 'Goods']),
        'res.partner': (
            ['name', 'ref', 'street', 'street2', 'city', 'zip', 'country_id', 'state_id', 'lang', 'email', 'phone', 'vat'],
            lambda number: [
                f'Loaded {number}', f'L-{number}', f'{number} Main Street', 'Floor 1', f'Town {number % 500}', f'{number:05}', country.name,
                'Texas (US)', 'English (US)', f'office{number}@loaded.example', f'+1 617 {number:07}', f'US{number:09}']),
    }[model]
    with timed(env) as clock:
        result = env[model].load(fields, [row(number) for number in range(LOADED)])
    assert result['ids'] and len(result['ids']) == LOADED, result['messages'][:3]
    return LOADED / clock.seconds


def read(env, partner, count, invoice):
    """Time from the button to judged lines; the file lies there already, as it does after an upload."""
    content = (HEAD + ''.join(rows(count, invoice))).encode()
    report = env['pem.pos.report'].create({
        'partner_id': partner.id, 'file': base64.b64encode(content), 'file_name': 'bench.csv'})
    del content
    report.sudo()._remember_format()
    with timed(env) as clock:
        report.sudo()._read_file()
    assert report.line_count == count
    assert 0 < report.exception_count < count / 50, report.exception_count
    return clock


def bare_copy(env):
    """Time that PostgreSQL needs for the same rows in a table with the same indexes."""
    cr = env.cr
    cr.execute('CREATE TABLE bench_pos_line (LIKE pem_pos_line INCLUDING INDEXES INCLUDING DEFAULTS)')
    cr.execute('SELECT max(report_id) FROM pem_pos_line')
    [last] = cr.fetchone()
    file = io.BytesIO()
    cr.copy_expert(cr.mogrify(SQL('COPY (SELECT * FROM pem_pos_line WHERE report_id = %s) TO STDOUT', last)).decode(), file)
    file.seek(0)
    with timed(env) as clock:
        cr.copy_expert('COPY bench_pos_line FROM STDIN', file, 1 << 20)
    cr.execute('DROP TABLE bench_pos_line')
    cr.commit()
    return clock.seconds


class _File:
    """A file of as many rows as wanted, of which nothing is kept."""

    def __init__(self, count):
        self.count = count
        self.seek(0)

    def seek(self, _position):
        self.rows, self.rest = rows(self.count, 'M'), HEAD

    def tell(self):
        return 0

    def read(self, size):
        while len(self.rest) < size:
            more = ''.join(islice(self.rows, 2_000))
            if not more:
                break
            self.rest += more
        text, self.rest = self.rest[:size], self.rest[size:]
        return text.encode()


def peak(count):
    """Megabytes that reading so many lines needs at most, without the database's part."""
    learnt = mapping.learn(list(islice(csv_rows.Rows(_File(300)), 300)))
    tracemalloc.start()
    for _line in mapping.apply(learnt, csv_rows.Rows(_File(count))):
        pass
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6
