from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import PemCase


@tagged('post_install', '-at_install')
class TestForms(PemCase):
    """What a form asks, and what it says about an answer it cannot take."""

    def test_each_refused_answer_is_told_in_words(self):
        form = self.make_form(
            ("Name", 'char', {'required': True, 'maximum': 5}), ("Staff", 'integer', {'minimum': 1, 'maximum': 10}),
            ("Share", 'float', {'minimum': 0.5}), ("Mail", 'email'), ("Site", 'url'), ("Day", 'date'),
            ("Agree", 'boolean', {'required': True}), ("Pick", 'selection', {'choices': [('a', "A")]}),
            ("Any", 'tags', {'choices': [('a', "A"), ('b', "B")]}), ("Tel", 'phone'), ("Doc", 'file'), ("Land", 'country'),
            ("Title", 'heading'))
        _values, errors = form._check_answers({
            'name': '', 'staff': '11', 'share': '0.1', 'mail': 'a@b', 'site': 'x', 'day': '31.12.2026', 'agree': False,
            'pick': 'z', 'any': ['a', 'z'], 'tel': 'call me', 'doc': 'x.pdf', 'land': '999999'})
        self.assertEqual(errors, {
            'name': "Please answer this question.",
            'staff': "Please enter 10 or less.",
            'share': "Please enter 0.5 or more.",
            'mail': "Please enter one e-mail address, such as name@company.com.",
            'site': "Please enter a web address, such as www.company.com.",
            'day': "Please enter a date.",
            'agree': "Please tick this box to continue.",
            'pick': "Please choose one of the offered answers.",
            'any': "Please choose one of the offered answers.",
            'tel': "Please enter a phone number, such as +1 617 555 0100.",
            'doc': "Please upload the file again.",
            'land': "Please choose one of the offered answers.",
        })
        values, errors = form._check_answers({
            'name': ' Ann ', 'staff': '3', 'share': '0.5', 'mail': 'a@b.co', 'site': 'www.b.co/x', 'day': '2026-12-31',
            'agree': 'on', 'pick': 'a', 'any': ['b', 'a'], 'tel': '+33 (0)1 23 45', 'land': str(self.env.ref('base.fr').id),
            'doc': [{'id': 5, 'name': 'x.pdf'}]})
        self.assertFalse(errors)
        self.assertEqual(values['name'], 'Ann')
        self.assertEqual(values['land'], self.env.ref('base.fr').id)

    def test_a_largest_number_alone_refuses_what_is_below_zero(self):
        form = self.make_form(("Staff", 'integer', {'maximum': 10}), ("Balance", 'float'))
        self.assertEqual(form._check_answers({'staff': '-1'})[1], {'staff': "Please enter 0 or more."})
        self.assertFalse(form._check_answers({'staff': '0', 'balance': '-5'})[1])

    def test_numbers_are_read_in_the_language_of_the_reader(self):
        self.env['res.lang']._activate_lang('de_DE')
        form = self.make_form(("Share", 'float'))
        self.assertEqual(form.with_context(lang='de_DE')._check_answers({'share': '1.234,5'})[0], {'share': 1234.5})
        self.assertIn('share', form._check_answers({'share': '1.234,5'})[1])
        self.assertEqual(form.with_context(lang='de_DE').field_ids._display(1234.5), '1.234,50')

    def test_questions_react_to_the_partner_and_to_each_other(self):
        form = self.make_form(
            ("Reseller", 'boolean'),
            ("Seats", 'integer', {'required': True, 'visible_if': "[('reseller', '=', True)]"}),
            ("Tax", 'char', {'required_if': "[('partner.country_code', '=', 'FR')]"}))
        french, other = {'partner': {'country_code': 'FR'}}, {'partner': {'country_code': False}}
        self.assertEqual(set(form._check_answers({'reseller': 'on'}, french)[1]), {'seats', 'tax'})
        self.assertEqual(form._check_answers({'seats': '5'}, other), ({'reseller': False, 'seats': False, 'tax': False}, {}))

    def test_a_condition_that_cannot_be_used_is_refused_with_the_question(self):
        for text in ("[('a', 'child_of', 1)]", "[('a', '=like', 'x')]", "foo", "['&', ('a', '=', 1)]"):
            with self.subTest(text), self.assertRaisesRegex(ValidationError, "“Seats”"):
                self.make_form(("Seats", 'integer', {'visible_if': text}))

    def test_a_condition_on_a_question_that_is_not_there_keeps_the_process_from_being_published(self):
        form = self.make_form(
            ("Seats", 'integer', {'visible_if': "[('later', '=', True)]"}), ("Later", 'boolean'),
            ("Tax", 'char', {'required_if': "[('gone', '=', True)]"}))
        with self.assertRaises(UserError) as caught:
            self.make_simple_process(form)
        self.assertIn("“Answer”: “Seats” depends on “later”, but no question above it has this name.", str(caught.exception))
        self.assertIn("“Tax” depends on “gone”, but no question has this name.", str(caught.exception))

    def test_choices_that_the_attribute_does_not_know_keep_the_process_from_being_published(self):
        form = self.make_form(("Tier", 'selection', {'attribute_id': self.tier.id, 'choices': [('gold', "Gold"), ('tin', "Tin")]}))
        with self.assertRaisesRegex(UserError, "offers “Tin”, which the attribute “Tier” does not know"):
            self.make_simple_process(form)

    def test_names_of_questions_come_by_themselves_and_stay_apart(self):
        form = self.make_form(("Phone number", 'char'), ("Größe", 'char'))
        self.assertEqual(form.field_ids.mapped('name'), ['phone_number', 'gr_e'])
        with self.assertRaisesRegex(ValidationError, "“partner” is the partner"):
            form.field_ids[0].name = 'partner'
        with self.assertRaisesRegex(ValidationError, "cannot be a name"):
            form.field_ids[0].name = "Phone-1"

    def test_a_question_that_fills_an_attribute_takes_its_type_and_choices(self):
        form = self.make_form(("Any", 'char'))
        with Form(self.env['pem.form.field'].with_user(self.manager).with_context(default_form_id=form.id)) as line:
            line.attribute_id = self.tier
        added = form.field_ids.filtered('attribute_id')
        self.assertEqual((added.label, added.value_type), ("Tier", 'selection'))
        self.assertEqual(added.option_ids.mapped('key'), ['gold', 'silver'])
        with self.assertRaisesRegex(ValidationError, "cannot fill the attribute"):
            added.value_type = 'date'
