//! What every pane and overlay may read: facts, theme, what was drawn, the time. Nobody but `App` writes it.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::hits::HitMap;
use super::store::Store;
use super::theme::Theme;
use crate::config::{Environment, FourEyes, Profile};
use crate::domain::identifier::{Identifier, masked_addresses};
use crate::domain::list::ListId;
use crate::domain::phone::{E164, Normaliser};
use crate::domain::plan::{Destination, Operation};
use crate::domain::text::visible;

/// What does not change while the console is open.
#[derive(Clone, Debug)]
pub struct Env {
    /// The tenant, where there is one.
    pub tenant: Option<Tenant>,
    /// The user of this machine: who approves here.
    pub user: String,
    /// Commands that change anything are off.
    pub read_only: bool,
    /// The tenant is embedded in this process.
    pub embedded: bool,
    /// Where the file picker begins.
    pub folder: PathBuf,
    /// Where exports go unless a person says otherwise.
    pub exports: PathBuf,
    /// The person's time zone.
    pub zone: TimeZone,
}

/// What the console shows of a profile.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Name of the profile.
    pub profile: String,
    /// What kind of tenant.
    pub environment: Environment,
    /// A URL is plain http.
    pub plain_http: bool,
    /// Seconds of the cool-down.
    pub cool_down_seconds: u64,
    /// The cool-down is shorter than the platform needs.
    pub cool_down_is_shortened: bool,
    /// How numbers are read for this tenant: for counts that follow a choice at once.
    pub normaliser: Normaliser,
    /// Whether a second person has to approve plans.
    pub four_eyes: FourEyes,
}

impl From<&Profile> for Tenant {
    fn from(profile: &Profile) -> Self {
        Self {
            profile: profile.name.clone(),
            environment: profile.environment,
            plain_http: profile.is_plain_http(),
            cool_down_seconds: profile.cool_down_seconds,
            cool_down_is_shortened: profile.cool_down_is_shortened(),
            normaliser: crate::ops::normaliser(profile),
            four_eyes: profile.four_eyes,
        }
    }
}

/// A destination that was chosen for the open file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadAim {
    /// What kind of list.
    pub to: Destination,
    /// What is done with its numbers.
    pub operation: Operation,
    /// Its id or name, as typed.
    pub list: String,
    /// Lists that it is held against first.
    pub scrub: Vec<String>,
}

/// What panes aim at together: choosing a list in one shows in the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aim {
    /// The list that uploads go to and that Lists and Reconcile show.
    pub list: Option<ListId>,
    /// Where the open file goes, where it is not to entries of `list`.
    pub upload: Option<UploadAim>,
    /// The list that Reconcile shows where it is no DNC list, as the ledger names it.
    pub compare: Option<ListId>,
    /// The run that Uploads shows.
    pub run: Option<String>,
}

impl Aim {
    /// The list that Reconcile shows.
    pub fn compared(&self) -> Option<&ListId> {
        self.compare.as_ref().or(self.list.as_ref())
    }
}

/// See the module.
#[derive(Debug)]
pub struct Cx {
    /// What does not change.
    pub env: Env,
    /// Facts.
    pub store: Store,
    /// Colours and symbols.
    pub theme: Theme,
    /// What was drawn last.
    pub hits: HitMap,
    /// What panes aim at together.
    pub aim: Aim,
    /// Privacy mode: telephone numbers are masked.
    pub masked: bool,
    /// The time of the event being handled.
    pub now: Timestamp,
}

impl Cx {
    /// A number, whole or masked.
    pub fn number(&self, number: E164) -> String {
        super::event::shown(number, self.masked)
    }

    /// Whom a row means, whole or masked.
    pub fn identifier(&self, identifier: &Identifier) -> String {
        if self.masked { identifier.masked() } else { identifier.pretty() }
    }

    /// A string from a file or the tenant, safe to show. In privacy mode its addresses are masked, and its digits
    /// where they are many enough to be a telephone number.
    pub fn text(&self, text: &str, max: usize) -> String {
        let mut safe = visible(text, max);
        if self.masked {
            safe = masked_addresses(&safe);
        }
        if self.masked && safe.chars().filter(char::is_ascii_digit).count() >= 7 {
            return safe.chars().map(|c| if c.is_ascii_digit() { '•' } else { c }).collect();
        }
        safe
    }

    /// A name from the tenant (list, rule), safe to show.
    pub fn name(&self, text: &str, max: usize) -> String {
        visible(text, max)
    }

    /// `14:02` today, `2026-11-19 14:02` otherwise, in the person's zone.
    pub fn when(&self, at: Timestamp) -> String {
        let at = at.to_zoned(self.env.zone.clone());
        let now = self.now.to_zoned(self.env.zone.clone());
        let format = if at.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        at.strftime(format).to_string()
    }

    /// `14:02` today, `2026-11-19` otherwise, in the person's zone.
    pub fn day(&self, at: Timestamp) -> String {
        let mut when = self.when(at);
        when.truncate(10);
        when
    }

    /// `2026-11-19 14:02:07`, in the person's zone.
    pub fn when_exactly(&self, at: Timestamp) -> String {
        at.to_zoned(self.env.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `3 s ago`, `12 min ago`, else the time.
    pub fn ago(&self, at: Timestamp) -> String {
        match self.now.as_second() - at.as_second() {
            seconds @ ..=59 => format!("{} s ago", seconds.max(0)),
            seconds @ 60..=3_599 => format!("{} min ago", seconds / 60),
            _ => self.when(at),
        }
    }
}

/// `2:41`.
pub fn minutes(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
