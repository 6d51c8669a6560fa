//! Whom a row means: a telephone number, or on suppression lists an e-mail address.

use std::fmt;
use std::sync::Arc;

use super::phone::E164;

/// An e-mail address that can be written to, in small letters.
///
/// Nearly no mail server tells capital letters apart, and where one does, suppressing both mailboxes is the safe error.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Arc<str>);

impl Email {
    /// Reads an address: one `@`, a local part of at most 64 characters, a domain with a dot, 254 characters in all, and
    /// nothing in it that would need quoting (RFC 5321 §4.5.3). `None` = it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let email = text.trim().to_ascii_lowercase();
        let (local, domain) = email.rsplit_once('@')?;
        let is_local = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
        let sound_local = (1..=64).contains(&local.len())
            && local.chars().all(is_local)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let labels = domain.split('.').count();
        let top = domain.rsplit('.').next().unwrap_or_default();
        let sound_domain = labels >= 2
            && domain.split('.').all(is_label)
            && top.len() >= 2
            && top.chars().any(|c| c.is_ascii_alphabetic());
        (sound_local && sound_domain && email.len() <= 254).then(|| Self(email.into()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The masked address: `a•••@example.com`. For logs, errors, the audit trail and privacy mode.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        format!("{}•••@{domain}", local.get(..1).unwrap_or_default())
    }
}

impl fmt::Debug for Email {
    /// An address is a person: nothing of it reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// A text of any kind in which what stands in front of an `@` is masked but for its first letter.
pub fn masked_addresses(text: &str) -> String {
    let is_local = |c: char| !c.is_whitespace() && !"\"'<>()[],;:|@".contains(c);
    let mut out = String::new();
    for (nth, part) in text.split('@').enumerate() {
        if nth > 0 {
            let local = out.trim_end_matches(is_local).len();
            let mut letters: Vec<char> = out.split_off(local).chars().collect();
            letters.iter_mut().skip(1).for_each(|letter| *letter = '•');
            out.extend(letters);
            out.push('@');
        }
        out.push_str(part);
    }
    out
}

/// Whom a row means. Numbers come before addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier {
    /// A telephone number.
    Phone(E164),
    /// An e-mail address.
    Email(Email),
}

impl Identifier {
    /// The number, where it is one.
    pub fn phone(&self) -> Option<E164> {
        match self {
            Self::Phone(number) => Some(*number),
            Self::Email(_) => None,
        }
    }

    /// Whole: `+12025550101`, `someone@example.com`. For the screen, the wire, the ledger and exports that a person asked for.
    pub fn whole(&self) -> String {
        match self {
            Self::Phone(number) => number.to_e164(),
            Self::Email(email) => email.as_str().to_owned(),
        }
    }

    /// The inverse of [`Identifier::whole`], for what this program wrote itself.
    pub fn from_whole(text: &str) -> Option<Self> {
        E164::from_canonical(text).map(Self::Phone).or_else(|| Email::parse(text).map(Self::Email))
    }

    /// As a person reads it: `+1 202 555 0101`.
    pub fn pretty(&self) -> String {
        match self {
            Self::Phone(number) => number.pretty(),
            Self::Email(email) => email.as_str().to_owned(),
        }
    }

    /// Masked: for logs, errors, the audit trail and privacy mode.
    pub fn masked(&self) -> String {
        match self {
            Self::Phone(number) => number.masked(),
            Self::Email(email) => email.masked(),
        }
    }

    /// Whether the tenant's spelling is the one that we would write. Capital letters of an address do not matter.
    pub fn is_spelled(&self, raw: &str) -> bool {
        match self {
            Self::Phone(number) => number.to_e164() == raw,
            Self::Email(email) => email.as_str().eq_ignore_ascii_case(raw),
        }
    }
}

impl From<E164> for Identifier {
    fn from(number: E164) -> Self {
        Self::Phone(number)
    }
}

impl From<Email> for Identifier {
    fn from(email: Email) -> Self {
        Self::Email(email)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for (text, read) in [
            ("a.person@example.com", "a.person@example.com"),
            (" Some.One+tag@Mail.EXAMPLE.org ", "some.one+tag@mail.example.org"),
            ("o'neil@sub.example.co.uk", "o'neil@sub.example.co.uk"),
        ] {
            assert_eq!(Email::parse(text).as_ref().map(Email::as_str), Some(read));
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "@example.com",
            "a@",
            "a@b",
            "a b@example.com",
            "a@example..com",
            ".a@example.com",
            "a..b@example.com",
            "a@-example.com",
            "a@example.1",
            "a@exam ple.com",
            "a@b@example.com\n",
            "\u{1b}[31m@example.com",
            "a@example.com;b@example.com",
            "<a@example.com>",
            "12025550101",
            &long,
        ] {
            assert_eq!(Email::parse(text), None, "{text:?}");
        }
        let (one, other) = (Email::parse("A@example.com").unwrap(), Email::parse("a@EXAMPLE.com").unwrap());
        assert_eq!(one, other);
    }

    #[test]
    fn an_address_is_not_in_its_debug_form() {
        let email = Email::parse("canary@example.com").unwrap();
        assert!(!format!("{:?}", Identifier::Email(email)).contains("canary"));
    }

    #[test]
    fn numbers_come_before_addresses_and_take_two_words() {
        let number = Identifier::from(E164::from_canonical("+999999999999999").unwrap());
        let email = Identifier::from(Email::parse("a@example.com").unwrap());
        assert!(number < email);
        // Ten million of them stand in a plan.
        assert_eq!(size_of::<Identifier>(), 16);
    }

    #[test]
    fn addresses_are_masked_wherever_they_stand() {
        for (text, masked) in [
            ("ann.lee@example.com", "a••••••@example.com"),
            ("to ann@b.example, <ben@c.example>", "to a••@b.example, <b••@c.example>"),
            ("a@b@c", "a@b@c"),
            ("ann@ben@c", "a••@b••@c"),
            ("@", "@"),
            ("no address", "no address"),
        ] {
            assert_eq!(masked_addresses(text), masked);
        }
    }

    #[test]
    fn a_masked_address_does_not_say_whose_it_is() {
        let email = Email::parse("canary@example.com").unwrap();
        assert_eq!(email.masked(), "c•••@example.com");
        assert!(Identifier::from(email).is_spelled("Canary@EXAMPLE.com"));
    }
}
