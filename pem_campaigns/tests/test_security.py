import inspect

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import new_test_user, tagged

from .common import PemCase


@tagged('post_install', '-at_install')
class TestSecurity(PemCase):
    """Partners have no right on anything of ours, colleagues those of their role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.public = cls.env.ref('base.public_user')

    def setUp(self):
        super().setUp()
        self.case, self.other = self.launch().sorted('id')
        self.submit(self.case)
        self.mark(self.case, 'phone', "No")

    def our_models(self, module=''):
        """Return the models of our addons, or of one of them."""
        return sorted(name for name, model in self.env.registry.items() if name.startswith('pem.') and not model._abstract
                      and (not module or model._original_module == module))

    def some(self, name, user):
        """Return a record of a model as a user, or an id that does not exist."""
        record = self.env[name].sudo().with_context(active_test=False).search([], limit=1)
        return self.env[name].with_user(user).browse(record.id or 1)

    def test_partners_and_visitors_can_do_nothing_with_any_model_of_ours(self):
        self.assertGreater(len(self.our_models()), 15)
        for name in self.our_models():
            for user in (self.acme_user, self.public, self.outsider):
                record = self.some(name, user)
                for method, args in (
                    ('read', [record.ids, ['id', 'display_name']]), ('web_read', [record.ids, {'display_name': {}}]),
                    ('search', [[]]), ('search_read', [[]]), ('search_count', [[]]), ('web_search_read', [[], {'id': {}}]),
                    ('name_search', ['']), ('formatted_read_group', [[], [], ['__count']]),
                    ('write', [record.ids, {}]), ('create', [{}]), ('unlink', [record.ids]), ('copy', [record.ids]),
                    ('get_views', [[(False, 'list')]]), ('load', [['id'], [['x']]]),
                ):
                    with self.subTest(model=name, user=user.login, method=method), self.assertRaises(AccessError):
                        result = call_kw(self.env[name].with_user(user), method, args, {})
                        if method == 'load' and not result['ids'] and result['messages']:
                            raise AccessError("told line by line")  # pylint: disable=translation-required

    def test_partners_and_visitors_see_no_field_that_we_add_to_partners(self):
        added = [name for name in self.env['res.partner']._fields if name.startswith('pem_')]
        self.assertIn('pem_case_ids', added)
        for user in (self.acme_user, self.public, self.outsider):
            own = self.acme_user.partner_id.with_user(user)
            for name in added:
                with self.subTest(user=user.login, field=name), self.assertRaises(AccessError):
                    call_kw(own, 'read', [own.ids, [name]], {})
                with self.subTest(user=user.login, field=name, by='domain'), self.assertRaises(AccessError):
                    call_kw(own, 'search', [[(name, '!=', False)]], {})
            self.assertFalse(set(added) & set(call_kw(own, 'fields_get', [], {})))

    def public_methods(self, name):
        """Return the methods of a model that RPC can call and that our addons define."""
        model = type(self.env[name])
        for method, function in inspect.getmembers(model, callable):
            if method.startswith('_') or not any(
                    method in vars(cls) and cls.__module__.startswith('odoo.addons.pem_') for cls in model.mro()):
                continue
            try:
                get_public_method(self.env[name], method)
            except AccessError:
                continue
            yield method, function

    def test_each_method_checks_by_itself_who_calls_it(self):
        called = 0
        for name in [*self.our_models('pem_campaigns'), 'res.partner']:
            for method, function in self.public_methods(name):
                for user in (self.outsider, self.acme_user, self.public):
                    record = self.some(name, user)
                    signature = inspect.signature(function)
                    needed = [p for p in list(signature.parameters.values())[1:]
                              if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
                    args = [{} if method in ('write', 'create') else [] for _parameter in needed]
                    if not getattr(function, '_api_model', False):
                        args.insert(0, record.ids)
                    with self.subTest(model=name, method=method, user=user.login), self.assertRaises(AccessError):
                        call_kw(self.env[name].with_user(user), method, args, {})
                    called += 1
        self.assertGreater(called, 60)

    def test_a_user_reads_everything_and_designs_nothing(self):
        for name in self.our_models('pem_campaigns'):
            record = self.some(name, self.user)
            if self.env[name]._transient:
                continue
            with self.subTest(name):
                if record.sudo().exists():
                    record.read(['display_name'])
                self.assertFalse(record.has_access('create') or record.has_access('unlink'))
        for change in (
            lambda: self.campaign.with_user(self.user).action_launch(),
            lambda: self.campaign.with_user(self.user).action_preflight(),
            lambda: self.campaign.with_user(self.user).action_close(),
            lambda: self.process.with_user(self.user).action_publish(),
            lambda: self.process.with_user(self.user).action_retire(),
            lambda: self.process.with_user(self.user).action_new_version(),
            lambda: self.case.with_user(self.user).action_cancel(),
            lambda: self.case.with_user(self.user).action_retry(),
            lambda: self.case.with_user(self.user).write({'date_deadline': '2030-01-01'}),
        ):
            with self.assertRaises(AccessError):
                change()

    def test_nobody_writes_what_the_engine_owns_not_even_a_manager(self):
        task = self.open_task(self.case, 'approval')
        for change in (
            lambda: self.case.with_user(self.manager).write({'state': 'done'}),
            lambda: self.case.with_user(self.manager).write({'partner_id': self.brown.id}),
            lambda: self.case.with_user(self.manager).write({'trail_length': 0}),
            lambda: task.with_user(self.approver).write({'state': 'done'}),
            lambda: task.with_user(self.approver).write({'approver_ids': [Command.create({'user_id': self.user.id})]}),
            lambda: task.with_user(self.approver).write({'submission_ids': [Command.clear()]}),
            lambda: self.process.with_user(self.manager).write({'state': 'draft'}),
            lambda: task.with_user(self.user).write({'review_answer_ids': [
                Command.update(self.case.submission_ids.answer_ids[0].id, {'comment': "x"})]}),
        ):
            with self.assertRaises(UserError):
                change()
        self.case.with_user(self.manager).write({'user_id': self.user.id, 'date_deadline': '2030-01-01'})
        # What the review page saves
        task.with_user(self.approver).web_save({'review_answer_ids': [
            Command.update(self.case.submission_ids.answer_ids[0].id, {'comment': "Please"})]}, {'id': {}})
        self.assertEqual(self.case.submission_ids.answer_ids[0].comment, "Please")

    def test_who_was_not_asked_can_neither_decide_nor_mark(self):
        task = self.open_task(self.case, 'approval').with_user(self.user)
        for call in (task.action_approve, lambda: task._reject(), lambda: task._send_back(),
                     lambda: task.env['pem.task.decision'].create({'task_ids': task.ids, 'decision': 'reject'}).action_decide(),
                     lambda: self.case.submission_ids.answer_ids[0].with_user(self.user).action_return()):
            with self.assertRaises(UserError):
                call()
        self.assertEqual(task.state, 'open')

    def test_colleagues_of_another_company_see_nothing_of_ours(self):
        theirs = self.env['res.company'].create({'name': "Other Co"})
        reader = new_test_user(self.env, login='pem_other', groups='pem_campaigns.group_pem_manager', company_id=theirs.id,
                               company_ids=[Command.set(theirs.ids)])
        self.process.sudo().write({'active': True})
        self.env.cr.execute('UPDATE pem_process SET company_id = %s WHERE id = %s', [self.company.id, self.process.id])
        self.env.cr.execute('UPDATE pem_form SET company_id = %s WHERE id = %s', [self.company.id, self.form.id])
        self.env.invalidate_all()
        self.campaign.preflight_ids.sudo().create(
            {'campaign_id': self.campaign.id, 'partner_id': self.brown.id, 'reason': 'asked'})
        records = (self.campaign, self.campaign.target_group_ids, self.case, self.case.task_ids, self.case.submission_ids,
                   self.case.submission_ids.answer_ids, self.case.event_ids, self.case.task_ids.approver_ids, self.process,
                   self.process.step_ids, self.process.flow_ids, self.form, self.form.field_ids, self.form.field_ids.option_ids,
                   self.campaign.preflight_ids)
        for record in records:
            with self.subTest(record._name):
                self.assertTrue(record)
                self.assertFalse(record.with_user(reader).search([('id', 'in', record.ids)]))
                with self.assertRaises(UserError):
                    record.with_user(reader).read(['id', 'display_name'])
        self.assertEqual(self.env['pem.campaign'].with_user(reader).get_control_room()['totals']['case_count'], 0)
