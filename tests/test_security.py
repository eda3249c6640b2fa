"""The gateway is the only door: proved over every model and every route our addons have, on a server with demo data.

``paula`` (Brightwater) and ``jonas`` (Northlake) are partners with a login; neither may see anything of the other, and
neither has a right on any model.
"""
import re

import pytest

from .support.inventory import inventory
from .support.server import RpcError

#: What a partner is called who tries to reach what is not theirs, and whose things they try to reach.
INTRUDER, OWNER_PARTNER = 'paula', 'pem_campaigns.res_partner_demo_northlake'
#: Inherited methods that answer from the model's definition, not from records, or that only browse ids.
REFUSALS = ('odoo.exceptions.AccessError', 'odoo.exceptions.AccessDenied')


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
        fields = admin.call(model, 'fields_get', [], ['type', 'store'])
        names = [name for name, field in fields.items() if field['type'] in ('char', 'text', 'html') and field.get('store')]
        for record in admin.call(model, 'search_read', [], names, limit=20):
            found |= {value for name, value in record.items() if isinstance(value, str) and len(value) > 9 and ' ' in value}
    return found


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
        for attempt in (('search_read', [], []), ('read', ids, []), ('search', []), ('web_search_read', [], {'display_name': {}}),
                        ('write', ids, {}), ('create', [{}]), ('unlink', ids), ('export_data', ids, ['id']),
                        ('name_search', ''), ('formatted_read_group', [], [], ['__count'])):
            if attempt[0] in methods and (refusal := _call(intruder, model, *attempt)) not in REFUSALS:
                answered.append((model, attempt[0], refusal))
        for method in methods:
            for arguments in ([ids], [ids, {}], [ids, [], []], [ids, 'x', 'x', 'x']):
                outcome = _call(intruder, model, method, *arguments)
                if isinstance(outcome, dict) and any(secret in outcome['text'] for secret in hidden):
                    leaks.append((model, method, arguments[1:]))
                if method in ours['own'][model] and outcome not in REFUSALS and outcome != 'TypeError':
                    answered.append((model, method, outcome))
                if outcome in REFUSALS:
                    break
    assert not leaks, leaks
    assert not answered, answered
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
        if not any(name.endswith('_id') for name in route['arguments']):
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


def _is_stored(admin, model):
    [record] = admin.call('ir.model', 'search_read', [('model', '=', model)], ['abstract', 'transient'])
    return not record['abstract'] and not record['transient']


def _some_ids(admin, model):
    return admin.call(model, 'search', [], limit=2) or [1]


def _call(session, model, method, *arguments):
    """Call a method; return the name of the error that refused it, or what it answered as ``{'text'}``."""
    try:
        return {'text': str(session.call(model, method, *arguments))}
    except RpcError as error:
        return 'TypeError' if error.name == 'builtins.TypeError' else error.name or str(error)


def _targets(admin, owner):
    """Return what belongs to the other partner: ``{argument of a route: values}``."""
    def found(model, field='partner_id'):
        return admin.call(model, 'search', [(field, 'child_of', owner)])

    tasks, cases = found('pem.task'), found('pem.case')
    files = admin.call('ir.attachment', 'search', [('res_model', '=like', 'pem.%')])
    return {
        'task_id': tasks, 'case_id': cases, 'file_id': files[:3] or [1], 'page': [1],
        'special-pricing': found('pem.special.pricing'),
    }


def _addresses(route, targets):
    """Yield the addresses of a route with every id of the other partner's, and with one that nobody has."""
    texts = {'slug': 'special-pricing', 'question': 'registration_document'}
    name = next(name for name in route['arguments'] if name.endswith('_id') and name != 'file_id')
    pool = targets['special-pricing'] if name == 'document_id' else targets[name]
    for record_id in [*pool, 10**8]:
        values = {**texts, name: record_id, 'file_id': targets['file_id'][0], 'page': 1}
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
