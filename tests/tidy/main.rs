//! The rules of the house, read from the source itself. One function per rule; each rule is broken once in its own
//! unit tests, so that a rule that has gone blind is seen.
//!
//! ```text
//! files on disk ─▶ Source (code without comments and strings, strings alone, which lines are tests)
//!                    └─▶ rule(&[Source]) ─▶ findings: file:line and the rule in a sentence
//! ```

mod layers;
mod matrix;
mod repository;
mod rules;
mod source;

use source::{Finding, Source};

/// Fails with every finding at once, so that one run shows all there is to mend.
fn none(findings: &[Finding]) {
    assert!(
        findings.is_empty(),
        "{} against the rules of the house:\n{}\n",
        findings.len(),
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    );
}

fn src() -> Vec<Source> {
    let sources = source::read_all(&["src"]);
    assert!(sources.len() > 10, "the sources were not found");
    sources
}

fn everything() -> Vec<Source> {
    source::read_all(&["src", "tests", "benches", "examples"])
}

#[test]
fn layers_use_only_what_lies_below_them() {
    none(&layers::layers(&src()));
}

#[test]
fn files_stay_small() {
    none(&rules::file_size(&src()));
}

#[test]
fn colours_stand_only_in_the_theme() {
    none(&rules::colours(&src()));
}

#[test]
fn keys_stand_only_in_the_command_table() {
    none(&rules::keys(&src()));
}

#[test]
fn only_the_runtime_of_the_console_spawns() {
    none(&rules::spawning(&src()));
}

#[test]
fn only_the_terminal_writes_escape_sequences() {
    none(&rules::escapes(&src()));
}

#[test]
fn no_clock_no_chance_no_io_where_time_is_an_argument() {
    none(&rules::purity(&src()));
}

#[test]
fn the_domain_knows_no_framework() {
    none(&rules::domain_is_plain(&src()));
}

#[test]
fn every_file_begins_by_saying_what_it_is() {
    none(&rules::module_docs(&everything()));
}

#[test]
fn every_lint_exception_has_a_reason() {
    none(&rules::lint_exceptions(&everything()));
}

#[test]
fn nothing_is_left_unfinished() {
    none(&rules::unfinished(&everything()));
}

#[test]
fn tests_wait_for_conditions_and_never_sleep() {
    none(&rules::sleeping_tests(&everything()));
}

#[test]
fn no_test_is_switched_off() {
    none(&rules::ignored_tests(&everything()));
}

#[test]
fn the_readme_shows_the_two_commands() {
    none(&repository::readme());
}

#[test]
fn what_a_clone_needs_is_there() {
    none(&repository::files_present());
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    none(&repository::no_machine_paths());
}

#[test]
fn every_row_of_the_matrix_has_a_test() {
    none(&matrix::rows(&source::read_all(&["tests"])));
}
