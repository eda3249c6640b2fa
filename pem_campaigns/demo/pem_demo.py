import datetime

from odoo import api, fields, models


class PemDemo(models.AbstractModel):
    """Plays some days of a sponsor with the engine's own verbs, so that demo cases are real ones and their trails verify.

    Every event carries the moment at which the demo data was loaded: an audit trail cannot be dated back.
    """

    _name = 'pem.demo'
    _description = "Partner Engagement: demo data"

    @api.model
    def _load(self):
        marie = self.env.ref('pem_campaigns.res_users_demo_marie')
        self = self.with_user(marie).with_context(
            mail_auto_subscribe_no_notify=True, mail_notify_force_send=False, tracking_disable=True)
        process = self._publish_revalidation()
        certificate = self.env.ref('pem_campaigns.pem_process_demo_certificate').with_env(self.env)
        certificate._publish()
        self._play_closed(process)
        self._play_running(process)
        self._play_certificates(certificate)
        self._play_watch()
        self._make('pem_campaign_demo_draft', {
            'name': "Contacts before the spring fair", 'process_id': process.id,
            'target_group_ids': (self._ref('pem_target_group_demo_health') | self._ref('pem_target_group_demo_registered')).ids,
            'date_deadline': self._day(35),
        })._preflight()
        # Nothing leaves a demo: the letters are written, and stay.
        self.env['mail.mail'].sudo().search([('state', '=', 'outgoing'), ('model', '=', 'pem.task')]).write({'state': 'cancel'})

    # Campaigns

    def _publish_revalidation(self):
        """Take the library process as a manager would: a question more, the approver named, published."""
        process = self.env.ref('pem_campaigns.pem_process_contact_revalidation').with_env(self.env).copy(
            {'name': "Contact revalidation"})
        self._identify('pem_process_demo_revalidation', process)
        self.env['pem.form.field'].create({
            'form_id': process.step_ids.form_id.id, 'sequence': 6, 'label': "How many people work for you?",
            'name': 'employees', 'value_type': 'integer', 'minimum': 1,
            'attribute_id': self._ref('pem_attribute_demo_employees').id,
        })
        process.step_ids.filtered(lambda step: step.kind == 'approval').write({
            'approver_kind': 'user', 'approver_user_ids': self._ref('res_users_demo_ahmed').ids,
            'escalate_days': 1, 'escalate_to': 'owner'})
        process._publish()
        return process

    def _play_closed(self, process):
        """A finished campaign: most partners answered, one was refused, the rest was cancelled on closing."""
        campaign = self._launch('pem_campaign_demo_closed', {
            'name': "Contact revalidation, registered partners", 'process_id': process.id, 'date_deadline': self._day(-2),
            'target_group_ids': [self._ref('pem_target_group_demo_registered').id],
        })
        answered = ['arbor', 'hearthstone', 'rosenfeld', 'savanna', 'tidewater', 'umbra', 'verdant', 'wexford']
        for number, partner in enumerate(answered):
            self._answer(campaign, partner, employees=40 + 35 * number)
        self._reviews(campaign, answered[:-1])._approve()
        self._reviews(campaign, answered[-1:])._reject("The company was taken over; the new owner is another partner.")
        self._see(campaign, 'quantum', 'zephyr')
        campaign.action_close()

    def _play_running(self, process):
        """A campaign in the middle of its run, with cases wherever a case can be."""
        campaign = self._launch('pem_campaign_demo_running', {
            'name': "Contact revalidation, gold and silver", 'process_id': process.id, 'date_deadline': self._day(12),
            'target_group_ids': [self._ref('pem_target_group_demo_key').id],
        })
        done = ['bergstrom', 'oakridge', 'tanaka', 'lumen', 'atlas', 'vanhoorn']
        for number, partner in enumerate(done):
            self._answer(campaign, partner, employees=80 + 45 * number)
        self._reviews(campaign, done)._approve()
        self._answer(campaign, 'northlake', phone='0187', employees=640)
        review = self._reviews(campaign, ['northlake'])
        review.review_answer_ids.filtered(lambda answer: answer.name == 'phone').write({
            'verdict': 'returned', 'comment': "Please add the country and area code."})
        review._send_back()
        self._answer(campaign, 'kestrel', website='www.kestrel-robotics.example', employees=112)
        self._answer(campaign, 'ashworth', city='Manchester', employees=205, entity_changed=True,
                     entity_change="Ashworth Vale became Ashworth–Vale Consulting LLP in May.")
        self._answer(campaign, 'piazza', phone='+39 051 555 0199', employees=431)
        self._answer(campaign, 'solis', email='channels@solis.example', employees=352)
        self._see(campaign, 'castellane', 'ganges')
        task = self._see(campaign, 'meridian')
        task._save_draft({'phone': '+44 113 555 0199', 'employees': '140'})
        self._case(campaign, 'delmar').date_deadline = self._day(-3)
        self._case(campaign, 'castellane').date_deadline = self._day(-1)
        self._let_time_pass(campaign, 'delmar', reminders_used=0, reminder_date=fields.Datetime.now())
        self._let_time_pass(campaign, 'kestrel', escalation_date=fields.Datetime.now())
        self._send_letters()

    def _play_certificates(self, process):
        """A smaller campaign, late; partners without a salesperson show how a stopped case looks."""
        campaign = self._launch('pem_campaign_demo_certificates', {
            'name': "Security certificates, winter", 'process_id': process.id, 'date_deadline': self._day(3),
            'target_group_ids': [self._ref('pem_target_group_demo_expiring').id],
        })
        renewed = {'certificate': 'iso_27001', 'certificate_until': str(self._day(400))}
        for partner in ('oakridge', 'meridian', 'novak', 'ganges', 'northlake'):
            self._answer(campaign, partner, **renewed)
        self._reviews(campaign, ['oakridge'])._approve()
        review = self._reviews(campaign, ['ganges'])
        review.with_user(self._ref('res_users_demo_ahmed'))._approve("Thank you for the early renewal.")
        self._see(campaign, 'castellane', 'arbor')
        self._reach_out(campaign, 'brightwater', "Which auditor will you take?", (
            "<p>Our quality team would like to know which auditor renews your certificate this winter.</p>"
            "<p>Please attach the offer if you have one already.</p>"), date_deadline=self._day(5))
        self._reach_out(campaign, 'northlake', "Who may sign for you?", "<p>The signature on your certificate is new to us.</p>")
        self._reach_out(campaign, 'brightwater', "Certificate portal closed over Christmas", (
            "<p>From 24 December to 2 January nobody will look at certificates. What arrives before will be decided before.</p>"),
            answer_kind='none')
        self._send_letters()

    def _play_watch(self):
        """Certificates that are valid for long: their cases wait. One partner has a new auditor and is asked early."""
        process = self.env.ref('pem_campaigns.pem_process_demo_watch').with_env(self.env)
        process._publish()
        campaign = self._launch('pem_campaign_demo_watch', {
            'name': "Security certificates, all year", 'process_id': process.id,
            'target_group_ids': [self._ref('pem_target_group_demo_certified').id],
        })
        self._open_tasks(campaign, ['umbra']).action_go_on()
        self._send_letters()

    # Persons

    def _launch(self, xml_id, values):
        campaign = self._make(xml_id, values)
        campaign._launch()
        self._send_letters()
        return campaign

    def _case(self, campaign, partner):
        return self.env['pem.case'].search(
            [('campaign_id', '=', campaign.id), ('partner_id', '=', self._ref(f'res_partner_demo_{partner}').id)])

    def _open_tasks(self, campaign, partners):
        return self.env['pem.task'].search([
            ('campaign_id', '=', campaign.id), ('state', '=', 'open'),
            ('partner_id', 'in', [self._ref(f'res_partner_demo_{partner}').id for partner in partners])])

    def _form_task(self, campaign, partner):
        """Return the open form of a partner as its contact person, a guest, sees it."""
        task = self._open_tasks(campaign, [partner])
        return task.with_user(self.env.ref('base.public_user')).sudo().with_context(pem_guest=task.contact_id.name)

    def _see(self, campaign, *partners):
        tasks = [self._form_task(campaign, partner) for partner in partners]
        for task in tasks:
            task._mark_seen()
        return tasks[-1]

    def _answer(self, campaign, partner, **corrections):
        """Let a partner confirm what is on file, but for the corrections, and send it."""
        task = self._see(campaign, partner)
        form = task.step_id.form_id
        questions = form.field_ids.filtered('is_question')
        present = questions.attribute_id._read_values(task.partner_id)[task.partner_id.id]
        raw = {question.name: present.get(question.attribute_id.id) for question in questions if question.attribute_id}
        raw |= {'email': raw.get('email') or task.contact_id.email, 'authorized': True}
        # The refused answers of the play are those whose comment an approver writes.
        values, _errors = form._check_answers({**raw, **corrections})
        values |= {name: corrections[name] for name in corrections.keys() & {'phone'}}
        task._submit({task: self.env['pem.submission'].sudo()._prepare_answers(task, values)}, contact=task.contact_id)

    def _reach_out(self, campaign, partner, title, text, **options):
        self._case(campaign, partner).with_user(self._ref('res_users_demo_ahmed'))._reach_out(title, text, **options)

    def _reviews(self, campaign, partners):
        """Return the open approvals of some partners, as their approver."""
        tasks = self._open_tasks(campaign, partners)
        approver = tasks.sudo().approver_ids.user_id[:1]
        return tasks.with_user(approver)

    def _let_time_pass(self, campaign, partner, **due):
        """Let something be due now for which time would have to pass."""
        tasks_sudo = self._open_tasks(campaign, [partner]).sudo()
        tasks_sudo.write(due)
        tasks_sudo.case_id._keep_deadlines()

    def _send_letters(self):
        self.env['pem.task'].sudo().search([('notice_state', '=', 'queued')])._send_notices()

    # Records

    def _ref(self, name):
        return self.env.ref(f'pem_campaigns.{name}').with_env(self.env)

    def _day(self, days):
        return fields.Date.context_today(self) + datetime.timedelta(days=days)

    def _make(self, xml_id, values):
        return self._identify(xml_id, self.env['pem.campaign'].create(values))

    def _identify(self, xml_id, record):
        self.env['ir.model.data'].sudo()._update_xmlids(
            [{'xml_id': f'pem_campaigns.{xml_id}', 'record': record, 'noupdate': True}])
        return record
