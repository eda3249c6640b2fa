"""A real Odoo server, and how a test speaks to it."""
import re

import requests
from pemsetup import server

LOST_CONNECTION = re.compile(r'connection already closed|closed the connection unexpectedly')


class RpcError(Exception):
    """The server refused: ``name`` is the exception's class there, the message what a user would read."""

    def __init__(self, error):
        data = error.get('data', {})
        super().__init__(data.get('message') or error.get('message'))
        self.name = data.get('name', '')


class TestServer(server.Server):
    """See `pemsetup.server.Server`; ``expected`` are patterns of log entries that the test provokes."""

    __test__ = False

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.expected = []

    def login(self, login, password=None):
        """A session of that user, as a browser's; demo users' and admin's password is their login."""
        return Session(self.url, self.database.name).login(login, password or login)

    def visitor(self):
        """A session of somebody who has not logged in."""
        return Session(self.url, self.database.name)

    def unexpected(self):
        """What it logged that no test expects. A job that was at work when the server stopped loses its connection."""
        problems, stopping = self.log.problems(), False
        for entry in self.log.entries():
            if ': Initiating shutdown' in entry.text:
                stopping = True
            elif ' running on ' in entry.text:
                stopping = False
            elif stopping and entry in problems and LOST_CONNECTION.search(entry.text):
                problems.remove(entry)
        return [problem for problem in problems if not any(re.search(pattern, problem.text) for pattern in self.expected)]


class Session(requests.Session):
    """Takes paths for addresses: ``session.get('/my')``."""

    def __init__(self, url, database):
        super().__init__()
        self.base = url
        self.database = database
        self.uid = None

    def request(self, method, url, **options):
        options.setdefault('timeout', 120)
        return super().request(method, self.base + url if url.startswith('/') else url, **options)

    def json(self, route, **params):
        """Call a ``jsonrpc`` route; returns its result or raises `RpcError`."""
        answer = self.post(route, json={'jsonrpc': '2.0', 'method': 'call', 'params': params})
        answer.raise_for_status()
        content = answer.json()
        if 'error' in content:
            raise RpcError(content['error'])
        return content.get('result')

    def login(self, login, password):
        self.uid = self.json('/web/session/authenticate', db=self.database, login=login, password=password)['uid']
        return self

    def call(self, model, method, *args, **kwargs):
        """Call a public method as the web client does: ``call('res.partner', 'search_read', [], ['name'], limit=5)``."""
        return self.json(f'/web/dataset/call_kw/{model}/{method}', model=model, method=method, args=args, kwargs=kwargs)

    def ref(self, xmlid):
        """The id of the record with this XML id (for administrators)."""
        return self.call('ir.model.data', 'search_read', _xmlid_domain(xmlid), ['res_id'])[0]['res_id']

    def run_cron(self, xmlid):
        """Run a scheduled action now (for administrators)."""
        return self.call('ir.cron', 'method_direct_trigger', [self.ref(xmlid)])


def _xmlid_domain(xmlid):
    module, name = xmlid.split('.')
    return [('module', '=', module), ('name', '=', name)]
