from functools import partial

from odoo import api, models
from odoo.service.model import retrying
from odoo.tools import split_every


class IrCron(models.Model):
    _inherit = 'ir.cron'

    @api.model
    def _pem_run_batches(self, records, work, size):
        """Do long work in batches that commit: killed anywhere, the next run finds the rest.

        Records that another worker holds are left to it. A batch that meets what another transaction has just changed
        is rolled back and repeated, as Odoo does with requests, and sees the change.

        :param records: what is to be done
        :param work: called with the records of a batch, which are locked; has to look whether there is still something to do
        :param size: records in a batch
        :return: whether the end was reached in the time that the cron has
        """
        self._commit_progress(remaining=len(records))
        for ids in split_every(size, records.ids):
            retrying(partial(self._pem_run_batch, records.browse(ids), work), self.env)
            if not self._commit_progress(len(ids)):
                return False
        return True

    @api.model
    def _pem_run_batch(self, records, work):
        work(records.try_lock_for_update(allow_referencing=True))
