import { _t } from "@web/core/l10n/translation";

/**
 * The rules of ``pem_campaigns/engine/answers.py``, for the browser: the same answers are refused, so that a partner
 * hears it beside the question instead of after sending. ``answer_vectors.json`` is run against both.
 */

const EMAIL = /^[^@\s,;<>"]+@[^@\s,;<>".]+(\.[^@\s,;<>".]+)+$/;
const PHONE = /^\+?[0-9][0-9 ()/.-]{3,30}[0-9](\s?(x|ext\.?)\s?[0-9]{1,6})?$/i;
const URL = /^(https?:\/\/)?[^\s/@]+\.[^\s/@.]{2,}(\/\S*)?$/i;
const LENGTHS = { char: 250, email: 254, phone: 40, url: 2000, text: 20000 };

/**
 * @param {string} type a question type
 * @param {string} text what was entered
 * @returns {string|number|false} the value conditions compare with; false for no answer
 */
export function typedAnswer(type, text) {
    const trimmed = text.trim();
    if (!trimmed) {
        return false;
    }
    if (["integer", "float", "country"].includes(type)) {
        const number = Number(trimmed);
        return Number.isFinite(number) ? number : trimmed;
    }
    return trimmed;
}

/**
 * @param {Object} question ``type``, ``minimum`` and ``maximum``, as texts or numbers
 * @param value as ``typedAnswer`` returns it; a list, or true and false
 * @param {boolean} isRequired
 * @returns {string} why the answer is refused, "" when it is not: one of the codes of ``engine/answers.py``
 */
export function faultOf(question, value, isRequired) {
    const { type } = question;
    if (value === false || value === undefined) {
        return isRequired ? (type === "boolean" ? "consent" : "required") : "";
    }
    const minimum = question.minimum ? Number(question.minimum) : null;
    const maximum = question.maximum ? Number(question.maximum) : null;
    if (type === "integer" || type === "float") {
        if (typeof value !== "number") {
            return type === "integer" ? "not_integer" : "not_number";
        }
        if (type === "integer" && !Number.isInteger(value)) {
            return "not_integer";
        }
        if (minimum !== null && value < minimum) {
            return "too_small";
        }
        return maximum !== null && value > maximum ? "too_large" : "";
    }
    if (type in LENGTHS) {
        if (value.length > Math.min(maximum ?? Infinity, LENGTHS[type])) {
            return "too_long";
        }
        if (minimum !== null && value.length < minimum) {
            return "too_short";
        }
        const pattern = { email: EMAIL, phone: PHONE, url: URL }[type];
        return pattern && !pattern.test(value) ? `not_${type}` : "";
    }
    return "";
}

/**
 * @returns {string} the sentence for the reader; "" when the answer is right
 */
export function checkAnswer(question, value, isRequired) {
    const { minimum, maximum, type } = question;
    const longest = Math.min(Number(maximum) || Infinity, LENGTHS[type] || Infinity);
    return {
        "": () => "",
        required: () => _t("Please answer this question."),
        consent: () => _t("Please tick this box to continue."),
        not_number: () => _t("Please enter a number, such as 12.5."),
        not_integer: () => _t("Please enter a whole number, such as 12."),
        too_small: () => _t("Please enter %s or more.", Number(minimum)),
        too_large: () => _t("Please enter %s or less.", Number(maximum)),
        too_long: () => _t("Please use at most %s characters.", longest),
        too_short: () => _t("Please use at least %s characters.", Number(minimum)),
        not_email: () => _t("Please enter one e-mail address, such as name@company.com."),
        not_phone: () => _t("Please enter a phone number, such as +1 617 555 0100."),
        not_url: () => _t("Please enter a web address, such as www.company.com."),
    }[faultOf(question, value, isRequired)]();
}
