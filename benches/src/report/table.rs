//! Tables in Markdown, with columns padded so that they can be read in a terminal too.

use std::fmt;

pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<T: Into<String>>(head: impl IntoIterator<Item = T>) -> Self {
        Self { rows: vec![head.into_iter().map(Into::into).collect()] }
    }

    /// # Panics
    ///
    /// The row has another number of cells than the head.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells: Vec<String> = cells.into_iter().map(Into::into).collect();
        assert_eq!(cells.len(), self.rows[0].len(), "a cell is missing: {cells:?}");
        self.rows.push(cells);
    }

    fn widths(&self) -> Vec<usize> {
        (0..self.rows[0].len())
            .map(|column| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3))
            .collect()
    }
}

impl fmt::Display for Table {
    /// The first column is aligned to the left, and the others to the right if they look like numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let numeric: Vec<bool> =
            (0..widths.len()).map(|column| self.rows[1..].iter().all(|row| looks_numeric(&row[column]))).collect();
        for (index, row) in self.rows.iter().enumerate() {
            for ((cell, width), numeric) in row.iter().zip(&widths).zip(&numeric) {
                match numeric {
                    true => write!(f, "| {cell:>width$} ")?,
                    false => write!(f, "| {cell:<width$} ")?,
                }
            }
            writeln!(f, "|")?;
            if index == 0 {
                for (width, numeric) in widths.iter().zip(&numeric) {
                    write!(f, "|{}{}", "-".repeat(width + 1), if *numeric { ':' } else { '-' })?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

fn looks_numeric(cell: &str) -> bool {
    cell.is_empty() || cell == "–" || cell.starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first))
}

/// A number with its thousands apart: `12,345`.
pub fn number(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if value <= -0.5 { format!("-{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        assert_eq!([0.4, 999.6, 12_345.0, -1_000.0].map(number), ["0", "1,000", "12,345", "-1,000"]);
    }

    #[test]
    fn numbers_stand_on_the_right() {
        let mut table = Table::new(["name", "ns"]);
        table.row(["a", "1,000"]);
        assert_eq!(table.to_string(), "| name |    ns |\n|------|------:|\n| a    | 1,000 |\n");
    }
}
