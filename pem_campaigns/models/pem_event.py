import json

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..engine import chain


class PemEvent(models.Model):
    """One line of the audit trail of a case: append-only for everybody, sealed with the line before it.

    Lines are written by ``_append`` alone. The database itself refuses to change or delete them, whoever asks.
    """

    _name = 'pem.event'
    _description = "Timeline Event"
    _inherit = ['pem.bulk.mixin']
    _order = 'case_id, sequence'
    _rec_name = 'description'
    _log_access = False

    # Its index is that of the constraint below.
    case_id = fields.Many2one('pem.case', required=True, readonly=True, ondelete='restrict')
    sequence = fields.Integer(required=True, readonly=True, help="Number of the line in its case.")
    kind = fields.Char(required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one('res.users', string="By", readonly=True, ondelete='restrict')
    actor = fields.Char(readonly=True, help="Name of who acted, as it was then.")
    payload = fields.Text(readonly=True, help="JSON, exactly as it was sealed.")
    seal = fields.Char(readonly=True, required=True, help="SHA-256 over this line and the seal of the line before.")
    company_id = fields.Many2one(related='case_id.company_id')
    partner_id = fields.Many2one(related='case_id.partner_id')
    description = fields.Char(compute='_compute_description')

    _once = models.Constraint('UNIQUE (case_id, sequence)', "A line of the audit trail is written once.")

    def init(self):
        """Make the database refuse what the audit trail must not suffer."""
        self.env.cr.execute("""
            CREATE OR REPLACE FUNCTION pem_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'The audit trail can only be added to.' USING ERRCODE = 'insufficient_privilege';
            END $$;
            CREATE OR REPLACE TRIGGER pem_event_guard_rows BEFORE UPDATE OR DELETE ON pem_event
                FOR EACH ROW EXECUTE FUNCTION pem_event_guard();
            CREATE OR REPLACE TRIGGER pem_event_guard_table BEFORE TRUNCATE ON pem_event
                FOR EACH STATEMENT EXECUTE FUNCTION pem_event_guard();
        """)

    @api.model
    def _drop_guard(self):
        """Remove the guard; only uninstalling does so."""
        self.env.cr.execute("DROP FUNCTION IF EXISTS pem_event_guard() CASCADE")

    @api.model
    def _erase(self, cases):
        """Remove the trails of cases whose documents go with their addon; only uninstalling does so."""
        self.env.cr.execute("ALTER TABLE pem_event DISABLE TRIGGER pem_event_guard_rows")
        self.env.cr.execute("DELETE FROM pem_event WHERE case_id = ANY(%s)", [cases.ids])
        self.env.cr.execute("ALTER TABLE pem_event ENABLE TRIGGER pem_event_guard_rows")

    @api.depends('kind', 'payload')
    @api.depends_context('lang')
    def _compute_description(self):
        sentences = self._sentences()
        for event in self:
            content = json.loads(event.payload or '{}')
            sentence = sentences.get(event.kind, event.kind)
            event.description = sentence(content) if callable(sentence) else sentence

    @api.model
    def _sentences(self):
        """Return what each kind of event says, as ``{kind: text or function of the payload}``; extend for new kinds."""
        def answers(content):
            labels = content.get('labels') or {}
            return ', '.join(
                labels.get(name, name) + (f' “{comment}”' if comment else '')
                for name, comment in (content.get('answers') or {}).items())

        def said(content):
            person = ' ' + self.env._("for %s", content['for']) if content.get('for') else ''
            return person + (f' “{content["comment"]}”' if content.get('comment') else '')

        def passed_on(content):
            sentence = {
                'away': self.env._("“%(step)s” goes to %(to)s, because %(from)s is away"),
                'back': self.env._("“%(step)s” is back with %(to)s"),
            }.get(content.get('why')) or self.env._("“%(step)s” handed over by %(from)s to %(to)s")
            return sentence % {key: content.get(key, '') for key in ('step', 'from', 'to')} + (
                f' “{content["reason"]}”' if content.get('reason') else '')

        def heard(content):
            return {'step': content.get('step'), 'to': content.get('to')}

        def told(content):
            return content.get('together') and self.env._(
                "“%(step)s” told in one message with others to %(to)s", **heard(content))

        return {
            'started': self.env._("Started"),
            'notified': lambda c: told(c) or self.env._("Message sent to %s", c.get('to')),
            'reminded': lambda c: told(c) or self.env._(
                "Reminder of “%(step)s” sent to %(to)s", step=c.get('step'), to=c.get('to')),
            'escalated': lambda c: self.env._("Nobody acted on “%(step)s” in time: %(to)s asked instead", **heard(c))
            if c.get('instead') else self.env._("Nobody acted on “%(step)s” in time: %(to)s asked as well", **heard(c)),
            'not_escalated': lambda c: self.env._(
                "Nobody acted on “%s” in time, and nobody was found to escalate it to", c.get('step')),
            'expired': lambda c: self.env._("The time for “%s” ran out", c.get('step')),
            'not_deliverable': lambda c: self.env._("“%s”: no e-mail address to write to", c.get('step')),
            'not_sent': lambda c: self.env._(
                "Message for “%(step)s” could not be written: %(reason)s", step=c.get('step'), reason=c.get('reason')),
            'seen': lambda c: self.env._("“%s” opened by the partner", c.get('step')),
            'draft_saved': lambda c: self.env._("Draft of “%s” saved", c.get('step')),
            'file_added': lambda c: self.env._("File “%s” attached", c.get('name')),
            'file_removed': lambda c: self.env._("File “%s” removed", c.get('name')),
            'submitted': lambda c: self.env._("“%s” submitted", c.get('step')),
            'returned': lambda c: (self.env._("Sent back: %s", answers(c)) if c.get('answers')
                                   else self.env._("Sent back")) + said(c),
            'approved': lambda c: self.env._("“%s” approved", c.get('step')) + said(c),
            'rejected': lambda c: self.env._("“%s” rejected", c.get('step')) + said(c),
            'auto_approved': lambda c: self.env._("“%(step)s” approved by rule %(rule)s", step=c.get('step'), rule=c.get('name') or c.get('rule')),
            'auto_rejected': lambda c: self.env._("“%(step)s” rejected by rule %(rule)s", step=c.get('step'), rule=c.get('name') or c.get('rule')),
            'handed_over': passed_on,
            'approver_left': lambda c: self.env._("“%(step)s” does not wait for %(person)s any more", step=c.get('step'), person=c.get('person')),
            'todo_done': lambda c: self.env._("“%s” done", c.get('step')) + said(c),
            'partner_updated': lambda c: self.env._(
                "Partner updated: %s", ', '.join(change['name'] for change in c.get('changes', []))),
            'forwarded': lambda c: self.env._("Forwarded to %s", c.get('to')),
            'reached_out': lambda c: self.env._("“%(title)s” written to %(name)s", title=c.get('step'), name=c.get('to')),
            'task_added': lambda c: self.env._("“%(title)s” asked of %(name)s", title=c.get('step'), name=c.get('to')),
            'answered': lambda c: {
                'none': lambda: self.env._("“%s” read and understood", c.get('step')),
                'confirm': lambda: self.env._("“%s” done", c.get('step')),
            }.get(c.get('kind'), lambda: self.env._("“%(title)s” answered: %(answers)s", title=c.get('step'), answers=', '.join(
                filter(None, (c.get('answers') or {}).values()))))(),
            'withdrawn': lambda c: self.env._("“%s” withdrawn", c.get('step')),
            'replied': self.env._("Message written"),
            'problem': lambda c: self.env._("Stopped at “%(step)s”: %(reason)s", step=c.get('step'), reason=c.get('reason')),
            'retried': lambda c: self.env._("Tried again from “%s”", c.get('step')),
            'rolled_back': lambda c: self.env._(
                "Moved back from %(origin)s to “%(step)s”: %(reason)s", step=c.get('step'), reason=c.get('reason'),
                origin=', '.join(f'“{name}”' for name in c.get('from', []))),
            'woke': lambda c: self.env._("“%s” is over", c.get('step')),
            'not_waited': lambda c: self.env._("“%s” was over already", c.get('step')),
            'woken_by_hand': lambda c: self.env._("“%s” ended by hand", c.get('step')),
            'hook_renewed': self.env._("Address for other systems renewed: calls at the old one are refused"),
            'hook_received': lambda c: self.env._("“%s”: another system reported", c.get('step')) + (
                f' {chain.canonical(c["payload"])[:200]}' if c.get('payload') else ''),
            'migrated': lambda c: self.env._("Moved from %(origin)s to %(target)s", origin=c.get('from'), target=c.get('to')),
            'cancelled': lambda c: ': '.join(filter(None, [self.env._("Cancelled"), c.get('reason')])),
            'closed': lambda c: {
                'done': self.env._("Closed as done"), 'rejected': self.env._("Closed as rejected"),
                'cancelled': self.env._("Closed as cancelled")}.get(c.get('outcome'), self.env._("Closed")) + (
                    f': {c["end"]}' if c.get('end') else ''),
        }

    # Nobody, not even the superuser, writes the trail through the ORM.
    # pylint: disable=method-required-super,no-raise-unlink
    @api.model_create_multi
    def create(self, vals_list):
        raise AccessError(self.env._("The audit trail is written by the engine alone."))

    def write(self, vals):
        raise AccessError(self.env._("The audit trail can only be added to."))

    def unlink(self):
        raise AccessError(self.env._("The audit trail can only be added to."))

    @api.model
    def _append(self, entries, actor=None):
        """Add lines to the audit trails of a set of cases: a few statements, however many lines.

        :param entries: list of ``(case, kind, payload)``; lines of one case keep their order
        :param actor: name of who acted when it is not the current user; for guests also in the context as ``pem_guest``
        """
        if not entries:
            return
        cases_sudo = self.env['pem.case'].sudo().browse(dict.fromkeys(case.id for case, _kind, _payload in entries))
        # Whoever adds to a trail changes the row of its case: who comes second waits, and then begins anew in a
        # transaction that sees the first one's lines. The unique constraint is the last word.
        self.env.cr.execute('SELECT FROM pem_case WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE', [cases_sudo.ids])
        cases_sudo.fetch(['trail_length', 'trail_seal'])
        last = {case_id: (length or 0, seal or '') for case_id, length, seal in zip(
            cases_sudo.ids, cases_sudo._raw('trail_length'), cases_sudo._raw('trail_seal'), strict=True)}
        now = fields.Datetime.now()
        user = self.env.user
        if not actor and user._is_public():
            actor = self.env.context.get('pem_guest')
        actor = actor or user.sudo().name
        rows, written = [], now.isoformat(' ')
        for case, kind, payload in entries:
            case_id = case.id
            sequence, seal = last[case_id]
            content = [case_id, sequence + 1, kind, written, user.id, actor, chain.canonical(payload)]
            seal = chain.seal(seal, content)
            last[case_id] = sequence + 1, seal
            rows.append((*content, seal))
        self._insert_rows(dict(zip(
            ('case_id', 'sequence', 'kind', 'date', 'user_id', 'actor', 'payload', 'seal'),
            map(list, zip(*rows, strict=True)), strict=True)))
        # Not yet to the database, so that one statement writes all that a verb changes on its cases.
        cases_sudo._assign('trail_length', {case_id: length for case_id, (length, _seal) in last.items()})
        cases_sudo._assign('trail_seal', {case_id: seal for case_id, (_length, seal) in last.items()})
        cases_sudo.invalidate_recordset(['event_ids'])

    @staticmethod
    def _sealed_content(case_id, sequence, kind, date, user_id, actor, payload):
        # With the fraction of a second that the engine never writes, should somebody else have.
        return [case_id, sequence, kind, date and date.isoformat(' '), user_id, actor, payload]

    @api.model
    def _sealed_lines(self, cases):
        """Return ``{case id: [{'seal', 'content'}]}`` as they are in the database; contents are JSON values."""
        self.env.cr.execute("""
            SELECT case_id, sequence, kind, date, user_id, actor, payload, seal FROM pem_event
            WHERE case_id = ANY(%s) ORDER BY case_id, sequence
        """, [cases.ids])
        lines = {case_id: [] for case_id in cases.ids}
        for *sealed, seal in self.env.cr.fetchall():
            lines[sealed[0]].append({'seal': seal, 'content': self._sealed_content(*sealed)})
        return lines

    @api.model
    def _first_broken(self, cases):
        """Return ``{case: number of the first line that does not fit}``; empty when all trails are whole."""
        cases.flush_recordset(['trail_length', 'trail_seal'])
        lines = self._sealed_lines(cases)
        self.env.cr.execute(
            "SELECT id, COALESCE(trail_length, 0), COALESCE(trail_seal, '') FROM pem_case WHERE id = ANY(%s) ORDER BY id", [cases.ids])
        found = {
            case_id: chain.verify({'length': length, 'seal': seal, 'lines': lines[case_id]})
            for case_id, length, seal in self.env.cr.fetchall()}
        return {cases.browse(case_id): number for case_id, number in found.items() if number}
