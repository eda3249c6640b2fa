"""Campaigns that several workers, or managers, launch at once."""
from ..support.concurrency import released_together, together
from ..support.server import RpcError


def assert_rolled_out(bench, campaign, count):
    rows = bench.database.rows
    assert rows("SELECT state FROM pem_campaign WHERE id = %s", campaign) == [('running',)]
    assert rows("SELECT count(*), count(DISTINCT partner_id) FROM pem_case WHERE campaign_id = %s", campaign) == [(count, count)]
    assert rows("SELECT count(*), count(DISTINCT case_id) FROM pem_task WHERE campaign_id = %s", campaign) == [(count, count)]
    assert rows("SELECT count(*) FROM pem_event JOIN pem_case c ON c.id = case_id WHERE kind = 'started' AND campaign_id = %s",
                campaign) == [(count,)]
    assert rows("SELECT count(*) - count(DISTINCT name) FROM pem_case") == [(0,)]
    bench.assert_whole()


def test_two_workers_roll_out_the_same_campaign_and_ask_everybody_once(bench):
    campaign = bench.launch('race')
    together(bench, "env['pem.campaign']._cron_rollout()")
    # Whoever found the other at work left; what is open goes on at the next run.
    bench.admin.run_cron('pem_campaigns.ir_cron_rollout')
    assert_rolled_out(bench, campaign, 400)


def test_two_managers_who_launch_at_once_ask_everybody_once(bench):
    sessions = bench.servers[0].login('pem_manager'), bench.servers[1].login('pem_manager')
    campaign = bench.campaign('twice')
    results = released_together(bench, 'SELECT FROM pem_campaign WHERE id = %s FOR UPDATE', campaign, *(
        lambda session=session: session.call('pem.campaign', 'action_launch', [campaign]) for session in sessions))
    [refused] = [result for result in results if isinstance(result, RpcError)]
    assert 'was launched already' in str(refused)
    assert_rolled_out(bench, campaign, 40)


def test_a_worker_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(bench):
    campaign = bench.launch('killed')
    bench.die_after(3, "env['pem.campaign']._cron_rollout()", 'killed')
    assert bench.database.rows("SELECT count(*) FROM pem_case WHERE campaign_id = %s", campaign) == [(150,)]
    assert bench.database.rows("SELECT count(*) FROM pem_task WHERE campaign_id = %s", campaign) == [(150,)]
    bench.admin.run_cron('pem_campaigns.ir_cron_rollout')
    assert_rolled_out(bench, campaign, 600)
