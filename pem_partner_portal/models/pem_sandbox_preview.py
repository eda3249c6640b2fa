import secrets
from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError


class PemSandbox(models.AbstractModel):
    """Preview: what a partner would see of a form, by the very code that shows it to partners."""

    _inherit = 'pem.sandbox'

    @api.model
    def get_preview(self, form_id, partner_id=None, contact_id=None):
        """Return what the preview of a form offers to choose from, and its title.

        :raises AccessError: for who may not see the form, or the partner
        """
        form = self._check_form(form_id)
        partner, contact = self._choose(partner_id, contact_id)
        process = form.step_ids.process_id.filtered(lambda one: one.model == 'pem.case')[:1]
        return {
            **self._describe_players(partner, contact),
            'name': form.name,
            'process_id': process.id if process.has_access('write') else False,
        }

    @api.model
    def _check_form(self, form_id):
        form = self.env['pem.form'].browse(form_id)
        form.check_access('read')
        if not form.exists():
            raise UserError(self.env._("This form does not exist any more."))
        return form

    @api.model
    def _preview_page(self, form, partner, contact, lang=None):
        """Return the HTML of the page on which a person of a partner would answer a form.

        :param lang: code of the language to read it in; that of the person when omitted
        """
        with self._preview_sheet(form, partner, contact, lang) as (gateway, actor, sheet):
            return self._render_sheet(gateway, actor, sheet)

    @contextmanager
    def _preview_sheet(self, form, partner, contact, lang=None):
        """Yield ``(gateway, actor, sheet)`` of a form in a sandbox."""
        with self._sandbox(pem_player_id=contact.id) as env:
            task = self._open_preview(env['pem.form'].browse(form.id), env['res.partner'].browse(partner.id))
            gateway, actor = self._play(env, task, lang)
            yield gateway, actor, gateway._task_sheet(actor, task.id)

    @staticmethod
    def _open_preview(form, partner):
        """Return an open task that asks for a form, in a case of the process it belongs to, or of one made for it."""
        env = form.env
        step = env['pem.process.step'].sudo().search([('form_id', '=', form.id), ('is_ad_hoc', '=', False)], limit=1)
        if not step:
            process = env['pem.process'].sudo().create({'name': form.name, 'company_id': form.company_id.id})
            step = env['pem.process.step'].sudo().create(
                {'process_id': process.id, 'name': form.name, 'kind': 'form', 'form_id': form.id})
        case = env['pem.case'].sudo().with_context(tracking_disable=True, mail_create_nosubscribe=True).create({
            'process_id': step.process_id.id, 'partner_id': partner.id, 'user_id': env.uid,
            'company_id': (step.process_id.company_id or env.company).id})
        return env['pem.task']._open(step.sudo(False), case.sudo(False))

    @api.model
    def _look_at_file(self, form, question_name, upload):
        """Say of a file what the portal would say, and keep nothing of it.

        :param upload: werkzeug's ``FileStorage``
        :return: as ``pem.gateway._file_view``, with an id that no file has, or ``{'error'}``
        """
        question = form.field_ids.filtered(lambda one: one.name == question_name)
        if not question or not upload:
            return {'error': self.env._("Please choose a file.")}
        try:
            name, content, _mimetype = self.env['pem.gateway']._check_upload(upload, question)
        except UserError as error:
            return {'error': str(error)}
        return self.env['pem.gateway']._file_view({'id': -secrets.randbelow(2**31) - 1, 'name': name, 'size': len(content)})
