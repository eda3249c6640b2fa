from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

#: How far the control room looks back, and ahead.
DAYS = 90
#: Lines of each of its lists.
LINES = 5


class PemCampaign(models.Model):
    """What the control room tells besides numbers of cases: who keeps others waiting, what is asked badly, what runs out."""

    _inherit = 'pem.campaign'

    @api.model
    def get_control_room(self):
        """Add ``'slow_approvers'``, ``'returned_questions'`` and ``'expiring'``: each a list of lines with what to open.

        A line has ``name``, ``number``, ``hint`` values and ``model`` and ``domain`` of the records it is about.
        """
        return {
            **super().get_control_room(),
            'slow_approvers': self._slow_approvers(),
            'returned_questions': self._returned_questions(),
            'expiring': self._expiring(),
        }

    @api.model
    def _slow_approvers(self):
        """Return those with whom approvals and to-dos wait longest, on average: what they decided lately and what waits now."""
        since = fields.Datetime.now() - relativedelta(days=DAYS)
        Line = self.env['pem.task.approver']
        lines = Line._search(
            Domain('state', '=', 'asked') & Domain('task_id.state', '=', 'open')
            | Domain('state', '=', 'decided') & Domain('date', '>=', since))
        rows = self.env.execute_query(SQL("""
            SELECT line.user_id, avg(EXTRACT(EPOCH FROM COALESCE(line.date, %s) - task.date_open)) / 86400 AS days,
                   count(*) FILTER (WHERE line.state = 'asked')
            FROM pem_task_approver line JOIN pem_task task ON task.id = line.task_id
            WHERE line.id IN %s GROUP BY line.user_id HAVING count(*) > 0 ORDER BY days DESC, line.user_id LIMIT %s
        """, fields.Datetime.now(), lines.subselect(), LINES))
        names = {user.id: user.name for user in self.env['res.users'].sudo().browse([row[0] for row in rows])}
        return [{
            'id': user_id,
            'name': names[user_id],
            'number': round(float(days), 2),
            'waiting': waiting,
            'model': 'pem.task',
            'domain': [('approver_ids', 'any', [('user_id', '=', user_id), '|', '&', ('state', '=', 'decided'), (
                'date', '>=', fields.Datetime.to_string(since)), '&', ('state', '=', 'asked'), ('task_id.state', '=', 'open')])],
        } for user_id, days, waiting in rows]

    @api.model
    def _returned_questions(self):
        """Return the questions whose answers were sent back most often lately."""
        since = fields.Datetime.now() - relativedelta(days=DAYS)
        Answer = self.env['pem.submission.answer']
        domain = Domain('mark', '=', 'returned') & Domain('submission_id.state', '=', 'returned') & Domain(
            'submission_id.decided_on', '>=', since)
        rows = Answer._read_group(domain, ['label'], ['__count'], order='__count DESC, label', limit=LINES)
        return [{
            'id': label,
            'name': label,
            'number': count,
            'model': 'pem.submission',
            'domain': [('decided_on', '>=', fields.Datetime.to_string(since)), ('state', '=', 'returned'), (
                'answer_ids', 'any', [('label', '=', label), ('mark', '=', 'returned')])],
        } for label, count in rows]

    @api.model
    def _expiring(self):
        """Return what runs out soon: dates that partners have among their attributes, and values to be verified again."""
        today = fields.Date.context_today(self)
        span = fields.Date.to_string(today), fields.Date.to_string(today + relativedelta(days=DAYS))
        found = []
        for attribute in self.env['pem.attribute'].search([('kind', '=', 'property'), ('value_type', '=', 'date')]):
            name = f'properties.{attribute.technical_name}'
            domain = [(name, '>=', span[0]), (name, '<=', span[1])]
            if count := self.env['res.partner'].search_count(domain):
                found.append({'id': f'date{attribute.id}', 'name': attribute.name, 'number': count, 'model': 'res.partner', 'domain': domain})
        soon = [('expires_on', '>=', span[0]), ('expires_on', '<=', span[1])]
        for attribute, count in self.env['pem.attribute.verification']._read_group(soon, ['attribute_id'], ['__count']):
            found.append({
                'id': f'verified{attribute.id}', 'name': attribute.name, 'number': count, 'again': True,
                'model': 'pem.attribute.verification', 'domain': [('attribute_id', '=', attribute.id), *soon]})
        return sorted(found, key=lambda line: (-line['number'], line['name']))[:LINES]
