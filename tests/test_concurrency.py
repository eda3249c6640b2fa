"""Several people and several machines at once: exactly one outcome, nothing lost, nothing doubled.

Every test runs real transactions in processes of their own on one database.
"""
import contextlib
import re
import threading
import time

import psycopg2
import pytest
from pemsetup import databases, templates
from pemsetup.paths import LOGS

from .support.server import RpcError, TestServer

WORLD = """
from odoo.addons.pem_campaigns.tests.common import PemWorld
class World(PemWorld):
    def assertFalse(self, value):
        assert not value, value
World.env = env = env(context={**env.context, 'tracking_disable': True, 'no_reset_password': True})
World.make_world()
world = World()
env['ir.config_parameter'].set_param('pem_campaigns.rollout_batch', '50')
def campaign(name, count, process=world.process):
    return world.make_campaign(process, *env['res.partner'].create([
        {'name': f'{name} {n}', 'email': f'{name}{n}@partner.example', 'is_company': True} for n in range(count)]), name=name)
for name, rule, order, count in (
        ('one', 'one', 'parallel', 6), ('all', 'all', 'parallel', 3), ('in turn', 'all', 'sequential', 3), ('handover', 'one', 'parallel', 3)):
    form = world.make_form(("Remark", 'char'))
    approvers = (world.approver + world.second_approver).ids
    process = world.make_simple_process(
        form, name=name, approver_user_ids=[(6, 0, approvers)], approval_rule=rule, approval_order=order)
    for case in world.launch(campaign(name, count, process)):
        world.submit(case, {'remark': "Hello"}, user=world.brown_user)
campaign('race', 400)
campaign('killed', 600)
campaign('twice', 40)
world.launch(world.campaign)
env.cr.commit()
"""


class Bench:
    """A database with the small world of pem_campaigns' tests, two servers on it, and ways to hold and to watch it."""

    def __init__(self, database):
        self.database = database
        databases.shell(database, WORLD, log=LOGS / 'tests' / 'concurrency_world.log')
        self.servers = [
            TestServer(database, LOGS / 'tests' / f'concurrency_{number}.log', arguments=['--max-cron-threads=0']).start()
            for number in range(2)]
        self.manager = self.servers[0].login('pem_manager')
        self.admin = self.servers[0].login('admin')

    def close(self):
        for server in self.servers:
            server.stop()
        problems = [problem.text for server in self.servers for problem in server.unexpected()]
        assert not problems, 'the server logged:\n' + '\n'.join(problems)

    def launch(self, name):
        """Launch a campaign that is too large for one go, and return its id."""
        [found] = self.manager.call('pem.campaign', 'search', [('name', '=', name)])
        self.manager.call('pem.campaign', 'action_launch', [found])
        assert self.database.rows('SELECT state FROM pem_campaign WHERE id = %s', found) == [('launching',)]
        return found

    def start(self, script, name):
        """Run a script in a process of its own."""
        return self.database.site.start(
            'shell', '-d', self.database.name, '--no-http', '--log-level=warn', log=LOGS / 'tests' / f'worker_{name}.log', text=script)

    @contextlib.contextmanager
    def holding(self, statement, *values, commit=False):
        """What the statement locks stays locked inside the block; what it changes is undone after it, unless committed."""
        server = self.database.site.database_server
        connection = psycopg2.connect(dbname=self.database.name, host=server['PGHOST'], port=server.get('PGPORT'),
                                      user=server.get('PGUSER'), password=server.get('PGPASSWORD'))
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
            yield
            if commit:
                connection.commit()
        finally:
            connection.close()

    def wait_for_blocked(self, count, event_type='Lock', timeout=90):
        """Wait until so many transactions wait for a lock."""
        self.wait(lambda: self.count_blocked(event_type) >= count, timeout)

    def count_blocked(self, event_type='Lock'):
        return self.database.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = %s", self.database.name, event_type)[0][0]

    def wait(self, condition, timeout=90):
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)

    def assert_whole(self):
        """Every audit trail fits its seals."""
        cases = self.manager.call('pem.case', 'search', [])
        assert self.manager.call('pem.case', 'action_verify_trail', cases)['params']['type'] == 'success'


@pytest.fixture(scope='module')
def bench(template):
    database = template.copy(f'{templates.run_prefix()}concurrency')
    bench = Bench(database)
    yield bench
    bench.close()
    database.drop()


def collide(bench, task_id, *calls):
    """Let the calls arrive at the same task while its case is held, then let all go; what each returned or raised."""
    return released_together(
        bench, 'SELECT FROM pem_case WHERE id = (SELECT case_id FROM pem_task WHERE id = %s) FOR UPDATE', task_id, *calls)


def released_together(bench, held, record_id, *calls):
    results = [None] * len(calls)

    def run(number, call):
        try:
            results[number] = call()
        except RpcError as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    with bench.holding(held, record_id):
        for thread in threads:
            thread.start()
        bench.wait_for_blocked(len(calls))
    for thread in threads:
        thread.join()
    return results


def approvals(bench, campaign):
    return [row[0] for row in bench.database.rows(
        "SELECT task.id FROM pem_task task JOIN pem_campaign campaign ON campaign.id = task.campaign_id "
        "WHERE task.kind = 'approval' AND campaign.name->>'en_US' = %s ORDER BY task.id", campaign)]


def test_of_two_approvers_who_decide_at_once_one_does_and_the_other_is_told(bench):
    anna, sven = bench.servers[0].login('pem_approver'), bench.servers[1].login('pem_second')

    def reject(task_id):
        wizard = sven.call('pem.task.decision', 'create', {'task_ids': [[6, 0, [task_id]]], 'decision': 'reject', 'comment': "No"})
        return lambda: sven.call('pem.task.decision', 'action_decide', [wizard])

    tasks = approvals(bench, 'one')
    assert len(tasks) == 6
    for task_id in tasks:
        results = collide(bench, task_id, lambda task_id=task_id: anna.call('pem.task', 'action_approve', [task_id]), reject(task_id))
        [refused] = [result for result in results if isinstance(result, RpcError)]
        assert 'was already decided by' in str(refused)
        decided = bench.database.rows(
            "SELECT kind FROM pem_event WHERE kind IN ('approved', 'rejected', 'closed') "
            "AND case_id = (SELECT case_id FROM pem_task WHERE id = %s) ORDER BY sequence", task_id)
        state = bench.database.rows("SELECT state FROM pem_case WHERE id = (SELECT case_id FROM pem_task WHERE id = %s)", task_id)
        assert (decided, state) in (
            ([('approved',), ('closed',)], [('done',)]), ([('rejected',), ('closed',)], [('rejected',)]))
        assert not bench.database.rows("SELECT FROM mail_activity WHERE res_model = 'pem.task' AND res_id = %s", task_id)
    bench.assert_whole()


def test_two_of_two_approvals_given_at_once_both_count(bench):
    sessions = bench.servers[0].login('pem_approver'), bench.servers[1].login('pem_second')
    for task_id in approvals(bench, 'all'):
        results = collide(bench, task_id, *(
            lambda session=session, task_id=task_id: session.call('pem.task', 'action_approve', [task_id]) for session in sessions))
        assert not [result for result in results if isinstance(result, RpcError)]
        assert bench.database.rows(
            "SELECT kind, count(*) FROM pem_event WHERE kind IN ('approved', 'closed') AND case_id = "
            "(SELECT case_id FROM pem_task WHERE id = %s) GROUP BY kind ORDER BY kind", task_id) == [('approved', 2), ('closed', 1)]
    bench.assert_whole()


def test_of_two_who_decide_one_after_the_other_the_second_never_comes_first(bench):
    anna, sven = bench.servers[0].login('pem_approver'), bench.servers[1].login('pem_second')
    for task_id in approvals(bench, 'in turn'):
        first, second = collide(bench, task_id, *(
            lambda session=session, task_id=task_id: session.call('pem.task', 'action_approve', [task_id]) for session in (anna, sven)))
        assert not isinstance(first, RpcError)
        if isinstance(second, RpcError):
            assert 'You are asked after that' in str(second)
            sven.call('pem.task', 'action_approve', [task_id])
        assert bench.database.rows(
            "SELECT actor FROM pem_event WHERE kind IN ('approved', 'closed') AND case_id = "
            "(SELECT case_id FROM pem_task WHERE id = %s) ORDER BY sequence", task_id) == [
                ("Anna Approver",), ("Sven Second",), ("Sven Second",)]
        assert not bench.database.rows("SELECT FROM mail_activity WHERE res_model = 'pem.task' AND res_id = %s", task_id)
    bench.assert_whole()


def test_a_task_that_is_handed_over_while_it_is_approved_is_either(bench):
    sessions = bench.servers[0].login('pem_approver'), bench.servers[1].login('pem_approver')
    mara = bench.database.rows("SELECT id FROM res_users WHERE login = 'pem_manager'")[0][0]
    for task_id in approvals(bench, 'handover'):
        wizard = sessions[1].call('pem.task.handover', 'create', {'task_ids': [[6, 0, [task_id]]], 'user_id': mara, 'reason': "Away"})
        approved, handed = collide(
            bench, task_id, lambda task_id=task_id: sessions[0].call('pem.task', 'action_approve', [task_id]),
            lambda wizard=wizard: sessions[1].call('pem.task.handover', 'action_hand_over', [wizard]))
        [kinds] = bench.database.rows(
            "SELECT array_agg(kind ORDER BY sequence) FROM pem_event WHERE kind IN ('approved', 'handed_over', 'closed') "
            "AND case_id = (SELECT case_id FROM pem_task WHERE id = %s)", task_id)
        if isinstance(handed, RpcError):
            assert 'was already decided by Anna Approver' in str(handed)
            assert (isinstance(approved, RpcError), kinds) == (False, (['approved', 'closed'],))
        else:
            assert 'waits for somebody else: Mara Manager' in str(approved)
            assert kinds == (['handed_over'],)
    bench.assert_whole()


def test_a_partner_who_sends_a_form_twice_at_once_sends_it_once(bench):
    [(task_id, case_id)] = bench.database.rows(
        "SELECT task.id, case_id FROM pem_task task JOIN res_partner partner ON partner.id = partner_id "
        "WHERE partner.name LIKE 'Acme%%' AND task.state = 'open' AND side = 'partner'")
    path = f'/my/requests/{task_id}'

    def send(server):
        session = server.login('acme_portal')
        token = re.search(r'name="csrf_token" value="([^"]+)"', session.get(path).text).group(1)
        return lambda: session.post(path, data={'csrf_token': token, 'answer.phone': '+1 617 555 0199', 'action': 'submit'})

    answers = collide(bench, task_id, *map(send, bench.servers))
    assert ['Thank you' in answer.text or 'What you sent' in answer.text for answer in answers] == [True, True]
    assert bench.database.rows('SELECT count(*) FROM pem_submission WHERE case_id = %s', case_id) == [(1,)]
    assert bench.database.rows("SELECT count(*) FROM pem_event WHERE case_id = %s AND kind = 'submitted'", case_id) == [(1,)]
    bench.assert_whole()


# Workers begin together, when the lock that the test holds is gone.
WORKER = """
env.cr.execute('SELECT pg_advisory_lock_shared(4711), pg_advisory_unlock_shared(4711)')
env.cr.commit()
{verb}
env.cr.commit()
"""


def assert_rolled_out(bench, campaign, count):
    rows = bench.database.rows
    assert rows("SELECT state FROM pem_campaign WHERE id = %s", campaign) == [('running',)]
    assert rows("SELECT count(*), count(DISTINCT partner_id) FROM pem_case WHERE campaign_id = %s", campaign) == [(count, count)]
    assert rows("SELECT count(*), count(DISTINCT case_id) FROM pem_task WHERE campaign_id = %s", campaign) == [(count, count)]
    assert rows("SELECT count(*) FROM pem_event JOIN pem_case c ON c.id = case_id WHERE kind = 'started' AND campaign_id = %s",
                campaign) == [(count,)]
    assert rows("SELECT count(*) - count(DISTINCT name) FROM pem_case") == [(0,)]
    bench.assert_whole()


def together(bench, verb):
    """Run a verb in two worker processes at once; both have to succeed."""
    with bench.holding('SELECT pg_advisory_lock(4711)'):
        workers = [bench.start(WORKER.format(verb=verb), number) for number in range(2)]
        bench.wait_for_blocked(2)
    assert [worker.wait() for worker in workers] == [0, 0]


def test_two_workers_roll_out_the_same_campaign_and_ask_everybody_once(bench):
    campaign = bench.launch('race')
    together(bench, "env['pem.campaign']._cron_rollout()")
    # Whoever found the other at work left; what is open goes on at the next run.
    bench.admin.run_cron('pem_campaigns.ir_cron_rollout')
    assert_rolled_out(bench, campaign, 400)


def test_two_managers_who_launch_at_once_ask_everybody_once(bench):
    sessions = bench.servers[0].login('pem_manager'), bench.servers[1].login('pem_manager')
    [campaign] = sessions[0].call('pem.campaign', 'search', [('name', '=', 'twice')])
    results = released_together(bench, 'SELECT FROM pem_campaign WHERE id = %s FOR UPDATE', campaign, *(
        lambda session=session: session.call('pem.campaign', 'action_launch', [campaign]) for session in sessions))
    [refused] = [result for result in results if isinstance(result, RpcError)]
    assert 'was launched already' in str(refused)
    assert_rolled_out(bench, campaign, 40)


def test_a_worker_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(bench):
    campaign = bench.launch('killed')

    def reached():
        return bench.database.rows("SELECT count(*) FROM pem_case WHERE campaign_id = %s", campaign)[0][0]

    worker = bench.start("env['pem.campaign']._cron_rollout()", 'killed')
    bench.wait(lambda: reached() >= 50)
    worker.kill()
    worker.wait()
    assert 50 <= reached() < 600
    assert reached() % 50 == 0, "half a batch stayed behind"
    assert bench.database.rows("SELECT count(*) FROM pem_task WHERE campaign_id = %s", campaign) == [(reached(),)]
    bench.admin.run_cron('pem_campaigns.ir_cron_rollout')
    assert_rolled_out(bench, campaign, 600)


def test_two_workers_send_the_messages_and_nobody_gets_one_twice(bench):
    bench.database.rows("UPDATE pem_task SET notice_state = 'none' WHERE id NOT IN "
                        "(SELECT id FROM pem_task WHERE notice_state = 'queued' ORDER BY id DESC LIMIT 200)")
    together(bench, "env['pem.task']._cron_send_notices(size=20)")
    bench.admin.run_cron('pem_campaigns.ir_cron_send_notices')
    assert bench.database.rows("SELECT count(*), count(DISTINCT m.res_id) FROM mail_mail JOIN mail_message m "
                               "ON m.id = mail_message_id WHERE m.model = 'pem.task'") == [(200, 200)]
    assert bench.database.rows("SELECT count(*) FROM pem_task WHERE notice_state = 'sent'") == [(200,)]
    bench.assert_whole()


def test_messages_meet_a_change_of_somebody_else_and_go_out_all_the_same(bench):
    [task, case] = bench.database.rows(
        "UPDATE pem_task SET notice_state = 'queued' WHERE id = (SELECT max(id) FROM pem_task WHERE notice_state = 'sent') "
        "RETURNING id, case_id")[0]
    with bench.holding('UPDATE pem_case SET opened = NOT opened WHERE id = %s', case, commit=True):
        worker = bench.start("env['pem.task']._cron_send_notices()", 'meeting')
        bench.wait_for_blocked(1)
    assert worker.wait() == 0
    assert bench.database.rows(
        "SELECT count(*) FROM pem_event WHERE case_id = %s AND kind = 'notified'", case) == [(2,)]
    assert bench.database.rows("SELECT notice_state FROM pem_task WHERE id = %s", task) == [('sent',)]
    bench.assert_whole()


# A process in which something happens by itself: half of the cases have expired, the others are to be reminded of.
SLOW = """
from odoo.addons.pem_campaigns.tests.common import PemWorld
PemWorld.env = env = env(context={**env.context, 'tracking_disable': True})
world = PemWorld()
PemWorld.manager, PemWorld.approver = (
    env['res.users'].search([('login', '=', login)]) for login in ('pem_manager', 'pem_approver'))
form = world.make_form(("Remark", 'char'))
process = world.make_process({
    'Start': {'kind': 'start'},
    'Answer': {'kind': 'form', 'form_id': form.id, 'expire_days': 5, 'expire_from': 'opened',
               'reminder_ids': [(0, 0, {'days': 1, 'when': 'opened', 'repeat_days': 1, 'times': 2})]},
    'Done': {'kind': 'end'},
}, [('Start', 'Answer'), ('Answer', 'Done')], name='NAME')
partners = env['res.partner'].create([
    {'name': f'NAME {n}', 'email': f'NAME{n}@partner.example', 'is_company': True} for n in range(COUNT)])
tasks = world.make_campaign(process, *partners, name='NAME')._rollout(partners).task_ids.sorted('id')
tasks.write({'date_open': '2026-01-05 09:00', 'notice_state': 'sent', 'notice_date': '2026-01-05 09:00',
             'expiry_date': False, 'reminder_date': '2026-01-06 08:00', 'reminders_used': 0})
tasks[::2].write({'expiry_date': '2026-01-12 23:00'})
env.cr.commit()
"""


def make_slow(bench, name, count):
    databases.shell(bench.database, SLOW.replace('NAME', name).replace('COUNT', str(count)), log=LOGS / 'tests' / f'concurrency_{name}.log')
    [found] = bench.manager.call('pem.campaign', 'search', [('name', '=', name)])
    return found


def assert_kept(bench, campaign, count):
    """Every second case expired, once; each of the others was reminded of, once, and waits."""
    kinds = bench.database.rows(
        "SELECT kind, count(*), count(DISTINCT case_id) FROM pem_event JOIN pem_case c ON c.id = case_id "
        "WHERE campaign_id = %s AND kind IN ('expired', 'closed', 'reminded') GROUP BY kind ORDER BY kind", campaign)
    assert kinds == [('closed', count // 2, count // 2), ('expired', count // 2, count // 2), ('reminded', count // 2, count // 2)]
    assert bench.database.rows(
        "SELECT state, outcome, COALESCE(reminder_count, 0), notice_state, count(*) FROM pem_task WHERE campaign_id = %s "
        "GROUP BY 1, 2, 3, 4 ORDER BY state", campaign) == [
            ('done', 'expired', 0, 'sent', count // 2), ('open', None, 1, 'sent', count // 2)]
    assert bench.database.rows(
        "SELECT count(*), count(DISTINCT m.res_id) FROM mail_mail JOIN mail_message m ON m.id = mail_message_id "
        "JOIN pem_task t ON t.id = m.res_id AND m.model = 'pem.task' WHERE t.campaign_id = %s", campaign) == [(count // 2, count // 2)]
    assert bench.database.rows("SELECT count(*) FROM pem_notice n JOIN pem_task t ON t.id = task_id WHERE t.campaign_id = %s",
                               campaign) == [(count // 2,)]
    bench.assert_whole()


def test_a_worker_killed_while_it_keeps_deadlines_loses_and_doubles_nothing(bench):
    campaign = make_slow(bench, 'deadlines', 300)

    def reached():
        return bench.database.rows(
            "SELECT count(*) FROM pem_task WHERE campaign_id = %s AND (outcome = 'expired' OR reminders_used = 2)", campaign)[0][0]

    worker = bench.start("env['pem.case']._cron_keep_deadlines(size=10)", 'deadlines')
    bench.wait(lambda: reached() >= 20)
    worker.kill()
    worker.wait()
    assert 20 <= reached() < 300
    assert reached() % 10 == 0, "half a batch stayed behind"
    bench.admin.run_cron('pem_campaigns.ir_cron_keep_deadlines')
    worker = bench.start("env['pem.task']._cron_send_notices(size=10)", 'reminders')
    bench.wait(lambda: bench.database.rows(
        "SELECT count(*) FROM pem_task WHERE campaign_id = %s AND reminder_count = 1", campaign)[0][0] >= 20)
    worker.kill()
    worker.wait()
    bench.admin.run_cron('pem_campaigns.ir_cron_send_notices')
    assert_kept(bench, campaign, 300)


def test_two_workers_keep_the_same_deadlines_and_each_is_kept_once(bench):
    campaign = make_slow(bench, 'shared', 100)
    together(bench, "env['pem.case']._cron_keep_deadlines(size=10)")
    bench.admin.run_cron('pem_campaigns.ir_cron_keep_deadlines')
    together(bench, "env['pem.task']._cron_send_notices(size=10)")
    bench.admin.run_cron('pem_campaigns.ir_cron_send_notices')
    assert_kept(bench, campaign, 100)


def test_two_workers_together_write_no_more_to_a_contact_than_the_cap(bench):
    bench.database.rows("UPDATE pem_task SET notice_state = 'none', notice_held = false WHERE notice_state = 'queued'")
    [(contact,)] = bench.database.rows("SELECT id FROM res_partner WHERE name = 'shared 0'")
    bench.database.rows("DELETE FROM pem_notice WHERE contact_id = %s", contact)
    tasks = bench.database.rows(
        "UPDATE pem_task SET notice_state = 'queued', contact_id = %s WHERE id IN ("
        "SELECT id FROM pem_task WHERE state = 'open' AND side = 'partner' ORDER BY id LIMIT 20) RETURNING id", contact)
    assert len(tasks) == 20
    bench.admin.call('ir.config_parameter', 'set_param', 'pem_campaigns.contact_cap', '3')
    together(bench, "env['pem.task']._cron_send_notices(size=1)")
    bench.admin.run_cron('pem_campaigns.ir_cron_send_notices')
    # Three singly, and what is over stays for a digest next week.
    assert bench.database.rows("SELECT count(*) FROM pem_notice WHERE contact_id = %s", contact) == [(3,)]
    assert bench.database.rows(
        "SELECT notice_held, count(*) FROM pem_task WHERE contact_id = %s AND notice_state = 'queued' GROUP BY notice_held",
        contact) == [(True, 17)]
    bench.assert_whole()


def test_a_message_that_another_transaction_does_not_see_yet_counts_all_the_same(bench):
    [(contact,)] = bench.database.rows("SELECT id FROM res_partner WHERE name = 'shared 0'")
    [(one,), (two,)] = bench.database.rows(
        "SELECT id FROM pem_task WHERE contact_id = %s AND notice_state = 'queued' ORDER BY id LIMIT 2", contact)
    bench.database.rows("UPDATE pem_task SET notice_state = 'none', notice_held = false WHERE contact_id = %s AND id NOT IN (%s, %s)",
                        contact, one, two)
    bench.database.rows("UPDATE pem_task SET notice_held = false WHERE id IN (%s, %s)", one, two)
    bench.database.rows("DELETE FROM pem_notice WHERE contact_id = %s", contact)
    bench.admin.call('ir.config_parameter', 'set_param', 'pem_campaigns.contact_cap', '1')
    # Each knows of one task only; both begin before the other one is done.
    script = """
import time
from odoo.service.model import retrying
env.cr.execute('SELECT count(*) FROM pem_notice')
env.cr.execute('SELECT pg_advisory_lock_shared(4711), pg_advisory_unlock_shared(4711)')
def send():
    contact = env['res.partner'].browse({contact})
    if not contact.try_lock_for_update(allow_referencing=True):
        time.sleep(2)
        env.cr.execute('SELECT FROM res_partner WHERE id = %s FOR NO KEY UPDATE', [contact.id])
    env['pem.task'].browse({task})._send_notices()
retrying(send, env)
env.cr.commit()
"""
    with bench.holding('SELECT pg_advisory_lock(4711)'):
        workers = [bench.start(script.format(contact=contact, task=task), f'unseen{task}') for task in (one, two)]
        bench.wait_for_blocked(2)
    assert [worker.wait() for worker in workers] == [0, 0]
    assert bench.database.rows("SELECT count(*) FROM pem_notice WHERE contact_id = %s", contact) == [(1,)]
    assert sorted(bench.database.rows("SELECT notice_state FROM pem_task WHERE id IN (%s, %s)", one, two)) == [('queued',), ('sent',)]


# Cases that wait by themselves, for another system, and for two other cases at once.
STEPS = """
from odoo.addons.pem_campaigns.tests.common import PemWorld
PemWorld.env = env = env(context={**env.context, 'tracking_disable': True})
world = PemWorld()
approver = env['res.users'].search([('login', '=', 'pem_approver')])
PemWorld.manager = env['res.users'].search([('login', '=', 'pem_manager')])
wait = world.make_process({'Start': {'kind': 'start'}, 'Wait': {'kind': 'wait'}, 'Done': {'kind': 'end'}},
                          [('Start', 'Wait'), ('Wait', 'Done')], name='Wait')
hook = world.make_process({'Start': {'kind': 'start'}, 'Wait': {'kind': 'wait', 'wait_for': 'hook'}, 'Done': {'kind': 'end'}},
                          [('Start', 'Wait'), ('Wait', 'Done')], name='Hook')
check = world.make_process({
    'Start': {'kind': 'start'}, 'Check': {'kind': 'todo', 'approver_kind': 'user', 'approver_user_ids': [(6, 0, approver.ids)]},
    'Done': {'kind': 'end'}}, [('Start', 'Check'), ('Check', 'Done')], name='Check')
both = world.make_process({
    'Start': {'kind': 'start'}, 'Both': {'kind': 'split'},
    'One': {'kind': 'call', 'call_process_id': check.id}, 'Two': {'kind': 'call', 'call_process_id': check.id},
    'Join': {'kind': 'join'}, 'Done': {'kind': 'end'},
}, [('Start', 'Both'), ('Both', 'One'), ('Both', 'Two'), ('One', 'Join'), ('Two', 'Join'), ('Join', 'Done')], name='Both')
for process, count in ((wait, 120), (hook, 3), (both, 3)):
    partners = env['res.partner'].create([
        {'name': f'{process.name} {n}', 'email': f'{process.name}{n}@partner.example'} for n in range(count)])
    cases = world.make_campaign(process, *partners, name=f'Steps {process.name}')._rollout(partners)
    if process == wait:
        cases.task_ids.write({'wake_date': '2026-01-05 09:00'})
env.cr.commit()
"""


@pytest.fixture(scope='module')
def steps(bench):
    databases.shell(bench.database, STEPS, log=LOGS / 'tests' / 'concurrency_steps.log')
    return bench


def cases_of(bench, campaign):
    return [row[0] for row in bench.database.rows(
        "SELECT c.id FROM pem_case c JOIN pem_campaign m ON m.id = c.campaign_id WHERE m.name->>'en_US' = %s ORDER BY c.id", campaign)]


def test_the_same_report_of_another_system_that_arrives_twice_at_once_counts_once(steps):
    for case in cases_of(steps, 'Steps Hook'):
        [address] = steps.manager.call('pem.case', 'read', [case], ['hook_url'])
        path = address['hook_url'][address['hook_url'].index('/pem/hook/'):]
        answers = released_together(steps, 'SELECT FROM pem_case WHERE id = %s FOR UPDATE', case, *(
            lambda server=server, path=path: server.visitor().post(path, json={'order': 7}) for server in steps.servers))
        assert {answer.status_code for answer in answers} == {200}
        assert sorted(answer.json()['status'] for answer in answers) == ['already received', 'received']
        assert steps.database.rows("SELECT kind FROM pem_event WHERE case_id = %s ORDER BY sequence", case) == [
            ('started',), ('hook_received',), ('closed',)]
    steps.assert_whole()


def test_two_workers_wake_the_same_cases_and_each_goes_on_once(steps):
    together(steps, "env['pem.task']._cron_wake(size=10)")
    steps.admin.run_cron('pem_campaigns.ir_cron_wake')
    cases = cases_of(steps, 'Steps Wait')
    assert len(cases) == 120
    assert steps.database.rows(
        "SELECT kind, count(*), count(DISTINCT case_id) FROM pem_event WHERE case_id = ANY(%s) GROUP BY kind ORDER BY kind", cases) == [
            ('closed', 120, 120), ('started', 120, 120), ('woke', 120, 120)]
    steps.assert_whole()


def test_two_cases_that_a_third_one_called_and_that_end_at_once_let_it_go_on_once(steps):
    sessions = [server.login('pem_approver') for server in steps.servers]
    for case in cases_of(steps, 'Steps Both'):
        tasks = [row[0] for row in steps.database.rows(
            "SELECT t.id FROM pem_task t JOIN pem_case c ON c.id = t.case_id WHERE c.parent_case_id = %s AND t.state = 'open'", case)]
        assert len(tasks) == 2
        results = released_together(steps, 'SELECT FROM pem_case WHERE id = %s FOR UPDATE', case, *(
            lambda session=session, task=task: session.call('pem.task', 'action_complete', [task])
            for session, task in zip(sessions, tasks, strict=True)))
        assert not [result for result in results if isinstance(result, RpcError)]
        assert steps.database.rows("SELECT state FROM pem_case WHERE id = %s", case) == [('done',)]
        assert steps.database.rows(
            "SELECT kind, count(*) FROM pem_event WHERE case_id = %s GROUP BY kind ORDER BY kind", case) == [
                ('call_returned', 2), ('called', 2), ('closed', 1), ('started', 1)]
    steps.assert_whole()


MOVE = """
from odoo.addons.pem_campaigns.tests.common import PemWorld
PemWorld.env = env = env(context={**env.context, 'tracking_disable': True})
world = PemWorld()
PemWorld.manager, PemWorld.approver = (
    env['res.users'].search([('login', '=', login)]) for login in ('pem_manager', 'pem_approver'))
process = world.make_simple_process(world.make_form(("Remark", 'char')), name='NAME')
partners = env['res.partner'].create([
    {'name': f'NAME {n}', 'email': f'NAME{n}@partner.example', 'is_company': True} for n in range(COUNT)])
world.make_campaign(process, *partners, name='NAME')._rollout(partners)
version = process._new_version()
version._publish()
migration = env['pem.process.migration'].with_user(world.manager).create({'process_id': version.id})
migration._look()
migration.sudo().state = 'running'
env.cr.commit()
"""


def make_moving(bench, name, count):
    """Return the id of a campaign whose cases are to be moved to a newer version, and the numbers of their tasks."""
    databases.shell(bench.database, MOVE.replace('NAME', name).replace('COUNT', str(count)), log=LOGS / 'tests' / f'concurrency_{name}.log')
    [found] = bench.manager.call('pem.campaign', 'search', [('name', '=', name)])
    return found, bench.database.rows("SELECT id, case_id FROM pem_task WHERE campaign_id = %s ORDER BY id", found)


def count_moved(bench, campaign):
    return bench.database.rows(
        "SELECT count(*) FROM pem_case c JOIN pem_process p ON p.id = process_id WHERE campaign_id = %s AND version = 2", campaign)[0][0]


def assert_moved(bench, campaign, tasks):
    """Every case moved once, its task with it and under its old number."""
    count = len(tasks)
    rows = bench.database.rows
    assert count_moved(bench, campaign) == count
    assert rows("SELECT id, case_id FROM pem_task WHERE campaign_id = %s ORDER BY id", campaign) == tasks
    assert rows("SELECT count(*) FROM pem_task t JOIN pem_process_step s ON s.id = step_id JOIN pem_case c ON c.id = case_id "
                "WHERE t.campaign_id = %s AND s.process_id = c.process_id AND t.state = 'open'", campaign) == [(count,)]
    assert rows("SELECT count(*), count(DISTINCT case_id) FROM pem_event JOIN pem_case c ON c.id = case_id "
                "WHERE campaign_id = %s AND kind = 'migrated'", campaign) == [(count, count)]
    assert rows("SELECT l.state, m.state, count(*) FROM pem_process_migration_line l JOIN pem_process_migration m ON m.id = migration_id "
                "JOIN pem_case c ON c.id = case_id WHERE campaign_id = %s GROUP BY 1, 2", campaign) == [('moved', 'done', count)]
    bench.assert_whole()


def test_a_worker_killed_while_it_moves_cases_to_another_version_loses_and_doubles_nothing(bench):
    campaign, tasks = make_moving(bench, 'moving', 300)
    worker = bench.start("env['pem.process.migration']._cron_migrate(size=10)", 'moving')
    bench.wait(lambda: count_moved(bench, campaign) >= 20)
    worker.kill()
    worker.wait()
    assert 20 <= count_moved(bench, campaign) < 300
    assert count_moved(bench, campaign) % 10 == 0, "half a batch stayed behind"
    bench.admin.run_cron('pem_campaigns.ir_cron_migrate')
    assert_moved(bench, campaign, tasks)


def test_two_workers_move_the_same_cases_and_each_moves_once(bench):
    campaign, tasks = make_moving(bench, 'both', 100)
    together(bench, "env['pem.process.migration']._cron_migrate(size=10)")
    bench.admin.run_cron('pem_campaigns.ir_cron_migrate')
    assert_moved(bench, campaign, tasks)


def test_a_worker_ends_a_move_that_another_one_is_ending(bench):
    campaign, tasks = make_moving(bench, 'ending', 20)
    with bench.holding(
            "UPDATE pem_process_migration SET write_date = write_date WHERE id = (SELECT max(id) FROM pem_process_migration)", commit=True):
        worker = bench.start("env['pem.process.migration']._cron_migrate(size=10)\nenv.cr.commit()", 'ending')
        bench.wait(lambda: worker.poll() is not None or bench.count_blocked())
    assert worker.wait() == 0
    bench.admin.run_cron('pem_campaigns.ir_cron_migrate')
    assert_moved(bench, campaign, tasks)
