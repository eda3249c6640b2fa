import json

from odoo.tests import BaseCase, tagged
from odoo.tools import file_open

from odoo.addons.pem_campaigns.engine import answers, pattern


@tagged('post_install', '-at_install')
class TestVectors(BaseCase):

    def test_the_server_refuses_what_the_browser_refuses(self):
        with file_open('pem_partner_portal/static/tests/answer_vectors.json') as file:
            vectors = json.load(file)
        self.assertGreater(len(vectors), 50)
        for vector in vectors:
            with self.subTest(vector):
                asked = dict(vector['question'])
                if 'pattern' in asked:
                    asked['pattern'] = pattern.parse(asked['pattern'])
                question = answers.Question('q', required=vector.get('required', False), **asked)
                entered = ('on' if vector['ticked'] else '') if 'ticked' in vector else vector['entered']
                _values, faults = answers.check([question], {'q': entered})
                self.assertEqual(faults['q'].code if faults else '', vector['fault'])
