from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class PemCaseMixin(models.AbstractModel):
    """A document that runs on the engine: it has one case, and reacts in a few hooks.

    A document writes no approval code of its own. It names its process in ``_case_process``, tells in
    ``_case_values`` whom the case is with, says in ``_case_answers`` and ``_case_line_answers`` what is to be decided, and
    acts in ``_case_submitted``, ``_case_returned``, ``_case_approved`` and ``_case_rejected``.
    """

    _name = 'pem.case.mixin'
    _description = "Document that runs on a process"

    case_id = fields.Many2one('pem.case', copy=False, readonly=True, ondelete='restrict', index='btree_not_null')
    case_state = fields.Selection(related='case_id.state', string="Case state")
    waiting_on = fields.Selection(related='case_id.waiting_on')
    waiting_since = fields.Datetime(related='case_id.waiting_since')

    # To be told by the document

    @api.model
    def _case_process(self):
        """Return the published ``pem.process`` on which new documents run; empty when there is none.

        The oldest process wins, so that another process for the same documents is a choice somebody makes by hand.
        """
        return self.env['pem.process'].sudo().search(
            [('model', '=', self._name), ('state', '=', 'published'),
             ('company_id', 'in', (False, self.env.company.id))],
        ).sorted(lambda process: (process.root_id or process).id)[:1]

    def _case_values(self):
        """Return the values of the case of one document; ``partner_id`` at least."""
        raise NotImplementedError

    def _case_answers(self):
        """Return the typed answers of one document to the questions of its form, as ``{name: value}``."""
        return {}

    def _case_line_answers(self):
        """Return what one document says beside its form, its lines for example, as a list of answer values.

        An answer has ``name`` (by which it is sent back and opened again), ``label``, ``value_type``, ``value`` (JSON),
        ``display``, and may have ``old_display``.
        """
        return []

    # Hooks: each is called once, as superuser, on the set of documents to which it happens

    def _case_submitted(self):
        """The partner sent the documents in."""

    def _case_returned(self):
        """An approver sent the documents back with comments."""

    def _case_before_approval(self):
        """Somebody is about to approve the documents.

        :raises UserError: when they may not, in words for them
        """

    def _case_approved(self):
        """An approval step was passed. Called at each of them; act on the last in ``_case_done``."""

    def _case_done(self):
        """The process came to a successful end."""

    def _case_rejected(self):
        """The documents were refused for good."""

    def _case_cancelled(self):
        """The case was cancelled before its end."""

    # Verbs

    def _start_case(self):
        """Open one case for each document and start it.

        :raises UserError: when no process is published for these documents
        """
        documents = self.filtered(lambda document: not document.case_id)
        if not documents:
            return self.env['pem.case']
        process = self._case_process()
        if not process:
            raise UserError(self.env._(
                "No process is published for “%s”. Ask your Partner Engagement manager to publish one.",
                self._description))
        cases = self.env['pem.case'].sudo().with_context(
            tracking_disable=True, mail_create_nosubscribe=True,
        ).create([
            {'process_id': process.id, 'res_id': document.id, **document._case_values()} for document in documents
        ])
        for document, case in zip(documents, cases, strict=True):
            document.sudo().case_id = case
        self.env.flush_all()
        cases._start()
        return cases

    def _submit_documents(self, contact=None):
        """Send documents in: start their cases where there are none yet, and hand what they say to the approvers.

        :param contact: ``res.partner`` of who sends, when it is not the current user
        :raises UserError: when a document waits for somebody else
        """
        self._start_case()
        tasks = self.env['pem.task'].sudo().search([
            ('case_id', 'in', self.sudo().case_id.ids), ('state', '=', 'open'), ('kind', '=', 'form'),
            ('step_id.is_ad_hoc', '=', False)])
        by_case = {task.case_id.id: task for task in tasks}
        waiting = self.filtered(lambda document: document.sudo().case_id.id not in by_case)
        if waiting:
            raise UserError(self.env._("“%s” was sent in already.", waiting[0].display_name))
        Submission = self.env['pem.submission'].sudo()
        answers, facts = {}, self.sudo().case_id._facts()
        for document in self:
            task = by_case[document.sudo().case_id.id]
            lines = [{'sequence': 1000 + number, **line} for number, line in enumerate(document._case_line_answers())]
            answers[task] = (Submission._prepare_answers(task, document._case_answers(), facts[task.case_id])
                             + Submission._carry_over(task, lines))
        tasks._submit(answers, contact)

    def action_open_case(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'pem.case',
            'view_mode': 'form',
            'res_id': self.case_id.id,
        }

    # Uninstalling

    @api.model
    def _forget_cases(self):
        """Remove the cases, processes and forms of these documents, which nothing could make sense of without them.

        For the ``uninstall_hook`` of the addon that brought the documents, and for nothing else.
        """
        env = self.sudo().with_context(active_test=False).env
        processes = env['pem.process'].search([('model', '=', self._name)])
        cases = env['pem.case'].search([('process_id', 'in', processes.ids)])
        tasks = env['pem.task'].search([('case_id', 'in', cases.ids)])
        env.flush_all()
        for model, records in (('pem.case', cases), ('pem.task', tasks)):
            # What hangs on a record by its model and id, as ``unlink`` would remove it.
            for satellite, name in (('mail.activity', 'res_model'), ('mail.message', 'model'),
                                    ('mail.followers', 'res_model'), ('ir.attachment', 'res_model')):
                env[satellite].search([(name, '=', model), ('res_id', 'in', records.ids)]).unlink()
        env['pem.event']._erase(cases)
        cr = env.cr
        cr.execute(SQL('UPDATE %s SET case_id = NULL WHERE case_id IS NOT NULL', SQL.identifier(self._table)))
        cr.execute('UPDATE pem_case SET parent_task_id = NULL, parent_case_id = NULL WHERE parent_case_id = ANY(%s)', [cases.ids])
        cr.execute('UPDATE pem_task SET returned_submission_id = NULL WHERE case_id = ANY(%s)', [cases.ids])
        for table in ('pem_submission_answer', 'pem_submission', 'pem_task'):
            cr.execute(SQL('DELETE FROM %s WHERE case_id = ANY(%s)', SQL.identifier(table), cases.ids))
        cr.execute('DELETE FROM pem_case WHERE id = ANY(%s)', [cases.ids])
        env.invalidate_all()
        forms = processes.step_ids.form_id.filtered(lambda form: form.step_ids.process_id <= processes)
        processes.with_context(install_mode=True).unlink()
        forms.with_context(install_mode=True).unlink()
