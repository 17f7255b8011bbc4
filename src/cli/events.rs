//! A contract run as lines of NDJSON while it goes on: on standard output, in the file of a report, or both.

use std::fs::File;
use std::io::Write;
use std::time::Instant;

use serde_json::{Value, json};

use super::output;
use crate::contract::{Config, Event};
use crate::diag::render::{case_fields, event};

/// Where the lines go, and since when.
pub struct Events {
    started: Instant,
    printed: bool,
    file: Option<File>,
}

impl Events {
    /// Printed if `printed`, and written to the file if there is one.
    pub fn new(printed: bool, file: Option<File>) -> Events {
        Events { started: Instant::now(), printed, file }
    }

    /// Says what happened, at once: every line is whole and flushed before the next call is made.
    pub fn on(&mut self, happened: &Event, config: &Config) {
        if !self.printed && self.file.is_none() {
            return;
        }
        let Some((name, mut fields)) = told(happened, config) else { return };
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Value::Object(fields) = &mut fields {
            fields.insert("at_ms".to_owned(), elapsed.into());
        }
        let line = event(name, fields);
        if self.printed {
            output::line(&line);
        }
        // A disk that is full now is noticed when the rest of the report is written.
        if let Some(file) = &mut self.file {
            let _ = file.write_all(line.as_bytes());
        }
    }
}

/// The name of an event and what there is to know about it. Of single cases nothing: they are thousands.
fn told(happened: &Event, config: &Config) -> Option<(&'static str, Value)> {
    Some(match happened {
        Event::Started(methods) => {
            let fields = json!({
                "seed": config.seed,
                "target": config.target,
                "again": config.again,
                "methods": methods,
                "cases": config.cases,
            });
            ("run_started", fields)
        }
        Event::PhaseStarted(phase) => ("phase_started", json!({"phase": phase.name()})),
        Event::CaseDone(..) => return None,
        Event::FailureFound(check, method) => ("failure_found", json!({"check": check, "method": method})),
        Event::Shrunk(severity, case) => {
            let mut fields = case_fields(case);
            if let Value::Object(fields) = &mut fields {
                fields.insert("severity".to_owned(), severity.word().into());
            }
            ("failure_shrunk", fields)
        }
    })
}
