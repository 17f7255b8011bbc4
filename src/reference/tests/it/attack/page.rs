//! `docs/hostile.md`.

use super::{Row, Scale, Times};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/hostile.md");

pub fn write(rows: &[Row], scale: Scale) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let Scale { time, idle, large } = scale;
    let time = time.as_secs();
    let mut page = format!(
        "# Under attack

This page is written by `cargo xtask campaign hostile`. Each kind of hostile client has a server of its own (`user-service
--store memory --rest-addr … --deadline 10s`, {build} build, {cores} cores for the server and the attack together) for {time} s, with
{idle} connections where it is about connections and {large} messages at once where it is about messages. Meanwhile a client that
means well calls GetUser, one call after the other, and opens a new connection after every twentieth: each of these calls was
answered OK, or there would be no page. Memory is what the process has (`VmRSS`), in MiB: before, at most, and a second after.
`cargo test` does the same for two seconds each.

| attack | sent | memory | calls | p50, p99, longest | on new connections | p50, longest |
|---|---|---|---|---|---|---|
"
    );
    let ms = |times: &Times, percent| format!("{:.1}", times.percentile(percent).as_secs_f64() * 1000.0);
    for row in rows {
        let [before, most, after] = row.memory;
        page += &format!(
            "| {} | {} | {before}, {most}, {after} | {} | {}, {}, {} ms | {} | {}, {} ms |\n",
            row.attack,
            row.sent,
            row.calls.count(),
            ms(&row.calls, 50),
            ms(&row.calls, 99),
            ms(&row.calls, 100),
            row.newcomers.count(),
            ms(&row.newcomers, 50),
            ms(&row.newcomers, 100),
        );
    }
    std::fs::write(PAGE, page).unwrap();
}
