"""What our addons consist of, asked of Odoo itself: models, the methods anybody may call by RPC, and routes."""
import inspect
import json

from pemsetup.paths import LOGS
from pemsetup.site import TEST

_MARK = 'PEM-INVENTORY:'


def inventory(database):
    """Return ``{'models': {name: [public methods]}, 'own': {name: [those our code defines]}, 'routes': [route]}``.

    A route has ``rule``, ``arguments`` (``{name: converter}``), ``methods``, ``type`` and ``auth``.
    """
    log = LOGS / 'tests' / 'inventory.log'
    log.unlink(missing_ok=True)
    script = f'{inspect.getsource(_take)}\nprint("{_MARK}" + __import__("json").dumps(_take(env)))\n'
    process = TEST.start('shell', '-d', database.name, '--no-http', log=log, text=script)
    assert process.wait() == 0, log.read_text()[-2000:]
    line = next(line for line in log.read_text().splitlines() if _MARK in line)
    return json.loads(line.partition(_MARK)[2])


def _take(env):
    models, own = {}, {}
    for name, model in env.registry.items():
        if not name.startswith('pem.'):
            continue
        names = [
            method for method in dir(model)
            if not method.startswith('_') and callable(getattr(model, method, None))
            and not getattr(getattr(model, method), '_api_private', False)]
        models[name] = names
        own[name] = [
            method for method in names
            if (getattr(getattr(model, method), '__module__', '') or '').startswith('odoo.addons.pem_')]
    routes = []
    for rule in env['ir.http'].routing_map().iter_rules():
        if not rule.endpoint.func.__module__.startswith('odoo.addons.pem_'):
            continue
        routes.append({
            'rule': rule.rule,
            'arguments': {argument: type(rule._converters[argument]).__name__ for argument in rule.arguments},
            'methods': sorted(set(rule.methods or ('GET', 'POST')) & {'GET', 'POST'}),
            'type': rule.endpoint.routing['type'],
            'auth': rule.endpoint.routing['auth'],
        })
    return {'models': models, 'own': own, 'routes': routes}
