"""Cases that wait, and what wakes them twice."""
from ..support.concurrency import released_together, together
from ..support.server import RpcError


def test_the_same_report_of_another_system_that_arrives_twice_at_once_counts_once(bench):
    for case in bench.cases('hook'):
        [address] = bench.manager.call('pem.case', 'read', [case], ['hook_url'])
        path = address['hook_url'][address['hook_url'].index('/pem/hook/'):]
        answers = released_together(bench, 'SELECT FROM pem_case WHERE id = %s FOR UPDATE', case, *(
            lambda server=server, path=path: server.visitor().post(path, json={'order': 7}) for server in bench.servers))
        assert {answer.status_code for answer in answers} == {200}
        assert sorted(answer.json()['status'] for answer in answers) == ['already received', 'received']
        assert bench.database.rows("SELECT kind FROM pem_event WHERE case_id = %s ORDER BY sequence", case) == [
            ('started',), ('hook_received',), ('closed',)]
    bench.assert_whole()


def test_two_workers_wake_the_same_cases_and_each_goes_on_once(bench):
    cases = bench.cases('wait')
    bench.database.rows("UPDATE pem_task SET wake_date = '2026-01-05 09:00' WHERE case_id = ANY(%s)", cases)
    together(bench, "env['pem.task']._cron_wake(size=10)")
    bench.admin.run_cron('pem_campaigns.ir_cron_wake')
    assert len(cases) == 120
    assert bench.database.rows(
        "SELECT kind, count(*), count(DISTINCT case_id) FROM pem_event WHERE case_id = ANY(%s) GROUP BY kind ORDER BY kind", cases) == [
            ('closed', 120, 120), ('started', 120, 120), ('woke', 120, 120)]
    bench.assert_whole()


def test_two_cases_that_a_third_one_called_and_that_end_at_once_let_it_go_on_once(bench):
    sessions = [server.login('pem_approver') for server in bench.servers]
    for case in bench.cases('both'):
        tasks = [row[0] for row in bench.database.rows(
            "SELECT t.id FROM pem_task t JOIN pem_case c ON c.id = t.case_id WHERE c.parent_case_id = %s AND t.state = 'open'", case)]
        assert len(tasks) == 2
        results = released_together(bench, 'SELECT FROM pem_case WHERE id = %s FOR UPDATE', case, *(
            lambda session=session, task=task: session.call('pem.task', 'action_complete', [task])
            for session, task in zip(sessions, tasks, strict=True)))
        assert not [result for result in results if isinstance(result, RpcError)]
        assert bench.database.rows("SELECT state FROM pem_case WHERE id = %s", case) == [('done',)]
        assert bench.database.rows(
            "SELECT kind, count(*) FROM pem_event WHERE case_id = %s GROUP BY kind ORDER BY kind", case) == [
                ('call_returned', 2), ('called', 2), ('closed', 1), ('started', 1)]
    bench.assert_whole()
