//! Saving how the open file is read: a name, and what will be saved under it.
//!
//! ```text
//! ╭ Save layout ────────────────────────────────────────────────╮
//! │ name  ca_state▏                                             │
//! │ for files with the columns phone, state, until              │
//! │ number from phone · jurisdiction from state · source = Web  │
//! ╰─────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Overlay, window};
use crate::ops::Layout;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, OverlayId};
use crate::tui::cx::Cx;
use crate::tui::event::Op;
use crate::tui::hits::HitMap;
use crate::tui::store::OpenFile;
use crate::tui::theme::Role;
use crate::tui::widgets::input::Field;
use crate::tui::widgets::{line, span, text};

/// See the module.
#[derive(Debug, Default)]
pub struct LayoutName {
    name: Field,
}

impl LayoutName {
    fn take(&self, cx: &Cx) -> Reply {
        let Some(file) = &cx.store.file else { return Reply::act(Act::Close) };
        let name = self.name.value().trim();
        let sound = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'@'));
        if name.is_empty() || !sound {
            let why = "a layout's name is letters, digits, hyphens and underscores";
            return Reply::act(Act::Refuse(why.into()));
        }
        let op = Op::SaveLayout { name: name.to_owned(), file: file.opened.clone() };
        Reply::Consumed(vec![Act::Close, Act::Start(op)])
    }
}

/// What would be saved, in two sentences.
fn said(cx: &Cx, file: &OpenFile) -> [String; 2] {
    let layout = Layout::of("", &file.opened.document, &file.opened.input.options);
    let fits = match &layout.matches.file {
        Some(pattern) => format!("for files that are called {}", cx.name(pattern, 200)),
        None => format!("for files with the columns {}", cx.name(&layout.matches.header.join(", "), 400)),
    };
    let from = |column: &str| match column {
        "-" => "no column".to_owned(),
        column if column.bytes().all(|b| b.is_ascii_digit()) => format!("column {column}"),
        column => column.to_owned(),
    };
    let options = &layout.options;
    let columns =
        options.map.iter().map(|(field, column)| format!("{} from {}", field.as_str(), from(column)));
    let constants = options.constants.iter().map(|(field, text)| format!("{} = {text}", field.as_str()));
    let values = options.values.iter().count();
    let values = (values > 0).then(|| format!("{values} values by table"));
    let parts: Vec<String> = columns.chain(constants).chain(values).collect();
    [fits, cx.name(&parts.join(" · "), 400)]
}

impl Overlay for LayoutName {
    fn id(&self) -> OverlayId {
        OverlayId::LayoutName
    }

    fn field(&self) -> bool {
        true
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        match command {
            Command::Accept => self.take(cx),
            _ => Reply::Ignored,
        }
    }

    fn text(&mut self, text: &Text, _cx: &Cx) -> Reply {
        self.name.edit(text);
        Reply::done()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let width = area.width.min(90);
        let inner = usize::from(width.saturating_sub(4));
        let Some(file) = &cx.store.file else { return };
        let wrapped: Vec<String> =
            said(cx, file).iter().flat_map(|sentence| text::wrap(sentence, inner)).collect();
        let inside = window(area, buf, cx, "Save layout", width, wrapped.len() as u16 + 4);
        let mut rows = (inside.y..inside.bottom()).map(|y| Rect { y, height: 1, ..inside });
        if let Some(place) = rows.next() {
            self.name.view(place, buf, cx, hits, " name  ", "such as ca_state; Enter saves it", true);
        }
        for (said, place) in wrapped.iter().zip(rows.skip(1)) {
            line(place, buf, &Line::from(span(cx, Role::Muted, format!(" {said}"))));
        }
    }
}
