{
    'name': "PEM Channel Incentives",
    'summary': "Special prices for partners: requested in the portal, decided by the price desk, authorized with a number",
    'version': '19.0.1.0.0',
    'category': 'Sales/Partner Engagement',
    'author': "PEM for Odoo",
    'license': 'LGPL-3',
    'depends': ['pem_partner_portal', 'product', 'sale', 'account'],
    'data': [
        'security/pem_channel_incentives_groups.xml',
        'security/ir.model.access.csv',
        'security/pem_channel_incentives_rules.xml',
        'data/ir_sequence.xml',
        'data/ir_cron.xml',
        'data/mail_template.xml',
        'data/pem_special_pricing_process.xml',
        'views/pem_special_pricing_line_views.xml',
        'views/pem_special_pricing_views.xml',
        'views/pem_task_views.xml',
        'views/res_partner_views.xml',
        'views/res_config_settings_views.xml',
        'views/pem_menus.xml',
    ],
    'demo': [
        'demo/res_users_demo.xml',
        'demo/product_demo.xml',
        'demo/pem_special_pricing_demo.xml',
    ],
    'assets': {
        'web.assets_tests': [
            'pem_channel_incentives/static/tests/tours/**/*',
        ],
    },
}
