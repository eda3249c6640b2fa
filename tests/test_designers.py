"""A business user designs alone, in a real browser: by dragging, with a look at what partners will see, to a pilot."""
import pytest

STEPS = "[...document.querySelectorAll('.o_pem_map_card')].map(card => card.innerText.split('\\n')[0])"


def drag(page, source, target):
    """Drag the middle of one element to the middle of another, as a hand does."""
    places = [element.bounding_box() for element in (source, target)]
    (x, y), (end_x, end_y) = [(box['x'] + box['width'] / 2, box['y'] + box['height'] / 2) for box in places]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 20, steps=4)
    page.mouse.move(end_x, end_y, steps=10)
    page.mouse.up()


@pytest.fixture
def marie(demo_odoo, browse):
    def open_page(action, record=None):
        page = browse(demo_odoo, 'marie', path=f'/odoo/action-pem_campaigns.{action}' + (f'/{record}' if record else ''))
        page.set_viewport_size({'width': 1400, 'height': 1300})
        return page
    return open_page


def steps(page, *expected):
    page.wait_for_function(f'expected => JSON.stringify({STEPS}) === JSON.stringify(expected)', arg=list(expected))


def test_steps_are_dragged_onto_flows_and_back_and_discarded(demo_odoo, marie):
    process = demo_odoo.login('admin').ref('pem_campaigns.pem_process_library_service')
    page = marie('pem_process_action', process)
    page.locator('.o_pem_map_card').first.wait_for()
    before = page.evaluate(STEPS)
    assert before[:2] == ['Start', 'Sign up']
    drag(page, page.locator('.o_pem_map_kind', has_text="To-do"), page.locator('.o_pem_map_plus').first)
    steps(page, 'Start', 'To-do', *before[1:])
    drag(page, page.locator('.o_pem_map_card', has_text="To-do").locator('.o_pem_map_main'), page.locator('.o_pem_map_plus').nth(2))
    steps(page, 'Start', 'Sign up', 'To-do', *before[2:])
    page.locator('.o_pem_map_tools button').first.click()
    steps(page, 'Start', 'To-do', *before[1:])
    page.locator('.o_form_button_cancel').click()
    steps(page, *before)


def test_a_form_is_made_from_nothing_and_looked_at_as_a_partner_sees_it(marie):
    page = marie('pem_form_action', 'new')
    page.locator('.o_field_widget[name=name] input').fill("Warehouse survey")
    page.locator('.o_pem_fd_kind', has_text="Heading").first.wait_for()
    for kind, label in (("Whole number", "Pallets"), ("Yes/No", "Cooled")):
        page.locator('.o_pem_fd_kind').get_by_text(kind, exact=True).click()
        page.locator('.o_pem_fd_panel .o_field_widget[name=label] input').fill(label)
        page.keyboard.press('Tab')
        page.locator('.o_pem_fd_el', has_text=label).wait_for()
    page.locator('.o_form_button_save').click()
    page.locator('.o_form_saved, .o_form_status_indicator_buttons.invisible').first.wait_for(state='attached')
    page.get_by_role('button', name="Preview").click()
    sheet = page.frame_locator('iframe').first
    sheet.get_by_text("Pallets").wait_for()
    sheet.get_by_text("Cooled").wait_for()


def test_a_pilot_is_launched_from_the_library_in_five_clicks(demo_odoo, marie):
    admin = demo_odoo.login('admin')
    before = admin.call('pem.campaign', 'search_count', [])
    page = marie('pem_process_action_library')
    page.locator('.o_kanban_record', has_text="Contact revalidation").get_by_role('button', name="New campaign").click()
    page.get_by_role('button', name="Launch the pilot").click()
    page.get_by_text("This is a pilot").wait_for()
    # Two clicks here, and two to the library: Campaigns, From the library.
    assert admin.call('pem.campaign', 'search_count', []) == before + 1
    [campaign] = admin.call('pem.campaign', 'search_read', [], ['state', 'case_count'], order='id desc', limit=1)
    assert (campaign['state'], campaign['case_count']) == ('running', 1)
