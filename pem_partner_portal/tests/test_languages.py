from odoo.tests import HttpCase, tagged


@tagged('post_install', '-at_install')
class TestLanguages(HttpCase):

    def test_the_browser_refuses_answers_in_the_language_of_the_page(self):
        self.env['res.lang']._activate_lang('de_DE')
        sentences = self.url_open('/website/translations?lang=de_DE').json()['modules']['pem_partner_portal']['messages']
        said = {sentence['id']: sentence['string'] for sentence in sentences}
        self.assertEqual(said["Please answer this question."], "Bitte beantworten Sie diese Frage.")
        self.assertEqual(said["Draft saved"], "Entwurf gespeichert")
