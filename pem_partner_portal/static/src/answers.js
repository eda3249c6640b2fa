import { _t } from "@web/core/l10n/translation";

const { DateTime } = luxon;

/**
 * The rules of ``pem_campaigns/engine/answers.py``, for the browser: the same answers are refused, so that a partner
 * hears it beside the question instead of after sending. ``answer_vectors.json`` is run against both.
 */

const EMAIL = /^[^@\s,;<>"]+@[^@\s,;<>".]+(\.[^@\s,;<>".]+)+$/;
const PHONE = /^\+?[0-9][0-9 ()/.-]{3,30}[0-9](\s?(x|ext\.?)\s?[0-9]{1,6})?$/i;
const URL = /^(https?:\/\/)?[^\s/@]+\.[^\s/@.]{2,}(\/\S*)?$/i;
const LENGTHS = { char: 250, email: 254, phone: 40, url: 2000, text: 20000 };

/** Kinds of questions, as in ``engine/kinds.py``. */
export const FILES = ["file", "image", "signature"];
export const TICKS = ["boolean", "consent"];
const NUMBERS = ["integer", "float", "monetary", "rating"];
const WHOLE = ["integer", "rating"];
const RECORDS = ["country", "state", "contact", "product"];
const MATCHED = ["char", "email", "phone", "url"];

/**
 * @param {string} type a question type
 * @param {string} text what was entered
 * @param {string} [zone] the time zone in which moments are entered
 * @returns {string|number|false} the value conditions compare with; false for no answer
 */
export function typedAnswer(type, text, zone) {
    const trimmed = text.trim();
    if (!trimmed) {
        return false;
    }
    if (NUMBERS.includes(type) || RECORDS.includes(type)) {
        const number = Number(trimmed);
        return Number.isFinite(number) ? number : trimmed;
    }
    if (type === "datetime") {
        const moment = DateTime.fromISO(trimmed, { zone: zone || "UTC" });
        return moment.isValid ? moment.toUTC().toFormat("yyyy-MM-dd HH:mm:ss") : trimmed;
    }
    return trimmed;
}

/** Whether a typed value is no answer; zero is one. */
export function isEmpty(value) {
    return value === false || value === undefined || value === "" || (Array.isArray(value) && !value.length);
}

/** Whether two typed values are different answers, as in ``engine/answers.py``. */
export function differ(old, now) {
    if (isEmpty(old) || isEmpty(now)) {
        return isEmpty(old) !== isEmpty(now);
    }
    const plain = (value) => JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
    return plain(old) !== plain(now);
}

/**
 * @param {Object} question ``type``, ``minimum``, ``maximum`` (texts or numbers), ``pattern`` (a regular expression both
 *      sides read alike), of a table ``least`` and ``most``
 * @param value as ``typedAnswer`` returns it; a list, or true and false
 * @param {boolean} isRequired
 * @returns {string} why the answer is refused, "" when it is not: one of the codes of ``engine/answers.py``
 */
export function faultOf(question, value, isRequired) {
    const { type } = question;
    if (type === "table") {
        return faultOfRows(question, value || [], isRequired);
    }
    if (value === false || value === undefined) {
        return isRequired ? (TICKS.includes(type) ? "consent" : "required") : "";
    }
    const minimum = question.minimum ? Number(question.minimum) : null;
    const maximum = question.maximum ? Number(question.maximum) : null;
    if (NUMBERS.includes(type)) {
        if (typeof value !== "number") {
            return WHOLE.includes(type) ? "not_integer" : "not_number";
        }
        if (WHOLE.includes(type) ? Math.abs(value) >= 2 ** 31 : Math.abs(value) >= 1e15) {
            return "not_number";
        }
        if (WHOLE.includes(type) && !Number.isInteger(value)) {
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
        const kind = { email: EMAIL, phone: PHONE, url: URL }[type];
        if (kind && !kind.test(value)) {
            return `not_${type}`;
        }
        const isRight = !question.pattern || !MATCHED.includes(type) || new RegExp(`^(?:${question.pattern})$`, "u").test(value);
        return isRight ? "" : "no_match";
    }
    if (type === "datetime" && !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value)) {
        return "not_datetime";
    }
    return type === "date" && !/^\d{4}-\d\d-\d\d$/.test(value) ? "not_date" : "";
}

function faultOfRows({ least, most }, rows, isRequired) {
    if (rows.length < Number(least || 0)) {
        return "too_few_rows";
    }
    if (Number(most || 0) && rows.length > Number(most)) {
        return "too_many_rows";
    }
    return isRequired && !rows.length ? "required" : "";
}

/**
 * @returns {string} the sentence for the reader; "" when the answer is right
 */
export function checkAnswer(question, value, isRequired) {
    const { minimum, maximum, type, least, most } = question;
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
        not_date: () => _t("Please enter a date."),
        not_datetime: () => _t("Please enter a date and a time."),
        no_match: () => question.patternMessage || _t("Please enter this in the expected form."),
        too_few_rows: () =>
            Number(least) === 1 ? _t("Please enter at least one row.") : _t("Please enter at least %s rows.", least),
        too_many_rows: () => _t("Please enter at most %s rows.", most),
    }[faultOf(question, value, isRequired)]();
}
