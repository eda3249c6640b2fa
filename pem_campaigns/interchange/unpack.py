"""Brings the lines of a file into this database: what is new is made, drafts are brought up to date, published processes get a new
version, running cases notice nothing. What a file refers to and is not here is listed."""
import dataclasses
import re

import psycopg2

from odoo.exceptions import UserError

from ..engine import exchange, flow
from .fit import Damaged, Fitter, Missing
from .pack import Packer
from .references import Names
from .sync import Writer

ADMINISTRATORS = 'base.group_system'


@dataclasses.dataclass
class Line:
    """What became of one line: ``status`` is new, changed, version, same, kept or refused; ``notes`` are sentences."""

    kind: str
    name: str
    status: str = 'same'
    notes: list = dataclasses.field(default_factory=list)
    record: object = None


class Unpacker:
    """Brings entries in, as a user with the right to write what they are.

    :param env: of that user; nothing but external ids and what is referred to is touched as superuser
    """

    def __init__(self, env):
        self.env = env
        # Records are read and written in the language of sources; sentences are in that of the reader.
        self.home = env(context={**env.context, 'lang': 'en_US', 'active_test': False})
        self.names = Names(self.home)
        self.packer = Packer(self.home, self.names)
        self.fitter = Fitter(env, self.names, set(self.packer.langs) | {'en_US'}, self._note)
        self.writer = self.line = None

    def _note(self, sentence):
        if sentence not in self.line.notes:
            self.line.notes.append(sentence)

    def run(self, entries):
        """Return the :class:`Line` of each entry.

        :raises UserError: saying which entry cannot be brought in; nothing is left of any
        """
        lines = []
        for entry in sorted(entries, key=lambda entry: exchange.KINDS.index(entry['kind'])):
            self.line, self.writer = Line(entry['kind'], entry['name']), Writer(self.packer)
            lines.append(self.line)
            try:
                getattr(self, f'_bring_{entry["kind"]}')(entry)
                self.env.flush_all()
            except Missing as missing:
                self.line.status = 'refused'
                self.line.notes.append(self.env._("It needs %s, which is not here.", missing))
            except Damaged as damaged:
                raise UserError(self.env._(
                    "The file is damaged: “%(entry)s” has something in “%(where)s” that cannot be there.",
                    entry=entry['name'], where=damaged)) from damaged
            except UserError as error:
                raise UserError(self.env._("“%(entry)s” cannot be brought in: %(reason)s", entry=entry['name'], reason=error)) from error
            except (psycopg2.IntegrityError, psycopg2.DataError) as error:
                raise UserError(self.env._(
                    "“%s” cannot be brought in: it contradicts what is here already.", entry['name'])) from error
        return lines

    # Kinds of entries

    def _bring_attribute(self, entry):
        Attribute = self.home['pem.attribute']
        definition = entry['content'].get('definition') or []
        content = self.fitter.fit(Attribute, {name: value for name, value in entry['content'].items() if name != 'definition'})
        kind, name = content.get('kind') or '', content.get('technical_name') or ''
        if entry['id'] != f'{kind}.{name}' or not re.fullmatch('[a-z][a-z0-9_]*', name) or not self._are_choices(definition):
            raise Damaged('technical_name')
        if content.get('comodel') and content['comodel'] not in self.env:
            raise Missing(content['comodel'])
        here = Attribute.search([('kind', '=', kind), ('technical_name', '=', name)])
        if here:
            self._compare_attribute(here, content)
            return
        if kind == 'field':
            if not content.get('field_id'):
                self._refuse(self.env._("Contacts have no field “%s” here.", name))
                return
        elif any(one['name'] == name for one in Attribute._definitions()):
            self._refuse(self.env._("Contacts already have a property “%s” that is no attribute.", name))
            return
        self.line.status = 'new'
        self.line.record = self.writer.make(Attribute, content)
        self._set_choices(self.line.record, definition)

    def _compare_attribute(self, here, content):
        """An attribute stays as it is here, but for choices that it lacks."""
        self.line.record = here
        if content.get('value_type') != here.value_type:
            types = dict(here._fields['value_type']._description_selection(self.env))
            self.line.status = 'kept'
            self.line.notes.append(self.env._(
                "It is of type “%(here)s” here, and of type “%(there)s” in the file.", here=types[here.value_type],
                there=types.get(content.get('value_type'), '')))
            return
        wanted = [line.strip() for line in (content.get('choices') or '').splitlines() if line.strip()]
        lacking = [label for label in wanted if label not in here._choice_labels()]
        if lacking and here.kind == 'property':
            here.choices = '\n'.join([*here._choice_labels(), *lacking])
            self.line.status = 'changed'
            self.line.notes.append(self.env._("New choices: %s.", ', '.join(lacking)))

    @staticmethod
    def _are_choices(definition):
        return isinstance(definition, list) and all(
            isinstance(one, list) and 2 <= len(one) <= 3 and all(isinstance(text, str) for text in one[:2])
            and (len(one) < 3 or type(one[2]) is int) for one in definition)

    def _set_choices(self, attribute, definition):
        """Let choices have the keys that answers and conditions elsewhere know them by."""
        labels = attribute._choice_labels()
        if attribute.kind == 'property' and [choice[1] for choice in definition] == labels and len({
                choice[0] for choice in definition}) == len(labels) and labels:
            base_sudo = attribute._base_definition_sudo()
            base_sudo.properties_definition = [
                {**one, one['type']: definition} if one['name'] == attribute.technical_name else one
                for one in base_sudo.properties_definition]

    def _bring_form(self, entry):
        form = self._find('pem.form', entry)
        content = self.fitter.fit(self.home['pem.form'], entry['content'])
        if not form:
            self._make('pem.form', entry, content)
        elif not self.writer.differs(form, content):
            self._same(form)
        elif form.is_locked:
            self._keep(form, self.env._("It differs, but belongs to a published process. Bring in the process."))
        else:
            self.writer.sync(form, content)
            self._changed(form)

    def _bring_process(self, entry):
        root = self._find('pem.process', entry)
        content = dict(entry['content'])
        forms = content.pop('forms', [])
        content = self.fitter.fit(self.home['pem.process'], content)
        content['forms'] = self.fitter.parts(self.home['pem.form'], forms)
        if self._runs_code(content) and not self.env.user.has_group(ADMINISTRATORS):
            self._refuse(self.env._("It runs server actions, which only administrators may bring in."))
            return
        if not root:
            self._make('pem.process', entry, content)
            return
        versions = root.search(['|', ('id', '=', root.id), ('root_id', '=', root.id)], order='version desc')
        latest = versions[:1]
        if not self.writer.differs(latest, content):
            self._same(latest)
            return
        if latest.state == 'draft':
            self._changed(latest)
        else:
            latest = latest._new_version()
            self.line.status, self.line.record = 'version', latest
        self.writer.sync(latest, content)

    @staticmethod
    def _runs_code(content):
        return any(part['content'].get('kind') == flow.ACTION for part in content.get('step_ids', []))

    def _bring_group(self, entry):
        self._bring_simple('pem.target.group', entry)

    def _bring_campaign(self, entry):
        campaign = self._find('pem.campaign', entry)
        if not campaign or campaign.state == 'draft':
            self._bring_simple('pem.campaign', entry)
        elif self.writer.differs(campaign, self.fitter.fit(campaign, entry['content'])):
            self._keep(campaign, self.env._("It differs, but was launched here. Make a copy to change it."))
        else:
            self._same(campaign)

    def _bring_simple(self, model, entry):
        record = self._find(model, entry)
        content = self.fitter.fit(self.home[model], entry['content'])
        if not record:
            self._make(model, entry, content)
        elif self.writer.differs(record, content):
            self.writer.sync(record, content)
            self._changed(record)
        else:
            self._same(record)

    def _find(self, model, entry):
        try:
            record = self.names.find(model, entry['id'])
        except ValueError as error:
            raise Damaged('id') from error
        record.check_access('read')
        return record

    def _make(self, model, entry, content):
        record = self.writer.make(self.home[model], content)
        self.names.bind(record, entry['id'])
        self.writer.sync(record, content)
        self.line.status, self.line.record = 'new', record

    def _same(self, record):
        self.line.status, self.line.record = 'same', record

    def _changed(self, record):
        self.line.status, self.line.record = 'changed', record

    def _keep(self, record, why):
        self.line.status, self.line.record = 'kept', record
        self.line.notes.append(why)

    def _refuse(self, why):
        self.line.status = 'refused'
        self.line.notes.append(why)


def unpack(env, entries):
    """Bring entries in; return the :class:`Line` of each. See :class:`Unpacker`."""
    return Unpacker(env).run(entries)
