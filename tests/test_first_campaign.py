"""The main story, as its three users live it in the browser: from a file of companies to updated partner records.

Marie, a marketing manager who starts from an empty database; Bruno, who works for one of her partners and has a phone;
Ahmed, who approves. Nothing is done behind their backs but what the world outside would do: an administrator makes their
logins, and the companies tell their e-mail addresses.
"""
import contextlib
import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as TookTooLong

from .support.mail import links
from .support.server import RpcError

HERE = Path(__file__).parent
#: The real file where it is, else an excerpt of it.
SHARED = HERE.parents[1] / 'shared' / 'data' / 'companies.csv'
COMPANIES = SHARED if SHARED.exists() else HERE / 'data' / 'companies.csv'
#: Column of the file → attribute or field it becomes.
COLUMNS = {'Security': 'Name', 'GICS Sector': 'Sector', 'GICS Sub-Industry': 'Sub-industry',
           'Headquarters Location': 'Headquarters', 'Founded': 'Founded'}
PDF = b'%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n'
#: The partner whose answer the story follows: an en dash, and founded in 1870.
BROWN = 'Brown–Forman'


@pytest.fixture
def companies():
    with COMPANIES.open(encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


@pytest.fixture
def people(odoo):
    """The logins an administrator makes."""
    admin = odoo.login('admin')
    admin.call('res.users', 'create', [
        {'name': "Marie Keller", 'login': 'marie', 'password': 'marie', 'email': 'marie@sponsor.example',
         'group_ids': [(6, 0, [admin.ref('pem_campaigns.group_pem_manager'), admin.ref('base.group_partner_manager')])]},
        {'name': "Ahmed Haddad", 'login': 'ahmed', 'password': 'ahmed', 'email': 'ahmed@sponsor.example',
         'group_ids': [(6, 0, [admin.ref('pem_campaigns.group_pem_user'), admin.ref('base.group_user')])]},
    ], context={'no_reset_password': True})
    return admin


def is_old(row):
    return int(re.match(r'\d+', row['Founded']).group()) < 1950


def is_wanted(row):
    """Health Care partners in Massachusetts, or founded before 1950."""
    return is_old(row) or (row['GICS Sector'] == 'Health Care' and 'Massachusetts' in row['Headquarters Location'])


def test_the_first_campaign_from_a_file_to_updated_partners(odoo, people, mailbox, browse, companies):
    admin = people
    marie = browse(odoo, 'marie', path='/odoo/partner-engagement')

    # 1. Attributes without code, then Odoo's own import
    sectors = sorted({row['GICS Sector'] for row in companies})
    for name, kind, choices in (('Sector', 'Choice', sectors), ('Sub-industry', None, None), ('Headquarters', None, None),
                                ('Founded', 'Whole number', None)):
        add_attribute(marie, name, kind, choices)
    import_companies(marie, companies)
    names = {row['Security'] for row in companies}
    found = admin.call('res.partner', 'search_read', [('name', 'in', sorted(names))], ['name', 'properties'])
    assert {partner['name'] for partner in found} == names
    for row in companies[:5]:
        [properties] = [one['properties'] for one in found if one['name'] == row['Security']]
        values = {one['string']: one.get('value') for one in properties}
        assert values['Sub-industry'] == row['GICS Sub-Industry']

    # 2. A target group on these attributes, counted live
    wanted = {row['Security'] for row in companies if is_wanted(row)}
    make_group(marie, companies)

    # The companies tell their addresses; one of their people gets a login.
    tell_addresses(admin, found)

    # 3. The library process, edited and published
    publish_process(marie)

    # 4. Preflight and launch: one case, one task, one message with a link for each
    launch(marie, len(wanted))
    counts(admin, {'pem.case': len(wanted), 'pem.task': len(wanted)})
    # The server's own scheduler sends them.
    sent = mailbox.wait_for_all(len(wanted), "Contact revalidation 2027")
    assert len({recipient for one in sent for recipient in one.recipients}) == len(wanted)
    [message] = mailbox.to('bruno@brown-forman.example')
    [link] = [one for one in links(message) if '/my/requests/' in one]
    control_room(marie, asked=len(wanted), partners=len(wanted), sponsor=0)

    # 5. Bruno answers on his phone
    bruno = browse(odoo, 'bruno', width=360, path=link.replace(odoo.url, ''))
    answer(bruno)
    control_room(marie, asked=len(wanted), partners=len(wanted) - 1, sponsor=1)

    # 6. Ahmed finds it among his activities, sends one answer back, and approves the correction
    ahmed = browse(odoo, 'ahmed', path='/odoo')
    send_one_answer_back(ahmed)
    control_room(marie, asked=len(wanted), partners=len(wanted), sponsor=0)
    correct(bruno)
    approve(ahmed)
    [partner] = admin.call('res.partner', 'search_read', [('name', '=', BROWN)], ['phone', 'website', 'pem_verification_ids'])
    assert (partner['phone'], partner['website']) == ('+1 502 555 0177', 'http://www.brown-forman.example')
    assert partner['pem_verification_ids']

    # 7. The control room tells the truth at the end, too
    control_room(marie, asked=len(wanted), partners=len(wanted) - 1, sponsor=0, done=1)

    # 8. Every step is in the timeline, and the trail is whole
    timeline(marie, admin)


# Marie


def menu(page, section, entry=None):
    page.locator('.o_menu_sections').get_by_text(section, exact=True).click()
    if entry:
        page.locator('.o-dropdown--menu').get_by_role('menuitem', name=entry, exact=True).click()
    # The page before stays until the new one is there.
    page.locator('.o_last_breadcrumb_item', has_text=entry or section).wait_for()


def save(page):
    page.locator('.o_form_button_save:visible').first.click()
    page.locator('.o_form_status_indicator_buttons.invisible').first.wait_for(state='attached')


def add_attribute(page, name, kind=None, choices=None):
    menu(page, "Partners", "Attributes")
    page.locator('.o_list_view .o_list_button_add').click()
    page.locator('.o_field_widget[name=name] input').fill(name)
    if kind:
        page.locator('.o_field_widget[name=value_type] input').click()
        page.locator('.o_select_menu_item', has_text=kind).first.click()
    if choices:
        page.locator('.o_field_widget[name=choices] textarea').fill('\n'.join(choices))
    save(page)


def import_companies(page, companies):
    menu(page, "Partners", "Contacts")
    page.locator('.o_cp_action_menus .dropdown-toggle, .o_cp_action_menus button').first.click()
    page.get_by_role('menuitem', name="Import records").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role('button', name="Upload Data File").first.click()
    chooser.value.set_files(COMPANIES)
    page.locator('.o_import_data_content table').wait_for()
    for column, field in COLUMNS.items():
        row = page.locator('.o_import_data_content tbody tr').filter(
            has=page.locator('.o_import_file_column_cell > .fw-bold', has_text=re.compile(rf'^\s*{re.escape(column)}\s*$')))
        toggler = row.locator('.o_select_menu_toggler')
        if toggler.inner_text().strip() == field:
            continue
        toggler.click()
        page.locator('.o_select_menu_menu .o_select_menu_item').filter(has_text=re.compile(rf'^\s*{re.escape(field)}\s*$')).first.click()
        page.locator('.o_select_menu_menu').wait_for(state='hidden')
    page.get_by_role('button', name="Import", exact=True).click()
    page.locator('.o_notification', has_text=f'{len(companies)} records successfully imported').wait_for(timeout=120_000)
    # What was imported is shown by itself, a moment later.
    page.locator('.o_last_breadcrumb_item', has_text="Imported records").wait_for()


def make_group(page, companies):
    """Any of: founded before 1950, or all of: Health Care, headquarters in Massachusetts. Each rule shows its count."""
    menu(page, "Partners", "Target groups")
    page.locator('.o_list_button_add').click()
    page.locator('.o_field_widget[name=name] input').fill("Health Care in Massachusetts or founded before 1950")
    editor = page.locator('.o_field_widget[name=domain]')
    editor.get_by_text("New Rule").first.click()
    old, wanted = sum(map(is_old, companies)), sum(map(is_wanted, companies))
    condition(page, 0, "Founded", "lower than", '1950', old)
    editor.locator('.o_tree_editor_connector_value button').first.click()
    editor.locator('.o_tree_editor_connector_value', has_text="any").wait_for()
    editor.get_by_role('button', name="Add nested rule").first.click()
    editor.get_by_role('button', name="Add rule", exact=True).click()
    condition(page, 1, "Sector", "is equal to", "Health Care", old, is_choice=True)
    condition(page, 2, "Headquarters", "contains", "Massachusetts", wanted)
    save(page)
    page.locator('button[name=action_open_partners]', has_text=str(wanted)).wait_for()


def condition(page, number, attribute, operator, value, count, is_choice=False):
    """Set one condition of the open domain editor; ``count`` partners fulfil all of them then."""
    editor = page.locator('.o_field_widget[name=domain] .o_tree_editor_condition').nth(number)
    editor.locator('.o_model_field_selector').click()
    if page.locator('.o_model_field_selector_popover_title').inner_text().strip() != "Attributes":
        # Typed into the search, the word would also be looked for among the attributes: Odoo searches a moment later.
        page.locator('.o_model_field_selector_popover_item').filter(
            has=page.locator('.o_model_field_selector_popover_item_name').get_by_text("Attributes", exact=True),
        ).locator('.o_model_field_selector_popover_item_relation').click()
    page.locator('.o_model_field_selector_popover_item_name', has_text=re.compile(rf'^{attribute} \(')).click()
    editor.locator('.o_model_field_selector', has_text=attribute).wait_for()
    editor.locator('select').first.select_option(label=operator)
    target = editor.locator('.o_tree_editor_editor').last
    if is_choice:
        # The value that comes along from the rule above is none of the choices.
        target.locator('.fa-times, select').first.wait_for()
        if target.locator('.fa-times').count():
            target.locator('.fa-times').click()
        target.locator('select').select_option(label=value)
    counted = page.locator('.o_domain_show_selection_button', has_text=f'{count} record')
    for _attempt in range(0 if is_choice else 4):
        # Odoo draws the value anew a moment after the operator was chosen; what was typed before that is gone.
        target.locator('input').fill(value)
        target.locator('input').press('Tab')
        with contextlib.suppress(TookTooLong):
            counted.wait_for(timeout=5_000)
            break
    counted.wait_for()


def publish_process(page):
    menu(page, "Configuration", "Library")
    page.locator('.o_kanban_record', has_text="Contact revalidation").get_by_role('button', name="Use this process").click()
    # The approver: a person
    page.locator('.o_pem_map_card', has_text="Check the changes").locator('.o_pem_map_main').click()
    page.locator('.modal .o_field_widget[name=approver_kind] input').click()
    page.locator('.o_select_menu_item', has_text="Persons").click()
    page.locator('.modal .o_field_widget[name=approver_user_ids] input').fill("Ahmed")
    page.locator('.o-autocomplete--dropdown-item', has_text="Ahmed Haddad").click()
    page.locator('.modal .o_form_button_save').click()
    page.locator('.modal').wait_for(state='hidden')
    # The form: another word, and a document that has to be there
    card = page.locator('.o_pem_map_card[data-kind=form]')
    card.hover()
    card.locator('.o_pem_map_edit_form').click()
    question(page, "Website", rename="Your website", required=True)
    save(page)
    page.locator('.o_back_button').first.click()
    page.locator('button[name=action_publish]').click()
    page.locator('.o_arrow_button_current', has_text="Published").wait_for()


def question(page, label, rename, required):
    page.locator('.o_pem_fd_el', has_text=label).first.click()
    panel = page.locator('.o_pem_fd_panel')
    panel.locator('.o_field_widget[name=label] input').fill(rename)
    panel.locator('.o_field_widget[name=label] input').press('Tab')
    panel.locator('.nav-link', has_text="Rules").click()
    panel.locator('.o_field_widget[name=required] input').set_checked(required)
    page.locator('.o_pem_fd_el', has_text=rename).wait_for()


def launch(page, count):
    menu(page, "Campaigns")
    page.locator('.o_list_button_add').click()
    page.locator('.o_field_widget[name=name] input').fill("Contact revalidation 2027")
    for field, text, choice in (('process_id', "Contact", "Contact revalidation"), ('target_group_ids', "Health", "Health Care in")):
        page.locator(f'.o_field_widget[name={field}] input').fill(text)
        page.locator('.o-autocomplete--dropdown-item', has_text=choice).first.click()
    page.get_by_role('button', name="Check the audience").click()
    page.locator('.alert', has_text=f'{count} will be asked').wait_for()
    page.get_by_role('button', name="Launch").click()
    page.locator('.modal-footer .btn-primary').click()
    page.locator('.o_arrow_button_current', has_text="Running").wait_for()


def control_room(page, *, asked, partners, sponsor, done=0):
    """Every number of the control room is the number of cases behind it."""
    menu(page, "Control room")
    page.locator('.o_pem_refresh').click()
    shown = {'case_count': asked, 'partner_count': partners, 'sponsor_count': sponsor}
    for name, number in shown.items():
        page.locator(f'.o_pem_tile[data-count={name}] .o_pem_tile_value').get_by_text(str(number), exact=True).wait_for()
    page.locator('.o_pem_tile').get_by_text(f'{done} of {asked}', exact=True).wait_for()
    page.locator('.o_pem_tile[data-count=partner_count]').click()
    page.locator('.o_list_view .o_pager_limit').get_by_text(str(partners), exact=True).wait_for()


def timeline(page, admin):
    [case] = admin.call('pem.case', 'search_read', [('partner_id.name', '=', BROWN)], ['event_ids', 'state'])
    assert case['state'] == 'done'
    kinds = [event['kind'] for event in admin.call('pem.event', 'search_read', [('case_id', '=', case['id'])], ['kind'], order='sequence')]
    story = ['started', 'notified', 'seen', 'draft_saved', 'file_added', 'submitted', 'returned', 'notified', 'seen', 'submitted',
             'approved', 'partner_updated', 'closed']
    rest = iter(kinds)
    assert all(kind in rest for kind in story), kinds
    page.goto(f"/odoo/action-pem_campaigns.pem_case_action/{case['id']}")
    for text in ("Started", "submitted", "Sent back", "approved", "Partner updated", "Closed"):
        page.locator('.o_pem_timeline .o_pem_event', has_text=text).first.wait_for()
    page.locator('button[name=action_verify_trail]').click()
    page.locator('.o_notification', has_text="The audit trail is whole").wait_for()
    # The database itself refuses to bend it.
    with pytest.raises(RpcError, match="only be added to"):
        admin.call('pem.event', 'write', case['event_ids'][:1], {'kind': 'approved'})


# Administrator and the world


def tell_addresses(admin, partners):
    for partner in partners:
        admin.call('res.partner', 'write', [partner['id']], {'email': f"office-{partner['id']}@partners.example", 'phone': '+1 502 555 0100'})
    [brown] = [partner['id'] for partner in partners if partner['name'] == BROWN]
    bruno = admin.call('res.partner', 'create', {'name': "Bruno Brown", 'parent_id': brown, 'email': 'bruno@brown-forman.example'})
    admin.call('res.users', 'create', {
        'name': "Bruno Brown", 'login': 'bruno', 'password': 'bruno', 'partner_id': bruno,
        'group_ids': [(6, 0, [admin.ref('base.group_portal')])]}, context={'no_reset_password': True})


def counts(admin, expected):
    assert {model: admin.call(model, 'search_count', []) for model in expected} == expected


# Bruno, on his phone


def send(page):
    page.get_by_role('button', name="Send to").and_(page.locator(':visible')).click()


def answer(page):
    page.goto('/my')
    page.get_by_text("waiting for you").wait_for()
    page.goto('/my/requests')
    page.locator('.o_pem_line', has_text="Contact revalidation 2027").click()
    assert page.locator('[name="answer.phone"]').input_value() == '+1 502 555 0100'
    # One required answer is missing: the error stands beside it.
    page.locator('[name="answer.phone"]').fill('+1 502 555 0199')
    page.locator('[name="answer.authorized"][type=checkbox]').check()
    send(page)
    error = page.locator('[data-name=website] .o_pem_error')
    error.wait_for()
    assert error.inner_text() == "Please answer this question."
    # He attaches a document, saves, and comes back later.
    page.locator('#pem_registration_document').set_input_files({'name': 'registration.pdf', 'mimeType': 'application/pdf', 'buffer': PDF})
    page.locator('.o_pem_file_list', has_text='registration.pdf').wait_for()
    page.get_by_role('button', name="Save draft").click()
    page.get_by_text("Your draft is saved").wait_for()
    page.goto('/my/requests')
    page.locator('.o_pem_line', has_text="Continue").click()
    assert page.locator('[name="answer.phone"]').input_value() == '+1 502 555 0199'
    assert page.locator('.o_pem_file_list').inner_text().strip() == 'registration.pdf'
    page.locator('[name="answer.website"]').fill('www.brown-forman.example')
    send(page)
    page.get_by_role('heading', name="Thank you").wait_for()
    page.goto('/my/requests?tab=sponsor')
    page.locator('.o_pem_line', has_text="Contact revalidation 2027").wait_for()


def correct(page):
    page.goto('/my/requests')
    line = page.locator('.o_pem_line_returned')
    assert "Please use the number of the office in Louisville" in line.inner_text()
    line.click()
    # Only the returned answer is open.
    names = page.locator('.o_pem_entry input:not([type=hidden]), .o_pem_entry textarea, .o_pem_entry select')
    assert [names.nth(number).get_attribute('name') for number in range(names.count())] == ['answer.phone']
    page.locator('[name="answer.phone"]').fill('+1 502 555 0177')
    send(page)
    page.get_by_role('heading', name="Thank you").wait_for()


# Ahmed


def open_review(page):
    """From his activities to the review."""
    page.goto('/odoo')
    page.locator('.o-mail-ActivityMenu-counter, .o-mail-DiscussSystray-class .fa-clock-o, .o_menu_systray .fa-clock-o').first.click()
    page.locator('.o-mail-ActivityGroup', has_text="Task").first.click()
    page.locator('.o_data_row, .o_kanban_record', has_text=BROWN).first.click()
    page.locator('.o_pem_review_answers').wait_for()


def send_one_answer_back(page):
    open_review(page)
    phone = page.locator('.o_pem_answer', has_text="Phone")
    assert phone.locator('del').inner_text() == '+1 502 555 0100'
    assert phone.locator('ins').inner_text() == '+1 502 555 0199'
    phone.locator('.o_pem_return').click()
    phone.locator('textarea').fill("Please use the number of the office in Louisville")
    page.locator('button[name=action_send_back]').click()
    page.locator('.o_notification', has_text="Nothing more waits for you").wait_for()


def approve(page):
    open_review(page)
    phone = page.locator('.o_pem_answer', has_text="Phone")
    assert phone.locator('ins').inner_text() == '+1 502 555 0177'
    page.locator('button[name=action_approve]').click()
    page.locator('.o_notification', has_text="Nothing more waits for you").wait_for()
