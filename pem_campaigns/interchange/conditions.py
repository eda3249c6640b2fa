"""Conditions that name records by number, made to travel: the numbers become references."""
from ..engine import conditions
from .references import is_reference, reference, resolve

#: Fields that hold a condition, and on what: a model, or the field that names it.
CONDITIONS = {
    ('pem.target.group', 'domain'): 'res.partner',
    ('pem.process.step', 'auto_approve_if'): None, ('pem.process.step', 'auto_reject_if'): None,
    ('pem.process.flow', 'condition'): None,
}


def subject_of(record):
    """Return the model that conditions of a step or flow look at."""
    return record.process_id.model or 'pem.case'


def _comodel(env, model, path):
    """Return the model of the records that a path on a model leads to, None when it leads to something else."""
    names = path.split('.')
    for number, name in enumerate(names, 1):
        if model not in env:
            return None
        if name == 'id':
            return model if number == len(names) else None
        field = env[model]._fields.get(name)
        if field is None or not field.relational:
            return None
        model = field.comodel_name
    return model


def _is_number(value):
    return isinstance(value, int) and not isinstance(value, bool)


def portable(names, text, model):
    """Return a condition that means the same elsewhere: the text itself, or the domain with references for numbers.

    >>> portable(names, "[('country_id', '=', 75)]", 'res.partner')                                         # doctest: +SKIP
    {'domain': [['country_id', '=', {'one': True, 'refs': [{'model': 'res.country', 'key': ['FR'], 'name': 'France'}]}]]}
    """
    try:
        domain = conditions.parse(text)
    except conditions.Unusable:
        return text or None
    changed, result = False, []
    for item in domain:
        if isinstance(item, str):
            result.append(item)
            continue
        path, operator, value = item
        comodel = _comodel(names.env, model, path) if isinstance(path, str) else None
        many = isinstance(value, (list, tuple))
        numbers = list(value) if many else [value]
        if comodel and numbers and all(map(_is_number, numbers)):
            changed = True
            refs = [reference(names, names.env[comodel].browse(number)) for number in numbers]
            value = {'one': not many, 'refs': [one for one in refs if one]}
        result.append([path, operator, list(value) if isinstance(value, tuple) else value])
    return {'domain': result} if changed else text or None


def is_portable(value):
    """Say whether a value from a file can be a condition."""
    if value is None or isinstance(value, str):
        return True
    return isinstance(value, dict) and isinstance(value.get('domain'), list) and all(
        isinstance(item, str) or (isinstance(item, list) and len(item) == 3 and isinstance(item[0], (str, int)) and isinstance(item[1], str))
        for item in value['domain'])


def fit(names, value, missing):
    """Return a condition from a file without the references to what is not here.

    :param missing: called with each such reference
    """
    if not isinstance(value, dict):
        return value
    result = []
    for item in value['domain']:
        if isinstance(item, list) and isinstance(item[2], dict):
            refs = item[2].get('refs')
            kept = []
            for one in refs if isinstance(refs, list) else []:
                if is_reference(one):
                    if one['model'] in names.env and resolve(names, one, one['model']):
                        kept.append(one)
                    else:
                        missing(one)
            item = [item[0], item[1], {'one': bool(item[2].get('one')), 'refs': kept}]
        result.append(item)
    return {'domain': result}


def text(names, value):
    """Return the text of a condition from a file; a record that is not here is matched by nothing."""
    if not isinstance(value, dict):
        return value or False
    domain = []
    for item in value['domain']:
        if isinstance(item, list):
            path, operator, right = item
            if isinstance(right, dict):
                ids = [resolve(names, one, one['model']).id for one in right['refs']]
                right = (ids or [0])[0] if right['one'] else ids
            item = (path, operator, right)
        domain.append(item)
    return repr(domain)
