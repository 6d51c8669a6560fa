//! What a plan is bound to beside its file, its rows and its list: the options that decided what its rows say, and which
//! tenant its profile meant. A launch compares them with what they are by then.

use sha2::{Digest as _, Sha256};

use super::check::CheckedFile;
use super::input::Input;
use super::{Ops, OpsError};
use crate::config::{FourEyes, layout_text};
use crate::domain::phone::{E164, PhonePolicy};
use crate::domain::plan::{Destination, MadeUnder, Operation, PlanSummary};
use crate::domain::text::{hex, visible};
use crate::files::Layout;
use crate::ledger::NewEvent;

const TENANT: &str = "tenant";
const ADDRESS: &str = "api_url";
const ENVIRONMENT: &str = "environment";
const REGION: &str = "default_region";
const POLICY: &str = "phone_policy";
const OWN: &str = "own_numbers";
const OPT_IN: &str = "require_opt_in";
/// How the file was read, as far as a person or a layout said: nothing else reads it again before the launch.
const READING: &str = "reading";
/// The saved layout that it was read with, and its digest.
const LAYOUT: &str = "layout";
const LAYOUT_TEXT: &str = "layout_sha256";
/// The policy that was to be satisfied.
const FOUR_EYES: &str = "four_eyes";

/// What a layout says that is no longer there.
const GONE: &str = "it is gone";

impl Ops {
    /// The same, knowing the saved layouts of the configuration.
    #[must_use]
    pub fn with_layouts(self, layouts: &[Layout]) -> Self {
        Self { layouts: Some(layouts.into()), ..self }
    }

    /// What decides the rows of a plan now. `file` is the one behind it, where there is one.
    pub(super) fn made_under(
        &self,
        to: Destination,
        operation: Operation,
        file: Option<&CheckedFile>,
    ) -> MadeUnder {
        let profile = self.profile();
        let under = self.tenant_now().with(FOUR_EYES, profile.four_eyes.to_string());
        let under = match to {
            Destination::Outbound => under.with(OPT_IN, profile.upload.require_opt_in.to_string()),
            _ => under,
        };
        let Some(file) = file else { return under };
        let under = under.with(POLICY, policy(profile.phone_policy));
        let under = match operation {
            // A number that is ours may be taken off: they are not looked at.
            Operation::Remove => under,
            Operation::Add | Operation::Sync => under.with(OWN, own(&profile.own_numbers)),
        };
        let Some(input) = &file.input else { return under };
        let under = match input.region {
            // It is part of how the file is read then.
            Some(_) => under,
            None => under.with(REGION, profile.region.code()),
        };
        let under = under.with(READING, reading(file, input));
        match &input.options.layout {
            None => under,
            Some(used) => match self.layout_now(&used.name) {
                None => under.with(LAYOUT, &*used.name),
                Some(text) => under.with(LAYOUT, &*used.name).with(LAYOUT_TEXT, text),
            },
        }
    }

    /// Refuses a plan that was made under other options than there are now, and names the first of them.
    pub(super) fn refuse_other_options(&self, plan: &PlanSummary) -> Result<(), OpsError> {
        let profile = self.profile();
        let now = self
            .tenant_now()
            .with(OPT_IN, profile.upload.require_opt_in.to_string())
            .with(POLICY, policy(profile.phone_policy))
            .with(OWN, own(&profile.own_numbers))
            .with(REGION, profile.region.code());
        let name = plan.made_under.get(LAYOUT);
        let now = match name.and_then(|name| self.layout_now(name)) {
            None => now,
            Some(text) => now.with(LAYOUT_TEXT, text),
        };
        let Some((option, was, is)) = plan.made_under.changed(&now) else { return Ok(()) };
        let (was, is) = (visible(was, 100), visible(is, 100));
        let what = match option {
            LAYOUT_TEXT => format!("the layout {}", visible(name.unwrap_or_default(), 64)),
            _ => format!("{option} of the profile ({was}, and now {is})"),
        };
        Err(OpsError::Approval {
            code: "plan-stale",
            message: format!("plan {} is stale: {what} changed since it was made", plan.id),
            advice: format!(
                "Make and approve a new plan; or put {option} back, where it was changed by mistake."
            ),
        })
    }

    /// A plan that was to be approved by a second person, and is not, because the policy is another one by now: an event.
    pub(super) async fn note_bypass(&self, plan: &PlanSummary, reason: &str) -> Result<(), OpsError> {
        let then = plan.made_under.get(FOUR_EYES).and_then(FourEyes::from_word).unwrap_or_default();
        let counts = &plan.counts;
        let approval = self.ledger.approval(&plan.digest).await?;
        let is_own = approval.is_some_and(|standing| standing.approval.by == plan.made_by);
        if !is_own || !then.demands(counts.operations(), counts.remove) {
            return Ok(());
        }
        let event = NewEvent {
            at: jiff::Timestamp::now(),
            actor: self.actor.to_string(),
            kind: "approval.bypassed",
            object: format!("plan {}", plan.id),
            effect: format!(
                "launched on the approval of its maker alone: four_eyes was {then} when it was made, and is {} now",
                self.profile().four_eyes
            ),
            reason: Some(reason.to_owned()),
        };
        Ok(self.ledger.note(event).await?)
    }

    /// Which tenant the profile means, and what kind of one.
    fn tenant_now(&self) -> MadeUnder {
        let profile = self.profile();
        MadeUnder::default()
            .with(TENANT, &*profile.tenant)
            .with(ADDRESS, address(&profile.origin()))
            .with(ENVIRONMENT, profile.environment.as_str())
    }

    /// The digest of a saved layout as it is now; `None` where nobody knows the layouts.
    fn layout_now(&self, name: &str) -> Option<String> {
        let layout = self.layouts.as_ref()?.iter().find(|layout| layout.name == name);
        Some(layout.map_or_else(|| GONE.to_owned(), |layout| hex(&Sha256::digest(layout_text(layout)))))
    }
}

fn policy(policy: PhonePolicy) -> &'static str {
    match policy {
        PhonePolicy::Possible => "possible",
        PhonePolicy::Valid => "valid",
    }
}

/// How many, and a digest of them all: whoever reads it learns no number by looking.
fn own(numbers: &[E164]) -> String {
    let mut sorted: Vec<String> = numbers.iter().map(|number| number.to_e164()).collect();
    sorted.sort_unstable();
    sorted.dedup();
    match sorted.len() {
        0 => "none".to_owned(),
        n => {
            let digest = hex(&Sha256::digest(sorted.join("\n")));
            format!("{n}, digest {}", digest.get(..12).unwrap_or(&digest))
        }
    }
}

/// Scheme, host and port. A tenant on this machine is a simulated one, which listens at another port each time.
fn address(origin: &str) -> String {
    match origin.rsplit_once(':') {
        Some((host, port)) if host.ends_with("//127.0.0.1") && port.parse::<u16>().is_ok() => host.to_owned(),
        _ => origin.to_owned(),
    }
}

/// A digest of everything that was said about how the file is to be read, and of the columns that came of it.
fn reading(file: &CheckedFile, input: &Input) -> String {
    // Whom the rows were held against stands in the plan itself.
    let said = Input { scrub: Vec::new(), ..input.clone() }.to_json("", None);
    let mapping = file.document.mapping();
    let mut hash = Sha256::new();
    hash.update(said);
    for (field, column) in &mapping.columns {
        hash.update(format!("\n{}={column}", field.as_str()));
    }
    hash.update(format!("\n{} {:?}", mapping.split_number, mapping.more_numbers));
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_numbers_compare_whatever_their_order_and_are_not_told() {
        let number = |text| E164::from_canonical(text).unwrap();
        let (one, two) = (number("+12025550100"), number("+12025550101"));
        assert_eq!(own(&[one, two]), own(&[two, one, two]));
        assert_ne!(own(&[one]), own(&[two]));
        assert!(own(&[one]).starts_with("1, digest ") && !own(&[one]).contains("2025550100"));
        assert_eq!(own(&[]), "none");
    }

    #[test]
    fn only_a_simulated_tenant_may_move_to_another_port() {
        assert_eq!(address("http://127.0.0.1:4711"), address("http://127.0.0.1:4712"));
        assert_ne!(address("https://acme.example.com:444"), address("https://acme.example.com"));
        assert_ne!(address("https://acme.example.com"), address("https://other.example.com"));
    }
}
