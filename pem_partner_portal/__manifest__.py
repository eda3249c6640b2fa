{
    'name': "PEM Partner Portal",
    'summary': "The partner's side: everything that waits for an answer on one page, forms, documents and messages",
    'version': '19.0.1.1.0',
    'category': 'Sales/Partner Engagement',
    'author': "PEM for Odoo",
    'license': 'LGPL-3',
    'depends': ['pem_campaigns', 'auth_signup'],
    'data': [
        'views/portal_templates.xml',
        'views/in_tray_templates.xml',
        'views/input_templates.xml',
        'views/table_templates.xml',
        'views/form_templates.xml',
        'views/case_templates.xml',
        'views/document_templates.xml',
        'views/pem_sandbox_views.xml',
        'views/res_config_settings_views.xml',
    ],
    'demo': [
        'demo/res_users_demo.xml',
        'demo/pem_form_demo.xml',
    ],
    'assets': {
        'web.assets_backend': [
            'pem_partner_portal/static/src/sandbox/**/*',
        ],
        'web.assets_frontend': [
            'pem_partner_portal/static/src/**/*',
            ('remove', 'pem_partner_portal/static/src/sandbox/**/*'),
        ],
        'web.assets_unit_tests_setup': [
            'pem_partner_portal/static/src/**/*.js',
            'pem_partner_portal/static/src/**/*.xml',
        ],
        'web.assets_unit_tests': [
            'pem_partner_portal/static/tests/**/*.test.js',
        ],
    },
}
