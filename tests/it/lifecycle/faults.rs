//! One life for each fault: some of the requests of each step meet it, at writes and at reads.

use std::time::Duration;

use testkit::{Fault, Quirks, Throttling};

use super::course::Life;

/// The same fault at the first write, at some of those behind it, and at a read.
fn scattered(fault: fn(Fault) -> Fault) -> Vec<Fault> {
    let write = |number| fault(Fault::next(1).method("WRITE").behind(number));
    let read = fault(Fault::next(1).method("GET"));
    [0, 3, 4, 11, 30].map(write).into_iter().chain([read]).collect()
}

macro_rules! lives {
    ($($name:ident: $fault:expr,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            Life { faults: || scattered($fault), ..Life::at(Quirks::default()) }.run().await;
        }
    )*};
}

lives! {
    among_429s: |fault| fault.throttled(Throttling::Seconds(3)),
    among_429s_with_a_time_in_the_body: |fault| fault.throttled(Throttling::Body(3)),
    among_503s_before_the_work: |fault| fault.status(503),
    among_503s_behind_the_work: |fault| fault.after_applying().status(503),
    among_500s_before_the_work: |fault| fault.status(500),
    among_500s_behind_the_work: |fault| fault.after_applying().status(500),
    among_connections_cut_before_the_work: |fault| fault.cut(),
    among_connections_cut_behind_the_work: |fault| fault.after_applying().cut(),
    among_broken_json_before_the_work: |fault| fault.broken_json(),
    among_broken_json_behind_the_work: |fault| fault.after_applying().broken_json(),
    among_web_pages_before_the_work: |fault| fault.web_page(),
    among_web_pages_behind_the_work: |fault| fault.after_applying().web_page(),
    among_slow_answers: |fault| fault.late(Duration::from_millis(300)),
}
