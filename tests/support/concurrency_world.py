"""What the tests of concurrency find in their database: a part of the world for each of them, which no other one touches.

It is made in one go, for a process of Odoo's takes its time to start; nothing in it is due before a test says so.
"""

WORLD = """
from odoo.addons.pem_campaigns.tests.common import PemWorld
class World(PemWorld):
    def assertFalse(self, value):
        assert not value, value
World.env = env = env(context={**env.context, 'tracking_disable': True, 'no_reset_password': True})
World.make_world()
world = World()
env['ir.config_parameter'].set_param('pem_campaigns.rollout_batch', '50')
def partners(name, count):
    return env['res.partner'].create([
        {'name': f'{name} {n}', 'email': f"{name.replace(' ', '')}{n}@partner.example", 'is_company': True} for n in range(count)])
def campaign(name, count, process=world.process):
    return world.make_campaign(process, *partners(name, count), name=name)
def started(name, count, process):
    some = campaign(name, count, process)
    return some._rollout(some._to_ask())

# Approvals, of which each waits for two people
leaver = world.make_user('pem_leaver', 'pem_campaigns.group_pem_user', name="Lea Leaver")
pairs = world.approver + world.second_approver
for name, rule, order, count, approvers in (
        ('one', 'one', 'parallel', 6, pairs), ('all', 'all', 'parallel', 3, pairs), ('in turn', 'all', 'sequential', 3, pairs),
        ('handover', 'one', 'parallel', 3, pairs), ('mails', 'all', 'parallel', 10, pairs), ('left', 'one', 'parallel', 12, leaver + world.approver)):
    process = world.make_simple_process(
        world.make_form(("Remark", 'char')), name=name, approver_user_ids=[(6, 0, approvers.ids)], approval_rule=rule, approval_order=order)
    for case in started(name, count, process):
        world.submit(case, {'remark': "Hello"}, user=world.brown_user)

# Campaigns to be launched, and one that is
campaign('race', 400)
campaign('killed', 600)
campaign('twice', 40)
world.launch(world.campaign)

# Messages to be sent
for name, count in (('messages', 200), ('meeting', 1), ('cap', 20), ('unseen', 2)):
    started(name, count, world.process)

# Deadlines: a task expires, or is to be reminded of
for name, count in (('deadlines', 300), ('shared', 100)):
    tasks = started(name, count, world.make_process({
        'Start': {'kind': 'start'},
        'Answer': {'kind': 'form', 'form_id': world.make_form(("Remark", 'char')).id, 'expire_days': 5, 'expire_from': 'opened',
                   'reminder_ids': [(0, 0, {'days': 1, 'when': 'opened', 'repeat_days': 1, 'times': 2})]},
        'Done': {'kind': 'end'},
    }, [('Start', 'Answer'), ('Answer', 'Done')], name=name)).task_ids
    tasks.write({'expiry_date': False, 'reminder_date': False})

# Cases that wait by themselves, for another system, and for two other cases at once
def waiting(name, **wait):
    return world.make_process({'Start': {'kind': 'start'}, 'Wait': {'kind': 'wait', **wait}, 'Done': {'kind': 'end'}},
                              [('Start', 'Wait'), ('Wait', 'Done')], name=name)
started('wait', 120, waiting('wait', wait_days=300)).task_ids.write({'wake_date': False})
started('hook', 3, waiting('hook', wait_for='hook'))
check = world.make_process({
    'Start': {'kind': 'start'}, 'Check': {'kind': 'todo', 'approver_kind': 'user', 'approver_user_ids': [(6, 0, world.approver.ids)]},
    'Done': {'kind': 'end'}}, [('Start', 'Check'), ('Check', 'Done')], name='check')
started('both', 3, world.make_process({
    'Start': {'kind': 'start'}, 'Both': {'kind': 'split'},
    'One': {'kind': 'call', 'call_process_id': check.id}, 'Two': {'kind': 'call', 'call_process_id': check.id},
    'Join': {'kind': 'join'}, 'Done': {'kind': 'end'},
}, [('Start', 'Both'), ('Both', 'One'), ('Both', 'Two'), ('One', 'Join'), ('Two', 'Join'), ('Join', 'Done')], name='both'))

# Cases on their way to a newer version
for name, count in (('moving', 300), ('movers', 100), ('ending', 20)):
    process = world.make_simple_process(world.make_form(("Remark", 'char')), name=name)
    started(name, count, process)
    version = process._new_version()
    version._publish()
    env['pem.process.migration'].with_user(world.manager).create({'process_id': version.id})._look()

# Two partners of whom only one may give an answer
rivals = [world.make_partner(f"Serial {name}") for name in ('one', 'two')]
for partner in rivals:
    world.make_portal_user(partner, partner.name.lower().replace(' ', '_'), f"Person of {partner.name}")
world.launch(world.make_campaign(
    world.make_simple_process(world.make_form(("Serial", 'char', {'is_unique': True})), name='serials'), *rivals, name='serials'))

env.flush_all()
env.cr.execute("UPDATE pem_task SET notice_state = 'none' WHERE notice_state = 'queued'")
env.cr.commit()
"""
