//! This program, started again under callgrind.

use std::{
    error::Error,
    path::PathBuf,
    process::{Command, Stdio},
};

use scs_benches::{
    subjects::{PLAIN, Subject},
    workload::Scenario,
};

use crate::{atomics::Atomics, callgrind::Profile, counts::Counts, requests::COUNTED};

pub(crate) type Counted = (Scenario, Counts);

pub(crate) struct Program {
    path: PathBuf,
    pub(crate) atomics: Atomics,
}

impl Program {
    pub(crate) fn this() -> Result<Self, Box<dyn Error>> {
        let path = std::env::current_exe()?;
        let atomics = Atomics::of(&path)?;
        Ok(Self { path, atomics })
    }

    /// What a subject takes over axum alone in each case.
    pub(crate) fn count(&self, measured: &Subject, scenarios: &[Scenario]) -> Result<Vec<Counted>, Box<dyn Error>> {
        let of = |name, scenario| Ok::<_, Box<dyn Error>>(Counts::of(&self.profile(name, scenario)?, &self.atomics));
        let over_plain = |scenario| Ok((scenario, of(measured.name, scenario)? - of(PLAIN, scenario)?));
        scenarios.iter().copied().map(over_plain).collect()
    }

    /// What a thousand requests of one subject execute in one case.
    pub(crate) fn profile(&self, subject: &str, scenario: Scenario) -> Result<Profile, Box<dyn Error>> {
        eprintln!("case {}: {subject}", scenario.name);
        let file = std::env::temp_dir().join(format!("scs-budgets-{}.callgrind", std::process::id()));
        let status = Command::new("valgrind")
            .args(["--quiet", "--tool=callgrind", "--collect-atstart=no", "--dump-instr=yes"])
            .args(["--compress-strings=no", "--compress-pos=no"])
            .arg(format!("--toggle-collect={COUNTED}"))
            .arg(format!("--callgrind-out-file={}", file.display()))
            .arg(&self.path)
            .args(["--count", subject, "--cases", scenario.name])
            .stdin(Stdio::null())
            .status()
            .map_err(|error| format!("valgrind: {error}"))?;
        if !status.success() {
            return Err(format!("case {} of {subject} failed: {status}", scenario.name).into());
        }
        let profile = Profile::read(&file, &self.path)?;
        std::fs::remove_file(&file)?;
        match profile.costs.is_empty() {
            true => Err(format!("nothing was counted: no function is called {COUNTED}").into()),
            false => Ok(profile),
        }
    }
}
