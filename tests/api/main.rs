//! The tenant client on the wire: a scripted tenant on loopback says and does what tenants say and do.
#![expect(clippy::unwrap_used, reason = "tests")]

mod families;
mod feed;
mod reads;
mod tenant;
mod tokens;
mod versions;
mod writes;
