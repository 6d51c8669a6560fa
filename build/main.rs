//! Makes the tables of `src/domain/phone/plan.rs` from the metadata of the very library that is asked where they do not
//! answer, so that both cannot drift apart.
//!
//! ```text
//! rlibphonenumber ─▶ metadata ─▶ pattern ─▶ automaton ─┐
//!                       └──────▶ prefix ───────────────┴─▶ plan ─▶ tables ─▶ OUT_DIR/phone_plan.rs
//! ```
#![expect(clippy::print_stdout, reason = "a build script speaks to cargo on its output")]

mod automaton;
mod metadata;
mod pattern;
mod plan;
mod prefix;
mod tables;

use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), String> {
    // The metadata comes with a pinned dependency, so nothing but these files can change what is written.
    println!("cargo::rerun-if-changed=build");
    let mut nodes = automaton::Nodes::new();
    let (countries, regions) = plan::compile(&metadata::read()?, &mut nodes)?;
    let text = tables::write(&countries, &regions, &nodes)?;
    let folder = env::var_os("OUT_DIR").ok_or("no OUT_DIR")?;
    fs::write(PathBuf::from(folder).join("phone_plan.rs"), text).map_err(|error| error.to_string())
}
