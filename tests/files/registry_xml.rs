//! The registry's XML: an area code that is damaged or an element that nobody knows refuses it.

use super::containers::open;
use super::*;

#[rstest]
#[case::damaged_area("<list val='202'><ac val='2I2'><ph val='5550101'/></ac></list>", "area code")]
#[case::empty_area("<list val='202'><ac val=''><ph val='5550101'/></ac></list>", "area code")]
#[case::no_area("<list val='202'><ac Val='212'><ph val='5550101'/></ac></list>", "area code")]
#[case::twice("<list val='202'><ac val='202' val='212'><ph val='5550101'/></ac></list>", "attribute")]
#[case::capitals("<list val='202'><PH val='5550101'/><ph val='5550102'/></list>", "element")]
#[case::another_word("<list val='202'><phone val='5550101'></phone></list>", "element")]
#[case::damaged_list("<list val='2O2'><ph val='5550101'/></list>", "without an area code")]
fn the_registrys_xml_with_damage_is_refused(#[case] xml: &str, #[case] why: &str) {
    let read = open("202.xml", xml.as_bytes(), &InputOptions::default());
    let Err(FileError::Damaged { what, .. }) = read else { panic!("{read:?}") };
    assert!(what.contains(why), "{what}");
}

#[test]
fn a_registrys_list_may_have_a_name_that_is_no_area_code() {
    let xml = "<list val='District of Columbia'><ac val='202'><ph val='5550101'/></ac></list>";
    assert_eq!(
        numbers(&open("dc.xml", xml.as_bytes(), &InputOptions::default()).unwrap().1),
        ["+12025550101"]
    );
}
