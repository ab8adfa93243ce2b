//! Dates of `Expires`, which browsers read from nearly any order of their parts (RFC 6265bis §5.1.1).

use crate::time::Timestamp;

const MONTHS: [&[u8]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// The first year of the Gregorian calendar's rule, and of those that count.
const FIRST_YEAR: u32 = 1601;
const EPOCH: u32 = 1970;

/// The parts that were found so far; each is the first of its kind.
#[derive(Default)]
struct Date {
    time: Option<[u32; 3]>,
    day: Option<u32>,
    /// From 0.
    month: Option<usize>,
    year: Option<u32>,
}

/// The moment of a date; what is before 1970 is its first. `None` if it is no date.
pub(super) fn parse(text: &[u8]) -> Option<Timestamp> {
    let mut date = Date::default();
    for token in text.split(|byte| is_delimiter(*byte)).filter(|token| !token.is_empty()) {
        date.learn(token);
    }
    date.moment()
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'/' | b';'..=b'@' | b'['..=b'`' | b'{'..=b'~')
}

impl Date {
    fn learn(&mut self, token: &[u8]) {
        if self.time.is_none()
            && let Some(time) = time(token)
        {
            self.time = Some(time);
        } else if self.day.is_none()
            && let Some((day, _)) = number(token, 1, 2)
        {
            self.day = Some(day);
        } else if self.month.is_none()
            && let Some(month) = month(token)
        {
            self.month = Some(month);
        } else if self.year.is_none()
            && let Some((year, _)) = number(token, 2, 4)
        {
            self.year = Some(in_full(year));
        }
    }

    fn moment(&self) -> Option<Timestamp> {
        let ([hours, minutes, seconds], day, month, year) = (self.time?, self.day?, self.month?, self.year?);
        if hours > 23 || minutes > 59 || seconds > 59 || year < FIRST_YEAR {
            return None;
        }
        let days =
            days_before_year(year) + (0..month).map(|month| days_of(month, year)).sum::<u32>() + day.checked_sub(1)?;
        let days = (day <= days_of(month, year)).then_some(days)?.saturating_sub(days_before_year(EPOCH));
        let is_before_the_epoch = year < EPOCH;
        let of_day = u64::from((hours * 60 + minutes) * 60 + seconds);
        let millis = (u64::from(days) * 24 * 60 * 60 + of_day) * 1000;
        Some(Timestamp::from_unix_millis(if is_before_the_epoch { 0 } else { millis }))
    }
}

/// Digits at the start of a token, so many and no more; then what follows them.
fn number(token: &[u8], fewest: usize, most: usize) -> Option<(u32, &[u8])> {
    let digits = token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = token[..digits.min(most)].iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    (fewest..=most).contains(&digits).then_some((value, &token[digits..]))
}

fn time(token: &[u8]) -> Option<[u32; 3]> {
    let (hours, rest) = number(token, 1, 2)?;
    let (minutes, rest) = number(rest.strip_prefix(b":")?, 1, 2)?;
    let (seconds, _) = number(rest.strip_prefix(b":")?, 1, 2)?;
    Some([hours, minutes, seconds])
}

fn month(token: &[u8]) -> Option<usize> {
    let name = token.get(..3)?.to_ascii_lowercase();
    MONTHS.iter().position(|month| *month == name)
}

/// Two digits are years from 1970 to 2069.
const fn in_full(year: u32) -> u32 {
    match year {
        0..=69 => year + 2000,
        70..=99 => year + 1900,
        _ => year,
    }
}

const fn days_before_year(year: u32) -> u32 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

const fn days_of(month: usize, year: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 if is_leap => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}
