//! The live news of jobs as one stream, whatever is behind it: a socket, a socket that comes and goes, or none at all.
//!
//! ```text
//! socket ──event (a hint)──▶ Book ◀──answer (the truth)── job endpoint
//!   │ drop                    │ ▲                             ▲
//!   ▼                         │ └── after every connect, at intervals while live, more often without a socket
//! Line: again after a pause   └──▶ FeedNews
//! ```
//!
//! [`JobFeed::next`] drives everything, but for calls that are under way: they are tasks, since a call that waits for its turn
//! holds up all others of its family, and must not stand still while nobody asks for news. Dropping the feed ends them.

use std::collections::VecDeque;
use std::fmt;
use std::future::pending;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::client::Client;
use super::clock::Clock;
use super::transport::Transport;
use crate::domain::job::{Job, JobId};

mod book;
mod event;
mod heart;
mod line;
mod pace;
mod socket;

use book::{Book, Heard};
use heart::{Beat, Heart};
use line::{Ending, Line};
pub use pace::FeedPace;
use socket::{Frame, Socket};

/// Of the limit that questions for jobs share with bulk inserts, routine takes at most this part.
const ROUTINE_SHARE: f64 = 0.5;
/// Frames that are looked through for a pong that is overdue.
const DRAIN: usize = 1_000;

/// What a feed tells.
#[derive(Clone, Debug)]
pub enum FeedNews {
    /// A job has moved on. Where it is over, this comes from the job endpoint, with the rows that were not taken.
    Job(Job),
    /// The tenant does not know this job (any more): what became of its rows is unknown. It is not followed any longer.
    Lost(JobId),
    /// Something is not as it should be; the feed goes on. Told once, until it changes.
    Odd {
        /// The job it is about; `None` = all of them.
        job: Option<JobId>,
        /// What is odd: an unknown state, or why no question is answered at present.
        error: Error,
    },
    /// How news comes from now on.
    State(FeedState),
    /// The job did not move for too long. It is not followed any longer; whether it will be done is unknown.
    OutOfPatience(JobId),
    /// The tenant refuses the credentials or the scopes: the feed is over.
    Refused(Error),
}

/// How news comes at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedState {
    /// By the socket, as it happens.
    Live,
    /// The socket is gone, or not there yet; jobs are asked for meanwhile.
    Reconnecting {
        /// Drops and failed tries in a row; 0 = the first try is under way.
        attempt: u32,
        /// From now to the next try; zero = it is under way.
        next_try: Duration,
    },
    /// There is no socket: jobs are asked for.
    Polling {
        /// Why, in words of ours.
        reason: String,
    },
}

impl fmt::Display for FeedState {
    /// In words: `live`, `reconnecting (3), next try in 4 s`, `polling: why`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live => f.write_str("live"),
            Self::Reconnecting { attempt: 0, .. } => f.write_str("connecting"),
            Self::Reconnecting { attempt, next_try } if next_try.is_zero() => {
                write!(f, "reconnecting ({attempt})")
            }
            Self::Reconnecting { attempt, next_try } => {
                write!(f, "reconnecting ({attempt}), next try in {} s", next_try.as_secs().max(1))
            }
            Self::Polling { reason } => write!(f, "polling: {reason}"),
        }
    }
}

/// The news of some jobs. Made by [`Client::follow`].
pub struct JobFeed {
    client: Client,
    pace: FeedPace,
    clock: Clock,
    book: Book,
    line: Line,
    way: Option<Transport>,
    /// The try to connect that is under way, if there is one.
    opening: JoinSet<Result<Socket, Ending>>,
    socket: Option<(Socket, Heart)>,
    /// The tenant has not been told of all jobs yet.
    subscribe: bool,
    asks: JoinSet<(JobId, Result<Job, Error>)>,
    news: VecDeque<FeedNews>,
    ignored: u64,
    over: bool,
}

impl fmt::Debug for JobFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobFeed").field("state", &self.state()).finish_non_exhaustive()
    }
}

/// What ended a wait.
enum Happened {
    Stopped,
    Frame(Frame),
    Opened(Box<Result<Socket, Ending>>),
    Answered(JobId, Result<Job, Error>),
    Time,
}

impl Client {
    /// Follows jobs, for a client that asks for [`Scopes::OUTBOUND`](super::Scopes::OUTBOUND). Nothing is done before the
    /// first [`JobFeed::next`].
    ///
    /// The socket is opened as every call is made: through the same proxy of the environment, with the same roots. Where the
    /// tenant, a proxy or the scopes do not allow one, jobs are asked for instead, and [`FeedState`] says why.
    pub fn follow(&self, jobs: Vec<JobId>) -> JobFeed {
        self.follow_at(jobs, FeedPace::default())
    }

    /// Opens the socket of job events and closes it again. `Ok(false)` = the profile has no address of one; an error says in
    /// words why it does not open, and that jobs are polled then is no fault.
    pub async fn knock_at_events(&self) -> Result<bool, String> {
        let Some(address) = &self.endpoints().events_url else { return Ok(false) };
        let way = Transport::to_socket(address, "events address", self.wire().deadlines)
            .map_err(|error| error.to_string())?;
        match socket::open(self.clone(), way).await {
            Ok(_) => Ok(true),
            Err(Ending::Dropped { why, .. } | Ending::Refused { why } | Ending::Never { why }) => Err(why),
        }
    }

    /// Follows jobs at another pace than usual.
    pub fn follow_at(&self, jobs: Vec<JobId>, pace: FeedPace) -> JobFeed {
        let way = match &self.endpoints().events_url {
            None => Err("the profile has no address of events".to_owned()),
            Some(address) => Transport::to_socket(address, "events address", self.wire().deadlines)
                .map_err(|error| error.to_string()),
        };
        let clock = Clock::start();
        let now = clock.now();
        let line = Line::new(&pace, way.as_ref().err().map(String::as_str), now, fastrand::u64(..));
        let gap = 60.0 / (self.limits().bulk_per_minute * ROUTINE_SHARE);
        let gap = Duration::try_from_secs_f64(gap).unwrap_or(pace.polling_longest);
        let mut feed = JobFeed {
            client: self.clone(),
            pace,
            clock,
            book: Book::new(pace, gap, self.patience().0),
            news: VecDeque::from([FeedNews::State(line.state(now))]),
            line,
            way: way.ok(),
            opening: JoinSet::new(),
            socket: None,
            subscribe: false,
            asks: JoinSet::new(),
            ignored: 0,
            over: false,
        };
        for job in jobs {
            feed.add(job);
        }
        feed
    }
}

impl JobFeed {
    /// The next news. `None` = there is no job left to wait for (it goes on when one is added), or it is over: stopped, or
    /// refused. May be dropped while it waits; nothing is lost.
    pub async fn next(&mut self, stop: &CancellationToken) -> Option<FeedNews> {
        loop {
            if stop.is_cancelled() {
                self.end();
            }
            if let Some(news) = self.news.pop_front() {
                return Some(news);
            }
            if self.over || self.book.is_empty() {
                return None;
            }
            let wake = self.start_what_is_due();
            if self.news.is_empty() {
                let happened = self.wait(wake, stop).await;
                self.take(happened);
            }
        }
    }

    /// Follows one more job. One that is followed already, or was to its end, changes nothing.
    pub fn add(&mut self, job: JobId) {
        let now = self.clock.now();
        // Where a socket is to come, the question after connecting is the first one.
        let due = if self.line.is_off() { now } else { now + self.pace.polling_first };
        if self.book.add(job, due, now) {
            self.subscribe = true;
        }
    }

    /// How news comes at present.
    pub fn state(&self) -> FeedState {
        self.line.state(self.clock.now())
    }

    /// Messages of the socket that were of no use: broken, too long, of foreign jobs, or of a kind that nobody asked for.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// Nothing is told any more, and the tenant is told goodbye.
    fn end(&mut self) {
        self.over = true;
        self.news.clear();
        self.opening = JoinSet::new();
        self.socket = None;
        self.asks = JoinSet::new();
    }

    /// Connects, subscribes, pings and asks, where it is time for that. Returns when to look again.
    fn start_what_is_due(&mut self) -> Option<Duration> {
        let now = self.clock.now();
        if let Some(way) = self.way.clone().filter(|_| self.line.take_due(now)) {
            self.opening.spawn(socket::open(self.client.clone(), way));
        }
        let beat = self.tend_socket(now);
        while let Some(job) = self.book.take_due(now) {
            let client = self.client.clone();
            self.asks.spawn(async move {
                let answer = client.job(&job).await;
                (job, answer)
            });
        }
        [self.line.due(), beat, self.book.next_due()].into_iter().flatten().min()
    }

    /// Says what is to be said on the socket. Returns when there is more to say.
    fn tend_socket(&mut self, now: Duration) -> Option<Duration> {
        let (socket, heart) = self.socket.as_mut()?;
        let mut sent = Ok(());
        if self.subscribe {
            self.subscribe = false;
            sent = socket.send(Message::text(event::subscription(self.book.open())));
        }
        let beat = heart.beat(now);
        if let Beat::Ping(payload) = beat {
            sent = sent.and_then(|()| socket.send(Message::Ping(payload.to_vec().into())));
        }
        if let Err(ending) = sent {
            self.hung_up(ending);
            return None;
        }
        match beat {
            Beat::Wait(until) => Some(until),
            Beat::Ping(_) => Some(now + self.pace.pong),
            Beat::Overdue => {
                self.look_for_the_pong(now);
                None
            }
        }
    }

    /// The pong is overdue. Where nobody listened for a while it may have arrived long ago.
    fn look_for_the_pong(&mut self, now: Duration) {
        for _ in 0..DRAIN {
            match self.socket.as_mut().and_then(|(socket, _)| socket.arrived()) {
                Some(frame) => self.take_frame(frame),
                None => break,
            }
        }
        if let Some((_, heart)) = &mut self.socket
            && heart.beat(now) == Beat::Overdue
        {
            let why = "the tenant does not answer the ping on the socket of events".into();
            self.hung_up(Ending::Dropped { why, after: None });
        }
    }

    /// Waits until something happens.
    async fn wait(&mut self, wake: Option<Duration>, stop: &CancellationToken) -> Happened {
        let clock = self.clock;
        let Self { socket, opening, asks, .. } = self;
        tokio::select! {
            () = stop.cancelled() => Happened::Stopped,
            frame = async {
                match socket {
                    Some((socket, _)) => socket.next().await,
                    None => pending().await,
                }
            } => Happened::Frame(frame),
            opened = async {
                match opening.join_next().await {
                    Some(Ok(opened)) => Box::new(opened),
                    // A task that ended without a result: there is nothing to tell of it.
                    Some(Err(_)) | None => pending().await,
                }
            } => Happened::Opened(opened),
            Some(Ok((job, answer))) = asks.join_next() => Happened::Answered(job, answer),
            () = async {
                match wake {
                    Some(at) => tokio::time::sleep_until(clock.instant(at)).await,
                    None => pending().await,
                }
            } => Happened::Time,
        }
    }

    fn take(&mut self, happened: Happened) {
        let now = self.clock.now();
        match happened {
            Happened::Stopped => self.end(),
            Happened::Time => {}
            Happened::Frame(frame) => self.take_frame(frame),
            Happened::Opened(opened) => {
                match *opened {
                    Ok(socket) => {
                        self.socket = Some((socket, Heart::start(&self.pace, now)));
                        self.line.opened();
                        self.tell_state(now);
                        // In this order: what happens between a question and the subscription would be missed.
                        self.subscribe = true;
                        self.tend_socket(now);
                        self.book.catch_up(now);
                    }
                    Err(ending) => self.hung_up(ending),
                }
            }
            Happened::Answered(job, answer) => {
                let news = self.book.answered(&job, answer, now, self.line.is_live());
                if let [.., FeedNews::Refused(_)] = news[..] {
                    self.end();
                }
                self.news.extend(news);
            }
        }
    }

    fn take_frame(&mut self, frame: Frame) {
        let now = self.clock.now();
        match frame {
            Frame::Text(text) => match event::read(&text).map(|event| self.book.hear(event, now)) {
                Some(Heard::News(news)) => self.news.push_back(news),
                Some(Heard::Nothing) => {}
                Some(Heard::Foreign) | None => self.ignored += 1,
            },
            Frame::Pong(payload) => {
                if self.socket.as_mut().is_some_and(|(_, heart)| heart.pong(&payload)) {
                    self.line.proven();
                }
            }
            Frame::Binary => self.ignored += 1,
            Frame::Ping => {}
            Frame::TooLong => {
                self.ignored += 1;
                self.hung_up(Ending::Dropped { why: "a message is too long".into(), after: None });
            }
            Frame::Ended(ending) => self.hung_up(ending),
        }
    }

    /// There is no socket (any more).
    fn hung_up(&mut self, ending: Ending) {
        let now = self.clock.now();
        tracing::debug!(?ending, "no socket of events");
        if self.socket.take().is_some() {
            self.book.unplugged(now);
        }
        self.line.ended(ending, now);
        self.tell_state(now);
    }

    fn tell_state(&mut self, now: Duration) {
        self.news.push_back(FeedNews::State(self.line.state(now)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_feed_is_said_in_words() {
        let reconnecting =
            |attempt, seconds| FeedState::Reconnecting { attempt, next_try: Duration::from_secs(seconds) };
        let said = [
            (FeedState::Live, "live"),
            (reconnecting(0, 0), "connecting"),
            (reconnecting(3, 0), "reconnecting (3)"),
            (reconnecting(3, 4), "reconnecting (3), next try in 4 s"),
            (FeedState::Polling { reason: "no socket".into() }, "polling: no socket"),
        ];
        for (state, words) in said {
            assert_eq!(state.to_string(), words);
        }
    }
}
