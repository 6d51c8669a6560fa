//! What is always there, at every width.

use crate::ops::{Gauges, Rate, Rates};
use crate::tui::act::Act;
use crate::tui::event::{Event, Op, Trouble};
use crate::tui::testkit::Kit;

fn busy() -> Kit {
    let mut kit = Kit::with(|env| {
        let tenant = env.tenant.as_mut().unwrap();
        tenant.plain_http = true;
        tenant.cool_down_is_shortened = true;
        env.read_only = true;
    });
    kit.app.cx.masked = true;
    kit.app.cx.env.read_only = false;
    kit.does(Act::Start(Op::Resume { run: "7f3a0001".into() }));
    kit.app.cx.env.read_only = true;
    let entries = Rate { used: 38.0, allowed: 50.0, ceiling: 50.0, paused: None };
    let families = Rates { entries, ..Rates::default() };
    let gauges = Gauges { token_seconds: Some(2_820), families, ..Gauges::default() };
    kit.event(Event::Gauges(gauges));
    kit
}

#[test]
fn the_header_leaves_whole_facts_out_and_cuts_none() {
    let mut kit = busy();
    let all = ["quietline", "acme", " SANDBOX ", "▲ PLAIN HTTP", "▲ cool-down 180 s", "[RO]", "[masked]"];
    let more = ["▶ 1 run", "● token 47 min", "⇅ 38/50 per s"];
    for width in 60..=200 {
        kit.resize(width, 20);
        let screen = kit.screen();
        let mut rest = screen.lines().next().unwrap().to_owned();
        for fact in all.iter().chain(&more) {
            rest = rest.replacen(fact.trim(), "", 1);
        }
        assert_eq!(rest.replace('·', "").trim(), "", "a piece of a fact at {width}:\n{screen}");
        for stays in ["acme", "SANDBOX", "[RO]", "[masked]", "▶ 1 run"] {
            assert!(screen.lines().next().unwrap().contains(stays), "{stays} at {width}:\n{screen}");
        }
    }
    kit.shows(&all).shows(&more);
}

#[test]
fn the_header_shows_the_rate_of_what_is_waited_for() {
    let mut kit = busy();
    let entries = Rate { used: 2.0, allowed: 50.0, ceiling: 50.0, paused: None };
    let outbound = Rate { used: 0.7, allowed: 1.0, ceiling: 100.0 / 60.0, paused: None };
    let families = Rates { entries, outbound, ..Rates::default() };
    kit.event(Event::Gauges(Gauges { families, ..Gauges::default() }));
    kit.shows(&["⇅ 42/60 per min"]);
}

#[test]
fn a_long_error_is_wrapped_with_its_way_on_and_hides_nothing() {
    let mut kit = Kit::new();
    kit.keys("f2");
    let what = "list 7010c70c-013e-47ec-881c-7f1890b379dd is in use by root on this computer since 19:15";
    let trouble = Trouble::said("reconcile the list", "locked", what, "Wait.");
    kit.answer(|op| matches!(op, Op::Catalog), crate::tui::event::Fact::Failed(trouble));
    for (width, height) in [(60, 20), (80, 24), (120, 34)] {
        kit.resize(width, height).shows(&["✗ could not reconcile the list", "19:15", "(! detail, Esc"]);
        let screen = kit.screen();
        let lines: Vec<&str> = screen.lines().collect();
        let first = lines.iter().rposition(|line| line.contains("✗ could not reconcile")).unwrap();
        assert!(
            lines[first - 1].ends_with('╯') || lines[first - 1].ends_with('┛'),
            "over content:\n{screen}"
        );
        assert!(lines.last().unwrap().contains("? help"), "{screen}");
    }
    kit.keys("esc esc").hides(&["(! detail, Esc"]);
}

#[test]
fn a_tenant_that_does_not_answer_has_no_green_token() {
    let mut kit = Kit::new();
    let gauges = Gauges { token_seconds: Some(2_820), ..Gauges::default() };
    kit.event(Event::Gauges(gauges)).shows(&["● token 47 min"]);
    let trouble = Trouble::said("read lists and rules", "tenant-unreachable", "nobody answers", "Wait.");
    kit.answer(|op| matches!(op, Op::Catalog), crate::tui::event::Fact::Failed(trouble));
    kit.shows(&["✗ tenant not read (!)"]).hides(&["token 47"]);
}

#[test]
fn the_footer_promises_only_keys_that_work_where_the_focus_is() {
    let mut kit = Kit::new();
    kit.shows(&["Enter ask the tenant", "Ctrl-P commands"]).hides(&[
        "i type a number",
        "p privacy",
        "? help",
    ]);
    kit.keys("esc").shows(&["i type a number", "p privacy", ": commands", "? help"]);
    let mut first = Kit::with(|env| env.tenant = None);
    first.shows(&["s sandbox now"]).keys("t").hides(&["s sandbox now", "t my tenant"]);
}

#[test]
fn a_profile_called_like_its_environment_is_said_once() {
    let mut kit = Kit::with(|env| env.tenant.as_mut().unwrap().profile = "sandbox".into());
    kit.shows(&["SANDBOX"]);
    assert!(!kit.screen().lines().next().unwrap().contains("sandbox"));
}
