//! The lines of an answer: headline, place and time, reason, evidence, rules. Every state is a word and a symbol.

use jiff::tz::TimeZone;
use ratatui::text::{Line, Span};

use crate::domain::jurisdiction::place_of;
use crate::domain::phone::E164;
use crate::domain::rule::{Channel, Decision, Outcome, Ruling};
use crate::domain::verdict::{Answer, Asked, ListEvidence, RecordStatus};
use crate::tui::cx::Cx;
use crate::tui::store::Answered;
use crate::tui::theme::{self, Role};
use crate::tui::widgets::{span, state, text};

/// Hours in which federal law lets people be called, local time of the person called.
const OPENS: i8 = 8;
const CLOSES: i8 = 21;

/// Verdict, number, place, time there.
pub fn headline(cx: &Cx, answered: &Answered) -> Line<'static> {
    let answer = &answered.answer;
    let mut spans = vec![
        Span::raw(" "),
        state(cx, theme::verdict(answer.verdict), answer.verdict.headline()),
        span(cx, Role::Title, format!("   {}", super::answer::subject(cx, answer))),
    ];
    if let Some(number) = answer.number {
        spans.extend(place(cx, number, answer));
    }
    Line::from(spans)
}

fn place(cx: &Cx, number: E164, answer: &Answer) -> Vec<Span<'static>> {
    let Some(place) = place_of(number) else {
        let known = answer.jurisdiction.map(|j| format!("   {j} (inferred)")).unwrap_or_default();
        return vec![span(cx, Role::Muted, format!("{known}   local time not known"))];
    };
    let mut spans = vec![span(cx, Role::Text, format!("   {}, {}", place.jurisdiction, place.name))];
    if let Ok(zone) = TimeZone::get(place.time_zone) {
        let there = cx.now.to_zoned(zone);
        let open = (OPENS..CLOSES).contains(&there.hour());
        let (role, word) = if open { (Role::Good, "open") } else { (Role::Warn, "closed") };
        spans.push(span(
            cx,
            Role::Text,
            format!(" · {} there · calling hours 08:00–21:00, ", there.strftime("%H:%M")),
        ));
        spans.push(state(cx, role, word));
    }
    spans
}

/// Why, and how fresh: broken for `width` columns, so that each line begins below the one before.
pub fn because(cx: &Cx, answered: &Answered, width: u16) -> Vec<Line<'static>> {
    let answer = &answered.answer;
    let asked = match &answer.evidence.records {
        Asked::Answered(_) => format!("Asked the tenant {}.", cx.ago(answered.at)),
        Asked::Failed(why) => {
            format!("The tenant could not say: {}.", cx.name(why, 200).trim_end_matches('.'))
        }
        Asked::NotAsked => "The tenant was not asked.".into(),
    };
    let reason = cx.name(&answer.because, 600);
    let reason =
        if reason.starts_with("Because") { reason } else { format!("Because {}", lower_first(&reason)) };
    let said = |role, sentence: &str| {
        let parts = text::wrap(sentence, usize::from(width.saturating_sub(2)));
        parts.into_iter().map(move |part| Line::from(span(cx, role, format!(" {part}")))).collect::<Vec<_>>()
    };
    let mut lines = said(Role::Text, &reason);
    lines.extend(said(Role::Muted, &asked));
    lines
}

/// For the middle of a sentence: `Rule …` → `rule …`; `FTC …` stays.
fn lower_first(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => sentence.to_owned(),
    }
}

/// What the answer is folded from, source by source.
pub fn evidence(cx: &Cx, answer: &Answer) -> Vec<Line<'static>> {
    let evidence = &answer.evidence;
    let mut lines = Vec::new();
    match &evidence.records {
        Asked::Answered(records) if records.is_empty() => {
            lines.push(source(cx, Role::Warn, "tenant", "says nothing about this number".into()));
        }
        Asked::Answered(records) => {
            for record in records {
                let (role, word) = match &record.status {
                    RecordStatus::Suppressed => (Role::Bad, "SUPPRESSED".to_owned()),
                    RecordStatus::NotSuppressed => (Role::Good, "NOT_SUPPRESSED".to_owned()),
                    RecordStatus::Pending => (Role::Warn, "PENDING".to_owned()),
                    RecordStatus::Other(word) => (Role::Warn, cx.name(word, 30)),
                };
                lines.push(source(cx, role, "tenant", format!("{word}  {}", cx.name(&record.kind, 30))));
            }
        }
        Asked::Failed(why) => lines.push(source(cx, Role::Warn, "tenant", cx.name(why, 200))),
        Asked::NotAsked => lines.push(source(cx, Role::Warn, "tenant", "not asked".into())),
    }
    match &evidence.lists {
        Asked::Answered(lists) if lists.is_empty() => {
            lines.push(source(cx, Role::Muted, "lists", "on none".into()));
        }
        Asked::Answered(lists) => lines.extend(lists.iter().map(|list| on_list(cx, list))),
        Asked::Failed(why) => lines.push(source(cx, Role::Warn, "lists", cx.name(why, 200))),
        Asked::NotAsked => lines.push(source(cx, Role::Warn, "lists", "not asked".into())),
    }
    if evidence.ledger.is_empty() {
        lines.push(source(cx, Role::Muted, "ledger", "no run of ours sent it".into()));
    }
    for known in &evidence.ledger {
        let what = format!(
            "{} {} · {} · {} · {} {}",
            if known.taken_off { "TAKEN OFF by run" } else { "run" },
            cx.name(&known.run, 12),
            cx.when(known.at),
            cx.name(&known.by, 20),
            cx.text(&known.file, 40),
            if known.row == 0 { "names it no more".to_owned() } else { format!("row {}", known.row) }
        );
        lines.push(source(cx, Role::Accent, "ledger", what));
    }
    if let Some(why) = &evidence.not_loaded {
        lines.push(source(cx, Role::Warn, "registry", cx.name(why, 200)));
    }
    lines
}

fn on_list(cx: &Cx, list: &ListEvidence) -> Line<'static> {
    let until = list.expires.map_or("for ever".to_owned(), |at| format!("until {}", at.strftime("%Y-%m-%d")));
    let mut what = format!("{} {until}", cx.name(&list.name, 60));
    for (holds, word) in [
        (!list.active, ", list switched off"),
        (!list.live, ", entry expired"),
        (!list.enforced, ", no rule enforces it"),
    ] {
        if holds {
            what.push_str(word);
        }
    }
    let role = if list.active && list.live && list.enforced { Role::Bad } else { Role::Warn };
    source(cx, role, "list", what)
}

fn source(cx: &Cx, role: Role, name: &str, what: String) -> Line<'static> {
    let symbol = match role {
        Role::Accent => "●",
        Role::Muted => "·",
        role => role.symbol(),
    };
    Line::from(vec![
        span(cx, role, format!("{symbol} ")),
        span(cx, Role::Muted, format!("{name:<9}")),
        span(cx, Role::Text, what),
    ])
}

/// The rules in the order they decide, on one channel, and the other channel in a line.
pub fn rules(cx: &Cx, answer: &Answer, channel: Channel) -> Vec<Line<'static>> {
    let decisions = match &answer.evidence.decisions {
        Asked::Answered(decisions) => decisions,
        Asked::Failed(why) => return vec![source(cx, Role::Warn, "rules", cx.name(why, 200))],
        Asked::NotAsked => return vec![source(cx, Role::Warn, "rules", "not asked".into())],
    };
    let Some(decision) = decisions.iter().find(|decision| decision.channel == channel) else {
        return vec![source(cx, Role::Warn, "rules", format!("no decision for {channel}"))];
    };
    let mut lines: Vec<Line<'static>> = decision
        .trace
        .iter()
        .map(|step| {
            let rule = answer.rules.get(step.rule);
            let name = rule.map_or_else(|| "?".to_owned(), |rule| cx.name(&rule.name, 40));
            let priority = rule.map_or_else(String::new, |rule| rule.priority.to_string());
            let scope = rule.map_or("", |rule| rule.scope);
            let action = rule.map_or("", |rule| rule.action);
            let (role, mark, word) = outcome(step.outcome, action);
            Line::from(vec![
                span(cx, role, format!("{mark}{priority:>4}  {name:<30} {scope:<9} ")),
                span(cx, role, word),
            ])
        })
        .collect();
    if lines.is_empty() {
        lines.push(source(cx, Role::Muted, "rules", "there are none".into()));
    }
    lines.push(Line::default());
    for other in decisions.iter().filter(|other| other.channel != channel) {
        lines.push(Line::from(span(
            cx,
            Role::Muted,
            format!("{}: {}", other.channel, compared(decision, other)),
        )));
    }
    lines
}

fn outcome(outcome: Outcome, action: &str) -> (Role, &'static str, String) {
    match outcome {
        Outcome::Decides if action == "ALLOW" => (Role::Good, "▶", format!("{action} ← decides")),
        Outcome::Decides => (Role::Bad, "▶", format!("{action} ← decides")),
        Outcome::NoMatch => (Role::Text, " ", "no match".into()),
        Outcome::Unknown => (Role::Warn, "▲", "not known: a list could not be read".into()),
        Outcome::OtherChannel => (Role::Muted, " ", "other channel only".into()),
        Outcome::Inactive => (Role::Muted, " ", "switched off".into()),
        Outcome::NotReached => (Role::Muted, " ", "not reached".into()),
    }
}

fn compared(one: &Decision, other: &Decision) -> &'static str {
    if one.ruling == other.ruling && one.decided_by == other.decided_by {
        return "same decision";
    }
    match other.ruling {
        Ruling::Suppressed => "suppressed by another rule (o shows it)",
        Ruling::Allowed => "no rule blocks it (o shows the trace)",
        Ruling::Unknown => "not known (o shows the trace)",
    }
}
