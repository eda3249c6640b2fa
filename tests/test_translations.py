"""Partners and colleagues read their own language, and every sentence keeps what the program puts into it."""
import re

import polib
import pytest
from pemsetup import addons
from pemsetup.paths import ROOT

CATALOGUES = sorted((path for name in addons.names() for path in (ROOT / name / 'i18n').glob('*.po')), key=str)
# What the program fills in or draws: %s, %(name)s, {{ expression }}, and tags without the two attributes people read.
SLOTS = re.compile(r'%\(\w+\)[a-z]|%[sd]|\{\{.*?\}\}|</?[a-z][^>]*>')
READ = re.compile(r'(?<= )(title|aria-label)="[^"]*"')


def slots(text):
    return sorted(READ.sub(r'\1', slot) for slot in SLOTS.findall(text))


@pytest.mark.parametrize('path', CATALOGUES, ids=lambda path: f'{path.parent.parent.name}-{path.stem}')
def test_a_translation_fits_what_the_addon_says_today(path):
    catalogue = polib.pofile(path, check_for_duplicates=True)
    template = {entry.msgid for entry in polib.pofile(path.with_name(f'{path.parent.parent.name}.pot'))}
    assert catalogue.metadata['Language'] == path.stem
    assert [entry.msgid for entry in catalogue if entry.msgid not in template] == []
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete] == []
    assert [entry.msgid for entry in catalogue.translated_entries() if slots(entry.msgid) != slots(entry.msgstr)] == []


@pytest.mark.parametrize('language', ['de', 'fr', 'es'])
def test_partners_find_no_english_in_their_portal(language):
    translated = {entry.msgid for entry in polib.pofile(ROOT / 'pem_partner_portal' / 'i18n' / f'{language}.po').translated_entries()}
    said = {entry.msgid for entry in polib.pofile(ROOT / 'pem_partner_portal' / 'i18n' / 'pem_partner_portal.pot')}
    assert said - translated == set()
