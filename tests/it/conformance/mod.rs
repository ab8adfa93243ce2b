//! The kit that proves stores, run on the stores of this project and on stores that break the contract.

mod sabotage;
mod targets;
