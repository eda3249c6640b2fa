import json
from collections import defaultdict

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.mail import generate_tracking_message_id
from odoo.tools.sql import table_columns

from ..engine.answers import differ


class PemCase(models.Model):
    """How answers become facts about the partner."""

    _inherit = 'pem.case'

    def _facts(self):
        """Return ``{case: facts}``: what the conditions of a form may read about the partner beside its answers."""
        facts = self._partner_facts(self.sudo().partner_id)
        return {case: facts[case.sudo().partner_id] for case in self}

    @api.model
    def _partner_facts(self, partners):
        """Return ``{partner: facts}``; hidden attributes are left out, for the browser gets to see these facts."""
        partners = partners.sudo()
        partners.fetch(['name', 'country_id', 'city', 'is_company', 'lang'])
        attributes = self.env['pem.attribute'].sudo().search(
            [('kind', '=', 'property'), ('portal_access', '!=', 'none')])
        values = attributes._read_values(partners)
        return {partner: {'partner': {
            'name': partner.name or False,
            'city': partner.city or False,
            'country_code': partner.country_id.code or False,
            'is_company': partner.is_company,
            'properties': {
                attribute.technical_name: values[partner.id].get(attribute.id, False) for attribute in attributes},
        }} for partner in partners}

    def _store_answers(self, values_by_case):
        """Merge typed answers into the searchable answers of the cases.

        :param values_by_case: ``{case: {question name: value}}``; only names of the process' definition are kept
        """
        rows = []
        names = {process: {entry['name'] for entry in process.answers_definition or []}
                 for process in self.browse([case.id for case in values_by_case]).process_id}
        for case, values in values_by_case.items():
            known = names[case.process_id]
            kept = {name: self._as_property(value) for name, value in values.items() if name in known}
            if kept:
                rows.append(SQL('(%s, %s::jsonb)', case.id, json.dumps(kept)))
        if not rows:
            return
        self.flush_recordset(['answers'])
        self.env.cr.execute(SQL("""
            UPDATE pem_case SET answers = COALESCE(pem_case.answers, '{}') || given.answers
            FROM (VALUES %s) AS given (id, answers) WHERE pem_case.id = given.id
        """, SQL(', ').join(rows)))
        self.invalidate_recordset(['answers'])

    @staticmethod
    def _as_property(value):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return ', '.join(one.get('name', '') for one in value)
        return value

    def _write_back(self):
        """Give the partners the accepted answers that are bound to attributes and not applied yet.

        Contact fields go through ``res.partner.write``, so what Odoo and other apps derive from them happens; the
        change itself is told once, by a note that names the case, instead of by tracking each field of each partner.
        """
        # By what the verdict did not change, so that it need not be in the database yet.
        bound = self.env['pem.submission.answer'].sudo().search_fetch(
            [('case_id', 'in', self.ids), ('attribute_id', '!=', False), ('applied', '=', False)],
            ['case_id', 'partner_id', 'submission_id', 'attribute_id', 'label', 'value', 'display', 'old_display'], order='id',
        ).filtered(lambda answer: answer.verdict == 'accepted' and answer.submission_id.state == 'accepted')
        if not bound:
            return
        bound.write({'applied': True})
        before = bound.attribute_id._read_values(bound.partner_id)
        native, custom, verified, changes = {}, {}, [], {}
        for answer in bound:
            attribute, partner_id = answer.attribute_id, answer.partner_id.id
            old = before[partner_id].get(attribute.id, False)
            verified.append((attribute, partner_id, answer.case_id.id, answer.submission_id.submitted_by_id.id or None))
            if not differ(old, answer.value):
                continue
            changes.setdefault(answer.case_id, []).append(answer)
            target = native if attribute.kind == 'field' else custom
            target.setdefault(partner_id, {})[attribute.technical_name] = answer.value
        self._write_native(native)
        self._write_properties(custom)
        self.env['pem.attribute.verification']._verify(verified)
        self._tell_changes(changes)

    def _write_native(self, values_by_partner):
        """Write contact fields; one ``write`` for all partners that get the same values."""
        partners = self.env['res.partner'].sudo().with_context(tracking_disable=True).browse(values_by_partner)
        for values, same in partners.grouped(lambda partner: tuple(values_by_partner[partner.id].items())).items():
            same.write(dict(values))
        # With all that Odoo derives from them, in one statement.
        partners.flush_recordset()

    def _write_properties(self, values_by_partner):
        if not values_by_partner:
            return
        partners = self.env['res.partner'].browse(values_by_partner)
        partners.flush_recordset(['properties'])
        self.env.cr.execute(SQL("""
            UPDATE res_partner
            SET properties = COALESCE(res_partner.properties, '{}') || given.properties, write_uid = %s, write_date = %s
            FROM (VALUES %s) AS given (id, properties) WHERE res_partner.id = given.id
        """, self.env.uid, fields.Datetime.now(), SQL(', ').join(
            SQL('(%s, %s::jsonb)', partner_id, json.dumps(values))
            for partner_id, values in values_by_partner.items())))
        partners.invalidate_recordset(['properties', 'write_uid', 'write_date'])

    def _tell_changes(self, changes):
        """Tell on the partner and in the audit trail what an approval changed; ``changes`` is ``{case: [answer]}``."""
        if not changes:
            return
        cases = self.browse([case.id for case in changes])
        cases._log('partner_updated', {
            case.with_env(self.env): {'changes': [
                {'name': answer.label, 'from': answer.old_display or '', 'to': answer.display or ''}
                for answer in answers]}
            for case, answers in changes.items()})
        bodies = defaultdict(Markup)
        for case, answers in changes.items():
            lines = Markup().join(
                Markup(f"<li>{escape(answer.label)}: {escape(answer.old_display or '–')} → <b>{escape(answer.display or '–')}</b></li>")
                for answer in answers)
            bodies[case.partner_id.id] += Markup(f"<p>{escape(self.env._('Updated by %s', case.name))}</p><ul>{lines}</ul>")
        self._log_notes(bodies)

    @api.model
    def _log_notes(self, bodies):
        """Log a note on each of a set of partners; ``bodies`` is ``{partner id: markup}``.

        The first is made by Odoo, with whatever other apps make of it. The others are copies of its row that differ in
        whom they are about, what they say and their Message-ID, for a note notifies nobody.
        """
        partners_sudo = self.env['res.partner'].sudo().browse(bodies)
        note_sudo = partners_sudo[0]._message_log_batch(bodies={partners_sudo[0].id: bodies[partners_sudo[0].id]})
        rest = partners_sudo[1:]
        if not rest:
            return
        note_sudo.flush_recordset()
        own = ('id', 'res_id', 'body', 'message_id')
        columns = [name for name in table_columns(self.env.cr, 'mail_message') if name not in own]
        names = SQL(', ').join(map(SQL.identifier, columns))
        self.env.cr.execute(SQL(
            'INSERT INTO mail_message (res_id, body, message_id, %s) SELECT given.*, %s '
            'FROM unnest(%s::int[], %s::text[], %s::text[]) AS given (res_id, body, message_id), mail_message AS note '
            'WHERE note.id = %s',
            names, SQL(', ').join(SQL.identifier('note', name) for name in columns),
            rest.ids, [bodies[partner_id] for partner_id in rest.ids],
            [generate_tracking_message_id(f'{partner_id}-res.partner') for partner_id in rest.ids], note_sudo.id))
        rest.invalidate_recordset(['message_ids', 'message_needaction', 'message_needaction_counter'])
