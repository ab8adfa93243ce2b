//! Reads what callgrind writes, in its form without compression (<https://valgrind.org/docs/manual/cl-format.html>).

use std::{collections::HashSet, fs, io, path::Path, rc::Rc};

/// What was executed while callgrind counted.
#[derive(Default)]
pub(crate) struct Profile {
    pub(crate) costs: Vec<Cost>,
    /// Functions and the addresses that they are called at.
    entries: HashSet<(String, u64)>,
}

/// Of the instruction at an address.
pub(crate) struct Cost {
    pub(crate) place: Rc<Place>,
    pub(crate) address: u64,
    pub(crate) executed: u64,
}

#[derive(Clone, Default)]
pub(crate) struct Place {
    /// Whether it is in the program itself, and not in a library.
    pub(crate) is_ours: bool,
    pub(crate) function: String,
    /// Where the function is written.
    pub(crate) file: String,
    /// Where this part of it is written, which another file is if it was inlined.
    pub(crate) source: String,
}

impl Profile {
    pub(crate) fn read(file: &Path, program: &Path) -> io::Result<Self> {
        Ok(Self::parse(&fs::read_to_string(file)?, &program.to_string_lossy()))
    }

    fn parse(text: &str, program: &str) -> Self {
        let mut profile = Self::default();
        let mut place = Rc::<Place>::default();
        let mut callee = "";
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("0x") {
                profile.costs.extend(cost(line, &place));
            } else if let Some((key, value)) = line.split_once('=') {
                match key {
                    "cfn" => callee = value,
                    "calls" => {
                        let address = value.split(' ').nth(1).and_then(hexadecimal);
                        profile.entries.extend(address.map(|address| (callee.to_owned(), address)));
                        // The next line has what the callee took, which is told where the callee is told.
                        lines.next();
                    }
                    _ => move_to(Rc::make_mut(&mut place), key, value, program),
                }
            }
        }
        profile
    }

    pub(crate) fn sum(&self, is_meant: impl Fn(&Cost) -> bool) -> u64 {
        self.costs.iter().filter(|cost| is_meant(cost)).map(|cost| cost.executed).sum()
    }

    /// How often functions were entered. Callgrind's own count of calls has those from before it was told to count.
    pub(crate) fn calls(&self, is_meant: impl Fn(&str) -> bool) -> u64 {
        self.sum(|cost| {
            let function = &cost.place.function;
            is_meant(function) && self.entries.contains(&(function.clone(), cost.address))
        })
    }
}

fn cost(line: &str, place: &Rc<Place>) -> Option<Cost> {
    let mut words = line.split(' ');
    let address = words.next().and_then(hexadecimal)?;
    Some(Cost { place: Rc::clone(place), address, executed: words.nth(1)?.parse().ok()? })
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

fn move_to(place: &mut Place, key: &str, value: &str, program: &str) {
    match key {
        "ob" => place.is_ours = value == program,
        "fl" => (place.file, place.source) = (value.to_owned(), value.to_owned()),
        "fi" | "fe" => value.clone_into(&mut place.source),
        "fn" => value.clone_into(&mut place.function),
        _ => (),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
events: Ir

ob=/bin/program
fl=/src/a.rs
fn=a
0x10 1 5
fi=/src/b.rs
0x12 7 2
cob=/lib/libc.so
cfi=malloc.c
cfn=malloc
calls=4 0x90 0
0x14 8 900
fe=/src/a.rs
0x18 2 1

ob=/lib/libc.so
fl=malloc.c
fn=malloc
0x90 10 3
0x94 11 3
";

    #[test]
    fn what_a_callee_took_is_counted_once() {
        let profile = Profile::parse(TEXT, "/bin/program");
        let places = profile.costs.iter().map(|cost| (cost.place.is_ours, &*cost.place.source, cost.executed));
        let expected = [
            (true, "/src/a.rs", 5),
            (true, "/src/b.rs", 2),
            (true, "/src/a.rs", 1),
            (false, "malloc.c", 3),
            (false, "malloc.c", 3),
        ];
        assert_eq!(places.collect::<Vec<_>>(), expected);
        assert_eq!(profile.sum(|cost| cost.place.is_ours), 8);
    }

    #[test]
    fn a_call_is_the_execution_of_a_first_instruction() {
        assert_eq!(Profile::parse(TEXT, "/bin/program").calls(|function| function == "malloc"), 3);
    }
}
