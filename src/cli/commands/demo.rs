//! `demo`: the console on the embedded tenant.

use crate::cli::args::{DemoArgs, Globals};
use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::{console, is_interactive};
use crate::sandbox::Options;

pub(in crate::cli) async fn run(globals: &Globals, out: Out, args: &DemoArgs) -> Result<u8, Failure> {
    if !is_interactive() {
        return Err(Failure::usage(
            "the demo is a console and needs a terminal, and this is none",
            "For a tenant without a screen: `quietline sandbox serve`.",
        ));
    }
    let options = Options { seed: args.seed, story: args.story, ..Options::default() };
    console::open_embedded(globals, out, (options, args.fresh), args.file.clone()).await
}
