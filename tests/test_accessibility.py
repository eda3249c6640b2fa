"""Everybody can use it: axe finds nothing wrong on the pages of partners and in our own elements of the back office, and
a partner gets through a form without a mouse.
"""
import pytest
from axe_playwright_python.sync_playwright import Axe

from .support.mail import links

#: A phone and a desktop.
WIDTHS = (1400, 360)
#: axe's own standard, and the size of what a finger has to meet (WCAG 2.2 AA, which axe does not look at unless told).
OPTIONS = {'resultTypes': ['violations'], 'rules': {'target-size': {'enabled': True}}}
#: What makes a test fail. In our own elements everything does.
GRAVE = ('serious', 'critical')
ALL = ('minor', 'moderate', *GRAVE)
#: What is Odoo's own on the pages of partners.
CHROME = [
    '.o_portal_icon',  # The pictures of portal.portal_docs_entry have no alternative text; they stand in a link with one.
]
FOCUSED = "document.activeElement"
TEAM = b"Name;Works in;Days of training\nKim;Sales;3\nLou;service;many\n"
PDF = b'%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n'
#: Is what has the focus seen at all: not under the bar at the bottom, and told apart from what has not?
SEEN = """control => {
    // A button to tick and a star show the focus of an input that nobody sees.
    const element = control.matches('.btn-check, .visually-hidden') ? control.labels[0] : control;
    const { left, top, width, height } = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const hit = document.elementFromPoint(left + Math.min(width, 20) / 2, top + height / 2);
    return {
        covered: !hit || !(element.contains(hit) || hit.contains(element)),
        // Within a field for dates the browser marks the part itself.
        marked: !control.matches(':focus') || style.outlineStyle !== 'none' || style.boxShadow !== 'none',
    };
}"""


def faults(page, include=('html',), impacts=GRAVE):
    """Return what axe finds on a page, one text each.

    :param include: selectors of the elements to look into; Odoo's own elements are left out
    :param impacts: how bad a violation must be to be returned
    """
    page.evaluate('document.fonts.ready.then(() => true)')
    for selector in include:
        page.locator(selector).first.wait_for()
    context = {'include': [[selector] for selector in include], 'exclude': [[selector] for selector in CHROME]}
    response = Axe().run(page, context=context, options=OPTIONS).response
    return [
        f"{page.url} at {page.viewport_size['width']} px: {violation['id']} ({violation['impact']}) {violation['help']}: "
        f"{' '.join(map(str, node['target']))} {node['html'][:300]} {node['failureSummary']}"
        for violation in response['violations'] if violation['impact'] in impacts
        for node in violation['nodes']]


def all_faults(page):
    """Return what is grave on a whole page of the portal, and what is wrong at all in our part of it."""
    return faults(page, ['.o_pem'], impacts=ALL) + faults(page)


def report(found):
    return '\n'.join(dict.fromkeys(found))


def is_seen(page):
    """Say what is wrong with how the focus shows, '' when nothing."""
    seen = page.evaluate_handle(FOCUSED).evaluate(SEEN)
    name = page.evaluate(f'{FOCUSED}.outerHTML')[:120]
    return f'{name} is covered' if seen['covered'] else '' if seen['marked'] else f'{name} has the focus, which nothing shows'


def tab_to(page, selector):
    """Press Tab until what the selector names has the focus; in our part of the page every stop on the way is seen."""
    hidden = []
    for _press in range(60):
        page.keyboard.press('Tab')
        if page.evaluate(f"Boolean({FOCUSED}.closest('.o_pem'))"):
            hidden.append(is_seen(page))
        if page.evaluate(f'selector => {FOCUSED}.matches(selector)', selector):
            assert not any(hidden), report(filter(None, hidden))
            return
    raise AssertionError(f'Tab does not lead to {selector}')


def send(page):
    page.get_by_role('button', name="Send to").and_(page.locator(':visible')).click()


def send_back(server, question, comment):
    """Let Ahmed send one answer of Brightwater's back."""
    ahmed = server.login('ahmed')
    [task] = ahmed.call(
        'pem.task', 'search_read', [
            ('partner_id.name', '=', "Brightwater Systems"), ('kind', '=', 'approval'), ('state', '=', 'open'), ('campaign_id', '!=', False)],
        ['review_answer_ids'])
    answer = ahmed.call('pem.submission.answer', 'search', [('id', 'in', task['review_answer_ids']), ('name', '=', question)])
    ahmed.call('pem.submission.answer', 'write', answer, {'verdict': 'returned', 'comment': comment})
    ahmed.call('pem.task', 'action_send_back', [task['id']])


def personal_link(mailbox, address):
    [link] = [one for one in links(mailbox.wait(address)[0]) if 'access_token' in one]
    return link


def hand_on(page, name, email):
    if not page.locator('details[open]').count():
        page.locator('details summary').click()
    page.locator('#pem_forward_name').fill(name)
    page.locator('#pem_forward_email').fill(email)
    page.get_by_role('button', name="Hand on").click()
    page.wait_for_url('**/forward')
    page.wait_for_load_state('load')


def ask_for_profile(server):
    """Roll the questionnaire of every kind out to Brightwater; return the path of its page."""
    admin = server.login('admin')
    process = admin.ref('pem_partner_portal.pem_process_demo_profile')
    admin.call('pem.process', 'action_publish', [process])
    # The demo has written to them often enough this week.
    admin.call('ir.config_parameter', 'set_param', 'pem_campaigns.contact_cap', '100')
    [partner] = admin.call('res.partner', 'search', [('name', '=', "Brightwater Systems")])
    group = admin.call('pem.target.group', 'create', {'name': "Profile", 'domain': repr([('id', '=', partner)])})
    campaign = admin.call('pem.campaign', 'create', {
        'name': "Partner profile", 'process_id': process, 'target_group_ids': [(4, group)]})
    admin.call('pem.campaign', 'action_launch', [campaign])
    [task] = admin.call('pem.task', 'search', [('campaign_id', '=', campaign), ('kind', '=', 'form')])
    return f'/my/requests/{task}'


def confirm_phone(page):
    page.locator('.o_pem_next:visible').wait_for()
    page.locator('label[for=pem_phone_confirm]').click()
    page.locator('.o_pem_next').click()
    page.locator('[name="answer.revenue"]:visible').wait_for()


def sign(page):
    page.get_by_role('button', name="Sign here").click()
    page.locator('.o_pem_signature canvas').wait_for()
    page.get_by_role('button', name="Use this signature").click()
    page.locator('.o_pem_files_signature .o_pem_thumbnail').wait_for()


def fill_request(page, part):
    page.locator('[name="answer.type"]').select_option('meet_comp')
    page.locator('[name="answer.end_customer"]').fill("Mercy Hospital")
    page.locator('[name="answer.competitor"]').fill("Medipump")
    page.locator('[name="answer.valid_to"]').fill('2099-12-31')
    page.locator('[name="answer.reason"]').fill("A competitor offers 14.")
    rows = page.locator('.o_pem_row')
    for number in range(rows.count()):
        for column, value in (('part', part), ('quantity', '100'), ('requested_cost', '15'), ('resale_price', '18')):
            rows.nth(number).locator(f'input[name$=".{column}"]').fill(value)


@pytest.mark.parametrize('width', WIDTHS)
def test_the_pages_of_partners(demo_odoo, browse, width):
    paula = browse(demo_odoo, 'paula', width=width, path='/my')
    found = faults(paula, ['.o_portal_docs'])
    for address in ('/my/requests', '/my/requests?tab=sponsor', '/my/requests?tab=done', '/my/requests/special-pricing'):
        paula.goto(address)
        found += all_faults(paula)

    # A form, as it comes; with everything open that a partner may open; refused beside the questions
    paula.goto('/my/requests')
    paula.locator('.o_pem_line', has_text="Contact revalidation").click()
    paula.locator('.o_pem_form').wait_for()
    found += all_faults(paula)
    paula.locator('[name="answer.entity_changed"][type=checkbox]').check()
    paula.locator('details summary').click()
    send(paula)
    assert paula.locator('.o_pem_error:visible').count() == 3
    found += all_faults(paula)

    # What was sent
    paula.locator('[name="answer.email"]').fill('paula@brightwater.example')
    paula.locator('[name="answer.entity_change"]').fill("We became a public company.")
    paula.locator('[name="answer.authorized"][type=checkbox]').check()
    paula.locator('#pem_registration_document').set_input_files({'name': 'register.txt', 'mimeType': 'text/plain', 'buffer': b'Register'})
    paula.locator('.o_pem_file_list li').wait_for()
    found += all_faults(paula)
    send(paula)
    paula.get_by_role('heading', name="Thank you").wait_for()
    found += all_faults(paula)

    # Its case, with a conversation
    paula.goto('/my/requests?tab=sponsor')
    found += all_faults(paula)
    paula.locator('.o_pem_line', has_text="Contact revalidation").click()
    paula.locator('#pem_reply').fill("Our certificate is on its way.")
    paula.locator('#pem_reply_files').set_input_files({'name': 'letter.txt', 'mimeType': 'text/plain', 'buffer': b'Letter'})
    paula.get_by_role('button', name="Send message").click()
    paula.locator('.o_pem_message').wait_for()
    found += all_faults(paula)
    paula.get_by_role('button', name="Send message").click()
    paula.locator('#conversation .alert-danger').wait_for()
    assert paula.evaluate(f'{FOCUSED}.id') == 'pem_reply'
    found += all_faults(paula)

    # A correction
    send_back(demo_odoo, 'phone', "Please add the extension.")
    paula.goto('/my/requests')
    found += all_faults(paula)
    paula.locator('.o_pem_line_returned', has_text="extension").click()
    paula.locator('.o_pem_entry_returned').wait_for()
    found += all_faults(paula)
    assert not found, report(found)


@pytest.mark.parametrize('width', WIDTHS)
def test_a_form_of_every_kind(demo_odoo, browse, width):
    paula = browse(demo_odoo, 'paula', width=width, path=ask_for_profile(demo_odoo))
    # Its pages one by one, as they come and refused
    paula.locator('.o_pem_next:visible').wait_for()
    paula.locator('.o_pem_next').click()
    paula.locator('.o_pem_error:visible').wait_for()
    found = all_faults(paula)
    paula.locator('.o_pem_correct').click()
    found += all_faults(paula)
    confirm_phone(paula)
    paula.locator('.o_pem_add_row').click()
    paula.locator('.o_pem_row').nth(1).locator('[name$=".days"]').fill('999')
    paula.locator('.o_pem_import summary').click()
    paula.locator('.o_pem_next').click()
    paula.locator('.o_pem_row .o_pem_error:visible').first.wait_for()
    found += all_faults(paula)
    paula.locator('.o_pem_row').nth(1).locator('.o_pem_remove_row').click()
    paula.locator('.o_pem_import_file').set_input_files({'name': 'team.csv', 'mimeType': 'text/csv', 'buffer': TEAM})
    paula.locator('.o_pem_table_notes', has_text="many").wait_for()
    found += all_faults(paula)
    paula.locator('.o_pem_next').click()
    paula.locator('label[for=pem_rating_3]').click()
    paula.locator('#pem_certificates').set_input_files({'name': 'iso.pdf', 'mimeType': 'application/pdf', 'buffer': PDF})
    paula.locator('.o_pem_file', has_text="iso.pdf").wait_for()
    paula.get_by_role('button', name="Sign here").click()
    paula.locator('.o_pem_signature canvas').wait_for()
    found += all_faults(paula)
    paula.get_by_role('button', name="Cancel").click()
    sign(paula)
    found += all_faults(paula)
    send(paula)
    assert paula.locator('.o_pem_error:visible').all_inner_texts() == ["Please tick this box to continue."]
    found += all_faults(paula)
    paula.locator('[name="answer.privacy"][type=checkbox]').check()
    send(paula)
    paula.get_by_role('heading', name="Thank you").wait_for()
    found += all_faults(paula)
    assert not found, report(found)


def test_a_form_of_every_kind_is_filled_on_a_phone_with_the_keyboard_alone(demo_odoo, browse):
    paula = browse(demo_odoo, 'paula', width=360, path=ask_for_profile(demo_odoo), reduced_motion='reduce')
    paula.locator('.o_pem_next:visible').wait_for()
    tab_to(paula, '#pem_phone_confirm')
    paula.keyboard.press('Space')
    tab_to(paula, '.o_pem_next')
    paula.keyboard.press('Enter')
    tab_to(paula, '[name="answer.revenue"]')
    paula.keyboard.type('1000')
    tab_to(paula, '[name="answer.employees"]')
    paula.keyboard.type('3')
    assert paula.locator('output#pem_per_head').inner_text() == '333.33'
    tab_to(paula, '.o_pem_row [name$=".name"]')
    paula.keyboard.type('Kim')
    tab_to(paula, '.o_pem_copy_row')
    paula.keyboard.press('Enter')
    assert paula.locator('.o_pem_row').count() == 2
    assert not paula.evaluate('document.documentElement.scrollWidth > innerWidth')
    tab_to(paula, '.o_pem_next')
    paula.keyboard.press('Enter')
    tab_to(paula, '[name="answer.rating"]')
    for _star in range(4):
        paula.keyboard.press('ArrowRight')
    assert paula.locator('[name="answer.rating"]:checked').get_attribute('value') in '45'
    tab_to(paula, '[name="answer.privacy"]')
    paula.keyboard.press('Space')
    tab_to(paula, '.o_pem_signature button')
    paula.keyboard.press('Enter')
    paula.locator('.o_web_sign_name_input:focus').wait_for()
    paula.keyboard.type(' Reyes')
    tab_to(paula, '.o_pem_signature .btn-primary')
    paula.keyboard.press('Enter')
    paula.locator('.o_pem_files_signature .o_pem_thumbnail').wait_for()
    send(paula)
    paula.get_by_role('heading', name="Thank you").wait_for()
    assert "2 rows" in paula.locator('.card', has_text="What you sent").inner_text() or "Kim" in paula.content()


@pytest.mark.parametrize('width', WIDTHS)
def test_the_special_prices_of_partners(demo_odoo, browse, width):
    paula = browse(demo_odoo, 'paula', width=width, path='/my/requests/special-pricing')
    # What was authorized, and what was sent back
    paula.locator('.o_pem_line', has_text="Harbor General").click()
    paula.get_by_text("Authorization number").wait_for()
    found = all_faults(paula)
    paula.goto('/my/requests')
    paula.locator('.o_pem_line_returned').click()
    paula.locator('.o_pem_row .alert-warning').wait_for()
    found += all_faults(paula)

    # A new one with two lines, refused by the server
    paula.goto('/my/requests')
    paula.get_by_role('button', name="Ask for a special price").click()
    paula.locator('.o_pem_row').wait_for()
    found += all_faults(paula)
    paula.locator('.o_pem_add_row').click()
    fill_request(paula, part='BX-99')
    send(paula)
    paula.locator('.o_pem_summary').wait_for()
    found += all_faults(paula)
    assert not found, report(found)


@pytest.mark.parametrize('width', WIDTHS)
def test_the_pages_of_links(demo_odoo, browse, mailbox, width):
    admin = demo_odoo.login('admin')
    admin.call('pem.campaign', 'write', [admin.ref('pem_campaigns.pem_campaign_demo_running')], {'allow_guests': True})
    # Handed on: refused, then done
    paula = browse(demo_odoo, 'paula', width=width, path='/my/requests')
    paula.locator('.o_pem_line', has_text="Contact revalidation").click()
    hand_on(paula, ' ', 'sam@brightwater.example')
    assert paula.evaluate(f'{FOCUSED}.id') == 'pem_forward_name'
    found = all_faults(paula)
    hand_on(paula, "Sam Lee", 'sam@brightwater.example')
    paula.get_by_role('heading', name="Handed on to Sam Lee").wait_for()
    found += all_faults(paula)

    # The link in the colleague's mail, whole and broken
    link = personal_link(mailbox, 'sam@brightwater.example')
    guest = browse(demo_odoo, width=width, path=link.replace(demo_odoo.url, ''))
    guest.locator('.o_pem_form').wait_for()
    found += all_faults(guest)
    guest.expected_errors.append('403')
    guest.goto(link[:-9])
    guest.get_by_role('heading', name="This link does not work any more").wait_for()
    found += all_faults(guest)

    # Another one, which is too old when it comes
    admin.call('ir.config_parameter', 'set_param', 'pem_campaigns.link_days', '-1')
    guest.goto(link)
    hand_on(guest, "Kim Roe", 'kim@brightwater.example')
    guest.goto(personal_link(mailbox, 'kim@brightwater.example'))
    guest.get_by_role('heading', name="This link is too old").wait_for()
    found += all_faults(guest)
    guest.get_by_role('button', name="Send me a new one").click()
    guest.get_by_role('heading', name="Please look at your mail").wait_for()
    found += all_faults(guest)
    assert not found, report(found)


@pytest.mark.parametrize('width', WIDTHS)
def test_our_elements_in_the_back_office(demo_odoo, browse, width):
    marie = browse(demo_odoo, 'marie', width=width, path='/odoo/partner-engagement')
    found = faults(marie, ['.o_pem_control_room .o_pem_page'], impacts=ALL)
    marie.goto('/odoo/action-pem_campaigns.pem_case_action')
    marie.locator('.o_searchview_input, .o_kanban_record').first.wait_for()
    marie.locator('.o_data_row, .o_kanban_record').filter(has_text="Kestrel").first.click()
    found += faults(marie, ['.o_pem_timeline'], impacts=ALL)

    ahmed = browse(demo_odoo, 'ahmed', width=width, path='/odoo/action-pem_campaigns.pem_task_action_mine')
    ahmed.locator('.o_data_row, .o_kanban_record').filter(has_text="Piazza").first.click()
    review = ['.o_pem_review_answers'] + (['.o_pem_queue'] if width > 1000 else [])
    found += faults(ahmed, review, impacts=ALL)
    ahmed.locator('.o_pem_answer', has_text="Phone").locator('.o_pem_return').click()
    ahmed.locator('.o_pem_answer', has_text="How many people").locator('.o_pem_accept').click()
    ahmed.locator('.o_pem_accept.btn-success').wait_for()
    found += faults(ahmed, review, impacts=ALL)
    assert not found, report(found)


def test_the_control_room_before_the_first_campaign(odoo, browse):
    admin = odoo.login('admin')
    admin.call('res.users', 'write', [admin.uid], {'group_ids': [(4, admin.ref('pem_campaigns.group_pem_manager'))]})
    page = browse(odoo, 'admin', path='/odoo/partner-engagement')
    page.locator('.o_pem_step').first.wait_for()
    found = faults(page, ['.o_pem_control_room .o_pem_page'], impacts=ALL)
    assert not found, report(found)


@pytest.mark.parametrize('width', WIDTHS)
def test_a_form_is_filled_and_sent_with_the_keyboard_alone(demo_odoo, browse, width):
    paula = browse(demo_odoo, 'paula', width=width, path='/my/requests', reduced_motion='reduce')
    address = paula.locator('.o_pem_line', has_text="3 questions").filter(has_text="Security certificates").get_attribute('href')
    tab_to(paula, f'.o_pem_line[href="{address}"]')
    paula.keyboard.press('Enter')
    paula.locator('.o_pem_form').wait_for()
    tab_to(paula, '[name="answer.certificate"]')
    paula.keyboard.type('ISO 9001')
    tab_to(paula, '[name="answer.certificate_until"]')
    paula.keyboard.type('12312099')
    # Past the file, which one need not attach.
    tab_to(paula, '#pem_certificate_file')
    tab_to(paula, '.o_pem_actions [value=submit]')
    paula.keyboard.press('Space')
    paula.get_by_role('heading', name="Thank you").wait_for()
    sent = paula.locator('dl', has_text="Which certificate").inner_text()
    assert "ISO 9001" in sent and "12/31/2099" in sent


def test_the_bar_of_buttons_covers_nothing_that_has_the_focus(demo_odoo, browse):
    paula = browse(demo_odoo, 'paula', width=360, path='/my/requests', reduced_motion='reduce')
    paula.locator('.o_pem_line', has_text="Contact revalidation").click()
    paula.locator('.o_pem_form').wait_for()
    tab_to(paula, '.o_pem_actions [value=save]')


@pytest.mark.parametrize('width', WIDTHS)
def test_enter_sends_and_a_refusal_leads_to_the_first_wrong_answer(demo_odoo, browse, width):
    paula = browse(demo_odoo, 'paula', width=width, path='/my/requests', reduced_motion='reduce')
    paula.locator('.o_pem_line', has_text="Contact revalidation").click()
    paula.locator('.o_pem_form').wait_for()
    tab_to(paula, '[name="answer.phone"]')
    paula.keyboard.press('Control+A')
    paula.keyboard.type('call me')
    paula.keyboard.press('Enter')
    assert paula.evaluate(f'{FOCUSED}.name') == 'answer.phone'
    assert not is_seen(paula)
    phone = paula.locator('[name="answer.phone"]')
    assert phone.get_attribute('aria-invalid') == 'true'
    assert paula.locator(f"#{phone.get_attribute('aria-describedby').split()[-1]}").inner_text().startswith("Please enter a phone number")
    paula.keyboard.press('Control+A')
    paula.keyboard.type('+1 617 555 0143')
    paula.keyboard.press('Enter')
    # The next wrong one
    assert paula.evaluate(f'{FOCUSED}.name') == 'answer.email'
    paula.keyboard.type('paula@brightwater.example')
    paula.keyboard.press('Enter')
    assert paula.evaluate(f'{FOCUSED}.name') == 'answer.authorized'
    assert phone.get_attribute('aria-invalid') is None
    paula.keyboard.press('Space')
    paula.keyboard.press('Enter')
    paula.get_by_role('heading', name="Thank you").wait_for()


def test_what_the_server_refuses_leads_to_a_summary(demo_odoo, browse):
    paula = browse(demo_odoo, 'paula', path='/my/requests', reduced_motion='reduce')
    paula.get_by_role('button', name="Ask for a special price").click()
    fill_request(paula, part='BX-99')
    send(paula)
    paula.locator('.o_pem_summary:focus').wait_for()
    tab_to(paula, '[aria-invalid=true]')
    part = paula.locator('[aria-invalid=true]')
    assert part.get_attribute('name').endswith('.part')
    error = paula.locator(f"#{part.get_attribute('aria-describedby').split()[-1]}")
    assert "BX-99" in error.inner_text()


def test_who_takes_a_line_away_by_keyboard_goes_on_from_there(demo_odoo, browse):
    paula = browse(demo_odoo, 'paula', path='/my/requests', reduced_motion='reduce')
    paula.get_by_role('button', name="Ask for a special price").click()
    paula.locator('.o_pem_row').wait_for()
    tab_to(paula, '.o_pem_add_row')
    paula.keyboard.press('Enter')
    paula.locator('.o_pem_row').nth(1).locator('input:focus').wait_for()
    tab_to(paula, '.o_pem_remove_row')
    paula.keyboard.press('Space')
    assert paula.locator('.o_pem_row').count() == 1
    assert paula.locator('.o_pem_add_row:focus').count() == 1
