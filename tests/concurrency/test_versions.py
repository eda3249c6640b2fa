"""Cases that several workers move to another version at once."""
from ..support.concurrency import together


def begin_move(bench, name):
    """Begin to move the cases of a campaign; its id, and the numbers of their tasks."""
    campaign = bench.campaign(name)
    bench.database.rows("""
        UPDATE pem_process_migration SET state = 'running' WHERE id IN (
            SELECT migration_id FROM pem_process_migration_line l JOIN pem_case c ON c.id = case_id WHERE campaign_id = %s)
    """, campaign)
    return campaign, bench.database.rows("SELECT id, case_id FROM pem_task WHERE campaign_id = %s ORDER BY id", campaign)


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
    campaign, tasks = begin_move(bench, 'moving')
    bench.die_after(3, "env['pem.process.migration']._cron_migrate(size=10)", 'moving')
    assert count_moved(bench, campaign) == 30
    bench.admin.run_cron('pem_campaigns.ir_cron_migrate')
    assert_moved(bench, campaign, tasks)


def test_two_workers_move_the_same_cases_and_each_moves_once(bench):
    campaign, tasks = begin_move(bench, 'movers')
    together(bench, "env['pem.process.migration']._cron_migrate(size=10)")
    bench.admin.run_cron('pem_campaigns.ir_cron_migrate')
    assert_moved(bench, campaign, tasks)


def test_a_worker_ends_a_move_that_another_one_is_ending(bench):
    campaign, tasks = begin_move(bench, 'ending')
    with bench.holding(
            "UPDATE pem_process_migration SET write_date = write_date WHERE state = 'running'", commit=True):
        worker = bench.start("env['pem.process.migration']._cron_migrate(size=10)\nenv.cr.commit()", 'ending')
        bench.wait(lambda: worker.poll() is not None or bench.count_blocked())
    assert worker.wait() == 0
    bench.admin.run_cron('pem_campaigns.ir_cron_migrate')
    assert_moved(bench, campaign, tasks)
