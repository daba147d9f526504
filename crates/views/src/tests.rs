//! Tests of the views as their users call them.

mod applying;
mod finance;
mod fixtures;
mod reports;
mod stories;
mod taxes;
