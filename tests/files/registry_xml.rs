//! The registry's XML: an area code that is damaged or an element that nobody knows refuses it.

use super::containers::open;
use super::*;

#[rstest]
#[case::damaged_area("<list val='202'><ac val='2I2'><ph val='5550101'/></ac></list>", "area code")]
#[case::empty_area("<list val='202'><ac val=''><ph val='5550101'/></ac></list>", "area code")]
#[case::no_area("<list val='202'><ac><ph val='5550101'/></ac></list>", "area code")]
#[case::capitals_of_an_attribute(
    "<list val='202'><ac Val='212'><ph val='5550101'/></ac></list>",
    "attribute"
)]
#[case::twice("<list val='202'><ac val='202' val='212'><ph val='5550101'/></ac></list>", "attribute")]
#[case::capitals("<list val='202'><PH val='5550101'/><ph val='5550102'/></list>", "element")]
#[case::another_word("<list val='202'><phone val='5550101'></phone></list>", "element")]
#[case::additions("<list val='202'><add><ph val='5550101'/></add></list>", "element")]
#[case::deletions("<list val='202'><ph val='5550101'/><del><ph val='5550102'/></del></list>", "element")]
#[case::a_change(
    "<list val='202'><ph val='5550101'/><ph val='5550102' change='D'/></list>",
    "unknown attribute"
)]
#[case::a_change_of_an_area(
    "<list><ac val='202' change='D'><ph val='5550102'/></ac></list>",
    "unknown attribute"
)]
#[case::a_list_of_deletions("<list val='202' op='delete'><ph val='5550102'/></list>", "unknown attribute")]
#[case::another_type("<list val='202' type='delta'><ph val='5550102'/></list>", "another type than full")]
#[case::a_list_in_a_list(
    "<list val='202'><list val='del'><ph val='5550102'/></list></list>",
    "none of its kind"
)]
#[case::an_area_in_an_area(
    "<list><ac val='202'><ac val='212'><ph val='1'/></ac></ac></list>",
    "none of its kind"
)]
#[case::a_number_in_a_number("<list val='202'><ph val='1'><ph val='2'/></ph></list>", "none of its kind")]
#[case::cdata("<list val='202'><![CDATA[<ph val='5550101'/>]]></list>", "text between")]
#[case::a_number_as_text("<list val='202'><ph>5550101</ph></list>", "without a value")]
#[case::an_entity_as_text("<list val='202'><ph val='1'>&#53;</ph></list>", "text between")]
#[case::an_unknown_entity("<list val='202'><ph val='555&five;0101'/></list>", "unknown entity")]
#[case::a_second_number_by_entity("<list val='202'><ph val='5550101&#10;5550102'/></list>", "line break")]
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

#[test]
fn an_attribute_of_the_registrys_xml_is_read_by_what_its_entities_stand_for() {
    let xml = "<list xmlns='urn:list' type='Full' val='20&#50;'><ac val='&#x32;12'><ph val='555&#48;101'/></ac>\
               <ph val=' &#53;550102'/></list>";
    assert_eq!(
        numbers(&open("202.xml", xml.as_bytes(), &InputOptions::default()).unwrap().1),
        ["+12025550102", "+12125550101"]
    );
}
