from odoo import api, fields, models


class PemCaseMixin(models.AbstractModel):
    """The portal side of documents: what a document tells so that partners can make and correct it.

    A document model sets ``_portal_slug`` and implements the ``_portal_*`` hooks below. The gateway calls them as
    superuser, after it made sure that the document belongs to the partner who asks.
    """

    _inherit = 'pem.case.mixin'

    #: Part of the address under ``/my/requests/``; None keeps the documents out of the portal.
    _portal_slug = None

    portal_draft = fields.Json(copy=False, help="What the partner entered and did not send yet.")
    portal_draft_date = fields.Datetime(copy=False)

    @api.model
    def _portal_texts(self):
        """Return ``{'title', 'new', 'help', 'empty'}``: the words for a list of such documents.

        ``lines`` may name what their lines are.
        """
        raise NotImplementedError

    @api.model
    def _portal_create(self, partner, contact):
        """Return a new draft document of a partner company, begun by one of its people."""
        raise NotImplementedError

    def _portal_form(self):
        """Return the ``pem.form`` of the document's head: that of the first form of its process."""
        process = self.case_id.process_id or self._case_process()
        return process.step_ids.filtered(lambda step: step.kind == 'form' and step.form_id)[:1].form_id

    def _portal_columns(self):
        """Return the columns of the document's lines, as in-memory ``pem.form.field`` records; none for no lines."""
        return self.env['pem.form.field']

    def _portal_rows(self):
        """Return the lines as they are: ``[{'key': str, column: typed value}]``."""
        return []

    def _portal_present(self):
        """Return ``{question name: typed value}`` of what the document says now."""
        return {}

    def _portal_check(self, values, rows):
        """Return further errors, as ``{question name, 'lines' or '<row key>.<column>': sentence}``."""
        return {}

    def _portal_write(self, values, rows):
        """Take over typed values; a row whose ``key`` is no existing line is a new one, lines without a row go."""
        raise NotImplementedError

    def _portal_facts(self):
        """Return ``[(label, text)]``: what the sponsor says about the document."""
        return []

    def _portal_summary(self):
        """Return one line that tells this document from others of its kind."""
        return self.display_name

    def _portal_path(self):
        self.ensure_one()
        return f'/my/requests/{self._portal_slug}/{self.id}' if self._portal_slug else '/my/requests'

    def _portal_open_task(self):
        """Return the open task in which the partner corrects this document; empty when it is not their turn."""
        self.ensure_one()
        return self.sudo().case_id.open_task_ids.filtered(
            lambda task: task.kind == 'form' and task.state == 'open' and not task.is_ad_hoc)[:1]
