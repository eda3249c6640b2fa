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

        Values go through ``write`` of the partner, so what Odoo and other apps derive from them happens; the change itself
        is told once, by a note that names the case, instead of by tracking each field of each partner.
        """
        # By what the verdict did not change, so that it need not be in the database yet.
        Submission = self.env['pem.submission'].sudo()
        pending = Submission.search_fetch([('case_id', 'in', self.ids), ('applied_on', '=', False)], ['state', 'case_id'], order='id')
        state, case_of = (Submission._fields[name]._get_cache(self.env) for name in ('state', 'case_id'))
        accepted = [submission_id for submission_id in pending.ids if state[submission_id] == 'accepted']
        if not accepted:
            return
        pending._assign('applied_on', dict.fromkeys(accepted, fields.Datetime.now()))
        answers = self.env.execute_query(SQL("""
            SELECT submission_id, partner_id, attribute_id, label, value, display, old_display FROM pem_submission_answer
            WHERE submission_id = ANY(%s) AND attribute_id IS NOT NULL ORDER BY id
        """, accepted))
        attributes = {attribute.id: attribute for attribute in self.env['pem.attribute'].browse({answer[2] for answer in answers})}
        partners = self.env['res.partner'].browse({answer[1] for answer in answers})
        before = self.env['pem.attribute'].union(*attributes.values())._read_values(partners)
        values, changes = defaultdict(dict), defaultdict(list)
        for submission_id, partner_id, attribute_id, label, value, display, old_display in answers:
            value = False if value is None else value
            if differ(before[partner_id].get(attribute_id, False), value):
                values[partner_id][attribute_id] = value
                changes[case_of[submission_id]].append((label, old_display or '', display or ''))
        self._write_values(values, attributes)
        self.env['pem.attribute.verification'].invalidate_model()
        self.env['pem.attribute'].invalidate_model(['verification_ids'])
        self.env['res.partner'].invalidate_model(['pem_verification_ids'])
        self._tell_changes(changes)

    def _write_values(self, values, attributes):
        """Write what attributes stand for; ``values`` is ``{partner id: {attribute id: value}}``."""
        custom = {attribute_id for attribute_id, attribute in attributes.items() if attribute.kind == 'property'}
        name_of = {attribute_id: attribute.technical_name for attribute_id, attribute in attributes.items()}
        known = self.env['pem.attribute']._read_properties(
            [partner_id for partner_id, given in values.items() if not custom.isdisjoint(given)])
        written = {}
        for partner_id, given in values.items():
            written[partner_id] = {name_of[attribute_id]: value for attribute_id, value in given.items() if attribute_id not in custom}
            if partner_id in known:
                written[partner_id]['properties'] = known[partner_id] | {
                    name_of[attribute_id]: value for attribute_id, value in given.items() if attribute_id in custom}
        self.env['res.partner'].sudo()._pem_write_each(written)

    def _tell_changes(self, changes):
        """Tell on the partner and in the audit trail what an approval changed.

        :param changes: ``{case id: [(question, value before, value now)]}``, values as people read them
        """
        if not changes:
            return
        cases = self.browse(changes)
        cases._log('partner_updated', {case: {'changes': [
            {'name': label, 'from': old, 'to': new} for label, old, new in changes[case.id]]} for case in cases})
        bodies, updated_by = defaultdict(str), self.env._("Updated by %s", '%s')
        names = cases.sudo()._raw_map('name')
        for case_id, partner_id in cases.sudo()._raw_map('partner_id').items():
            lines = ''.join([
                f"<li>{escape(label)}: {escape(old or '–')} → <b>{escape(new or '–')}</b></li>" for label, old, new in changes[case_id]])
            bodies[partner_id] += f"<p>{escape(updated_by % names[case_id])}</p><ul>{lines}</ul>"
        self._log_notes({partner_id: Markup(body) for partner_id, body in bodies.items()})

    @api.model
    def _log_notes(self, bodies):
        """Log a note on each of a set of partners; ``bodies`` is ``{partner id: markup}``.

        The first is made by Odoo, with whatever other apps make of it. The others are copies of its row that differ in
        whom they are about, what they say and their Message-ID. That is right for log notes alone, and made for them: they
        notify nobody, have no attachments, no tracked values and no followers to add, so a row of ``mail.message`` is all
        that Odoo writes for one. What it does around the row (who may post, e-mails, links in the text) has no work here:
        the text is ours, escaped, and the author is the one who approves. ``_message_log_batch`` itself takes more than twenty
        times as long, many times what the whole rest of an approval takes.
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
