//! The job feed against a scripted socket: each row of the fault matrix (W1…W5, H404) is a test that bears its name.

mod handshake;
mod life;
mod news;
mod server;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quietline::api::{Client, Deadlines, Endpoints, FeedNews, FeedPace, FeedState, JobFeed, Limits, Scopes};
use quietline::domain::job::{Job, JobId, JobStatus};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::tenant::{Reply, Tenant, client_at, json, quick};

/// Longer than anything here takes: a test that hangs fails.
const LONG: Duration = Duration::from_secs(20);

/// The job endpoint: answers as it is told, by job.
struct World {
    tenant: Tenant,
    jobs: Arc<Mutex<HashMap<String, (u16, String)>>>,
}

impl World {
    async fn start() -> Self {
        let jobs: Arc<Mutex<HashMap<String, (u16, String)>>> = Arc::default();
        let answers = jobs.clone();
        let tenant = Tenant::start(move |seen| -> Reply {
            let id = seen.target.rsplit('/').next().unwrap();
            let (status, body) = answers.lock().unwrap().get(id).cloned().unwrap_or((404, "{}".into()));
            json(status, &body)
        })
        .await;
        Self { tenant, jobs }
    }

    /// A hand on the world that a script can take along.
    fn hand(&self) -> Hand {
        Hand(self.jobs.clone())
    }

    fn set(&self, id: &str, status: &str, progress: u8) {
        self.hand().set(id, status, progress);
    }

    fn answer(&self, id: &str, status: u16, body: &str) {
        self.hand().answer(id, status, body);
    }

    /// How often a job was asked for.
    fn asked(&self, id: &str) -> usize {
        let target = format!("/api/v2/outbound/jobs/{id}");
        self.tenant.calls().iter().filter(|call| call.target == target).count()
    }

    fn endpoints(&self, events: Option<&str>) -> Endpoints {
        let address = self.tenant.address;
        Endpoints {
            token_url: format!("http://{address}/token"),
            api_url: format!("http://{address}/api/v2"),
            events_url: events.map(str::to_owned),
        }
    }

    fn client(&self, events: Option<&str>) -> Client {
        self.client_within(events, Deadlines::default())
    }

    fn client_within(&self, events: Option<&str>, deadlines: Deadlines) -> Client {
        let endpoints = self.endpoints(events);
        self.client_at_rate(endpoints, deadlines, 600_000.0)
    }

    fn client_at_rate(&self, endpoints: Endpoints, deadlines: Deadlines, bulk_per_minute: f64) -> Client {
        let limits = Limits { bulk_per_minute, ..Limits::default() };
        client_at(endpoints, limits, deadlines, quick()).asking(Scopes::OUTBOUND)
    }
}

#[derive(Clone)]
struct Hand(Arc<Mutex<HashMap<String, (u16, String)>>>);

impl Hand {
    fn set(&self, id: &str, status: &str, progress: u8) {
        self.answer(id, 200, &format!(r#"{{"id":"{id}","status":"{status}","progress":{progress}}}"#));
    }

    fn answer(&self, id: &str, status: u16, body: &str) {
        self.0.lock().unwrap().insert(id.into(), (status, body.into()));
    }
}

/// No job is asked for by the clock while the socket is live, and pings do not matter.
fn by_events() -> FeedPace {
    FeedPace { live: LONG * 10, polling_first: LONG * 10, polling_longest: LONG * 10, ..FeedPace::default() }
}

/// Everything at once.
fn hasty() -> FeedPace {
    FeedPace {
        live: Duration::from_millis(20),
        polling_first: Duration::from_millis(1),
        polling_longest: Duration::from_millis(5),
        reconnect_first: Duration::from_millis(1),
        reconnect_longest: Duration::from_millis(5),
        ..FeedPace::default()
    }
}

fn jobs(names: &[&str]) -> Vec<JobId> {
    names.iter().map(|name| JobId((*name).into())).collect()
}

/// All news up to the first that is wanted, that one included.
async fn until(feed: &mut JobFeed, wanted: impl Fn(&FeedNews) -> bool) -> Vec<FeedNews> {
    let stop = CancellationToken::new();
    let mut all = Vec::new();
    let search = async {
        while let Some(news) = feed.next(&stop).await {
            let found = wanted(&news);
            all.push(news);
            if found {
                return true;
            }
        }
        false
    };
    let found = timeout(LONG, search).await;
    assert_eq!(found, Ok(true), "it never came: {all:?}");
    all
}

/// All news to the end of the feed.
async fn rest(feed: &mut JobFeed) -> Vec<FeedNews> {
    let stop = CancellationToken::new();
    let mut all = Vec::new();
    let search = async {
        while let Some(news) = feed.next(&stop).await {
            all.push(news);
        }
    };
    let end = timeout(LONG, search).await;
    assert!(end.is_ok(), "it does not end: {all:?}");
    all
}

/// What was told of the jobs alone: id, status, progress.
fn moves(news: &[FeedNews]) -> Vec<(String, JobStatus, u8)> {
    let of = |job: &Job| (job.id.0.clone(), job.status, job.progress);
    news.iter().filter_map(|news| if let FeedNews::Job(job) = news { Some(of(job)) } else { None }).collect()
}

fn moved(id: &str, status: JobStatus, progress: u8) -> (String, JobStatus, u8) {
    (id.into(), status, progress)
}

fn is_live(news: &FeedNews) -> bool {
    matches!(news, FeedNews::State(FeedState::Live))
}

/// The reason for polling, where there is one.
fn polling(news: &FeedNews) -> Option<&str> {
    match news {
        FeedNews::State(FeedState::Polling { reason }) => Some(reason),
        _ => None,
    }
}

fn is_over(news: &FeedNews) -> bool {
    matches!(news, FeedNews::Job(job) if job.status.is_final())
}
