//! A run keeps how its file is read, whatever happens to the saved layouts.

use std::sync::Arc;

use quietline::domain::run::RunState;
use quietline::files::{Layout, Match};
use quietline::ops::{
    Constants, Field, InputOptions, Launched, PlanRequest, Silent, UsedLayout, Values, settle_layout,
};
use quietline::sandbox::Story;
use tokio_util::sync::CancellationToken;

use crate::stage::Stage;

/// A layout for files whose columns no name tells.
fn layout() -> Layout {
    let (mut constants, mut values) = (Constants::default(), Values::default());
    constants.set(Field::Source, "State_CA").unwrap();
    constants.set(Field::Expires, "2099-12-31").unwrap();
    values.add(Field::Jurisdiction, "Kalifornien", "US-CA").unwrap();
    let map = vec![(Field::Number, "Rufnr".into()), (Field::Jurisdiction, "Staat".into())];
    Layout {
        name: "ca".into(),
        matches: Match { header: vec!["Rufnr".into()], file: None },
        options: InputOptions { map, constants, values, ..InputOptions::default() },
        ..Layout::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_stopped_before_it_read_its_file_reads_it_by_the_layout_it_was_begun_with() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("list.csv", "Rufnr,Anderes,Staat\n4155550187,2125550188,Kalifornien\n");
    let request = Stage::request(&file);
    let input = settle_layout(&file, &request.input, &[layout()], &CancellationToken::new()).await.unwrap();
    let used = input.options.layout.as_ref().map(|used: &UsedLayout| (used.name.as_str(), used.by_match));
    assert_eq!(used, Some(("ca", true)));
    let mut launch = Stage::launch_file(&file);
    launch.what = Launched::File(PlanRequest { input, ..request });
    let stop = CancellationToken::new();
    stop.cancel();
    let run = stage.ops.upload(launch, Arc::new(Silent), &stop).await.unwrap();
    assert!(run.plan.is_none() && run.state == RunState::Paused, "{run:?}");

    // No layout is at hand any more: without it this file is read otherwise, or not at all.
    let run = stage.resume().await.unwrap();

    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert_eq!(run.buckets.accepted, 1);
    let records = stage.records_of("+14155550187").await;
    assert_eq!(records.len(), 1, "{records:?}");
    for part in ["\"US-CA\"", "\"State_CA\"", "2099-12-31"] {
        assert!(records[0].contains(part), "{part}: {records:?}");
    }
}
