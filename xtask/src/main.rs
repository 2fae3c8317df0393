//! The build and test runner of Cadence: `cargo xtask run`, `cargo xtask test`.
//!
//! - [`wasm`] turns the `frontend` crate into scripts and WebAssembly modules,
//! - [`site`] lays out the folder that the server serves,
//! - [`budgets`] holds each page to what a browser may download for it,
//! - [`server`] builds the server,
//! - [`run`] starts it, [`nodes`] starts several, [`test`] checks everything,
//! - [`browser_tests`] are its part with browsers,
//! - [`services`] starts the servers that the tests need,
//! - [`dependencies`] checks licences and advisories,
//! - [`tools`] finds or installs the programs that these need.
//!
//! It does not read Cadence's settings: the server reads `Leptos.toml` by itself.

mod browser_tests;
mod budgets;
mod build;
mod dependencies;
mod file_hash;
mod nodes;
mod run;
mod server;
mod services;
mod short_names;
mod site;
mod test;
mod tools;
mod unused_functions;
mod wasm;

mod report;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::build::build;
use crate::workspace::{Mode, Workspace};

const USAGE: &str = "\
Usage: cargo xtask <command>

  build [--release]            build client, site and server
  run   [--release] [args]     build, then start the server with demo data;
                               further arguments go to `cadence-server serve --demo`
        --nodes N              N servers on a PostgreSQL and a Redis, behind a proxy
  sizes                        build the release client; what each page downloads
  test  [--fast] [-- filter]   check and test everything
        --fast                 without the release client and without browsers
        -- filter              only tests whose name contains the filter;
                               leaves out the checks that are no tests
  sim   [--seeds N] [--from S] simulate N bad networks; a seed that breaks a promise is printed
        --tell S               print everything that happens in one of them
  pictures                     take the pictures of the README from the running product
";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
enum Command {
    Build(Mode),
    Run { mode: Mode, nodes: u16, server_args: Vec<String> },
    Sizes,
    Test(test::TestOptions),
    Sim(Vec<String>),
    Pictures,
    Help,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let command = match parse(&args) {
        Ok(command) => command,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match execute(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `Ok(false)` stands for tests that failed and were reported already.
fn execute(command: Command) -> Result<bool> {
    let workspace = Workspace::find()?;
    match command {
        Command::Build(mode) => build(&workspace, mode).map(|_| true),
        Command::Run { mode, nodes, server_args } => {
            let built = build(&workspace, mode)?;
            match nodes {
                1 => run::run(&workspace, &built, &server_args)?,
                count => nodes::run(&workspace, &built, count, &server_args)?,
            }
            Ok(true)
        }
        Command::Sizes => {
            let clients = wasm::build(&workspace, Mode::Release)?;
            let site = site::assemble(&workspace, Mode::Release, &clients)?;
            budgets::check(&workspace, &site).map(|()| true)
        }
        Command::Test(options) => test::test(&workspace, &options),
        Command::Sim(args) => {
            workspace::run(&mut test::simulation(&workspace, &args)).map(|()| true)
        }
        Command::Pictures => browser_tests::take_pictures(&workspace).map(|()| true),
        Command::Help => {
            print!("{USAGE}");
            Ok(true)
        }
    }
}

fn parse(args: &[String]) -> Result<Command, String> {
    let Some((command, rest)) = args.split_first() else {
        return Err("no command given".into());
    };
    match command.as_str() {
        "build" => match rest {
            [] => Ok(Command::Build(Mode::Dev)),
            [flag] if flag == "--release" => Ok(Command::Build(Mode::Release)),
            _ => Err(format!("`build` does not take {}", rest.join(" "))),
        },
        "run" => parse_run(rest),
        "sizes" if rest.is_empty() => Ok(Command::Sizes),
        "test" => parse_test(rest),
        "sim" => Ok(Command::Sim(rest.to_vec())),
        "pictures" => match rest {
            [] => Ok(Command::Pictures),
            _ => Err(format!("`pictures` does not take {}", rest.join(" "))),
        },
        "help" | "--help" | "-h" => Ok(Command::Help),
        unknown => Err(format!("unknown command `{unknown}`")),
    }
}

fn parse_run(args: &[String]) -> Result<Command, String> {
    let (mut mode, mut nodes, mut server_args) = (Mode::Dev, 1, Vec::new());
    let mut args = args.iter().filter(|arg| *arg != "--");
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--release" => mode = Mode::Release,
            "--nodes" => {
                let count = args.next().and_then(|count| count.parse().ok());
                nodes =
                    count.filter(|count| (1..=9).contains(count)).ok_or("--nodes takes 1 to 9")?;
            }
            _ => server_args.push(arg.clone()),
        }
    }
    Ok(Command::Run { mode, nodes, server_args })
}

fn parse_test(args: &[String]) -> Result<Command, String> {
    let mut options = test::TestOptions::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--fast" => options.fast = true,
            "--" => {
                options.filter = args.by_ref().cloned().collect::<Vec<_>>().join(" ");
            }
            unknown => {
                return Err(format!("`test` does not take {unknown}; a filter follows `--`"));
            }
        }
    }
    Ok(Command::Test(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<Command, &str>) {
        let args: Vec<String> = line.split_whitespace().map(String::from).collect();
        assert_eq!(parse(&args), expected.map_err(String::from));
    }

    #[test]
    fn build_and_run_know_release() {
        check("build", Ok(Command::Build(Mode::Dev)));
        check("build --release", Ok(Command::Build(Mode::Release)));
        check("run", Ok(Command::Run { mode: Mode::Dev, nodes: 1, server_args: vec![] }));
        let two = Command::Run { mode: Mode::Release, nodes: 2, server_args: vec![] };
        check("run --nodes 2 --release", Ok(two));
        check("run --nodes", Err("--nodes takes 1 to 9"));
    }

    #[test]
    fn other_arguments_of_run_go_to_the_server() {
        let server_args = vec!["--port".into(), "4000".into()];
        let run = Command::Run { mode: Mode::Release, nodes: 1, server_args };
        check("run --release --port 4000", Ok(run));
    }

    #[test]
    fn the_filter_of_test_follows_two_dashes() {
        let options = test::TestOptions { fast: true, filter: "two words".into() };
        check("test --fast -- two words", Ok(Command::Test(options)));
        check("test two", Err("`test` does not take two; a filter follows `--`"));
    }

    #[test]
    fn unknown_commands_are_refused() {
        check("fuzz", Err("unknown command `fuzz`"));
        check("", Err("no command given"));
        check("pictures", Ok(Command::Pictures));
        check("pictures now", Err("`pictures` does not take now"));
        check("build --fast", Err("`build` does not take --fast"));
    }
}
