//! One list in words: identity, rules that use it, what keeps it from READY, what was done to it.

use ratatui::text::Line;

use crate::domain::readiness::ListState;
use crate::domain::text::thousands;
use crate::ops::ListOverview;
use crate::tui::cx::Cx;
use crate::tui::theme::{self, Role};
use crate::tui::widgets::{span, state};

/// Runs shown of a list.
const RUNS: usize = 5;

fn row(cx: &Cx, label: &str, role: Role, value: String) -> Line<'static> {
    Line::from(vec![span(cx, Role::Muted, format!("{label:<12} ")), span(cx, role, value)])
}

/// The lines of the detail.
pub(super) fn lines(cx: &Cx, overview: &ListOverview) -> Vec<Line<'static>> {
    let (list, facts) = (&overview.list, &overview.facts);
    let role = theme::list_state(overview.readiness.state);
    let mut lines = vec![
        Line::from(state(cx, role, &super::state_word(cx, overview))),
        Line::from(span(cx, Role::Text, cx.name(&overview.readiness.because, 300))),
    ];
    if overview.readiness.state != ListState::Ready {
        lines.push(row(cx, "next", Role::Title, next_step(overview).into()));
    }
    if let Some((at, _, readiness)) = cx.store.gates.get(&list.id) {
        let said =
            format!("{} {} · {}", cx.when(*at), readiness.state.as_str(), cx.name(&readiness.because, 200));
        lines.push(row(cx, "gate said", Role::Text, said));
    }
    lines.push(Line::default());
    lines.push(row(cx, "id", Role::Text, cx.name(&list.id.0, 60)));
    let kind =
        format!("{}, {}", cx.name(&list.kind, 20), if list.active { "active" } else { "▲ switched off" });
    lines.push(row(cx, "type", if list.active { Role::Text } else { Role::Warn }, kind));
    let entries = list.entry_count.map_or("the tenant does not say".into(), thousands);
    lines.push(row(cx, "entries", Role::Text, entries));
    if let Some(expires) = list.default_expires {
        lines.push(row(
            cx,
            "expires",
            Role::Text,
            format!("{} unless an entry says", expires.strftime("%Y-%m-%d")),
        ));
    }
    if !list.description.is_empty() {
        lines.push(row(cx, "about", Role::Muted, cx.name(&list.description, 300)));
    }
    lines.push(Line::default());
    lines.extend(rules(cx, overview));
    lines.push(Line::default());
    let upload = facts
        .last_upload
        .as_ref()
        .map_or("never".into(), |(at, by)| format!("{} by {}", cx.when(*at), cx.name(by, 30)));
    lines.push(row(cx, "last upload", Role::Text, upload));
    lines.push(match facts.reconciled {
        None => row(cx, "reconciled", Role::Warn, "never (c reads the list back)".into()),
        Some((at, 0)) => row(cx, "reconciled", Role::Text, format!("{}, no differences", cx.when(at))),
        Some((at, left)) => {
            row(cx, "reconciled", Role::Bad, format!("{}, ✗ {} differences", cx.when(at), thousands(left)))
        }
    });
    let runs = cx.store.runs.value().into_iter().flatten().filter(|run| run.list == list.id);
    for (at, run) in runs.take(RUNS).enumerate() {
        let label = if at == 0 { "runs" } else { "" };
        let what = format!("{} {} · {} rows", cx.name(&run.id, 12), run.state, thousands(run.buckets.rows));
        lines.push(row(cx, label, Role::Text, what));
    }
    lines
}

fn rules(cx: &Cx, overview: &ListOverview) -> Vec<Line<'static>> {
    let all = cx.store.catalog.value().map_or(&[][..], |catalog| &catalog.rules);
    let mut lines: Vec<Line<'static>> = all
        .iter()
        .filter(|rule| rule.lists.contains(&overview.list.id))
        .enumerate()
        .map(|(at, rule)| {
            let label = if at == 0 { "rules" } else { "" };
            let off = if rule.active { "" } else { " · switched off" };
            let what = format!(
                "{} {} · priority {} · {}{off}",
                rule.action.as_str(),
                cx.name(&rule.name, 50),
                rule.priority,
                rule.scope.as_str()
            );
            row(cx, label, if rule.active { Role::Text } else { Role::Muted }, what)
        })
        .collect();
    if overview.enforced_by.is_empty() {
        lines.push(row(
            cx,
            "enforced by",
            Role::Warn,
            "▲ no active blocking rule: uploading here blocks nobody".into(),
        ));
    }
    lines
}

fn next_step(overview: &ListOverview) -> &'static str {
    match overview.readiness.state {
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
