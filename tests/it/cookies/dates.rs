//! Dates of `Expires`, in every order that browsers read.

use cookie::{Cookie, time::OffsetDateTime};
use proptest::prelude::*;
use scs::Timestamp;

use super::{get, jar};

/// What the jar reads, as seconds since the Unix epoch, by a clock that is a day behind it or stands at the beginning.
fn read(date: &str, expected: u64) -> Option<u64> {
    let (mut jar, clock) = jar();
    clock.set(Timestamp::from_unix_millis(expected.saturating_sub(24 * 60 * 60) * 1000));
    jar.store(&get("https://example.com/"), format!("a=1; Expires={date}").as_bytes()).unwrap();
    let expires = jar.cookies().next()?.expires()?;
    Some(expires.as_unix_millis() / 1000)
}

#[test]
fn dates_are_read_in_any_order_and_spelling() {
    let dates = [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "6 nov 1994 8:49:37",
        "08:49:37 1994 NOVEMBER 06",
        "Nov 6 94 08:49:37.123 +0000",
        "06th-Nov/1994|08:49:37Z",
        "06 Nov 94 08:49:37 07 Dec 95 09:00:00",
    ];
    for date in dates {
        assert_eq!(read(date, 784_111_777), Some(784_111_777), "{date}");
    }
    assert_eq!(read("Tue, 29 Feb 2028 00:00:00 GMT", 1_835_395_200), Some(1_835_395_200));
    assert_eq!(read("01 Jan 69 00:00:00", 3_124_224_000), Some(3_124_224_000), "2069");
    assert_eq!(read("01 Jan 70 00:00:01", 1), Some(1), "1970");
    assert_eq!(read("01 Mar 2100 00:00:00", 4_107_542_400), Some(4_107_542_400), "no leap year");
}

#[test]
fn what_is_no_date_says_nothing() {
    let none = [
        "",
        "soon",
        "06 Nov 1994",
        "Nov 1994 08:49:37",
        "06 1994 08:49:37",
        "06 Nov 08:49:37",
        "32 Nov 1994 08:49:37",
        "31 Nov 1994 08:49:37",
        "00 Nov 1994 08:49:37",
        "29 Feb 2026 08:49:37",
        "06 Nov 1600 08:49:37",
        "06 Nov 19940 08:49:37",
        "06 Nov 1994 24:49:37",
        "06 Nov 1994 08:60:37",
        "06 Nov 1994 08:49:60",
        "06 Nov 1994 08:49",
        "06 Nov 1994 008:49:37",
        "06 No 1994 08:49:37",
    ];
    for date in none {
        let (mut jar, _) = jar();
        jar.store(&get("https://example.com/"), format!("a=1; Expires={date}").as_bytes()).unwrap();
        assert_eq!(jar.cookies().next().map(scs::testing::StoredCookie::expires), Some(None), "{date:?}");
    }
}

#[test]
fn dates_before_1970_are_over() {
    for date in ["Thu, 01 Jan 1970 00:00:00 GMT", "31 Dec 1969 23:59:59", "01 Jan 1601 00:00:00"] {
        assert_eq!(read(date, 0), None, "{date}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The other library writes the date by its own calendar.
    #[test]
    fn every_date_that_others_write_is_read(seconds in 1_u64..253_402_300_799) {
        let date = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).unwrap()).unwrap();
        let line = Cookie::build(("a", "b")).expires(date).to_string();
        let date = line.split_once("Expires=").unwrap().1;
        prop_assert_eq!(read(date, seconds), Some(seconds), "{}", date);
    }
}
