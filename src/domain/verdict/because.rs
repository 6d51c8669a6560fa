//! The verdict and its sentence. Each step asks one question, the strongest first; the first that has an answer wins.
//!
//! ```text
//! suppressed? ─▶ pending? ─▶ unknown? ─▶ not loaded? ─▶ allowed
//! ```
//!
//! `allowed` is what is left when nothing else holds, so whatever is missing must be caught by a step before it.

use super::{Asked, DncRecord, Evidence, ListEvidence, RecordStatus, RuleName, Verdict};
use crate::domain::list::ListId;
use crate::domain::phone::E164;
use crate::domain::rule::{Channel, Decision, Outcome, Ruling};
use crate::domain::text::{thousands, visible};

/// Characters of one name in a sentence, and of one reason.
const NAME: usize = 60;
const REASON: usize = 200;

pub(super) fn of(number: E164, evidence: &Evidence, rules: &[RuleName]) -> (Verdict, String) {
    let facts = Facts { number, evidence, rules };
    if let Some(because) = facts.suppressed() {
        return (Verdict::Suppressed, because);
    }
    if let Some(because) = facts.pending() {
        return (Verdict::Pending, because);
    }
    if let Some(because) = facts.unknown() {
        return (Verdict::Unknown, because);
    }
    if let Some(reason) = &evidence.not_loaded {
        return (
            Verdict::NotLoaded,
            format!("A registry that is required is not loaded: {}.", clause(reason)),
        );
    }
    (Verdict::Allowed, facts.allowed())
}

/// A reason as part of a sentence: safe to show, without its own full stop.
pub(super) fn clause(reason: &str) -> String {
    let shown = visible(reason.trim(), REASON);
    shown.trim_end_matches('.').to_owned()
}

struct Facts<'a> {
    number: E164,
    evidence: &'a Evidence,
    rules: &'a [RuleName],
}

impl Facts<'_> {
    fn suppressed(&self) -> Option<String> {
        self.blocked_by_rule().or_else(|| self.suppressed_by_record()).or_else(|| self.blocked_by_list())
    }

    fn blocked_by_rule(&self) -> Option<String> {
        let blocking = |decision: &&Decision| decision.ruling == Ruling::Suppressed;
        let decisions = self.decisions();
        let decision = decisions.iter().find(blocking)?;
        let only = match decisions.iter().filter(blocking).any(|other| other.channel != decision.channel) {
            true => String::new(),
            false => format!(" This is about {} only.", decision.channel),
        };
        let Some(rule) = decision.decided_by.and_then(|index| self.rules.get(index)) else {
            return Some(format!("The rules of the tenant block this number.{only}"));
        };
        let list = match &decision.by_list {
            Some(list) => self.list_holds(list),
            None => "a list that holds this number".to_owned(),
        };
        Some(format!("{} blocks {list}.{only}", self.rule(rule)))
    }

    fn suppressed_by_record(&self) -> Option<String> {
        let record = self.records().find(|record| record.status == RecordStatus::Suppressed)?;
        let said = format!("The tenant reports this number as SUPPRESSED ({} record)", name(&record.kind));
        Some(match self.exception() {
            Some((rule, _)) => {
                format!("{said}, which the exception of {} does not lift.", lower(&self.rule(rule)))
            }
            None if self.channels_without_answer().is_empty() => {
                format!("{said}, though no rule that can be read here blocks it.")
            }
            None => format!("{said}."),
        })
    }

    /// A list that a rule enforces holds the number, and no exception is known: the rules were not read, or they do not
    /// fit the list.
    fn blocked_by_list(&self) -> Option<String> {
        if self.exception().is_some() || self.decisions().iter().any(|d| d.ruling == Ruling::Unknown) {
            return None;
        }
        let held = self.lists().iter().find(|list| list.active && list.live && list.enforced)?;
        Some(format!("An active rule blocks {}.", self.list_holds(&held.list)))
    }

    fn pending(&self) -> Option<String> {
        let record = self.records().find(|record| record.status == RecordStatus::Pending)?;
        Some(format!(
            "The tenant reports this number as PENDING ({} record): it is on its way to suppression.",
            name(&record.kind)
        ))
    }

    fn unknown(&self) -> Option<String> {
        match &self.evidence.records {
            Asked::NotAsked => return Some(self.offline()),
            Asked::Failed(reason) => {
                return Some(format!("The tenant could not be asked about this number: {}.", clause(reason)));
            }
            Asked::Answered(_) => {}
        }
        let mut any = false;
        for record in self.records() {
            any = true;
            if let RecordStatus::Other(status) = &record.status {
                return Some(format!(
                    "The tenant reports a status that is not known here, “{}” ({} record).",
                    name(status),
                    name(&record.kind)
                ));
            }
        }
        if !any {
            return Some(
                "The tenant has no record of this number, which does not mean that it may be called."
                    .to_owned(),
            );
        }
        match &self.evidence.lists {
            Asked::NotAsked => return Some("The DNC lists were not asked about this number.".to_owned()),
            Asked::Failed(reason) => {
                return Some(format!("The DNC lists could not be read: {}.", clause(reason)));
            }
            Asked::Answered(_) => {}
        }
        if let Asked::Failed(reason) = &self.evidence.decisions {
            return Some(format!("The DNC rules could not be read: {}.", clause(reason)));
        }
        if let Some(decision) = self.decisions().iter().find(|decision| decision.ruling == Ruling::Unknown) {
            return Some(self.undecided(decision));
        }
        let missing = self.channels_without_answer();
        let channel = missing.first()?;
        Some(format!("The DNC rules were not asked about {channel}."))
    }

    fn offline(&self) -> String {
        match self.evidence.ledger.first() {
            Some(off) if off.taken_off => format!(
                "Run {} took this number off list “{}”, and the tenant was not asked what else holds it.",
                name(&off.run),
                name(&off.list_name),
            ),
            Some(sent) => format!(
                "Run {} sent this number to list “{}” (row {}), but the tenant was not asked.",
                name(&sent.run),
                name(&sent.list_name),
                thousands(sent.row)
            ),
            None => "The tenant was not asked, so nothing says that this number may be called.".to_owned(),
        }
    }

    fn undecided(&self, decision: &Decision) -> String {
        let step = decision.trace.iter().find(|step| step.outcome == Outcome::Unknown);
        let rule = step.and_then(|step| self.rules.get(step.rule));
        let list = step.and_then(|step| step.lists.iter().find(|list| list.member.is_none()));
        match (rule, list) {
            (Some(rule), Some(list)) => format!(
                "List “{}” of {} could not be read, so {} is not decided.",
                self.list_name(&list.list),
                lower(&self.rule(rule)),
                decision.channel
            ),
            _ => format!("A list of the rules could not be read, so {} is not decided.", decision.channel),
        }
    }

    fn allowed(&self) -> String {
        let sure = "The tenant reports this number as NOT_SUPPRESSED";
        match self.exception() {
            Some((rule, channel)) => {
                format!(
                    "{sure}, {} lets it through on {channel}, and no rule blocks it.",
                    lower(&self.rule(rule))
                )
            }
            None => format!("{sure}, and no rule blocks it on OUTBOUND or INBOUND."),
        }
    }

    /// The ALLOW rule that decides, and on which channel.
    fn exception(&self) -> Option<(&RuleName, Channel)> {
        self.decisions().iter().filter(|decision| decision.ruling == Ruling::Allowed).find_map(|decision| {
            let rule = self.rules.get(decision.decided_by?)?;
            Some((rule, decision.channel))
        })
    }

    fn records(&self) -> impl Iterator<Item = &DncRecord> {
        let records = self.evidence.records.answer().map(Vec::as_slice).unwrap_or_default();
        records.iter().filter(|record| record.number == self.number)
    }

    fn lists(&self) -> &[ListEvidence] {
        self.evidence.lists.answer().map(Vec::as_slice).unwrap_or_default()
    }

    fn decisions(&self) -> &[Decision] {
        self.evidence.decisions.answer().map(Vec::as_slice).unwrap_or_default()
    }

    fn channels_without_answer(&self) -> Vec<Channel> {
        let asked = |channel| self.decisions().iter().any(|decision| decision.channel == channel);
        Channel::ALL.into_iter().filter(|channel| !asked(*channel)).collect()
    }

    /// `Rule “National” (priority 10, BOTH)`.
    fn rule(&self, rule: &RuleName) -> String {
        format!("Rule “{}” (priority {}, {})", name(&rule.name), rule.priority, rule.scope)
    }

    /// `list “TCPA”, which holds this number until 2099-12-31`.
    fn list_holds(&self, list: &ListId) -> String {
        let until = match self.lists().iter().find(|held| held.list == *list) {
            Some(ListEvidence { expires: Some(at), .. }) => format!(" until {}", at.strftime("%Y-%m-%d")),
            Some(_) => " for ever".to_owned(),
            None => String::new(),
        };
        format!("list “{}”, which holds this number{until}", self.list_name(list))
    }

    fn list_name(&self, list: &ListId) -> String {
        let held = self.lists().iter().find(|held| held.list == *list);
        name(held.map_or(&list.0, |held| &held.name))
    }
}

fn name(text: &str) -> String {
    visible(text, NAME)
}

fn lower(sentence: &str) -> String {
    sentence.replacen("Rule ", "rule ", 1)
}
