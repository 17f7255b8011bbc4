//! The text of a line: a time, then keys and values, as text or JSON. One allocation.

use std::fmt::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use super::LogFormat;

/// The most bytes of one value that a client chose.
const VALUE_LIMIT: usize = 512;

/// A line as it grows.
pub(super) struct Fields {
    format: LogFormat,
    line: String,
}

// Writing into a string cannot fail.
impl Fields {
    pub(super) fn new(format: LogFormat) -> Self {
        let mut line = String::with_capacity(384);
        let time = Time(SystemTime::now());
        let _ = match format {
            LogFormat::Text => write!(line, "{time} call"),
            LogFormat::Json => write!(line, "{{\"time\":\"{time}\""),
        };
        Self { format, line }
    }

    fn key(&mut self, key: &str) {
        let _ = match self.format {
            LogFormat::Text => write!(self.line, " {key}="),
            LogFormat::Json => write!(self.line, ",\"{key}\":"),
        };
    }

    pub(super) fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        let _ = write!(self.line, "{value}");
    }

    /// A value whose text needs no escaping.
    pub(super) fn plain(&mut self, key: &str, value: impl fmt::Display) {
        self.key(key);
        let _ = match self.format {
            LogFormat::Text => write!(self.line, "{value}"),
            LogFormat::Json => write!(self.line, "\"{value}\""),
        };
    }

    /// A value that a client may have chosen.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        let mut end = value.len().min(VALUE_LIMIT);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        let value = &value[..end];
        let bare = !value.is_empty()
            && value.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'='));
        if bare {
            return self.plain(key, value);
        }
        self.key(key);
        self.line.push('"');
        for c in value.chars() {
            let _ = match c {
                '"' => self.line.write_str("\\\""),
                '\\' => self.line.write_str("\\\\"),
                // Also what a terminal would obey.
                c if c.is_control() => write!(self.line, "\\u{:04x}", u32::from(c)),
                c => self.line.write_char(c),
            };
        }
        self.line.push('"');
    }

    pub(super) fn end(mut self) -> String {
        self.line.push_str(match self.format {
            LogFormat::Text => "\n",
            LogFormat::Json => "}\n",
        });
        self.line
    }
}

/// A moment as RFC 3339 writes it, in UTC, to the millisecond.
struct Time(SystemTime);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A clock before 1970 is a broken clock.
        let since = self.0.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
        // Days to a date of the Gregorian calendar, in years that begin in March (Howard Hinnant, "chrono-Compatible
        // Low-Level Date Algorithms").
        let shifted = days + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let milli = since.subsec_millis();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_are_written_as_date_does() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.007Z"),
            (951_827_696, "2000-02-29T12:34:56.007Z"),
            (1_709_251_199, "2024-02-29T23:59:59.007Z"),
            (1_735_689_599, "2024-12-31T23:59:59.007Z"),
            (4_107_542_400, "2100-03-01T00:00:00.007Z"),
        ] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(7);
            assert_eq!(Time(time).to_string(), text);
        }
    }

    #[test]
    fn a_value_cannot_begin_another_line_or_field() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let mut fields = Fields::new(format);
            fields.text("caller", "eve\n2026 call status=OK \u{1b}[2J\\\"");
            let line = fields.end();
            let escaped = r#""eve\u000a2026 call status=OK \u001b[2J\\\"""#;
            assert!(line.contains(escaped) && line.lines().count() == 1, "{line}");
        }
        let mut long = Fields::new(LogFormat::Text);
        long.text("caller", &"é".repeat(VALUE_LIMIT));
        assert!(long.end().len() < VALUE_LIMIT + 60);
    }
}
