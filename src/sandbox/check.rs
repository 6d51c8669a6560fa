//! The sandbox's own reading of numbers, jurisdictions, instants and forms. Written apart from the client's on purpose.

use std::collections::HashMap;
use std::time::Duration;

/// Milliseconds since 1970 in UTC.
pub(super) type Millis = i64;

/// One day.
pub(super) const DAY: Millis = 24 * 60 * 60 * 1000;

/// The present, from the system's clock.
pub(super) fn now() -> Millis {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| Millis::try_from(d.as_millis()).unwrap_or(Millis::MAX))
}

/// A span on the scale of [`Millis`].
pub(super) fn millis(span: Duration) -> Millis {
    Millis::try_from(span.as_millis()).unwrap_or(Millis::MAX)
}

/// `+` and 7 to 15 digits that do not begin with 0; exactly ten digits after country code 1.
pub(super) fn e164(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+')?;
    let sound = (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
        && (!digits.starts_with('1') || digits.len() == 11);
    if sound { digits.parse().ok() } else { None }
}

/// Toll-free numbers: this tenant's policy keeps them off every list, so that a refusal can be seen.
pub(super) fn is_toll_free(number: u64) -> bool {
    (10_000_000_000..20_000_000_000).contains(&number)
        && matches!(number / 10_000_000 % 1000, 800 | 822 | 833 | 844 | 855 | 866 | 877 | 888)
}

/// `US-CA` or `GB`, upper case, nothing around it.
pub(super) fn jurisdiction(text: &str) -> bool {
    let upper = |s: &str| s.bytes().all(|b| b.is_ascii_uppercase());
    match text.split_once('-') {
        None => text.len() == 2 && upper(text),
        Some((country, sub)) => {
            country.len() == 2
                && upper(country)
                && (1..=3).contains(&sub.len())
                && sub.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        }
    }
}

/// An instant with its offset, or a date alone, which means the last second of that day in UTC.
pub(super) fn instant(text: &str) -> Option<Millis> {
    if text.len() == 10 {
        return instant(&format!("{text}T23:59:59Z"));
    }
    if !text.contains('T') {
        return None;
    }
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// An instant in UTC: `Z`, or no zone at all, which means UTC; a date alone ends with its day.
pub(super) fn utc_instant(text: &str) -> Option<Millis> {
    if text.len() == 10 || text.ends_with('Z') {
        return instant(text);
    }
    let (_, time) = text.split_once('T')?;
    if time.contains(['+', '-', '[']) {
        return None;
    }
    instant(&format!("{text}Z"))
}

/// Something that may be an e-mail address: one `@` with something before it and a dotted name behind it.
pub(super) fn email(text: &str) -> bool {
    let sound = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && b != b'@');
    text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| {
            let labels = domain.split('.').collect::<Vec<_>>();
            sound(local) && labels.len() > 1 && labels.into_iter().all(sound)
        })
}

/// An instant as the tenant writes it: UTC, `Z`.
pub(super) fn written(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_string()
}

/// A query string or a form body. The last of equal names wins.
pub(super) fn form(text: &str) -> HashMap<String, String> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (unescape(name), unescape(value))
        })
        .collect()
}

/// `+` is a blank and `%2B` a plus sign.
fn unescape(text: &str) -> String {
    let hex = |b: Option<&u8>| b.and_then(|b| (*b as char).to_digit(16));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        match (bytes[i], hex(bytes.get(i + 1)), hex(bytes.get(i + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                i += 2;
            }
            (b'+', _, _) => out.push(b' '),
            (other, _, _) => out.push(other),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_e164_is_a_number() {
        assert_eq!(e164("+12025550101"), Some(12_025_550_101));
        assert_eq!(e164("+442071838750"), Some(442_071_838_750));
        for bad in
            ["12025550101", "+1202555010", "+1 2025550101", "+02025550101", "+120255501011", "", "+", "+12"]
        {
            assert_eq!(e164(bad), None, "{bad}");
        }
    }

    #[test]
    fn toll_free_is_a_matter_of_the_area_code() {
        assert!(is_toll_free(18_005_550_100));
        assert!(is_toll_free(18_335_550_100));
        assert!(!is_toll_free(12_025_550_100));
        assert!(!is_toll_free(448_005_550_100));
    }

    #[test]
    fn a_jurisdiction_is_upper_case_and_bare() {
        assert!(["US-CA", "GB", "CA-ON", "MX-D01"].into_iter().all(jurisdiction));
        assert!(!["us-ca", "USA", "US_CA", "US-", " US", "California", ""].into_iter().any(jurisdiction));
    }

    #[test]
    fn a_date_alone_ends_with_its_day() {
        assert_eq!(instant("2025-12-31"), instant("2025-12-31T23:59:59Z"));
        assert_eq!(instant("2026-01-01T01:59:59+02:00"), instant("2025-12-31"));
        assert_eq!(written(instant("2025-12-31").unwrap()), "2025-12-31T23:59:59Z");
        assert_eq!(instant("31/12/2025"), None);
        assert_eq!(instant("2025-12-31 10:00"), None);
    }

    #[test]
    fn utc_is_z_or_nothing() {
        let noon = instant("2027-03-01T12:00:00Z");
        assert!(noon.is_some());
        assert_eq!(utc_instant("2027-03-01T12:00:00Z"), noon);
        assert_eq!(utc_instant("2027-03-01T12:00:00"), noon);
        assert_eq!(utc_instant("2027-03-01"), instant("2027-03-01T23:59:59Z"));
        for bad in ["2027-03-01T14:00:00+02:00", "2027-03-01T10:00:00-02:00", "01.03.2027", "tomorrow", ""] {
            assert_eq!(utc_instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_email_has_one_at_and_a_dotted_name() {
        assert!(["a@example.com", "first.last+tag@mail.example.org"].into_iter().all(email));
        assert!(
            !["", "a", "@example.com", "a@", "a@com", "a@.com", "a@example.", "a b@example.com", "a@b@c.de"]
                .into_iter()
                .any(email)
        );
    }

    #[test]
    fn a_plus_in_a_query_is_a_blank() {
        let read = form("phoneNumber=%2B12025550101&scope=a%20b+c&flag");
        assert_eq!(read["phoneNumber"], "+12025550101");
        assert_eq!(read["scope"], "a b c");
        assert_eq!(read["flag"], "");
        assert_eq!(form("a=%zz%4")["a"], "%zz%4");
    }
}
