//! The first minute.

use secrecy::ExposeSecret;

use crate::tui::Ended;
use crate::tui::event::{Effect, Fact, Op, Trouble};
use crate::tui::testkit::Kit;

fn first_run() -> Kit {
    let mut kit = Kit::with(|env| env.tenant = None);
    kit.effects();
    kit
}

fn ends(kit: &mut Kit) -> Option<Ended> {
    kit.effects().into_iter().find_map(|effect| match effect {
        Effect::End(ended) => Some(ended),
        _ => None,
    })
}

#[test]
fn the_sandbox_is_one_key_away() {
    for key in ["enter", "s"] {
        let mut kit = first_run();
        kit.shows(&["Welcome to quietline", "The sandbox, now"]).keys(key);
        assert_eq!(ends(&mut kit), Some(Ended::WantsSandbox), "{key}");
    }
}

#[test]
fn a_tenant_is_three_fields_whose_urls_show_before_anything_is_sent() {
    let mut kit = first_run();
    kit.keys("t").types("acme").shows(&["https://acme.my.cxone.com/api/v2"]);
    kit.keys("enter").types("my-id").keys("enter").types("s3cret").hides(&["s3cret"]).shows(&["••••••"]);
    assert!(kit.started().is_empty(), "nothing is sent before the last Enter");
    kit.keys("enter").shows(&["asking for a token"]);
    let started = kit.started();
    let [Op::SetUp(set_up)] = started.as_slice() else { panic!("{started:?}") };
    assert_eq!((set_up.tenant.as_str(), set_up.client_id.as_str()), ("acme", "my-id"));
    assert_eq!(set_up.client_secret.expose_secret(), "s3cret");
    assert!(!format!("{set_up:?}").contains("s3cret"));
    kit.answer(|op| matches!(op, Op::SetUp(_)), Fact::ProfileReady("acme".into()));
    assert_eq!(ends(&mut kit), Some(Ended::WantsProfile("acme".into())));
}

#[test]
fn a_test_that_fails_says_why_and_lets_the_secret_be_mended() {
    let mut kit = first_run();
    kit.keys("t").types("acme").keys("enter").types("id").keys("enter").types("wrong").keys("enter");
    let trouble =
        Trouble::said("set the tenant up", "unauthorised", "the credentials were refused", "Check them.");
    kit.answer(|op| matches!(op, Op::SetUp(_)), Fact::Failed(trouble));
    kit.shows(&["the credentials were refused", "Check them.", "•••••"]);
    kit.types("2").effects();
    kit.keys("enter");
    assert!(matches!(kit.started().as_slice(), [Op::SetUp(_)]));
}

#[test]
fn a_tenant_name_cannot_move_the_host() {
    let mut kit = first_run();
    kit.keys("t").types("evil.example/").shows(&["https://….my.cxone.com"]);
    kit.keys("enter").shows(&["letters, digits and hyphens"]);
    assert!(kit.started().is_empty());
}

#[test]
fn escape_does_it_later_and_the_palette_brings_it_back() {
    let mut kit = first_run();
    kit.keys("esc").hides(&["Welcome to quietline"]).shows(&["No tenant yet"]);
    kit.keys("esc :").types("set up").keys("enter").shows(&["Welcome to quietline"]);
}
