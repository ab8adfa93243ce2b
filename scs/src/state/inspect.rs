//! Sessions printed for people.

use std::fmt;

use super::State;

/// The fields of a session with their values, printed for people: support tools, bug reports.
///
/// Fields that are `secret` read `[secret]`; `skip` fields and names that the schema does not have are
/// left out. What is printed is personal data: it belongs in no log.
pub struct Inspection<'a>(&'a State);

impl State {
    pub(crate) const fn inspect(&self) -> Inspection<'_> {
        Inspection(self)
    }
}

impl fmt::Display for Inspection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = self.0.schema;
        let values = schema.fields.iter().enumerate().filter_map(|(slot, field)| Some((field, self.0.peek(slot)?)));
        write!(f, "{} {{", schema.name)?;
        for (position, (field, value)) in values.enumerate() {
            write!(f, "{} {}: ", if position > 0 { "," } else { "" }, field.name)?;
            match field.secret {
                true => f.write_str("[secret]")?,
                false => (schema.describe)(&value, f)?,
            }
        }
        f.write_str(" }")
    }
}

impl fmt::Debug for Inspection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
