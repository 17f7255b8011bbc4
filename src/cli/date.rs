//! A day of the calendar, in UTC: written YYYY-MM-DD, compared, counted on from today.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// A day, kept as its midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(SystemTime);

impl Date {
    /// The day that it is now.
    pub fn today() -> Date {
        Date::in_days(0)
    }

    /// So many days from now.
    pub fn in_days(days: u64) -> Date {
        const DAY: u64 = 24 * 60 * 60;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let midnight = (now.as_secs() / DAY).saturating_add(days).saturating_mul(DAY);
        Date(
            SystemTime::UNIX_EPOCH
                .checked_add(Duration::from_secs(midnight))
                .unwrap_or(SystemTime::UNIX_EPOCH),
        )
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Date, String> {
        let midnight = humantime::parse_rfc3339(&format!("{text}T00:00:00Z"));
        match midnight {
            Ok(midnight) if text.len() == "YYYY-MM-DD".len() => Ok(Date(midnight)),
            _ => Err(format!("`{text}` is no day: write YYYY-MM-DD, such as {}", Date::in_days(90))),
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = humantime::format_rfc3339_seconds(self.0).to_string();
        f.write_str(text.split('T').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_written_and_compared() {
        for text in ["1970-01-01", "2024-02-29", "2026-12-31", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
        for text in ["2025-02-29", "2026-13-01", "2026-1-1", "2026-01-01T00:00:00", "soon", "", "1969-12-31"]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert!("2026-02-28".parse::<Date>() < "2026-03-01".parse::<Date>());
        assert!(Date::today() < Date::in_days(1) && Date::in_days(1).to_string().len() == 10);
    }
}
