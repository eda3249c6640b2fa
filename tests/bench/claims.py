"""Claims: lines decided by the rules and written down, beside what PostgreSQL needs to join them with what they cite."""
from odoo import Command, fields
from odoo.tools import SQL
from odoo.tools.sql import table_columns

from odoo.addons.pem_channel_incentives.tests.common import PricingWorld

from .measurement import Measurement, timed

#: Lines of a claim, and authorizations at first.
LINES, AUTHORIZATIONS = 100_000, 10_000


class World(PricingWorld):
    """The small world of the addon's tests."""


def measure(env, sizes, crowd):
    lines = LINES if sizes[-1] >= 1_000 else 2_000
    few = min(AUTHORIZATIONS, crowd // 10)
    World.env = env = env(context={**env.context, 'tracking_disable': True, 'no_reset_password': True})
    World.make_world()
    world = World()
    model = make_authorization(world)
    add_authorizations(env, model, few - 1)
    settle(world, 1_000, few, 'W')
    alone = settle(world, lines, few, 'A')
    yield Measurement(
        f'claims: {lines:,} lines matched, decided and stored, beside a join of them with their authorizations',
        alone.seconds, join(env), times_faster=0.2)
    add_authorizations(env, model, crowd - few)
    crowded = settle(world, lines, few, 'B')
    yield Measurement(
        f'claims: a line among {crowd:,} authorizations beside {few:,}', crowded.seconds / lines * 1000, alone.seconds / lines * 1000,
        at_most=1.1, unit='ms')


def make_authorization(world):
    request = world.send(world.make_request(line_ids=[Command.create(
        {'product_id': world.bx17.id, 'quantity': 1_000_000, 'requested_cost': 15, 'resale_price': 18})]))
    world.task(request)._approve()
    request.sudo().write({'valid_from': fields.Date.subtract(fields.Date.today(), days=30), 'authorization_number': 'SPA-0'})
    world.env.cr.commit()
    return request


def add_authorizations(env, model, count):
    """Copies of an authorization, put straight into the tables; numbered SPA-1, SPA-2 and so on."""
    cr = env.cr
    cr.execute('SELECT count(*) FROM pem_special_pricing')
    [[there]] = cr.fetchall()
    cr.execute('SELECT max(id) FROM pem_special_pricing')
    [[last]] = cr.fetchall()
    cr.execute("SET LOCAL session_replication_role = 'replica'")
    clone(cr, 'pem_special_pricing', model.id, count, {
        'id': SQL('%s + nth', last), 'name': SQL("'B' || %s + nth", last), 'authorization_number': SQL("'SPA-' || %s + nth - 1", there),
        'case_id': SQL('NULL')})
    clone(cr, 'pem_special_pricing_line', model.line_ids.id, count, {'request_id': SQL('%s + nth', last)})
    cr.execute("SELECT setval(pg_get_serial_sequence('pem_special_pricing', 'id'), (SELECT max(id) FROM pem_special_pricing))")
    cr.execute('ANALYZE pem_special_pricing, pem_special_pricing_line')
    cr.commit()


def clone(cr, table, record_id, count, values):
    values = {'id': SQL("nextval(pg_get_serial_sequence(%s, 'id'))", table), **values}
    columns = [*table_columns(cr, table)]
    cr.execute(SQL(
        'INSERT INTO %s (%s) SELECT %s FROM %s, generate_series(1, %s) AS nth WHERE %s = %s',
        SQL.identifier(table), SQL(', ').join(map(SQL.identifier, columns)),
        SQL(', ').join(values.get(name, SQL.identifier(table, name)) for name in columns), SQL.identifier(table), count,
        SQL.identifier(table, 'id'), record_id))


def settle(world, lines, authorizations, prefix):
    """Time from submission to decided lines of a claim; most hold, each hundredth was sold for too much."""
    env = world.env
    claim = env['pem.claim'].create({'partner_id': world.acme.id, 'line_ids': [Command.create({
        'authorization_number': 'SPA-0', 'part': 'BX-17', 'quantity': 1, 'invoice': f'{prefix}-0', 'resale_price': 18,
        'ship_date': fields.Date.subtract(fields.Date.today(), days=2), 'end_customer': "Mercy Hospital"})]})
    env.flush_all()
    clone(env.cr, 'pem_claim_line', claim.line_ids.id, lines - 1, {
        'authorization_number': SQL("'SPA-' || nth %% %s", authorizations), 'invoice': SQL("%s || nth", f'{prefix}-'),
        'resale_price': SQL('CASE WHEN nth %% 100 = 0 THEN 19 ELSE 18 END')})
    env.cr.execute('ANALYZE pem_claim_line')
    env.invalidate_all()
    with timed(env) as clock:
        claim._settle_lines()
    assert claim.line_count == lines
    assert lines // 100 - 1 <= claim.rejected_count <= lines // 100 + 1, claim.rejected_count
    return clock


def join(env):
    """The yardstick: every line of the last claim with the authorization, the line of it and the part that it cites."""
    with timed(env) as clock:
        env.cr.execute("""
            CREATE TEMP TABLE bench_joined AS
            SELECT line.*, request.valid_from, request.valid_to, request.date_authorized, request.end_customer AS authorized_customer,
                   authorized.book_cost AS our_cost, authorized.authorized_cost, authorized.authorized_resale,
                   authorized.remaining_quantity, product.default_code
              FROM pem_claim_line line
              JOIN pem_special_pricing request
                   ON request.company_id = line.company_id AND request.authorization_number = line.authorization_number
              JOIN product_product product ON lower(product.default_code) = lower(line.part)
              JOIN pem_special_pricing_line authorized ON authorized.request_id = request.id AND authorized.product_id = product.id
             WHERE line.claim_id = (SELECT max(id) FROM pem_claim)""")
    env.cr.execute('DROP TABLE bench_joined')
    return clock.seconds
