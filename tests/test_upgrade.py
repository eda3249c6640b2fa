"""What people made with the last release is still there after an update, and goes on."""
import tarfile
from pathlib import Path

import pytest
from pemsetup import addons, databases, source, templates
from pemsetup.logs import Log
from pemsetup.paths import LOGS

# The first test waits for the databases of all of them.
pytestmark = pytest.mark.timeout(900)

# The addons as they were, in the file rather than in git's history, of which a clone may have only the end. Of the next release:
#   git archive TAG pem_campaigns … | tar x -C FOLDER, without i18n, tests, static/tests and readme; tar c -C FOLDER . | xz -9e
RELEASE = Path(__file__).parent / 'data' / 'release_19.0.1.0.0.tar.xz'
RELEASED = ['pem_campaigns', 'pem_partner_portal', 'pem_channel_incentives']

# What must not change, by the id of its row.
KEPT = {
    'cases': 'SELECT id, name, state, waiting_on, answers, trail_length, trail_seal, partner_id, process_id FROM pem_case',
    'trail': 'SELECT id, case_id, sequence, kind, payload, seal FROM pem_event',
    'tasks': 'SELECT id, case_id, step_id, state, outcome, contact_id, draft FROM pem_task',
    'turns': 'SELECT id, task_id, user_id, state, decision, comment FROM pem_task_approver',
    'submissions': 'SELECT id, case_id, number, state, decided_by_id, decided_on, comment FROM pem_submission',
    'answers': 'SELECT id, submission_id, name, label, value, display, old_display, comment FROM pem_submission_answer',
    'questions': 'SELECT id, form_id, name, value_type, attribute_id, required FROM pem_form_field',
    'attributes': 'SELECT id, technical_name, kind, value_type FROM pem_attribute',
    'partners': "SELECT id, name, phone, properties::text FROM res_partner WHERE properties IS NOT NULL",
}
VERIFIED = 'SELECT attribute_id, partner_id, case_id, expires_on FROM pem_attribute_verification ORDER BY 1, 2'


def kept(database):
    return {name: {row[0]: row[1:] for row in database.rows(query)} for name, query in KEPT.items()}


@pytest.fixture(scope='module')
def updated(odoo_site, tmp_path_factory):
    """A database made with demo data by the last release and updated since: it, and what it was before."""
    folder = tmp_path_factory.mktemp('release')
    with tarfile.open(RELEASE) as archive:
        archive.extractall(folder, filter='data')
    database = templates.foreign(odoo_site, addons.names(), demo=True).copy(f'{templates.run_prefix()}upgrade')
    path = ','.join(map(str, [*source.ensure().addons, folder]))
    databases.odoo(database, '-i', ','.join(RELEASED), '--with-demo', f'--addons-path={path}', log=_log('install'))
    before = {
        **kept(database), 'verified': database.rows(VERIFIED),
        'verdicts': dict(database.rows('SELECT id, verdict FROM pem_submission_answer'))}
    databases.odoo(database, '-u', ','.join(RELEASED), log=_log('update'))
    yield database, before
    database.drop()


def _log(name):
    log = LOGS / 'tests' / f'upgrade_{name}.log'
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    return log


def test_the_update_says_nothing_unexpected(updated):
    problems = [problem.text for problem in Log(LOGS / 'tests' / 'upgrade_update.log').problems()]
    assert not problems, '\n'.join(problems)


def test_nothing_that_was_there_is_lost(updated):
    database, before = updated
    after = kept(database)
    assert len(before['cases']) > 10, "the release had a demo"
    for name in KEPT:
        changed = {key: (row, after[name].get(key)) for key, row in before[name].items() if after[name].get(key) != row}
        assert not changed, f'{name}: {list(changed.items())[:3]}'
    assert database.rows(VERIFIED) == before['verified']


def test_everything_goes_on(updated, serve):
    database, before = updated
    admin = serve(database).login('admin')
    cases = admin.call('pem.case', 'search', [('id', 'in', [*before['cases']])])
    assert admin.call('pem.case', 'action_verify_trail', cases)['params']['type'] == 'success'
    answers = admin.call('pem.submission.answer', 'search_read', [('id', 'in', [*before['verdicts']])], ['verdict'])
    assert {answer['id']: answer['verdict'] for answer in answers} == before['verdicts']
    [task], [login] = zip(*database.rows("""
        SELECT t.id, u.login FROM pem_task t JOIN pem_task_approver l ON l.task_id = t.id JOIN res_users u ON u.id = l.user_id
        WHERE t.state = 'open' AND t.kind = 'approval' AND l.state = 'asked' AND t.campaign_id IS NOT NULL AND t.approvals_needed = 1
            AND NOT EXISTS (SELECT FROM pem_submission_answer a WHERE a.case_id = t.case_id AND a.mark = 'returned')
        ORDER BY t.id LIMIT 1
    """), strict=True)
    admin = serve(database).login(login) if login != 'admin' else admin
    admin.call('pem.task', 'action_approve', [task])
    assert database.rows("SELECT state, outcome FROM pem_task WHERE id = %s", task) == [('done', 'approved')]
