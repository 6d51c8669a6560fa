//! The wire between program and tenant: a relay that sees how far each call has come, can hold one there, and asks the ledger
//! of every write that arrives whether it was meant.

use std::collections::HashSet;
use std::io::{self, Read, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::checker::trail;
use crate::life::News;

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its head has arrived at the tenant.
    Head,
    /// And half of its body.
    Half,
    /// And all of it.
    Sent,
    /// The tenant has served it, and nothing of the answer has arrived.
    Answered,
    /// The head of the answer has arrived.
    AnswerHead,
}

impl Stage {
    pub const ALL: [Self; 5] = [Self::Head, Self::Half, Self::Sent, Self::Answered, Self::AnswerHead];
}

/// What to do in one life.
#[derive(Clone, Debug, Default)]
pub enum Watch {
    #[default]
    Nothing,
    /// Tell of the first write, and let it pass.
    FirstWrite,
    /// Tell once this write (from 1) has come so far, and hold it there.
    Hold { write: u64, stage: Stage },
}

#[derive(Default)]
struct Inner {
    watch: Watch,
    writes: u64,
    news: Option<Sender<News>>,
    /// Lives so far, and those that have read entries since they wrote something last. What a killed process had sent may be
    /// relayed when the next one lives already.
    life: u64,
    have_read: HashSet<u64>,
    /// Where the connections come from that were accepted.
    accepted: HashSet<SocketAddr>,
    unplanned: Vec<String>,
    /// SHA-256 of the bodies of all writes that arrived, of what all calls that take off were meant by, and of all answers
    /// to writes.
    sent: Vec<String>,
    taken_off: HashSet<String>,
    answers: HashSet<String>,
    /// The records that may go, for each row of the plan that is carried out.
    removals: Vec<Vec<String>>,
}

/// By what a write was meant.
enum Meant {
    Nothing,
    /// An intent to send its body.
    Sent,
    /// An old record whose successor was read back.
    Replaced,
    /// An intent to take off, by its digest.
    TakenOff(String),
}

/// A relay. It serves until its process ends; every case has one of its own.
#[derive(Clone)]
pub struct Wire {
    pub address: String,
    tenant: String,
    ledger: PathBuf,
    inner: Arc<Mutex<Inner>>,
    has_accepted: Arc<Condvar>,
}

impl Wire {
    pub fn to(tenant: String, ledger: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let wire = Self {
            address,
            tenant,
            ledger: ledger.to_owned(),
            inner: Arc::default(),
            has_accepted: Arc::default(),
        };
        let serving = wire.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let wire = serving.clone();
                let life = wire.accept(&client);
                std::thread::spawn(move || {
                    // Broken connections are what this is about.
                    let _ = wire.relay(client, life);
                });
            }
        });
        wire
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To which life a connection belongs.
    fn accept(&self, client: &TcpStream) -> u64 {
        let mut inner = self.lock();
        inner.accepted.extend(client.peer_addr());
        self.has_accepted.notify_all();
        inner.life
    }

    /// Begins a life, once all connections of the one before are known as such: they are accepted in their order.
    pub fn watch(&self, watch: Watch, news: Sender<News>) {
        let last = TcpStream::connect(&self.address).unwrap();
        let here = last.local_addr().unwrap();
        let inner = self.lock();
        let waiting = self.has_accepted.wait_while(inner, |inner| !inner.accepted.remove(&here));
        let mut inner = waiting.unwrap_or_else(PoisonError::into_inner);
        inner.watch = watch;
        inner.writes = 0;
        inner.life += 1;
        inner.news = Some(news);
    }

    /// Writes that arrived without an intent.
    pub fn unplanned(&self) -> Vec<String> {
        self.lock().unplanned.clone()
    }

    /// Hashes of the bodies that arrived.
    pub fn sent(&self) -> Vec<String> {
        self.lock().sent.clone()
    }

    /// Digests of the intents by which something was taken off.
    pub fn taken_off(&self) -> HashSet<String> {
        self.lock().taken_off.clone()
    }

    /// What a plan takes off: for each of its rows, in their order, the records.
    pub fn expect_removals(&self, removals: Vec<Vec<String>>) {
        self.lock().removals = removals;
    }

    /// Hashes of what was answered to writes.
    pub fn answers(&self) -> HashSet<String> {
        self.lock().answers.clone()
    }

    fn relay(&self, mut client: TcpStream, life: u64) -> io::Result<()> {
        let mut tenant = TcpStream::connect(&self.tenant)?;
        client.set_nodelay(true)?;
        tenant.set_nodelay(true)?;
        loop {
            let Some((head, body)) = message(&mut client)? else { return Ok(()) };
            let is_write = self.arrived(&head, &body, life);
            let hold = if is_write { self.counted(life) } else { None };
            let half = body.len() / 2;
            tenant.write_all(&head)?;
            if hold == Some(Stage::Head) {
                return self.hold(&mut client, &tenant);
            }
            tenant.write_all(&body[..half])?;
            if hold == Some(Stage::Half) {
                return self.hold(&mut client, &tenant);
            }
            tenant.write_all(&body[half..])?;
            if hold == Some(Stage::Sent) {
                return self.hold(&mut client, &tenant);
            }
            let answer = message(&mut tenant);
            if let (true, Ok(Some((_, body)))) = (is_write, &answer) {
                self.lock().answers.insert(sha256(body));
            }
            if let Some(stage @ (Stage::Answered | Stage::AnswerHead)) = hold {
                if stage == Stage::AnswerHead
                    && let Ok(Some((head, _))) = &answer
                {
                    client.write_all(head)?;
                }
                return self.hold(&mut client, &tenant);
            }
            // What breaks there breaks here.
            let Ok(Some((head, body))) = answer else { return client.shutdown(Shutdown::Both) };
            client.write_all(&head)?;
            client.write_all(&body)?;
        }
    }

    /// Whether a call is a write. One that nobody meant is noted.
    fn arrived(&self, head: &[u8], body: &[u8], life: u64) -> bool {
        let head = String::from_utf8_lossy(head);
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let is_write = match method {
            "POST" => {
                ["/dnc/entries", "/items", "/contacts", "/bulkinsert"].iter().any(|end| path.ends_with(end))
            }
            "DELETE" => true,
            _ => false,
        };
        if !is_write {
            if method == "GET" && path.contains("/dnc/entries") {
                self.lock().have_read.insert(life);
            }
            return false;
        }
        let meant = self.meant(method, path, body);
        let mut inner = self.lock();
        match meant {
            Meant::Nothing => {
                inner
                    .unplanned
                    .push(format!("{method} {path} arrived, and the ledger holds no intent of it"));
            }
            // An old record goes once its successor was seen, whatever the answer to the write had said.
            Meant::Replaced if !inner.have_read.contains(&life) => {
                inner.unplanned.push(format!("{path} was removed before anybody read the list"));
            }
            Meant::TakenOff(digest) if inner.taken_off.insert(digest.clone()) => inner.sent.push(digest),
            Meant::Sent | Meant::Replaced | Meant::TakenOff(_) => {}
        }
        if method == "POST" {
            inner.have_read.remove(&life);
            inner.sent.push(sha256(body));
        }
        true
    }

    /// Which intent of this write the ledger holds, as another process sees it: of a body by its hash, of a removal by the
    /// record that it is about.
    fn meant(&self, method: &str, path: &str, body: &[u8]) -> Meant {
        let Some(db) = trail::open(&self.ledger) else { return Meant::Nothing };
        let holds = |sql: &str, what: &str| {
            db.query_row(sql, [what], |row| row.get::<_, i64>(0)).is_ok_and(|found| found > 0)
        };
        if method != "DELETE" {
            let sql =
                "SELECT count(*) FROM batches WHERE body_sha256 = ?1 AND state = 'intent' AND attempt > 0";
            return if holds(sql, &sha256(body)) { Meant::Sent } else { Meant::Nothing };
        }
        let record = path.rsplit('/').next().unwrap_or_default();
        if holds("SELECT count(*) FROM replacements WHERE entry_id = ?1 AND done = 0", record) {
            return Meant::Replaced;
        }
        self.intent_to_take_off(&db, record).map_or(Meant::Nothing, Meant::TakenOff)
    }

    /// The digest of the intent on disk that names this record: it has to be the one of all records of its batch.
    fn intent_to_take_off(&self, db: &Connection, record: &str) -> Option<String> {
        let removals = self.lock().removals.clone();
        let sql = "SELECT plan_rows, body_sha256 FROM batches WHERE state = 'intent' AND attempt > 0";
        let mut statement = db.prepare(sql).ok()?;
        let intents = statement.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?))).ok()?;
        let intents: Vec<(Vec<u8>, String)> = intents.flatten().collect();
        intents.into_iter().find_map(|(rows, digest)| {
            let mut records: Vec<&str> = rows_of(&rows)
                .into_iter()
                .flat_map(|row| removals.get(row))
                .flatten()
                .map(String::as_str)
                .collect();
            records.sort_unstable();
            let is_named = records.contains(&record) && sha256(records.join("\n").as_bytes()) == digest;
            is_named.then_some(digest)
        })
    }

    /// Counts a write; where it is the one that is waited for, tells how far it may go.
    fn counted(&self, life: u64) -> Option<Stage> {
        let mut inner = self.lock();
        if life != inner.life {
            return None;
        }
        inner.writes += 1;
        match inner.watch {
            Watch::FirstWrite if inner.writes == 1 => {
                let _ = inner.news.as_ref().map(|news| news.send(News::Reached));
                None
            }
            Watch::Hold { write, stage } if write == inner.writes => Some(stage),
            _ => None,
        }
    }

    /// Says that the call has come so far, and lets nothing pass until the program is gone.
    fn hold(&self, client: &mut TcpStream, tenant: &TcpStream) -> io::Result<()> {
        let _ = self.lock().news.as_ref().map(|news| news.send(News::Reached));
        let mut rest = [0; 1024];
        while client.read(&mut rest).is_ok_and(|read| read > 0) {}
        tenant.shutdown(Shutdown::Both)
    }
}

/// The plan rows of a batch: pairs of a gap and of how many more follow, each number seven bits a byte, the lowest first.
fn rows_of(bytes: &[u8]) -> Vec<usize> {
    let mut numbers = Vec::new();
    let (mut number, mut shift) = (0_usize, 0);
    for byte in bytes {
        number |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            numbers.push(number);
            (number, shift) = (0, 0);
        }
    }
    let (mut rows, mut next) = (Vec::new(), 0);
    for pair in numbers.chunks_exact(2) {
        let first = next + pair[0];
        next = first + pair[1] + 1;
        rows.extend(first..next);
    }
    rows
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One request or answer: its head, and its body by `Content-Length`. `None` = the connection ended before it began.
fn message(from: &mut TcpStream) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        match from.read(&mut piece)? {
            0 if bytes.is_empty() => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let length: usize = length.unwrap_or(0);
    while bytes.len() < end + length {
        match from.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    }
    let body = bytes.split_off(end);
    Ok(Some((bytes, body)))
}
