"""Deadlines that several workers keep at once."""
from ..support.concurrency import together


def make_due(bench, name):
    """Let half of the cases of a campaign have expired, and the others be due for a reminder; its id."""
    campaign = bench.campaign(name)
    bench.queue_only(name)
    bench.database.rows("""
        UPDATE pem_task SET date_open = '2026-01-05 09:00', notice_state = 'sent', notice_date = '2026-01-05 09:00',
            reminder_date = '2026-01-06 08:00', reminders_used = 0,
            expiry_date = CASE WHEN number %% 2 = 1 THEN '2026-01-12 23:00'::timestamp END
        FROM (SELECT id AS task_id, row_number() OVER (ORDER BY id) AS number FROM pem_task WHERE campaign_id = %s) AS numbered
        WHERE id = task_id RETURNING id
    """, campaign)
    return campaign


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
    campaign = make_due(bench, 'deadlines')
    bench.die_after(3, "env['pem.case']._cron_keep_deadlines(size=10)", 'deadlines')
    assert bench.database.rows("SELECT count(*) FROM pem_task WHERE campaign_id = %s AND (outcome = 'expired' OR reminders_used = 2)",
                               campaign) == [(30,)]
    bench.admin.run_cron('pem_campaigns.ir_cron_keep_deadlines')
    bench.die_after(3, "env['pem.task']._cron_send_notices(size=10)", 'reminders')
    assert bench.database.rows("SELECT count(*) FROM pem_task WHERE campaign_id = %s AND reminder_count = 1", campaign) == [(30,)]
    bench.admin.run_cron('pem_campaigns.ir_cron_send_notices')
    assert_kept(bench, campaign, 300)


def test_two_workers_keep_the_same_deadlines_and_each_is_kept_once(bench):
    campaign = make_due(bench, 'shared')
    together(bench, "env['pem.case']._cron_keep_deadlines(size=10)")
    bench.admin.run_cron('pem_campaigns.ir_cron_keep_deadlines')
    together(bench, "env['pem.task']._cron_send_notices(size=10)")
    bench.admin.run_cron('pem_campaigns.ir_cron_send_notices')
    assert_kept(bench, campaign, 100)
