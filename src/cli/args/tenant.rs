//! What there is on the tenant, and how it is reached.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{InputArgs, ToArg};

#[derive(Debug, Args)]
pub(in crate::cli) struct LookupArgs {
    /// Numbers, or `-` for one per line on stdin
    #[arg(required = true, value_name = "NUMBER|-")]
    pub numbers: Vec<String>,
    /// Ask what is on this machine only
    #[arg(long)]
    pub offline: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ContactsArgs {
    #[command(subcommand)]
    pub action: ContactsAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ContactsAction {
    /// Ask for the status of each contact's numbers, and write it into the contact's record
    Sync(SyncArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SyncArgs {
    /// The file: a column with the contacts' ids, and one or several with numbers
    pub file: PathBuf,
    /// Field of the contact record; the profile's `contact_field` unless it is given
    #[arg(long, value_name = "NAME")]
    pub field: Option<String>,
    /// Column of the contacts' ids
    #[arg(long = "id", value_name = "COLUMN")]
    pub id_column: Option<String>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub input: InputArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListsArgs {
    #[command(subcommand)]
    pub action: Option<ListsAction>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ListsAction {
    /// Every list
    Ls,
    /// One list
    Show {
        /// List, by id or exact name
        #[arg(value_name = "ID|NAME")]
        list: String,
    },
    /// Make a list, or find the one of that exact name
    Create(CreateListArgs),
    /// Switch a list on, once it is READY but for that
    Activate {
        /// List, by id or exact name
        #[arg(value_name = "ID|NAME")]
        list: String,
        /// Although it is not READY
        #[arg(long, requires = "reason")]
        force: bool,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CreateListArgs {
    /// Its name
    pub name: String,
    /// What kind of list: entries and items are DNC lists
    #[arg(long, value_name = "KIND", default_value = "entries")]
    pub to: ToArg,
    /// What it is for
    #[arg(long, default_value = "", hide_default_value = true)]
    pub description: String,
    /// Where its numbers come from, in the tenant's word: MANUAL, SYSTEM, …
    #[arg(long = "type", value_name = "TYPE", default_value = "MANUAL")]
    pub kind: String,
    /// When entries expire that bring no date of their own
    #[arg(long, value_name = "DATE")]
    pub expires: Option<String>,
    /// The platform shall not use it yet
    #[arg(long)]
    pub inactive: bool,
    /// The rule that shall enforce it, by id or exact name; asks first, since it changes who is called
    #[arg(long, value_name = "RULE", requires = "reason")]
    pub bind: Option<String>,
    /// Why it is bound; kept in the trail
    #[arg(long, value_name = "TEXT", requires = "bind")]
    pub reason: Option<String>,
    /// Bind it without being asked
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RulesArgs {
    #[command(subcommand)]
    pub action: Option<RulesAction>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RulesAction {
    /// Every rule, in the order of decision
    Ls,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AuthArgs {
    #[command(subcommand)]
    pub action: Option<AuthAction>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AuthAction {
    /// Store the client secret (hidden prompt, or stdin) in the keyring, then test it
    Login {
        /// The client id
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// Store only
        #[arg(long)]
        no_test: bool,
    },
    /// Store the secret of the profile's webhook (hidden prompt, or stdin) in the keyring
    Webhook,
    /// Whether there are credentials, and where
    Status,
    /// Remove the credentials, and the secret of the webhook, from the keyring
    Logout,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ProfileArgs {
    #[command(subcommand)]
    pub action: Option<ProfileAction>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ProfileAction {
    /// Every profile
    Ls,
    /// One profile, with the place of each setting
    Show {
        /// Its name; the one in use, where none is given
        name: Option<String>,
    },
    /// Add a profile; the first becomes the default
    Add(Box<ProfileAddArgs>),
    /// Remove a profile; its credentials stay until `auth logout`
    Rm {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ProfileAddArgs {
    /// Its name
    pub name: String,
    /// Where the tenant lives: my, org, tenant-api, regional, engage, custom, sandbox
    #[arg(long, value_name = "P")]
    pub preset: String,
    /// The tenant's name
    #[arg(long, value_name = "T")]
    pub tenant: Option<String>,
    /// Region of the platform, such as na1
    #[arg(long, value_name = "R")]
    pub region: Option<String>,
    /// Override of the token URL
    #[arg(long, value_name = "URL")]
    pub token_url: Option<String>,
    /// Override of the API base, ending in /api/v2
    #[arg(long, value_name = "URL")]
    pub api_url: Option<String>,
    /// WebSocket URL of the job events instead of the preset's; without one, jobs are polled
    #[arg(long, value_name = "URL")]
    pub events_url: Option<String>,
    /// sandbox, staging or production
    #[arg(long, value_name = "E")]
    pub environment: Option<String>,
    /// keyring or env
    #[arg(long, value_name = "WHERE")]
    pub credentials: Option<String>,
    /// Country in which numbers without a country code are read
    #[arg(long, value_name = "CC")]
    pub default_region: Option<String>,
    /// Seconds until the gate may open; under 180 only where nothing is real
    #[arg(long, value_name = "S")]
    pub cool_down: Option<u64>,
}
