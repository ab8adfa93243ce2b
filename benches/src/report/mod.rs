//! From samples to what a reader sees: statistics, tables, plots, and the documents that hold them.

mod cost;
mod document;
mod machine;
mod plot;
mod results;
mod statistics;
mod table;

pub use self::{
    cost::{Allocated, Cost},
    document::{document, replace_section},
    machine::{CLIENTS, LIBRARIES, machine},
    plot::{Bars, Scale, Series},
    results::{load, plot_path, save},
    statistics::{Summary, summary},
    table::{Table, number},
};
