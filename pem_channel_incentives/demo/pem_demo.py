from odoo import api, models


class PemDemo(models.AbstractModel):
    _inherit = 'pem.demo'

    @api.model
    def _load_special_pricing(self):
        """Play some days at the price desk: partners ask in the portal, Dana decides."""
        self = self.with_context(
            mail_auto_subscribe_no_notify=True, mail_notify_force_send=False, tracking_disable=True)
        paula, jonas = (self.env.ref(f'pem_partner_portal.res_users_demo_{name}') for name in ('paula', 'jonas'))
        self._play_authorized(paula)
        self._play_returned(paula)
        self._play_in_review(jonas)
        self._ask('draft', jonas, "Klinikum Elbe", "", [('FX-4', 60, 31, 34)])
        self._play_entered_by_us()
        self._send_letters()
        self.env['mail.mail'].sudo().search([('state', '=', 'outgoing'), ('model', '=', 'pem.task')]).write({'state': 'cancel'})

    def _play_authorized(self, user):
        request = self._ask(
            'authorized', user, "Harbor General Hospital",
            "They buy 500 drives for the new dialysis wing and have a quote of 205 from Medipump. Without this price the "
            "order goes there.", [('BX-17', 500, 212, 239), ('BX-17C', 500, 71.5, 79)], order="Harbor General – order 4711.txt")
        request._submit_documents()
        self._decision(request)._approve("Agreed for the whole wing.")

    def _play_returned(self, user):
        request = self._ask(
            'returned', user, "Acme Hospital", "Medipump offers the same sensor for 30.",
            [('FX-4', 1200, 29.9, 33), ('T-6', 8000, 1.885, 2.05)], type='meet_comp')
        request._submit_documents()
        task = self._decision(request)
        task.review_answer_ids.filtered(lambda answer: answer.name == f'lines.{request.line_ids[0].id}.resale_price').write({
            'verdict': 'returned',
            'comment': "Your mail of Tuesday says 34.50 for the end customer. Which price holds?"})
        task._send_back()

    def _play_in_review(self, user):
        request = self._ask(
            'in_review', user, "Lakeshore Clinics", "Three clinics change over together; the competitor is Fluidik AG at 218.",
            [('BX-17', 140, 221, 244), ('FX-4', 280, 31.2, 35), ('T-6', 2500, 1.9, 2.1)], type='meet_comp')
        request._submit_documents()

    def _play_entered_by_us(self):
        """Requests by telephone: Marie enters them, one is declined, one waits."""
        marie = self.env.ref('pem_campaigns.res_users_demo_marie')
        declined = self._ask(
            'declined', marie, "Ferme du Littoral", "A trial order that may grow.", [('BX-17', 4, 120, 199)],
            partner='castellane', type='pe')
        declined._submit_documents()
        self._decision(declined)._reject("This is below our cost. We can talk about a loan of two drives for the trial.")
        waiting = self._ask(
            'waiting', marie, "Universitetssjukhuset Väst", "Framework contract over two years, renewed.",
            [('BX-17', 220, 214, 236), ('BX-17C', 220, 73, 80)], partner='bergstrom', type='spa')
        waiting._submit_documents()

    def _ask(self, xml_id, user, end_customer, reason, lines, partner=None, type='ship_debit', order=None):
        """Return a request as somebody wrote it, not sent yet.

        :param lines: ``[(part, quantity, requested cost, resale price)]``
        :param partner: name of a demo partner when a colleague asks for them
        """
        Request = self.env['pem.special.pricing'].with_user(user)
        if partner:
            request = Request.create({
                'partner_id': self._ref(f'res_partner_demo_{partner}').id,
                'contact_id': self._ref(f'res_partner_demo_{partner}_contact').id})
        else:
            contact = user.partner_id
            request = Request.sudo()._portal_create(contact.commercial_partner_id.sudo(), contact.sudo())
        files = []
        if order:
            file = self.env['ir.attachment'].create({
                'name': order, 'res_model': request._name, 'res_id': request.id,
                'raw': b"Order 4711\n500 pump drives BX-17\n500 controller boards BX-17C\n"})
            files = [{'id': file.id, 'name': file.name}]
        values = {
            'type': type, 'end_customer': end_customer, 'valid_from': str(self._day(0)), 'valid_to': str(self._day(120)),
            'reason': reason, 'end_customer_order': files}
        rows = [
            {'key': f'new{number}', 'part': part, 'quantity': quantity, 'requested_cost': cost, 'resale_price': resale}
            for number, (part, quantity, cost, resale) in enumerate(lines)]
        request.sudo()._portal_write(values, rows)
        self.env['ir.model.data'].sudo()._update_xmlids([{
            'xml_id': f'pem_channel_incentives.pem_special_pricing_demo_{xml_id}', 'record': request.sudo(), 'noupdate': True}])
        return request.sudo()

    def _decision(self, request):
        """Return the open approval of a request, as Dana sees it."""
        dana = self.env.ref('pem_channel_incentives.res_users_demo_dana')
        return request.case_id.open_task_ids.filtered(lambda task: task.kind == 'approval').with_user(dana)
