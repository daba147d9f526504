//! What answers from the moment the port is open: the engine once its directory is, and until then
//! that it is starting.

use super::backend::EngineBackend;
use serde_json::Value;
use std::sync::{Arc, OnceLock};
use wattledger_api::backend::{ApplyMode, Backend, EventForm, Health};
use wattledger_api::code::Code;
use wattledger_api::fault::Fault;

/// A backend that is not there from the start.
#[derive(Default)]
pub struct Gate {
    engine: OnceLock<Arc<EngineBackend>>,
}

impl Gate {
    /// From now on the engine answers.
    pub fn open(&self, engine: Arc<EngineBackend>) {
        // Opened once: a second engine in one process there is not.
        let _ = self.engine.set(engine);
    }

    fn engine(&self) -> Result<&EngineBackend, Fault> {
        self.engine.get().map(Arc::as_ref).ok_or_else(|| {
            let reason = "the engine opens its directory; ask again in a second";
            Fault::new(Code::Starting, reason)
        })
    }
}

impl Backend for Gate {
    fn accept(&self, body: &[u8], form: EventForm) -> Result<Value, Fault> {
        self.engine()?.accept(body, form)
    }

    fn webhook(
        &self,
        processor: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Value, Fault> {
        self.engine()?.webhook(processor, headers, body)
    }

    fn event(&self, source: &str, id: &str) -> Result<Value, Fault> {
        self.engine()?.event(source, id)
    }

    fn apply(&self, documents: &Value, mode: ApplyMode) -> Result<Value, Fault> {
        self.engine()?.apply(documents, mode)
    }

    fn query(&self, name: &str, parameters: &[(String, String)]) -> Result<Value, Fault> {
        self.engine()?.query(name, parameters)
    }

    fn order(
        &self,
        name: &str,
        parameters: &[(String, String)],
        body: &Value,
    ) -> Result<Value, Fault> {
        self.engine()?.order(name, parameters, body)
    }

    fn records(&self, topic: &str, parameters: &[(String, String)]) -> Result<Value, Fault> {
        self.engine()?.records(topic, parameters)
    }

    fn audit(&self) -> Result<Value, Fault> {
        self.engine()?.audit()
    }

    fn status(&self) -> Result<Value, Fault> {
        self.engine()?.status()
    }

    fn health(&self) -> Health {
        self.engine
            .get()
            .map_or(Health::Starting, |engine| engine.health())
    }

    fn metrics(&self) -> Result<String, Fault> {
        Ok(self.engine()?.service.metrics())
    }
}
