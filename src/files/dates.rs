//! Expiry cells. A date alone means the end of that day in UTC; a time without a zone is read as UTC and said so; day and
//! month are never guessed. The year 9999 is how databases write *never*, and is read so: a day in it is for ever.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::DateOrder;

/// How one expiry cell reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Empty, `never` and the like, and every day of the year 9999.
    ForEver,
    /// One moment, whatever the order of day and month.
    At {
        /// The moment.
        at: Timestamp,
        /// A time without a zone.
        naive: bool,
        /// The order of day and month that the cell proves, where it stands in one.
        proves: Option<DateOrder>,
    },
    /// Day and month could be either.
    Either {
        /// Read as day, month.
        dmy: Timestamp,
        /// Read as month, day.
        mdy: Timestamp,
        /// A time without a zone.
        naive: bool,
    },
    /// No date.
    Bad,
}

const FOR_EVER: [&str; 10] =
    ["never", "none", "null", "n/a", "na", "-", "forever", "for ever", "permanent", "indefinite"];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The last year that most systems know. An entry until then is one for ever, and its last days are beyond what a moment
/// can be.
const NEVER: i16 = 9999;

/// Reads a cell. `said` is the order that the person named: a cell that does not fit it is bad, not turned round.
pub(super) fn read(cell: &str, said: Option<DateOrder>) -> Reading {
    let cell = cell.trim();
    if cell.is_empty() || FOR_EVER.iter().any(|word| cell.eq_ignore_ascii_case(word)) {
        return Reading::ForEver;
    }
    parse(cell, said).unwrap_or(Reading::Bad)
}

/// Whether a cell reads as a date in any order: such a cell is no telephone number.
pub fn is_date(cell: &str) -> bool {
    parse(cell.trim(), None).is_some()
}

fn parse(cell: &str, said: Option<DateOrder>) -> Option<Reading> {
    match plain_day(cell) {
        Some(date) if date.year() == NEVER => Some(Reading::ForEver),
        Some(date) => Clock::moment(None, date).map(|at| Reading::At { at, naive: false, proves: None }),
        None => parse_any(cell, said),
    }
}

/// The day of a cell that is written as nearly all are: `2027-12-31`. [`parse_any`] says the same of it, in more steps.
fn plain_day(cell: &str) -> Option<Date> {
    let cell: &[u8; 10] = cell.as_bytes().try_into().ok()?;
    let number = |digits: &[u8]| {
        let all = digits.iter().all(u8::is_ascii_digit);
        all.then(|| digits.iter().fold(0, |number, digit| number * 10 + i16::from(digit - b'0')))
    };
    let (b'-', b'-') = (cell[4], cell[7]) else { return None };
    civil(number(&cell[..4])?, number(&cell[5..7])?, number(&cell[8..])?)
}

fn parse_any(cell: &str, said: Option<DateOrder>) -> Option<Reading> {
    let (date, clock) = match cell.find(':') {
        Some(colon) => {
            let cut = cell[..colon].rfind(['T', 't', ' '])?;
            (cell[..cut].trim(), Some(Clock::parse(cell[cut + 1..].trim())?))
        }
        None => (cell, None),
    };
    let never =
        |date: Option<Date>| date.is_some_and(|date| date.year() == NEVER).then_some(Reading::ForEver);
    let naive = clock.is_some_and(|clock| clock.offset.is_none());
    let at = |date: Option<Date>| date.and_then(|date| Clock::moment(clock, date));
    let plain = |date| never(date).or_else(|| at(date).map(|at| Reading::At { at, naive, proves: None }));

    let parts = split(date)?;
    let number = |i: usize, width: std::ops::RangeInclusive<usize>| -> Option<i16> {
        let part: &str = parts[i];
        let sound = width.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if sound { part.parse().ok() } else { None }
    };
    if let (Some(year), Some(month), Some(day)) = (number(0, 4..=4), number(1, 1..=2), number(2, 1..=2)) {
        return plain(civil(year, month, day));
    }
    let year = number(2, 4..=4)?;
    if let (Some(day), Some(month)) = (number(0, 1..=2), month_name(parts[1])) {
        return plain(civil(year, month, day));
    }
    if let (Some(month), Some(day)) = (month_name(parts[0]), number(1, 1..=2)) {
        return plain(civil(year, month, day));
    }
    let (a, b) = (number(0, 1..=2)?, number(1, 1..=2)?);
    let (dmy, mdy) = (civil(year, b, a), civil(year, a, b));
    let wanted = match said {
        Some(DateOrder::Dmy) => dmy,
        Some(DateOrder::Mdy) => mdy,
        Some(DateOrder::Ymd) => None,
        None => dmy.or(mdy),
    };
    if let Some(for_ever) = never(wanted) {
        return Some(for_ever);
    }
    let (dmy, mdy) = (at(dmy), at(mdy));
    let proven = |at, order| Reading::At { at, naive, proves: Some(order) };
    match said {
        Some(DateOrder::Dmy) => return dmy.map(|at| Reading::At { at, naive, proves: None }),
        Some(DateOrder::Mdy) => return mdy.map(|at| Reading::At { at, naive, proves: None }),
        Some(DateOrder::Ymd) => return None,
        None => {}
    }
    match (dmy, mdy) {
        (Some(dmy), Some(mdy)) if dmy == mdy => Some(Reading::At { at: dmy, naive, proves: None }),
        (Some(dmy), Some(mdy)) => Some(Reading::Either { dmy, mdy, naive }),
        (Some(dmy), None) => Some(proven(dmy, DateOrder::Dmy)),
        (None, Some(mdy)) => Some(proven(mdy, DateOrder::Mdy)),
        (None, None) => None,
    }
}

/// The three parts of a date: `2027-12-31`, `31.12.2027`, `20271231`, `31 Dec 2027`, `Dec 31, 2027`.
fn split(date: &str) -> Option<[&str; 3]> {
    if date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()) {
        let sound = ["19", "20", "9999"].iter().any(|start| date.starts_with(start));
        return sound.then(|| [&date[..4], &date[4..6], &date[6..]]);
    }
    for separator in ['-', '/', '.'] {
        if date.contains(separator) {
            return exactly_three(date.split(separator));
        }
    }
    exactly_three(date.split([' ', ',']).filter(|part| !part.is_empty()))
}

fn exactly_three<'a>(mut parts: impl Iterator<Item = &'a str>) -> Option<[&'a str; 3]> {
    let three = [parts.next()?.trim(), parts.next()?.trim(), parts.next()?.trim()];
    parts.next().is_none().then_some(three)
}

fn month_name(word: &str) -> Option<i16> {
    let word = word.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| word.len() >= 3 && word.starts_with(month))?;
    word.bytes().all(|b| b.is_ascii_lowercase()).then_some(at as i16 + 1)
}

fn civil(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[derive(Clone, Copy)]
struct Clock {
    time: jiff::civil::Time,
    offset: Option<Offset>,
}

impl Clock {
    /// `23:59`, `23:59:59.5`, with `Z`, `UTC`, `+02:00`, `-0500`, `AM` or `PM` behind.
    fn parse(text: &str) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(text.len());
        let (clock, behind) = (&text[..end], text[end..].trim().to_ascii_uppercase());
        let mut parts = clock.split(':');
        let mut hour: i8 = two_digits(parts.next()?)?;
        let minute = two_digits(parts.next()?)?;
        let (mut second, mut nanos) = (0, 0);
        if let Some(part) = parts.next() {
            let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
            second = two_digits(whole)?;
            if fraction.len() > 9 {
                return None;
            }
            nanos = format!("{fraction:0<9}").parse().ok()?;
        }
        if parts.next().is_some() {
            return None;
        }
        let mut offset = None;
        match behind.as_str() {
            "" => {}
            "Z" | "UTC" | "GMT" => offset = Some(Offset::UTC),
            "AM" | "PM" if (1..=12).contains(&hour) => {
                hour = hour % 12 + if behind == "PM" { 12 } else { 0 };
            }
            zone => offset = Some(zone_offset(zone)?),
        }
        Some(Self { time: jiff::civil::Time::new(hour, minute, second, nanos).ok()?, offset })
    }

    fn moment(clock: Option<Self>, date: Date) -> Option<Timestamp> {
        let (time, offset) = match clock {
            Some(clock) => (clock.time, clock.offset.unwrap_or(Offset::UTC)),
            None => (jiff::civil::time(23, 59, 59, 0), Offset::UTC),
        };
        offset.to_timestamp(date.to_datetime(time)).ok()
    }
}

fn two_digits(text: &str) -> Option<i8> {
    let sound = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if sound { text.parse().ok() } else { None }
}

fn zone_offset(zone: &str) -> Option<Offset> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = zone[1..].chars().filter(|&c| c != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "00"),
        4 => digits.split_at(2),
        _ => return None,
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let sound = hours <= 14 && minutes < 60;
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60 * sign;
    sound.then(|| Offset::from_seconds(seconds).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[rstest]
    #[case("2027-12-31", "2027-12-31T23:59:59Z", false)]
    #[case("2027/1/2", "2027-01-02T23:59:59Z", false)]
    #[case("20271231", "2027-12-31T23:59:59Z", false)]
    #[case(" 2027-12-31T10:00:00Z ", "2027-12-31T10:00:00Z", false)]
    #[case("2027-12-31 10:00:00.25+02:00", "2027-12-31T08:00:00.25Z", false)]
    #[case("2027-12-31T10:00:00-0530", "2027-12-31T15:30:00Z", false)]
    #[case("2027-12-31 10:00", "2027-12-31T10:00:00Z", true)]
    #[case("12/31/2027 11:59 PM", "2027-12-31T23:59:00Z", true)]
    #[case("31.12.2027", "2027-12-31T23:59:59Z", false)]
    #[case("12/31/2027", "2027-12-31T23:59:59Z", false)]
    #[case("05/05/2027", "2027-05-05T23:59:59Z", false)]
    #[case("31-Dec-2027", "2027-12-31T23:59:59Z", false)]
    #[case("December 31, 2027", "2027-12-31T23:59:59Z", false)]
    fn one_moment(#[case] cell: &str, #[case] expected: &str, #[case] assumed: bool) {
        let Reading::At { at: moment, naive, .. } = read(cell, None) else { panic!("{cell}") };
        assert_eq!((moment, naive), (at(expected), assumed));
    }

    #[rstest]
    #[case("")]
    #[case("Never")]
    #[case(" n/a ")]
    #[case("9999-12-31")]
    #[case("9999-12-30")]
    #[case("9999-01-01 00:00:00")]
    #[case("99991231")]
    #[case("12/31/9999")]
    #[case("31.12.9999")]
    #[case("03/04/9999")]
    #[case("31-Dec-9999")]
    #[case("9999-12-31T23:59:59Z")]
    #[case("9999-12-31T23:59:59.999-12:00")]
    fn for_ever(#[case] cell: &str) {
        assert_eq!(read(cell, None), Reading::ForEver);
    }

    #[rstest]
    #[case("soon")]
    #[case("2027-13-01")]
    #[case("2027-02-30")]
    #[case("31/31/2027")]
    #[case("12/31/27")]
    #[case("9999-13-01")]
    #[case("31/31/9999")]
    #[case("9999-12-31T25:00:00Z")]
    #[case("9999")]
    #[case("46752")]
    #[case("2027-12-31T25:00:00Z")]
    #[case("2027-12-31T10:00:00+99:00")]
    #[case("2027-12-31T10:00:00 Mars")]
    #[case("2027–12–31")]
    #[case("é:1")]
    fn no_date(#[case] cell: &str) {
        assert_eq!(read(cell, None), Reading::Bad);
    }

    #[test]
    fn day_and_month_are_not_guessed_and_the_said_order_holds() {
        let (dmy, mdy) = (at("2027-04-03T23:59:59Z"), at("2027-03-04T23:59:59Z"));
        assert_eq!(read("03/04/2027", None), Reading::Either { dmy, mdy, naive: false });
        let said = |order| read("03/04/2027", Some(order));
        assert_eq!(said(DateOrder::Dmy), Reading::At { at: dmy, naive: false, proves: None });
        assert_eq!(said(DateOrder::Mdy), Reading::At { at: mdy, naive: false, proves: None });
        assert_eq!(read("31/12/2027", Some(DateOrder::Mdy)), Reading::Bad);
        assert_eq!(read("31/12/9999", Some(DateOrder::Mdy)), Reading::Bad);
        assert_eq!(read("31/12/9999", Some(DateOrder::Dmy)), Reading::ForEver);
    }

    proptest::proptest! {
        #[test]
        fn no_cell_makes_it_panic(cell in "\\PC{0,30}|[0-9TZ:/. +-]{0,25}") {
            let _ = read(&cell, None);
        }

        #[test]
        fn a_plain_day_is_what_any_cell_is(
            cell in "(20[0-9]{2}|9999|[0-9]{3,4})[-/.x](0[0-9]|1[0-3])[-/.x](0[0-9]|[12][0-9]|3[0-2x])|[0-9]{4}-[01][0-9]-[0-3][0-9]",
            said in proptest::sample::select(vec![None, Some(DateOrder::Dmy), Some(DateOrder::Mdy), Some(DateOrder::Ymd)]),
        ) {
            proptest::prop_assert_eq!(parse(&cell, said), parse_any(&cell, said));
        }
    }
}
