//! Worked examples, the edges of every rule, and the laws of a price.

mod blocks;
mod boundaries;
mod busy;
mod clocks;
mod explained;
mod forecasts;
mod idle;
mod laws;
mod limits;
mod linted;
mod market;
mod model;
mod random;
mod records;
mod restrictions;
mod rounding;
mod scene;
mod spoken;
mod tax;
mod taxes;
mod worked;
mod written;
