"""The gateway is the only door: proved over every model and every route our addons have, on a server with demo data.

``paula`` (Brightwater) and ``jonas`` (Northlake) are partners with a login; neither may see anything of the other, and
neither has a right on any model.
"""
import re
from typing import NamedTuple

import pytest
import requests

from .support.inventory import inventory
from .support.server import RpcError

#: What a partner is called who tries to reach what is not theirs, and whose things they try to reach.
INTRUDER, OWNER_PARTNER = 'paula', 'pem_campaigns.res_partner_demo_northlake'
REFUSALS = ('odoo.exceptions.AccessError', 'odoo.exceptions.AccessDenied', 'odoo.exceptions.UserError')
#: What an access right would allow, with the arguments that make it do so.
RIGHTS = {
    'search_read': lambda ids: ([], []),
    'read': lambda ids: (ids, []),
    'search': lambda ids: ([],),
    'search_count': lambda ids: ([],),
    'web_search_read': lambda ids: ([], {'display_name': {}}),
    'web_read': lambda ids: (ids, {'display_name': {}}),
    'write': lambda ids: (ids, {}),
    'unlink': lambda ids: (ids,),
    'copy': lambda ids: (ids,),
    'name_search': lambda ids: ('',),
    'export_data': lambda ids: (ids, ['id']),
    'formatted_read_group': lambda ids: ([], [], ['__count']),
}
#: What a method may answer whom it refuses.
NOTHING = ('None', 'False')


class Outcome(NamedTuple):
    """What came of a call: an answer, or the name of an error."""

    text: str
    error: str = ''

    @property
    def answered(self):
        return not self.error


@pytest.fixture
def ours(demo_database):
    return inventory(demo_database)


def fingerprint(database, models):
    """Return a digest of every table of ours, so that nothing can change unseen."""
    tables = [model.replace('.', '_') for model in models]
    existing = {table for table, in database.rows('SELECT relname FROM pg_class WHERE relkind = %s', 'r')}
    return {
        table: database.rows(f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {table} t')
        for table in sorted(existing.intersection(tables))}


def secrets(admin, models):
    """Return texts out of our records that no refused call may repeat."""
    found = set()
    for model in models:
        if not _is_readable(admin, model):
            continue
        fields = admin.call(model, 'fields_get', [], ['type', 'store'])
        names = [name for name, field in fields.items() if field['type'] in ('char', 'text', 'html') and field.get('store')]
        for record in admin.call(model, 'search_read', [], names, limit=20):
            found |= {value for name, value in record.items() if isinstance(value, str) and len(value) > 9 and ' ' in value}
    # The heading of a column in a partner's file may be the label of a field, which is no secret.
    labels = [f'{field["field_description"]} {field["help"]}' for field in admin.call(
        'ir.model.fields', 'search_read', [('model', 'in', models)], ['field_description', 'help'])]
    labels += [label['name'] for label in admin.call('ir.model.fields.selection', 'search_read', [('field_id.model', 'in', models)], ['name'])]
    # Nor is the name of a group, after which a step is called: a refusal names who would be allowed.
    labels += [group['full_name'] for group in admin.call('res.groups', 'search_read', [], ['full_name'])]
    return {value for value in found if not any(value in label for label in labels)}


def test_a_partner_can_neither_read_nor_call_anything_on_any_model(demo_odoo, demo_database, ours):
    admin = demo_odoo.login('admin')
    intruder = demo_odoo.login(INTRUDER)
    demo_odoo.expected.append('')
    stored = [model for model in ours['models'] if _is_stored(admin, model)]
    assert len(stored) > 15, stored
    hidden = secrets(admin, stored)
    assert len(hidden) > 50
    before = fingerprint(demo_database, stored)
    leaks, answered = [], []
    for model, methods in ours['models'].items():
        ids = _some_ids(admin, model) if model in stored else []
        for method, arguments in RIGHTS.items() if ids else ():
            outcome = _call(intruder, model, method, *arguments(ids))
            if outcome.answered or outcome.error not in REFUSALS:
                answered.append((model, method, outcome))
        for method in methods:
            for arguments in ([ids], [ids, {}], [ids, [], []], [ids, 'x', 'x', 'x']):
                outcome = _call(intruder, model, method, *arguments)
                if any(secret in outcome.text for secret in hidden):
                    leaks.append((model, method, outcome))
                if outcome.answered and method in ours['own'][model] and outcome.text not in NOTHING:
                    answered.append((model, method, outcome))
                if outcome.error in REFUSALS:
                    break
    assert not leaks, '\n'.join(map(str, leaks))
    assert not answered, '\n'.join(map(str, answered))
    assert fingerprint(demo_database, stored) == before


def test_a_visitor_can_call_nothing_at_all(demo_odoo, ours):
    demo_odoo.expected.append('')
    visitor = demo_odoo.visitor()
    for model in ours['models']:
        with pytest.raises(RpcError, match='Session'):
            visitor.call(model, 'search_read', [], [])
        response = visitor.post(f'/json/2/{model}/search_read', json={})
        assert response.status_code in (401, 403, 404), (model, response.status_code)


def test_no_route_leads_a_partner_to_anything_of_another(demo_odoo, demo_database, ours):
    admin = demo_odoo.login('admin')
    intruder = demo_odoo.login(INTRUDER)
    visitor = demo_odoo.visitor()
    demo_odoo.expected.append('')
    owner = admin.ref(OWNER_PARTNER)
    targets = _targets(admin, owner)
    assert targets['task_id'] and targets['case_id'] and targets['file_id']
    stored = [model for model in ours['models'] if _is_stored(admin, model)]
    before = fingerprint(demo_database, stored)
    reached, tried = [], 0
    for route in ours['routes']:
        if not any(name.endswith(('_id', '_ids')) for name in route['arguments']):
            continue
        for address in _addresses(route, targets):
            for client in (intruder, visitor):
                for method in route['methods']:
                    tried += 1
                    if not _is_refused(client, route, method, address):
                        reached.append((method, address, 'intruder' if client is intruder else 'visitor'))
    assert tried > 40, tried
    assert not reached, reached
    assert fingerprint(demo_database, stored) == before


def test_odoo_hands_out_no_file_and_no_message_of_ours(demo_odoo, ours):
    admin = demo_odoo.login('admin')
    intruder = demo_odoo.login(INTRUDER)
    demo_odoo.expected.append('')
    ours_ids = set(admin.call('mail.message', 'search', [('model', '=like', 'pem.%')]))
    assert ours_ids
    for session in (intruder, demo_odoo.visitor()):
        files = admin.call('ir.attachment', 'search_read', [('res_model', '=like', 'pem.%')], ['id', 'name'])
        assert files
        for file in files:
            for address in (f'/web/content/{file["id"]}', f'/web/image/{file["id"]}', f'/web/content?id={file["id"]}'):
                response = session.get(address)
                assert response.status_code in (403, 404) or response.headers['Content-Type'].startswith('image/'), address
                assert 'PDF' not in response.text[:10]
        case_id = admin.call('pem.case', 'search', [('partner_id', 'child_of', admin.ref(OWNER_PARTNER))])[0]
        response = session.get(f'/mail/view?model=pem.case&res_id={case_id}', allow_redirects=False)
        assert response.status_code in (303, 404) and f'/case/{case_id}' not in response.headers.get('Location', '')
        for route, params in (
            ('/mail/thread/messages', {'thread_model': 'pem.case', 'thread_id': case_id}),
            ('/mail/message/post', {'thread_model': 'pem.case', 'thread_id': case_id, 'post_data': {'body': 'x'}}),
        ):
            try:
                answer = session.json(route, **params)
            except (RpcError, requests.HTTPError):
                continue
            # Odoo answers for a thread out of reach with what the asker may read elsewhere: never with ours.
            assert not ours_ids.intersection((answer or {}).get('messages', [])), (route, answer)


def _is_stored(admin, model):
    [record] = admin.call('ir.model', 'search_read', [('model', '=', model)], ['abstract', 'transient'])
    return not record['abstract'] and not record['transient']


def _is_readable(admin, model):
    """Say whether the administrator may read a model: some are the engine's alone."""
    return admin.call(model, 'has_access', [], 'read')


def _some_ids(admin, model):
    return (_is_readable(admin, model) and admin.call(model, 'search', [], limit=1)) or [1]


def _call(session, model, method, *arguments):
    try:
        return Outcome(str(session.call(model, method, *arguments)))
    except RpcError as error:
        return Outcome(str(error), error.name or 'unknown')


def _targets(admin, owner):
    """Return what belongs to the other partner: ``{argument of a route: values}``."""
    def found(model, field='partner_id'):
        return admin.call(model, 'search', [(field, 'child_of', owner)])

    tasks, cases = found('pem.task'), found('pem.case')
    files = admin.call('ir.attachment', 'search', [('res_model', '=like', 'pem.%')])
    return {
        'task_id': tasks, 'case_id': cases, 'case_ids': cases, 'file_id': files[:3] or [1], 'page': [1],
        'form_id': admin.call('pem.form', 'search', [], limit=2), 'process_id': admin.call('pem.process', 'search', [], limit=2),
        'claim_id': found('pem.claim'), 'documents': {'special-pricing': found('pem.special.pricing'), 'claims': found('pem.claim')},
    }


def _addresses(route, targets):
    """Yield the addresses of a route with every id of the other partner's, and with one that nobody has."""
    texts = {'question': 'registration_document', 'table': 'lines', 'kind': 'x12', 'action': 'recall'}
    name = next(name for name in route['arguments'] if name.endswith(('_id', '_ids')) and name != 'file_id')
    pools = targets['documents'] if name == 'document_id' else {'': targets[name]}
    for slug, pool in pools.items():
        for record_id in [*pool, 10**8]:
            values = {**texts, 'slug': slug, name: record_id, 'file_id': targets['file_id'][0], 'page': 1}
            yield re.sub(r'<(?:[^:<>]+:)?([^<>]+)>', lambda match, values=values: str(values[match.group(1)]), route['rule'])


def _is_refused(client, route, method, address):
    if route['type'] == 'jsonrpc':
        try:
            answer = client.json(address, entries=[['answer.phone', '+1']], access_token='AQ')
        except RpcError:
            return True
        return 'error' in answer
    options = {'allow_redirects': False}
    if method == 'POST':
        page = client.get('/web/login' if client.uid is None else '/my/requests').text
        token = re.search(r'csrf_token"?\s*(?:value=|:\s*)"([^"]+)"', page).group(1)
        options['data'] = {'csrf_token': token, 'answer.phone': '+1', 'action': 'submit', 'text': 'x', 'name': 'x',
                           'email': 'x@y.example', 'access_token': 'AQ' if client.uid is None else ''}
        options['files'] = {'file': ('x.pdf', b'%PDF-1.4')}
    response = client.request(method, address, **options)
    if response.status_code in (403, 404):
        return True
    if response.status_code == 303:
        return '/web/login' in response.headers['Location']
    return address.endswith('/renew') and 'Please look at your mail' in response.text
