//! What became of each step, and the counts of all tests together.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

/// Tests that ran in one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

/// The steps so far.
#[derive(Default)]
pub(crate) struct Report {
    steps: Vec<Step>,
}

struct Step {
    name: &'static str,
    took: Duration,
    ok: bool,
    counts: Counts,
}

impl Report {
    /// Announces and runs one step; a failure is shown at once and does not end the run.
    pub(crate) fn step<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&mut Counts) -> Result<T>,
    ) -> Option<T> {
        println!("==> {name}");
        let start = Instant::now();
        let mut counts = Counts::default();
        let result = work(&mut counts);
        if let Err(error) = &result {
            eprintln!("{name}: {error:#}");
        }
        let ok = result.is_ok() && counts.failed == 0;
        self.steps.push(Step { name, took: start.elapsed(), ok, counts });
        result.ok()
    }

    pub(crate) fn all_ok(&self) -> bool {
        self.steps.iter().all(|step| step.ok)
    }

    /// A step that failed without a failed test counts as one failure, so that the line
    /// never says "0 failed" for a run that failed.
    pub(crate) fn total(&self) -> Counts {
        self.steps.iter().fold(Counts::default(), |total, step| Counts {
            passed: total.passed + step.counts.passed,
            failed: total.failed + step.counts.failed.max(u64::from(!step.ok)),
            skipped: total.skipped + step.counts.skipped,
        })
    }

    /// The table, and alone on the last line what CI reads.
    pub(crate) fn print(&self) {
        println!();
        for Step { name, took, ok, counts } in &self.steps {
            let outcome = if *ok { "ok" } else { "FAILED" };
            let tests = match counts {
                Counts { passed: 0, failed: 0, skipped: 0 } => String::new(),
                Counts { passed, failed, skipped: 0 } => {
                    format!("{passed} passed, {failed} failed")
                }
                Counts { passed, failed, skipped } => {
                    format!("{passed} passed, {failed} failed, {skipped} skipped")
                }
            };
            let line = format!("{name:<22} {:>7.1} s  {outcome:<6}  {tests}", took.as_secs_f64());
            println!("{}", line.trim_end());
        }
        let Counts { passed, failed, .. } = self.total();
        println!("\n{passed} passed, {failed} failed");
    }
}

/// From the summary of nextest, or the results of `cargo test`.
pub(crate) fn count_rust_tests(output: &str) -> Counts {
    let summaries = output.lines().filter_map(|line| {
        let nextest = line.trim_start().starts_with("Summary [");
        let words = if nextest { line.split_once(" run: ")?.1 } else { libtest_result(line)? };
        Some(count_words(words))
    });
    summaries.fold(Counts::default(), |total, counts| Counts {
        passed: total.passed + counts.passed,
        failed: total.failed + counts.failed,
        skipped: total.skipped + counts.skipped,
    })
}

fn libtest_result(line: &str) -> Option<&str> {
    Some(line.strip_prefix("test result: ")?.split_once(". ")?.1)
}

/// Adds up "11 passed (1 slow), 1 failed, 1 timed out, 2 skipped".
fn count_words(words: &str) -> Counts {
    let mut counts = Counts::default();
    for part in words.split([',', ';']) {
        let Some((number, word)) = part.trim().split_once(' ') else { continue };
        let number = number.parse().unwrap_or(0);
        match word.split(' ').next() {
            Some("passed") => counts.passed += number,
            Some("skipped" | "ignored") => counts.skipped += number,
            Some("failed" | "timed" | "exec") => counts.failed += number,
            // "2 filtered out", "0 measured", a duration
            _ => {}
        }
    }
    counts
}

/// From the report that Playwright writes as JSON.
pub(crate) fn count_browser_tests(report: &str) -> Result<Counts> {
    let report: Value = serde_json::from_str(report).context("Playwright's report is no JSON")?;
    let stat = |name: &str| {
        report["stats"][name].as_u64().with_context(|| format!("no stats.{name} in the report"))
    };
    Ok(Counts {
        passed: stat("expected")?,
        failed: stat("unexpected")? + stat("flaky")?,
        skipped: stat("skipped")?,
    })
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[track_caller]
    fn check(output: &str, passed: u64, failed: u64, skipped: u64) {
        assert_eq!(count_rust_tests(output), Counts { passed, failed, skipped });
    }

    #[test]
    fn the_summary_of_nextest_is_read() {
        check("     Summary [   0.003s] 3 tests run: 3 passed, 0 skipped\n", 3, 0, 0);
        check("     Summary [  60.1s] 1 test run: 1 passed (1 slow), 2 skipped\n", 1, 0, 2);
        check("  Summary [ 9s] 4 tests run: 1 passed, 1 failed, 2 timed out, 0 skipped\n", 1, 3, 0);
        check("  Summary [ 9s] 2/9 tests run: 1 passed, 1 exec failed, 7 skipped\n", 1, 1, 7);
    }

    #[test]
    fn the_results_of_cargo_test_are_added_up() {
        let line = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 5 filtered out; \
                    finished in 0.00s\n";
        check(&format!("{line}noise\n{line}"), 6, 0, 2);
        check("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured\n", 1, 2, 0);
    }

    #[test]
    fn the_report_of_playwright_is_read() -> Result<()> {
        let stats = r#"{"stats":{"expected":4,"unexpected":1,"flaky":0,"skipped":2}}"#;
        let counts = count_browser_tests(stats)?;
        assert_eq!(counts, Counts { passed: 4, failed: 1, skipped: 2 });
        assert!(count_browser_tests("{}").is_err());
        Ok(())
    }

    #[test]
    fn a_failed_step_without_tests_counts_as_one_failure() {
        let mut report = Report::default();
        report.step("format", |_| -> Result<()> { bail!("not formatted") });
        report.step("tests", |counts| {
            *counts = Counts { passed: 5, failed: 2, skipped: 0 };
            Ok(())
        });
        assert!(!report.all_ok());
        assert_eq!(report.total(), Counts { passed: 5, failed: 3, skipped: 0 });
    }
}
