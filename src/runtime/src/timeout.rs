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

/// A time as the header has it, in the finest unit that has room for it; never longer than the time is.
#[cfg(feature = "client")]
pub(crate) fn header(left: Duration) -> http::HeaderValue {
    const MOST: u128 = 99_999_999;
    let units = [("n", left.as_nanos()), ("u", left.as_micros()), ("m", left.as_millis())];
    let seconds = ("S", u128::from(left.as_secs()).min(MOST));
    let (unit, amount) = units.into_iter().find(|(_, amount)| *amount <= MOST).unwrap_or(seconds);
    // Digits and a letter are a value of a header.
    http::HeaderValue::try_from(format!("{amount}{unit}")).unwrap_or(http::HeaderValue::from_static("0n"))
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
    fn what_is_written_is_read_and_no_longer() {
        for nanoseconds in [0, 1, 99_999_999, 100_000_001, 7_000_000_123, 86_400_000_000_001] {
            let left = Duration::from_nanos(nanoseconds);
            let read = parse(header(left).as_bytes()).unwrap();
            assert!(
                read <= left && left.as_secs_f64() - read.as_secs_f64() <= left.as_secs_f64() * 1e-6,
                "{left:?}"
            );
        }
        assert_eq!(parse(header(Duration::MAX).as_bytes()), Some(Duration::from_secs(99_999_999)));
    }
}
