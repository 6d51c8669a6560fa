//! The form of the database, version by version.
//!
//! Times are BIGINT microseconds, enums are words, sets of rows are blobs: the same schema would stand in PostgreSQL.

/// Append only: a migration that was ever released is never changed.
pub(super) const MIGRATIONS: [&str; 11] = [V1, V2, V3, V4, V5, V6, V7, V8, APPROVALS, REPLACEMENTS, SAYS];

const V1: &str = "
CREATE TABLE plans (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  digest TEXT NOT NULL,
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  list_name TEXT NOT NULL,
  file TEXT NOT NULL,
  file_sha256 TEXT NOT NULL,
  file_rows BIGINT NOT NULL,
  adds BIGINT NOT NULL,
  updates BIGINT NOT NULL,
  removes BIGINT NOT NULL,
  unchanged BIGINT NOT NULL,
  duplicates BIGINT NOT NULL,
  removed BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  shortened BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  CHECK (file_rows = adds + updates + removes + unchanged + duplicates + removed + rejected)
);
CREATE INDEX plans_digest ON plans (digest);

CREATE TABLE approvals (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  digest TEXT NOT NULL,
  made_by TEXT NOT NULL,
  claimed TEXT,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX approvals_digest ON approvals (digest);

CREATE TABLE runs (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  list_name TEXT NOT NULL,
  file TEXT NOT NULL,
  file_sha256 TEXT,
  input TEXT NOT NULL,
  plan TEXT,
  bound BIGINT NOT NULL DEFAULT 0,
  reason TEXT NOT NULL,
  made_by TEXT NOT NULL,
  state TEXT NOT NULL,
  file_rows BIGINT NOT NULL DEFAULT 0,
  accepted BIGINT NOT NULL DEFAULT 0 CHECK (accepted >= 0),
  unchanged BIGINT NOT NULL DEFAULT 0,
  duplicates BIGINT NOT NULL DEFAULT 0,
  removed BIGINT NOT NULL DEFAULT 0,
  rejected BIGINT NOT NULL DEFAULT 0,
  dead_letters BIGINT NOT NULL DEFAULT 0 CHECK (dead_letters >= 0),
  unaccounted BIGINT NOT NULL DEFAULT 0 CHECK (unaccounted >= 0),
  batches BIGINT NOT NULL DEFAULT 0,
  batches_done BIGINT NOT NULL DEFAULT 0,
  retries BIGINT NOT NULL DEFAULT 0,
  throttled BIGINT NOT NULL DEFAULT 0,
  differences BIGINT NOT NULL DEFAULT 0,
  started_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  last_accepted BIGINT,
  cool_down_until BIGINT,
  worked BIGINT NOT NULL DEFAULT 0,
  error_code TEXT,
  error TEXT,
  CHECK (file_rows = accepted + unchanged + duplicates + removed + rejected + dead_letters + unaccounted),
  CHECK (batches_done <= batches)
);
CREATE INDEX runs_list ON runs (profile, list);

CREATE TABLE batches (
  run TEXT NOT NULL REFERENCES runs (id),
  seq BIGINT NOT NULL,
  plan_rows BLOB NOT NULL,
  first_row BIGINT NOT NULL,
  last_row BIGINT NOT NULL,
  state TEXT NOT NULL,
  attempt BIGINT NOT NULL DEFAULT 0,
  sent_at BIGINT,
  body_sha256 TEXT,
  status BIGINT,
  answer BLOB,
  answer_sha256 TEXT,
  why TEXT,
  accepted BLOB,
  settled BIGINT,
  settled_at BIGINT,
  PRIMARY KEY (run, seq),
  CHECK ((state = 'settled') = (settled IS NOT NULL AND accepted IS NOT NULL))
);
CREATE INDEX batches_open ON batches (run, seq) WHERE state <> 'settled';

CREATE TABLE exceptions (
  run TEXT NOT NULL REFERENCES runs (id),
  plan_row BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  kind TEXT NOT NULL,
  code TEXT,
  message TEXT,
  PRIMARY KEY (run, plan_row)
);

CREATE TABLE replacements (
  run TEXT NOT NULL REFERENCES runs (id),
  plan_row BIGINT NOT NULL,
  entry_id TEXT NOT NULL,
  done BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (run, entry_id)
);

CREATE TABLE baselines (
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  file TEXT NOT NULL,
  digest TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (profile, list)
);

CREATE TABLE generations (
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  number BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (profile, list, number)
);

CREATE TABLE reconciliations (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  run TEXT,
  at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  remote BIGINT NOT NULL,
  expected BIGINT NOT NULL,
  matching BIGINT NOT NULL,
  differences BIGINT NOT NULL
);
CREATE INDEX reconciliations_list ON reconciliations (profile, list);

CREATE TABLE differences (
  reconciliation BIGINT NOT NULL REFERENCES reconciliations (n),
  position BIGINT NOT NULL,
  difference BLOB NOT NULL,
  PRIMARY KEY (reconciliation, position)
);

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  object TEXT NOT NULL,
  effect TEXT NOT NULL,
  reason TEXT,
  hash TEXT NOT NULL
);
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT raise(ABORT, 'the trail is append-only'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'the trail is append-only'); END;
";

/// Plans and runs that go elsewhere than to entries.
const V2: &str = "
ALTER TABLE plans ADD COLUMN destination TEXT NOT NULL DEFAULT 'entries';
ALTER TABLE plans ADD COLUMN scrub TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN destination TEXT NOT NULL DEFAULT 'entries';
ALTER TABLE runs ADD COLUMN activates BIGINT NOT NULL DEFAULT 0;
";

/// Contacts that a sync has written, until it is done.
const V3: &str = "
CREATE TABLE contact_updates (
  profile TEXT NOT NULL,
  sync TEXT NOT NULL,
  contact TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (profile, sync, contact)
);
";

/// Rows of a call that a tenant takes, where that is fewer than its contract says.
const V4: &str = "
CREATE TABLE sizes (
  profile TEXT NOT NULL,
  destination TEXT NOT NULL,
  most BIGINT NOT NULL CHECK (most > 0),
  at BIGINT NOT NULL,
  PRIMARY KEY (profile, destination)
);
";

/// What a plan does with its numbers, and where its rows come from.
const V5: &str = "
ALTER TABLE plans ADD COLUMN operation TEXT NOT NULL DEFAULT 'add';
ALTER TABLE plans ADD COLUMN origin TEXT NOT NULL DEFAULT 'file';
ALTER TABLE runs ADD COLUMN operation TEXT NOT NULL DEFAULT 'add';
ALTER TABLE runs ADD COLUMN origin TEXT NOT NULL DEFAULT 'file';
";

/// Up to where the trail was looked at. The mirror of a trail from before there was one is made at the first opening.
const V6: &str = "
CREATE TABLE trail_mark (
  seq BIGINT NOT NULL,
  hash TEXT NOT NULL,
  mirror BIGINT NOT NULL
);
INSERT INTO trail_mark (seq, hash, mirror) VALUES (0, '0000000000000000000000000000000000000000000000000000000000000000', -1);
CREATE INDEX events_of_trail ON events (seq) WHERE kind = 'trail.checkpoint';
";

/// Messages to whoever listens to a profile's runs, and what the calls of each run took.
const V7: &str = "
CREATE TABLE receivers (
  profile TEXT PRIMARY KEY NOT NULL,
  receiver TEXT NOT NULL,
  gone_at BIGINT,
  paused_until BIGINT
);
CREATE TABLE outbox (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  profile TEXT NOT NULL,
  run TEXT NOT NULL REFERENCES runs (id),
  kind TEXT NOT NULL,
  body BLOB NOT NULL,
  says TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting',
  tries BIGINT NOT NULL DEFAULT 0,
  next_at BIGINT NOT NULL,
  lease TEXT,
  leased_until BIGINT NOT NULL DEFAULT 0,
  why TEXT
);
CREATE INDEX outbox_run ON outbox (run, kind);
CREATE INDEX outbox_waiting ON outbox (profile, next_at) WHERE state = 'waiting';
CREATE TABLE run_metrics (
  run TEXT PRIMARY KEY NOT NULL REFERENCES runs (id),
  metrics BLOB NOT NULL
);
";

/// Which lock a run is held by, what people want of runs that another process works on, and lists of which the ledger may
/// not know everything until they are reconciled.
const V8: &str = "
ALTER TABLE runs ADD COLUMN lock TEXT;
CREATE TABLE wishes (
  run TEXT PRIMARY KEY REFERENCES runs (id),
  wish TEXT NOT NULL,
  made_by TEXT NOT NULL,
  at BIGINT NOT NULL,
  reason TEXT
);
CREATE TABLE doubts (
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  at BIGINT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (profile, list)
);
";

/// What plans were made under, until when approvals hold, and which run was launched under each. Those of old end a day after they were given; the newest
/// run of a plan has used its newest approval.
const APPROVALS: &str = "
ALTER TABLE plans ADD COLUMN made_under TEXT NOT NULL DEFAULT '{}';
ALTER TABLE approvals ADD COLUMN ends_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN event BIGINT NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN void TEXT;
UPDATE approvals SET ends_at = at + 86400000000,
  event = coalesce((SELECT max(seq) FROM events WHERE kind = 'plan.approved' AND events.at = approvals.at), 0);
ALTER TABLE runs ADD COLUMN approval BIGINT;
UPDATE runs SET approval = (SELECT max(a.n) FROM approvals a JOIN plans p ON p.digest = a.digest WHERE p.id = runs.plan)
WHERE n IN (SELECT max(r.n) FROM runs r JOIN plans p ON p.id = r.plan GROUP BY p.digest);
CREATE UNIQUE INDEX run_of_approval ON runs (approval) WHERE approval IS NOT NULL;
";

/// Old records are removed in the order of the rows that replace them, a part at a time.
const REPLACEMENTS: &str = "
CREATE INDEX replacements_rows ON replacements (run, plan_row) WHERE done = 0;
";

/// What there was to say of a plan when it was made, for whoever approves it later.
const SAYS: &str = "
ALTER TABLE plans ADD COLUMN says TEXT NOT NULL DEFAULT '[]';
";
