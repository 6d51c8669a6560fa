//! What columns are called.

use super::Field;
use super::out::masked;
use super::out::problem_columns::is_problem_column;

/// Columns that a question lists.
const LISTED: usize = 40;

/// A column name reduced to what counts: lower case, without spaces and marks.
pub fn reduced(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

const NUMBER: &[&str] = &[
    "phone",
    "phonenumber",
    "phoneno",
    "phonenum",
    "number",
    "telephone",
    "telephonenumber",
    "telephoneno",
    "mobile",
    "mobilenumber",
    "mobileno",
    "mobilephone",
    "cell",
    "cellphone",
    "cellnumber",
    "tel",
    "telno",
    "telnumber",
    "msisdn",
    "ani",
    "e164",
    "contactnumber",
    "contactphone",
    "homephone",
    "workphone",
    "businessphone",
    "primaryphone",
    "secondaryphone",
    "alternatephone",
    "altphone",
    "otherphone",
    "dialednumber",
    "rangestart",
    "telefon",
    "telefonnummer",
    "rufnummer",
    "handynummer",
    "téléphone",
    "teléfono",
    "telefono",
];
const JURISDICTION: &[&str] =
    &["jurisdiction", "state", "stateprovince", "statecode", "province", "region", "territory"];
const EXPIRES: &[&str] = &[
    "expirationdate",
    "expires",
    "expiry",
    "expiration",
    "expirydate",
    "expiresat",
    "expireson",
    "expiredate",
    "expireddate",
    "suppressuntil",
    "validuntil",
    "until",
    "enddate",
    "ablaufdatum",
    "gültigbis",
    "gueltigbis",
];
const SOURCE: &[&str] = &["source", "sourcename", "listsource", "origin", "quelle"];
const NOTES: &[&str] = &["notes", "note", "reason", "comment", "comments", "remark", "remarks", "bemerkung"];
const RANGE_END: &[&str] = &["rangeend", "endofrange", "rangeto", "lastfourofend"];
/// The end of a range, or of a card, a contract, a time.
const MAY_END_RANGE: &[&str] =
    &["lastfour", "lastfourdigits", "last4", "last4digits", "end", "ends", "to", "last", "thru", "through"];
const CHANGE: &[&str] = &[
    "change",
    "changetype",
    "changecode",
    "changeaction",
    "action",
    "adddelete",
    "addordelete",
    "addeddeleted",
    "op",
    "operation",
];
/// Columns of these names mostly hold something else, such as whether a number is in use.
const MAY_SAY_CHANGES: &[&str] = &[
    "status",
    "statuscode",
    "recordstatus",
    "recordtype",
    "transaction",
    "transactiontype",
    "transactioncode",
    "updatetype",
    "updatecode",
    "flag",
];
const EMAIL: &[&str] = &["email", "emailaddress", "mail", "mailaddress", "emails"];
const COUNTRY_CODE: &[&str] = &[
    "countrycode",
    "country",
    "cc",
    "dialcode",
    "dialingcode",
    "diallingcode",
    "dialprefix",
    "callingcode",
    "countrycallingcode",
    "countrydialcode",
    "phonecode",
    "phonecountrycode",
    "phoneprefix",
    "internationalcode",
    "intlcode",
    "isd",
    "isdcode",
    "prefix",
    "landesvorwahl",
    "ländervorwahl",
];
const AREA_CODE: &[&str] = &["areacode", "area", "npa"];

/// What a column of this name means, and how good the name is: 0 is best.
pub(super) fn meaning(name: &str) -> Option<(Field, usize)> {
    let name = reduced(name);
    let tables = [
        (Field::Number, NUMBER),
        (Field::Jurisdiction, JURISDICTION),
        (Field::Expires, EXPIRES),
        (Field::Source, SOURCE),
        (Field::Notes, NOTES),
        (Field::RangeEnd, RANGE_END),
        (Field::Change, CHANGE),
        (Field::Email, EMAIL),
    ];
    // `phone 2`, `Telephone1`: one of several number columns.
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let bare = if name.len() - bare.len() <= 2 { bare } else { "" };
    tables.into_iter().find_map(|(field, names)| {
        let rank = names.iter().position(|known| *known == name);
        let several =
            || (field == Field::Number).then(|| names.iter().position(|known| *known == bare)).flatten();
        rank.or_else(several).map(|rank| (field, rank))
    })
}

/// Whether a column of this name says what changes if a word in it does.
pub(super) fn may_say_changes(name: &str) -> bool {
    MAY_SAY_CHANGES.contains(&reduced(name).as_str()) || says_changes(name)
}

/// Whether a column of this name says what changes.
pub(super) fn says_changes(name: &str) -> bool {
    meaning(name).is_some_and(|(field, _)| field == Field::Change)
}

/// Whether a column of this name holds e-mail addresses.
pub fn may_hold_emails(name: &str) -> bool {
    meaning(name).is_some_and(|(field, _)| field == Field::Email)
}

/// Whether a column of this name may end ranges of numbers, or mean something else; one without a name may too.
pub(super) fn may_end_range(name: &str) -> bool {
    name.trim().is_empty() || MAY_END_RANGE.contains(&reduced(name).as_str())
}

/// Whether a column of this name holds area codes.
pub(super) fn is_area_code(name: &str) -> bool {
    AREA_CODE.contains(&reduced(name).as_str())
}

/// Whether a column of this name holds country calling codes, where it holds digits.
pub(super) fn is_country_code(name: &str) -> bool {
    COUNTRY_CODE.contains(&reduced(name).as_str())
}

/// Whether a name is one that this module knows.
pub(super) fn is_known(name: &str) -> bool {
    meaning(name).is_some() || is_area_code(name) || is_problem_column(name)
}

/// The columns for a person to choose from: `1 phone, 2 mobile`. A name with as many digits as a number has is masked:
/// who says that there is a header where there is none makes names of the first numbers.
pub(super) fn listed(columns: &[String]) -> String {
    let listed: Vec<String> = columns
        .iter()
        .take(LISTED)
        .enumerate()
        .map(|(at, name)| format!("{} {}", at + 1, masked(name)))
        .collect();
    listed.join(", ")
}

/// The column that a person named: by its name, else by its number from 1. A name that two columns share says nothing.
pub(super) fn find(columns: &[String], wanted: &str) -> Option<usize> {
    let only = |same: &dyn Fn(&str) -> bool| {
        let mut found = columns.iter().enumerate().filter(|(_, name)| same(name)).map(|(at, _)| at);
        (found.next(), found.next())
    };
    let exact = only(&|name| name == wanted);
    let reduced_wanted = reduced(wanted);
    let loose = || only(&|name| !reduced_wanted.is_empty() && reduced(name) == reduced_wanted);
    match if exact.0.is_some() { exact } else { loose() } {
        (Some(at), None) => Some(at),
        (Some(_), Some(_)) => None,
        _ => wanted.trim().parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < columns.len()),
    }
}
