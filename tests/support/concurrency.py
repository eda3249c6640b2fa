"""One database with several servers and workers on it, and ways to let them meet."""
import contextlib
import signal
import threading
import time

import psycopg2
from pemsetup import databases
from pemsetup.paths import LOGS

from .concurrency_world import WORLD
from .server import RpcError, TestServer

# A worker that is killed when it has done the work of a batch and is about to commit it, after some that it did commit.
DYING = """
import os, signal
Cron, Cursor = type(env['ir.cron']), type(env.cr)
progress, commit, batches = Cron._commit_progress, Cursor.commit, []
def count(self, processed=0, **options):
    left = progress(self, processed, **options)
    batches.extend([processed] * bool(processed))
    return left
def commit_or_die(self):
    if len(batches) == {batches}:
        os.kill(os.getpid(), signal.SIGKILL)
    commit(self)
Cron._commit_progress, Cursor.commit = count, commit_or_die
{verb}
"""

# Workers begin together, when the lock that the test holds is gone.
WORKER = """
env.cr.execute('SELECT pg_advisory_lock_shared(4711), pg_advisory_unlock_shared(4711)')
env.cr.commit()
{verb}
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
        found = self.campaign(name)
        self.manager.call('pem.campaign', 'action_launch', [found])
        assert self.database.rows('SELECT state FROM pem_campaign WHERE id = %s', found) == [('launching',)]
        return found

    def start(self, script, name):
        """Run a script in a process of its own."""
        return self.database.site.start(
            'shell', '-d', self.database.name, '--no-http', '--log-level=warn', log=LOGS / 'tests' / f'worker_{name}.log', text=script)

    def campaign(self, name):
        """The id of a campaign of this world."""
        [[found]] = self.database.rows("SELECT id FROM pem_campaign WHERE name->>'en_US' = %s", name)
        return found

    def cases(self, campaign):
        """The ids of the cases of a campaign of this world."""
        return [case for case, in self.database.rows('SELECT id FROM pem_case WHERE campaign_id = %s ORDER BY id', self.campaign(campaign))]

    def queue_only(self, campaign):
        """Of all messages, those of one campaign are to be sent."""
        self.database.rows("UPDATE pem_task SET notice_state = 'none', notice_held = false WHERE notice_state = 'queued'")
        return [task for task, in self.database.rows(
            "UPDATE pem_task SET notice_state = 'queued' WHERE campaign_id = %s AND state = 'open' RETURNING id", self.campaign(campaign))]

    @contextlib.contextmanager
    def parameter(self, name, value):
        """A setting has a value inside the block."""
        self.admin.call('ir.config_parameter', 'set_param', name, value)
        yield
        self.admin.call('ir.config_parameter', 'set_param', name, False)

    def die_after(self, batches, verb, name):
        """Run a verb in a process that is killed at the end of a batch, before it commits it, after so many committed ones."""
        assert self.start(DYING.format(batches=batches, verb=verb), name).wait() == -signal.SIGKILL

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


def collide(bench, task_id, *calls):
    """Let the calls arrive at the same task while its case is held, then let all go; what each returned or raised."""
    return released_together(
        bench, 'SELECT FROM pem_case WHERE id = (SELECT case_id FROM pem_task WHERE id = %s) FOR UPDATE', task_id, *calls)


def released_together(bench, held, record_id, *calls):
    """Let calls meet at what a statement holds, then let all go; what each returned or raised."""
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


def together(bench, verb):
    """Run a verb in two worker processes at once; both have to succeed."""
    with bench.holding('SELECT pg_advisory_lock(4711)'):
        workers = [bench.start(WORKER.format(verb=verb), number) for number in range(2)]
        bench.wait_for_blocked(2)
    assert [worker.wait() for worker in workers] == [0, 0]
