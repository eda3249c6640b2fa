"""One form that asks for every kind of answer, on three pages, for tests of pages, routes and drafts."""


def make_every_kind_form(world):
    """Return the form; ``world`` is a test class with the helpers of ``PemWorld``.

    The phone number is on file and to be confirmed; the answers to it are :data:`ANSWERS`.
    """
    company = world.env.company
    form = world.make_form(
        ("You and your company", 'page', {'help_text': "Who you are."}),
        ("Phone", 'phone', {'required': True, 'revalidate': True, 'attribute_id': world.govern('phone').id}),
        ("Company number", 'char', {
            'width': 'half', 'pattern': '[A-Z]{2}-[0-9]+', 'pattern_message': "Two letters, a dash and digits, such as BX-17.",
            'placeholder': "BX-17"}),
        ("Language of contracts", 'selection', {
            'width': 'half', 'prefill': 'value', 'default_value': 'en', 'choices': [('en', "English"), ('de', "German")]}),
        ("Country", 'country', {'width': 'half'}),
        ("State", 'state', {'width': 'half', 'country_question': 'country'}),
        ("Who signs", 'contact', {'width': 'third'}),
        ("Founded on", 'date', {'width': 'third'}),
        ("Next meeting", 'datetime', {'width': 'third', 'help_text': "When we shall call you."}),
        ("Terms of payment", 'char', {
            'prefill': 'value', 'default_value': "30 days", 'readonly_if': "[('reader.is_administrator', '=', False)]"}),
        ("Secret of the office", 'char', {'role_domain': "[('reader.role', '=', 'finance')]"}),
        ("Staff and figures", 'page'),
        ("About your figures", 'heading'),
        ("Revenue", 'monetary', {'width': 'half', 'currency_id': company.currency_id.id, 'minimum': 0, 'maximum': 1e9}),
        ("Employees", 'integer', {'width': 'half', 'minimum': 1, 'maximum': 100000}),
        ("Revenue per head", 'computed', {'formula': 'round(revenue / employees, 2)'}),
        ("Share of exports", 'float', {'visible_if': "[('revenue', '>', 1000)]"}),
        ("Staff", 'table', {'min_rows': 1, 'max_rows': 5, 'help_text': "Everybody who sells our products."}),
        ("Days of training", 'computed', {'formula': 'sum(staff.days)'}),
        ("Areas", 'tags', {'choices': [('cloud', "Cloud"), ('edge', "Edge")]}),
        ("Papers and signature", 'page'),
        ("Read this first.", 'note'),
        ("Certificates", 'file', {'file_types': 'pdf', 'max_files': 2, 'max_megabytes': 1}),
        ("Logo", 'image', {'max_files': 1}),
        ("How do we do", 'rating', {'required': True}),
        ("Mail for invoices", 'email', {'required_if': "[('reseller', '=', True)]"}),
        ("Web", 'url'),
        ("Remarks", 'text'),
        ("Reseller", 'boolean'),
        ("I agree to the terms", 'consent', {'required': True}),
        ("Signature", 'signature', {'required': True}),
        name="Every kind")
    table = form.field_ids.filtered(lambda field: field.name == 'staff')
    options = [('sales', "Sales"), ('service', "Service")]
    for sequence, (label, kind, values) in enumerate((
        ("Name", 'char', {'required': True}),
        ("Area", 'selection', {'option_ids': [(0, 0, {'key': key, 'name': name}) for key, name in options]}),
        ("Days", 'integer', {'minimum': 0, 'maximum': 30, 'show_total': True}),
        ("Since", 'date', {}),
        ("Certified", 'boolean', {}),
    )):
        world.env['pem.form.field'].create({
            'table_id': table.id, 'form_id': form.id, 'label': label, 'value_type': kind, 'sequence': sequence, **values})
    return form


#: What a browser sends for it, beside the files.
ANSWERS = [
    ('zone', 'Europe/Paris'),
    ('confirm.phone', ''), ('confirm.phone', '1'), ('answer.phone', '+1 617 555 0100'), ('answer.company_number', 'BX-17'),
    ('answer.language_of_contracts', 'de'), ('answer.next_meeting', '2027-05-01T09:30'), ('answer.founded_on', '1999-12-31'),
    ('answer.revenue', '1200.50'), ('answer.employees', '12'), ('answer.share_of_exports', '12.5'),
    ('row.staff', ''), ('row.staff.0.name', 'Kim'), ('row.staff.0.area', 'sales'), ('row.staff.0.days', '3'),
    ('row.staff.0.certified', ''), ('row.staff.0.certified', '1'),
    ('row.staff.n1.name', 'Lou'), ('row.staff.n1.days', '4'), ('row.staff.n1.certified', ''),
    ('answer.areas', ''), ('answer.areas', 'cloud'), ('answer.areas', 'edge'),
    ('answer.how_do_we_do', ''), ('answer.how_do_we_do', '4'), ('answer.reseller', ''),
    ('answer.i_agree_to_the_terms', ''), ('answer.i_agree_to_the_terms', '1'),
]
