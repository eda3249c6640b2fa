"""The engine: verbs on sets beside what Odoo does one by one, and what growth costs."""
from statistics import median

from odoo import Command
from odoo.tools import SQL
from odoo.tools.sql import table_columns

from odoo.addons.pem_campaigns.tests.common import PemWorld

from .measurement import Measurement, timed

PHONE = '+1 617 555 0100'
#: So many single submissions are timed; their median counts.
SUBMISSIONS = 25


def measure(env, sizes, crowd):
    world = make_world(env)
    few, many = sizes[0], sizes[-1]
    roll_out(world, "Warming up", 50)
    launches, campaigns = {}, {}
    for size in sizes:
        campaigns[size], launches[size] = roll_out(world, f"Campaign to {size}", size)
    if few != many:
        yield Measurement(
            f'launch: a case of {many:,} beside a case of {few:,}', per_case(launches, many), per_case(launches, few), at_most=1.1, unit='ms')

    approvals, notes = {}, {}
    for size in sizes:
        cases = campaigns[size].case_ids
        submit(world, cases, lambda number: {**world.answers, 'phone': f'+1 617 {number:07}'})
        notes[size] = post_notes(world, cases)
        approvals[size] = approve(world, cases)
        yield Measurement(
            f'approve {size:,}, three new values each, beside a note on each', approvals[size].seconds, notes[size].seconds, times_faster=15)
        yield Measurement(
            f'approve {size:,}, three new values each, beside writing them on each partner', approvals[size].seconds,
            write_on_partners(world, cases.partner_id).seconds, times_faster=1)
    campaign, _clock = roll_out(world, "Nothing new", few)
    submit(world, campaign.case_ids, lambda _number: {'phone': PHONE, 'remark': "As before"})
    yield Measurement(
        f'approve {few:,}, nothing new, beside a note on each', approve(world, campaign.case_ids).seconds, notes[few].seconds, times_faster=15)
    if few != many:
        yield Measurement(
            f'approve: a case of {many:,} beside a case of {few:,}', per_case(approvals, many), per_case(approvals, few),
            at_most=1.1, unit='ms')
        yield Measurement(
            f'approve: queries for {many:,} beside those for {few:,}', approvals[many].queries, approvals[few].queries,
            at_most=1, unit='queries')

    campaign, _clock = roll_out(world, "Single submissions", 2 * SUBMISSIONS)
    ahead, behind = campaign.case_ids[:SUBMISSIONS], campaign.case_ids[SUBMISSIONS:]
    before = count_cases(env)
    alone = submit_one_by_one(world, ahead)
    add_closed_cases(env, ahead[0], crowd - before)
    crowded = submit_one_by_one(world, behind)
    yield Measurement(
        f'one submission among {count_cases(env):,} cases beside {before:,}', crowded, alone, at_most=1.3, unit='ms')


class World(PemWorld):
    """The small world of the addon's tests."""


def make_world(env):
    World.env = env(context={**env.context, 'tracking_disable': True, 'no_reset_password': True})
    World.make_world()
    env.cr.commit()
    return World()


def per_case(clocks, size):
    return clocks[size].seconds * 1000 / size


def roll_out(world, name, size):
    """Launch a campaign to new partners, as the manager's button and the cron do; return it, and the time from launch to the last case."""
    partners = world.env['res.partner'].create([
        {'name': f'{name} {number}', 'email': f'office{number}@partner.example', 'is_company': True, 'phone': PHONE}
        for number in range(size)])
    group = world.make_group(name=name, domain=repr([('id', 'in', partners.ids)]))
    campaign = world.env['pem.campaign'].create({
        'name': name, 'process_id': world.process.id, 'user_id': world.manager.id, 'target_group_ids': [Command.set(group.ids)]})
    analyze(world.env)
    with timed(world.env) as clock:
        campaign.with_user(world.manager).action_launch()
        world.env['pem.campaign']._cron_rollout()
    assert len(campaign.case_ids) == size
    return campaign, clock


def submit(world, cases, answers):
    """Send the form of each case; ``answers(number)`` is what the partner with that number says."""
    tasks = open_tasks(world, cases, 'form').with_user(world.acme_user).sudo()
    Submission = tasks.env['pem.submission']
    tasks._submit({task: Submission._prepare_answers(task, answers(number)) for number, task in enumerate(tasks)})
    analyze(world.env)


def analyze(env):
    """Give PostgreSQL the statistics that it has of tables which grew over years, not within a minute."""
    env.flush_all()
    env.cr.execute('ANALYZE')
    env.cr.commit()


def open_tasks(world, cases, kind):
    return world.env['pem.task'].search([('case_id', 'in', cases.ids), ('state', '=', 'open'), ('kind', '=', kind)])


def post_notes(world, cases):
    """The yardstick: a note in the chatter of each case, the least that an approval in Odoo does."""
    with timed(world.env) as clock:
        for case in cases.with_user(world.approver):
            case.message_post(body="Approved")
    return clock


def write_on_partners(world, partners):
    """The second yardstick: the values of an approval, and nothing else, given to partner after partner by ``write``."""
    with timed(world.env) as clock:
        for number, partner in enumerate(partners):
            partner.write({'phone': f'+1 617 {number + 1:07}', 'properties': {'tier': 'silver', 'seats': 13}})
    return clock


def approve(world, cases):
    """Approve all of them as from the list; what is new goes to the partners, and the cases are closed."""
    tasks = open_tasks(world, cases, 'approval').with_user(world.approver)
    assert len(tasks) == len(cases)
    with timed(world.env) as clock:
        tasks.action_approve()
    assert set(cases.mapped('state')) == {'done'}
    return clock


def submit_one_by_one(world, cases):
    """The median time, in ms, of a single partner sending a single form."""
    times = []
    for case in cases:
        task = open_tasks(world, case, 'form').with_user(world.acme_user).sudo()
        with timed(world.env) as clock:
            typed, _errors = task.step_id.form_id._check_answers(world.answers, case.sudo()._facts()[case])
            task._submit({task: task.env['pem.submission']._prepare_answers(task, typed)})
        times.append(clock.seconds * 1000)
    return median(times)


def count_cases(env):
    return env['pem.case'].search_count([])


def add_closed_cases(env, model, count):
    """Copies of a submitted case with its tasks, submission, answers and trail, put straight into the tables."""
    if count <= 0:
        return
    cr = env.cr
    partners = env['pem.case'].search([('id', '!=', model.id)], limit=10_000).partner_id
    case_id, submission_id = (SQL('(SELECT max(id) FROM %s) + nth', SQL.identifier(table)) for table in ('pem_case', 'pem_submission'))
    given = {
        'pem_submission_answer': {'case_id': case_id, 'submission_id': submission_id},
        'pem_submission': {'id': submission_id, 'case_id': case_id},
        'pem_event': {'case_id': case_id},
        'pem_task': {'case_id': case_id, 'state': SQL("'done'"), 'notice_state': SQL("'none'")},
        'pem_case': {
            'id': case_id, 'name': SQL("'X' || nth"), 'state': SQL("'done'"), 'waiting_on': SQL('NULL'), 'campaign_id': SQL('NULL'),
            'partner_id': SQL('(%s::int[])[1 + nth %% %s]', partners.ids, len(partners))},
    }
    # The copies are right; nothing has to look up what they refer to.
    cr.execute("SET LOCAL session_replication_role = 'replica'")
    for table, values in given.items():
        values = {'id': SQL("nextval(pg_get_serial_sequence(%s, 'id'))", table), **values}
        columns = [*table_columns(cr, table)]
        cr.execute(SQL(
            'INSERT INTO %s (%s) SELECT %s FROM %s, generate_series(1, %s) AS nth WHERE %s = %s',
            SQL.identifier(table), SQL(', ').join(map(SQL.identifier, columns)),
            SQL(', ').join(values.get(name, SQL.identifier(table, name)) for name in columns), SQL.identifier(table), count,
            SQL.identifier(table, 'id' if table == 'pem_case' else 'case_id'), model.id))
        cr.execute(SQL("SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM %s", table, SQL.identifier(table)))
    analyze(env)
