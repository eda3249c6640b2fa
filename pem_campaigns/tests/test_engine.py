import doctest
import json
from string import ascii_letters, digits

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools import file_open

from odoo.addons.pem_campaigns.engine import answers, chain, conditions, flow, formula, kinds, migration, pattern, soundness

from .common import PemCase

quick = settings(database=None, deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=5)


@tagged('post_install', '-at_install')
class TestEngine(BaseCase):
    """The rules that need no database."""

    def test_the_examples_in_the_documentation_are_true(self):
        for module in (answers, chain, conditions, flow, formula, kinds, migration, pattern, soundness):
            with self.subTest(module=module.__name__):
                result = doctest.testmod(module)
                self.assertTrue(result.attempted)
                self.assertFalse(result.failed)

    # Answers

    @quick
    @given(st.sampled_from(sorted(answers.TYPES)), JSON, st.booleans(), st.sampled_from('.,'))
    def test_whatever_is_sent_is_either_understood_or_refused_with_a_reason(self, kind, raw, required, point):
        question = answers.Question('q', kind, required=required, choices=frozenset({'a', 'b', 1}), decimal_point=point)
        values, faults = answers.check([question], {'q': raw})
        json.dumps(values, allow_nan=False).encode()
        if faults:
            self.assertFalse(values['q'])
        elif required and kind != 'computed':
            self.assertFalse(answers.empty(values['q']))
        # What was understood once is understood again, and means the same.
        self.assertEqual(answers.check([question], values)[0], values)

    @quick
    @given(st.integers(-2**31 + 1, 2**31 - 1))
    def test_a_whole_number_is_read_as_it_is_written_in_every_country(self, number):
        question = {point: answers.Question('q', 'integer', decimal_point=point) for point in '.,'}
        for text in (str(number), f' {number} ', f'{number:,}'.replace(',', ' '), number):
            for point in '.,':
                self.assertEqual(answers.parse(question[point], text), number)
        self.assertEqual(answers.parse(question['.'], f'{number:,}'), number)

    def test_a_decimal_comma_is_not_taken_for_a_thousand(self):
        english, german = (answers.Question('q', 'float', decimal_point=point) for point in '.,')
        self.assertEqual(answers.parse(german, '1.234,56'), 1234.56)
        self.assertEqual(answers.parse(english, '1,234.56'), 1234.56)
        with self.assertRaises(answers.Refused):
            answers.parse(english, '1,5')
        with self.assertRaises(answers.Refused):
            answers.parse(german, '1,234.56')

    def test_zero_answers_a_required_question_and_no_does_not_give_consent(self):
        number = answers.Question('n', 'integer', required=True)
        consent = answers.Question('c', 'boolean', required=True)
        values, faults = answers.check([number, consent], {'n': '0', 'c': ''})
        self.assertEqual(values['n'], 0)
        self.assertEqual({name: fault.code for name, fault in faults.items()}, {'c': 'consent'})

    def test_nobody_can_answer_as_somebody_else_by_sending_facts_along(self):
        question = answers.Question('secret', 'char', visible=[('partner.country_code', '=', 'US')])
        values, _faults = answers.check(
            [question], {'secret': 'x', 'partner': {'country_code': 'US'}}, {'partner': {'country_code': 'FR'}})
        self.assertEqual(values, {'secret': False})

    def test_a_question_hidden_by_a_hidden_question_is_neither_kept_nor_required(self):
        questions = [
            answers.Question('a', 'boolean'),
            answers.Question('b', 'boolean', visible=[('a', '=', True)]),
            answers.Question('c', 'char', required=True, visible=[('b', '=', True)]),
            answers.Question('d', 'char', required_if=[('c', '!=', False)]),
        ]
        values, faults = answers.check(questions, {'a': False, 'b': True, 'c': 'x'})
        self.assertEqual((values, faults), ({'a': False, 'b': False, 'c': False, 'd': False}, {}))

    # Conditions

    def test_conditions_mean_on_the_server_what_the_shared_examples_say(self):
        with file_open('pem_campaigns/static/tests/condition_vectors.json') as vectors:
            for vector in json.load(vectors):
                with self.subTest(vector['why']):
                    domain = conditions.parse(vector['condition'], conditions.OPERATORS)
                    self.assertIs(bool(conditions.matches(domain, vector['values'])), vector['holds'])

    @quick
    @given(st.lists(st.sampled_from(['&', '|', '!', ('a', '=', 1), ('b', '=', 1)]), max_size=7),
           st.fixed_dictionaries({'a': st.integers(0, 1), 'b': st.integers(0, 1)}))
    def test_every_condition_that_is_accepted_can_be_evaluated(self, domain, values):
        try:
            parsed = conditions.parse(repr(domain))
        except conditions.Unusable:
            return
        conditions.matches(parsed, values)

    @quick
    @given(st.text() | JSON.map(repr) | st.lists(JSON, max_size=4).map(repr))
    def test_a_text_that_is_no_condition_is_refused_and_never_executed(self, text):
        try:
            domain = conditions.parse(text)
        except conditions.Unusable:
            return
        json.dumps(domain, allow_nan=False)

    def test_half_a_condition_is_refused(self):
        for text in ("['&', ('a', '=', 1)]", "[('a', '=', 1), '!']", "[('a', '=', 1), '&', ('b', '=', 1)]", "['!']",
                     "[('a', ['='], 1)]", "[('a', '=', {1})]", "[('a', 'ilike', 5)]", "__import__('os')", "('a', '=', 1)"):
            with self.subTest(text), self.assertRaises(conditions.Unusable):
                conditions.parse(text)

    # Flow

    @quick
    @given(st.lists(st.tuples(st.booleans(), st.frozensets(st.integers(0, 9))), max_size=6), st.booleans(),
           st.sets(st.integers(0, 9)))
    def test_every_case_leaves_a_decision_once_and_a_split_by_every_line(self, lines, is_split, tokens):
        step = flow.Step('s', flow.SPLIT if is_split else flow.DECISION)
        flows = [flow.Flow(number, 's', number, conditional=conditional, sequence=number)
                 for number, (conditional, _tokens) in enumerate(lines)]
        definition = flow.Definition([step, *(flow.Step(number, flow.END) for number in range(len(lines)))], flows)
        routed, stuck = definition.route('s', '', sorted(tokens), lambda line, rest: lines[line.id][1] & set(rest))
        if is_split:
            self.assertTrue(all(set(going) == tokens for going in routed.values()))
            self.assertEqual(len(routed), len(lines))
            return
        self.assertEqual(sorted([token for going in routed.values() for token in going] + stuck), sorted(tokens))
        for token in tokens:
            expected = next((n for n, (conditional, held) in enumerate(lines) if not conditional or token in held), None)
            taken = next((line.id for line, going in routed.items() if token in going), None)
            self.assertEqual(taken, expected)

    @quick
    @given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=14), st.lists(st.sampled_from(flow.KINDS), min_size=6, max_size=6))
    def test_a_process_without_problems_can_be_finished_from_everywhere(self, lines, kinds):
        steps = [flow.Step(0, flow.START)] + [flow.Step(n, kind) for n, kind in enumerate(kinds[1:], 1)]
        definition = flow.Definition(steps, [flow.Flow(n, *line) for n, line in enumerate(lines)])
        problems = list(definition.problems())
        if problems:
            self.assertTrue(all(problem.code == 'no_start' or problem.step in definition.steps for problem in problems))
            return
        ends = {step.id for step in steps if step.kind == flow.END}
        for step in steps:
            self.assertTrue(definition.reach(step.id) & ends)


@tagged('post_install', '-at_install')
class TestConditionsOnRecords(PemCase):
    """Where Odoo evaluates the same condition on a record, the result is the same."""

    @quick
    @given(st.data())
    def test_conditions_agree_with_odoo_on_what_both_understand(self, data):
        text = st.text(ascii_letters + digits + ' ', min_size=1, max_size=6)
        value = {
            'city': st.just(False) | text, 'color': st.integers(1, 5), 'is_company': st.booleans(),
        }
        leaf = st.one_of(
            st.tuples(st.just('city'), st.sampled_from(['=', '!=']), st.just(False) | text),
            st.tuples(st.just('city'), st.sampled_from(['in', 'not in']), st.lists(text, min_size=1, max_size=3)),
            st.tuples(st.just('city'), st.sampled_from(['like', 'ilike', 'not like', 'not ilike']), text),
            st.tuples(st.just('color'), st.sampled_from(['=', '!=', '<', '>', '<=', '>=']), st.integers(0, 5)),
            st.tuples(st.just('color'), st.sampled_from(['in', 'not in']), st.lists(st.integers(0, 5), min_size=1, max_size=3)),
            st.tuples(st.just('is_company'), st.sampled_from(['=', '!=']), st.booleans()),
        )
        domain = data.draw(st.recursive(leaf.map(lambda one: [one]), lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda two: ['&', *two[0], *two[1]]),
            st.tuples(inner, inner).map(lambda two: ['|', *two[0], *two[1]]),
            inner.map(lambda one: ['!', *one])), max_leaves=5))
        values = data.draw(st.fixed_dictionaries(value))
        if isinstance(values['city'], str):
            values['city'] = values['city'].strip() or False
        partner = self.env['res.partner'].new(values)
        parsed = conditions.parse(repr(domain), conditions.OPERATORS)
        self.assertEqual(bool(conditions.matches(parsed, values)), bool(partner.filtered_domain(domain)), (domain, values))
