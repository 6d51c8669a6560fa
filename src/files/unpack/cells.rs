//! Cells of an XLSX sheet as its markup says them: whether any of them holds what the reader of workbooks reads over.
//!
//! That reader takes the first table of a sheet and the last value of a cell, and of a value the text before any other
//! markup. No spreadsheet writes anything else, so what would be lost without a word is damage, and refused.

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Cells {
    tables: u32,
    /// Within a table.
    in_table: bool,
    /// Within what a workbook remembers of others: tables that no reader takes for a sheet's.
    in_memory: bool,
    cell: Option<Cell>,
    /// Where the last cell that began says that it stands.
    place: String,
    /// What would be lost.
    pub(super) lost: Option<String>,
}

#[derive(Debug)]
struct Cell {
    kind: Kind,
    within: Within,
    /// Values with anything in them.
    values: u32,
    is_filled: bool,
    texts: u32,
}

/// What the value of a cell is.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// A number, a truth, an error: read up to the first markup or entity.
    Plain,
    /// A place among the shared texts. What is no number is read as the first place.
    Shared,
    /// A text.
    Text,
    /// A repetition of the cell's own text, and not read.
    Inline,
}

#[derive(Debug, PartialEq, Eq)]
enum Within {
    Cell,
    Value,
    Text,
    Formula,
}

impl Cells {
    /// Whether a table was seen, so that a reader finds cells here.
    pub(super) fn any_table(&self) -> bool {
        self.tables > 0
    }

    /// A tag begins something, or is all of it.
    pub(super) fn open(&mut self, name: &[u8], is_all: bool) {
        if name == b"sheetDataSet" {
            self.in_memory = !is_all;
        }
        if name == b"sheetData" && !self.in_memory {
            self.tables += 1;
            self.in_table = !is_all;
            if self.tables > 1 {
                self.lose("a sheet in it has a second table of cells");
            }
            return;
        }
        let Some(cell) = &mut self.cell else { return };
        if cell.within == Within::Value {
            self.lose_cell();
            return;
        }
        match name {
            b"v" if !is_all => (cell.within, cell.is_filled) = (Within::Value, false),
            b"t" if !is_all => cell.within = Within::Text,
            b"f" if !is_all => cell.within = Within::Formula,
            b"is" => cell.texts += 1,
            _ => {}
        }
    }

    /// A cell begins, with its type and its place, or is all of it.
    pub(super) fn open_cell(&mut self, kind: Option<&str>, place: Option<&str>, is_all: bool) {
        if !self.in_table {
            return;
        }
        if self.cell.is_some() {
            self.lose_cell();
        }
        self.place.clear();
        self.place.push_str(place.unwrap_or_default());
        let kind = match kind {
            Some("s") => Kind::Shared,
            Some("str" | "d") => Kind::Text,
            Some("inlineStr" | "is") => Kind::Inline,
            _ => Kind::Plain,
        };
        let cell = Cell { kind, within: Within::Cell, values: 0, is_filled: false, texts: 0 };
        self.cell = (!is_all).then_some(cell);
    }

    pub(super) fn close(&mut self, name: &[u8]) {
        match name {
            b"sheetDataSet" => self.in_memory = false,
            b"sheetData" => self.in_table = false,
            b"c" => {
                let is_lost = self.cell.take().is_some_and(|cell| match cell.kind {
                    Kind::Inline => cell.texts != 1 && cell.texts + cell.values > 0,
                    _ => cell.values + cell.texts > 1,
                });
                if is_lost {
                    self.lose_cell();
                }
            }
            _ => {
                let Some(cell) = &mut self.cell else { return };
                cell.values += u32::from(cell.within == Within::Value && cell.is_filled);
                cell.within = Within::Cell;
            }
        }
    }

    /// Text, or a part of one.
    pub(super) fn text(&mut self, text: &[u8]) {
        if !self.in_table || text.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let Some(cell) = &mut self.cell else {
            self.lose("text stands between the cells of a sheet in it");
            return;
        };
        let is_lost = match (&cell.within, &cell.kind) {
            (Within::Cell, _) => true,
            (Within::Value, Kind::Plain) => text.contains(&b'&'),
            (Within::Value, Kind::Shared) => !text.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        cell.is_filled |= cell.within == Within::Value;
        if is_lost {
            self.lose_cell();
        }
    }

    /// A comment, an instruction, or text marked as such (CDATA).
    pub(super) fn special(&mut self, is_text: bool) {
        let within = self.cell.as_ref().map(|cell| &cell.within);
        let is_lost = match within {
            Some(Within::Value) => true,
            Some(Within::Cell) | None => is_text && self.in_table,
            Some(Within::Text | Within::Formula) => false,
        };
        if is_lost {
            self.lose_cell();
        }
    }

    fn lose_cell(&mut self) {
        let place = if self.place.is_empty() { String::new() } else { format!(" {}", self.place) };
        self.lose(&format!("the cell{place} of a sheet in it holds more than one plain value"));
    }

    /// Only the first is told.
    fn lose(&mut self, what: &str) {
        self.lost.get_or_insert_with(|| format!("{what}, which would be lost"));
    }
}
