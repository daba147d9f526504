//! Tests of the views as their users call them.

mod applying;
mod fixtures;
mod reports;
mod stories;
