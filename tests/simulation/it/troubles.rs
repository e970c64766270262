//! Which tasks the weather got in the way of, and when: what a judge needs to know before it excuses anything.

use std::sync::{Arc, Mutex};

use tokio::task::Id;

use crate::chance::SimulatedClock;
use crate::target::Done;

/// Every call of a task that was refused, whose answer was lost, that met the end of its process, or that was cut off.
pub struct Troubles {
    met: Mutex<Vec<(Id, u64)>>,
    clock: Arc<SimulatedClock>,
}

/// A call that is cut off unless it is said to be over.
pub struct UnderWay<'a> {
    troubles: &'a Troubles,
    task: Option<Id>,
    over: bool,
}

impl Troubles {
    pub fn new(clock: Arc<SimulatedClock>) -> Arc<Self> {
        Arc::new(Self { met: Mutex::default(), clock })
    }

    pub fn note(&self, task: Option<Id>) {
        self.met.lock().unwrap().extend(task.map(|task| (task, self.clock.millis())));
    }

    /// A call of the task that runs now.
    pub fn under_way(&self) -> UnderWay<'_> {
        UnderWay { troubles: self, task: tokio::task::try_id(), over: false }
    }

    /// Whether the answer to a write was lost, or the task that sent it met trouble between sending it and the end of its work:
    /// only then may it not have told of it.
    pub fn met_by(&self, done: &Done) -> bool {
        let met = self.met.lock().unwrap();
        let its = |(task, at): &(Id, u64)| Some(*task) == done.request.task && *at >= done.request.sent;
        !done.request.answered || met.iter().any(its)
    }
}

impl UnderWay<'_> {
    pub fn ends(mut self) {
        self.over = true;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.troubles.note(self.task);
        }
    }
}
