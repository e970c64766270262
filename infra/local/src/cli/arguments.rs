//! What may be typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit codes:
  0  in step: the application has what the directory says
  1  something failed; each failure is told with its reason
  2  the arguments or the input cannot be used; nothing was touched
  3  removals are held until they are allowed (--allow-removals)";

const SYNC_HELP: &str = "\
The directory file is the whole truth. CSV: the first line names the columns. 'username' is required; email, first_name, \
last_name, display_name, status (active or disabled), groups (separated by ;) and id (the source's immutable key: with it a \
rename is a rename) are known; every other column is a custom attribute. NDJSON: the same keys, one object a line, and \
lines {\"group\": {\"id\": …, \"name\": …}}. An absent column changes nothing; an empty cell clears. Who is in no \
provisioned group is not provisioned.

Removals: without --data nothing is remembered, and so nothing is ever removed. With --data DIR those who leave are \
deactivated, and only at accounts that were made or adopted with that DIR. If more than 50 accounts would be deactivated, or \
5 or more and with them more than 10 % of the linked ones, or if the file names nobody, nothing at all is removed and the exit \
code is 3: look, then repeat with --allow-removals N. DIR holds the token too; only you can read it.

Examples:
  See what would happen:
    rollcall sync --directory people.csv --target https://scim.example.org/v2 --dry-run
  Provision two groups, and keep the memory that removals need:
    rollcall sync --directory people.csv --target https://scim.example.org/v2 \\
        --groups Engineering,Leads --data ./rollcall-data
  Send the column 'job' as title:
    rollcall sync --directory people.csv --target https://scim.example.org/v2 --map title=job
  A target on this machine:
    rollcall sync --directory people.csv --target http://127.0.0.1:8080/scim/v2 \\
        --allow-local-target
";

const SERVE_HELP: &str = "\
The directory and the applications are set up over the API, with the token as a bearer:
    rollcall serve --data ./rollcall-data --token-file ./rollcall-data/token
    curl -H \"Authorization: Bearer $(cat ./rollcall-data/token)\" http://127.0.0.1:8787/v1/catalog

SIGINT and SIGTERM stop it: what is in flight is finished first, for some seconds. A second one ends it at once. However it ends, \
nothing is lost: the next start goes on. RUST_LOG=info logs each request to standard error.

Exit codes:
  0  it was told to stop
  1  something failed
  2  the arguments, the data, the token or the port cannot be used";

/// Automated provisioning you own: keeps applications in step with a directory of users and groups, over SCIM 2.0.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version, after_help = EXIT_CODES, max_term_width = 110)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show Rollcall at work: a sample directory and a sample application, all in memory
    Demo(DemoArguments),
    /// Bring one application into step with a directory file
    Sync(SyncArguments),
    /// Serve the API, and keep every enabled application in step
    Serve(ServeArguments),
}

/// Provisions 300 people and 12 groups of a sample directory to a sample application within this process, then makes four changes
/// and shows the exact requests each of them takes. Nothing leaves this machine and nothing is kept.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct DemoArguments {
    /// End when everything is in step, instead of staying until Ctrl-C
    #[arg(long)]
    pub exit: bool,
}

/// Brings one application into step with a directory file, and ends.
#[derive(Debug, Args)]
#[command(after_help = format!("{SYNC_HELP}\n{EXIT_CODES}"))]
pub struct SyncArguments {
    /// The directory file: CSV, or NDJSON (.ndjson, .jsonl)
    #[arg(long, value_name = "FILE")]
    pub directory: PathBuf,

    /// The application's SCIM base URL, such as https://scim.example.org/v2
    #[arg(long, value_name = "BASE_URL")]
    pub target: String,

    /// The environment variable that holds the bearer token; the token itself is never typed or shown
    #[arg(long, value_name = "VARIABLE", default_value = "ROLLCALL_TOKEN")]
    pub token_env: String,

    /// Provision only these groups, separated by commas [default: every group of the directory]
    #[arg(long, value_name = "NAMES")]
    pub groups: Vec<String>,

    /// Provision the members of the groups, but not the groups themselves
    #[arg(long)]
    pub exclude_group_information: bool,

    /// Send a column as this attribute of the target, such as title=job; may be repeated [default: as before, else by name]
    #[arg(long, value_name = "TARGET=COLUMN", value_parser = pair)]
    pub map: Vec<(String, String)>,

    /// Keep what was provisioned in this directory; only with it is anything ever removed
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Say what would be done; write nothing, neither here nor there
    #[arg(long)]
    pub dry_run: bool,

    /// Let this many accounts be deactivated, however large a share they are
    #[arg(long, value_name = "N")]
    pub allow_removals: Option<u64>,

    /// Allow a target on this machine or in a private network, also over plain http
    #[arg(long)]
    pub allow_local_target: bool,

    /// Print one JSON document on standard output, and everything else on standard error
    #[arg(long)]
    pub json: bool,
}

/// Serves the API and keeps every enabled application in step, until it is told to stop.
#[derive(Debug, Args)]
#[command(after_help = SERVE_HELP)]
pub struct ServeArguments {
    /// Keep everything in this directory; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,

    /// The file that holds the administrator's token; it is made if it is not there
    #[arg(long, value_name = "FILE")]
    pub token_file: PathBuf,

    /// Where to listen; port 0 takes one that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    pub listen: SocketAddr,

    /// Listen where other machines can reach it. It speaks plain http, so put something that speaks TLS in front
    #[arg(long)]
    pub allow_remote: bool,

    /// Allow targets on this machine or in a private network, also over plain http
    #[arg(long)]
    pub allow_local_target: bool,
}

/// `TARGET=COLUMN`. A target attribute may hold an equals sign within its filter; a column hardly does.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((target, column)) if !target.trim().is_empty() && !column.trim().is_empty() => {
            Ok((target.trim().to_owned(), column.trim().to_owned()))
        }
        _ => Err("write TARGET=COLUMN, such as title=job".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_mapping_splits_at_the_last_equals_sign() {
        assert_eq!(pair("title=job"), Ok(("title".into(), "job".into())));
        assert_eq!(pair("a[type eq \"=\"].b = c"), Ok(("a[type eq \"=\"].b".into(), "c".into())));
        for text in ["title", "title=", "=job"] {
            assert!(pair(text).is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn arguments_that_do_not_fit_end_with_2() {
        let error =
            CommandLine::try_parse_from(["rollcall", "sync", "--directory", "x.csv"]).expect_err("refused");
        assert_eq!(error.exit_code(), 2);
    }
}
