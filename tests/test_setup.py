"""The commands in setup/: what they take for a problem, how they count, when they build anew."""
import pytest
from pemsetup import addons, commands, console, files, logs, site, suite_uninstall
from pemsetup.report import Report

from .bench.measurement import Measurement

STAMP = '2026-11-24 06:08:59,123 77'


def log(*lines):
    return logs.Log(text='\n'.join(lines) + '\n')


def test_a_warning_of_our_addon_is_a_problem():
    ours = log(f'{STAMP} WARNING db odoo.addons.pem_campaigns.models.pem_case: a case is odd')
    assert [problem.level for problem in ours.problems()] == ['WARNING']


def test_a_warning_of_odoo_itself_is_a_problem_only_while_our_addons_are_installed():
    foreign = log(f'{STAMP} WARNING db odoo.addons.mail.models.mail_thread: something', f'{STAMP} INFO db odoo.modules: fine')
    assert not foreign.problems()
    assert len(foreign.problems(everybody=True)) == 1


def test_an_error_of_odoo_whose_traceback_passes_through_our_code_is_ours():
    error = log(
        f'{STAMP} ERROR db odoo.http: Exception during request handling.', 'Traceback (most recent call last):',
        '  File "/srv/addons/pem_campaigns/models/pem_case.py", line 5, in advance', 'ValueError: no', f'{STAMP} INFO db odoo.http: later')
    assert [problem.text.splitlines()[-1] for problem in error.problems()] == ['ValueError: no']


def test_warnings_of_python_libraries_are_nobodys_problem():
    assert not log(f'{STAMP} WARNING db py.warnings: /usr/lib/num2words/x.py:1: DeprecationWarning: old').problems(everybody=True)


def test_python_and_javascript_tests_are_counted_together():
    run = log(
        f"{STAMP} INFO db odoo.addons.pem_campaigns.tests.test_case: skipped TestPrint.test_pdf : wkhtmltopdf is not installed",
        f'{STAMP} INFO db odoo.addons.web.tests.test_js.WebSuite: [HOOT] Passed 12 tests (40 assertions, total time: 2s)',
        f"{STAMP} ERROR db odoo.addons.pem_campaigns.tests.test_case: FAIL: TestCase.test_a", 'AssertionError: 1 != 2',
        f"{STAMP} ERROR db odoo.tests.result: 1 failed, 1 error(s) of 10 tests when loading database 'db'")
    counts = run.tests()
    assert (counts.passed, counts.failed, len(counts.skips)) == (10 - 2 - 1 + 12, 2, 1)
    assert [entry.text.splitlines()[-1] for entry in run.failures()] == ['AssertionError: 1 != 2']


def test_the_last_line_says_how_many_passed_failed_and_were_skipped():
    report = Report()
    report.add(passed=3, skipped=1)
    report.check('a check', [])
    report.check('another', ['this is wrong', 'that too'])
    assert report.total == '4 passed, 1 failed, 1 skipped'


def test_the_digest_of_an_addon_follows_its_content(monkeypatch, tmp_path):
    (tmp_path / 'pem_x').mkdir()
    source = tmp_path / 'pem_x' / 'a.py'
    monkeypatch.setattr(addons, 'ROOT', tmp_path)
    source.write_text('1')
    first = addons.content('pem_x')
    source.write_text('2')
    assert addons.content('pem_x') != first
    source.write_text('1')
    (tmp_path / 'pem_x' / '__pycache__').mkdir()
    (tmp_path / 'pem_x' / '__pycache__' / 'a.pyc').write_text('compiled')
    assert addons.content('pem_x') == first


def test_addons_come_after_those_they_depend_on():
    names = addons.names()
    for name in names:
        assert not set(addons.manifest(name)['depends']).intersection(names[names.index(name):])


def test_what_failed_is_done_again_and_what_succeeded_is_not(monkeypatch, tmp_path):
    monkeypatch.setattr(files, 'STATE', tmp_path)
    calls = []

    def fail():
        calls.append('failed')
        raise console.Stop('no network')

    with pytest.raises(console.Stop):
        files.once('thing', 'key', fail)
    files.once('thing', 'key', lambda: calls.append('done'))
    files.once('thing', 'key', fail)
    assert calls == ['failed', 'done']


def test_a_program_that_fails_is_one_line_with_its_last_word(monkeypatch, tmp_path):
    monkeypatch.setattr(commands, 'LOGS', tmp_path)
    with pytest.raises(console.Stop, match=r'^fetching failed: E: no route \(all of it: .*fetching.log\)$'):
        commands.quiet(['sh', '-c', 'echo trying; echo "E: no route"; echo hint; exit 3'], 'fetching')


def test_what_an_addon_leaves_behind_is_named():
    before = ({('column', 'res_partner.id')}, {'res_partner': 5})
    after = ({('column', 'res_partner.id'), ('column', 'res_partner.pem_x')}, {'res_partner': 6})
    assert suite_uninstall._left(before, after) == [
        'column res_partner.pem_x is left over', 'res_partner has 1 rows more than before the installation']
    assert suite_uninstall._left(before, before) == []


def test_databases_of_another_server_have_file_stores_of_their_own(monkeypatch):
    monkeypatch.delenv('PGHOST', raising=False)
    monkeypatch.delenv('ODOO_RC', raising=False)
    own = site.RUN.data
    monkeypatch.setenv('PGHOST', 'db.example')
    assert site.RUN.data not in {own, site.TEST.data}


def test_a_benchmark_is_short_when_it_misses_its_goal_on_either_side():
    assert Measurement('fast', ours=1, yardstick=15, times_faster=15).ok
    assert not Measurement('slow', ours=1, yardstick=14.9, times_faster=15).ok
    assert Measurement('flat', ours=1.1, yardstick=1, at_most=1.1).ok
    assert not Measurement('steep', ours=1.2, yardstick=1, at_most=1.1).ok
