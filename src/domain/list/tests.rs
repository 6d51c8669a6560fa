use super::*;

fn list(id: &str, name: &str) -> DncList {
    DncList {
        id: ListId(id.to_owned()),
        name: name.to_owned(),
        description: String::new(),
        kind: "MANUAL".to_owned(),
        active: true,
        default_expires: None,
        entry_count: None,
    }
}

fn lists() -> Vec<DncList> {
    vec![
        list("L-1", "National"),
        list("L-2", "National_v2"),
        list("L-3", "State CA"),
        list("L-4", "State CA"),
        list("L-5", "L-1"),
    ]
}

#[test]
fn the_id_comes_first_then_the_equal_name() {
    let lists = lists();
    assert_eq!(resolve(&lists, "L-1").unwrap().name, "National");
    assert_eq!(resolve(&lists, "National").unwrap().id.0, "L-1");
    assert_eq!(resolve(&lists, "National_v2").unwrap().id.0, "L-2");
}

#[test]
fn what_merely_looks_alike_is_an_error_with_a_proposal() {
    let lists = lists();
    for wanted in ["national", "National ", "Nationl", "Natio"] {
        let Err(Unresolved::None { near, .. }) = resolve(&lists, wanted) else { panic!("{wanted} resolved") };
        assert_eq!(near.first().map(String::as_str), Some("National"), "{wanted}");
    }
    let Err(Unresolved::None { near, .. }) = resolve(&lists, "zzzzzzzz") else { panic!("resolved") };
    assert!(near.is_empty());
    assert!(resolve(&lists, "").is_err());
    assert!(resolve(&[], "National").is_err());
}

#[test]
fn two_lists_of_one_name_are_never_guessed() {
    let error = resolve(&lists(), "State CA").unwrap_err();
    assert_eq!(error.to_string(), "2 lists are named “State CA”: name one by its id");
    let Unresolved::Several { ids, .. } = error else { panic!("not several") };
    assert_eq!(ids, [ListId("L-3".to_owned()), ListId("L-4".to_owned())]);
}
