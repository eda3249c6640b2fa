"""Messages that several workers send at once."""
from ..support.concurrency import together


def test_two_workers_send_the_messages_and_nobody_gets_one_twice(bench):
    tasks = bench.queue_only('messages')
    assert len(tasks) == 200
    together(bench, "env['pem.task']._cron_send_notices(size=20)")
    bench.admin.run_cron('pem_campaigns.ir_cron_send_notices')
    assert bench.database.rows("SELECT count(*), count(DISTINCT m.res_id) FROM mail_mail JOIN mail_message m ON m.id = mail_message_id "
                               "WHERE m.model = 'pem.task' AND m.res_id = ANY(%s)", tasks) == [(200, 200)]
    assert bench.database.rows("SELECT DISTINCT notice_state FROM pem_task WHERE id = ANY(%s)", tasks) == [('sent',)]
    bench.assert_whole()


def test_messages_meet_a_change_of_somebody_else_and_go_out_all_the_same(bench):
    [task], [case] = bench.queue_only('meeting'), bench.cases('meeting')
    with bench.holding('UPDATE pem_case SET opened = NOT opened WHERE id = %s', case, commit=True):
        worker = bench.start("env['pem.task']._cron_send_notices()", 'meeting')
        bench.wait_for_blocked(1)
    assert worker.wait() == 0
    assert bench.database.rows("SELECT count(*) FROM pem_event WHERE case_id = %s AND kind = 'notified'", case) == [(1,)]
    assert bench.database.rows("SELECT notice_state FROM pem_task WHERE id = %s", task) == [('sent',)]
    bench.assert_whole()


def same_contact(bench, campaign):
    """Let one contact be asked in all cases of a campaign; the contact and the tasks."""
    tasks = bench.queue_only(campaign)
    [(contact,)] = bench.database.rows('SELECT min(contact_id) FROM pem_task WHERE id = ANY(%s)', tasks)
    bench.database.rows('UPDATE pem_task SET contact_id = %s WHERE id = ANY(%s) RETURNING id', contact, tasks)
    return contact, tasks


def test_two_workers_together_write_no_more_to_a_contact_than_the_cap(bench):
    contact, tasks = same_contact(bench, 'cap')
    assert len(tasks) == 20
    with bench.parameter('pem_campaigns.contact_cap', '3'):
        together(bench, "env['pem.task']._cron_send_notices(size=1)")
        bench.admin.run_cron('pem_campaigns.ir_cron_send_notices')
    # Three singly, and what is over stays for a digest next week.
    assert bench.database.rows("SELECT count(*) FROM pem_notice WHERE contact_id = %s", contact) == [(3,)]
    assert bench.database.rows(
        "SELECT notice_held, count(*) FROM pem_task WHERE id = ANY(%s) AND notice_state = 'queued' GROUP BY notice_held", tasks) == [(True, 17)]
    bench.assert_whole()


def test_a_message_that_another_transaction_does_not_see_yet_counts_all_the_same(bench):
    contact, (one, two) = same_contact(bench, 'unseen')
    # Each knows of one task only; both begin before the other one is done.
    script = """
import time
from odoo.service.model import retrying
env.cr.execute('SELECT count(*) FROM pem_notice')
env.cr.execute('SELECT pg_advisory_lock_shared(4711), pg_advisory_unlock_shared(4711)')
def send():
    contact = env['res.partner'].browse({contact})
    if not contact.try_lock_for_update(allow_referencing=True):
        time.sleep(2)
        env.cr.execute('SELECT FROM res_partner WHERE id = %s FOR NO KEY UPDATE', [contact.id])
    env['pem.task'].browse({task})._send_notices()
retrying(send, env)
env.cr.commit()
"""
    with bench.parameter('pem_campaigns.contact_cap', '1'):
        with bench.holding('SELECT pg_advisory_lock(4711)'):
            workers = [bench.start(script.format(contact=contact, task=task), f'unseen{task}') for task in (one, two)]
            bench.wait_for_blocked(2)
        assert [worker.wait() for worker in workers] == [0, 0]
    assert bench.database.rows("SELECT count(*) FROM pem_notice WHERE contact_id = %s", contact) == [(1,)]
    assert sorted(bench.database.rows("SELECT notice_state FROM pem_task WHERE id IN (%s, %s)", one, two)) == [('queued',), ('sent',)]
