//! Commands of overlays. An overlay takes moving, Accept and Back from the global rows.

use super::{Command as C, OverlayId, Row, Scope};

const fn at(overlay: OverlayId) -> Scope {
    Scope::Overlay(overlay)
}

pub(super) const ROWS: &[Row] = &[
    Row::new(C::Yes, at(OverlayId::Confirm), "confirm.yes", "yes").keys(&["y", "Y"]).footer(1),
    Row::new(C::No, at(OverlayId::Confirm), "confirm.no", "no").keys(&["n", "N", "esc"]).footer(2),
    Row::new(C::QuitFinish, at(OverlayId::Quit), "quit.finish", "finish, then quit").keys(&["f"]).footer(1),
    Row::new(C::QuitPause, at(OverlayId::Quit), "quit.pause", "pause and quit").keys(&["p"]).footer(2),
    Row::new(C::No, at(OverlayId::Quit), "quit.stay", "stay").keys(&["s", "n", "esc"]).footer(3),
    Row::new(C::Accept, at(OverlayId::Menu), "menu.run", "do it").keys(&["enter"]).footer(1),
    Row::new(C::WizardSandbox, at(OverlayId::Wizard), "wizard.sandbox", "sandbox now").keys(&["s"]).footer(4),
    Row::new(C::WizardTenant, at(OverlayId::Wizard), "wizard.tenant", "my tenant").keys(&["t"]).footer(5),
    Row::new(C::Accept, at(OverlayId::Wizard), "wizard.next", "next").keys(&["enter"]).footer(1),
    Row::new(C::WizardBack, at(OverlayId::Wizard), "wizard.back", "step back")
        .keys(&["shift-tab", "up"])
        .footer(2),
    Row::new(C::Back, at(OverlayId::Wizard), "wizard.skip", "later").keys(&["esc"]).footer(3),
    Row::new(C::Copy, at(OverlayId::Error), "error.copy", "copy").keys(&["y"]).footer(1),
    Row::new(C::Back, at(OverlayId::Error), "error.close", "close").keys(&["esc"]).footer(2),
    Row::new(C::Copy, at(OverlayId::Detail), "detail.copy", "copy").keys(&["y"]).footer(1),
    Row::new(C::Back, at(OverlayId::Detail), "detail.close", "close").keys(&["esc"]).footer(2),
    Row::new(C::Accept, at(OverlayId::FilePicker), "picker.open", "open").keys(&["enter"]).footer(1),
    Row::new(C::PickerParent, at(OverlayId::FilePicker), "picker.parent", "folder above")
        .keys(&["shift-tab", "alt-up"])
        .footer(2),
    Row::new(C::Accept, at(OverlayId::ListPicker), "list-picker.choose", "choose").keys(&["enter"]).footer(1),
    Row::new(C::Accept, at(OverlayId::Mapping), "mapping.use", "use this mapping").keys(&["enter"]).footer(1),
    Row::new(C::MappingHeader, at(OverlayId::Mapping), "mapping.header", "header line or not")
        .keys(&["t"])
        .footer(2),
    Row::new(C::MappingConstant, at(OverlayId::Mapping), "mapping.constant", "one value for every row")
        .keys(&["="])
        .footer(3),
    Row::new(C::MappingAdd, at(OverlayId::Mapping), "mapping.add", "one more number column")
        .keys(&["+"])
        .footer(4),
    Row::new(C::MappingRemove, at(OverlayId::Mapping), "mapping.remove", "no column").keys(&["-"]).footer(5),
    Row::new(C::Accept, at(OverlayId::Choice), "choice.take", "read it so").keys(&["enter"]).footer(1),
    Row::new(C::Back, at(OverlayId::Choice), "choice.leave", "leave it").keys(&["esc"]).footer(2),
    Row::new(C::Accept, at(OverlayId::LayoutName), "layout-name.save", "save").keys(&["enter"]).footer(1),
    Row::new(C::Back, at(OverlayId::LayoutName), "layout-name.leave", "leave it").keys(&["esc"]).footer(2),
    Row::new(C::Accept, at(OverlayId::WhereTo), "where-to.take", "go on").keys(&["enter"]).footer(1),
    Row::new(C::NextRegion, at(OverlayId::WhereTo), "where-to.next", "next").keys(&["tab"]).footer(2),
    Row::new(C::PrevRegion, at(OverlayId::WhereTo), "where-to.back", "step back")
        .keys(&["shift-tab"])
        .footer(3),
    Row::new(C::Back, at(OverlayId::WhereTo), "where-to.leave", "leave it").keys(&["esc"]).footer(4),
    Row::new(C::Accept, at(OverlayId::Plans), "plans.open", "look at it").keys(&["enter"]).footer(1),
    Row::new(C::Refresh, at(OverlayId::Plans), "plans.refresh", "refresh").keys(&["R", "ctrl-r"]).footer(2),
    Row::new(C::Back, at(OverlayId::Plans), "plans.close", "close").keys(&["esc"]).footer(3),
    Row::new(C::Accept, at(OverlayId::Approve), "approve.launch", "launch (or approve)")
        .keys(&["enter"])
        .danger()
        .footer(1),
    Row::new(C::NextRegion, at(OverlayId::Approve), "approve.next", "next (or Enter)")
        .keys(&["tab"])
        .footer(2),
    Row::new(C::PrevRegion, at(OverlayId::Approve), "approve.back", "step back")
        .keys(&["shift-tab"])
        .footer(3),
    Row::new(C::Back, at(OverlayId::Approve), "approve.close", "close").keys(&["esc"]).footer(4),
];
