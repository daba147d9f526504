//! The threads of this process on Kafka, as the command line wants them.

use super::opened::EngineAtHand;
use crate::arguments::{Role, RunArguments};
use crate::error::CliError;
use anyhow::Context as _;
use std::net::SocketAddr;
use std::sync::Arc;
use wattledger_domain::ids::AccountId;
use wattledger_engine::directory::Directory;
use wattledger_engine::kafka::run::{Crew, Edge, Roles, Time, run};
use wattledger_engine::payments::Processor;
use wattledger_engine::task::{StageName, TaskOpener};

/// Everything, with one worker.
#[must_use]
pub fn all() -> Roles {
    Roles {
        stages: StageName::ALL.to_vec(),
        workers: 1,
        intake: true,
        payments: true,
    }
}

/// What the driver of a replay does besides: everything, or nothing when others do.
///
/// # Errors
/// [`CliError::Refused`] when there are no others.
pub fn in_replay(engine: &EngineAtHand, drive: Option<SocketAddr>) -> Result<Roles, CliError> {
    if drive.is_some() && engine.service.kafka.is_none() {
        return Err(CliError::refused(
            "--drive needs --kafka: one process does everything on the log in --data-dir",
        ));
    }
    Ok(match drive {
        None => all(),
        Some(_) => Roles {
            stages: Vec::new(),
            workers: 0,
            intake: false,
            payments: false,
        },
    })
}

/// What a command line asks of this process.
#[must_use]
pub fn asked(arguments: &RunArguments) -> Roles {
    let stage = |role: &Role| match role {
        Role::Control => Some(StageName::Control),
        Role::Sessions => Some(StageName::Sessions),
        Role::Accounts => Some(StageName::Accounts),
        Role::Invoices => Some(StageName::Invoices),
        Role::Intake | Role::Payments | Role::Views | Role::Api => None,
    };
    let has = |role: Role| arguments.stages.contains(&role);
    Roles {
        stages: arguments.stages.iter().filter_map(stage).collect(),
        workers: usize::from(arguments.workers),
        intake: has(Role::Intake),
        payments: has(Role::Payments),
    }
}

/// Works on a cluster until the service stops its workers.
///
/// # Errors
/// When a thread cannot be started.
pub fn work(
    engine: &EngineAtHand,
    edge: &Edge,
    roles: Roles,
    (time, timers_per_record): (Time, usize),
    payer: Option<&AccountId>,
    processor: Option<&mut (dyn Processor + Send)>,
) -> Result<(), CliError> {
    let service = &engine.service;
    let crew = Crew {
        service,
        edge: edge.clone(),
        opener: TaskOpener {
            log: Arc::clone(&service.log),
            topics: service.topics.clone(),
            config: engine.config.pipeline(timers_per_record),
        },
        roles,
        instance: &engine.config.instance,
        time,
    };
    let tokens = || {
        let (secret, payer) = (engine.secret.clone(), payer.cloned());
        Directory::open(&service.log, &service.topics, secret, payer)
    };
    run(&crew, &tokens, processor).context("failed to start the workers")?;
    Ok(())
}
