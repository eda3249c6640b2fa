import re

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext, plaintext2html

from ..engine import bpmn, bpmn_write, flow
from ..interchange import conditions
from ..interchange.fit import Damaged, Fitter, Missing
from ..interchange.pack import Packer
from ..interchange.references import resolve
from ..interchange.sync import Writer
from .pem_process_step_action import ADMINISTRATORS

#: What of a step BPMN says itself; everything else travels as details.
_SAID = {'name', 'kind', 'sequence', 'form_id', 'expire_days', 'end_state', 'wait_step_id'}
_DURATION = re.compile(r'P(?:(\d{1,5})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:\d{1,6}M)?(?:[\d.]{1,9}S)?)?')


def _days(duration):
    """Return the whole days of an ISO 8601 duration, None when it is none.

    >>> [_days(text) for text in ('P5D', 'P2W', 'PT36H', 'P1M', 'PT10M', 'tomorrow', 'P')]
    [5, 14, 2, 30, 1, None, None]
    """
    found = _DURATION.fullmatch((duration or '').strip())
    if not found or len(duration.strip()) < 3:
        return None
    years, months, weeks, days, hours = (int(part or 0) for part in found.groups())
    total = 365 * years + 30 * months + 7 * weeks + days + -(-hours // 24)
    return min(total or 1, 3660)


class PemProcess(models.Model):
    """Processes as BPMN 2.0, which other tools draw and run; :mod:`..engine.bpmn` says what becomes what."""

    _inherit = 'pem.process'

    def action_export_bpmn(self):
        """Download the process as BPMN 2.0 XML."""
        self.ensure_one()
        self.check_access('read')
        return {'type': 'ir.actions.act_url', 'url': f'/pem/process/{self.id}/bpmn', 'target': 'download'}

    def _bpmn(self):
        """Return the bytes of a BPMN file with this version."""
        self.ensure_one()
        return bpmn_write.write(self._to_bpmn())

    def _bpmn_id(self):
        root = self.sudo().root_id or self
        return re.sub(r'\W', '_', f'Process_{Packer(self.env).names.of(root)[root]}', flags=re.ASCII)

    def _to_bpmn(self):
        """Return this version as a :class:`~..engine.bpmn.Process`, named in the reader's language."""
        self.ensure_one()
        packer = Packer(self.env)
        details = packer.fields(self, {}, parts=False)
        return bpmn.Process(
            self._bpmn_id(), self.name, tuple(step._to_bpmn(packer) for step in self.step_ids),
            tuple(
                bpmn.Flow(f'Flow_{line.id}', line.source_id._bpmn_id(), line.target_id._bpmn_id(), line.name or '', line.outcome or '',
                          line.condition if line._is_conditional() else '')
                for line in self.flow_ids.sorted(lambda line: (line.sequence, line.id))),
            self.description or '', {name: value for name, value in details.items() if name not in ('name', 'description') and value})

    @api.model
    def _from_bpmn(self, reading):
        """Make a draft of what was read from a BPMN file.

        :param reading: :class:`~..engine.bpmn_read.Reading`
        :return: ``(process, notes)``: sentences about what could not be taken over as it was
        """
        self.check_access('create')
        notes = []
        found = reading.process
        home = self.env(context={**self.env.context, 'active_test': False})
        packer = Packer(home)
        fitter = Fitter(self.env, packer.names, set(packer.langs) | {'en_US'}, notes.append)
        writer = Writer(packer)
        content = self._fit_details(fitter, home['pem.process'], found.details, notes)
        process = writer.make(
            home['pem.process'], content, name=_line(found.name) or self.env._("Imported process"), description=found.note or False)
        steps = {}
        for number, step in enumerate(found.steps, 1):
            steps[step.id] = process._make_bpmn_step(step, 10 * number, fitter, writer, notes)
        for step in found.steps:
            if step.details.get('wait_step') in steps and step.kind == flow.WAIT:
                steps[step.id].wait_step_id = steps[step.details['wait_step']]
        for number, line in enumerate(found.flows, 1):
            self._make_bpmn_flow(process, line, number, steps, packer, notes)
        return process.with_env(self.env), list(dict.fromkeys(notes))

    @api.model
    def _fit_details(self, fitter, Model, details, notes):
        """Return what of the details in a file can be used here; a file that was tampered with has none."""
        try:
            return fitter.fit(Model, details)
        except Damaged as damaged:
            notes.append(self.env._("Details that belong to “%s” are damaged and left out.", damaged))
        except Missing as missing:
            notes.append(self.env._("Details that need “%s”, which is not here, are left out.", missing))
        return {}

    def _make_bpmn_step(self, step, sequence, fitter, writer, notes):
        Step = self.env['pem.process.step']
        kinds = dict(Step._fields['kind']._description_selection(self.env))
        values = {'process_id': self.id, 'sequence': sequence, 'kind': step.kind, 'name': _line(step.name) or kinds[step.kind]}
        if step.kind == flow.ACTION and not self.env.user.has_group(ADMINISTRATORS):
            notes.append(self.env._("“%s” ran code and has become a to-do: only administrators may add server actions.", values['name']))
            values['kind'] = flow.TODO
        content = self._fit_details(fitter, Step, {
            name: value for name, value in step.details.items() if name not in ('wait_step', 'form') and name not in _SAID}, notes)
        if values['kind'] != flow.ACTION:
            content.pop('action_server_id', None)
        parts = {name: content.pop(name) for name in list(content) if Step._fields[name].type == 'one2many'}
        if step.note and 'instructions' not in step.details:
            values['instructions'] = plaintext2html(step.note)
        if step.kind == flow.END:
            values['end_state'] = step.end_state
        if step.kind == flow.FORM and (form := self._bpmn_form(step, fitter, notes)):
            values['form_id'] = form.id
        if step.kind == flow.WAIT:
            values.update(self._bpmn_wait(step, content, notes))
        if step.expires:
            values['expire_days'] = _days(step.expires) or 0
            if 'expire_from' not in content:
                values['expire_from'] = 'opened'
            if not values['expire_days']:
                notes.append(self.env._("“%(step)s” expires after “%(time)s”, which is no number of days.", step=step.name, time=step.expires))
        # What the file says in BPMN wins over the details that were written with it.
        record = writer.make(Step, {name: value for name, value in content.items() if name not in values}, **values)
        writer.sync(record, parts)
        return record

    def _bpmn_form(self, step, fitter, notes):
        """Return a form of the process's own for a step: a copy of the one that the file names, when it is here."""
        named = step.details.get('form')
        form = resolve(fitter.names, named, 'pem.form')
        if named and not form:
            notes.append(self.env._("The form of “%s” is not here: choose one.", step.name))
        return form.copy({'name': form.name}) if form else form

    def _bpmn_wait(self, step, content, notes):
        if step.wait == bpmn.DATE:
            path = re.sub(r'^[$#]\{(.*)\}$', r'\1', step.wait_for.strip())
            if not re.fullmatch(r'[a-z_][\w.]*', path):
                notes.append(self.env._("“%(step)s” waits until “%(time)s”: choose a date on the record.", step=step.name, time=step.wait_for))
                path = False
            return {'wait_for': 'date', 'wait_path': path}
        if step.wait == bpmn.MESSAGE:
            return {'wait_for': 'submission' if content.get('wait_for') == 'submission' else 'hook'}
        days = _days(step.wait_for)
        if days is None:
            notes.append(self.env._("“%(step)s” waits for “%(time)s”, which is no number of days.", step=step.name, time=step.wait_for or '?'))
        return {'wait_for': 'days', 'wait_days': days or 0, **({} if 'wait_unit' in content else {'wait_unit': 'calendar'})}

    @api.model
    def _make_bpmn_flow(self, process, line, number, steps, packer, notes):
        if line.condition and isinstance(conditions.portable(packer.names, line.condition, process.model), dict):
            notes.append(self.env._(
                "The condition from “%(origin)s” to “%(target)s” names records by number: check that they are the right ones here.",
                origin=steps[line.source].name, target=steps[line.target].name))
        self.env['pem.process.flow'].create({
            'process_id': process.id, 'source_id': steps[line.source].id, 'target_id': steps[line.target].id, 'sequence': number,
            'name': _line(line.name) or False, 'outcome': line.outcome or False, 'condition': line.condition or '[]'})


class PemProcessStep(models.Model):
    _inherit = 'pem.process.step'

    def _bpmn_id(self):
        self.ensure_one()
        return f'Step_{self._lineage()}'

    def _to_bpmn(self, packer):
        self.ensure_one()
        content = packer.fields(self, {})
        details = {name: value for name, value in content.items() if name not in _SAID and value not in (None, False, [], 0)}
        if self.form_id:
            details['form'] = content['form_id']
        wait, wait_for = '', ''
        if self.kind == flow.WAIT:
            wait, wait_for = {
                'days': (bpmn.DURATION, f'P{self.wait_days}D'), 'date': (bpmn.DATE, self.wait_path or ''),
                'submission': (bpmn.MESSAGE, self.wait_step_id.name or ''), 'hook': (bpmn.MESSAGE, self.name)}[self.wait_for]
            if self.wait_step_id:
                details['wait_step'] = self.wait_step_id._bpmn_id()
        called = self.call_root_id
        return bpmn.Step(
            self._bpmn_id(), self.kind, self.name, html2plaintext(self.instructions or '').strip(),
            end_state=self.end_state or 'done' if self.kind == flow.END else 'done',
            expires=f'P{self.expire_days}D' if self._can_expire() else '', wait=wait, wait_for=wait_for,
            calls=called._bpmn_id() if called and self.kind == flow.CALL else '', details=details)


def _line(text):
    """Return a text on one line, not too long for a name."""
    return ' '.join((text or '').split())[:200]


def sentences(process, notes):
    """Return what the notes of a reader of BPMN say, for people.

    :param process: what was made of the file
    :param notes: iterable of :class:`~..engine.bpmn.Note`
    """
    env = process.env
    said = {
        'left_out': env._("%(what)s: left out."),
        'stand_in': env._("%(what)s: there is nothing like it here; the nearest step stands in for it. Please check it."),
        'code': env._("%(what)s: its code is left out. Choose a server action."),
        'form': env._("%(what)s: its form is left out. Design one."),
        'terminates': env._("%(what)s: other branches go on when a case gets here."),
        'refuses': env._("%(what)s: closes the case as rejected."),
        'condition': env._("%(what)s: its condition “%(more)s” is not understood and left out."),
        'understood': env._("%(what)s: its condition reads “%(more)s” here. Please check it."),
        'split': env._("Behind %(what)s a split was added, for several flows leave it."),
    }
    found = []
    for note in notes:
        words = re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', note.what).lower()
        name = note.name or (note.more if note.code == 'left_out' else '')
        what = env._("%(element)s “%(name)s”", element=words, name=_line(name)) if name else words
        if note.line:
            what = env._("%(element)s (line %(line)s)", element=what, line=note.line)
        more = process.step_ids[:1]._describe_rule(note.more) if note.code == 'understood' else note.more
        found.append(said[note.code] % {'what': what, 'more': more})
    return found


def check_readable(env, refused):
    """Raise the sentence for a file that was refused.

    :param refused: :class:`~..engine.xmlsafe.Refused`
    :raises UserError: always
    """
    details = {'limit': 0, 'line': 1, 'reason': '', 'found': '', 'where': '', 'version': 0, **refused.details}
    sentences = {
        'too_big': env._("The file is larger than the %s megabytes that the settings allow.", round(details['limit'] / 1_000_000, 1)),
        'too_deep': env._("The file is nested more than %s levels deep; no real definition is.", details['limit']),
        'too_many': env._("The file has more than %s elements; no real definition has.", details['limit']),
        'doctype': env._("The file declares a document type or entities. Such files can do harm and are not read."),
        'external': env._("The file refers to other files (line %s). They are not fetched; export it as one file.", details['line']),
        'broken': env._("The file cannot be read: line %(line)s, %(reason)s.", line=details['line'], reason=details['reason']),
        'not_bpmn': env._("This is an XML file, but no BPMN 2.0: it begins with “%s”.", details['found']),
        'no_process': env._("The file has no process with a start."),
        'not_ours': env._("This is no file of definitions exported from here."),
        'newer': env._("The file was written by a newer version (format %s). Update first.", details['version']),
        'damaged': env._("The file is damaged: %s.", details['where']),
    }
    raise UserError(sentences[refused.code]) from refused
