from base64 import b64decode

from odoo.tests import tagged

from odoo.addons.pem_campaigns.engine.answers import FILES
from odoo.addons.pem_campaigns.tests.common import PemCase
from odoo.addons.pem_campaigns.tests.test_library import LibraryStories

from ..controllers.requests import parse_entries
from .common import upload

PNG = b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')


@tagged('-at_install', 'post_install')
class TestLibraryInThePortal(LibraryStories, PemCase):
    """The processes of the library, answered through the gateway as a browser would."""

    allow_inherited_tests_method = True

    def answer(self, case, values):
        gateway = self.env['pem.gateway'].with_user(self.acme_user)
        actor = gateway._actor()
        sheet = gateway._task_sheet(actor, self.open_task(case).id)
        pairs = []
        for name, value in values.items():
            question = sheet.question(name)
            if question.value_type in FILES:
                for file in value:
                    gateway._upload(sheet, name, upload(file['name'], PNG) if file['name'].endswith('.png') else upload(file['name']))
            elif question.value_type == 'table':
                pairs += [(f'row.{name}.{number}.{column}', text) for number, row in enumerate(value) for column, text in row.items()]
            else:
                pairs.append((f'answer.{name}', '1' if value is True else str(value)))
        self.assertFalse(gateway._submit(actor, sheet, parse_entries(pairs)))
