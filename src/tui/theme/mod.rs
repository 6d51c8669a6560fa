//! Roles, not colours. Each role that says something has a symbol too, so that nothing is said by colour alone.

use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::BorderType;

use crate::config::Environment;
use crate::domain::readiness::ListState;
use crate::domain::run::RunState;
use crate::domain::verdict::Verdict;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Plain text.
    Text,
    /// Less important.
    Muted,
    /// Headings.
    Title,
    /// A key.
    Key,
    /// A border at rest.
    Border,
    /// The border of the focused region.
    Focus,
    /// The selected row of the focused region.
    Selected,
    /// The selected row of another region.
    Marked,
    /// What matched, or is marked as changed.
    Accent,
    /// As it should be.
    Good,
    /// In progress.
    Busy,
    /// Look at it.
    Warn,
    /// Wrong.
    Bad,
    /// A filled part of a bar.
    Bar,
    /// SANDBOX.
    Sandbox,
    /// STAGING.
    Staging,
    /// PRODUCTION.
    Production,
}

impl Role {
    /// Every role.
    #[cfg(test)]
    pub const ALL: [Self; 17] = [
        Self::Text,
        Self::Muted,
        Self::Title,
        Self::Key,
        Self::Border,
        Self::Focus,
        Self::Selected,
        Self::Marked,
        Self::Accent,
        Self::Good,
        Self::Busy,
        Self::Warn,
        Self::Bad,
        Self::Bar,
        Self::Sandbox,
        Self::Staging,
        Self::Production,
    ];

    /// The symbol that says the same as the colour.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Good => "●",
            Self::Busy => "◌",
            Self::Warn => "▲",
            Self::Bad => "✗",
            Self::Selected => "▌",
            Self::Marked => "▏",
            _ => " ",
        }
    }
}

/// Which set of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// For dark terminals.
    #[default]
    Dark,
    /// For light terminals.
    Light,
    /// No colour at all: modifiers only.
    Mono,
}

impl Theme {
    /// The next one, for the palette's command.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Dark => Self::Light,
            Self::Light => Self::Mono,
            Self::Mono => Self::Dark,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
        }
    }

    /// How a role looks.
    pub fn style(self, role: Role) -> Style {
        let style = Style::new();
        let weight = match role {
            Role::Title | Role::Key | Role::Focus | Role::Good | Role::Warn | Role::Bad => Modifier::BOLD,
            Role::Staging | Role::Sandbox => Modifier::BOLD,
            Role::Production => Modifier::BOLD | Modifier::REVERSED,
            Role::Selected => Modifier::REVERSED,
            Role::Marked | Role::Accent => Modifier::UNDERLINED,
            _ => Modifier::empty(),
        };
        let style = style.add_modifier(weight);
        match self {
            Self::Dark => style.fg(dark(role)),
            Self::Light => style.fg(light(role)),
            Self::Mono if role == Role::Muted => style.add_modifier(Modifier::DIM),
            // A dim cell would be a patch in the selected row.
            Self::Mono if role == Role::Selected => style.remove_modifier(Modifier::DIM),
            Self::Mono => style,
        }
    }

    /// Border shapes say the environment too: rounded, plain, double. The focused region is always thick.
    pub fn border(self, environment: Option<Environment>, focused: bool) -> BorderType {
        match environment {
            _ if focused => BorderType::Thick,
            Some(Environment::Production) => BorderType::Double,
            Some(Environment::Staging) => BorderType::Plain,
            Some(Environment::Sandbox) | None => BorderType::Rounded,
        }
    }
}

// The colours are the terminal's own sixteen, so its palette applies; blue and orange-ish hues carry state, never red
// against green alone.
fn dark(role: Role) -> Color {
    match role {
        Role::Text | Role::Selected => Color::Reset,
        Role::Muted | Role::Border => Color::Gray,
        Role::Title => Color::White,
        Role::Key | Role::Accent | Role::Marked => Color::LightCyan,
        Role::Focus | Role::Bar => Color::LightBlue,
        Role::Good | Role::Sandbox => Color::LightGreen,
        Role::Busy => Color::LightBlue,
        Role::Warn | Role::Staging => Color::LightYellow,
        Role::Bad | Role::Production => Color::LightRed,
    }
}

fn light(role: Role) -> Color {
    match role {
        Role::Text | Role::Selected | Role::Title => Color::Black,
        Role::Muted | Role::Border => Color::DarkGray,
        Role::Key | Role::Accent | Role::Marked | Role::Focus | Role::Bar | Role::Busy => Color::Blue,
        Role::Good | Role::Sandbox => Color::Green,
        Role::Warn | Role::Staging => Color::Magenta,
        Role::Bad | Role::Production => Color::Red,
    }
}

/// The role of an environment.
pub fn environment(environment: Environment) -> Role {
    match environment {
        Environment::Sandbox => Role::Sandbox,
        Environment::Staging => Role::Staging,
        Environment::Production => Role::Production,
    }
}

/// The role of a verdict. Only an explicit ALLOWED looks fine.
pub fn verdict(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Allowed => Role::Good,
        Verdict::Suppressed | Verdict::Invalid => Role::Bad,
        Verdict::Pending | Verdict::Unknown | Verdict::NotLoaded => Role::Warn,
    }
}

/// The role of a list's state. Only READY looks fine.
pub fn list_state(state: ListState) -> Role {
    match state {
        ListState::Ready => Role::Good,
        ListState::Settling => Role::Busy,
        ListState::Unverified | ListState::Unbound => Role::Warn,
        ListState::Discrepant => Role::Bad,
    }
}

/// The role of a run's state.
pub fn run_state(state: RunState) -> Role {
    match state {
        RunState::Ready => Role::Good,
        RunState::Discrepant | RunState::Failed => Role::Bad,
        RunState::Paused | RunState::Interrupted | RunState::Cancelled => Role::Warn,
        RunState::Draft
        | RunState::Approved
        | RunState::Uploading
        | RunState::Uploaded
        | RunState::CoolingDown
        | RunState::Reconciling => Role::Busy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mono_uses_no_colour() {
        for role in Role::ALL {
            let style = Theme::Mono.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
    }

    #[test]
    fn what_says_something_by_colour_says_it_by_a_symbol_too() {
        for role in [Role::Good, Role::Busy, Role::Warn, Role::Bad, Role::Selected] {
            assert_ne!(role.symbol(), " ", "{role:?}");
        }
    }

    #[test]
    fn only_ready_and_allowed_look_fine() {
        use crate::domain::readiness::ListState as L;
        for state in [L::Settling, L::Unbound, L::Discrepant, L::Unverified] {
            assert_ne!(list_state(state), Role::Good);
        }
        for word in
            [Verdict::Invalid, Verdict::Suppressed, Verdict::Pending, Verdict::Unknown, Verdict::NotLoaded]
        {
            assert_ne!(verdict(word), Role::Good);
        }
    }
}
