import json
from dataclasses import dataclass, field

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.pem_campaigns.engine import answers, conditions, flow

from .. import controllers

#: Moves of one trial, and characters of them: all are made anew for each further one.
MOST_MOVES = 100
LONGEST_TRIAL = 500_000
#: Days until what is tried is due.
TRIAL_DAYS = 14
#: What a page that does not know its own mistakes can raise.
REFUSALS = (UserError, ValueError, KeyError, TypeError, AttributeError, conditions.Unusable)


@dataclass
class Trial:
    """A case that is played in a sandbox.

    :param floor: ``{model: highest id}`` before it began; what is above belongs to the trial
    :param lines: what was told so far, a list for each move
    :param told: ids of the events and mails that were told
    :param errors: what has to be corrected first in the form that was sent last
    """

    env: api.Environment
    partner: models.Model
    lang: str | None
    floor: dict
    lines: list = field(default_factory=list)
    told: set = field(default_factory=set)
    errors: dict = field(default_factory=dict)
    just_saved: bool = False

    @classmethod
    def begin(cls, env, partner, lang):
        floor = {}
        for model in ('pem.case', 'mail.mail'):
            env[model].flush_model()
            env.cr.execute(f'SELECT COALESCE(max(id), 0) FROM {env[model]._table}')
            [floor[model]] = env.cr.fetchone()
        return cls(env, partner, lang, floor)

    @property
    def cases(self):
        return self.env['pem.case'].sudo().search([('id', '>', self.floor['pem.case'])], order='id')

    @property
    def tasks(self):
        """All tasks in the order in which they were opened: their place is what moves name them by."""
        return self.env['pem.task'].sudo().search([('case_id', 'in', self.cases.ids)], order='id')

    @property
    def mails(self):
        return self.env['mail.mail'].sudo().search([('id', '>', self.floor['mail.mail'])], order='id')


class PemSandbox(models.AbstractModel):
    """Try it: one case of a process, played by one person in every role, of which nothing stays.

    What a trial is, is the list of its moves. Each request makes all of them anew, in a sandbox, and shows where that leads.
    A move is ``{'do': verb, 'task': place of the task}`` and what the verb needs, see ``_move_*``.
    """

    _inherit = 'pem.sandbox'

    @api.model
    def play(self, process_id, partner_id=None, contact_id=None, moves=(), lang=None, focus=None):
        """Play a case of a process, and tell where it stands.

        :param moves: what was done so far, in order
        :param focus: place of the task whose page is wanted; the next to be done when omitted
        :return: see ``_tell_trial``; ``problem`` says what does not work, in words
        :raises AccessError: for who may not change the process, or not see the partner
        """
        process = self.env['pem.process'].browse(process_id)
        process.check_access('write')
        if not process.exists():
            raise UserError(self.env._("This process does not exist any more."))
        partner, contact = self._choose(partner_id, contact_id)
        moves = self._check_moves(moves)
        players = self._describe_players(partner, contact)
        with self._sandbox(pem_player_id=contact.id, tracking_disable=True) as env:
            trial = Trial.begin(env, env['res.partner'].browse(partner.id), lang)
            problem, made = self._replay(trial, env['pem.process'].browse(process.id), moves)
            return {
                **players,
                'lang': lang if lang in dict(players['languages']) else players['lang'],
                'name': process.name,
                **self._tell_trial(trial, focus),
                'problem': problem,
                'moves': moves[:made],
            }

    @api.model
    def _check_moves(self, moves):
        """:raises UserError: when there are too many, or what came is no list of moves"""
        moves = list(moves or ())
        if len(moves) > MOST_MOVES or len(json.dumps(moves)) > LONGEST_TRIAL:
            raise UserError(self.env._("This trial has become too long. Start again, or try the process in a pilot."))
        if not all(isinstance(move, dict) and isinstance(move.get('task'), int) for move in moves):
            raise UserError(self.env._("This trial cannot be continued. Start again."))
        return moves

    # Playing

    def _replay(self, trial, process, moves):
        """Begin the case and make the moves; return ``(sentence of what does not work, number of moves made)``."""
        try:
            self._begin(trial, process)
        except REFUSALS as error:
            return str(error), 0
        self._take_note(trial, self.env._("Begin"))
        for number, move in enumerate(moves):
            trial.errors, trial.just_saved = {}, False
            try:
                with trial.env.cr.savepoint():
                    title = self._make_move(trial, move)
            except (AccessError, *REFUSALS) as error:
                trial.env.invalidate_all()
                return str(error), number
            self._take_note(trial, title)
        return '', len(moves)

    def _begin(self, trial, process):
        """Launch a campaign of the process to the partner."""
        if process.model != 'pem.case':
            raise UserError(self.env._("“%s” handles documents. Try it by making such a document.", process.name))
        if process.state == 'draft':
            process.sudo()._publish()
        env = trial.env
        campaign = env['pem.campaign'].sudo().with_context(mail_create_nosubscribe=True).create({
            'name': process.name,
            'process_id': process.id,
            'company_id': (process.company_id or env.company).id,
            'user_id': env.uid,
            'date_deadline': fields.Date.add(fields.Date.context_today(self), days=TRIAL_DAYS),
        })
        campaign.write({'state': 'running'})
        campaign.sudo(False)._rollout(trial.partner)

    def _make_move(self, trial, move):
        """Make one move; return what to call it."""
        verb = getattr(self, f'_move_{move.get("do")}', None) if str(move.get('do')).isidentifier() else None
        tasks = trial.tasks
        if not verb or not 0 <= move['task'] < len(tasks):
            raise UserError(self.env._("The process goes another way by now. Start again from here."))
        task = tasks[move['task']]
        if task.state != 'open':
            raise UserError(self.env._("“%s” is not open any more. Start again from here.", task.step_id.name))
        return verb(trial, task, move)

    # Moves of the partner

    def _sheet(self, trial, task):
        gateway, actor = self._play(trial.env, task, trial.lang)
        return gateway, actor, gateway._task_sheet(actor, task.id)

    @staticmethod
    def _entered(move):
        entries = [(str(name), value) for name, value in move.get('entries') or () if isinstance(value, str)]
        return controllers.requests.parse_entries(entries)

    def _move_send(self, trial, task, move):
        """Send a form in. ``entries`` are pairs of the names and values of its inputs."""
        gateway, actor, sheet = self._sheet(trial, task)
        gateway._see(sheet)
        trial.errors = gateway._submit(actor, sheet, self._entered(move))
        names = {'person': actor.contact.name, 'step': task.step_id.name}
        if trial.errors:
            return self.env._("%(person)s cannot send “%(step)s” yet", **names)
        return self.env._("%(person)s sends “%(step)s”", **names)

    def _move_save(self, trial, task, move):
        """Keep a draft."""
        gateway, actor, sheet = self._sheet(trial, task)
        gateway._see(sheet)
        gateway._save_draft(sheet, self._entered(move))
        trial.just_saved = True
        return self.env._("%s saves a draft", actor.contact.name)

    def _move_attach(self, trial, task, move):
        """Attach a file that was looked at before; only its name and size are there. ``question`` and ``file`` say which."""
        gateway, actor, sheet = self._sheet(trial, task)
        question, file = self._check_file(sheet, move)
        _bytes, most = gateway._upload_limits(question)
        before = [] if most == 1 else sheet.raw.get(question.name) or []
        gateway._store(sheet, {**sheet.raw, question.name: [*before, file][:most]})
        return self.env._("%(person)s attaches “%(file)s”", person=actor.contact.name, file=file['name'])

    def _move_remove(self, trial, task, move):
        """Take a file back; ``entries`` keep what was typed meanwhile."""
        gateway, actor, sheet = self._sheet(trial, task)
        gateway._save_draft(sheet, self._entered(move))
        name = str(move.get('question'))
        files = [file for file in sheet.raw.get(name) or [] if file.get('id') != move.get('file')]
        gateway._store(sheet, {**sheet.raw, name: files})
        return self.env._("%s removes a file", actor.contact.name)

    def _move_restore(self, trial, task, move):
        """Attach a file once more that was sent before."""
        gateway, actor, sheet = self._sheet(trial, task)
        gateway._save_draft(sheet, self._entered(move))
        gateway._restore_file(sheet, str(move.get('question')), move.get('file'))
        return self.env._("%s attaches a file again", actor.contact.name)

    def _move_forward(self, trial, task, move):
        """Hand the form on to a colleague."""
        gateway, actor, sheet = self._sheet(trial, task)
        entered = {name: value for name, value in move.get('entries') or () if name in ('name', 'email', 'comment')}
        gateway._forward(actor, sheet.task.id, entered.get('name', ''), entered.get('email', ''), entered.get('comment', ''))
        return self.env._("%(person)s hands “%(step)s” on", person=actor.contact.name, step=task.step_id.name)

    def _check_file(self, sheet, move):
        """Return ``(question, file)`` of a file that may be attached, as plain values.

        :raises UserError: when it is none, or the question takes no files
        """
        question, file = sheet.question(move.get('question')), move.get('file')
        if question.value_type not in answers.FILES or not isinstance(file, dict) or not sheet.is_open(question.name):
            raise UserError(self.env._("Please upload the file again."))
        return question, {
            'id': -abs(int(file.get('id') or 1)), 'name': str(file.get('name') or '')[:120], 'size': int(file.get('size') or 0)}

    # Moves of colleagues

    def _colleague(self, task, move):
        """Return ``(task, user)`` of the colleague who acts: one of those who have the turn."""
        asked = task.asked_user_ids
        user = asked.filtered(lambda one: one.id == move.get('user'))[:1] or asked[:1]
        return task.with_user(user).sudo(False), user

    def _move_approve(self, trial, task, move):
        task, user = self._colleague(task, move)
        task._approve(self._comment(move))
        return self.env._("%(person)s approves “%(step)s”", person=user.name, step=task.step_id.name)

    def _move_reject(self, trial, task, move):
        task, user = self._colleague(task, move)
        task._reject(self._comment(move))
        return self.env._("%(person)s rejects “%(step)s”", person=user.name, step=task.step_id.name)

    def _move_return(self, trial, task, move):
        """Send answers back; ``marks`` are ``{name: comment}``, none for all of them."""
        task, user = self._colleague(task, move)
        marks = move.get('marks') or {}
        for answer in task.review_answer_ids.filtered(lambda one: one.is_current and one.name in marks):
            answer.write({'verdict': 'returned', 'comment': str(marks[answer.name] or '')[:500]})
        task._send_back(self._comment(move))
        return self.env._("%(person)s sends “%(step)s” back", person=user.name, step=task.step_id.name)

    def _move_complete(self, trial, task, move):
        task, user = self._colleague(task, move)
        task._complete_todo(self._comment(move))
        return self.env._("%(person)s does “%(step)s”", person=user.name, step=task.step_id.name)

    @staticmethod
    def _comment(move):
        return str(move.get('comment') or '')[:2000]

    # Moves of the clock

    def _move_go_on(self, trial, task, move):
        """Wait no longer."""
        if task.kind != flow.WAIT:
            raise UserError(self.env._("“%s” is not something to wait for.", task.step_id.name))
        task._go_on()
        return self.env._("Time passes: “%s” is over", task.step_id.name)

    def _move_expire(self, trial, task, move):
        """Let the time for a task run out."""
        if not task.expiry_date:
            raise UserError(self.env._("The time for “%s” never runs out.", task.step_id.name))
        task.write({'expiry_date': fields.Datetime.now()})
        task._expire()
        return self.env._("Nobody acts on “%s” in time", task.step_id.name)

    # Telling

    def _take_note(self, trial, title):
        """Have the messages written that are due now, and add what happened to the story."""
        for task in trial.tasks:
            if task.notice_state == 'queued':
                task._send_queued_notices()
            task.approver_ids.filtered(lambda line: line.mail_state == 'queued')._send_queued_mails()
        trial.env.flush_all()
        trial.cases.invalidate_recordset()
        several = len(trial.cases) > 1
        lines = [{
            'key': f'event-{event.id}', 'kind': event.kind, 'actor': event.actor or '',
            'text': f'{event.case_id.process_id.name}: {event.description}' if several and event.case_id.parent_case_id
            else event.description,
        } for event in trial.env['pem.event'].sudo().search(
            [('case_id', 'in', trial.cases.ids)], order='id') if ('event', event.id) not in trial.told]
        trial.told |= {('event', int(line['key'].partition('-')[2])) for line in lines}
        mails = [{
            'key': f'mail-{mail.id}', 'subject': mail.subject or '', 'to': self._addressees(mail), 'body': str(mail.body_html or ''),
        } for mail in trial.mails if ('mail', mail.id) not in trial.told]
        trial.told |= {('mail', int(mail['key'].partition('-')[2])) for mail in mails}
        # The messages themselves are shown, so that nothing has to tell that they went out; they did not.
        trial.lines.append({
            'title': title, 'mails': mails, 'events': [line for line in lines if line['kind'] not in ('notified', 'reminded')]})

    @staticmethod
    def _addressees(mail):
        people = [partner.email_formatted or partner.name or '' for partner in mail.recipient_ids]
        return ', '.join(filter(None, [mail.email_to, *people]))

    def _tell_trial(self, trial, focus):
        """Return what is shown of a trial.

        :return: ``{'state', 'outcome', 'story', 'tasks', 'focus', 'page', 'page_case'}``: the story is a list of
            ``{'title', 'events', 'mails'}``, one for each move; ``page`` is the HTML of the form in focus, ``done`` whether
            the case came to its end
        """
        root = trial.cases[:1]
        tasks = [(number, task) for number, task in enumerate(trial.tasks) if task.state in ('open', 'problem')]
        shown = [self._tell_task(number, task) for number, task in tasks if task.kind != flow.JOIN or task.state == 'problem']
        chosen = next((task for task in shown if task['number'] == focus), None) or min(
            shown, key=lambda task: (task['kind'] not in ('form', 'approval', 'todo'), task['number']), default=None)
        page = ''
        if chosen and chosen['kind'] == 'form':
            gateway, actor, sheet = self._sheet(trial, dict(tasks)[chosen['number']])
            page = self._render_sheet(gateway, actor, sheet, trial.errors, just_saved=trial.just_saved)
        return {
            'state': root.state or 'running',
            'outcome': root.end_step_id.end_outcome or root.end_step_id.name or '' if root else '',
            'story': trial.lines,
            'tasks': shown,
            'focus': chosen['number'] if chosen else False,
            'page': page,
        }

    def _tell_task(self, number, task):
        """Return what is shown of an open task, and what can be done with it."""
        step = task.step_id
        told = {
            'number': number,
            'kind': 'problem' if task.state == 'problem' else step.kind,
            'step': step.name,
            'who': task.contact_id.name or task.partner_id.name if task.side == 'partner' else '',
            'persons': [{'id': user.id, 'name': user.name} for user in task.asked_user_ids],
            'text': task.problem or task.wait_text or '',
            'instructions': str(step.instructions or '') if task.side == 'sponsor' else '',
            'can_expire': bool(task.expiry_date),
            'answers': [],
        }
        if step.kind == flow.APPROVAL:
            told['answers'] = [{
                'name': answer.name, 'label': answer.label, 'old': answer.old_display or '', 'new': answer.display or '',
                'changed': answer.is_changed, 'current': answer.is_current,
            } for answer in task.review_answer_ids]
        return told
