import { BaseImportModel } from "@base_import/import_model";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

/** How many warnings are spelled out. */
const SHOWN = 12;

function isRemark(message) {
    return message.type === "warning" && message.field === "properties";
}

// Odoo names the methods that are patched and called here with an underscore.
/* oxlint-disable no-underscore-dangle */
patch(BaseImportModel.prototype, {
    /**
     * Tell, but do not take for errors, what the server warns about attributes: Odoo's import stops at any message, although
     * the records were imported.
     */
    async _callImport() {
        const result = await super._callImport(...arguments);
        const remarks = (result.messages || []).filter(isRemark);
        if (remarks.length) {
            result.messages = result.messages.filter((message) => !isRemark(message));
            // As the rows of a spreadsheet are counted, its header included.
            const { has_headers, skip } = this.formattedImportOptions;
            const first = 1 + (has_headers ? 1 : 0) + (skip || 0);
            const lines = remarks.slice(0, SHOWN).map((remark) =>
                _t("Row %(row)s: %(message)s", { row: remark.rows.from + first, message: remark.message })
            );
            if (remarks.length > SHOWN) {
                lines.push(_t("… and %s more.", remarks.length - SHOWN));
            }
            this._addMessage("warning", [_t("Some values are read in part. Everything else is imported as it is."), ...lines]);
        }
        return result;
    },
});
