"""Who can log in to the demo database: read from the addons' demo data and checked against the database."""
import xml.etree.ElementTree as ElementTree

from . import addons
from .paths import ROOT


def table(database):
    """A line for each demo user: login, password, who that is."""
    secrets = {'base.user_admin': 'admin', **_passwords()}
    rows = database.rows("""
        SELECT u.login, d.module || '.' || d.name, p.name, p.function, c.name, u.share
          FROM ir_model_data d
          JOIN res_users u ON u.id = d.res_id AND d.model = 'res.users' AND u.active
          JOIN res_partner p ON p.id = u.partner_id
     LEFT JOIN res_partner c ON c.id = p.parent_id
         WHERE d.module || '.' || d.name = ANY(%s)
      ORDER BY u.share, d.module = 'base', u.id""", list(secrets))
    lines = [('log in as', 'password', '')]
    for login, xmlid, name, function, company, share in rows:
        role = ', '.join(filter(None, [name, function, company if company != name else '']))
        lines.append((login, secrets[xmlid], f"{role}{' (partner portal)' if share else ''}"))
    widths = [max(len(line[column]) for line in lines) + 3 for column in (0, 1)]
    return '\n'.join(f'  {login:{widths[0]}}{password:{widths[1]}}{who}'.rstrip() for login, password, who in lines)


def _passwords():
    """XML id: password, of the users our addons' demo data creates."""
    found = {}
    for name in addons.names():
        for path in addons.manifest(name).get('demo', ()):
            if not path.endswith('.xml'):
                continue
            for record in ElementTree.parse(ROOT / name / path).iter('record'):
                password = record.find("field[@name='password']")
                if record.get('model') == 'res.users' and password is not None:
                    xmlid = record.get('id')
                    found[xmlid if '.' in xmlid else f'{name}.{xmlid}'] = password.text
    return found
