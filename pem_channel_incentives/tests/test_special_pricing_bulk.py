import re
from collections import Counter

from odoo.tests import tagged

from .common import PricingCase


@tagged('post_install', '-at_install')
class TestSpecialPricingBulk(PricingCase):
    maxDiff = None
    """A hundred requests take as many queries as ten."""

    def _make(self, count):
        Request = self.env['pem.special.pricing'].with_user(self.user)
        return Request.create([self.request_values() for _index in range(count)]).with_env(self.env)

    def _count(self, verb):
        with self.statements() as counter:
            verb()
        return counter

    def _more(self, small, large):
        """Return the statements that a hundred requests need more often than ten.

        Nothing is looked up more often. Odoo writes a hundred rows a statement, and a hundred requests have 1,100
        answers, so that a write may come a dozen times more; a loop would come ninety times more.
        """
        return {
            text: count for text, count in (self._fold(large) - self._fold(small)).items()
            if count > (0 if text.lstrip().startswith('SELECT') else 12)}

    @staticmethod
    def _fold(counter):
        folded = Counter()
        for text, count in counter.items():
            folded[re.sub(r'(SAVEPOINT).*|(, …\))+', r'\1', text)] += count
        return folded

    def test_sending_takes_as_many_queries_for_a_hundred_as_for_ten(self):
        self._make(1).with_user(self.user).action_submit()
        few, many = self._make(10), self._make(100)
        small = self._count(few.with_user(self.user).action_submit)
        large = self._count(many.with_user(self.user).action_submit)
        self.assertEqual(self._more(small, large), {}, "what sending a hundred asks more often than sending ten")
        self.assertEqual(set(many.mapped('state')), {'submitted'})

    def test_approving_takes_as_many_queries_for_a_hundred_as_for_ten(self):
        first, few, many = self._make(1), self._make(10), self._make(100)
        (first + few + many).with_user(self.user).action_submit()
        first.with_user(self.desk).action_approve()
        small = self._count(few.with_user(self.desk).action_approve)
        large = self._count(many.with_user(self.desk).action_approve)
        self.assertEqual(self._more(small, large), {}, "what approving a hundred asks more often than approving ten")
        self.assertEqual(len(set(many.mapped('authorization_number'))), 100)
        self.assertEqual(set(many.mapped('state')), {'active'})
