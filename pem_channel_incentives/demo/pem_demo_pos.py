import base64
from datetime import timedelta

from odoo import api, fields, models

from ..engine import x12_867
from ..engine.records import Header, PosLine

#: End customers, and the parts that each buys.
SALES = (
    ("Harbor General Hospital", (('BX-17', 40, 239), ('BX-17C', 40, 79))),
    ("Acme Hospital", (('FX-4', 120, 34.5), ('T-6', 800, 2.05))),
    ("Lakeshore Clinics", (('BX-17', 12, 244), ('FX-4', 24, 35), ('T-6', 250, 2.1))),
)


class PemDemo(models.AbstractModel):
    _inherit = 'pem.demo'

    @api.model
    def _load_pos(self):
        """Two months of sell-through: one report is released, in one some lines are to be fixed, one waits to be read."""
        self = self.with_context(tracking_disable=True, mail_create_nosubscribe=True)
        paula, jonas = (
            self.env.ref(f'pem_partner_portal.res_users_demo_{name}').partner_id.commercial_partner_id for name in ('paula', 'jonas'))
        this_month = fields.Date.today().replace(day=1)
        months = [this_month - timedelta(days) for days in (1, 32)]
        before, last = months[1].replace(day=1), months[0].replace(day=1)
        for name, _parts in SALES:
            if not self.env['res.partner'].search_count([('name', '=', name), ('parent_id', '=', False)]):
                self.env['res.partner'].create({'name': name, 'is_company': True})
        self._report(paula, f'sell-through-{before:%Y-%m}.csv', self._sales_of(before)).action_read()
        self._report(paula, f'sell-through-{last:%Y-%m}.csv', self._sales_of(
            last, f'{last:%d.%m.%Y};{last:%y%m}90;1;BX17-OLD;6;239,00;Harbor General Hospital\r\n'
            f'{last:%d.%m.%Y};{last:%y%m}91;1;FX-4;a dozen;35,00;Lakeshore Clinics\r\n'
            f'{last:%d.%m.%Y};{last:%y%m}92;1;T-6;100;2,10;Lake Shore Clinic\r\n')).action_read()
        self._report(jonas, f'pos-{last:%Y-%m}.edi', b''.join(x12_867.write(
            Header(number=f'POS-{last:%Y%m}', document_date=last, period_start=last, period_end=months[0], currency='USD'), [
                PosLine(0, part=part, quantity=quantity, unit='EA', resale_price=price, customer_name=customer, invoice=f'G{last:%y%m}{number}',
                        invoice_line='1', ship_date=last + timedelta(number))
                for number, (customer, parts) in enumerate(SALES) for part, quantity, price in parts])))

    def _sales_of(self, month, more=''):
        rows = []
        for number, (customer, parts) in enumerate(SALES * 2):
            day = month + timedelta(3 * number)
            rows += [
                f'{day:%d.%m.%Y};{month:%y%m}{number:02};{line};{part};{quantity};{str(price).replace(".", ",")};{customer}'
                for line, (part, quantity, price) in enumerate(parts, 1)]
        head = 'Datum;Rechnung;Pos;Artikelnummer;Menge;VK-Preis;Endkunde'
        return '\r\n'.join([head, *rows, more]).encode()

    def _report(self, partner, name, content):
        return self.env['pem.pos.report'].create({
            'partner_id': partner.id, 'file': base64.b64encode(content), 'file_name': name, 'user_id': self.env.ref(
                'pem_campaigns.res_users_demo_marie').id})
