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
for rule, count in (('one', 6), ('all', 3)):
    form = world.make_form(("Remark", 'char'))
    approvers = (world.approver | world.second_approver).ids
    process = world.make_simple_process(form, name=rule, approver_user_ids=[(6, 0, approvers)], approval_rule=rule)
    for case in world.launch(campaign(rule, count, process)):
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
        self.wait(lambda: self.database.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = %s",
            self.database.name, event_type)[0][0] >= count, timeout)

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
