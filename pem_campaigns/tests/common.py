"""The smallest world in which a campaign runs, and one person for each role.

The helpers are plain methods of ``PemWorld``, so that other addons' tests, with or without their own cursors, can have
the same world: ``from odoo.addons.pem_campaigns.tests.common import PemCase, PemWorld``.
"""
import re
from collections import Counter
from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.sql_db import Cursor
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL


class PemWorld:
    """Makes the world in ``cls.env``; a mixin for test classes."""

    @classmethod
    def make_people(cls):
        """One user per role, and two partners with a portal user each."""
        cls.company = cls.env.company
        cls.user = cls.make_user('pem_user', 'pem_campaigns.group_pem_user', name="Ursula User")
        cls.approver = cls.make_user('pem_approver', 'pem_campaigns.group_pem_user', name="Anna Approver")
        cls.second_approver = cls.make_user('pem_second', 'pem_campaigns.group_pem_user', name="Sven Second")
        cls.manager = cls.make_user('pem_manager', 'pem_campaigns.group_pem_manager', name="Mara Manager")
        cls.outsider = cls.make_user('pem_outsider', 'base.group_user', name="Otto Outsider")
        cls.acme = cls.make_partner("Acme – Örtlich & Söhne", city="Boston", phone="+1 617 555 0100")
        cls.brown = cls.make_partner("Brown–Forman", city="Louisville", phone="+1 502 555 0100")
        cls.acme_user = cls.make_portal_user(cls.acme, 'acme_portal', "Paula Acme")
        cls.brown_user = cls.make_portal_user(cls.brown, 'brown_portal', "Bruno Brown")

    @classmethod
    def make_user(cls, login, groups, **values):
        return new_test_user(cls.env, login=login, groups=groups, **values)

    @classmethod
    def make_partner(cls, name, **values):
        slug = re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')
        return cls.env['res.partner'].create({
            'name': name, 'is_company': True, 'email': f'office@{slug}.example.com', **values})

    @classmethod
    def make_portal_user(cls, partner, login, name):
        contact = cls.env['res.partner'].create({
            'name': name, 'parent_id': partner.id, 'email': f'{login}@example.com'})
        return cls.make_user(login, 'base.group_portal', partner_id=contact.id, name=name)

    @classmethod
    def make_attribute(cls, name, value_type='char', **values):
        return cls.env['pem.attribute'].create({'name': name, 'value_type': value_type, **values})

    @classmethod
    def govern(cls, field_name):
        """Return the attribute that governs a contact field."""
        attribute = cls.env['pem.attribute'].search([('kind', '=', 'field'), ('technical_name', '=', field_name)])
        return attribute or cls.env['pem.attribute'].create({
            'name': field_name, 'kind': 'field',
            'field_id': cls.env['ir.model.fields']._get('res.partner', field_name).id})

    @classmethod
    def make_form(cls, *questions, name="Form"):
        """Return a form; a question is ``(label, type)`` or ``(label, type, {further values})``, with ``choices`` or
        ``columns`` (questions themselves) among them."""
        def values_of(sequence, label, value_type, further=()):
            values = {'label': label, 'value_type': value_type, 'sequence': sequence, **dict(further)}
            options = [Command.create({'key': key, 'name': text}) for key, text in values.pop('choices', ())]
            columns = [Command.create(values_of(number, *column)) for number, column in enumerate(values.pop('columns', ()))]
            return {**values, 'option_ids': options, 'column_ids': columns}

        lines = [Command.create(values_of(number, *question)) for number, question in enumerate(questions)]
        return cls.env['pem.form'].create({'name': name, 'field_ids': lines})

    @classmethod
    def make_process(cls, steps, flows, name="Process", publish=True, **values):
        """Return a process.

        :param steps: ``{name: {values}}``, each with its ``kind``
        :param flows: list of ``(from, to)`` or ``(from, to, {values})``, by names
        """
        process = cls.env['pem.process'].create({'name': name, **values})
        made = {}
        for sequence, (step_name, step_values) in enumerate(steps.items()):
            made[step_name] = cls.env['pem.process.step'].create({
                'process_id': process.id, 'name': step_name, 'sequence': sequence, **step_values})
        for sequence, (source, target, *further) in enumerate(flows):
            cls.env['pem.process.flow'].create({
                'process_id': process.id, 'source_id': made[source].id, 'target_id': made[target].id,
                'sequence': sequence, **(further[0] if further else {})})
        if publish:
            process._publish()
        return process

    @classmethod
    def make_simple_process(cls, form, name="Confirm your details", publish=True, **approval):
        """Start → form → approval → end."""
        return cls.make_process({
            'Start': {'kind': 'start'},
            'Answer': {'kind': 'form', 'form_id': form.id},
            'Check': {'kind': 'approval', 'approver_kind': 'user',
                      'approver_user_ids': [Command.set(cls.approver.ids)], **approval},
            'Done': {'kind': 'end'},
        }, [('Start', 'Answer'), ('Answer', 'Check'), ('Check', 'Done', {'outcome': 'approved'})],
            name=name, publish=publish)

    @classmethod
    def make_group(cls, *partners, name="Group", **values):
        """Return a target group of hand-picked partners, or of a ``domain``."""
        if 'domain' not in values:
            values['domain'] = repr([('id', 'in', [partner.id for partner in partners])])
        return cls.env['pem.target.group'].create({'name': name, **values})

    @classmethod
    def make_campaign(cls, process, *partners, name="Campaign", **values):
        group = cls.make_group(*partners, name=f"Audience of {name}")
        return cls.env['pem.campaign'].create({
            'name': name, 'process_id': process.id, 'user_id': cls.manager.id,
            'target_group_ids': [Command.set(group.ids)], **values})

    @classmethod
    def make_world(cls):
        """A form bound to a contact field and to custom attributes, its process, and a campaign to two partners."""
        cls.make_people()
        cls.tier = cls.make_attribute("Tier", 'selection', choices="Gold\nSilver")
        cls.seats = cls.make_attribute("Seats", 'integer', revalidation_months=6)
        cls.form = cls.make_form(
            ("Phone", 'phone', {'required': True, 'attribute_id': cls.govern('phone').id}),
            ("Tier", 'selection', {'attribute_id': cls.tier.id, 'choices': [('gold', "Gold"), ('silver', "Silver")]}),
            ("Seats", 'integer', {'attribute_id': cls.seats.id, 'minimum': 0, 'maximum': 1000}),
            ("Remark", 'text'),
        )
        cls.process = cls.make_simple_process(cls.form)
        cls.campaign = cls.make_campaign(cls.process, cls.acme, cls.brown)
        cls.answers = {'phone': '+1 617 555 0199', 'tier': 'gold', 'seats': 12, 'remark': "Hello"}

    # What people do

    def launch(self, campaign=None):
        """Launch as the manager; return the cases."""
        campaign = campaign or self.campaign
        campaign.with_user(self.manager).action_launch()
        return campaign.case_ids

    def open_task(self, case, kind='form'):
        """Return the one open task of a kind at a step of the process."""
        return self.env['pem.task'].search([
            ('case_id', '=', case.id), ('state', '=', 'open'), ('kind', '=', kind), ('step_id.is_ad_hoc', '=', False)])

    def submit(self, case, values=None, user=None):
        """Answer the open form of a case as a portal user, in the way the gateway does; return the submission."""
        task = self.open_task(case).with_user(user or self.acme_user).sudo()
        task.ensure_one()
        facts = case.sudo()._facts()[case]
        typed, errors = task.step_id.form_id._check_answers(self.answers if values is None else values, facts)
        self.assertFalse(errors)
        return task._submit({task: self.env['pem.submission'].sudo()._prepare_answers(task, typed)})

    def decide(self, case, decision='approve', user=None, comment=''):
        """Decide the open approval of a case; ``decision`` is approve, reject or send_back."""
        task = self.open_task(case, 'approval').with_user(user or self.approver)
        getattr(task, f'_{decision}')(comment)
        return task

    def mark(self, case, name, comment, user=None):
        """Mark one answer of the open approval to be sent back."""
        task = self.open_task(case, 'approval').with_user(user or self.approver)
        answer = task.review_answer_ids.filtered(lambda answer: answer.name == name)
        answer.write({'verdict': 'returned', 'comment': comment})
        return answer

    def story(self, case):
        """Return the kinds of events of a case, in order."""
        return self.env['pem.event'].search([('case_id', '=', case.id)], order='sequence').mapped('kind')

    @contextmanager
    def statements(self):
        """Count the SQL statements of a block by their text, with lists of values folded: what batches issue once more
        per hundred rows, and a loop once per row."""
        counter = Counter()
        execute = Cursor.execute

        def counting(cursor, query, params=None, log_exceptions=True):
            text = query.code if isinstance(query, SQL) else str(query)
            counter[re.sub(r'\(?%s\)?(::\w+)?(\s*,\s*\(?%s\)?(::\w+)?)+', '…', re.sub(r'\s+', ' ', text))] += 1
            return execute(cursor, query, params, log_exceptions)

        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(Cursor, 'execute', counting):
            yield counter
            self.env.flush_all()

    def assert_batched(self, small, large, factor):
        """Each statement is issued as often for many as for few, or once more per hundred."""
        more = {text: (small[text], count) for text, count in large.items() if count > small[text] + factor}
        self.assertFalse(more, "Statements that are repeated with the number of cases")


class PemCase(PemWorld, TransactionCase):
    """The world in a transaction that is rolled back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, 'tracking_disable': True, 'no_reset_password': True})
        cls.make_world()
