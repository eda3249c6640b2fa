from odoo.http import route

from odoo.addons.web.controllers.report import ReportController

AUDIT_REPORT = 'pem_campaigns.report_case_audit'


def _is_readonly(_controller, _rule, arguments):
    """An audit report is noted on its cases; every other report only reads."""
    return arguments.get('reportname') != AUDIT_REPORT


class PemReportController(ReportController):

    @route(readonly=_is_readonly)
    def report_routes(self, reportname, docids=None, converter=None, **data):
        return super().report_routes(reportname, docids=docids, converter=converter, **data)
