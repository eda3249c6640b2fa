from odoo import api, models


class PemDemo(models.AbstractModel):
    _inherit = 'pem.demo'

    @api.model
    def _load_claims(self):
        """Paula claims what Brightwater sold at the special price: one claim is paid by the rules, one waits for the desk."""
        self = self.with_context(mail_auto_subscribe_no_notify=True, mail_notify_force_send=False, tracking_disable=True)
        authorization = self.env.ref('pem_channel_incentives.pem_special_pricing_demo_authorized')
        authorization.write({'valid_from': self._day(-30)})
        self.env.company.write({'pem_claim_tolerance_amount': 5, 'pem_claim_resale_tolerance': 2, 'pem_claim_window': 90})
        self._claim('paid', 'BW-1041', authorization, [
            ('BX-17', 120, 'INV-88017', -12, 239, False), ('BX-17C', 120, 'INV-88017', -12, 79, False),
            ('BX-17', 40, 'INV-88102', -8, 262, False)])
        self._claim('waiting', 'BW-1042', authorization, [
            ('BX-17', 60, 'INV-88150', -4, 238, 41.5), ('BX-17C', 60, 'INV-88150', -4, 78.5, False),
            ('FX-4', 25, 'INV-88151', -4, 34, False)])
        draft = self._claim('draft', False, authorization, [('BX-17', 5, 'INV-88017', -3, 239, False)], submit=False)
        draft.line_ids.is_return = True
        self.env['mail.mail'].sudo().search([('state', '=', 'outgoing'), ('model', '=', 'pem.task')]).write({'state': 'cancel'})

    def _claim(self, xml_id, debit_number, authorization, lines, submit=True):
        """Return a claim of Paula's.

        :param lines: ``[(part, quantity, invoice, day of shipment, resale price, claim for one piece)]``
        """
        paula = self.env.ref('pem_partner_portal.res_users_demo_paula')
        contact = paula.partner_id
        claim = self.env['pem.claim'].with_user(paula).sudo()._portal_create(contact.commercial_partner_id.sudo(), contact.sudo())
        claim.write({'debit_number': debit_number, 'line_ids': [(0, 0, {
            'authorization_number': authorization.authorization_number, 'part': part, 'quantity': quantity, 'invoice': invoice,
            'ship_date': self._day(day), 'end_customer': authorization.end_customer, 'resale_price': resale, 'claimed_unit': unit or 0,
        }) for part, quantity, invoice, day, resale, unit in lines]})
        if submit:
            claim._submit_documents()
        self.env['ir.model.data'].sudo()._update_xmlids([{
            'xml_id': f'pem_channel_incentives.pem_claim_demo_{xml_id}', 'record': claim.sudo(), 'noupdate': True}])
        return claim.sudo()
