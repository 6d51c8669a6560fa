//! The read endpoint of each family of calls. Some of them no document spells out: where a tenant has none, the finding says
//! what cannot be done without it.

use super::{Finding, Health};
use crate::api::{Client, Error, Scopes};
use crate::domain::list::ListId;
use crate::domain::phone::E164;
use crate::domain::text::visible;

/// What is missed where a family cannot be read.
#[derive(Clone, Copy)]
enum Without {
    /// Everything: no job works.
    Nothing,
    /// This, and all else works.
    This(&'static str),
}

/// A number of fiction: nobody has it, and every tenant can be asked about it.
const NOBODY: &str = "+12025550100";

/// Asks each family for as little as it gives. `outbound` = a contact list that is known to be there.
pub(super) async fn of_families(client: &Client, outbound: Option<ListId>) -> Vec<Finding> {
    let (lists, rules) = (client.lists().await, client.rules().await);
    let first = lists.as_ref().ok().and_then(|lists| lists.first()).map(|list| list.id.clone());
    let mut findings = vec![of_catalogue(lists.map(|all| all.len()), rules.map(|all| all.len()))];
    let numbers: Vec<E164> = E164::from_canonical(NOBODY).into_iter().collect();
    let seen =
        client.query_records(&numbers).await.map(|_| "the platform can be asked about a number".into());
    findings.push(of_family("query", Without::Nothing, seen));
    match first {
        None => {
            let none = |subject| {
                Finding::new(subject, Health::Attention, "there is no list to read them from")
                    .advise("Look again once there is one.")
            };
            findings.extend(["entries", "items"].map(none));
        }
        Some(list) => {
            let seen =
                client.entries_page(&list, 0, 1).await.map(|_| "the entries of a list can be read".into());
            findings.push(of_family("entries", Without::Nothing, seen));
            let seen = client.items_page(&list, 1, 1).await.map(|_| "the items of a list can be read".into());
            let without = "uploads `--to items` cannot be proven";
            findings.push(of_family("items", Without::This(without), seen));
        }
    }
    findings.push(of_suppression(&client.asking(Scopes::SUPPRESSION_LOOK)).await);
    findings.push(of_outbound(&client.asking(Scopes::OUTBOUND_LOOK), outbound).await);
    findings.push(of_events(&client.asking(Scopes::OUTBOUND)).await);
    findings
}

/// Lists and rules: what every job begins with.
fn of_catalogue(lists: Result<usize, Error>, rules: Result<usize, Error>) -> Finding {
    match (lists, rules) {
        (Ok(lists), Ok(rules)) => {
            let seen = format!("{lists} lists and {rules} rules can be read");
            match lists {
                0 => Finding::new("endpoints", Health::Attention, seen)
                    .advise("Make a list with `quietline lists create NAME`."),
                _ => Finding::new("endpoints", Health::Fine, seen),
            }
        }
        (Err(e), _) => of_family("endpoints", Without::Nothing, Err(e)),
        (_, Err(e)) => of_family("endpoints", Without::Nothing, Err(e)),
    }
}

async fn of_suppression(client: &Client) -> Finding {
    let lists = match client.suppression_lists().await {
        Ok(lists) => lists,
        Err(e) => {
            let without = "suppression lists are found by their id alone, and none is made";
            return of_family("suppression", Without::This(without), Err(e));
        }
    };
    let Some(list) = lists.first() else {
        return Finding::new("suppression", Health::Fine, "there is no suppression list yet");
    };
    let seen = format!("{} lists and their contacts can be read", lists.len());
    let read = client.suppression_contacts_page(&list.id, 1, 1).await.map(|_| seen);
    let without = "uploads `--to suppression` cannot be read back, nor reconciled";
    of_family("suppression", Without::This(without), read)
}

async fn of_outbound(client: &Client, list: Option<ListId>) -> Finding {
    let without = Without::This(
        "after an answer that was lost, rows of an outbound upload stay unaccounted, and a person decides about them",
    );
    let Some(list) = list else {
        // No endpoint lists contact lists. One that is not there has no jobs.
        let seen = client.jobs_of(&ListId("quietline-doctor".into())).await;
        return of_family("outbound", without, seen.map(|_| "jobs can be read".into()));
    };
    let jobs = match client.jobs_of(&list).await {
        Ok(jobs) => jobs,
        Err(e) => return of_family("outbound", without, Err(e)),
    };
    let read = client.outbound_contacts_page(&list, 1, 1).await;
    let seen = format!("{} jobs, and the contacts of the list of the last upload, can be read", jobs.len());
    of_family("outbound", without, read.map(|_| seen))
}

/// Where there is no socket, jobs are polled.
async fn of_events(client: &Client) -> Finding {
    match client.knock_at_events().await {
        Ok(true) => Finding::new("events", Health::Fine, "the socket of job events opens"),
        Ok(false) => Finding::new("events", Health::Fine, "the profile has no address of events: jobs are polled"),
        Err(why) => Finding::new("events", Health::Attention, format!("{}: jobs are polled", visible(&why, 200)))
            .advise("Nothing is lost by it. Check events_url in the profile, and a proxy that lets no socket through."),
    }
}

/// One family by how its question went.
fn of_family(subject: &'static str, without: Without, read: Result<String, Error>) -> Finding {
    let error = match read {
        Ok(seen) => return Finding::new(subject, Health::Fine, seen),
        Err(error) => error,
    };
    // Not granted, not there, or spoken in another dialect: not the state of the tenant, but what it is.
    let lasting = matches!(
        error,
        Error::NotFound { .. }
            | Error::Forbidden { .. }
            | Error::Unauthorised { .. }
            | Error::Rejected { .. }
    );
    let finding = Finding::of_error(subject, &error.clone().into());
    match (without, &error) {
        (Without::This(what), Error::NotFound { .. }) => {
            Finding::new(subject, Health::Attention, format!("the tenant answers 404: {what}"))
                .advise("Nothing else needs it. If the tenant should have it, check the profile's preset and API address.")
        }
        (Without::This(what), _) if lasting => {
            let seen = format!("{}: {what}", finding.seen);
            let finding = Finding { health: Health::Attention, seen, ..finding };
            match error {
                // The credentials are good for other scopes.
                Error::Unauthorised { .. } => finding.advise("Ask the tenant's administrator for these scopes."),
                _ => finding,
            }
        }
        _ => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_jobs_need_is_broken_and_what_some_need_says_what_is_missed() {
        let gone = || Error::NotFound { what: "the lists".into() };
        let forbidden = || Error::Forbidden { needed: "lists:read".into(), asked: "dnc:read".into() };
        let this = Without::This("no reading back");
        assert_eq!(of_family("x", Without::Nothing, Err(gone())).health, Health::Broken);
        let absent = of_family("x", this, Err(gone()));
        assert_eq!((absent.health, absent.seen.contains("no reading back")), (Health::Attention, true));
        let refused = of_family("x", this, Err(forbidden()));
        assert_eq!(refused.health, Health::Attention);
        assert!(refused.seen.contains("lists:read is needed"), "{}", refused.seen);
        assert!(refused.advice.unwrap().contains("grant lists:read"));
        let down = Error::Unreachable { detail: "x".into() };
        assert_eq!(of_family("x", this, Err(down)).health, Health::Broken, "a state of the tenant passes");
    }
}
