from odoo import api, fields, models


class PemPosColumn(models.Model):
    """A column of a partner's table, and what it fills."""

    _name = 'pem.pos.column'
    _description = "Column of a POS Report"
    _order = 'report_id, sequence, id'
    _rec_name = 'heading'

    report_id = fields.Many2one('pem.pos.report', required=True, ondelete='cascade', index=True)
    sequence = fields.Integer()
    heading = fields.Char(required=True, readonly=True)
    sample = fields.Char(string="For example", readonly=True)
    field_name = fields.Selection([
        ('part', "Part number"), ('quantity', "Quantity"), ('unit', "Unit"), ('ship_date', "Date of sale"), ('invoice_date', "Invoice date"),
        ('resale_price', "Resale price"), ('book_cost', "Book cost"), ('authorized_cost', "Authorized cost"),
        ('claimed_unit', "Claim for one unit"), ('currency', "Currency"), ('customer_name', "End customer"),
        ('customer_id', "End customer's number"), ('customer_street', "Street"), ('customer_city', "City"), ('customer_state', "State"),
        ('customer_zip', "Postal code"), ('customer_country', "Country"), ('authorization', "Authorization"), ('invoice', "Invoice"),
        ('invoice_line', "Invoice line"), ('order', "Order"), ('debit_number', "Debit number"), ('gtin', "Barcode"),
        ('seller_part', "Sender's part number"), ('description', "Description"), ('seller_name', "Branch"), ('seller_id', "Branch number"),
        ('serial', "Serial number"), ('kind', "Sale or return"),
    ], string="Is")

    def write(self, vals):
        if not self.env.su:
            self.report_id._check_received()
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        columns = super().create(vals_list)
        if not self.env.su:
            columns.report_id._check_received()
        return columns
