import json
import re
import time

from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools import file_open

from odoo.addons.pem_campaigns.engine import answers, formula, pattern

from .test_engine import JSON, quick

NUMBERS = st.integers(-1000, 1000) | st.floats(-1000, 1000, allow_nan=False).map(lambda value: round(value, 3))


def arithmetic():
    """Texts of formulas over a, b and c that Python computes alike."""
    leaf = st.sampled_from('abc') | st.integers(0, 99).map(str) | st.sampled_from(['0.5', '2.25'])
    return st.recursive(leaf, lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(['+', '-', '*', '/']), inner).map(lambda part: f'({part[0]} {part[1]} {part[2]})'),
        st.tuples(inner, st.sampled_from(['<', '<=', '==', '!=']), inner).map(lambda part: f'({part[0]} {part[1]} {part[2]})'),
        st.tuples(inner, inner, inner).map(lambda part: f'({part[0]} if {part[1]} else {part[2]})'),
        st.tuples(inner, st.sampled_from(['and', 'or']), inner).map(lambda part: f'({part[0]} {part[1]} {part[2]})'),
        inner.map(lambda part: f'-{part}'), inner.map(lambda part: f'(not {part})'), inner.map(lambda part: f'abs({part})'),
        st.tuples(inner, inner).map(lambda part: f'max({part[0]}, {part[1]})'),
        st.tuples(inner, inner).map(lambda part: f'min({part[0]}, {part[1]})')), max_leaves=8)


@tagged('post_install', '-at_install')
class TestKindsEngine(BaseCase):
    """Tables, computed values and patterns, without a database."""

    # Formulas

    def test_formulas_compute_on_the_server_what_the_shared_examples_say(self):
        with file_open('pem_campaigns/static/tests/formula_vectors.json') as vectors:
            for vector in json.load(vectors):
                with self.subTest(vector['why']):
                    self.assertEqual(formula.parse(vector['formula']), vector['parsed'])
                    result = formula.evaluate(vector['parsed'], vector['values'])
                    self.assertEqual(result, vector['result'])
                    self.assertEqual(isinstance(result, bool), isinstance(vector['result'], bool))

    @quick
    @given(arithmetic(), st.fixed_dictionaries(dict.fromkeys('abc', NUMBERS)))
    def test_a_formula_computes_what_python_would(self, text, values):
        try:
            expected = eval(text, {'__builtins__': {'abs': abs, 'min': min, 'max': max}}, values)
        except ZeroDivisionError:
            expected = False
        result = formula.evaluate(formula.parse(text), values)
        if abs(expected) >= formula.LARGEST:
            self.assertIs(result, False)
            return
        # A part that is false may not have been looked at by one of them before the division by zero.
        self.assertAlmostEqual(result, expected, delta=1e-9)

    @quick
    @given(st.text(max_size=40) | arithmetic() | st.text('abc.()+-*/<>=!,0129 ifelsnotadrumx\'"[]{}:_', max_size=40), JSON)
    def test_whatever_is_written_as_a_formula_is_computed_or_refused(self, text, value):
        try:
            parsed = formula.parse(text)
        except formula.Unusable:
            return
        result = formula.evaluate(parsed, {'a': value, 'b': [{'x': value}], 'c': False})
        json.dumps([parsed, result], allow_nan=False)
        self.assertIn(formula.kind(parsed), ('number', 'boolean', 'text'))

    def test_a_formula_can_neither_call_nor_reach_anything(self):
        for text in ("__import__('os')", 'a.b', 'lines.x + 1', 'a ** 2', '[1]', 'lambda: 1', 'f(a)', 'sum(a)', 'round(a, b)', 'a[0]',
                     'sum(x.y.z)', '1e400', 'min(*a)', 'sum(lines.x, start=1)', '(a := 5)', "f'{a}'", 'None', '~a', "b'x'",
                     '-' * 60 + 'a', '+'.join('a' * 600)):
            with self.subTest(text), self.assertRaises(formula.Unusable):
                formula.parse(text)

    # Patterns

    @quick
    @given(st.from_regex(r'([a-c.]|\[\^?[a-c]+-?\]|\\d|\(a\|b[bc]?\))([*+?]|\{[0-3](,[3-5]?)?\})?'
                         r'(([a-c.]|\\w)([*+?]|\{2\})?){0,4}', fullmatch=True), st.text('abcd1 -', max_size=12))
    def test_a_pattern_matches_what_python_matches(self, text, answer):
        try:
            parsed = pattern.parse(text)
        except pattern.Unusable:
            assume(False)
        self.assertEqual(parsed.matches(answer), bool(re.fullmatch(text, answer, re.ASCII)))
        self.assertEqual(parsed.matches(answer), bool(re.fullmatch(parsed.source, answer)))

    @quick
    @given(st.text(max_size=30) | st.text('ab()[]{}|*+?.^$\\-,123d', max_size=20))
    def test_whatever_is_written_as_a_pattern_is_understood_or_refused(self, text):
        try:
            parsed = pattern.parse(text)
        except pattern.Unusable:
            return
        re.compile(parsed.source)
        self.assertEqual(pattern.parse(parsed.source).source, parsed.source)

    def test_no_pattern_takes_forever(self):
        for text in ('(a+)+', '(a|a)*', '(a*)*', '(x+x+)+y', '((ab)*)*', '(a|b|ab)+', '(a?){30}a{30}', '(.*a){20}'):
            with self.subTest(text), self.assertRaisesRegex(pattern.Unusable, 'endless'):
                pattern.parse(text)
        begin = time.monotonic()
        self.assertFalse(pattern.parse('.*.*.*.*.*.*.*.*x').matches('a' * 2000))
        self.assertTrue(pattern.parse('([a-z]+-)*[a-z]+').matches('-'.join(['abc'] * 500)))
        self.assertLess(time.monotonic() - begin, 1)

    def test_what_browsers_read_in_another_way_is_refused(self):
        for text in ('(?=a)', '(?i)a', r'a\b', r'(a)\1', r'\A', r'\p{L}', '(?P<x>a)', 'a++', 'a^b', '[[a]'):
            with self.subTest(text), self.assertRaises(pattern.Unusable):
                pattern.parse(text)

    # Tables

    @quick
    @given(JSON | st.lists(st.dictionaries(st.sampled_from(['key', 'n', 't', 'sum', 'x']), JSON, max_size=4), max_size=4),
           st.integers(0, 2), st.integers(0, 3), st.booleans(), st.booleans())
    def test_whatever_is_sent_as_rows_is_understood_or_refused_with_a_reason(self, raw, least, most, required, is_seen):
        seen = [(1, '=', int(is_seen))]
        table = answers.Question('rows', 'table', least=least, most=most, required=required, seen=seen, columns=(
            answers.Question('n', 'integer', required=True), answers.Question('t', 'char', visible=[('n', '>', 0)]),
            answers.Question('sum', 'computed', formula=formula.parse('n * factor'))))
        factor = answers.Question('factor', 'integer')
        values, faults = answers.check([table, factor], {'rows': raw, 'factor': 2})
        json.dumps(values, allow_nan=False)
        for name in faults:
            self.assertRegex(name, r'^rows(\.[A-Za-z0-9_-]+\.(n|t|sum))?$')
        if not faults:
            self.assertEqual(answers.check([table, factor], values), (values, {}))
            for row in values['rows'] or []:
                self.assertEqual(row['sum'], row['n'] * 2)

    def test_errors_of_cells_name_the_row_by_its_key_or_its_number(self):
        table = answers.Question('rows', 'table', columns=(answers.Question('n', 'integer', minimum=1),))
        rows = [{'n': '5'}, {'n': ''}, {'n': 'x'}, {'key': 'k9', 'n': '0'}]
        values, faults = answers.check([table], {'rows': rows})
        self.assertEqual({name: fault.code for name, fault in faults.items()}, {'rows.2.n': 'not_integer', 'rows.k9.n': 'too_small'})
        self.assertEqual(values['rows'], [{'n': 5}, {'n': False}, {'n': False}])

    def test_a_computed_value_may_stand_above_what_it_is_computed_from(self):
        total = answers.Question('total', 'computed', formula=formula.parse('a + b'))
        asked = answers.Question('why', 'char', required=True, visible=[('total', '>', 10)])
        numbers = [answers.Question(name, 'integer', visible=[('on', '=', True)] if name == 'b' else []) for name in 'ab']
        switch = answers.Question('on', 'boolean')
        self.assertEqual(
            answers.check([total, asked, *numbers, switch], {'a': 8, 'b': 5, 'total': 1}),
            ({'total': 8, 'why': False, 'a': 8, 'b': False, 'on': False}, {}))
        self.assertEqual(set(answers.check([total, asked, *numbers, switch], {'a': 8, 'b': 5, 'on': True})[1]), {'why'})

    @quick
    @given(st.lists(st.tuples(st.sampled_from('abcde'), st.sets(st.sampled_from('abcde'), max_size=2)), max_size=5, unique_by=lambda one: one[0]))
    def test_questions_are_settled_after_those_they_depend_on(self, design):
        questions = [answers.Question(name, 'computed', formula=formula.parse(' + '.join(sorted(read)) or '1')) for name, read in design]
        ordered = [question.name for question in answers.order(questions)]
        self.assertCountEqual(ordered, [name for name, _read in design])
        if not answers.circles(questions):
            for name, read in design:
                for other in read & set(ordered):
                    self.assertLess(ordered.index(other), ordered.index(name))

    # Standing answers

    def test_a_read_only_question_keeps_what_is_on_file(self):
        tier = answers.Question('tier', 'char', required=True, readonly=[('partner.tier', '!=', False)])
        facts = {'partner': {'tier': 'gold'}}
        self.assertEqual(answers.check([tier], {'tier': 'forged'}, facts, {'tier': 'gold'}), ({'tier': 'gold'}, {}))
        self.assertEqual(answers.check([tier], {'tier': 'forged'}, facts), ({'tier': False}, {}))
        self.assertEqual(answers.check([tier], {'tier': 'mine'}, {'partner': {'tier': False}}), ({'tier': 'mine'}, {}))

    def test_what_is_on_file_counts_only_when_it_is_confirmed_or_corrected(self):
        phone = answers.Question('phone', 'phone', revalidate=True)
        present = {'phone': '+1 617 555 0100'}
        self.assertEqual(answers.check([phone], {**present}, present=present)[1]['phone'].code, 'unconfirmed')
        self.assertFalse(answers.check([phone], {**present, answers.CONFIRMED: ['phone']}, present=present)[1])
        self.assertFalse(answers.check([phone], {'phone': '+1 617 555 0199'}, present=present)[1])
        self.assertFalse(answers.check([phone], {'phone': ''}, present=present)[1])

    def test_another_reader_is_not_asked_and_what_was_answered_stays(self):
        bank = answers.Question('bank', 'char', required=True, seen=[('reader.role', '=', 'Finance')])
        self.assertEqual(answers.check([bank], {}, {'reader': {'role': 'Sales'}}), ({'bank': False}, {}))
        self.assertEqual(answers.check([bank], {'bank': 'DE12'}, {'reader': {'role': 'Sales'}}), ({'bank': 'DE12'}, {}))
        self.assertEqual(set(answers.check([bank], {}, {'reader': {'role': 'Finance'}})[1]), {'bank'})
