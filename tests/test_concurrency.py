"""Several people and several machines at once: exactly one outcome, nothing lost, nothing doubled.

Every test runs real transactions in processes of their own on one database.
"""
import contextlib
import threading
import time

import psycopg2
import pytest
from pemsetup import databases
from pemsetup.paths import LOGS

from .support.server import RpcError

WORLD = """
from odoo.addons.pem_campaigns.tests.common import PemWorld
class World(PemWorld):
    def assertFalse(self, value):
        assert not value, value
World.env = env = env(context={**env.context, 'tracking_disable': True, 'no_reset_password': True})
World.make_world()
world = World()
def partners(count):
    return env['res.partner'].create([
        {'name': f'Partner {n}', 'email': f'p{n}@partner.example', 'is_company': True} for n in range(count)])
def in_review(count, **approval):
    process = world.make_simple_process(
        world.make_form(("Remark", 'char')), name="Review",
        approver_user_ids=[(6, 0, (world.approver | world.second_approver).ids)], **approval)
    cases = world.launch(world.make_campaign(process, *partners(count), name="Review")).sorted('id')
    for case in cases:
        world.submit(case, {'remark': "Hello"}, user=world.brown_user)
"""


class Bench:
    """A database with the small world of pem_campaigns' tests, and ways to hold and to watch it."""

    def __init__(self, database, log):
        self.database = database
        self.log = log

    def run(self, script):
        databases.shell(self.database, script, log=self.log)

    def make(self, script):
        self.run(f'{WORLD}\n{script}\nenv.cr.commit()\n')

    def start(self, script, name):
        return self.database.site.start(
            'shell', '-d', self.database.name, '--no-http', '--log-level=warn', log=LOGS / 'tests' / f'worker_{name}.log', text=script)

    @contextlib.contextmanager
    def holding(self, statement, *values):
        """What the statement locks stays locked inside the block."""
        server = self.database.site.database_server
        connection = psycopg2.connect(dbname=self.database.name, host=server['PGHOST'], port=server.get('PGPORT'),
                                      user=server.get('PGUSER'), password=server.get('PGPASSWORD'))
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
            yield
        finally:
            connection.close()

    def wait_for_blocked(self, count, timeout=60):
        """Wait until so many transactions wait for a lock."""
        self.wait(lambda: self.database.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
            self.database.name)[0][0] >= count, timeout)

    def wait(self, condition, timeout=60):
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)

    def assert_whole(self):
        """Every audit trail fits its seals."""
        self.run("broken = env['pem.event']._first_broken(env['pem.case'].search([]))\nassert not broken, broken\n")


@pytest.fixture
def bench(database, tmp_path):
    return Bench(database, tmp_path / 'shell.log')


def at_once(*calls):
    """Run the calls in threads; return what each returned or raised."""
    results = [None] * len(calls)

    def run(number, call):
        try:
            results[number] = call()
        except RpcError as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    return threads, results


def collide(bench, task_id, *calls):
    """Let the calls arrive at the same task while its case is held, then let all go."""
    with bench.holding('SELECT FROM pem_case WHERE id = (SELECT case_id FROM pem_task WHERE id = %s) FOR UPDATE', task_id):
        threads, results = at_once(*calls)
        bench.wait_for_blocked(len(calls))
    for thread in threads:
        thread.join()
    return results


def test_of_two_approvers_who_decide_at_once_one_does_and_the_other_is_told(bench, serve):
    bench.make("in_review(6)")
    first, second = serve(bench.database), serve(bench.database)
    anna, sven = first.login('pem_approver'), second.login('pem_second')
    tasks = [row[0] for row in bench.database.rows("SELECT id FROM pem_task WHERE kind = 'approval' ORDER BY id")]
    assert len(tasks) == 6

    def reject(session, task_id):
        wizard = session.call('pem.task.decision', 'create', {'task_ids': [[6, 0, [task_id]]], 'decision': 'reject', 'comment': "No"})
        return lambda: session.call('pem.task.decision', 'action_decide', [wizard])

    for task_id in tasks:
        results = collide(bench, task_id, lambda task_id=task_id: anna.call('pem.task', 'action_approve', [task_id]), reject(sven, task_id))
        [refused] = [result for result in results if isinstance(result, RpcError)]
        assert 'was already decided by' in str(refused)
        decided = bench.database.rows(
            "SELECT kind FROM pem_event WHERE kind IN ('approved', 'rejected', 'closed') "
            "AND case_id = (SELECT case_id FROM pem_task WHERE id = %s) ORDER BY sequence", task_id)
        state = bench.database.rows("SELECT state FROM pem_case WHERE id = (SELECT case_id FROM pem_task WHERE id = %s)", task_id)
        assert (decided, state) in (
            ([('approved',), ('closed',)], [('done',)]), ([('rejected',), ('closed',)], [('rejected',)]))
    assert bench.database.rows("SELECT count(*) FROM mail_activity WHERE res_model = 'pem.task'") == [(0,)]
    bench.assert_whole()


def test_two_of_two_approvals_given_at_once_both_count(bench, serve):
    bench.make("in_review(3, approval_rule='all')")
    anna, sven = serve(bench.database).login('pem_approver'), serve(bench.database).login('pem_second')
    for task_id, in bench.database.rows("SELECT id FROM pem_task WHERE kind = 'approval' ORDER BY id"):
        results = collide(bench, task_id, *(
            lambda session=session, task_id=task_id: session.call('pem.task', 'action_approve', [task_id]) for session in (anna, sven)))
        assert not [result for result in results if isinstance(result, RpcError)]
    assert bench.database.rows("SELECT DISTINCT state FROM pem_case") == [('done',)]
    assert bench.database.rows("SELECT count(*), count(DISTINCT user_id) FROM pem_event WHERE kind = 'approved'") == [(6, 2)]
    assert bench.database.rows("SELECT count(*) FROM pem_event WHERE kind = 'closed'") == [(3,)]
    bench.assert_whole()


ROLLOUT = """
env['ir.config_parameter'].set_param('pem_campaigns.rollout_batch', '50')
campaign = world.make_campaign(world.process, *partners({count}), name="Large")
world.launch(campaign)
assert campaign.state == 'launching'
"""
# Workers begin together, when the lock that the test holds is gone.
WORKER = """
env.cr.execute('SELECT pg_advisory_lock_shared(4711), pg_advisory_unlock_shared(4711)')
env.cr.commit()
{verb}
env.cr.commit()
"""


def assert_rolled_out(database, count):
    assert database.rows("SELECT state FROM pem_campaign WHERE launched_by_id IS NOT NULL") == [('running',)]
    assert database.rows("SELECT count(*), count(DISTINCT partner_id) FROM pem_case") == [(count, count)]
    assert database.rows("SELECT count(*), count(DISTINCT case_id) FROM pem_task") == [(count, count)]
    assert database.rows("SELECT count(*), count(DISTINCT case_id) FROM pem_event WHERE kind = 'started'") == [(count, count)]
    assert database.rows("SELECT count(DISTINCT name) FROM pem_case") == [(count,)]


def together(bench, verb, count=2):
    """Run a verb in several worker processes at once; all have to succeed."""
    with bench.holding('SELECT pg_advisory_lock(4711)'):
        workers = [bench.start(WORKER.format(verb=verb), number) for number in range(count)]
        bench.wait(lambda: bench.database.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event = 'advisory'",
            bench.database.name)[0][0] == count)
    assert [worker.wait() for worker in workers] == [0] * count


def test_two_workers_roll_out_the_same_campaign_and_ask_everybody_once(bench):
    bench.make(ROLLOUT.format(count=600))
    together(bench, "env['pem.campaign']._cron_rollout()")
    # Whoever found the other at work left; what is open goes on at the next run.
    bench.run("env['pem.campaign']._cron_rollout()")
    assert_rolled_out(bench.database, 600)
    bench.assert_whole()


def test_a_worker_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(bench, serve):
    bench.make(ROLLOUT.format(count=1500))
    worker = bench.start("env['pem.campaign']._cron_rollout()", 'killed')
    bench.wait(lambda: bench.database.rows("SELECT count(*) FROM pem_case")[0][0] >= 100)
    worker.kill()
    worker.wait()
    [[reached]] = bench.database.rows("SELECT count(*) FROM pem_case")
    assert 100 <= reached < 1500
    assert reached % 50 == 0, "half a batch stayed behind"
    assert bench.database.rows("SELECT count(*) FROM pem_task") == [(reached,)]
    serve(bench.database, '--max-cron-threads=0').login('admin').run_cron('pem_campaigns.ir_cron_rollout')
    assert_rolled_out(bench.database, 1500)
    bench.assert_whole()


def test_two_workers_send_the_messages_and_nobody_gets_one_twice(bench):
    bench.make('world.launch(world.make_campaign(world.process, *partners(300), name="Mail"))')
    together(bench, "env['pem.task']._cron_send_notices(size=20)")
    bench.run("env['pem.task']._cron_send_notices()")
    assert bench.database.rows("SELECT count(*), count(DISTINCT m.res_id) FROM mail_mail JOIN mail_message m "
                               "ON m.id = mail_message_id WHERE m.model = 'pem.task'") == [(300, 300)]
    assert bench.database.rows("SELECT notice_state, count(*) FROM pem_task GROUP BY 1") == [('sent', 300)]
    bench.assert_whole()
