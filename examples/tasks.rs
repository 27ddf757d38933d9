//! Scheduled jobs: what came of each run, and that there was none. The timer is yours: here it is
//! tokio's `interval`. Needs no account, and ends by itself.
//!
//! `cargo run --example tasks`

use std::{error::Error, time::Duration};

use tokio::time::{interval, sleep};
use tower_bell::{Bell, OnSuccess, Summary, transport::console::Console};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A job that goes well, most of the time.
async fn digest(run: u32) -> Result<Summary, std::num::ParseIntError> {
    sleep(Duration::from_millis(20)).await;
    let sent = if run == 1 || run == 2 { "three" } else { "312" }.parse()?;
    Ok(Summary::new().count("sent", sent).note("the slowest mail took 3 ms"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let bell = Bell::builder("shop-api").channel("console", Console::new()).build()?;

    // Expected from now on, although nothing has run yet.
    bell.task("backup").every(DAY).watch()?;

    // Told when it fails, when it works again, and when its numbers change. Its second failure is
    // the same and is only counted.
    let mut ticks = interval(Duration::from_millis(100));
    for run in 0..5 {
        ticks.tick().await;
        let task = bell.task("digest").every(DAY).on_success(OnSuccess::OnChange);
        // The job's own result comes back as it is.
        if let Err(error) = task.run(|| digest(run)).await {
            println!("run {run}: {error}");
        }
    }

    // Still running after its time, and told; not stopped.
    let slow = bell.task("import").timeout(Duration::from_millis(500));
    slow.run(|| sleep(Duration::from_millis(1_800))).await;

    // A panic is told with its line, and goes on.
    let disks: [&str; 0] = [];
    let cleanup = bell.task("clean-up").run(async move || assert_ne!(disks.len(), 0, "no disk"));
    println!("panicked: {}", tokio::spawn(cleanup).await.is_err());

    bell.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
