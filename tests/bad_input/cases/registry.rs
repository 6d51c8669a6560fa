//! 63–65: files of the national registry.

use super::Case;

pub fn cases() -> Vec<Case> {
    let xml = "<?xml version='1.0'?>\n<list val='202' type='full'>\n <ac val='202'>\n  <ph val='5550101'/>\n  <ph val='5550102'/>\n </ac>\n</list>\n";
    let bomb = "<?xml version='1.0'?>\n<!DOCTYPE list [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>\n<list val='&c;'/>\n";
    let outside = "<!DOCTYPE list [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>\n<list val='202'><ph val='&x;'/></list>\n";
    // Two rows of it delete: an upload only adds, and nothing else may be made of them.
    let changes = "202,5550101,2026-11-02,A\n202,5550102,2026-11-02,A\n202,5550103,2026-11-03,D\n202,5550101,2026-11-04,D\n";
    vec![
        Case::of(63, "ftc_flat_full_202.txt", "202,5550101\n202,5550102\n")
            .checked(2, 0, 0, &[("inferred-jurisdiction", 2)])
            .shows(&["ftc-split", "+1 202 555 0101"]),
        Case::of(63, "ftc_plain_202.txt", "2025550101\n2025550102\n")
            .checked(2, 0, 0, &[("inferred-jurisdiction", 2), ("assumed-headerless", 1)])
            .shows(&["ftc-plain"]),
        Case::of(64, "ftc_change_list_202.txt", changes)
            .asked("--changes additions", "What to do with a list of changes?"),
        Case::of(64, "ftc_change_list_202.txt", changes)
            .said(&["--changes", "additions"])
            .checked(2, 0, 2, &[("inferred-jurisdiction", 2), ("deletion-row", 2), ("added-and-deleted", 1)])
            .shows(&["ftc-changes", "+1 202 555 0101"]),
        Case::of(65, "ftc_xml.xml", xml)
            .checked(2, 0, 0, &[("inferred-jurisdiction", 2)])
            .shows(&["ftc-xml"]),
        Case::of(65, "billion_laughs.xml", bomb).refused("wrong-kind", "a document type, which may do harm"),
        Case::of(65, "xxe.xml", outside).refused("wrong-kind", "a document type, which may do harm"),
        Case::of(65, "ftc_xml_cut.xml", &xml[..xml.len() - 12]).refused("damaged-file", "is damaged"),
    ]
}
