"""The test bench itself: if one of these fails, look here before looking into a product test."""


def test_the_server_sends_a_mail_to_the_mailbox(odoo, mailbox):
    admin = odoo.login('admin')
    mail = admin.call('mail.mail', 'create', [{'subject': "Hello", 'email_to': 'partner@example.com', 'body_html': '<p>Hi</p>'}])
    admin.call('mail.mail', 'send', mail)
    assert mailbox.wait('partner@example.com')[0]['Subject'] == "Hello"


def test_a_page_of_the_administrator_opens_without_console_errors(odoo, browse):
    for width in (1400, 360):
        page = browse(odoo, 'admin', width=width)
        page.locator('.o_web_client').wait_for()
        assert page.evaluate('innerWidth') == width
