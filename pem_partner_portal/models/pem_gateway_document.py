import contextlib

from odoo import api, models


class _TakenBack(Exception):
    """Raised to take back what was done to find something out."""


class PemCaseMixin(models.AbstractModel):
    """What partners can do with a document of theirs beside filling it in."""

    _inherit = 'pem.case.mixin'

    #: External id of the report that partners may print of a document; None for none.
    _portal_report = None

    def _portal_actions(self):
        """Return what the partner can do with the document now: ``[{'name', 'label', 'confirm'}]``.

        ``name`` is a key of ``_portal_verbs``; ``confirm`` a question to answer first, '' for none.
        """
        return []

    def _portal_verbs(self):
        """Return ``{name: method}``; a method does it and returns the document to go to."""
        return {}

    def _portal_can_check(self):
        """Say whether partners may see what would be decided before they send the document."""
        return False

    def _portal_precheck(self):
        """Return values for the page that tell what would be decided; whatever it changes is taken back."""
        return {}

    def _portal_downloads(self):
        """Return the files that partners can download of the document: ``[{'kind', 'label'}]``."""
        return []

    def _portal_download(self, kind):
        """Return ``(name, content, content type)`` of one of ``_portal_downloads``."""
        raise NotImplementedError

    def _portal_can_print(self):
        return bool(self._portal_report)


class PemGateway(models.AbstractModel):
    _inherit = 'pem.gateway'

    @api.model
    def _page(self, sheet, errors=None, notes=None):
        page = super()._page(sheet, errors, notes)
        is_document = sheet.is_document and bool(sheet.case)
        page['actions'] = sheet.holder._portal_actions() if is_document else []
        page['can_check'] = sheet.is_document and sheet.is_editable and sheet.holder._portal_can_check()
        page['downloads'] = sheet.holder._portal_downloads() if is_document else []
        page['can_print'] = is_document and sheet.holder._portal_can_print()
        return page

    @api.model
    def _precheck(self, sheet):
        """Find out what would be decided on a document as it is entered, without sending it.

        :return: ``(errors, values for the page)``; with errors in the form nothing is found out
        """
        if not sheet.is_editable or not sheet.holder._portal_can_check():
            raise self._missing()
        values, rows, errors = self._check(sheet)
        found = {}
        if not errors:
            with contextlib.suppress(_TakenBack), self.env.cr.savepoint():
                sheet.holder._portal_write(values, rows)
                found.update(sheet.holder._portal_precheck())
                raise _TakenBack
        return errors, found

    @api.model
    def _act_on_document(self, actor, slug, document_id, name):
        """Do one of the things that a document offers its partner at present.

        :return: the document, as superuser, at which the partner goes on
        :raises MissingError: when it is not the actor's, or does not offer this
        """
        document = self._get_document(actor, slug, document_id)
        if name not in {action['name'] for action in document._portal_actions()}:
            raise self._missing()
        return document._portal_verbs()[name]()

    @api.model
    def _download_document(self, actor, slug, document_id, kind):
        """Return ``(name, content, content type)`` of a file that a document offers its partner."""
        document = self._get_document(actor, slug, document_id)
        if kind not in {one['kind'] for one in document._portal_downloads()}:
            raise self._missing()
        return document._portal_download(kind)

    @api.model
    def _print_document(self, actor, slug, document_id):
        """Return ``(content, ending)`` of the report of a document: a PDF where the server can make one, else a page."""
        document = self._get_document(actor, slug, document_id)
        if not document._portal_can_print():
            raise self._missing()
        Report = self.env['ir.actions.report'].sudo()
        if Report.get_wkhtmltopdf_state() == 'install':
            return Report._render_qweb_html(document._portal_report, document.ids)[0], 'html'
        return Report._render_qweb_pdf(document._portal_report, document.ids)[0], 'pdf'
