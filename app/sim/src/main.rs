//! `cargo xtask sim --seeds N [--from S]`: runs many seeds on all cores, prints those whose checks
//! failed, and exits with an error if there are any. `--tell S` runs one seed and prints its events.

use std::{
    panic::catch_unwind,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(Arguments { from, seeds, tell }) = parse(&arguments) else {
        eprintln!("sim [--seeds N] [--from S] [--tell S]");
        return ExitCode::from(2);
    };
    if let Some(seed) = tell {
        sim::trace(seed);
        return ExitCode::SUCCESS;
    }
    let begun = Instant::now();
    let next = AtomicU64::new(from);
    let end = from.saturating_add(seeds);
    let total = Mutex::new((Vec::new(), sim::SeedReport::default()));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    let outcome = catch_unwind(|| sim::run(seed));
                    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                    match outcome {
                        Ok(report) => {
                            total.1.steps += report.steps;
                            total.1.made += report.made;
                            total.1.connections += report.connections;
                            total.1.faults += report.faults;
                        }
                        Err(_) => {
                            eprintln!("seed {seed} broke a promise");
                            total.0.push(seed);
                        }
                    }
                }
            });
        }
    });
    let (broken, report) = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{seeds} worlds in {seconds:.0} s: {} steps, {} messages, {} connections, {} faults, {} broken",
        report.steps,
        report.made,
        report.connections,
        report.faults,
        broken.len()
    );
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the command line asks for.
struct Arguments {
    from: u64,
    seeds: u64,
    tell: Option<u64>,
}

fn parse(words: &[String]) -> Option<Arguments> {
    let mut arguments = Arguments { from: 0, seeds: 10_000, tell: None };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let number = words.next()?.replace('_', "").parse().ok()?;
        match word.as_str() {
            "--seeds" => arguments.seeds = number,
            "--from" => arguments.from = number,
            "--tell" => arguments.tell = Some(number),
            _ => return None,
        }
    }
    Some(arguments)
}
