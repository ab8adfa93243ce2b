#!/usr/bin/env python3
"""What `cargo check` takes for 100 structs of 10 fields, after an edit and from nothing.

    python3 benches/compile_time.py

Beside the derive: serde's two derives on the same structs, and the seven accessors of each field written by hand
over a field type that does nothing, which is the least that so many typed methods cost.
"""

import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "compile-time"
TYPES = ["u32", "Option<u64>", "String", "Vec<String>", "bool", "Option<String>", "i64",
         "std::collections::BTreeSet<String>", "u8", "f64"]
STRUCTS, ROUNDS = 100, 5


def structs(derive):
    fields = "".join(f"    pub f{number}: {ty},\n" for number, ty in enumerate(TYPES))
    return "".join(f"#[derive({derive})]\npub struct S{number} {{\n{fields}}}\n" for number in range(STRUCTS))


def by_hand():
    text = """pub struct Handle;
pub struct Field<T>(fn() -> T);
impl<T: Default> Field<T> {
    pub const fn new() -> Self { Self(T::default) }
    pub fn get(&self, _: &Handle) -> T { (self.0)() }
    pub fn set(&self, _: &Handle, _: T) {}
    pub fn with<R>(&self, _: &Handle, read: impl FnOnce(&T) -> R) -> R { read(&(self.0)()) }
    pub fn update<R>(&self, _: &Handle, mut update: impl FnMut(&mut T) -> R + Send + 'static) -> R { update(&mut (self.0)()) }
    pub fn pop(&self, _: &Handle) -> Option<T> { None }
    pub fn remove(&self, _: &Handle) {}
    pub fn has(&self, _: &Handle) -> bool { true }
}
"""
    for number in range(STRUCTS):
        text += f"pub struct S{number} {{ handle: Handle }}\nimpl S{number} {{\n"
        for field, ty in enumerate(TYPES):
            text += f"""const F{field}: Field<{ty}> = Field::new();
pub fn f{field}(&self) -> {ty} {{ Self::F{field}.get(&self.handle) }}
pub fn with_f{field}<R>(&self, read: impl FnOnce(&{ty}) -> R) -> R {{ Self::F{field}.with(&self.handle, read) }}
pub fn set_f{field}(&self, value: {ty}) {{ Self::F{field}.set(&self.handle, value) }}
pub fn update_f{field}<R>(&self, update: impl FnMut(&mut {ty}) -> R + Send + 'static) -> R {{ Self::F{field}.update(&self.handle, update) }}
pub fn pop_f{field}(&self) -> Option<{ty}> {{ Self::F{field}.pop(&self.handle) }}
pub fn remove_f{field}(&self) {{ Self::F{field}.remove(&self.handle) }}
pub fn has_f{field}(&self) -> bool {{ Self::F{field}.has(&self.handle) }}
"""
        text += "}\n"
    return text


CASES = {
    "nothing": "",
    "derive(Session)": structs("scs::Session"),
    "derive(Serialize, Deserialize)": structs("serde::Serialize, serde::Deserialize"),
    "seven methods a field, by hand": by_hand(),
}
MANIFEST = f"""[package]
name = "compile-time"
version = "0.0.0"
edition = "2024"

[dependencies]
scs = {{ package = "scs-session", path = "{ROOT / 'scs'}" }}
serde = {{ version = "1", features = ["derive"] }}

[workspace]
"""


def check(*arguments):
    began = time.monotonic()
    subprocess.run(["cargo", "check", "--quiet", *arguments], cwd=WORK, check=True)
    return time.monotonic() - began


def after_an_edit(source, text):
    times = []
    for round_number in range(ROUNDS):
        source.write_text(f"{text}\n// {round_number}\n")
        times.append(check())
    return min(times)


def from_nothing():
    times = []
    for _ in range(ROUNDS):
        subprocess.run(["cargo", "clean", "--quiet", "--package", "compile-time"], cwd=WORK, check=True)
        times.append(check())
    return min(times)


def main():
    source = WORK / "src" / "lib.rs"
    source.parent.mkdir(parents=True, exist_ok=True)
    (WORK / "Cargo.toml").write_text(MANIFEST)
    base = None
    print("| milliseconds a struct | after an edit | from nothing |\n|---|---|---|")
    for name, text in CASES.items():
        source.write_text(text)
        check()
        times = after_an_edit(source, text), from_nothing()
        if base is None:
            base = times
            continue
        edit, clean = (1000 * (time - nothing) / STRUCTS for time, nothing in zip(times, base))
        print(f"| {name} | {edit:.1f} | {clean:.1f} |")


main()
