//! Dead letters: what the tenant refused, with its reason, the row and the number.

use rusqlite::params;

use super::error::Error;
use super::plans::open;
use super::{DeadLetter, Ledger};

struct Stored {
    run: String,
    plan: String,
    digest: String,
    row: u32,
    code: String,
    message: String,
}

impl Ledger {
    /// Dead letters of a run, or of all runs (newest run first), by file row.
    pub async fn dead_letters(&self, run: Option<&str>) -> Result<Vec<(String, DeadLetter)>, Error> {
        let run = run.map(str::to_owned);
        let stored = self
            .read(move |connection| {
                let id = run.map(|run| super::runs::find(connection, &run)).transpose()?;
                let mut statement = connection.prepare_cached(
                    "SELECT e.run, r.plan, p.digest, e.plan_row, e.code, e.message
                     FROM exceptions e JOIN runs r ON r.id = e.run JOIN plans p ON p.id = r.plan
                     WHERE e.kind = 'dead' AND (?1 IS NULL OR e.run = ?1) ORDER BY r.n DESC, e.plan_row",
                )?;
                let mut rows = statement.query(params![id])?;
                let mut stored = Vec::new();
                while let Some(row) = rows.next()? {
                    stored.push(Stored {
                        run: row.get(0)?,
                        plan: row.get(1)?,
                        digest: row.get(2)?,
                        row: row.get(3)?,
                        code: row.get(4)?,
                        message: row.get(5)?,
                    });
                }
                Ok(stored)
            })
            .await?;
        self.blocking(move |folder| {
            let mut letters = Vec::with_capacity(stored.len());
            for group in stored.chunk_by(|a, b| a.run == b.run) {
                let indices: Vec<u32> = group.iter().map(|letter| letter.row).collect();
                let rows = open(folder, &group[0].plan, &group[0].digest)?.pick(&indices)?;
                let first = letters.len();
                letters.extend(group.iter().zip(rows).map(|(letter, (_, row))| {
                    let (code, message) = (letter.code.clone(), letter.message.clone());
                    (
                        letter.run.clone(),
                        DeadLetter { row: row.row, identifier: row.identifier, code, message },
                    )
                }));
                letters[first..].sort_by_key(|(_, letter)| letter.row);
            }
            Ok(letters)
        })
        .await
    }
}
