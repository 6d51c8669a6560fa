//! Look-up: type, read, done. The field has the focus from the start; what is typed is read at once, locally; Enter
//! asks the tenant.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Pane;
use crate::domain::rule::Channel;
use crate::ops::LookupSources;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, PaneId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::store::Answered;
use crate::tui::widgets::input::Field;
use crate::tui::widgets::table::Cursor;

mod answer;
mod say;
#[cfg(test)]
mod tests;
mod view;

/// A paste may hold this many numbers; more belongs into a file.
const MOST: usize = 1_000;

/// The field's region.
const FIELD: u8 = 0;
/// The region of earlier answers, or of the answers of one paste.
const ANSWERS: u8 = 1;

/// Which of the stored answers: its batch, and its place in it. Stays true when more answers come.
type Key = (u64, usize);

/// See the module.
#[derive(Debug)]
pub struct Lookup {
    field: Field,
    focus: u8,
    channel: Channel,
    cursor: Cursor<Key>,
    /// Numbers of a paste, until Enter or Esc.
    pasted: Vec<String>,
    /// The newest batch that was shown: a newer one is selected when it comes.
    seen: u64,
}

impl Default for Lookup {
    fn default() -> Self {
        Self {
            field: Field::default(),
            focus: FIELD,
            channel: Channel::Outbound,
            cursor: Cursor::default(),
            pasted: Vec::new(),
            seen: 0,
        }
    }
}

/// Keys of the answers as they are listed: newest question first, the answers of one question in the order asked.
fn keys(cx: &Cx) -> Vec<Key> {
    let mut place = (0, 0);
    cx.store
        .answers
        .iter()
        .map(|answered| {
            place = if place.0 == answered.batch { (place.0, place.1 + 1) } else { (answered.batch, 0) };
            place
        })
        .collect()
}

impl Lookup {
    fn selected<'a>(&self, cx: &'a Cx) -> Option<&'a Answered> {
        cx.store.answers.get(self.cursor.index())
    }

    /// The answer belongs to a paste of several numbers: the list of answers is then the table of that paste.
    fn is_batch(cx: &Cx) -> bool {
        cx.store.batch().len() > 1
    }

    fn ask(&mut self) -> Reply {
        let inputs = if self.pasted.is_empty() {
            let input = self.field.value().trim().to_owned();
            if input.is_empty() {
                return Reply::act(Act::Refuse("type a number first".into()));
            }
            vec![input]
        } else {
            std::mem::take(&mut self.pasted)
        };
        Reply::act(Act::Start(Op::Lookup { inputs, sources: LookupSources::Tenant }))
    }

    fn typed(&self, cx: &Cx) -> Reply {
        if self.field.is_blank() || cx.env.tenant.is_none() {
            return Reply::done();
        }
        Reply::act(Act::Start(Op::Typed { input: self.field.value().to_owned() }))
    }

    fn take_paste(&mut self, pasted: &str, cx: &Cx) -> Reply {
        let lines: Vec<String> =
            pasted.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        self.focus = FIELD;
        if lines.len() > MOST {
            let why =
                format!("{} lines are too many here (at most {MOST}); open them as a file", lines.len());
            return Reply::act(Act::Refuse(why));
        }
        if lines.len() > 1 {
            self.pasted = lines;
            return Reply::done();
        }
        self.field.edit(&Text::Paste(pasted.to_owned()));
        self.typed(cx)
    }

    fn export(cx: &Cx) -> Reply {
        let batch = cx.store.batch();
        let name = format!("answers-{}.csv", cx.now.strftime("%Y%m%d-%H%M%S"));
        let rows = batch.len() as u64;
        let text = answer::csv(batch.into_iter().map(|answered| &answered.answer));
        Reply::act(Act::Start(Op::Export { out: cx.env.exports.join(name), text, rows }))
    }
}

impl Pane for Lookup {
    fn id(&self) -> PaneId {
        PaneId::Lookup
    }

    fn field(&self) -> bool {
        self.focus == FIELD
    }

    fn why_not(&self, command: Command, cx: &Cx) -> Option<String> {
        (command == Command::Accept && cx.env.tenant.is_none() && self.focus == FIELD)
            .then(|| "no tenant yet; : and “set up” makes one".into())
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        match command {
            Command::Accept if self.focus == FIELD => self.ask(),
            Command::Accept | Command::LookupEdit => {
                self.focus = FIELD;
                Reply::done()
            }
            Command::Back if !self.pasted.is_empty() => {
                self.pasted.clear();
                Reply::done()
            }
            Command::Back if self.focus == FIELD => {
                self.focus = ANSWERS;
                Reply::done()
            }
            Command::NextRegion | Command::PrevRegion => {
                self.focus = if self.focus == FIELD { ANSWERS } else { FIELD };
                Reply::done()
            }
            Command::LookupChannel => {
                self.channel = answer::other(self.channel);
                Reply::done()
            }
            Command::Copy => match self.selected(cx) {
                Some(answered) => Reply::act(Act::Copy(answer::plain(cx, answered), "answer")),
                None => Reply::Ignored,
            },
            Command::LookupExport => Self::export(cx),
            _ if self.cursor.step(command, &keys(cx), cx.hits.page_of(ANSWERS)) => Reply::done(),
            _ => Reply::Ignored,
        }
    }

    fn text(&mut self, text: &Text, cx: &Cx) -> Reply {
        match text {
            Text::Paste(pasted) => self.take_paste(pasted, cx),
            Text::Key(_) if self.focus == FIELD => {
                self.pasted.clear();
                if self.field.edit(text) { self.typed(cx) } else { Reply::done() }
            }
            Text::Key(_) => Reply::Ignored,
        }
    }

    fn click(&mut self, hit: Hit, _double: bool, cx: &Cx) -> Reply {
        match hit {
            Hit::Region(region) => self.focus = region,
            Hit::Row(region, index) => {
                self.focus = region;
                self.cursor.go(index, &keys(cx));
            }
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn focus(&mut self, region: u8) {
        self.focus = region;
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        let keys = keys(cx);
        if let Some(newest) = keys.first()
            && newest.0 != self.seen
        {
            self.seen = newest.0;
            self.cursor.select(*newest);
        }
        self.cursor.resync(&keys);
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        view::view(self, area, buf, cx, hits, cx.store.busy(Slot::Lookup));
    }
}
