"""Colleagues who decide at once."""
from ..support.concurrency import collide, together
from ..support.server import RpcError


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


def test_two_workers_write_to_the_same_approvers_and_each_is_written_to_once(bench):
    lines = [line for line, in bench.database.rows(
        "UPDATE pem_task_approver SET mail_state = 'queued' WHERE task_id IN "
        "(SELECT id FROM pem_task WHERE kind = 'approval' AND campaign_id = %s) RETURNING id", bench.campaign('mails'))]
    assert len(lines) == 20
    together(bench, "env['pem.task.approver']._cron_write_approvers(size=3)")
    bench.admin.run_cron('pem_campaigns.ir_cron_write_approvers')
    assert bench.database.rows(
        "SELECT count(*), count(DISTINCT res_id) FROM mail_message WHERE model = 'pem.task.approver' AND res_id = ANY(%s)", lines) == [(20, 20)]
    assert bench.database.rows("SELECT DISTINCT mail_state FROM pem_task_approver WHERE id = ANY(%s)", lines) == [('sent',)]


def test_two_workers_find_out_that_somebody_left_and_each_task_hears_of_it_once(bench):
    cases = bench.cases('left')
    bench.database.rows("UPDATE res_users SET active = false WHERE login = 'pem_leaver'")
    together(bench, "env['pem.task.approver']._cron_look_after(size=2)")
    bench.admin.run_cron('pem_campaigns.ir_cron_look_after_turns')
    assert bench.database.rows(
        "SELECT count(*), count(DISTINCT case_id) FROM pem_event WHERE kind = 'approver_left' AND case_id = ANY(%s)", cases) == [(12, 12)]
    assert bench.database.rows(
        "SELECT u.login, l.state, count(*) FROM pem_task_approver l JOIN res_users u ON u.id = user_id JOIN pem_task t ON t.id = task_id "
        "WHERE t.case_id = ANY(%s) GROUP BY 1, 2 ORDER BY 1", cases) == [('pem_approver', 'asked', 12), ('pem_leaver', 'left', 12)]
    bench.assert_whole()
