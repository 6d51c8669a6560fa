//! `demo`: the console on the embedded tenant.

use crate::cli::args::{DemoArgs, Globals};
use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::{console, is_interactive};
use crate::config::{Config, Sources};
use crate::sandbox::Options;

pub(in crate::cli) async fn run(globals: &Globals, out: Out, args: &DemoArgs) -> Result<u8, Failure> {
    if !is_interactive() {
        return Err(Failure::usage(
            "the demo is a console and needs a terminal, and this is none",
            "For a tenant without a screen: `quietline sandbox serve`.",
        ));
    }
    let config = Config::load(&Sources {
        config: globals.config.clone(),
        data_dir: globals.data_dir.clone(),
        profile: globals.profile.clone(),
    })?;
    let demo = config.data_dir().join("demo");
    if args.fresh {
        match std::fs::remove_dir_all(&demo) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(console::unwritable(&demo, &e)),
            _ => {}
        }
    } else if demo.join("ledger.db").exists() {
        out.remark(
            "This demo goes on with the ledger of the last one, but the simulated tenant begins anew: what was \
             uploaded then is missing now. `quietline demo --fresh` forgets earlier demos.",
        );
    }
    let options = Options { seed: args.seed, story: args.story, ..Options::default() };
    console::open_embedded(globals, out, options).await
}
