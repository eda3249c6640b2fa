from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import PemCase


@tagged('post_install', '-at_install')
class TestTargetGroups(PemCase):
    """A saved audience: who is in it is asked anew each time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sector = cls.make_attribute("Sector", 'selection', choices="Health Care\nEnergy")
        cls.founded = cls.make_attribute("Founded", 'integer')
        cls.a, cls.b, cls.c, cls.d = (cls.make_partner(f"Partner {letter}", ref='pem-group') for letter in 'ABCD')
        cls.a.write({'city': "Boston", 'properties': {'sector': 'health_care', 'founded': 1999}})
        cls.b.write({'city': "Boston", 'properties': {'sector': 'energy', 'founded': 1910}})
        cls.c.write({'city': "Rome", 'properties': {'sector': 'health_care', 'founded': 1940}})
        cls.d.write({'city': "Rome", 'properties': {'sector': 'energy', 'founded': 2001}})
        cls.everybody = cls.make_group(name="All", domain="[('ref', '=', 'pem-group')]")

    def members(self, group):
        return self.env['res.partner'].search(group._get_partner_domain())

    def test_a_group_is_a_condition_over_fields_and_attributes(self):
        group = self.make_group(name="G", domain=(
            "['&', ('ref', '=', 'pem-group'), '|', '&', ('properties.sector', '=', 'health_care'), ('city', '=', 'Boston'), "
            "('properties.founded', '<', 1950)]"))
        self.assertEqual(self.members(group), self.a | self.b | self.c)
        self.assertEqual(group.partner_count, 3)
        self.d.properties = {'sector': 'energy', 'founded': 1800}
        group.invalidate_recordset(['partner_count'])
        self.assertEqual(group.partner_count, 4)

    def test_groups_combine_to_union_intersection_and_difference(self):
        boston = self.make_group(name="Boston", domain="[('ref', '=', 'pem-group'), ('city', '=', 'Boston')]")
        health = self.make_group(name="Health", domain="[('properties.sector', '=', 'health_care')]")
        for operator, domain, expected in (
            ('union', '[]', self.a | self.b | self.c),
            ('union', f"[('id', '=', {self.d.id})]", self.a | self.b | self.c | self.d),
            ('intersection', "[('ref', '=', 'pem-group')]", self.a),
            ('difference', "[('ref', '=', 'pem-group')]", self.d),
        ):
            group = self.make_group(name="G", domain=domain, source_operator=operator,
                                    source_group_ids=[Command.set((boston | health).ids)])
            with self.subTest(operator=operator, domain=domain):
                self.assertEqual(self.members(group), expected)

    def test_hand_picked_partners_come_in_and_stay_out(self):
        group = self.make_group(
            name="G", domain="[('ref', '=', 'pem-group'), ('city', '=', 'Boston')]",
            include_partner_ids=[Command.set((self.c | self.d).ids)], exclude_partner_ids=[Command.set((self.a | self.d).ids)])
        self.assertEqual(self.members(group), self.b | self.c)

    def test_a_group_asks_companies_not_the_people_in_them(self):
        person = self.env['res.partner'].create({'name': "P", 'parent_id': self.a.id, 'ref': 'pem-group'})
        self.assertNotIn(person, self.members(self.everybody))
        self.everybody.companies_only = False
        self.assertIn(person, self.members(self.everybody))

    def test_an_archived_group_still_keeps_its_partners_out_of_others(self):
        competitors = self.make_group(self.a, name="Competitors")
        group = self.make_group(name="G", domain="[('ref', '=', 'pem-group')]", source_operator='difference',
                                source_group_ids=[Command.set(competitors.ids)])
        competitors.active = False
        self.env.invalidate_all()
        self.assertNotIn(self.a, self.members(group))

    def test_an_archived_partner_is_in_no_group(self):
        self.a.active = False
        self.assertNotIn(self.a, self.members(self.everybody))

    def test_no_group_means_nobody(self):
        self.assertFalse(self.members(self.env['pem.target.group']))

    def test_a_group_is_not_made_of_itself(self):
        first = self.make_group(self.a, name="First")
        second = self.make_group(self.b, name="Second", source_group_ids=[Command.set(first.ids)])
        with self.assertRaisesRegex(ValidationError, "made of itself"):
            first.source_group_ids = second

    def test_a_condition_that_cannot_be_used_is_refused_with_the_name_of_the_group(self):
        for domain in ("[('no_such_field', '=', 1)]", "['|', ('city', '=', 'Rome')]", "import os", "[('city', '~', 1)]"):
            with self.subTest(domain), self.assertRaisesRegex(ValidationError, "“Broken”"):
                self.make_group(name="Broken", domain=domain)

    def test_a_group_whose_attribute_is_gone_counts_nobody_and_does_not_break_the_page(self):
        group = self.make_group(name="G", domain="[('properties.sector', '=', 'energy')]")
        self.env.cr.execute("UPDATE pem_target_group SET domain = '[(''gone'', ''='', 1)]' WHERE id = %s", [group.id])
        group.invalidate_recordset()
        self.assertEqual(group.partner_count, 0)
        self.campaign.target_group_ids = group
        self.assertEqual(self.campaign.audience_count, 0)

    def test_a_reader_counts_only_partners_they_may_see(self):
        other = self.env['res.company'].create({'name': "Other Co"})
        self.a.company_id = other
        self.assertNotIn(self.a, self.env['res.partner'].with_user(self.manager).search(
            self.everybody._get_partner_domain()))
        self.assertEqual(self.everybody.with_user(self.manager).partner_count, 3)
