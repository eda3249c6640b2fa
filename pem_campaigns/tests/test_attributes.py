from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import PemCase


@tagged('post_install', '-at_install')
class TestAttributes(PemCase):
    """A manager adds data points to partners without code; they are Odoo's own Properties."""

    def choices(self, attribute):
        definition = next(one for one in attribute._definitions() if one['name'] == attribute.technical_name)
        return [tuple(choice[:2]) for choice in definition[attribute.value_type]]

    def test_a_manager_adds_an_attribute_and_every_partner_has_it(self):
        attribute = self.env['pem.attribute'].with_user(self.manager).create({'name': "Head Count", 'value_type': 'integer'})
        self.assertEqual(attribute.technical_name, 'head_count')
        self.acme.properties = {'head_count': 7}
        self.assertEqual(self.env['res.partner'].search([('properties.head_count', '=', 7)]), self.acme)

    def test_a_user_who_is_no_manager_cannot_change_what_partners_have(self):
        with self.assertRaises(AccessError):
            self.env['pem.attribute'].with_user(self.user).create({'name': "Mine"})
        with self.assertRaises(AccessError):
            self.tier.with_user(self.user).write({'name': "Mine"})
        with self.assertRaises(AccessError):
            self.tier.with_user(self.user)._write_definition()
        with self.assertRaises(AccessError):
            self.tier.with_user(self.user).unlink()

    def test_attributes_of_the_same_name_stay_apart(self):
        second = self.make_attribute("Tier")
        self.assertEqual(second.technical_name, 'tier_2')

    def test_a_name_without_latin_letters_is_possible(self):
        self.assertEqual(self.make_attribute("等級").technical_name, 'attribute')

    def test_a_renamed_attribute_keeps_its_values(self):
        self.acme.properties = {'tier': 'gold'}
        self.tier.name = "Level"
        label = next(one['string'] for one in self.tier._definitions() if one['name'] == 'tier')
        self.assertEqual(label, "Level")
        self.assertEqual(self.env['res.partner'].search([('properties.tier', '=', 'gold')]), self.acme)

    def test_choices_keep_what_partners_chose_when_they_move_or_others_come(self):
        self.tier.choices = "Bronze\nSilver\nGold"
        self.assertEqual(self.choices(self.tier), [('bronze', "Bronze"), ('silver', "Silver"), ('gold', "Gold")])

    def test_a_choice_whose_line_is_changed_is_renamed(self):
        self.acme.properties = {'tier': 'gold'}
        self.tier.choices = "Golden partner\nSilver"
        self.assertEqual(self.choices(self.tier), [('gold', "Golden partner"), ('silver', "Silver")])
        self.assertEqual(self.acme.properties['tier'], "Golden partner")

    def test_choices_that_look_alike_to_a_machine_stay_apart(self):
        grade = self.make_attribute("Grade", 'selection', choices="A+\nA-\n一\n二")
        keys = [key for key, _label in self.choices(grade)]
        self.assertEqual(len(set(keys)), 4)
        grade.choices = "二\n一\nA-\nA+\nA*"
        self.assertEqual([key for key, _label in self.choices(grade)][:4], keys[::-1])

    def test_an_archived_attribute_keeps_its_values(self):
        self.acme.properties = {'tier': 'gold'}
        self.tier.active = False
        self.assertEqual(self.acme.properties['tier'], "Gold")

    def test_an_attribute_with_values_is_archived_not_deleted(self):
        spare = self.make_attribute("Spare", choices=False)
        self.acme.properties = {'spare': "x"}
        with self.assertRaisesRegex(ValidationError, "Archive it"):
            spare.unlink()
        self.acme.properties = {'spare': False}
        spare.unlink()
        self.assertNotIn('spare', [one['name'] for one in self.env['pem.attribute']._definitions()])

    def test_the_type_of_an_attribute_with_values_stays(self):
        self.acme.properties = {'seats': 3}
        with self.assertRaisesRegex(ValidationError, "has values already"):
            self.seats.value_type = 'char'
        with self.assertRaisesRegex(ValidationError, "already describes"):
            self.seats.technical_name = 'chairs'

    def test_fields_that_belong_to_the_sponsor_are_not_asked_of_partners(self):
        for name in ('user_id', 'company_id', 'active', 'parent_id', 'barcode'):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.govern(name)

    def test_values_are_imported_by_odoos_own_import(self):
        result = self.env['res.partner'].with_user(self.env.ref('base.user_admin')).load(
            ['name', 'properties.tier', 'properties.seats'],
            [["AT&T", "Gold", "12"], ["Moody's", "Silver", ""], ["Brown–Forman Ltd", "", "0"]])
        self.assertFalse(result['messages'])
        partners = self.env['res.partner'].browse(result['ids'])
        self.assertEqual(partners.mapped('name'), ["AT&T", "Moody's", "Brown–Forman Ltd"])
        values = (self.tier | self.seats)._read_values(partners)
        self.assertEqual([(values[partner.id][self.tier.id], values[partner.id][self.seats.id]) for partner in partners],
                         [('gold', 12), ('silver', False), (False, 0)])
        # A wrong choice is told with its line, and nothing is written.
        result = self.env['res.partner'].load(['name', 'properties.tier'], [["Wrong", "Platinum"]])
        self.assertFalse(result['ids'])
        self.assertIn("Platinum", result['messages'][0]['message'])

    def test_values_are_read_in_two_queries_however_many_partners(self):
        attributes = self.tier | self.seats | self.govern('phone') | self.govern('country_id')
        self.acme.write({'country_id': self.env.ref('base.fr').id, 'properties': {'tier': 'gold'}})
        many = self.env['res.partner'].create([{'name': str(number)} for number in range(50)]) | self.acme
        self.env.flush_all()
        self.env.invalidate_all()
        attributes.mapped('technical_name')
        with self.assertQueryCount(2):
            values = attributes._read_values(many)
        self.assertEqual(values[self.acme.id], {
            self.tier.id: 'gold', self.seats.id: False, self.govern('phone').id: '+1 617 555 0100',
            self.govern('country_id').id: self.env.ref('base.fr').id})
