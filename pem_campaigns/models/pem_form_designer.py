from odoo import api, models
from odoo.exceptions import UserError


class PemForm(models.Model):
    """What the form designer of the web client asks while somebody designs."""

    _inherit = 'pem.form'

    @api.model
    def get_condition_facts(self):
        """Return what conditions may read beside answers: a list of descriptions of fields, as ``fields_get`` gives them,
        with their ``path``.
        """
        self.browse().check_access('read')
        return self._condition_facts()

    @api.model
    def _condition_facts(self):
        """Return the facts about the partner and about who looks; another addon adds its own."""
        countries = [[country.code, country.name] for country in self.env['res.country'].search_fetch([], ['code', 'name'])]
        facts = [
            {'path': 'partner.name', 'string': self.env._("Name of the partner"), 'type': 'char'},
            {'path': 'partner.city', 'string': self.env._("City of the partner"), 'type': 'char'},
            {'path': 'partner.country_code', 'string': self.env._("Country of the partner"), 'type': 'selection', 'selection': countries},
            {'path': 'partner.is_company', 'string': self.env._("Partner is a company"), 'type': 'boolean'},
        ]
        kinds = {'text': 'char', 'many2one': 'integer'}
        definitions = {definition['name']: definition for definition in self.env['pem.attribute']._definitions()}
        for attribute in self.env['pem.attribute'].search([('kind', '=', 'property'), ('portal_access', '!=', 'none')]):
            fact = {
                'path': f'partner.properties.{attribute.technical_name}',
                'string': self.env._("%s of the partner", attribute.name),
                'type': kinds.get(attribute.value_type, attribute.value_type),
            }
            if attribute.value_type in ('selection', 'tags'):
                definition = definitions.get(attribute.technical_name, {})
                fact['selection'] = [choice[:2] for choice in definition.get(attribute.value_type) or []]
            facts.append(fact)
        languages = [[code, name] for code, name in self.env['res.lang'].get_installed()]
        return [
            *facts,
            {'path': 'reader.role', 'string': self.env._("Job position of the reader"), 'type': 'char'},
            {'path': 'reader.is_guest', 'string': self.env._("Reader came by a link, without logging in"), 'type': 'boolean'},
            {'path': 'reader.is_administrator', 'string': self.env._("Reader administers the partner's users"), 'type': 'boolean'},
            {'path': 'reader.country_code', 'string': self.env._("Country of the reader"), 'type': 'selection', 'selection': countries},
            {'path': 'reader.language', 'string': self.env._("Language of the reader"), 'type': 'selection', 'selection': languages},
        ]

    def get_designer_problems(self, changes):
        """Return why a process with this form could not be published, by question.

        Nothing is written: the form is looked at as it would be after saving.

        :param changes: unsaved values of the form, as its form view would save them
        :return: ``[[id or virtual id of the question, [sentence]]]``
        """
        self.check_access('read')
        form = self.new(changes, origin=self)
        try:
            found = form._problems_by_field()
        except ValueError as error:
            raise UserError(self.env._("A condition cannot be used: %s", error)) from error
        return [[field.id.origin or field.id.ref, sentences] for field, sentences in found.items() if sentences]
