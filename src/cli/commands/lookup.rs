//! `lookup`: may these numbers be called, and why.

use std::io::{BufRead as _, IsTerminal as _};

use crate::cli::args::LookupArgs;
use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::report;
use crate::cli::shapes::AnswerObject;
use crate::domain::verdict::{Answer, Asked, Verdict};
use crate::ops::LookupSources;

pub(super) async fn run(context: &Context, args: &LookupArgs) -> Result<u8, Failure> {
    let inputs = inputs(context, &args.numbers).await?;
    if inputs.is_empty() {
        return Err(Failure::usage(
            "there is no number to look up",
            "Name numbers, or give one per line on stdin.",
        ));
    }
    let (_, ops) = context.connect_to_read().await?;
    let sources = if args.offline { LookupSources::Offline } else { LookupSources::Tenant };
    let answers = context.or_stopped(ops.lookup(&inputs, sources)).await?;
    let objects: Vec<AnswerObject> = answers.iter().map(AnswerObject::of).collect();
    context.out.answer(&objects, || answers.iter().map(report::answer).collect())?;
    Ok(exit_of(&answers))
}

/// The arguments; `-` stands for stdin, one number per line.
async fn inputs(context: &Context, numbers: &[String]) -> Result<Vec<String>, Failure> {
    let mut inputs = Vec::new();
    for number in numbers {
        if number != "-" {
            inputs.push(number.clone());
            continue;
        }
        if std::io::stdin().is_terminal() {
            context.out.remark("one number per line; Ctrl-D ends");
        }
        let lines = ask::wait(&context.stop, read_stdin).await?;
        inputs.extend(lines.into_iter().filter(|line| !line.trim().is_empty()));
    }
    Ok(inputs)
}

fn read_stdin() -> Result<Vec<String>, Failure> {
    std::io::stdin().lock().lines().collect::<Result<_, _>>().map_err(|e| {
        Failure::new(
            exit::FILE,
            "file-unreadable",
            format!("stdin cannot be read: {e}"),
            "Give text in UTF-8.",
        )
    })
}

/// 0 only if every number is allowed; 5 where numbers were asked about and no source of the tenant answered.
fn exit_of(answers: &[Answer]) -> u8 {
    let asked = || answers.iter().filter(|answer| answer.verdict != Verdict::Invalid);
    let unreachable = |answer: &Answer| {
        matches!(answer.evidence.records, Asked::Failed(_))
            && matches!(answer.evidence.lists, Asked::Failed(_))
    };
    if asked().next().is_some() && asked().all(unreachable) {
        return exit::TENANT;
    }
    let allowed = answers.iter().all(|answer| answer.verdict == Verdict::Allowed);
    if allowed { exit::DONE } else { exit::NO }
}

#[cfg(test)]
mod tests {
    use super::exit_of;
    use crate::domain::verdict::{Answer, Asked, Evidence, Verdict};

    fn answer(verdict: Verdict, failed: bool) -> Answer {
        let why = || "no connection".to_owned();
        let evidence = Evidence {
            records: if failed { Asked::Failed(why()) } else { Asked::Answered(Vec::new()) },
            lists: if failed { Asked::Failed(why()) } else { Asked::Answered(Vec::new()) },
            decisions: if failed { Asked::Failed(why()) } else { Asked::Answered(Vec::new()) },
            ledger: Vec::new(),
            not_loaded: None,
        };
        Answer {
            input: "x".into(),
            number: None,
            verdict,
            jurisdiction: None,
            evidence,
            rules: Vec::new(),
            because: "because".into(),
        }
    }

    #[test]
    fn only_all_allowed_is_zero_and_silence_is_five() {
        let allowed = || answer(Verdict::Allowed, false);
        let suppressed = || answer(Verdict::Suppressed, false);
        let unknown = || answer(Verdict::Unknown, true);
        let invalid = || answer(Verdict::Invalid, false);
        assert_eq!(exit_of(&[allowed(), allowed()]), 0);
        assert_eq!(exit_of(&[allowed(), suppressed()]), 1);
        assert_eq!(exit_of(&[allowed(), invalid()]), 1);
        assert_eq!(exit_of(&[unknown(), unknown()]), 5);
        assert_eq!(exit_of(&[unknown(), invalid()]), 5);
        assert_eq!(exit_of(&[unknown(), suppressed()]), 1);
        assert_eq!(exit_of(&[invalid()]), 1);
    }
}
