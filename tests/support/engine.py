"""The pure rules of an addon without Odoo: its engine, and its tests' reference models."""
import sys
import types

from pemsetup.paths import ROOT


def load():
    """Make ``odoo.addons.pem_campaigns.engine`` and ``….tests.processes`` importable where Odoo is not."""
    if 'odoo' in sys.modules:
        return
    addon = ROOT / 'pem_campaigns'
    for name, path in (
            ('odoo', None), ('odoo.addons', None), ('odoo.addons.pem_campaigns', addon), ('odoo.addons.pem_campaigns.tests', addon / 'tests')):
        module = sys.modules[name] = types.ModuleType(name)
        module.__path__ = [str(path)] if path else []
