use super::*;
use crate::domain::job::JobStatus;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn id(name: &str) -> JobId {
    JobId(name.into())
}

fn job(name: &str, status: JobStatus, progress: u8) -> Job {
    Job { id: id(name), status, progress, errors: Vec::new() }
}

fn event(name: &str, status: JobStatus, progress: u8) -> JobEvent {
    JobEvent { job: id(name), told: Ok((status, progress)) }
}

fn book(jobs: &[&str]) -> Book {
    let mut book = Book::new(FeedPace::default(), Duration::ZERO, Backoff::new(7));
    for name in jobs {
        assert!(book.add(id(name), at(0), at(0)));
    }
    book
}

/// Asks for the one job that is due.
fn ask(book: &mut Book, now: Duration) -> JobId {
    let asked = book.take_due(now).unwrap();
    assert!(book.take_due(now).is_none(), "one job, one question");
    asked
}

fn answer(book: &mut Book, job: Job, now: Duration) -> Vec<FeedNews> {
    book.answered(&job.id.clone(), Ok(job), now, true)
}

fn fail(book: &mut Book, name: &str, error: Error, now: Duration) -> Vec<FeedNews> {
    book.answered(&id(name), Err(error), now, true)
}

use JobStatus::{Completed, Failed, Queued, Running};

#[test]
fn without_events_jobs_are_asked_for_at_the_short_interval() {
    let pace = FeedPace::default();
    let asked_again = |is_unplugged: bool| {
        let mut book = book(&["a"]);
        ask(&mut book, at(0));
        answer(&mut book, job("a", Running, 0), at(0));
        if is_unplugged {
            book.unplugged(at(1));
        }
        (0..10_000).map(Duration::from_millis).find(|now| book.take_due(at(1) + *now).is_some())
    };
    assert_eq!(asked_again(false), None, "while events come, nobody asks so soon");
    let soon = asked_again(true).unwrap();
    assert!(soon <= pace.polling_first, "{soon:?}");
}

#[test]
fn w2_an_event_moves_a_job_on_and_never_back() {
    let mut book = book(&["a"]);
    assert!(
        matches!(book.hear(event("a", Running, 40), at(1)), Heard::News(FeedNews::Job(job)) if job.progress == 40)
    );
    for (status, progress) in [(Running, 40), (Running, 10), (Queued, 90)] {
        assert!(
            matches!(book.hear(event("a", status, progress), at(1)), Heard::Nothing),
            "{status:?} {progress}"
        );
    }
    ask(&mut book, at(1));
    assert!(answer(&mut book, job("a", Queued, 0), at(1)).is_empty(), "an answer that was overtaken");
}

#[test]
fn w2_that_a_job_is_over_counts_from_the_endpoint_only() {
    let mut book = book(&["a"]);
    ask(&mut book, at(0));
    assert_eq!(answer(&mut book, job("a", Running, 10), at(0)).len(), 1);
    assert_eq!(book.next_due(), Some(at(15)));
    assert!(matches!(book.hear(event("a", Failed, 100), at(3)), Heard::Nothing));
    assert_eq!(book.next_due(), Some(at(3)), "asked for at once");
    ask(&mut book, at(3));
    assert!(answer(&mut book, job("a", Running, 10), at(3)).is_empty(), "the endpoint lags behind");
    assert_eq!(book.next_due(), Some(at(4)), "and is asked again soon");
    assert!(matches!(book.hear(event("a", Failed, 100), at(3)), Heard::Nothing));
    assert_eq!(book.next_due(), Some(at(4)), "the same event again is no reason to ask more often");
    ask(&mut book, at(4));
    let news = answer(&mut book, job("a", Completed, 100), at(4));
    assert!(matches!(&news[..], [FeedNews::Job(job)] if job.status == Completed));
    assert!(book.is_empty());
    assert!(matches!(book.hear(event("a", Failed, 100), at(5)), Heard::Nothing), "FAILED after COMPLETED");
    assert!(!book.add(id("a"), at(5), at(5)));
}

#[test]
fn w2_an_answer_that_was_asked_for_before_the_event_is_asked_for_again() {
    let mut book = book(&["a"]);
    ask(&mut book, at(0));
    assert!(matches!(book.hear(event("a", Completed, 100), at(0)), Heard::Nothing));
    assert_eq!(answer(&mut book, job("a", Running, 90), at(1)).len(), 1);
    assert_eq!(ask(&mut book, at(1)), id("a"));
}

#[test]
fn w4_what_is_odd_is_told_once_and_what_is_foreign_is_known_as_such() {
    let mut book = book(&["a"]);
    let odd = || JobEvent { job: id("a"), told: Err(Error::Protocol { detail: "DONE".into() }) };
    assert!(matches!(book.hear(odd(), at(0)), Heard::News(FeedNews::Odd { job: Some(_), .. })));
    assert!(matches!(book.hear(odd(), at(0)), Heard::Nothing));
    assert!(matches!(book.hear(event("b", Running, 1), at(0)), Heard::Foreign));
    ask(&mut book, at(0));
    let rejected = |detail: &str| Error::Rejected { status: 400, detail: detail.into() };
    assert_eq!(fail(&mut book, "a", rejected("x"), at(1)).len(), 1);
    let now = book.next_due().unwrap();
    ask(&mut book, now);
    assert!(fail(&mut book, "a", rejected("x"), now).is_empty());
}

/// An event is a hint: that nobody understands it is over once the endpoint is understood.
#[test]
fn w4_an_answer_that_is_understood_ends_what_was_odd() {
    let mut book = book(&["a"]);
    ask(&mut book, at(0));
    assert_eq!(answer(&mut book, job("a", Queued, 0), at(0)).len(), 1);
    let odd = JobEvent { job: id("a"), told: Err(Error::Protocol { detail: "DONE".into() }) };
    assert!(matches!(book.hear(odd, at(1)), Heard::News(FeedNews::Odd { job: Some(_), .. })));
    ask(&mut book, at(1));
    let news = answer(&mut book, job("a", Queued, 0), at(1));
    assert!(matches!(&news[..], [FeedNews::Job(same)] if same.status == Queued), "{news:?}");
    let now = book.next_due().unwrap();
    ask(&mut book, now);
    assert!(answer(&mut book, job("a", Queued, 0), now).is_empty(), "told once");
}

#[test]
fn w3_a_mute_socket_is_no_reason_not_to_ask() {
    let mut book = book(&["a"]);
    for round in 0..10 {
        assert_eq!(ask(&mut book, at(15 * round)), id("a"));
        let _ = answer(&mut book, job("a", Running, 1), at(15 * round));
        assert!(book.take_due(at(15 * round + 14)).is_none());
    }
}

#[test]
fn w1_without_a_socket_the_pauses_grow_from_one_second_to_ten() {
    let mut book = book(&["a"]);
    let mut now = at(0);
    let mut pauses = Vec::new();
    for _ in 0..6 {
        ask(&mut book, now);
        let _ = book.answered(&id("a"), Ok(job("a", Running, 1)), now, false);
        let next = book.next_due().unwrap();
        pauses.push((next - now).as_secs());
        now = next;
    }
    assert_eq!(pauses, [1, 2, 4, 8, 10, 10]);
    book.unplugged(now);
    ask(&mut book, now + at(1));
}

#[test]
fn w5_patience_ends_after_one_last_question() {
    let mut book = book(&["a"]);
    ask(&mut book, at(0));
    let _ = answer(&mut book, job("a", Running, 1), at(0));
    // Nobody listened for an hour: the job is asked for before it is given up, and found well.
    ask(&mut book, at(3600));
    let news = answer(&mut book, job("a", Running, 2), at(3600));
    assert!(matches!(news[..], [FeedNews::Job(_)]), "{news:?}");
    ask(&mut book, at(3600 + 1799));
    assert!(answer(&mut book, job("a", Running, 2), at(3600 + 1799)).is_empty());
    assert_eq!(book.next_due(), Some(at(3600 + 1800)), "asked once more when patience ends");
    ask(&mut book, at(3600 + 1800));
    let news = answer(&mut book, job("a", Running, 2), at(3600 + 1800));
    assert!(matches!(&news[..], [FeedNews::OutOfPatience(job)] if *job == id("a")), "{news:?}");
    assert!(book.is_empty());
}

#[test]
fn h404_a_job_that_the_tenant_does_not_know_is_lost() {
    let mut book = book(&["a"]);
    ask(&mut book, at(0));
    let news = fail(&mut book, "a", Error::NotFound { what: "the job".into() }, at(0));
    assert!(matches!(&news[..], [FeedNews::Lost(job)] if *job == id("a")), "{news:?}");
    assert!(book.is_empty());
}

#[test]
fn trouble_is_told_once_waited_out_and_given_up_with_patience() {
    let mut book = book(&["a", "b", "c"]);
    let down = || Error::Unreachable { detail: "x".into() };
    let first = book.take_due(at(0)).unwrap();
    let open = Error::CircuitOpen { retry_in: at(30) };
    let news = fail(&mut book, &first.0, open, at(0));
    assert!(matches!(&news[..], [FeedNews::Odd { job: None, error: Error::CircuitOpen { .. } }]), "{news:?}");
    assert!(book.take_due(at(29)).is_none());
    let second = book.take_due(at(30)).unwrap();
    assert!(book.take_due(at(30)).is_none(), "one question at a time while in trouble");
    assert_eq!(fail(&mut book, &second.0, down(), at(30)).len(), 1, "another trouble is news");
    let now = book.next_due().unwrap();
    let third = book.take_due(now).unwrap();
    assert!(fail(&mut book, &third.0, down(), now).is_empty(), "the same is not");
    let now = book.next_due().unwrap();
    let again = book.take_due(now).unwrap();
    let asks_to_wait = || Error::Throttled { after: Some(at(900)) };
    assert_eq!(fail(&mut book, &again.0, asks_to_wait(), at(1700)).len(), 1);
    assert_eq!(book.next_due(), Some(at(1800)), "no pause is longer than patience");
    let last = book.take_due(at(1800)).unwrap();
    let news = fail(&mut book, &last.0, asks_to_wait(), at(1800));
    assert_eq!(news.len(), 3, "all are given up, without a turn for each: {news:?}");
    assert!(news.iter().all(|news| matches!(news, FeedNews::OutOfPatience(_))));
}

#[test]
fn routine_leaves_room_and_hints_do_not_wait_for_it() {
    let mut book = Book::new(FeedPace::default(), at(2), Backoff::new(7));
    for name in ["a", "b", "c"] {
        book.add(id(name), at(0), at(0));
    }
    assert_eq!(book.take_due(at(0)), Some(id("a")));
    assert_eq!(book.take_due(at(1)), None);
    assert_eq!(book.next_due(), Some(at(2)));
    assert!(matches!(book.hear(event("c", Completed, 100), at(1)), Heard::Nothing));
    assert!(book.next_due() <= Some(at(1)), "at once");
    assert_eq!(book.take_due(at(1)), Some(id("c")));
    assert_eq!(book.next_due(), None, "two are out: their answers are waited for");
}

#[test]
fn credentials_that_are_refused_end_it() {
    let mut book = book(&["a"]);
    ask(&mut book, at(0));
    let error = Error::Unauthorised { detail: "x".into() };
    assert!(matches!(fail(&mut book, "a", error, at(0))[..], [FeedNews::Refused(_)]));
}
