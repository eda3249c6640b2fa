"""Partners who send something twice."""
import re

from ..support.concurrency import collide


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
