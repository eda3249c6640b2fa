"""Partners who give the answer that only one of them may give."""
import re

from ..support.concurrency import released_together


def test_of_two_partners_who_give_the_same_unique_answer_at_once_one_is_told_so(bench):
    tasks = bench.database.rows(
        "SELECT task.id FROM pem_task task JOIN pem_campaign campaign ON campaign.id = campaign_id "
        "WHERE campaign.name->>'en_US' = 'serials' AND task.state = 'open' ORDER BY task.id")
    [[process_id]] = bench.database.rows("SELECT id FROM pem_process WHERE name->>'en_US' = 'serials'")

    def send(server, login, task_id):
        session, path = server.login(login), f'/my/requests/{task_id}'
        token = re.search(r'name="csrf_token" value="([^"]+)"', session.get(path).text).group(1)
        return lambda: session.post(path, data={'csrf_token': token, 'answer.serial': 'SN-1', 'action': 'submit'}).text

    # Both have looked whether somebody gave it already before either says so.
    pages = released_together(bench, 'SELECT FROM pem_process WHERE id = %s FOR UPDATE', process_id, *(
        send(server, login, task_id) for server, login, (task_id,) in zip(bench.servers, ('serial_one', 'serial_two'), tasks, strict=True)))
    assert sorted('Somebody else gave this answer already.' in page for page in pages) == [False, True]
    assert bench.database.rows(
        "SELECT count(*) FROM pem_submission WHERE task_id IN %s", tuple(task_id for task_id, in tasks)) == [(1,)]
    assert bench.database.rows('SELECT count(*) FROM pem_unique_answer WHERE process_id = %s', process_id) == [(1,)]
    bench.assert_whole()
