//! `grpc-timeout` as the specification writes it: one to eight digits and a unit.

use std::time::Duration;

/// The time that a value of the header means; `None` when it means nothing.
pub(crate) fn parse(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let amount = digits.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    Some(match unit {
        b'H' => Duration::from_secs(amount * 60 * 60),
        b'M' => Duration::from_secs(amount * 60),
        b'S' => Duration::from_secs(amount),
        b'm' => Duration::from_millis(amount),
        b'u' => Duration::from_micros(amount),
        b'n' => Duration::from_nanos(amount),
        _ => return None,
    })
}

/// A value of the header for this time: no longer, and as exact as eight digits are.
#[cfg(feature = "client")]
pub(crate) fn format(time: Duration) -> String {
    const MOST: u128 = 99_999_999;
    match (time.as_micros(), time.as_millis(), u128::from(time.as_secs())) {
        (micros, ..) if micros <= MOST => format!("{micros}u"),
        (_, millis, _) if millis <= MOST => format!("{millis}m"),
        (.., secs) => format!("{}S", secs.min(MOST)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_a_unit() {
        for (text, meant) in [
            ("1H", Some(Duration::from_secs(3600))),
            ("2M", Some(Duration::from_secs(120))),
            ("3S", Some(Duration::from_secs(3))),
            ("250m", Some(Duration::from_millis(250))),
            ("5u", Some(Duration::from_micros(5))),
            ("99999999n", Some(Duration::from_nanos(99_999_999))),
            ("00000000S", Some(Duration::ZERO)),
            ("99999999H", Some(Duration::from_secs(359_999_996_400))),
            ("100000000n", None),
            ("S", None),
            ("", None),
            ("1", None),
            ("1s", None),
            ("-1S", None),
            ("+1S", None),
            ("1.5S", None),
            (" 1S", None),
            ("1 S", None),
        ] {
            assert_eq!(parse(text.as_bytes()), meant, "{text:?}");
        }
    }

    #[cfg(feature = "client")]
    #[test]
    fn what_is_written_is_read_and_never_longer() {
        for (time, text) in [
            (Duration::ZERO, "0u"),
            (Duration::from_nanos(1_999), "1u"),
            (Duration::from_secs(2), "2000000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(100_000), "100000S"),
            (Duration::MAX, "99999999S"),
        ] {
            assert_eq!(format(time), text);
            assert!(parse(text.as_bytes()).unwrap() <= time);
        }
    }
}
