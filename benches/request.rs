//! Wall time of the requests that `counts` counts. Needs a quiet machine; compare ratios.
//!
//! ```text
//! cargo bench --bench request
//! cargo bench --bench request -- Get   only these
//! ```

use std::time::Duration;

use criterion::{BatchSize, Bencher, BenchmarkId, Criterion, criterion_group, criterion_main};
use support::{
    apps::{App, Around},
    asks::Ask,
};

mod support {
    pub(crate) mod apps;
    pub(crate) mod asks;
    pub(crate) mod headers;
}

/// Grouped by what is asked, so that what stands round the app can be compared.
fn requests(criterion: &mut Criterion) {
    for ask in Ask::ALL {
        let mut group = criterion.benchmark_group(format!("{ask:?}"));
        for around in Around::ALL {
            let id = BenchmarkId::from_parameter(format!("{around:?}"));
            group.bench_function(id, |bencher| match ask {
                Ask::New => first_request(bencher, *around),
                ask => further_requests(bencher, *around, *ask),
            });
        }
    }
}

/// Each request is the first that fails under its bell.
fn first_request(bencher: &mut Bencher<'_>, around: Around) {
    let setup = || (App::new(around), Ask::New.template(0).request());
    let answer = |(app, request): (App, _)| {
        app.answer(request);
        app
    };
    bencher.iter_batched(setup, answer, BatchSize::PerIteration);
}

fn further_requests(bencher: &mut Bencher<'_>, around: Around, ask: Ask) {
    let (app, mut n) = (App::new(around), 0);
    let setup = || {
        n += 1;
        ask.template(n % 2_000).request()
    };
    bencher.iter_batched(setup, |request| app.answer(request), BatchSize::SmallInput);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(50);
    targets = requests
}
criterion_main!(benches);
