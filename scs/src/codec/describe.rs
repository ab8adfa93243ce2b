//! Values printed for people, whatever their type.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Codec;

/// Prints a value of a self-describing codec.
pub(crate) fn describe<C: Codec>(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match C::decode::<Described>(bytes) {
        Ok(Described(text)) => f.write_str(&text),
        Err(_) => write!(f, "[{} bytes]", bytes.len()),
    }
}

/// A value as the text that describes it.
struct Described(String);

impl<'de> Deserialize<'de> for Described {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Describing).map(Self)
    }
}

struct Describing;

impl<'de> Visitor<'de> for Describing {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_i64<E>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u64<E>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_f64<E>(self, value: f64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_str<E>(self, value: &str) -> Result<String, E> {
        Ok(format!("{value:?}"))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<String, E> {
        Ok(format!("[{} bytes]", value.len()))
    }

    fn visit_unit<E>(self) -> Result<String, E> {
        Ok("none".to_owned())
    }

    fn visit_none<E>(self) -> Result<String, E> {
        Ok("none".to_owned())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<String, A::Error> {
        let mut texts = Vec::new();
        while let Some(Described(item)) = items.next_element()? {
            texts.push(item);
        }
        Ok(format!("[{}]", texts.join(", ")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<String, A::Error> {
        let mut texts = Vec::new();
        while let Some((Described(key), Described(value))) = entries.next_entry()? {
            texts.push(format!("{key}: {value}"));
        }
        Ok(format!("{{{}}}", texts.join(", ")))
    }
}
