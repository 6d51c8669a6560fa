//! One list in words: identity, rules that use it, what keeps it from READY, what was done to it.

use crate::domain::readiness::ListState;
use crate::domain::rule::Action;
use crate::domain::text::thousands;
use crate::ops::ListOverview;
use crate::tui::cx::Cx;
use crate::tui::theme::{self, Role};
use crate::tui::widgets::list::ends;
use crate::tui::widgets::text::{self, Said};

/// Runs shown of a list.
const RUNS: usize = 5;

/// Cells that the labels take beside their values.
const LABELS: u16 = 13;

/// The lines of the detail. At rest a long id is shortened to its line; with the focus it is whole.
pub(super) fn lines(cx: &Cx, overview: &ListOverview, width: u16, focused: bool) -> Vec<Said> {
    let (list, facts) = (&overview.list, &overview.facts);
    let role = theme::list_state(overview.readiness.state);
    let mut lines = vec![
        Said::line(role, format!("{} {}", role.symbol(), super::state_word(cx, overview))),
        Said::line(Role::Text, cx.name(&overview.readiness.because, 300)),
    ];
    if overview.readiness.state != ListState::Ready {
        let next = match exception_rules(cx, overview).first() {
            Some(_) if overview.readiness.state == ListState::Unbound && list.active => {
                "nothing, if its numbers are to be let through"
            }
            _ => next_step(cx, overview),
        };
        lines.push(Said::new("next", Role::Title, next));
    }
    if let Some((at, _, readiness)) = cx.store.gates.get(&list.id) {
        let said =
            format!("{} {} · {}", cx.when(*at), readiness.state.as_str(), cx.name(&readiness.because, 200));
        lines.push(Said::new("gate said", Role::Text, said));
    }
    lines.push(Said::gap());
    let id = cx.name(&list.id.0, 120);
    let id = if focused { id } else { ends(&id, usize::from(width.saturating_sub(LABELS))) };
    lines.push(Said::new("id", Role::Text, id));
    let kind =
        format!("{}, {}", cx.name(&list.kind, 20), if list.active { "active" } else { "▲ switched off" });
    lines.push(Said::new("type", if list.active { Role::Text } else { Role::Warn }, kind));
    let entries = list.entry_count.map_or("the tenant does not say".into(), thousands);
    lines.push(Said::new("entries", Role::Text, entries));
    if let Some(expires) = list.default_expires {
        lines.push(Said::new(
            "expires",
            Role::Text,
            format!("{} unless an entry says", expires.strftime("%Y-%m-%d")),
        ));
    }
    if !list.description.is_empty() {
        lines.push(Said::new("about", Role::Muted, cx.name(&list.description, 300)));
    }
    lines.push(Said::gap());
    lines.extend(rules(cx, overview));
    lines.push(Said::gap());
    let upload = facts
        .last_upload
        .as_ref()
        .map_or("never".into(), |(at, by)| format!("{} by {}", cx.when(*at), cx.name(by, 30)));
    lines.push(Said::new("last upload", Role::Text, upload));
    lines.push(match facts.reconciled {
        None => Said::new("reconciled", Role::Warn, "never (c reads the list back)"),
        Some((at, 0)) => Said::new("reconciled", Role::Text, format!("{}, no differences", cx.when(at))),
        Some((at, left)) => {
            Said::new("reconciled", Role::Bad, format!("{}, ✗ {} differences", cx.when(at), thousands(left)))
        }
    });
    let runs = cx.store.runs.value().into_iter().flatten().filter(|run| run.list == list.id);
    for (at, run) in runs.take(RUNS).enumerate() {
        let label = if at == 0 { "runs" } else { text::CONTINUED };
        let what = format!("{} {} · {} rows", cx.name(&run.id, 12), run.state, thousands(run.buckets.rows));
        lines.push(Said::new(label, Role::Text, what));
    }
    lines
}

fn rules(cx: &Cx, overview: &ListOverview) -> Vec<Said> {
    let all = cx.store.catalog.value().map_or(&[][..], |catalog| &catalog.rules);
    let mut lines: Vec<Said> = all
        .iter()
        .filter(|rule| rule.lists.contains(&overview.list.id))
        .enumerate()
        .map(|(at, rule)| {
            let label = if at == 0 { "rules" } else { text::CONTINUED };
            let off = if rule.active { "" } else { " · switched off" };
            let what = format!(
                "{} {} · priority {} · {}{off}",
                rule.action.as_str(),
                cx.name(&rule.name, 50),
                rule.priority,
                rule.scope.as_str()
            );
            Said::new(label, if rule.active { Role::Text } else { Role::Muted }, what)
        })
        .collect();
    let exceptions = exception_rules(cx, overview);
    if overview.enforced_by.is_empty() && !exceptions.is_empty() {
        let what = format!(
            "▲ exception list (ALLOW rule {}): its numbers are let through, uploading here blocks nobody",
            exceptions.join(", ")
        );
        lines.push(Said::new("exception", Role::Warn, what));
    } else if overview.enforced_by.is_empty() && !overview.list.active {
        let what = "▲ the list is switched off: uploading here blocks nobody";
        lines.push(Said::new("enforced by", Role::Warn, what));
    } else if overview.enforced_by.is_empty() {
        lines.push(Said::new(
            "enforced by",
            Role::Warn,
            "▲ no active blocking rule: uploading here blocks nobody",
        ));
    }
    lines
}

/// Active ALLOW rules that use a list which no active rule blocks: an exception list, meant to be as it is.
fn exception_rules(cx: &Cx, overview: &ListOverview) -> Vec<String> {
    let all = cx.store.catalog.value().map_or(&[][..], |catalog| &catalog.rules);
    all.iter()
        .filter(|rule| overview.enforced_by.is_empty() && rule.active && rule.action == Action::Allow)
        .filter(|rule| rule.lists.contains(&overview.list.id))
        .map(|rule| cx.name(&rule.name, 50))
        .collect()
}

/// Whether an active BLOCK rule names the list, whether or not the list itself is switched on.
fn is_named_by_a_block(cx: &Cx, overview: &ListOverview) -> bool {
    let all = cx.store.catalog.value().map_or(&[][..], |catalog| &catalog.rules);
    all.iter()
        .any(|rule| rule.active && rule.action == Action::Block && rule.lists.contains(&overview.list.id))
}

fn next_step(cx: &Cx, overview: &ListOverview) -> &'static str {
    match overview.readiness.state {
        ListState::Unbound if !overview.list.active && is_named_by_a_block(cx, overview) => {
            "activate the list on the tenant"
        }
        ListState::Unbound if !overview.list.active => {
            "activate the list on the tenant; no active BLOCK rule uses it either"
        }
        ListState::Ready => "",
        ListState::Settling => "wait: the platform is not through yet",
        ListState::Unbound => "bind the list to an active BLOCK rule on the tenant",
        ListState::Discrepant => "6 shows the differences; c reads the list back again",
        ListState::Unverified => "c reads the list back and compares it",
    }
}

/// For the clipboard.
pub(super) fn plain(cx: &Cx, overview: &ListOverview) -> String {
    format!(
        "{} ({}): {} · {}\n",
        cx.name(&overview.list.name, 100),
        cx.name(&overview.list.id.0, 60),
        super::state_word(cx, overview),
        cx.name(&overview.readiness.because, 300)
    )
}
