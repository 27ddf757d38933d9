//! Files that hold what a message looks like, so that a change of its looks is seen in review.

use std::{env, fs, path::Path};

/// Compares with `tests/golden/<path>`. With `UPDATE_GOLDEN=1` the file is written instead.
#[track_caller]
pub(crate) fn check(path: &str, actual: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path);
    let actual = format!("{}\n", actual.trim_end_matches('\n'));
    if env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        let written = file.parent().map_or(Ok(()), fs::create_dir_all);
        written.and_then(|()| fs::write(&file, actual)).expect("a writable tests/golden");
        return;
    }
    // A checkout on Windows may have other line ends.
    let golden = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        golden == actual,
        "tests/golden/{path} differs; if this is better, run again with UPDATE_GOLDEN=1:\n{actual}"
    );
}
