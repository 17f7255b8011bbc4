//! What the operating system says of this process, under the names that all of Prometheus' own clients use. Linux only:
//! elsewhere there is no `/proc`, and nothing is said.

use std::fmt::Write;
use std::fs;

/// Ticks of a second in `/proc/self/stat`: what Linux shows to programs on every machine in use, whatever its own clock.
const TICKS: f64 = 100.0;

/// The figures of now as text for Prometheus.
pub(super) fn render() -> String {
    let mut text = String::new();
    let mut add = |name: &str, kind: &str, help: &str, value: Option<f64>| {
        if let Some(value) = value {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        }
    };
    let stat = Stat::read();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        Some(line?.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0)
    };
    let fds = fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as f64);
    add(
        "process_cpu_seconds_total",
        "counter",
        "User and system time of the processor, in seconds.",
        stat.as_ref().map(|stat| stat.cpu),
    );
    add(
        "process_start_time_seconds",
        "gauge",
        "When the process started, in seconds since the Unix epoch.",
        stat.as_ref().map(|stat| stat.started),
    );
    add("process_resident_memory_bytes", "gauge", "Memory in use, in bytes.", kilobytes("VmRSS"));
    add("process_virtual_memory_bytes", "gauge", "Memory that is mapped, in bytes.", kilobytes("VmSize"));
    add("process_open_fds", "gauge", "Open file descriptors.", fds);
    add("process_max_fds", "gauge", "The most file descriptors that may be open.", most_fds());
    text
}

/// The times of this process, in seconds.
struct Stat {
    cpu: f64,
    started: f64,
}

impl Stat {
    /// proc_pid_stat(5): fields 14 and 15 are the times, field 22 the start since the machine's own.
    fn read() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The name of the program, field 2, may have spaces and ends with the last parenthesis.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        let machine = fs::read_to_string("/proc/stat").ok()?;
        let booted = machine.lines().find_map(|line| line.strip_prefix("btime "))?.parse::<f64>().ok()?;
        Some(Self { cpu: (ticks(14)? + ticks(15)?) / TICKS, started: booted + ticks(22)? / TICKS })
    }
}

fn most_fds() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_of_this_process() {
        let text = render();
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("{name}: {text}")).parse::<f64>().unwrap()
        };
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
        assert!((now - 3600.0..=now + 1.0).contains(&value("process_start_time_seconds")), "{text}");
        assert!(value("process_resident_memory_bytes") > 1e6 && value("process_open_fds") >= 3.0, "{text}");
        assert!(value("process_max_fds") >= value("process_open_fds"), "{text}");
    }
}
