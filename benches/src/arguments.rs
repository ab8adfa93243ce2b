//! The command line: flags, and which subjects and scenarios to take.

use crate::{
    subjects::{SUBJECTS, Subject},
    workload::{SCENARIOS, Scenario},
};

const SUBJECTS_OPTION: &str = "--subjects";
const CASES_OPTION: &str = "--cases";

/// What was typed after the name of a bin: `--flag` and `--option value`.
pub struct Arguments(Vec<String>);

impl Arguments {
    /// Ends the process with the usage if an argument begins with a dash and is not in it.
    pub fn from_env(usage: &str) -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let unknown = arguments
            .iter()
            .find(|word| word.starts_with('-') && !usage.split_whitespace().any(|known| known == *word));
        if let Some(unknown) = unknown {
            eprintln!("{unknown} is unknown. Usage:\n{usage}");
            std::process::exit(2);
        }
        Self(arguments)
    }

    pub fn has(&self, flag: &str) -> bool {
        self.0.iter().any(|word| word == flag)
    }

    pub fn value(&self, option: &str) -> Option<&str> {
        let place = self.0.iter().position(|word| word == option)?;
        self.0.get(place + 1).map(String::as_str)
    }

    /// # Panics
    ///
    /// The value is no number.
    pub fn number(&self, option: &str) -> Option<usize> {
        self.value(option).map(|text| text.parse().unwrap_or_else(|_| panic!("{option} needs a number, not {text:?}")))
    }

    /// Those whose names contain one of the words of `--subjects`.
    pub fn chosen_subjects(&self) -> Vec<&'static Subject> {
        let Some(words) = self.value(SUBJECTS_OPTION) else { return SUBJECTS.iter().collect() };
        let asked = |subject: &&Subject| words.split(',').any(|word| subject.name.contains(word));
        let chosen: Vec<_> = SUBJECTS.iter().filter(asked).collect();
        assert!(!chosen.is_empty(), "no subject is called {words:?}");
        chosen
    }

    /// The chosen ones and what they are compared with.
    pub fn subjects(&self) -> Vec<&'static Subject> {
        let chosen = self.chosen_subjects();
        let needs =
            |chosen: &Subject, name| [Some(chosen.name), Some(chosen.baseline), chosen.floor].contains(&Some(name));
        let needed = |subject: &&Subject| chosen.iter().any(|chosen| needs(chosen, subject.name));
        SUBJECTS.iter().filter(needed).collect()
    }

    /// Those that `--cases` names, in their own order.
    pub fn scenarios(&self) -> Vec<Scenario> {
        let names = self.value(CASES_OPTION);
        let asked = |name: &str| names.is_none_or(|names| names.split(',').any(|asked| asked == name));
        let chosen: Vec<_> = SCENARIOS.iter().copied().filter(|scenario| asked(scenario.name)).collect();
        assert!(!chosen.is_empty(), "no case is called {names:?}");
        chosen
    }

    /// The same choice, for another process.
    pub fn selection(&self) -> Vec<String> {
        [SUBJECTS_OPTION, CASES_OPTION]
            .into_iter()
            .filter_map(|option| self.value(option).map(|value| [option.to_owned(), value.to_owned()]))
            .flatten()
            .collect()
    }
}
