from odoo.tests import tagged

from .common import PemCase

#: Real companies (datasets/s-and-p-500-companies, public domain), with all that makes their names and years awkward.
COMPANIES = """Security,GICS Sector,Headquarters Location,Date added,Year founded
Brown–Forman,Consumer Staples,"Louisville, Kentucky",1982-10-31,1870
AT&T,Communication Services,"Dallas, Texas",1983-11-30,1983 (1885)
Moody's Corporation,Financials,"New York City, New York",1998-07-01,1909
Moderna,Health Care,"Cambridge, Massachusetts",2021-07-21,2010
Lilly (Eli),Health Care,"Indianapolis, Indiana",1970-12-31,1876
AbbVie,Health Care,"North Chicago, Illinois",2012-12-31,2013 (1888)
Otis Worldwide,Industrials,"Farmington, Connecticut",2020-04-03,"2020 (1853, United Technologies spinoff)"
"""
OPTIONS = {
    'has_headers': True, 'quoting': '"', 'separator': ',', 'float_thousand_separator': ',', 'float_decimal_separator': '.',
    'date_format': '%Y-%m-%d', 'datetime_format': '',
}
FIELDS = ('name', 'properties.listed_sector', 'properties.listed_headquarters', 'properties.listed_date_added', 'properties.listed_founded')


@tagged('-at_install', 'post_install')
class TestImport(PemCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager.group_ids += cls.env.ref('base.group_partner_manager')
        Attribute = cls.env['pem.attribute'].with_user(cls.manager)
        # Whatever attributes are there, of demo data for one: these have names of their own.
        cls.attributes = Attribute.create([
            {'name': "Listed sector", 'technical_name': 'listed_sector'}, {'name': "Headquarters", 'technical_name': 'listed_headquarters'},
            {'name': "Date added", 'technical_name': 'listed_date_added', 'value_type': 'date'},
            {'name': "Year founded", 'technical_name': 'listed_founded', 'value_type': 'integer'},
        ])

    def importer(self, text=COMPANIES):
        return self.env['base_import.import'].with_user(self.manager).create({
            'res_model': 'res.partner', 'file': text.encode(), 'file_name': 'companies.csv', 'file_type': 'text/csv'})

    def run_import(self, text=COMPANIES, fields=FIELDS):
        columns = text.splitlines()[0].split(',')
        return self.importer(text).execute_import(list(fields), columns, dict(OPTIONS))

    def test_a_manager_finds_the_attributes_by_their_names_in_the_import(self):
        preview = self.importer().parse_preview(dict(OPTIONS))
        offered = {field['name']: field['string'] for field in preview['fields']}
        self.assertEqual(offered['properties.listed_sector'], "Listed sector")
        self.assertEqual(offered['properties.listed_founded'], "Year founded")
        self.assertEqual(preview['matches'][4], ['properties.listed_founded'])

    def test_companies_arrive_with_names_intact_and_make_the_group_of_the_story(self):
        result = self.run_import()
        self.assertEqual(len(result['ids']), 7)
        partners = self.env['res.partner'].browse(result['ids'])
        self.assertEqual(partners[:3].mapped('name'), ["Brown–Forman", "AT&T", "Moody's Corporation"])
        group = self.make_group(name="Health Care in Massachusetts or founded before 1950", companies_only=True, domain=repr([
            '&', ('properties.listed_sector', '=', "Health Care"),
            '|', ('properties.listed_headquarters', 'ilike', "Massachusetts"), ('properties.listed_founded', '<', 1950)]))
        found = self.env['res.partner'].search(group._get_partner_domain())
        self.assertEqual(found & partners, partners.filtered(lambda partner: partner.name in ("Moderna", "Lilly (Eli)")))

    def test_a_number_with_a_remark_is_read_and_said_so(self):
        result = self.run_import()
        self.assertEqual({message['type'] for message in result['messages']}, {'warning'})
        self.assertEqual(
            [message['message'] for message in result['messages']][0], "“1983 (1885)” is read as 1983 for “Year founded”.")
        self.assertEqual(self.env['res.partner'].browse(result['ids'])[1].properties['listed_founded'], 1983)

    def test_what_is_no_number_or_no_date_is_refused_and_nothing_is_imported(self):
        for row, said in (
            ('X Corp,Health Care,Boston,1990-01-01,long ago 100%', "long ago 100%"),
            ('X Corp,Health Care,Boston,last year,1990', "last year"),
        ):
            with self.subTest(row=row):
                result = self.run_import('\n'.join([COMPANIES.splitlines()[0], row]))
                self.assertFalse(result.get('ids'))
                self.assertIn(said, str(result['messages']))

    def test_importing_one_attribute_again_keeps_the_others(self):
        partner = self.env['res.partner'].browse(self.run_import()['ids'][0])
        self.env['res.partner'].with_user(self.manager).load(
            ['.id', 'properties.listed_sector'], [[str(partner.id), "Beverages"]])
        partner.invalidate_recordset()
        self.assertEqual(partner.properties['listed_sector'], "Beverages")
        self.assertEqual(partner.properties['listed_founded'], 1870)

    def test_dates_are_read_in_the_format_of_the_file(self):
        options = {**OPTIONS, 'date_format': '%d.%m.%Y'}
        text = "Security,Date added\nBayer,31.12.1999\n"
        result = self.importer(text).execute_import(['name', 'properties.listed_date_added'], ['Security', 'Date added'], options)
        self.assertFalse(result['messages'])
        self.assertEqual(str(self.env['res.partner'].browse(result['ids']).properties['listed_date_added']), '1999-12-31')
