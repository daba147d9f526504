//! The domain's values, listed as Avro records. The docs here are the docs of the schemas.

mod accounts;
mod billing;
mod charging;
mod control;
mod known;
mod money;
mod outcomes;
mod payments;
mod review;
mod session;
