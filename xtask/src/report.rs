//! The steps of a run: each is announced, timed and summed up at the end, with the counts of all
//! tests and the slowest of them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

/// How many of a step's slowest tests are shown.
const SLOWEST_SHOWN: usize = 5;

/// What the tests of one step came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TestResults {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
    /// Every test whose duration was printed, in no order.
    pub(crate) timed: Vec<TimedTest>,
}

/// How long a test took.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimedTest {
    pub(crate) name: String,
    pub(crate) took: Duration,
}

/// The steps so far.
#[derive(Default)]
pub(crate) struct RunReport {
    steps: Vec<StepRecord>,
}

struct StepRecord {
    name: &'static str,
    took: Duration,
    ok: bool,
    results: TestResults,
}

/// Announces one step of a build, runs it, and prints how long it took.
pub(crate) fn timed_step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {name}");
    let start = Instant::now();
    let result = work();
    let outcome = if result.is_ok() { "done" } else { "FAILED" };
    println!("    {name}: {outcome} in {:.1} s", start.elapsed().as_secs_f64());
    result
}

impl RunReport {
    /// Announces and runs one step, and prints its outcome and time; a failure does not end the
    /// run.
    pub(crate) fn step<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&mut TestResults) -> Result<T>,
    ) -> Option<T> {
        println!("==> {name}");
        let start = Instant::now();
        let mut results = TestResults::default();
        let result = work(&mut results);
        if let Err(error) = &result {
            eprintln!("{name}: {error:#}");
        }
        let ok = result.is_ok() && results.failed == 0;
        let step = StepRecord { name, took: start.elapsed(), ok, results };
        println!("    {}", step.summary());
        self.steps.push(step);
        result.ok()
    }

    pub(crate) fn all_ok(&self) -> bool {
        self.steps.iter().all(|step| step.ok)
    }

    /// Passed and failed tests of all steps. A step that failed without a failed test counts as
    /// one failure, so that the last line is never "0 failed" for a run that failed.
    pub(crate) fn total(&self) -> (u64, u64) {
        self.steps.iter().fold((0, 0), |(passed, failed), step| {
            let results = &step.results;
            (passed + results.passed, failed + results.failed.max(u64::from(!step.ok)))
        })
    }

    /// The table, the slowest tests, and alone on the last line what CI reads.
    pub(crate) fn print(&self) {
        println!();
        for step in &self.steps {
            println!("{}", step.summary());
        }
        for step in &self.steps {
            let slowest = step.results.slowest();
            if !slowest.is_empty() {
                println!("\nslowest {}:", step.name);
            }
            for TimedTest { name, took } in slowest {
                println!("{:>9.1} s  {name}", took.as_secs_f64());
            }
        }
        let (passed, failed) = self.total();
        println!("\n{passed} passed, {failed} failed");
    }
}

impl StepRecord {
    /// One line: name, time, outcome, counts.
    fn summary(&self) -> String {
        let Self { name, took, ok, results } = self;
        let outcome = if *ok { "ok" } else { "FAILED" };
        let TestResults { passed, failed, skipped, .. } = results;
        let tests = match (passed, failed, skipped) {
            (0, 0, 0) => String::new(),
            (_, _, 0) => format!("{passed} passed, {failed} failed"),
            _ => format!("{passed} passed, {failed} failed, {skipped} skipped"),
        };
        let line = format!("{name:<22} {:>7.1} s  {outcome:<6}  {tests}", took.as_secs_f64());
        line.trim_end().to_owned()
    }
}

impl TestResults {
    /// The slowest tests, the slowest first; empty when no durations were printed.
    fn slowest(&self) -> Vec<&TimedTest> {
        let mut tests: Vec<&TimedTest> = self.timed.iter().collect();
        tests.sort_by_key(|test| std::cmp::Reverse(test.took));
        tests.truncate(SLOWEST_SHOWN);
        tests
    }
}

/// Reads the output of nextest, or of `cargo test`, which prints no durations.
pub(crate) fn read_rust_results(output: &str) -> TestResults {
    let summaries = output.lines().filter_map(|line| {
        let nextest = line.trim_start().starts_with("Summary [");
        let words = if nextest { line.split_once(" run: ")?.1 } else { libtest_result(line)? };
        Some(count_words(words))
    });
    let mut results = summaries.fold(TestResults::default(), |total, counts| TestResults {
        passed: total.passed + counts.passed,
        failed: total.failed + counts.failed,
        skipped: total.skipped + counts.skipped,
        timed: Vec::new(),
    });
    // A failed test appears a second time after the summary.
    let timed: HashMap<String, Duration> = output.lines().filter_map(nextest_line).collect();
    results.timed = timed.into_iter().map(|(name, took)| TimedTest { name, took }).collect();
    results
}

fn libtest_result(line: &str) -> Option<&str> {
    Some(line.strip_prefix("test result: ")?.split_once(". ")?.1)
}

/// Reads "PASS [   0.039s] ( 5/20) cadence-server::it gym::desk::a_test"; the part in parentheses
/// is left out by older versions.
fn nextest_line(line: &str) -> Option<(String, Duration)> {
    let (outcome, rest) = line.trim_start().split_once(" [")?;
    if !matches!(outcome.trim(), "PASS" | "FAIL" | "TIMEOUT" | "SIGABRT" | "SIGSEGV") {
        return None;
    }
    let (seconds, name) = rest.split_once("s] ")?;
    let took = Duration::try_from_secs_f64(seconds.trim().parse().ok()?).ok()?;
    let name = match name.trim_start().strip_prefix('(') {
        Some(numbered) => numbered.split_once(") ")?.1,
        None => name,
    };
    Some((name.trim().to_owned(), took))
}

/// Adds up "11 passed (1 slow), 1 failed, 1 timed out, 2 skipped".
fn count_words(words: &str) -> TestResults {
    let mut results = TestResults::default();
    for part in words.split([',', ';']) {
        let Some((number, word)) = part.trim().split_once(' ') else { continue };
        let number = number.parse().unwrap_or(0);
        match word.split(' ').next() {
            Some("passed") => results.passed += number,
            Some("skipped" | "ignored") => results.skipped += number,
            Some("failed" | "timed" | "exec") => results.failed += number,
            // "2 filtered out", "0 measured", a duration
            _ => {}
        }
    }
    results
}

/// Reads the report that Playwright writes as JSON.
pub(crate) fn read_browser_results(report: &str) -> Result<TestResults> {
    let report: Value = serde_json::from_str(report).context("Playwright's report is not JSON")?;
    let stat = |name: &str| {
        report["stats"][name].as_u64().with_context(|| format!("no stats.{name} in the report"))
    };
    let mut timed = Vec::new();
    collect_suites(&report["suites"], "", &mut timed);
    Ok(TestResults {
        passed: stat("expected")?,
        failed: stat("unexpected")? + stat("flaky")?,
        skipped: stat("skipped")?,
        timed,
    })
}

/// Suites contain suites and specs; a spec's name is made of the titles above it.
fn collect_suites(suites: &Value, above: &str, timed: &mut Vec<TimedTest>) {
    for suite in list(suites) {
        let named = |title: &Value| {
            let title = title.as_str().unwrap_or_default();
            if above.is_empty() { title.to_owned() } else { format!("{above} › {title}") }
        };
        let path = named(&suite["title"]);
        for spec in list(&suite["specs"]) {
            let attempts = list(&spec["tests"]).flat_map(|test| list(&test["results"]));
            // Milliseconds of all attempts together.
            let took: f64 = attempts.filter_map(|attempt| attempt["duration"].as_f64()).sum();
            let Ok(took) = Duration::try_from_secs_f64(took / 1_000.0) else { continue };
            let title = spec["title"].as_str().unwrap_or_default();
            timed.push(TimedTest { name: format!("{path} › {title}"), took });
        }
        collect_suites(&suite["suites"], &path, timed);
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[track_caller]
    fn check(output: &str, passed: u64, failed: u64, skipped: u64) {
        let counts = TestResults { passed, failed, skipped, timed: Vec::new() };
        assert_eq!(read_rust_results(output), counts);
    }

    /// The slowest tests as "milliseconds name".
    fn slowest(results: &TestResults) -> Vec<String> {
        let slowest = results.slowest();
        slowest.iter().map(|test| format!("{} {}", test.took.as_millis(), test.name)).collect()
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
    fn the_slowest_tests_of_nextest_are_named_once_each() {
        let output = "        PASS [   0.039s] ( 1/20) logic gym::a\n\
                      \x20       SLOW [> 60.000s] ( 2/20) cadence-server::it nodes::b\n\
                      \x20       PASS [  71.500s] ( 2/20) cadence-server::it nodes::b\n\
                      \x20       FAIL [   0.458s] (12/20) xtask report::c\n\
                      \x20    Summary [  72s] 3 tests run: 2 passed (1 slow), 1 failed, 0 skipped\n\
                      \x20       FAIL [   0.458s] (12/20) xtask report::c\n";
        let results = read_rust_results(output);
        let expected =
            ["71500 cadence-server::it nodes::b", "458 xtask report::c", "39 logic gym::a"];
        assert_eq!(slowest(&results), expected);
        assert_eq!(slowest(&read_rust_results("  PASS [ 1.0s] logic a\n")), ["1000 logic a"]);
    }

    #[test]
    fn the_report_of_playwright_is_read() -> Result<()> {
        let report = r#"{
            "stats": {"expected": 4, "unexpected": 1, "flaky": 0, "skipped": 2},
            "suites": [{"title": "desk.spec.ts",
                "specs": [{"title": "a", "tests": [{"results": [{"duration": 20}]}]}],
                "suites": [{"title": "offline", "specs": [
                    {"title": "b", "tests": [{"results": [{"duration": 1000}, {"duration": 500}]}]}
                ]}]
            }]
        }"#;
        let results = read_browser_results(report)?;
        assert_eq!((results.passed, results.failed, results.skipped), (4, 1, 2));
        assert_eq!(slowest(&results), ["1500 desk.spec.ts › offline › b", "20 desk.spec.ts › a"]);
        assert!(read_browser_results("{}").is_err());
        Ok(())
    }

    #[test]
    fn no_more_than_a_few_slow_tests_are_shown() {
        let line = |number| format!("PASS [ {number}.0s] logic test_{number}\n");
        let output: String = (1..=9).map(line).collect();
        let shown = slowest(&read_rust_results(&output));
        assert_eq!((shown.len(), shown[0].as_str()), (SLOWEST_SHOWN, "9000 logic test_9"));
    }

    #[test]
    fn a_failed_step_without_tests_counts_as_one_failure() {
        let mut report = RunReport::default();
        report.step("format", |_| -> Result<()> { bail!("not formatted") });
        report.step("tests", |results| {
            *results = TestResults { passed: 5, failed: 2, ..TestResults::default() };
            Ok(())
        });
        assert!(!report.all_ok());
        assert_eq!(report.total(), (5, 3));
    }
}
