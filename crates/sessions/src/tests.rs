//! What the fold must do, named from the rules: scripts of what a station tells, and what comes of it.

mod authorizations;
mod corrections;
mod field;
mod laws;
mod metering;
mod world;
