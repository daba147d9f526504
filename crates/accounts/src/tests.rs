//! Whole accounts, from authorisation to the last refund, told as what they do.

mod contracts;
mod corrections;
mod holds;
mod laws;
mod money;
mod trouble;
mod world;
