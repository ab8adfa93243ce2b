//! Where a program has atomic instructions that read, change and write: what a disassembler says.

use std::{collections::HashSet, error::Error, path::Path, process::Command};

use crate::callgrind::Cost;

/// Addresses in the program's file.
pub(crate) struct Atomics(HashSet<u64>);

impl Atomics {
    pub(crate) fn of(program: &Path) -> Result<Self, Box<dyn Error>> {
        let output = Command::new("objdump")
            .args(["--disassemble", "--no-show-raw-insn"])
            .arg(program)
            .output()
            .map_err(|error| format!("objdump, of binutils: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let addresses: HashSet<_> = String::from_utf8(output.stdout)?.lines().filter_map(atomic).collect();
        match addresses.is_empty() {
            true => Err("no atomic instruction was found; they are known for x86-64 only".into()),
            false => Ok(Self(addresses)),
        }
    }

    /// Whether an instruction is one of them. What a library executes is not counted: it is the machine's, and glibc's
    /// malloc has none while a program has one thread.
    pub(crate) fn executed(&self, cost: &Cost) -> bool {
        cost.place.is_ours && self.0.contains(&cost.address)
    }
}

/// The address of a line, if its instruction is atomic: it has the prefix `lock`, or it is an `xchg` with memory, which needs
/// none (Intel SDM, volume 2, XCHG).
fn atomic(line: &str) -> Option<u64> {
    let (address, instruction) = line.trim_start().split_once(':')?;
    let instruction = instruction.trim_start();
    let is_atomic = instruction.starts_with("lock ") || instruction.starts_with("xchg") && instruction.contains('(');
    is_atomic.then(|| u64::from_str_radix(address, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_with_memory_is_atomic_and_one_of_registers_is_not() {
        assert_eq!(atomic("  4a1f20:\tlock incq (%rax)"), Some(0x4a_1f20));
        assert_eq!(atomic("  4a1f24:\txchg   %al,(%rbx)"), Some(0x4a_1f24));
        assert_eq!(atomic("  4a1f26:\txchg   %ax,%ax"), None);
        assert_eq!(atomic("  4a1f28:\tmov    %al,(%rbx)"), None);
        assert_eq!(atomic("00000000004a1f20 <lock>:"), None);
    }
}
